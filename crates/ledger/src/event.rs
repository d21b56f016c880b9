//! One event, as the stores tell of it.

use uuid::Uuid;

use crate::fact::OutboxState;
use crate::operation::UpgradeOutcome;
use crate::samples::Field;

/// What the stores say about one event: 80 bytes. What is told several times is held once, and a
/// difference is noted; so the result does not depend on who tells first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) event_id: Uuid,
    /// The committed command if there is one, else that of a record; else nil.
    pub(crate) command_id: Uuid,
    /// As the teller of highest [`Teller`] has it.
    pub(crate) sequence: u64,
    /// The smallest position among its effects.
    pub(crate) first_effect: u64,
    /// The smallest offset among its records in `partition`.
    pub(crate) first_offset: i64,
    /// The smallest partition among its records.
    pub(crate) partition: i32,
    pub(crate) key: u32,
    cost: u32,
    level_delta: i32,
    /// Saturating: only 0, 1 and "how many beyond one" matter.
    pub(crate) records: u16,
    pub(crate) effects: u16,
    outcome: Option<UpgradeOutcome>,
    pub(crate) outbox: Option<OutboxState>,
    /// One bit for each [`Field`] that is told differently.
    altered: u8,
    marks: u8,
}

const NO_KEY: u32 = u32::MAX;
const COMMITTED: u8 = 1;
const CLAIMED: u8 = 2;

/// Who is believed about an event's aggregate and sequence when they are told differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Teller {
    Nobody,
    Effect,
    Record,
    Outbox,
    Command,
}

impl Event {
    pub(crate) fn new(event_id: Uuid) -> Self {
        Self {
            event_id,
            command_id: Uuid::nil(),
            sequence: 0,
            first_effect: u64::MAX,
            first_offset: i64::MAX,
            partition: i32::MAX,
            key: NO_KEY,
            cost: 0,
            level_delta: 0,
            records: 0,
            effects: 0,
            outcome: None,
            outbox: None,
            altered: 0,
            marks: 0,
        }
    }

    pub(crate) fn is_committed(&self) -> bool {
        self.marks & COMMITTED != 0
    }

    pub(crate) fn set_committed(&mut self, command_id: Uuid) {
        self.marks |= COMMITTED;
        self.command_id = command_id;
    }

    /// Whether this is the first operation of the history that claims the event.
    pub(crate) fn claim(&mut self) -> bool {
        let first = self.marks & CLAIMED == 0;
        self.marks |= CLAIMED;
        first
    }

    /// Notes what its client says of it.
    pub(crate) fn tell_asked(&mut self, outcome: UpgradeOutcome, cost: u32) {
        if let Some(known) = self.outcome {
            self.differs(Field::Outcome, known != outcome);
        }
        self.differs(Field::Cost, self.has_sums() && self.cost != cost);
    }

    /// Notes that `field` is told differently, if it is.
    pub(crate) fn differs(&mut self, field: Field, differs: bool) {
        self.altered |= u8::from(differs) << field as u8;
    }

    /// What is told differently.
    pub(crate) fn altered(&self) -> Vec<Field> {
        Field::ALL
            .into_iter()
            .filter(|field| self.altered & (1 << *field as u8) != 0)
            .collect()
    }

    pub(crate) fn is_altered(&self) -> bool {
        self.altered != 0
    }

    pub(crate) fn tell_command(&mut self, command_id: Uuid) {
        if self.is_committed() || self.records > 0 {
            self.differs(Field::Command, self.command_id != command_id);
        } else {
            self.command_id = command_id;
        }
    }

    pub(crate) fn tell_outcome(&mut self, outcome: UpgradeOutcome) {
        let known = *self.outcome.get_or_insert(outcome);
        self.differs(Field::Outcome, known != outcome);
    }

    pub(crate) fn tell_sums(&mut self, cost: u32, level_delta: i32) {
        if self.has_sums() {
            self.differs(Field::Cost, self.cost != cost);
            self.differs(Field::LevelDelta, self.level_delta != level_delta);
        } else {
            (self.cost, self.level_delta) = (cost, level_delta);
        }
    }

    fn has_sums(&self) -> bool {
        self.records > 0 || self.effects > 0
    }

    pub(crate) fn teller(&self) -> Teller {
        if self.is_committed() {
            Teller::Command
        } else if self.outbox.is_some() {
            Teller::Outbox
        } else if self.records > 0 {
            Teller::Record
        } else if self.effects > 0 {
            Teller::Effect
        } else {
            Teller::Nobody
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_takes_80_bytes() {
        assert_eq!(std::mem::size_of::<Event>(), 80);
    }
}
