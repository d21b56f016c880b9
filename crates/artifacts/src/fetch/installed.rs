//! Which package clients this machine has.

use std::process::Stdio;

use tokio::process::Command;

/// Ways to call pip, in order of preference.
const PIP: &[&[&str]] = &[&["pip"], &["pip3"], &["python3", "-m", "pip"]];

/// How `client` (`mvn`, `pip`, `apt-get` or another command) is called here; `None` when it is not installed.
///
/// It is run with `--version`: a name on the PATH may be a shim with nothing behind it.
pub async fn installed(client: &str) -> Option<Vec<String>> {
    let itself: &[&[&str]] = &[&[client]];
    for call in if client == "pip" { PIP } else { itself } {
        let mut command = Command::new(call[0]);
        command
            .args(&call[1..])
            .arg("--version")
            .current_dir("/")
            .stdin(Stdio::null());
        if command.output().await.is_ok_and(|out| out.status.success()) {
            return Some(call.iter().map(|&word| word.to_owned()).collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_is_installed_only_when_it_answers() {
        assert_eq!(installed("sh-that-is-nowhere").await, None);
        assert_eq!(installed("false").await, None);
        assert_eq!(installed("true").await.unwrap(), ["true"]);
    }
}
