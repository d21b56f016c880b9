//! What the clients were told, against what MySQL holds.

use hashbrown::HashSet;
use uuid::Uuid;

use crate::account::Terms;
use crate::accounting::{Accounting, LoadAccount};
use crate::event::Event;
use crate::events::Events;
use crate::fact::OutboxState;
use crate::operation::{CommandAnswer, Exchange, Operation, Upgrade};
use crate::samples::{Field, LostSample, Stage};

/// Counts the obligations of one load.
pub(crate) struct Obligations<'a> {
    pub(crate) terms: &'a Terms<'a>,
    pub(crate) events: &'a mut Events,
    /// Acknowledged events that MySQL does not hold, so that a repeated command counts once.
    pub(crate) uncommitted: &'a mut HashSet<Uuid>,
    pub(crate) result: &'a mut Accounting,
    pub(crate) load: &'a mut LoadAccount,
    pub(crate) reads: u64,
    pub(crate) commands: u64,
}

/// A command that the system answers for.
struct Obligation {
    command_id: Uuid,
    event_id: Uuid,
    sequence: u64,
    stage: Option<Stage>,
}

impl Obligations<'_> {
    pub(crate) fn operation(&mut self, operation: &Operation) {
        match &operation.exchange {
            Exchange::Command {
                command_id,
                upgrade,
                answer,
            } => {
                self.commands += 1;
                self.result.commands += 1;
                self.command(operation, *command_id, *upgrade, answer);
            }
            Exchange::Read { answer } => {
                self.reads += 1;
                self.result.reads += 1;
                if let (Some(at_us), Some(version)) = (operation.answered_us, answer.version()) {
                    let key = self.events.keys.entry(&operation.key);
                    key.reads.tell(at_us, version);
                }
            }
            // Obliges nobody in the pipeline.
            Exchange::Write { .. } | Exchange::Connect { .. } => {}
        }
    }

    fn command(
        &mut self,
        operation: &Operation,
        command_id: Uuid,
        upgrade: Upgrade,
        answer: &CommandAnswer,
    ) {
        match answer {
            CommandAnswer::Acknowledged { event_id, sequence } => {
                self.result.acknowledged += 1;
                self.acknowledged(operation, command_id, upgrade, (*event_id, *sequence));
            }
            CommandAnswer::Refused { .. } => self.result.refused += 1,
            CommandAnswer::Unknown { .. } => self.result.unknown += 1,
        }
        if !answer.is_indeterminate() {
            return;
        }
        let key = self.events.keys.number(&operation.key);
        let Some(event) = self.events.by_command(command_id) else {
            return;
        };
        event.tell_asked(upgrade.outcome, upgrade.cost);
        event.differs(Field::Item, event.key != key);
        if event.claim() {
            let obligation = Obligation {
                command_id,
                event_id: event.event_id,
                sequence: event.sequence,
                stage: stuck(Some(event)),
            };
            self.result.committed_unacknowledged += 1;
            self.count(operation, &obligation);
        }
    }

    fn acknowledged(
        &mut self,
        operation: &Operation,
        command_id: Uuid,
        upgrade: Upgrade,
        (event_id, sequence): (Uuid, u64),
    ) {
        let key = self.events.keys.number(&operation.key);
        let event = self.events.by_event(event_id);
        let stage = stuck(event.as_deref());
        let first = match event {
            Some(event) => {
                event.tell_asked(upgrade.outcome, upgrade.cost);
                event.differs(Field::Item, event.key != key);
                event.differs(Field::Sequence, event.sequence != sequence);
                let commanded = !event.command_id.is_nil() && event.command_id != command_id;
                event.differs(Field::Command, commanded);
                event.claim()
            }
            None => self.uncommitted.insert(event_id),
        };
        if first {
            let obligation = Obligation {
                command_id,
                event_id,
                sequence,
                stage,
            };
            self.count(operation, &obligation);
        }
    }

    /// Counts one obligation, and its loss if it got stuck at a stage.
    fn count(&mut self, operation: &Operation, obligation: &Obligation) {
        let (sent_us, lost) = (operation.sent_us, u64::from(obligation.stage.is_some()));
        self.result.obligations += 1;
        self.load.obligations += 1;
        self.load.lost += lost;
        for (index, window) in self.terms.windows.iter().enumerate() {
            if (window.from_us..window.to_us).contains(&sent_us) {
                let windows = [&mut self.result.windows, &mut self.load.windows];
                for counted in windows.map(|accounts| &mut accounts[index]) {
                    counted.obligations += 1;
                    counted.lost += lost;
                }
            }
        }
        let Some(stage) = obligation.stage else {
            return;
        };
        let rank = (sent_us, operation.key.as_str(), obligation.event_id);
        *self.result.stuck.entry(stage).or_default() += 1;
        let anomaly = &mut self.result.lost;
        anomaly.note(rank, self.terms.watch, || LostSample {
            command_id: obligation.command_id,
            event_id: obligation.event_id,
            key: operation.key.clone(),
            sequence: obligation.sequence,
            sent_us,
            stage,
        });
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
    Some(if !event.is_committed() {
        Stage::NeverCommitted
    } else if event.records > 0 {
        Stage::Published
    } else {
        match event.outbox {
            None => Stage::CommittedOnly,
            Some(OutboxState::Pending) => Stage::OutboxUnsettled,
            Some(OutboxState::Settled) => Stage::OutboxSettled,
            Some(OutboxState::Parked) => Stage::OutboxParked,
        }
    })
}
