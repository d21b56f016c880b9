//! The undo log: what has to be done to bring the lab back, written before anything is done to it.
//!
//! It stands in the lab's directory, so that whoever comes after a killed drill can replay it.
//! Every step is safe to repeat.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use rlab_contract::agent_config::Namespace;
use rlab_lab::protocol::NodeVerb;
use rlab_lab::{LabDir, LabError, pipeline};
use serde::{Deserialize, Serialize};

use crate::error::DrillError;
use crate::stage::Stage;

/// One way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum Undo {
    /// Remove a namespace with everything in it.
    RemoveNamespace {
        /// Which.
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
    /// Start a node, or wait until it answers.
    Start {
        /// Node name.
        node: String,
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
        let text = match std::fs::read_to_string(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            other => other.map_err(|e| DrillError::io(&path, e))?,
        };
        let open = replay(&text);
        let next = open.keys().next_back().map_or(0, |last| last + 1);
        let file = File::options().create(true).append(true).open(&path);
        let mut file = file.map_err(|e| DrillError::io(&path, e))?;
        if !text.is_empty() && !text.ends_with('\n') {
            // A line that was cut off in the middle must not swallow the next one.
            file.write_all(b"\n")
                .map_err(|e| DrillError::io(&path, e))?;
        }
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

    /// Carries out every step that `chosen` takes, the newest first, whatever fails among them.
    /// Returns what was done.
    pub async fn undo(
        &mut self,
        stage: &Stage,
        chosen: fn(&Undo) -> bool,
    ) -> Result<Vec<Undo>, DrillError> {
        let todo: Vec<(u64, Undo)> = self
            .open
            .iter()
            .rev()
            .filter(|(_, undo)| chosen(undo))
            .map(|(id, undo)| (*id, undo.clone()))
            .collect();
        let mut failures = Vec::new();
        let mut done = Vec::new();
        for (id, undo) in todo {
            match carry_out(stage, &undo).await {
                Ok(()) => {
                    self.append(&Line::Done { id })?;
                    self.open.remove(&id);
                    done.push(undo);
                }
                Err(error) => failures.push(format!("{undo:?}: {error}")),
            }
        }
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
        let mut bytes =
            serde_json::to_vec(line).map_err(|e| DrillError::io(&self.path, e.into()))?;
        bytes.push(b'\n');
        self.file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(|e| DrillError::io(&self.path, e))
    }
}

fn replay(text: &str) -> BTreeMap<u64, Undo> {
    let mut open = BTreeMap::new();
    for line in text.lines() {
        match serde_json::from_str(line) {
            Ok(Line::Todo { id, undo }) => {
                open.insert(id, undo);
            }
            Ok(Line::Done { id }) => {
                open.remove(&id);
            }
            // Cut off while it was written: the step it announces was not begun.
            Err(_) => {}
        }
    }
    open
}

async fn carry_out(stage: &Stage, undo: &Undo) -> Result<(), LabError> {
    match undo {
        Undo::RemoveNamespace { namespace } => pipeline::remove(&stage.site, namespace).await,
        Undo::RestoreAgent { node } => stage.client.configure(node, BTreeMap::new(), None).await,
        Undo::Disarm { node } => stage.client.disarm_crash(node).await,
        Undo::Start { node } => stage.client.node(node, NodeVerb::Start).await,
    }
}

/// Undoes what a killed drill left in the lab in `dir`; returns what was done.
///
/// # Errors
/// [`DrillError::Residual`] with every step that failed; they stay in the log.
pub async fn recover(dir: &LabDir) -> Result<Vec<Undo>, DrillError> {
    let stage = Stage::open(dir).await?;
    UndoLog::open(dir)?.undo(&stage, |_| true).await
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
}
