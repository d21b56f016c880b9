//! The lines of a history: what a client asked and was told.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One question and its answer: one line of a history.
///
/// All times are microseconds since the run's start on the client's monotonic clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The aggregate it is about.
    pub key: String,
    /// When the open-loop schedule wanted it sent, in µs.
    pub intended_us: u64,
    /// When it was sent, in µs.
    pub sent_us: u64,
    /// When the answer was complete, in µs; none if there was no answer.
    pub answered_us: Option<u64>,
    /// What was asked, and what was told.
    pub exchange: Exchange,
}

/// What was asked of a service, and what it told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// A command to change the aggregate.
    Command {
        /// The id the client gave the command; answers that got lost are resolved by it.
        command_id: Uuid,
        /// What was wanted.
        upgrade: Upgrade,
        /// What the client was told.
        answer: CommandAnswer,
    },
    /// A read of the aggregate.
    Read {
        /// What the client was told.
        answer: ReadAnswer,
    },
    /// A number written straight to a store, under a key whose numbers only grow.
    Write {
        /// The number, from 1.
        number: u64,
        /// What the client was told.
        answer: WriteAnswer,
    },
    /// A connection that a client wanted to keep; the operation ends when it is usable.
    Connect {
        /// What the client was told.
        answer: ConnectAnswer,
    },
}

/// The content of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// How the upgrade ends.
    pub outcome: UpgradeOutcome,
    /// What it costs.
    pub cost: u32,
}

/// How an upgrade ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeOutcome {
    /// One level up.
    Success,
    /// No change.
    Keep,
    /// One level down.
    Drop,
    /// Back to level zero.
    Destroy,
}

/// What the client was told about a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandAnswer {
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

/// What the client was told about a number it wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteAnswer {
    /// The store took it.
    Acknowledged,
    /// The store answered that it did not do it.
    Refused {
        /// What it said.
        why: String,
    },
    /// There was no usable answer: reset, timed out, unreadable.
    Unknown {
        /// What went wrong, in words.
        why: String,
    },
}

/// What the client was told when it connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectAnswer {
    /// The server answered its first question.
    Answered,
    /// Refused, cut, or not answered in time.
    Failed {
        /// What went wrong, in words.
        why: String,
    },
}

/// What the client was told about an aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadAnswer {
    /// The aggregate as of some version.
    Found {
        /// Sequence of the newest event in what was shown.
        version: u64,
        /// Where the answer came from, if the service told.
        served: Option<Served>,
    },
    /// There is no such aggregate: none of its events took effect yet.
    NotFound,
    /// The service answered that it cannot tell.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// There was no usable answer: reset, timed out, unreadable.
    Unknown {
        /// What went wrong, in words.
        why: String,
    },
}

/// Where an answer to a read came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Served {
    /// From a cache.
    Hit,
    /// From the database.
    Miss,
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

impl CommandAnswer {
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

impl ReadAnswer {
    /// The version shown; 0 when there was no such aggregate. None when nothing was told.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        match self {
            Self::Found { version, .. } => Some(*version),
            Self::NotFound => Some(0),
            Self::Refused { .. } | Self::Unknown { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_written_form() {
        let command = Operation {
            key: "item-1".into(),
            intended_us: 10,
            sent_us: 12,
            answered_us: Some(40),
            exchange: Exchange::Command {
                command_id: Uuid::from_u128(1),
                upgrade: Upgrade {
                    outcome: UpgradeOutcome::Drop,
                    cost: 7,
                },
                answer: CommandAnswer::Acknowledged {
                    event_id: Uuid::from_u128(2),
                    sequence: 3,
                },
            },
        };
        let read = Operation {
            exchange: Exchange::Read {
                answer: ReadAnswer::Found {
                    version: 3,
                    served: Some(Served::Hit),
                },
            },
            ..command.clone()
        };
        for (operation, written) in [
            (
                &command,
                r#"{"key":"item-1","intended_us":10,"sent_us":12,"answered_us":40,"exchange":{"command":{"command_id":"00000000-0000-0000-0000-000000000001","upgrade":{"outcome":"drop","cost":7},"answer":{"acknowledged":{"event_id":"00000000-0000-0000-0000-000000000002","sequence":3}}}}}"#,
            ),
            (
                &read,
                r#"{"key":"item-1","intended_us":10,"sent_us":12,"answered_us":40,"exchange":{"read":{"answer":{"found":{"version":3,"served":"hit"}}}}}"#,
            ),
        ] {
            let line = serde_json::to_string(operation).unwrap();
            assert_eq!(line, written);
            assert_eq!(
                &serde_json::from_str::<Operation>(&line).unwrap(),
                operation
            );
        }
        assert_eq!(command.corrected_latency_us(), Some(30));
    }

    #[test]
    fn only_a_server_error_or_silence_is_indeterminate() {
        assert!(!CommandAnswer::Refused { status: 409 }.is_indeterminate());
        assert!(CommandAnswer::Refused { status: 503 }.is_indeterminate());
        let silence = CommandAnswer::Unknown {
            why: "reset".into(),
        };
        assert!(silence.is_indeterminate());
    }

    #[test]
    fn an_aggregate_that_is_not_there_is_older_than_any_version() {
        assert_eq!(ReadAnswer::NotFound.version(), Some(0));
        assert_eq!(ReadAnswer::Refused { status: 503 }.version(), None);
    }
}
