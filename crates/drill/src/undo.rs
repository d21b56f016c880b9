//! The undo log: what has to be done to bring the lab back, written before anything is done to it.
//!
//! It stands in the lab's directory, so that whoever comes after a killed drill can replay it.
//! Every step is safe to repeat.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use rlab_contract::agent_config::Namespace;
use rlab_lab::protocol::{NodeState, NodeStatus, NodeVerb, Service};
use rlab_lab::{LabDir, LabError, pipeline};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access;
use crate::compat;
use crate::error::DrillError;
use crate::failover;
use crate::stage::Stage;

/// One way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum Undo {
    /// Remove a namespace with everything in it.
    RemoveNamespace {
        /// Which.
        #[schemars(with = "BTreeMap<String, String>")]
        namespace: Namespace,
    },
    /// Give an agent back its own settings and namespace.
    RestoreAgent {
        /// Node name.
        node: String,
    },
    /// Take an agent's crash rule back.
    Disarm {
        /// Node name.
        node: String,
    },
    /// Stop a spare instance of an agent.
    Stop {
        /// Node name.
        node: String,
    },
    /// Let a paused node go on.
    Resume {
        /// Node name.
        node: String,
    },
    /// Start a node, or wait until it answers.
    Start {
        /// Node name.
        node: String,
    },
    /// Put back in charge who was before a failover.
    FailBack {
        /// Of which service.
        of: Service,
        /// Zone of MySQL, or node of Redis.
        to: String,
    },
    /// Wait until a server is back that somebody else runs, and brings back.
    Heals {
        /// Node name.
        node: String,
    },
    /// Give agents the rights that the permission model generates.
    RestoreRights,
    /// Remove the user and the keys of a probe of Redis.
    RemoveProbe {
        /// Name of the user.
        name: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Todo { id: u64, undo: Undo },
    Done { id: u64 },
}

/// The open undo log of a lab.
pub(crate) struct UndoLog {
    path: PathBuf,
    file: File,
    open: BTreeMap<u64, Undo>,
    next: u64,
}

impl UndoLog {
    /// Opens the log of the lab in `dir` with whatever a killed drill left in it.
    pub fn open(dir: &LabDir) -> Result<Self, DrillError> {
        let path = dir.undo_log();
        let (open, whole) = read(&path)?;
        let next = open.keys().next_back().map_or(0, |last| last + 1);
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(|e| DrillError::io(&path, e))?;
        // A last line that was cut off announces a step that was not begun.
        file.set_len(whole as u64)
            .and_then(|()| sync_directory(dir))
            .map_err(|e| DrillError::io(&path, e))?;
        Ok(Self {
            path,
            file,
            open,
            next,
        })
    }

    /// Whether there is nothing to undo.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Writes `undo` down, on disk before this returns.
    pub fn record(&mut self, undo: Undo) -> Result<(), DrillError> {
        let id = self.next;
        self.next += 1;
        self.append(&Line::Todo {
            id,
            undo: undo.clone(),
        })?;
        self.open.insert(id, undo);
        Ok(())
    }

    /// Carries out every step, the newest first, whatever fails among them, and then looks whether
    /// the lab is well again. Returns what was done.
    pub async fn undo(&mut self, stage: &Stage) -> Result<Vec<Undo>, DrillError> {
        let todo: Vec<(u64, Undo)> = self
            .open
            .iter()
            .rev()
            .map(|(id, undo)| (*id, undo.clone()))
            .collect();
        if todo.is_empty() {
            return Ok(Vec::new());
        }
        let mut failures = Vec::new();
        let mut done = Vec::new();
        for (id, undo) in todo {
            match carry_out(stage, &undo).await {
                Ok(()) => {
                    self.append(&Line::Done { id })?;
                    self.open.remove(&id);
                    done.push(undo);
                }
                Err(error) => failures.push(format!("{undo}: {error}")),
            }
        }
        failures.extend(stage.settles().await.err());
        if self.open.is_empty() {
            self.file
                .set_len(0)
                .map_err(|e| DrillError::io(&self.path, e))?;
        }
        match failures.is_empty() {
            true => Ok(done),
            false => Err(DrillError::Residual(failures)),
        }
    }

    fn append(&mut self, line: &Line) -> Result<(), DrillError> {
        let io = |e: std::io::Error| DrillError::io(&self.path, e);
        let mut bytes = serde_json::to_vec(line).map_err(|e| io(e.into()))?;
        bytes.push(b'\n');
        let before = self.file.metadata().map_err(io)?.len();
        let written = self
            .file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| {
            // Half a line must not swallow the next one.
            let _ = self.file.set_len(before);
            io(error)
        })
    }
}

fn read(path: &Path) -> Result<(BTreeMap<u64, Undo>, usize), DrillError> {
    let text = match std::fs::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other.map_err(|e| DrillError::io(path, e))?,
    };
    replay(&text).map_err(|line| DrillError::UndoLog {
        path: path.to_owned(),
        line,
    })
}

/// The open steps and the length of the whole lines.
///
/// # Errors
/// The number of the first whole line that cannot be understood: to pass over it could leave a
/// fault in force.
fn replay(text: &str) -> Result<(BTreeMap<u64, Undo>, usize), usize> {
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    let mut open = BTreeMap::new();
    for (index, line) in text[..whole].lines().enumerate() {
        match serde_json::from_str(line) {
            Ok(Line::Todo { id, undo }) => {
                open.insert(id, undo);
            }
            Ok(Line::Done { id }) => {
                open.remove(&id);
            }
            Err(_) => return Err(index + 1),
        }
    }
    Ok((open, whole))
}

fn sync_directory(dir: &LabDir) -> std::io::Result<()> {
    File::open(dir.path())?.sync_all()
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoveNamespace { namespace } => {
                write!(f, "remove the namespace {}", namespace.database)
            }
            Self::RestoreAgent { node } => write!(f, "give {node} its own settings back"),
            Self::Disarm { node } => write!(f, "disarm the crash point of {node}"),
            Self::Stop { node } => write!(f, "stop {node}"),
            Self::Resume { node } => write!(f, "let {node} go on"),
            Self::Start { node } => write!(f, "start {node}"),
            Self::FailBack { of, to } => write!(f, "give {} back to {to}", of.endpoint()),
            Self::Heals { node } => write!(f, "see {node} come back"),
            Self::RestoreRights => f.write_str("give agents the rights of the permission model"),
            Self::RemoveProbe { name } => write!(f, "remove {name} from Redis"),
        }
    }
}

async fn carry_out(stage: &Stage, undo: &Undo) -> Result<(), LabError> {
    match undo {
        Undo::RemoveNamespace { namespace } => pipeline::remove(&stage.site, namespace).await,
        Undo::RestoreAgent { node } => stage.client.configure(node, BTreeMap::new(), None).await,
        Undo::Disarm { node } => stage.client.disarm_crash(node).await,
        Undo::Stop { node } => stage.client.node(node, NodeVerb::Stop).await,
        Undo::Resume { node } => resume(stage, node).await,
        Undo::Start { node } => stage.client.node(node, NodeVerb::Start).await,
        Undo::FailBack { of, to } => failover::back(stage, *of, to).await,
        Undo::Heals { node } => failover::heals(stage, node).await,
        Undo::RestoreRights => access::restore(&stage.site).await,
        Undo::RemoveProbe { name } => compat::remove(&stage.site, name).await,
    }
}

/// One that is not paused goes on already, or is brought back by another step.
async fn resume(stage: &Stage, node: &str) -> Result<(), LabError> {
    let status = stage.client.status().await?;
    let paused = |n: &NodeStatus| n.node == node && n.state == NodeState::Paused;
    match status.nodes.iter().any(paused) {
        true => stage.client.node(node, NodeVerb::Resume).await,
        false => Ok(()),
    }
}

/// Undoes what a killed drill left in the lab in `dir`; returns what was done.
///
/// # Errors
/// [`DrillError::Residual`] with every step that failed; they stay in the log.
pub async fn recover(dir: &LabDir) -> Result<Vec<Undo>, DrillError> {
    let stage = Stage::open(dir, "recover").await?;
    UndoLog::open(dir)?.undo(&stage).await
}

/// Whether something in the lab in `dir` is still to be undone, or cannot be told.
pub(crate) fn has_left_something(dir: &LabDir) -> bool {
    read(&dir.undo_log()).map_or(true, |(open, _)| !open.is_empty())
}

/// What [`recover`] would do, the next step first; changes nothing.
///
/// # Errors
/// When the log cannot be read.
pub fn pending(dir: &LabDir) -> Result<Vec<Undo>, DrillError> {
    let (open, _) = read(&dir.undo_log())?;
    Ok(open.into_values().rev().collect())
}

#[cfg(test)]
mod tests {
    use rlab_lab::LabHome;

    use super::*;

    fn start(node: &str) -> Undo {
        Undo::Start { node: node.into() }
    }

    #[test]
    fn what_was_recorded_is_found_by_whoever_opens_the_log_next() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("default").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        let mut log = UndoLog::open(&dir).unwrap();
        log.record(start("kafka-1")).unwrap();
        log.record(start("kafka-2")).unwrap();
        log.append(&Line::Done { id: 0 }).unwrap();
        drop(log);
        let again = UndoLog::open(&dir).unwrap();
        assert_eq!(
            again.open.into_values().collect::<Vec<_>>(),
            [start("kafka-2")]
        );
        assert_eq!(again.next, 2);
    }

    #[test]
    fn a_line_that_was_cut_off_is_passed_over_and_the_next_one_survives() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("default").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        std::fs::write(dir.undo_log(), r#"{"todo":{"id":0,"undo":{"und"#).unwrap();
        UndoLog::open(&dir).unwrap().record(start("mysql")).unwrap();
        assert_eq!(UndoLog::open(&dir).unwrap().open.len(), 1);
    }

    #[test]
    fn a_damaged_line_is_refused_with_its_number_and_nothing_is_forgotten() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("default").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        UndoLog::open(&dir).unwrap().record(start("mysql")).unwrap();
        let text = std::fs::read_to_string(dir.undo_log()).unwrap() + "damaged\n";
        std::fs::write(dir.undo_log(), &text).unwrap();
        assert!(matches!(
            UndoLog::open(&dir),
            Err(DrillError::UndoLog { line: 2, .. })
        ));
        assert_eq!(std::fs::read_to_string(dir.undo_log()).unwrap(), text);
    }
}
