//! Running a package client or a server of ours: output to a log file, its last lines into the error.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;

use crate::{ArtifactError, Result};

const LOOK_EVERY: Duration = Duration::from_millis(200);
const TAIL_LINES: usize = 15;

/// What clients say, in their own words, when the registry cannot be reached or the disk is full.
const NO_NETWORK: [&str; 8] = [
    "Unknown host",
    "UnknownHostException",
    "Temporary failure",
    "Network is unreachable",
    "Connection refused",
    "Connect to ",
    "Failed to establish a new connection",
    "Could not resolve",
];
const NO_SPACE: &str = "No space left on device";

/// Runs a command until its standard input closes, then ends it, by force after a minute.
const LEASH: &str = r#"exec 3<&0; "$@" </dev/null & p=$!
{ read -r _ <&3; kill $p; i=0; while [ $i -lt 300 ]; do sleep 0.2; i=$((i+1)); done; kill -9 $p; } 2>/dev/null & w=$!
wait $p; s=$?; kill $w 2>/dev/null; exit $s"#;

/// Settings of a user's JVMs. A server of ours must not follow them; `mvn` must, for trust stores and proxies.
pub(crate) const JVM_SETTINGS: [&str; 4] = [
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "CLASSPATH",
];

/// A server that ends in good order when the returned command's piped input is dropped, which is also what
/// happens when this process is killed: no server outlives its owner.
pub(crate) fn leashed(server: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", LEASH, "sh"])
        .arg(server)
        .stdin(Stdio::piped());
    for name in JVM_SETTINGS {
        command.env_remove(name);
    }
    command
}

/// Starts `command` in its own process group with its output in `log`. It dies when the returned child is dropped.
pub(crate) fn start(command: &mut Command, log: &Path) -> io::Result<tokio::process::Child> {
    let out = File::create(log)?;
    command
        .stdout(out.try_clone()?)
        .stderr(out)
        .process_group(0)
        .kill_on_drop(true);
    command.spawn()
}

/// Runs a package client to its end, calling `look` several times a second.
pub(crate) async fn run(
    client: &'static str,
    needed_for: &str,
    command: &mut Command,
    log: &Path,
    look: &(dyn Fn() + Send + Sync),
) -> Result<()> {
    command.env("LC_ALL", "C").stdin(Stdio::null());
    let mut child = start(command, log).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => ArtifactError::ClientMissing {
            client,
            needed_for: needed_for.into(),
        },
        _ => ArtifactError::io("run", client)(e),
    })?;
    let status = loop {
        match tokio::time::timeout(LOOK_EVERY, child.wait()).await {
            Ok(ended) => break ended.map_err(ArtifactError::io("wait for", client))?,
            Err(_) => look(),
        }
    };
    if status.success() {
        Ok(())
    } else {
        Err(explain(client, status, log))
    }
}

fn explain(client: &'static str, status: ExitStatus, log: &Path) -> ArtifactError {
    let said = fs::read(log).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let tail = tail_of(&said);
    if said.contains(NO_SPACE) {
        ArtifactError::DiskFull {
            path: log.parent().unwrap_or(log).into(),
            needed: None,
            free: None,
        }
    } else if NO_NETWORK.iter().any(|words| said.contains(words)) {
        ArtifactError::NoNetwork { client, tail }
    } else {
        ArtifactError::ClientFailed {
            client,
            status: status.to_string(),
            tail,
        }
    }
}

/// The last lines of a log file, for an error.
pub(crate) fn tail(log: &Path) -> String {
    tail_of(&String::from_utf8_lossy(&fs::read(log).unwrap_or_default()))
}

fn tail_of(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run_shell(script: &str) -> ArtifactError {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run("sh", "tests", &mut command, &dir.path().join("log"), &|| ())
            .await
            .unwrap_err()
    }

    #[tokio::test]
    async fn a_missing_client_is_named_with_what_needs_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("no-such-client-anywhere");
        let error = run(
            "mvn",
            "95 files",
            &mut command,
            &dir.path().join("log"),
            &|| (),
        )
        .await
        .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("mvn is not installed, and 95 files")
        );
        assert!(error.hint().contains("apt-get install maven"));
    }

    #[tokio::test]
    async fn a_server_ends_when_its_owner_lets_go_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = leashed(Path::new("sleep"));
        let mut child = start(command.arg("600"), &dir.path().join("log")).unwrap();
        drop(child.stdin.take());
        let status = child.wait().await.unwrap();
        assert_eq!(
            status.code(),
            Some(128 + 15),
            "ended by SIGTERM, not by itself"
        );
    }

    #[tokio::test]
    async fn a_users_jvm_settings_reach_package_clients_and_no_server() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let mut client = Command::new("sh");
        client
            .args(["-c", "echo $JAVA_TOOL_OPTIONS"])
            .env("JAVA_TOOL_OPTIONS", "-Dproxy");
        run("mvn", "tests", &mut client, &log, &|| ())
            .await
            .unwrap();
        assert_eq!(tail(&log), "-Dproxy");
        let server = leashed(Path::new("env"));
        let removed: Vec<_> = server
            .as_std()
            .get_envs()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| name.to_owned())
            .collect();
        assert!(
            JVM_SETTINGS
                .iter()
                .all(|name| removed.contains(&(*name).into()))
        );
    }

    #[tokio::test]
    async fn a_failed_client_is_quoted() {
        let error = run_shell("echo early; echo 'no such version'; exit 3").await;
        assert!(
            matches!(error, ArtifactError::ClientFailed { ref tail, .. } if tail.ends_with("no such version"))
        );
    }

    #[tokio::test]
    async fn no_network_and_no_space_are_told_apart_from_other_failures() {
        let error =
            run_shell("echo 'Unknown host repo.example: Name or service not known'; exit 1").await;
        assert!(matches!(error, ArtifactError::NoNetwork { .. }), "{error}");
        let error = run_shell("echo 'write failed: No space left on device'; exit 1").await;
        assert!(matches!(error, ArtifactError::DiskFull { .. }), "{error}");
    }
}
