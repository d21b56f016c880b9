//! What can go wrong with a lab, and what to type next.

use std::path::{Path, PathBuf};

use rlab_artifacts::ArtifactError;
use rlab_document::DocumentErrors;

/// Broad kind of an error, from which the command line derives its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input was wrong; nothing was changed.
    Usage,
    /// This machine or the lab's state does not allow it.
    Environment,
    /// The lab was not well before anything was done to it.
    NotSteady,
    /// The tool itself is at fault.
    Internal,
    /// Something that should have been removed is still there.
    Residual,
    /// Ended on request, and undone.
    Aborted,
    /// A rule or a limit forbids it; nothing was changed.
    Denied,
}

/// A failed operation on a lab.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// No environment variable tells where labs live.
    #[error("no directory for labs: none of RLAB_HOME, XDG_STATE_HOME and HOME is set")]
    NoHome,
    /// A lab name outside the allowed form.
    #[error(
        "`{0}` is not a lab name: it takes 1 to 32 of a-z, 0-9 and `-`, starting with a letter"
    )]
    BadLabName(String),
    /// No lab directory of that name.
    #[error("there is no lab `{name}`")]
    NoSuchLab {
        /// The name asked for.
        name: String,
        /// Labs that exist.
        known: Vec<String>,
    },
    /// The lab exists, no supervisor runs.
    #[error("lab `{0}` is not running")]
    NotRunning(String),
    /// A profile that is neither a file nor built in.
    #[error("unknown profile `{name}`; built in: {}", known.join(", "))]
    UnknownProfile {
        /// The name asked for.
        name: String,
        /// Built-in profiles.
        known: Vec<String>,
        /// The one that was probably meant.
        suggestion: Option<String>,
    },
    /// A profile file that cannot be read.
    #[error("profile `{path}`: {source}")]
    NoProfileFile {
        /// The path given.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Mistakes in a profile, all of them.
    #[error(transparent)]
    Profile(#[from] DocumentErrors),
    /// A schema that is none.
    #[error("not an Avro schema: {0}")]
    Schema(String),
    /// The schema registry refused, or did not answer.
    #[error("{0}")]
    Registry(String),
    /// The port offset moves a port out of range.
    #[error(
        "port offset {0} moves port {1} above 32767, to where outgoing connections take theirs"
    )]
    PortOffset(u16, u16),
    /// The lab runs, or ran, with other parameters.
    #[error("lab `{lab}` was brought up with {was}, not with {wanted}")]
    OtherParameters {
        /// Lab name.
        lab: String,
        /// What it has.
        was: String,
        /// What was asked for.
        wanted: String,
    },
    /// The lab's data was written by other server versions or another format.
    #[error("the data of lab `{lab}` is of another version: {difference}")]
    OtherVersion {
        /// Lab name.
        lab: String,
        /// What differs.
        difference: String,
    },
    /// Addresses that the lab needs are in use.
    #[error("{}", taken(.0))]
    PortsTaken(Vec<PortTaken>),
    /// Not enough room for the lab's data.
    #[error(
        "{needed_mib} MiB are needed in the lab directory's file system, {free_mib} MiB are free"
    )]
    DiskFull {
        /// What a lab needs to start.
        needed_mib: u64,
        /// What is there.
        free_mib: u64,
    },
    /// An agent's binary is missing.
    #[error("the agent binary `{name}` was not found beside rlab-ops ({searched})")]
    AgentMissing {
        /// Binary name.
        name: String,
        /// Where it was looked for.
        searched: String,
    },
    /// A node did not come up.
    #[error("node `{node}` failed: {reason}")]
    NodeFailed {
        /// Node name.
        node: String,
        /// Why, with its last log lines.
        reason: String,
    },
    /// The lab did not become ready in time.
    #[error("lab `{lab}` was not ready after {seconds} s; still waiting for {waiting_for}")]
    NotReady {
        /// Lab name.
        lab: String,
        /// How long it was waited for.
        seconds: u64,
        /// What it was waited for, with the last states.
        waiting_for: String,
    },
    /// The supervisor process ended or could not be talked to.
    #[error("supervisor: {0}")]
    Supervisor(String),
    /// The supervisor is there but does not answer.
    #[error("the supervisor of lab `{0}` did not answer within {1} s")]
    Unresponsive(String, u64),
    /// The supervisor refused a request.
    #[error("{message}")]
    Refused {
        /// What failed and why.
        message: String,
        /// What to type next.
        hint: Option<String>,
    },
    /// Getting or preparing the servers failed.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The pipeline's schema, topics or subjects could not be made.
    #[error("pipeline resources: {0}")]
    Pipeline(String),
    /// Something was asked of what the lab does not run.
    #[error("{0} are not run by this lab")]
    NotOurs(String),
    /// Servers that the lab does not run cannot be used.
    #[error("the profile's servers cannot be used: {}", .0.join("; "))]
    Elsewhere(Vec<String>),
    /// What the lab made on servers that are not its own is still there.
    #[error("still on servers that are not this lab's: {}", .0.join("; "))]
    LeftElsewhere(Vec<String>),
    /// A container engine, or its client, failed.
    #[error("docker: {why}")]
    Docker {
        /// What it said.
        why: String,
        /// What to do about it.
        next: String,
    },
    /// Processes, files or ports were left.
    #[error("still there after `down`: {}", .0.join(", "))]
    Residual(Vec<String>),
    /// Ended by Ctrl-C; says what became of what was begun.
    #[error("aborted; {0}")]
    Aborted(&'static str),
    /// A file of the lab cannot be understood.
    #[error("{path}: {reason}")]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
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

/// An address of the lab that somebody else holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortTaken {
    /// Node that wants it.
    pub node: String,
    /// `ip:port`.
    pub address: String,
    /// Who holds it, as far as can be told.
    pub holder: String,
    /// Whether a living process was seen to hold it.
    pub seen: bool,
    /// Directory of the lab that holds it, when it is one.
    pub lab: Option<PathBuf>,
}

fn taken(ports: &[PortTaken]) -> String {
    let list: Vec<String> = ports
        .iter()
        .map(|p| format!("{} (for {}) is held by {}", p.address, p.node, p.holder))
        .collect();
    format!("addresses in use: {}", list.join("; "))
}

impl LabError {
    /// An I/O error at `path`.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        Self::Io { path, source }
    }

    /// Broad kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::BadLabName(_)
            | Self::NoSuchLab { .. }
            | Self::UnknownProfile { .. }
            | Self::NoProfileFile { .. }
            | Self::Profile(_)
            | Self::PortOffset(..)
            | Self::Schema(_)
            | Self::OtherParameters { .. } => ErrorKind::Usage,
            Self::Residual(_) | Self::LeftElsewhere(_) => ErrorKind::Residual,
            Self::NotOurs(_) => ErrorKind::Denied,
            Self::Aborted(_) => ErrorKind::Aborted,
            _ => ErrorKind::Environment,
        }
    }

    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NoHome => "set RLAB_HOME to a directory of your own".into(),
            Self::NoSuchLab { known, .. } if known.is_empty() => "bring one up: rlab-ops up".into(),
            Self::NoSuchLab { known, .. } => format!("labs here: {}", known.join(", ")),
            Self::NotRunning(lab) => format!("bring it up: rlab-ops --lab {lab} up"),
            Self::UnknownProfile { suggestion, .. } => match suggestion {
                Some(name) => format!("did you mean `--profile {name}`?"),
                None => "give a built-in name or the path of a TOML file".into(),
            },
            Self::PortOffset(..) => "choose a smaller --port-offset, for example 1000".into(),
            Self::OtherParameters { lab, .. } => format!(
                "take it down first (rlab-ops --lab {lab} down --purge), or give this one another name (--lab NAME)"
            ),
            Self::OtherVersion { lab, .. } => {
                format!("its data cannot be reused; remove it: rlab-ops --lab {lab} down --purge")
            }
            Self::PortsTaken(_) => {
                "stop the holder, or move the lab: rlab-ops up --port-offset 1000".into()
            }
            Self::DiskFull { .. } => {
                "free some space, or set RLAB_HOME to a file system with room".into()
            }
            Self::AgentMissing { .. } => {
                "build the whole workspace: cargo build --release --workspace".into()
            }
            Self::NodeFailed { node, .. } => format!(
                "see its log: rlab-ops logs {node}; the other nodes stay up until rlab-ops down"
            ),
            Self::NotReady { .. } | Self::Supervisor(_) | Self::Pipeline(_) | Self::Registry(_) => {
                "see what happened: rlab-ops status, rlab-ops logs".into()
            }
            Self::Unresponsive(lab, _) => {
                format!("stop the lab and bring it up again: rlab-ops --lab {lab} down")
            }
            Self::NoProfileFile { .. } => {
                "give the path of an existing TOML file, or a built-in name".into()
            }
            Self::BadFile { .. } => {
                "if the lab cannot be mended by hand, remove it: rlab-ops down --purge".into()
            }
            Self::Refused { hint, .. } => return hint.clone(),
            Self::Artifact(error) => error.hint(),
            Self::NotOurs(_) => {
                "ask who runs them, or use a lab that runs its own: rlab-ops --lab other up --profile local"
                    .into()
            }
            Self::Elsewhere(_) => {
                "correct the profile, or mend the servers, then run up again; nothing was started".into()
            }
            Self::LeftElsewhere(_) => {
                "once the servers answer, run down again; what is left is on record".into()
            }
            Self::Docker { next, .. } => next.clone(),
            Self::Residual(_) => "stop what is named by its process id, then run down again".into(),
            Self::Schema(_) => "see the built-in one: contracts/avro/event_envelope.avsc".into(),
            Self::BadLabName(_) | Self::Profile(_) | Self::Aborted(_) | Self::Io { .. } => {
                return None;
            }
        };
        Some(text)
    }
}
