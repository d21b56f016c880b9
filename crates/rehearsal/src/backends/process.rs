//! One emulator as a process group of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::error::RehearsalError;

/// Python code that ends the emulator together with its starter.
const LAUNCH: &str = include_str!("launch.py");
/// How often an emulator that starts is asked.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// Longest one question may take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(2);
/// What of our environment an emulator gets to see; no credentials, no settings of other tools.
/// The last two mark what belongs to a lab.
const INHERITED: [&str; 6] = [
    "HOME",
    "LANG",
    "PATH",
    "TMPDIR",
    "RLAB_LAB_DIR",
    "RLAB_NODE",
];

/// A running emulator.
#[derive(Debug)]
pub(super) struct Process {
    module: String,
    child: Child,
    /// Its other end is the emulator's sign that we live.
    alive: Option<ChildStdin>,
    log: PathBuf,
}

impl Process {
    pub(super) fn start(
        python: &Path,
        module: &str,
        arguments: &[&str],
        settings: &[(&'static str, String)],
        logs: &Path,
    ) -> Result<Self, RehearsalError> {
        let log = logs.join(format!("{module}.log"));
        let file = |source| RehearsalError::File {
            path: log.clone(),
            source,
        };
        let out = File::create(&log).map_err(file)?;
        let errors = out.try_clone().map_err(file)?;
        let mut command = Command::new(python);
        command.args(["-c", LAUNCH, module]).args(arguments);
        command.env_clear();
        for name in INHERITED {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .current_dir(logs)
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(errors)
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|source| RehearsalError::Program {
            program: python.display().to_string(),
            source,
        })?;
        Ok(Self {
            module: module.to_owned(),
            alive: child.stdin.take(),
            child,
            log,
        })
    }

    /// Waits until `url` answers with success.
    pub(super) async fn until_it_answers(
        &mut self,
        url: &str,
        limit: Duration,
    ) -> Result<(), RehearsalError> {
        let http = reqwest::Client::new();
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if self.has_ended() {
                return Err(RehearsalError::Ended {
                    name: self.module.clone(),
                    log: self.log.clone(),
                });
            }
            let answer = http.get(url).timeout(ANSWER_DEADLINE).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            sleep(ASK_EVERY).await;
        }
        Err(RehearsalError::TooLong {
            what: format!("the start of {}", self.module),
            limit,
        })
    }

    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the group and waits until its leader is gone. There is nothing to save.
    pub(super) async fn end(&mut self) {
        self.kill();
        self.alive = None;
        if timeout(ANSWER_DEADLINE, self.child.wait()).await.is_err() {
            tracing::warn!(module = self.module, "an emulator does not end");
        }
    }

    fn kill(&self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw)
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!(module = self.module, %error, "nothing left to kill");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn server(logs: &Path) -> (Process, String) {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port().to_string();
        drop(free);
        let arguments = ["--bind", "127.0.0.1", &port];
        let server = Process::start(Path::new("python3"), "http.server", &arguments, &[], logs);
        (server.unwrap(), format!("http://127.0.0.1:{port}/"))
    }

    #[tokio::test]
    async fn an_emulator_ends_with_its_starter() {
        let logs = tempfile::tempdir().unwrap();
        let (mut server, url) = server(logs.path());
        server
            .until_it_answers(&url, Duration::from_secs(30))
            .await
            .unwrap();
        // What the kernel does when the starter dies.
        server.alive = None;
        let ended = timeout(Duration::from_secs(30), server.child.wait()).await;
        assert!(!ended.expect("it ends").unwrap().success());
    }

    #[tokio::test]
    async fn an_emulator_that_ends_early_is_not_waited_for() {
        let logs = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let arguments = ["--bind", "127.0.0.1", &port];
        let python = Path::new("python3");
        let mut server =
            Process::start(python, "http.server", &arguments, &[], logs.path()).unwrap();
        let url = format!("http://127.0.0.1:{port}/");
        let told = server.until_it_answers(&url, Duration::from_secs(60)).await;
        assert!(
            matches!(told, Err(RehearsalError::Ended { .. })),
            "{told:?}"
        );
    }
}
