//! Removes what carries the tag of a lab and is in no state, in an order that works.
//!
//! Removed is only what was shown to whoever agreed and still carries the tag. AWS refuses what is in use
//! for a while after its user is gone, so what is refused for that reason is asked again until the limit.

mod around;
mod delete;
mod order;
mod servers;

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use serde::Serialize;

pub(super) use order::stage;

use super::connected::Account;
use super::error::AccountError;
use super::patience::Patience;
use super::still_there::State;
use super::tagged::Tagged;

/// Resources that are asked to go at a time.
const AT_A_TIME: usize = 4;
/// What services call a resource that is about to go.
const GOING: [&str; 5] = [
    "deleting",
    "draining",
    "deprovisioning",
    "shutting-down",
    "stopping",
];

/// How far a removal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removing {
    /// Resources that are gone or given up.
    pub done: usize,
    /// Of how many.
    pub of: usize,
    /// ARNs of those that are waited for.
    pub waiting_for: Vec<String>,
}

/// Is told how far a removal is.
pub type OnRemoval<'a> = &'a (dyn Fn(Removing) + Send + Sync);

/// What came of a removal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// Resources that are gone, or go by themselves now.
    pub removed: usize,
    /// What the tag found that is not gone.
    pub left: Vec<Left>,
}

/// Something that is not gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// What was found.
    pub found: Tagged,
    /// What has become of it.
    pub state: State,
    /// Why it was not removed, where it was not.
    pub why: Option<String>,
}

/// Where one resource is on its way.
struct Item {
    found: Tagged,
    /// AWS took the call.
    asked: bool,
    /// Nothing more is done about it.
    done: bool,
    why: Option<String>,
}

impl Account {
    /// Removes everything in `shown` that carries the tag of `lab` now. What carries it and was not shown
    /// stays, and so does what this build does not remove.
    ///
    /// # Errors
    /// When it cannot be asked what carries the tag. What could not be removed is no error, but left.
    pub async fn remove(
        &self,
        lab: &str,
        shown: &[Tagged],
        on: OnRemoval<'_>,
    ) -> Result<Cleared, AccountError> {
        let found = self.of_lab(lab).await?;
        let shown: BTreeSet<&Tagged> = shown.iter().collect();
        let mut items: Vec<Item> = found
            .into_iter()
            .map(|found| Item::new(&shown, found))
            .collect();
        let before = self.there(&items).await;
        for at in 0..order::COUNT {
            self.clear_stage(lab, at, &mut items, on).await;
        }
        let arns = items.iter().map(|item| item.found.clone()).collect();
        let now = self.still_there(arns).await;
        let mut cleared = Cleared {
            removed: 0,
            left: Vec::new(),
        };
        for (item, seen) in items.into_iter().zip(now) {
            let gone = matches!(seen.state, State::Gone | State::Scheduled { .. });
            cleared.removed += usize::from(gone && before.contains(&item.found));
            if seen.state != State::Gone {
                cleared.left.push(Left {
                    found: item.found,
                    state: seen.state,
                    why: item.why.filter(|_| !gone),
                });
            }
        }
        Ok(cleared)
    }

    /// Those that are there before anything is done.
    async fn there(&self, items: &[Item]) -> BTreeSet<Tagged> {
        let all = items.iter().map(|item| item.found.clone()).collect();
        let seen = self.still_there(all).await.into_iter();
        let there = |state: &State| matches!(state, State::There { .. });
        seen.filter(|one| there(&one.state))
            .map(|one| one.found)
            .collect()
    }

    /// Removes what goes at stage `at`, and waits until it is gone or there is no use in waiting.
    async fn clear_stage(&self, lab: &str, at: usize, items: &mut [Item], on: OnRemoval<'_>) {
        let (limit, pace) = (self.bounds().removal, self.bounds().pace);
        let patience = Patience::new(limit, pace);
        let mut refused = Patience::new(limit / 4, pace);
        loop {
            let open = items
                .iter_mut()
                .filter(|item| !item.done && stage(&item.found) == Some(at));
            let round = stream::iter(open.map(|item| self.advance(lab, item)));
            round.buffer_unordered(AT_A_TIME).collect::<()>().await;
            let of_stage = |item: &&Item| stage(&item.found) == Some(at);
            let waiting = items.iter().filter(of_stage).filter(|item| !item.done);
            let waiting_for: Vec<String> = waiting.map(|item| item.found.arn.clone()).collect();
            let over = waiting_for.is_empty();
            on(Removing {
                done: items.iter().filter(|item| item.done).count(),
                of: items.len(),
                waiting_for,
            });
            // Somebody else's hold on what is refused does not end by waiting.
            let going = items.iter().any(|item| item.asked && !item.done);
            if going {
                refused = Patience::new(limit / 4, pace);
            }
            if over || !refused.lasts().await || patience.is_over() {
                return;
            }
        }
    }

    /// Looks at one resource and asks for its end where nobody has.
    async fn advance(&self, lab: &str, item: &mut Item) {
        match self.residual(item.found.clone()).await.state {
            State::Gone | State::Scheduled { .. } => item.done = true,
            State::Unknown { why } => item.give_up(why),
            State::There { status } if item.asked || is_going(status.as_deref()) => {
                let status = status.map_or(String::new(), |status| format!(" ({status})"));
                item.why = Some(format!("asked to go, and still there{status}"));
            }
            State::There { .. } => match self.delete(lab, &item.found).await {
                Ok(()) => item.asked = true,
                // A part of it that is gone already is no sign that it is.
                Err(error) if error.in_use() || error.passes() || error.not_found() => {
                    item.why = Some(error.to_string());
                }
                Err(error) => item.give_up(error.to_string()),
            },
        }
    }
}

impl Item {
    fn new(shown: &BTreeSet<&Tagged>, found: Tagged) -> Self {
        let why = match (shown.contains(&found), stage(&found)) {
            (false, _) => Some("it was not there when it was asked what may be removed".to_owned()),
            (_, None) => Some("it is not removed by its tag".to_owned()),
            _ => None,
        };
        Self {
            found,
            asked: false,
            done: why.is_some(),
            why,
        }
    }

    fn give_up(&mut self, why: String) {
        self.done = true;
        self.why = Some(why);
    }
}

fn is_going(status: Option<&str>) -> bool {
    status.is_some_and(|status| GOING.contains(&status.to_ascii_lowercase().as_str()))
}
