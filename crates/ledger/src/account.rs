//! From recorded lines to an [`Accounting`].
//!
//! The snapshot is folded first, into one entry per event; the history then streams past it.
//! Memory is 64 bytes per event and about 20 for its two indexes (up to twice that while the
//! tables grow), 8 more while order is checked, plus each distinct key twice: around 1 GB for
//! 10⁷ events. The history itself takes none, except 16 bytes for an acknowledged command that
//! was never committed.

use hashbrown::HashSet;
use uuid::Uuid;

use crate::accounting::{Accounting, Anomaly, LostSample, SAMPLES, Sample, Stage, WindowAccount};
use crate::events::{Event, Events};
use crate::record::{Fact, Operation, Outcome};

/// A named stretch of the run, in µs since its start: `from_us` inclusive, `to_us` exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The name, usually of a phase.
    pub name: String,
    /// The first µs within.
    pub from_us: u64,
    /// The first µs after.
    pub to_us: u64,
}

/// Accounts for every operation of a history against a snapshot taken after the run.
///
/// # Errors
/// The first error either stream gives; nothing is judged from half a record.
pub fn account<E>(
    history: impl IntoIterator<Item = Result<Operation, E>>,
    snapshot: impl IntoIterator<Item = Result<Fact, E>>,
    windows: &[Window],
) -> Result<Accounting, E> {
    account_watching(history, snapshot, windows, &[])
}

/// As [`account`], and the events in `watch` are sampled whenever an anomaly shows them, even
/// past the bound of [`SAMPLES`], so that a control can ask for its one event by name.
///
/// # Errors
/// The first error either stream gives.
pub fn account_watching<E>(
    history: impl IntoIterator<Item = Result<Operation, E>>,
    snapshot: impl IntoIterator<Item = Result<Fact, E>>,
    windows: &[Window],
    watch: &[Uuid],
) -> Result<Accounting, E> {
    let mut events = Events::default();
    for fact in snapshot {
        events.add(fact?);
    }
    let mut judge = Judge {
        windows,
        watch,
        uncommitted: HashSet::new(),
        result: Accounting {
            windows: windows.iter().map(WindowAccount::of).collect(),
            ..Accounting::default()
        },
    };
    for operation in history {
        judge.operation(&operation?, &mut events);
    }
    judge.events(&events);
    judge.order(&events);
    Ok(judge.result)
}

impl WindowAccount {
    fn of(window: &Window) -> Self {
        Self {
            name: window.name.clone(),
            obligations: 0,
            lost: 0,
        }
    }
}

struct Judge<'a> {
    windows: &'a [Window],
    watch: &'a [Uuid],
    /// Acknowledged events that MySQL does not hold, so that a repeated command counts once.
    uncommitted: HashSet<Uuid>,
    result: Accounting,
}

impl Judge<'_> {
    fn operation(&mut self, operation: &Operation, events: &mut Events) {
        self.result.operations += 1;
        match &operation.outcome {
            Outcome::Acknowledged { event_id, sequence } => {
                self.result.acknowledged += 1;
                self.acknowledged(operation, *event_id, *sequence, events);
            }
            Outcome::Refused { .. } => self.result.refused += 1,
            Outcome::Unknown { .. } => self.result.unknown += 1,
        }
        if operation.outcome.is_indeterminate()
            && let Some(event) = events.by_command(operation.command_id)
            && !std::mem::replace(&mut event.claimed, true)
        {
            self.result.committed_unacknowledged += 1;
            let (event_id, sequence, stage) = (event.event_id, event.sequence, stuck(Some(event)));
            self.obligation(operation, event_id, sequence, stage);
        }
    }

    fn acknowledged(
        &mut self,
        operation: &Operation,
        event_id: Uuid,
        sequence: u64,
        events: &mut Events,
    ) {
        let event = events.by_event(event_id);
        let stage = stuck(event.as_deref());
        let first = match event {
            Some(event) => !std::mem::replace(&mut event.claimed, true),
            None => self.uncommitted.insert(event_id),
        };
        if first {
            self.obligation(operation, event_id, sequence, stage);
        }
    }

    /// Counts one obligation, and its loss if it got stuck at a stage.
    fn obligation(
        &mut self,
        operation: &Operation,
        event_id: Uuid,
        sequence: u64,
        stage: Option<Stage>,
    ) {
        self.result.obligations += 1;
        for (window, count) in self.windows.iter().zip(&mut self.result.windows) {
            if (window.from_us..window.to_us).contains(&operation.sent_us) {
                count.obligations += 1;
                count.lost += u64::from(stage.is_some());
            }
        }
        let Some(stage) = stage else { return };
        let lost = &mut self.result.lost;
        lost.count += 1;
        *lost.stuck.entry(stage).or_default() += 1;
        if lost.samples.len() < SAMPLES || self.watch.contains(&event_id) {
            lost.samples.push(LostSample {
                command_id: operation.command_id,
                event_id,
                key: operation.key.clone(),
                sequence,
                sent_us: operation.sent_us,
                stage,
            });
        }
    }

    fn events(&mut self, events: &Events) {
        let result = &mut self.result;
        for event in events.iter() {
            result.committed += u64::from(event.committed);
            result.outbox_unsettled += u64::from(event.in_outbox && !event.settled);
            result.published += u64::from(event.records > 0);
            result.duplicate_publish += u64::from(event.records.saturating_sub(1));
            result.effective += u64::from(event.effects > 0);
            if event.effects > 1 {
                note(&mut result.effect_twice, event, events, self.watch);
            }
            if !event.committed && (event.records > 0 || event.effects > 0) {
                note(&mut result.unknown_event, event, events, self.watch);
            }
        }
    }

    /// Only first effects count: 1, 2, 3, 2, 3 is a duplicate, not a reordering.
    fn order(&mut self, events: &Events) {
        let order = events.in_effect_order();
        for of_one_key in order.chunk_by(|a, b| events.key(a) == events.key(b)) {
            let mut highest = 0;
            for event in of_one_key {
                if event.sequence < highest {
                    note(&mut self.result.reordered, event, events, self.watch);
                }
                highest = highest.max(event.sequence);
            }
        }
    }
}

/// Where an obligation got stuck, or none if it took effect.
fn stuck(event: Option<&Event>) -> Option<Stage> {
    let Some(event) = event else {
        return Some(Stage::NeverCommitted);
    };
    if event.effects > 0 {
        return None;
    }
    Some(if !event.committed {
        Stage::NeverCommitted
    } else if event.records > 0 {
        Stage::Published
    } else if !event.in_outbox {
        Stage::CommittedOnly
    } else if event.settled {
        Stage::OutboxSettled
    } else {
        Stage::OutboxUnsettled
    })
}

fn note(anomaly: &mut Anomaly, event: &Event, events: &Events, watch: &[Uuid]) {
    anomaly.count += 1;
    if anomaly.samples.len() < SAMPLES || watch.contains(&event.event_id) {
        anomaly.samples.push(Sample {
            event_id: event.event_id,
            key: events.key(event).to_owned(),
            sequence: event.sequence,
        });
    }
}
