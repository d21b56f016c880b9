//! Turns what happens during long work into words: a line for each change, and none without one.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{BinaryBytes, HumanDuration};
use rlab_artifacts::Event as ArtifactEvent;
use rlab_lab::UpEvent;
use rlab_lab::protocol::{LabStatus, NodeState, NodeStatus};

use super::status::state_word;

/// A line of progress.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// What happened.
    pub text: String,
    /// It is worth keeping where the rest is drawn over.
    pub lasting: bool,
}

/// Remembers what was said last.
#[derive(Debug, Default)]
pub struct Narrator {
    nodes: BTreeMap<String, (NodeState, Option<String>)>,
    pipeline: Option<String>,
    step: String,
    waiting: String,
    fetch: Option<Fetch>,
}

#[derive(Debug)]
struct Fetch {
    began: Duration,
    began_bytes: u64,
    tenths_told: u64,
}

impl Narrator {
    /// The lines that `event`, `elapsed` after the work began, is worth.
    pub fn tell(&mut self, event: &UpEvent, elapsed: Duration) -> Vec<Line> {
        match event {
            UpEvent::Artifact(event) => self.artifact(event, elapsed).into_iter().collect(),
            UpEvent::Nodes(status) => self.nodes(status, elapsed),
            UpEvent::Note(text) => vec![lasting(text.clone())],
        }
    }

    /// What is waited for now, in one line.
    pub fn waiting(&self) -> String {
        self.waiting.clone()
    }

    fn artifact(&mut self, event: &ArtifactEvent, elapsed: Duration) -> Option<Line> {
        let text = match event {
            ArtifactEvent::Fetching {
                what,
                bytes_done,
                bytes_total,
            } => {
                return self.fetching(what, *bytes_done, *bytes_total, elapsed);
            }
            ArtifactEvent::Waiting { pid: Some(pid) } => {
                format!("waiting for process {pid}, which fills the same cache")
            }
            ArtifactEvent::Waiting { pid: None } => {
                "waiting for whoever fills the same cache".into()
            }
            ArtifactEvent::Resolving { what } => format!("asking for {what}"),
            ArtifactEvent::Verifying { what } => format!("checking digests: {what}"),
            ArtifactEvent::Unpacking { what } => format!("unpacking {what}"),
            ArtifactEvent::Preparing { what } => format!("preparing {what} (once)"),
            ArtifactEvent::Ready => return None,
        };
        if self.step == text {
            return None;
        }
        self.fetch = None;
        self.step.clone_from(&text);
        self.waiting.clone_from(&text);
        Some(passing(format!("{text} {}", seconds(elapsed))))
    }

    /// A line for each tenth of the bytes, with the rate and what is left of the time.
    fn fetching(&mut self, what: &str, done: u64, total: u64, elapsed: Duration) -> Option<Line> {
        let fetch = self.fetch.get_or_insert(Fetch {
            began: elapsed,
            began_bytes: done,
            tenths_told: 0,
        });
        let tenths = (done * 10).checked_div(total)?;
        if tenths <= fetch.tenths_told {
            return None;
        }
        fetch.tenths_told = tenths;
        let spent = (elapsed - fetch.began).as_secs_f64();
        let rate = (done - fetch.began_bytes) as f64 / spent.max(0.001);
        let left = Duration::from_secs_f64((total - done.min(total)) as f64 / rate.max(1.0));
        Some(passing(format!(
            "fetching {what}: {} of {}, {}/s, {} left",
            BinaryBytes(done),
            BinaryBytes(total),
            BinaryBytes(rate as u64),
            HumanDuration(left),
        )))
    }

    fn nodes(&mut self, status: &LabStatus, elapsed: Duration) -> Vec<Line> {
        let mut lines: Vec<Line> = status
            .nodes
            .iter()
            .filter_map(|node| self.node(node, elapsed))
            .collect();
        let pending: Vec<&str> = status
            .nodes
            .iter()
            .filter(|node| !node.state.is_well() && node.state != NodeState::Stopped)
            .map(|node| node.node.as_str())
            .collect();
        self.waiting = match (&status.pipeline.waiting_for, pending.as_slice()) {
            (Some(what), []) => format!("waiting for the pipeline: {what}"),
            (None, []) => String::new(),
            (_, pending) => format!("waiting for {}", pending.join(", ")),
        };
        if pending.is_empty() && self.pipeline != status.pipeline.waiting_for {
            self.pipeline.clone_from(&status.pipeline.waiting_for);
            let what = self.pipeline.iter();
            lines.extend(what.map(|w| {
                passing(format!(
                    "waiting for the pipeline: {w} {}",
                    seconds(elapsed)
                ))
            }));
        }
        lines
    }

    fn node(&mut self, node: &NodeStatus, elapsed: Duration) -> Option<Line> {
        // While it waits for others, the list of those shrinks with each of their own lines.
        let detail = match node.state {
            NodeState::Waiting => None,
            _ => node
                .detail
                .as_deref()
                .and_then(|text| text.lines().next())
                .map(str::to_owned),
        };
        let now = (node.state, detail);
        let before = self.nodes.insert(node.node.clone(), now.clone());
        if before.as_ref() == Some(&now) {
            return None;
        }
        let after = seconds(elapsed);
        match now {
            (NodeState::Ready, _) => match before {
                Some((NodeState::Ready, _)) => None,
                _ => Some(lasting(format!("{} is ready {after}", node.node))),
            },
            (NodeState::Stopped | NodeState::Spare, _) => {
                before.map(|_| lasting(format!("{} stopped {after}", node.node)))
            }
            (state, None) => Some(passing(format!(
                "waiting for {}: {} {after}",
                node.node,
                state_word(state)
            ))),
            (state, Some(detail)) => Some(passing(format!(
                "waiting for {}: {} ({detail}) {after}",
                node.node,
                state_word(state)
            ))),
        }
    }
}

fn lasting(text: String) -> Line {
    Line {
        text,
        lasting: true,
    }
}

fn passing(text: String) -> Line {
    Line {
        text,
        lasting: false,
    }
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.1} s", elapsed.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::sample;

    fn told(narrator: &mut Narrator, event: &UpEvent, ms: u64) -> Vec<String> {
        let lines = narrator.tell(event, Duration::from_millis(ms));
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn a_wait_is_named_with_its_last_state_and_only_when_it_changes() {
        let mut narrator = Narrator::default();
        let mut status = sample();
        status.nodes[2].detail = Some("connection refused".into());
        let first = told(
            &mut narrator,
            &UpEvent::Nodes(Box::new(status.clone())),
            1_200,
        );
        assert!(
            first.contains(&"waiting for kafka-2: starting (connection refused) 1.2 s".to_owned()),
            "{first:?}"
        );
        let again = told(
            &mut narrator,
            &UpEvent::Nodes(Box::new(status.clone())),
            1_400,
        );
        assert_eq!(again, Vec::<String>::new());
        status.nodes[2].state = NodeState::Ready;
        let ready = told(&mut narrator, &UpEvent::Nodes(Box::new(status)), 2_000);
        assert_eq!(ready, ["kafka-2 is ready 2.0 s"]);
    }

    #[test]
    fn a_download_has_at_most_ten_lines_with_rate_and_time_left() {
        let mut narrator = Narrator::default();
        let mut lines = Vec::new();
        for done in 0..=1_000_u64 {
            let event = UpEvent::Artifact(ArtifactEvent::Fetching {
                what: "mvn".into(),
                bytes_done: done << 20,
                bytes_total: 1_000 << 20,
            });
            lines.extend(told(&mut narrator, &event, done * 10));
        }
        assert_eq!(lines.len(), 10);
        assert_eq!(
            lines[4],
            "fetching mvn: 500.00 MiB of 1000.00 MiB, 100.00 MiB/s, 5 seconds left"
        );
    }

    #[test]
    fn a_download_of_unknown_size_is_no_division_by_zero() {
        let event = UpEvent::Artifact(ArtifactEvent::Fetching {
            what: "mvn".into(),
            bytes_done: 5,
            bytes_total: 0,
        });
        assert_eq!(
            told(&mut Narrator::default(), &event, 1),
            Vec::<String>::new()
        );
    }
}
