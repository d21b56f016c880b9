//! Calls of `docker compose`. Passwords are in a file that it reads, never in its arguments.

use std::process::{Output, Stdio};

use tokio::process::Command;

use super::environment;
use crate::error::LabError;
use crate::home::LabDir;

pub(super) const FILE: &str = "docker-compose.local.yml";
/// The client is looked for in `PATH`.
const DOCKER: &str = "docker";
/// What is told of a failure: its last lines have the cause.
const TOLD_LINES: usize = 4;

/// Whether there are a client, its plugin and an engine.
///
/// # Errors
/// [`LabError::Docker`] with the first of them that is missing.
pub(super) async fn works() -> Result<(), LabError> {
    works_by(DOCKER).await
}

async fn works_by(client: &str) -> Result<(), LabError> {
    let without = "or do without containers: rlab-ops up --profile local";
    let ask = async |arguments: &[&str]| {
        let mut command = Command::new(client);
        let asked = run(command.args(arguments)).await;
        asked.map_err(|e| LabError::Docker {
            why: format!("`{client}` cannot be run: {e}"),
            next: format!("install Docker with its compose plugin; {without}"),
        })
    };
    let plugin = ask(&["compose", "version"]).await?;
    if !plugin.status.success() {
        return Err(LabError::Docker {
            why: format!("its compose plugin is missing ({})", told(&plugin)),
            next: format!("install docker-compose-plugin, version 2.23.1 or newer; {without}"),
        });
    }
    let engine = ask(&["version", "--format", "{{.Server.Version}}"]).await?;
    match engine.status.success() {
        true => Ok(()),
        false => Err(LabError::Docker {
            why: format!("no engine answers ({})", told(&engine)),
            next: format!("start it, for example: sudo systemctl start docker; {without}"),
        }),
    }
}

/// Brings up what is not up, with the part called `profile`, and waits until all are well.
pub(super) async fn up(dir: &LabDir, profile: Option<&str>) -> Result<(), LabError> {
    let mut command = project(dir, profile);
    command.args(["up", "--detach", "--wait", "--quiet-pull"]);
    let next = format!(
        "see what its services say: docker compose -p {} logs; remove them: rlab-ops --lab {} down",
        name(dir),
        dir.name()
    );
    done(&mut command, next).await
}

/// Removes everything, with the part called `profile` and the volumes.
pub(super) async fn down(dir: &LabDir, profile: &str) -> Result<(), LabError> {
    let mut command = project(dir, Some(profile));
    command.args(["down", "--volumes", "--remove-orphans"]);
    let next = format!("once the engine runs: rlab-ops --lab {} down", dir.name());
    done(&mut command, next).await
}

fn name(dir: &LabDir) -> String {
    format!("rlab-{}", dir.name())
}

fn project(dir: &LabDir, profile: Option<&str>) -> Command {
    let home = dir.compose();
    let mut command = Command::new(DOCKER);
    command
        .args(["compose", "--project-name", &name(dir), "--env-file"])
        .arg(environment::path(&home))
        .arg("--file")
        .arg(home.join(FILE));
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    command
}

async fn done(command: &mut Command, next: String) -> Result<(), LabError> {
    let failed = |why| LabError::Docker {
        why,
        next: next.clone(),
    };
    let output = run(command).await.map_err(|e| failed(e.to_string()))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(failed(format!("{} ({})", told(&output), output.status))),
    }
}

async fn run(command: &mut Command) -> std::io::Result<Output> {
    command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
}

fn told(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    let last = lines.len().saturating_sub(TOLD_LINES);
    lines[last..].join(" / ")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A client that says no to `refused`.
    async fn refused_by(client: &str, wanted: &str) {
        let Err(LabError::Docker { why, next }) = works_by(client).await else {
            panic!("`{client}` works");
        };
        assert!(why.contains(wanted), "{why}");
        assert!(next.contains("--profile local"), "{next}");
    }

    #[tokio::test]
    async fn what_is_missing_is_named_client_plugin_or_engine() {
        refused_by("/nowhere/docker", "cannot be run").await;
        let dir = tempfile::tempdir().unwrap();
        for (answers, wanted) in [
            (
                "echo unknown command: docker compose >&2; exit 1",
                "plugin is missing (unknown command",
            ),
            (
                "test \"$1\" = compose || { echo cannot connect to the daemon >&2; exit 1; }",
                "no engine answers (cannot connect",
            ),
        ] {
            let client = dir.path().join("docker");
            std::fs::write(&client, format!("#!/bin/sh\n{answers}\n")).unwrap();
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&client, executable).unwrap();
            refused_by(client.to_str().unwrap(), wanted).await;
        }
    }
}
