//! What this machine is and has.

use std::process::{Command, Stdio};

use crate::{ArtifactError, Result};

/// Libraries the pinned MySQL wants from the system.
const WANTED: [&str; 2] = ["libaio.so.1", "libnuma.so.1"];

/// Refuses machines for which the lock has no servers.
///
/// # Errors
/// [`ArtifactError::Platform`] for anything but `linux` on `x86_64`.
pub fn check_platform(os: &str, arch: &str) -> Result<()> {
    if (os, arch) == ("linux", "x86_64") {
        return Ok(());
    }
    Err(ArtifactError::Platform {
        os: os.into(),
        arch: arch.into(),
    })
}

/// Those of MySQL's libraries that the dynamic linker does not find.
///
/// The linker itself is asked, by preloading: it names on stderr each one that it cannot load and goes on.
///
/// # Errors
/// [`ArtifactError::Io`] when nothing can be run.
pub fn missing_libraries() -> Result<Vec<&'static str>> {
    let answer = Command::new("/bin/true")
        .env("LD_PRELOAD", WANTED.join(" "))
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(ArtifactError::io("run", "/bin/true"))?;
    let complaints = String::from_utf8_lossy(&answer.stderr).into_owned();
    Ok(WANTED
        .into_iter()
        .filter(|library| complaints.contains(library))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_told_what_to_do_instead() {
        for (os, arch) in [("linux", "aarch64"), ("macos", "aarch64")] {
            let error = check_platform(os, arch).unwrap_err();
            assert!(error.to_string().contains(arch) && error.hint().contains("x86-64"));
        }
        assert!(check_platform("linux", "x86_64").is_ok());
    }
}
