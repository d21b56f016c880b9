//! Why a drill could not be carried out. None of these is a finding about the system.

use std::path::{Path, PathBuf};

use rlab_evidence::run_dir::RunDirError;
use rlab_evidence::{JournalError, JsonlError};
use rlab_lab::{ErrorKind, LabError};

use crate::control::ControlError;
use crate::load::LoadError;

/// A fault of the tool, of the lab or of the request; never a deviation.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The lab refused or failed.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The lab lacks what the runbook needs.
    #[error("the lab does not have what {drill} needs: {missing}")]
    Needs {
        /// Drill id.
        drill: String,
        /// What is missing.
        missing: String,
    },
    /// Something would be done to servers that the lab does not run, and may not or cannot be.
    #[error(
        "the servers of profile `{profile}` are not run by this lab, and nothing was done to them: {}",
        .refused.join("; ")
    )]
    Forbidden {
        /// Name of the profile.
        profile: String,
        /// Each step and why it is refused.
        refused: Vec<String>,
    },
    /// The runbook asks for what this build cannot do yet.
    #[error("this build cannot yet: {0}")]
    NotYet(String),
    /// Somebody else works on this lab.
    #[error("{} works on this lab", .holder.as_deref().unwrap_or("another drill"))]
    Busy {
        /// Who, if that could be read.
        holder: Option<String>,
    },
    /// The lab was not well before anything was done to it.
    #[error("steady state is not met, so nothing was injected: {0}")]
    NotSteady(String),
    /// There is too little room for the evidence.
    #[error("{} has {free_mib} MiB left, and a drill begins with {least_mib} or more; nothing was injected", .root.display())]
    NoRoom {
        /// Where evidence goes.
        root: PathBuf,
        /// Free space, MiB.
        free_mib: u64,
        /// Free space wanted, MiB.
        least_mib: u64,
    },
    /// A step of the runbook could not be carried out.
    #[error("{step}: {source}")]
    Step {
        /// The step.
        step: String,
        /// What the lab said.
        source: LabError,
    },
    /// A failover was refused, or nobody knows what became of it.
    #[error("{step}: {source}")]
    Failover {
        /// The step, or all those of the drill.
        step: String,
        /// Why.
        source: ControlError,
    },
    /// A measurement could not be taken.
    #[error("cannot measure {what}: {why}")]
    Measure {
        /// What.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// The load failed.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The run directory could not be written.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A history or snapshot could not be written or read.
    #[error(transparent)]
    Record(#[from] JsonlError),
    /// The report could not be rendered.
    #[error(transparent)]
    Report(#[from] rlab_evidence::report::ReportError),
    /// The run directory could not be sealed.
    #[error(transparent)]
    Seal(#[from] rlab_evidence::SealError),
    /// A file operation failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of the undo log cannot be understood.
    #[error("{path}:{line}: not a line that this rlab-ops writes; nothing was undone")]
    UndoLog {
        /// The log.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
    },
    /// A run without a verdict cannot be judged again.
    #[error("{} holds no verdict: the run did not come to its end", .run.display())]
    Unfinished {
        /// The run's directory.
        run: PathBuf,
    },
    /// The files of a run do not fit together, or not this program.
    #[error("cannot judge again from {}: {why}", .path.display())]
    NotRepeatable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A stop condition of the runbook became true; everything was undone.
    #[error(
        "stopped, since `{condition}` ({seen}); everything that was done to the lab was undone"
    )]
    Stopped {
        /// The condition.
        condition: String,
        /// The values it speaks of.
        seen: String,
    },
    /// Ended by Ctrl-C; everything was undone.
    #[error("aborted; everything that was done to the lab was undone")]
    Aborted,
    /// Some undo steps failed; they stay in the undo log.
    #[error("not everything could be undone: {}", .0.join("; "))]
    Residual(Vec<String>),
}

impl DrillError {
    pub(crate) fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        Self::Io { path, source }
    }

    /// Broad kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Lab(error) => error.kind(),
            Self::Needs { .. } | Self::NotYet(_) => ErrorKind::Usage,
            Self::NotSteady(_) | Self::NoRoom { .. } => ErrorKind::NotSteady,
            Self::Aborted | Self::Stopped { .. } => ErrorKind::Aborted,
            Self::Residual(_) | Self::UndoLog { .. } => ErrorKind::Residual,
            Self::Forbidden { .. } => ErrorKind::Denied,
            Self::Report(_) => ErrorKind::Internal,
            Self::Failover {
                source: ControlError::Refused { .. },
                ..
            } => ErrorKind::Denied,
            Self::Busy { .. }
            | Self::Failover { .. }
            | Self::Step { .. }
            | Self::Measure { .. }
            | Self::Load(_)
            | Self::RunDir(_)
            | Self::Journal(_)
            | Self::Record(_)
            | Self::Seal(_)
            | Self::Unfinished { .. }
            | Self::NotRepeatable { .. }
            | Self::Io { .. } => ErrorKind::Environment,
        }
    }

    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Lab(error) | Self::Step { source: error, .. } => return error.hint(),
            Self::Failover { source, .. } => return source.hint(),
            Self::Forbidden { .. } => {
                "after a change of the profile: rlab-ops down --purge, then up; what nothing can do here needs a \
                 lab that runs its servers: rlab-ops --lab other up --profile local"
            }
            Self::Needs { .. } => "see what the lab has: rlab-ops status",
            Self::Busy { .. } => "wait for it to end",
            Self::NotSteady(_) => "bring up what is down: rlab-ops up; see it: rlab-ops status",
            Self::NoRoom { .. } => {
                "remove old runs: rlab-ops evidence prune; or put them elsewhere: --evidence DIR"
            }
            Self::Residual(_) => "try again: rlab-ops up, then rlab-ops recover",
            Self::UndoLog { .. } => "start over from nothing: rlab-ops down --purge",
            Self::Measure { .. } => "see what happened: rlab-ops logs",
            _ => return None,
        };
        Some(text.to_owned())
    }
}
