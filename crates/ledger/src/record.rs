//! The recorded lines: what a client asked and was told, and what the stores held afterwards.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One command as its client saw it: one line of a history.
///
/// All times are microseconds since the run's start on the client's monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The id the client gave the command; answers that got lost are resolved by it.
    pub command_id: Uuid,
    /// The aggregate the command is for.
    pub key: String,
    /// When the open-loop schedule wanted the command sent, in µs.
    pub intended_us: u64,
    /// When it was sent, in µs.
    pub sent_us: u64,
    /// When the answer was complete, in µs; none if there was no answer.
    pub answered_us: Option<u64>,
    /// What the client was told.
    pub outcome: Outcome,
}

/// What the client was told about a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The service said the command is durable.
    Acknowledged {
        /// The event the service named.
        event_id: Uuid,
        /// The event's number within its aggregate, from 1.
        sequence: u64,
    },
    /// The service answered that it did not do it.
    Refused {
        /// The HTTP status; 500 and above may still have committed.
        status: u16,
    },
    /// There was no usable answer: reset, timed out, unreadable.
    Unknown {
        /// What went wrong, in words.
        why: String,
    },
}

impl Operation {
    /// The latency a user would have seen, in µs: from the intended time, so that a stalled
    /// client does not hide a stalled service. None without an answer.
    #[must_use]
    pub fn corrected_latency_us(&self) -> Option<u64> {
        self.answered_us
            .map(|answered| answered.saturating_sub(self.intended_us))
    }
}

impl Outcome {
    /// Whether the command may have been committed although no acknowledgement arrived.
    #[must_use]
    pub fn is_indeterminate(&self) -> bool {
        match self {
            Self::Acknowledged { .. } => false,
            Self::Refused { status } => *status >= 500,
            Self::Unknown { .. } => true,
        }
    }
}

/// One thing found in the stores after the run: one line of a snapshot, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// MySQL holds this command as committed.
    Committed {
        /// The client's command id.
        command_id: Uuid,
        /// The event that tells of it.
        event_id: Uuid,
        /// The aggregate.
        item_id: String,
        /// The event's number within its aggregate, from 1.
        sequence: u64,
    },
    /// The outbox holds a row for this event.
    Outbox {
        /// The event.
        event_id: Uuid,
        /// Whether the relay has marked the row as published.
        settled: bool,
    },
    /// The topic holds a record of this event; once per record.
    Published {
        /// The event.
        event_id: Uuid,
        /// The aggregate.
        item_id: String,
        /// The event's number within its aggregate.
        sequence: u64,
        /// The record's partition.
        partition: i32,
        /// The record's offset.
        offset: i64,
    },
    /// The append-only effect log holds an effect of this event; once per effect.
    Effect {
        /// The row's place in the log: a smaller one took effect earlier.
        position: u64,
        /// The event.
        event_id: Uuid,
        /// The aggregate.
        item_id: String,
        /// The event's number within its aggregate.
        sequence: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_keeps_its_written_form() {
        let operation = Operation {
            command_id: Uuid::from_u128(1),
            key: "item-1".into(),
            intended_us: 10,
            sent_us: 12,
            answered_us: Some(40),
            outcome: Outcome::Acknowledged {
                event_id: Uuid::from_u128(2),
                sequence: 3,
            },
        };
        let line = serde_json::to_string(&operation).unwrap();
        assert_eq!(
            line,
            r#"{"command_id":"00000000-0000-0000-0000-000000000001","key":"item-1","intended_us":10,"sent_us":12,"answered_us":40,"outcome":{"acknowledged":{"event_id":"00000000-0000-0000-0000-000000000002","sequence":3}}}"#
        );
        assert_eq!(serde_json::from_str::<Operation>(&line).unwrap(), operation);
        assert_eq!(operation.corrected_latency_us(), Some(30));
    }

    #[test]
    fn only_a_server_error_or_silence_is_indeterminate() {
        assert!(!Outcome::Refused { status: 409 }.is_indeterminate());
        assert!(Outcome::Refused { status: 503 }.is_indeterminate());
        assert!(
            Outcome::Unknown {
                why: "reset".into()
            }
            .is_indeterminate()
        );
    }
}
