//! All loads of an arm.

use super::{LoadError, LoadHandle, LoadProgress, LoadSummary};
use rlab_runbook::LoadKind;

/// Loads under way, in the order of the runbook. Dropped, they end.
#[derive(Debug, Default)]
pub(crate) struct Loads(Vec<Running>);

#[derive(Debug)]
struct Running {
    name: String,
    kind: LoadKind,
    count: Option<u64>,
    handle: LoadHandle,
}

impl Loads {
    /// Adds a load that was started.
    pub fn add(&mut self, name: &str, kind: LoadKind, count: Option<u64>, handle: LoadHandle) {
        self.0.push(Running {
            name: name.to_owned(),
            kind,
            count,
            handle,
        });
    }

    /// Whether every command was sent and answered, or given up. Reads leave nothing to be done.
    pub fn commands_finished(&self) -> bool {
        self.commands().all(|load| load.handle.finished())
    }

    /// The counts of all loads of commands so far, and how many commands there will be.
    pub fn progress(&self) -> (LoadProgress, u64) {
        let mut sum = LoadProgress::default();
        let mut count = 0;
        for load in self.commands() {
            let of_load = load.handle.progress();
            sum.sent += of_load.sent;
            sum.answered += of_load.answered;
            sum.refused += of_load.refused;
            sum.unknown += of_load.unknown;
            sum.at_bound += of_load.at_bound;
            count += load.count.unwrap_or_default();
        }
        (sum, count)
    }

    /// Sends nothing more, and waits for what is under way; what each load did, by name.
    pub async fn end(self) -> Result<Vec<(String, LoadSummary)>, LoadError> {
        for load in &self.0 {
            load.handle.stop();
        }
        let mut summaries = Vec::with_capacity(self.0.len());
        for load in self.0 {
            summaries.push((load.name, load.handle.join().await?));
        }
        Ok(summaries)
    }

    fn commands(&self) -> impl Iterator<Item = &Running> {
        self.0.iter().filter(|load| load.kind == LoadKind::Commands)
    }
}
