//! What became of numbers that were written straight to a store which may lose what it acknowledged.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::account::Window;
use crate::fact::Fact;
use crate::operation::{Exchange, Operation, WriteAnswer};

/// What became of the numbers of one load.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberAccount {
    /// The load's name.
    pub name: String,
    /// Writes in its history.
    pub written: u64,
    /// Writes that the store acknowledged.
    pub acknowledged: u64,
    /// Acknowledged writes that were not there in the end, nor a later one of their key.
    pub lost: u64,
    /// Acknowledged writes whose key nobody looked at in the end.
    pub unseen: u64,
    /// Losses by the time of sending.
    pub windows: Vec<LostNumbers>,
}

/// Losses among the numbers sent within one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostNumbers {
    /// The window's name (a phase).
    pub name: String,
    /// How many of the numbers sent within it are lost.
    pub lost: u64,
}

/// What was found in the end, by key.
#[derive(Debug, Default)]
pub(crate) struct Stored(HashMap<String, u64>);

impl Stored {
    pub(crate) fn add(&mut self, fact: &Fact) {
        if let Fact::Number { key, number } = fact {
            self.0.insert(key.clone(), *number);
        }
    }
}

impl NumberAccount {
    pub(crate) fn new(load: &str, windows: &[Window]) -> Self {
        let empty = |window: &Window| LostNumbers {
            name: window.name.clone(),
            lost: 0,
        };
        Self {
            name: load.to_owned(),
            windows: windows.iter().map(empty).collect(),
            ..Self::default()
        }
    }

    pub(crate) fn note(&mut self, operation: &Operation, windows: &[Window], stored: &Stored) {
        let Exchange::Write { number, answer } = &operation.exchange else {
            return;
        };
        self.written += 1;
        if *answer != WriteAnswer::Acknowledged {
            return;
        }
        self.acknowledged += 1;
        match stored.0.get(&operation.key) {
            None => self.unseen += 1,
            Some(last) if last >= number => {}
            Some(_) => {
                self.lost += 1;
                for (window, count) in windows.iter().zip(&mut self.windows) {
                    let within = (window.from_us..window.to_us).contains(&operation.sent_us);
                    count.lost += u64::from(within);
                }
            }
        }
    }

    /// Numbers lost among those sent within the window of this name.
    #[must_use]
    pub fn lost_in(&self, window: &str) -> Option<u64> {
        let found = self.windows.iter().find(|of| of.name == window)?;
        Some(found.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(key: &str, number: u64, sent_us: u64, answer: WriteAnswer) -> Operation {
        Operation {
            key: key.into(),
            intended_us: sent_us,
            sent_us,
            answered_us: None,
            exchange: Exchange::Write { number, answer },
        }
    }

    #[test]
    fn an_acknowledged_number_is_lost_when_neither_it_nor_a_later_one_is_there() {
        let windows =
            [("before", 0, 100), ("after", 100, 200)].map(|(name, from_us, to_us)| Window {
                name: name.into(),
                from_us,
                to_us,
            });
        let mut stored = Stored::default();
        for (key, number) in [("a", 2), ("b", 9), ("gone", 0)] {
            let key = key.into();
            stored.add(&Fact::Number { key, number });
        }
        let acknowledged = || WriteAnswer::Acknowledged;
        let unknown = || WriteAnswer::Unknown {
            why: "reset".into(),
        };
        let mut account = NumberAccount::new("kv", &windows);
        for operation in [
            write("a", 1, 10, acknowledged()),
            write("a", 2, 20, acknowledged()),
            write("a", 3, 110, acknowledged()),
            write("a", 4, 120, unknown()),
            write("b", 8, 30, acknowledged()),
            write("gone", 1, 40, acknowledged()),
            write("elsewhere", 1, 50, acknowledged()),
        ] {
            account.note(&operation, &windows, &stored);
        }
        assert_eq!((account.written, account.acknowledged), (7, 6));
        assert_eq!((account.lost, account.unseen), (2, 1));
        assert_eq!(account.lost_in("before"), Some(1));
        assert_eq!(account.lost_in("after"), Some(1));
        assert_eq!(account.lost_in("never"), None);
    }
}
