//! How long a run still takes: the longest chain of what is left, corrected by what has been seen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::durations::{Durations, Span};
use super::graph::Graph;
use crate::terraform::{Action, Change, Event, Plan, Stage};

/// How many resources terraform works on at once.
const AT_ONCE: u32 = 10;
/// Nothing that is left takes less.
const LEAST: Duration = Duration::from_secs(1);

/// The time left of one run.
#[derive(Debug, Clone)]
pub struct Eta {
    /// By address of the instance.
    work: BTreeMap<String, Item>,
    /// Instances by their address in the configuration.
    instances: BTreeMap<String, Vec<String>>,
    graph: Graph,
}

#[derive(Debug, Clone)]
struct Item {
    kind: String,
    usual: Span,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// Since when, counted from the start of the run.
    Running(Duration),
    /// Done or failed: nothing is waited for any more.
    Over,
}

/// What is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remaining {
    /// Nothing.
    Nothing,
    /// Between these.
    Between(Span),
    /// Something takes longer than usual, so that nobody can say when it ends; after that, this much.
    LongerThanUsual {
        /// What is late, the latest first.
        slow: Vec<Slow>,
        /// What is left once they are done.
        then: Span,
    },
}

/// A resource that takes longer than usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slow {
    /// Its address.
    pub address: String,
    /// How long it has taken.
    pub taken: Duration,
    /// How long it usually takes.
    pub usual: Span,
}

impl Eta {
    /// Of an apply of `plan`.
    pub fn of_apply(plan: &Plan, durations: &Durations) -> Self {
        Self::new(&plan.changes, plan.graph.clone(), durations)
    }

    /// Of a destroy of `resources`: address and type of each.
    pub fn of_destroy(
        resources: impl IntoIterator<Item = (String, String)>,
        graph: &Graph,
        durations: &Durations,
    ) -> Self {
        let gone = |(address, kind)| Change {
            address,
            kind,
            action: Action::Delete,
        };
        let changes: Vec<Change> = resources.into_iter().map(gone).collect();
        Self::new(&changes, graph.reversed(), durations)
    }

    /// Of `changes` that wait for each other as `graph` says.
    pub fn new(changes: &[Change], graph: Graph, durations: &Durations) -> Self {
        let mut work = BTreeMap::new();
        let mut instances: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for change in changes.iter().filter(|c| c.action != Action::Bookkeeping) {
            let configured = Graph::configured(&change.address);
            instances
                .entry(configured)
                .or_default()
                .push(change.address.clone());
            let item = Item {
                kind: change.kind.clone(),
                usual: durations.usual(&change.kind, change.action),
                state: State::Waiting,
            };
            work.insert(change.address.clone(), item);
        }
        Self {
            work,
            instances,
            graph,
        }
    }

    /// Takes note of an event that came `at` after the start of the run.
    pub fn observe(&mut self, event: &Event, at: Duration) {
        let Event::Apply(work) = event else {
            return;
        };
        let Some(item) = self.work.get_mut(&work.resource.address) else {
            return;
        };
        match (work.stage, item.state) {
            (Stage::Start | Stage::Progress, State::Waiting) => {
                item.state = State::Running(at.saturating_sub(work.elapsed));
            }
            // A replacement ends twice; what follows its first half shows itself by a new start.
            (Stage::Start, State::Over) => item.state = State::Running(at),
            (Stage::Complete, State::Running(since)) => {
                item.state = State::Over;
                let (kind, taken) = (item.kind.clone(), at.saturating_sub(since));
                self.learn(&kind, taken);
            }
            (Stage::Complete | Stage::Errored, _) => item.state = State::Over,
            _ => {}
        }
    }

    /// What took longer than usual takes that long for the next of its type as well.
    fn learn(&mut self, kind: &str, taken: Duration) {
        for item in self
            .work
            .values_mut()
            .filter(|i| i.kind == kind && i.state != State::Over)
        {
            item.usual.high = item.usual.high.max(taken);
        }
    }

    /// How many resources are done, of how many.
    pub fn done(&self) -> (usize, usize) {
        let over = self.work.values().filter(|i| i.state == State::Over);
        (over.count(), self.work.len())
    }

    /// What is left, `now` after the start of the run.
    pub fn remaining(&self, now: Duration) -> Remaining {
        if self.work.values().all(|i| i.state == State::Over) {
            return Remaining::Nothing;
        }
        let mut slow: Vec<Slow> = self.late(now).collect();
        slow.sort_by(|a, b| b.taken.cmp(&a.taken).then(a.address.cmp(&b.address)));
        let low = self.left(now, |span| span.low);
        let high = self.left(now, |span| span.high);
        if slow.is_empty() {
            let low = low.max(LEAST);
            let high = high.max(low);
            return Remaining::Between(Span { low, high });
        }
        let then = Span {
            low,
            high: high.max(low),
        };
        Remaining::LongerThanUsual { slow, then }
    }

    fn late(&self, now: Duration) -> impl Iterator<Item = Slow> {
        self.work.iter().filter_map(move |(address, item)| {
            let State::Running(since) = item.state else {
                return None;
            };
            let taken = now.saturating_sub(since);
            (taken > item.usual.high.max(LEAST)).then(|| Slow {
                address: address.clone(),
                taken,
                usual: item.usual,
            })
        })
    }

    /// The longest chain of what is left, but no less than all of it done ten at a time.
    fn left(&self, now: Duration, end: impl Fn(Span) -> Duration) -> Duration {
        let of = |item: &Item| match item.state {
            State::Over => Duration::ZERO,
            State::Waiting => end(item.usual),
            State::Running(since) => end(item.usual).saturating_sub(now.saturating_sub(since)),
        };
        let mut known = BTreeMap::new();
        let chains = self
            .instances
            .keys()
            .map(|c| self.chain(c, &of, &mut known, &mut BTreeSet::new()));
        let longest = chains.max().unwrap_or_default();
        let together: Duration = self.work.values().map(of).sum();
        longest.max(together / AT_ONCE)
    }

    /// The longest chain that ends with `resource`. Resources that need each other, which terraform
    /// refuses, count once.
    fn chain(
        &self,
        resource: &str,
        of: &impl Fn(&Item) -> Duration,
        known: &mut BTreeMap<String, Duration>,
        above: &mut BTreeSet<String>,
    ) -> Duration {
        if let Some(chain) = known.get(resource) {
            return *chain;
        }
        if !above.insert(resource.to_owned()) {
            return Duration::ZERO;
        }
        let before = self
            .graph
            .needs(resource)
            .map(|n| self.chain(n, of, known, above))
            .max();
        above.remove(resource);
        let instances = self.instances.get(resource).into_iter().flatten();
        let own = instances.map(|address| of(&self.work[address])).max();
        let chain = before.unwrap_or_default() + own.unwrap_or_default();
        known.insert(resource.to_owned(), chain);
        chain
    }
}
