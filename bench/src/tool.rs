//! Drives the built `rlab-ops`, as a user would, in a home of its own.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rlab_lab::home::DEFAULT_LAB;
use rlab_lab::{LabDir, LabError, LabHome};
use tempfile::TempDir;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The tool was not built.
    #[error("{0} does not exist\nhint: cargo build --release --workspace")]
    NotBuilt(PathBuf),
    /// The tool ended with another code than 0.
    #[error("`rlab-ops {words}` ended with {status}\n{said}")]
    Failed {
        /// Its arguments.
        words: String,
        /// Its exit status.
        status: String,
        /// What it wrote to stderr.
        said: String,
    },
    /// A process of the lab hides its memory.
    #[error("the memory of {node} (pid {pid}) cannot be read")]
    Hidden {
        /// Node it belongs to.
        node: String,
        /// Process id.
        pid: u32,
    },
    /// A figure stopped moving.
    #[error("{what} stayed at {reached} of {wanted}")]
    Stuck {
        /// What was watched.
        what: String,
        /// Its last value.
        reached: f64,
        /// The value waited for.
        wanted: f64,
    },
    /// A server refused.
    #[error("{what}: {why}")]
    Refused {
        /// Which.
        what: &'static str,
        /// What it said.
        why: String,
    },
    /// MySQL refused.
    #[error(transparent)]
    Store(#[from] rlab_store::StoreError),
    /// Ctrl-C.
    #[error("interrupted; the measured lab was taken down")]
    Interrupted,
    /// The lab's directory cannot be named.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The cache cannot be looked at.
    #[error(transparent)]
    Artifact(#[from] rlab_artifacts::ArtifactError),
    /// The figures cannot be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// `/proc` cannot be read.
    #[error(transparent)]
    Proc(#[from] procfs::ProcError),
    /// A program or file could not be used.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl BenchError {
    /// What makes errors of `what`.
    pub fn of<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Refused {
            what,
            why: error.to_string(),
        }
    }
}

/// `rlab-ops` with a temporary home. Dropped, it takes its lab down and removes it.
pub struct Tool {
    binary: PathBuf,
    home: TempDir,
    port_offset: u16,
    up: bool,
}

impl Tool {
    /// The tool built beside this program.
    pub fn beside(port_offset: u16) -> Result<Self, BenchError> {
        let binary = std::env::current_exe()?.with_file_name("rlab-ops");
        if !binary.is_file() {
            return Err(BenchError::NotBuilt(binary));
        }
        let home = tempfile::Builder::new().prefix("rlab-bench-").tempdir()?;
        Ok(Self {
            binary,
            home,
            port_offset,
            up: false,
        })
    }

    /// The measured lab.
    pub fn lab(&self) -> Result<LabDir, BenchError> {
        Ok(LabHome::at(self.home.path()).lab(DEFAULT_LAB)?)
    }

    /// `rlab-ops up`, from start to exit.
    pub async fn up(&mut self) -> Result<Duration, BenchError> {
        self.up = true;
        let offset = self.port_offset.to_string();
        self.timed(&["up", "--profile", "local", "--port-offset", &offset])
            .await
    }

    /// `rlab-ops down`, from start to exit.
    pub async fn down(&mut self) -> Result<Duration, BenchError> {
        let took = self.timed(&["down"]).await?;
        self.up = false;
        Ok(took)
    }

    /// Removes the lab's data, so that the next `up` is a fresh one.
    pub async fn purge(&mut self) -> Result<(), BenchError> {
        self.timed(&["down", "--purge", "--confirm", DEFAULT_LAB])
            .await?;
        self.up = false;
        Ok(())
    }

    /// `rlab-ops` with `words`.
    pub async fn run(&self, words: &[&str]) -> Result<(), BenchError> {
        self.timed(words).await.map(drop)
    }

    /// What `rlab-ops` prints with `words`. A drill's verdict, told by codes up to 2, is no failure.
    pub async fn said(&self, words: &[&str]) -> Result<Vec<u8>, BenchError> {
        let output = tokio::process::Command::from(self.command(words))
            .kill_on_drop(true)
            .output()
            .await?;
        if output.status.code().is_none_or(|code| code > 2) {
            succeeded(words, &output)?;
        }
        Ok(output.stdout)
    }

    async fn timed(&self, words: &[&str]) -> Result<Duration, BenchError> {
        let started = Instant::now();
        let output = tokio::process::Command::from(self.command(words))
            .kill_on_drop(true)
            .output()
            .await?;
        let took = started.elapsed();
        succeeded(words, &output)?;
        Ok(took)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .args(["--lab", DEFAULT_LAB, "--no-input"])
            .env("RLAB_HOME", self.home.path())
            .stdin(Stdio::null());
        for name in [
            "RLAB_LAB",
            "RLAB_PROFILE",
            "RLAB_PORT_OFFSET",
            "RLAB_FORMAT",
        ] {
            command.env_remove(name);
        }
        command
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        if self.up {
            let left = self
                .command(&["down", "--purge", "--confirm", DEFAULT_LAB])
                .output();
            if !left.is_ok_and(|output| output.status.success()) {
                self.home.disable_cleanup(true);
                eprintln!(
                    "the measured lab may still run in {}",
                    self.home.path().display()
                );
            }
        }
    }
}

fn succeeded(words: &[&str], output: &Output) -> Result<(), BenchError> {
    if output.status.success() {
        return Ok(());
    }
    Err(BenchError::Failed {
        words: words.join(" "),
        status: output.status.to_string(),
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
