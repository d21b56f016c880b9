//! What this machine is and has.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::{ArtifactError, Result};

/// A library the pinned MySQL wants from the system.
struct Wanted {
    soname: &'static str,
    /// The locked package that has it.
    package: &'static str,
    /// Its soname where the system's 64-bit time transition renamed it, unchanged on 64-bit machines.
    renamed: Option<&'static str>,
}

const WANTED: [Wanted; 2] = [
    Wanted {
        soname: "libaio.so.1",
        package: "libaio1",
        renamed: Some("libaio.so.1t64"),
    },
    Wanted {
        soname: "libnuma.so.1",
        package: "libnuma1",
        renamed: None,
    },
];

/// Where MySQL gets those libraries from that the system does not have under the names it asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Libraries {
    /// Sonames the system does not have at all.
    pub missing: Vec<&'static str>,
    /// Locked packages that have those.
    pub packages: Vec<&'static str>,
    /// Sonames it has under another name, and the file.
    pub renamed: Vec<(&'static str, PathBuf)>,
}

impl Libraries {
    /// What this machine's dynamic linker finds.
    ///
    /// The linker itself is asked, by preloading: it names on stderr each one that it cannot load and goes on.
    pub fn of_this_machine() -> Result<Self> {
        let all = WANTED.map(|wanted| wanted.soname).join(" ");
        let answer = preloading(&all, "/bin/true", &[])?;
        let complaints = String::from_utf8_lossy(&answer.stderr).into_owned();
        let absent = |soname: &str| complaints.contains(soname);
        Self::choose(absent, |soname| located(soname).transpose())
    }

    fn choose(
        absent: impl Fn(&str) -> bool,
        located: impl Fn(&str) -> Option<Result<PathBuf>>,
    ) -> Result<Self> {
        let mut libraries = Self::default();
        for wanted in WANTED.iter().filter(|wanted| absent(wanted.soname)) {
            match wanted.renamed.and_then(&located) {
                Some(file) => libraries.renamed.push((wanted.soname, file?)),
                None => {
                    libraries.missing.push(wanted.soname);
                    libraries.packages.push(wanted.package);
                }
            }
        }
        Ok(libraries)
    }
}

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

/// Those of MySQL's libraries that the system does not have, under no name that serves.
///
/// # Errors
/// [`ArtifactError::Io`] when nothing can be run.
pub fn missing_libraries() -> Result<Vec<&'static str>> {
    Ok(Libraries::of_this_machine()?.missing)
}

/// The file the linker takes for a soname: a process into which it was loaded shows its own map.
fn located(soname: &str) -> Result<Option<PathBuf>> {
    let map = preloading(soname, "/bin/cat", &["/proc/self/maps"])?;
    Ok(mapped(&String::from_utf8_lossy(&map.stdout), soname))
}

/// The file of a soname in a process's memory map, named by its soname where that is there too: the version
/// behind it changes with updates.
fn mapped(map: &str, soname: &str) -> Option<PathBuf> {
    let mut files = map.lines().filter_map(|line| {
        let path = PathBuf::from(&line[line.find('/')?..]);
        let name = path.file_name()?.to_str()?;
        let rest = name.strip_prefix(soname)?;
        (rest.is_empty() || rest.starts_with('.')).then_some(path)
    });
    let file = files.next()?;
    let stable = file.with_file_name(soname);
    Some(if fs::exists(&stable).unwrap_or(false) {
        stable
    } else {
        file
    })
}

fn preloading(libraries: &str, program: &'static str, arguments: &[&str]) -> Result<Output> {
    Command::new(program)
        .args(arguments)
        .env("LD_PRELOAD", libraries)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(ArtifactError::io("run", program))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn other_machines_are_told_what_to_do_instead() {
        for (os, arch) in [("linux", "aarch64"), ("macos", "aarch64")] {
            let error = check_platform(os, arch).unwrap_err();
            assert!(error.to_string().contains(arch) && error.hint().contains("x86-64"));
        }
        assert!(check_platform("linux", "x86_64").is_ok());
    }

    /// A machine on which the linker finds these files.
    fn choice(files: &[&str]) -> Libraries {
        let located = |soname: &str| {
            let file = files.iter().find(|file| **file == soname)?;
            Some(Ok(Path::new("/usr/lib").join(file)))
        };
        Libraries::choose(|soname| !files.contains(&soname), located).unwrap()
    }

    #[test]
    fn only_what_the_system_lacks_is_fetched() {
        let both = choice(&["libaio.so.1", "libnuma.so.1", "libaio.so.1t64"]);
        assert_eq!(both, Libraries::default());
        let none = choice(&[]);
        assert_eq!(none.missing, ["libaio.so.1", "libnuma.so.1"]);
        assert_eq!(none.packages, ["libaio1", "libnuma1"]);
        assert_eq!(choice(&["libaio.so.1"]).packages, ["libnuma1"]);
    }

    #[test]
    fn a_renamed_library_serves_under_the_name_that_mysql_asks_for() {
        let renamed = choice(&["libaio.so.1t64", "libnuma.so.1"]);
        assert_eq!(renamed.missing, Vec::<&str>::new());
        assert_eq!(
            renamed.renamed,
            [("libaio.so.1", PathBuf::from("/usr/lib/libaio.so.1t64"))]
        );
    }

    #[test]
    fn a_library_is_found_in_a_memory_map_by_its_whole_name() {
        let map = "7f0 r-xp 00000000 08:01 1 /lib/libaio.so.1t64.0.2\n7f1 r--p 00000000 08:01 2 /lib/libc.so.6\n7f2 rw-p 0 00:00 0 \n";
        let file = Path::new("/lib/libaio.so.1t64.0.2");
        assert_eq!(mapped(map, "libaio.so.1t64").as_deref(), Some(file));
        assert_eq!(mapped(map, "libaio.so.1"), None);
        assert_eq!(mapped(map, "libnuma.so.1"), None);
    }

    #[test]
    fn the_linker_tells_the_file_of_a_library_it_has_and_none_of_another() {
        let libc = located("libc.so.6").unwrap().unwrap();
        assert!(
            libc.ends_with("libc.so.6") && libc.exists(),
            "{}",
            libc.display()
        );
        assert_eq!(located("libnowhere.so.7").unwrap(), None);
    }
}
