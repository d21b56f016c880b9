//! What can go wrong with terraform, and what to type next.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::cause::Cause;
use super::diagnostic::Diagnostic;

/// A failed operation of the engine.
#[derive(Debug, thiserror::Error)]
pub enum TerraformError {
    /// No `terraform` on the PATH.
    #[error("terraform was not found on the PATH")]
    NotFound,
    /// A terraform that is too old.
    #[error("{path} is terraform {version}; {needed} or newer is needed")]
    TooOld {
        /// The binary.
        path: PathBuf,
        /// Its version.
        version: String,
        /// The oldest that will do.
        needed: String,
    },
    /// The root holds no configuration.
    #[error("{0}: no terraform configuration (*.tf) there")]
    NoRoot(PathBuf),
    /// The state would land somewhere else than meant.
    #[error("{root}: the configuration has {found}, not backend \"{wanted}\"")]
    WrongBackend {
        /// The root.
        root: PathBuf,
        /// What it has.
        found: String,
        /// The backend that was to be configured.
        wanted: String,
    },
    /// The intent is of another lab, or its record is gone.
    #[error("{0}: what is about to exist is not on record there")]
    Unrecorded(PathBuf),
    /// Another terraform of the same lab lives.
    #[error("terraform {verb} of this lab is still running (process {pid})")]
    Busy {
        /// Its process id.
        pid: u32,
        /// What it does.
        verb: String,
    },
    /// Another command is changing this lab, and has no terraform running at this moment.
    #[error("another command is changing this lab")]
    Taken,
    /// terraform failed.
    #[error(transparent)]
    Failed(Box<Failed>),
    /// It was stopped on request.
    #[error("terraform {verb} was stopped{}", ended(*killed))]
    Interrupted {
        /// What it did.
        verb: &'static str,
        /// It did not end by itself, so that the state may lack the last step.
        killed: bool,
    },
    /// It took longer than it may.
    #[error("terraform {verb} did not end within {}s and was stopped{}", limit.as_secs(), ended(*killed))]
    TimedOut {
        /// What it did.
        verb: &'static str,
        /// How long it may take.
        limit: Duration,
        /// It did not end by itself.
        killed: bool,
    },
    /// Something is left after a destroy.
    #[error("still in the state after destroy: {}", .0.join(", "))]
    Residual(Vec<String>),
    /// terraform said something unexpected.
    #[error("terraform {verb}: {reason}")]
    Unreadable {
        /// What it did.
        verb: &'static str,
        /// What could not be understood.
        reason: String,
    },
    /// A file operation failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn ended(killed: bool) -> &'static str {
    match killed {
        true => " by force; its last step may be missing from the state",
        false => "; the state holds what was done",
    }
}

/// terraform ended with errors.
#[derive(Debug)]
pub struct Failed {
    /// What it did: `plan`, `apply`, ….
    pub verb: &'static str,
    /// Its errors, each with its cause.
    pub failures: Vec<Failure>,
    pub(crate) scene: Scene,
}

/// One error of terraform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In terraform's words.
    pub diagnostic: Diagnostic,
    /// What that means.
    pub cause: Cause,
}

/// Where it happened, for the commands of hints.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub root: PathBuf,
    pub data_dir: PathBuf,
    pub profile: Option<String>,
}

impl Failed {
    pub(crate) fn new(verb: &'static str, errors: Vec<Diagnostic>, scene: Scene) -> Self {
        let failures = errors.into_iter().map(|diagnostic| Failure {
            cause: Cause::of(&diagnostic),
            diagnostic,
        });
        Self {
            verb,
            failures: failures.collect(),
            scene,
        }
    }

    /// One policy that grants every permission that was found missing; `None` when none was.
    pub fn policy(&self) -> Option<Value> {
        let mut statements: Vec<Value> = Vec::new();
        for failure in &self.failures {
            if let Cause::Denied(denied) = &failure.cause
                && let Some(statement) = denied.statement()
                && !statements.contains(&statement)
            {
                statements.push(statement);
            }
        }
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        (!statements.is_empty()).then_some(policy)
    }

    fn hint(&self) -> Option<String> {
        let mut hints: Vec<String> = Vec::new();
        for failure in &self.failures {
            if let Some(hint) = failure.cause.hint(&self.scene)
                && !hints.contains(&hint)
            {
                hints.push(hint);
            }
        }
        (!hints.is_empty()).then(|| hints.join("\n"))
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "terraform {} failed", self.verb)?;
        match self.failures.as_slice() {
            [only] => write!(f, ": {}", only.diagnostic),
            several => several
                .iter()
                .try_for_each(|one| write!(f, "\n  {}", one.diagnostic)),
        }
    }
}

impl std::error::Error for Failed {}

impl TerraformError {
    pub(crate) fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        Self::Io { path, source }
    }

    pub(crate) fn unreadable(verb: &'static str, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        Self::Unreadable { verb, reason }
    }

    /// The causes of a failed run; empty for other errors.
    pub fn causes(&self) -> Vec<&Cause> {
        match self {
            Self::Failed(failed) => failed.failures.iter().map(|f| &f.cause).collect(),
            _ => Vec::new(),
        }
    }

    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NotFound => {
                "install terraform (developer.hashicorp.com/terraform/install) and put it on the PATH".into()
            }
            Self::TooOld { needed, .. } => {
                format!("install terraform {needed} or newer, and see that it comes first on the PATH")
            }
            Self::NoRoot(_) => "name a directory with a terraform root, such as terraform/aws".into(),
            Self::WrongBackend { wanted, .. } => {
                format!("let the root declare it: terraform {{ backend \"{wanted}\" {{}} }}")
            }
            Self::Busy { pid, verb } => format!(
                "follow it to its end, or stop it as Ctrl-C would: kill -INT {pid} (the {verb} ends after \
                 its current step and writes the state)"
            ),
            Self::Taken => "wait for it, then run the same command again".into(),
            Self::Failed(failed) => return failed.hint(),
            Self::Interrupted { killed: true, .. } | Self::TimedOut { killed: true, .. } => {
                "what AWS was making may exist without being in the state: look for it by the lab's tags; \
                 then run the same command again to go on, or take the lab down"
                    .into()
            }
            Self::Interrupted { .. } | Self::TimedOut { .. } => {
                "run the same command again to go on, or take the lab down: both start from the state".into()
            }
            Self::Residual(_) => "run down again; what stays has to be removed by hand".into(),
            Self::Unrecorded(_) | Self::Unreadable { .. } | Self::Io { .. } => return None,
        };
        Some(text)
    }
}
