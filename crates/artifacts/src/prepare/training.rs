//! Archives of parsed class data: a server started from one skips most of loading and verifying its classes.
//!
//! The JVM writes one as it stops, from what the server loaded until then, so a throwaway server is started.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::tree::{Recipe, Tree};
use crate::{ArtifactError, Result, client};

/// JVM flags with which the class-data archives are made; a server must be started with the same ones.
pub const JVM_FLAGS: [&str; 2] = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

const START_WITHIN: Duration = Duration::from_secs(120);
const STOP_WITHIN: Duration = Duration::from_secs(60);

/// An archive is bound to class path and file times, hence to these very trees in this very place.
pub(super) fn recipe(name: &'static str, java: &Tree, server: &Tree, disk_bytes: u64) -> Recipe {
    let bound_to = [java, server].map(|tree| format!("{} {}", tree.path.display(), tree.identity));
    let made_of = bound_to
        .into_iter()
        .chain(JVM_FLAGS.map(str::to_owned))
        .collect();
    Recipe {
        name,
        revision: 1,
        made_of,
        disk_bytes,
    }
}

/// A throwaway server.
pub(super) struct Training {
    /// What is being made, for errors.
    pub what: &'static str,
    pub java: PathBuf,
    pub log: PathBuf,
}

impl Training {
    /// Starts the server, waits until its log shows `started`, stops it, and finds the archive written.
    pub async fn record(&self, archive: &Path, arguments: &[String], started: &str) -> Result<()> {
        let mut command = client::leashed(&self.java);
        command
            .arg(format!("-XX:ArchiveClassesAtExit={}", archive.display()))
            .args(arguments);
        let mut child =
            client::start(&mut command, &self.log).map_err(ArtifactError::io("run", &self.java))?;
        self.wait_started(&mut child, started).await?;
        self.stop(child).await?;
        if archive.exists() {
            Ok(())
        } else {
            Err(self.failed("the server left no archive".into()))
        }
    }

    async fn wait_started(&self, child: &mut Child, started: &str) -> Result<()> {
        let deadline = Instant::now() + START_WITHIN;
        loop {
            if fs::read_to_string(&self.log).is_ok_and(|log| log.contains(started)) {
                return Ok(());
            }
            if let Some(status) = child
                .try_wait()
                .map_err(ArtifactError::io("watch", &self.java))?
            {
                return Err(self.failed(format!("the server died while starting ({status})")));
            }
            if Instant::now() > deadline {
                let limit = START_WITHIN.as_secs();
                return Err(self.failed(format!("the server did not start within {limit} s")));
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn stop(&self, mut child: Child) -> Result<()> {
        drop(child.stdin.take());
        match tokio::time::timeout(STOP_WITHIN, child.wait()).await {
            Ok(ended) => ended
                .map(drop)
                .map_err(ArtifactError::io("wait for", &self.java)),
            Err(_) => {
                let limit = STOP_WITHIN.as_secs();
                Err(self.failed(format!("the server did not stop within {limit} s")))
            }
        }
    }

    /// Runs Java to its end and answers what it said.
    pub async fn finish(&self, arguments: &[String], doing: &str) -> Result<String> {
        let mut command = Command::new(&self.java);
        for name in client::JVM_SETTINGS {
            command.env_remove(name);
        }
        let mut child = client::start(command.args(arguments).stdin(Stdio::null()), &self.log)
            .map_err(ArtifactError::io("run", &self.java))?;
        let status = child
            .wait()
            .await
            .map_err(ArtifactError::io("wait for", &self.java))?;
        if status.success() {
            return fs::read_to_string(&self.log).map_err(ArtifactError::io("read", &self.log));
        }
        Err(self.failed(format!("{doing} ended with {status}")))
    }

    pub fn failed(&self, why: String) -> ArtifactError {
        ArtifactError::Prepare {
            what: self.what,
            why,
            tail: client::tail(&self.log),
        }
    }
}

/// Two ports nobody listens on; both are held until both are known.
pub(super) fn free_ports() -> Result<[u16; 2]> {
    let bind = || {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| Ok((listener.local_addr()?.port(), listener)))
    };
    let failed = || ArtifactError::io("find free ports on", "127.0.0.1");
    let ((a, _held), (b, _)) = (bind().map_err(failed())?, bind().map_err(failed())?);
    Ok([a, b])
}
