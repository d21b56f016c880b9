//! From a recording to an [`Accounting`].
//!
//! The snapshot is folded first, into one entry per event and one per aggregate; the histories
//! then stream past it, and past a second time if they hold reads. Memory is 80 bytes per event
//! and about 15 for its two indexes (up to twice that while the tables grow), 8 more while order
//! is checked, 150 and its name per aggregate, and 16 per version that some read was the first to
//! show: 1.2 GB for 10⁷ events. Commands take none, except 16 bytes for an acknowledged one
//! that was never committed.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use crate::accounting::{Accounting, LoadAccount, WindowAccount};
use crate::anomaly::Subject;
use crate::events::Events;
use crate::findings;
use crate::numbers::{NumberAccount, Stored};
use crate::obligations::Obligations;
use crate::operation::Exchange;
use crate::recording::Recording;
use crate::samples::{Reader, StaleSample};

/// A named stretch of the run, in µs since its start: `from_us` inclusive, `to_us` exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The name, usually of a phase.
    pub name: String,
    /// The first µs within.
    pub from_us: u64,
    /// The first µs after.
    pub to_us: u64,
}

/// What a recording is judged by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// Stretches of the run that obligations are counted by.
    pub windows: &'a [Window],
    /// How old a read may be, in µs: staleness is not judged without it.
    pub stale_bound_us: Option<u64>,
    /// What is sampled whenever an anomaly shows it, even past the bound of samples, so that a
    /// control can ask for its one event by name.
    pub watch: &'a [Subject],
}

/// Accounts for every operation of a recording. The result does not depend on the order of its
/// lines, as long as no command was sent twice.
///
/// # Errors
/// The first error the recording gives; nothing is judged from half a record.
pub fn account<R: Recording>(recording: &R, terms: &Terms<'_>) -> Result<Accounting, R::Error> {
    let mut events = Events::default();
    let mut stored = Stored::default();
    for fact in recording.facts()? {
        let fact = fact?;
        stored.add(&fact);
        events.add(fact);
    }
    let mut result = Accounting {
        stale_bound_us: terms.stale_bound_us,
        windows: accounts_of(terms.windows),
        ..Accounting::default()
    };
    let mut uncommitted = HashSet::new();
    let mut readers = Vec::new();
    for load in recording.loads() {
        let mut of_load = LoadAccount {
            name: load.clone(),
            windows: accounts_of(terms.windows),
            ..LoadAccount::default()
        };
        let mut obligations = Obligations {
            terms,
            events: &mut events,
            uncommitted: &mut uncommitted,
            result: &mut result,
            load: &mut of_load,
            reads: 0,
            commands: 0,
        };
        let mut numbers = NumberAccount::new(&load, terms.windows);
        for operation in recording.history(&load)? {
            let operation = operation?;
            obligations.operation(&operation);
            numbers.note(&operation, terms.windows, &stored);
        }
        if obligations.reads > 0 {
            readers.push(load);
        }
        if obligations.commands > 0 {
            result.loads.push(of_load);
        }
        if numbers.written > 0 {
            result.numbers.push(numbers);
        }
    }
    if let Some(bound_us) = terms.stale_bound_us {
        for load in readers {
            stale_reads(recording, &load, &mut events, bound_us, terms, &mut result)?;
        }
    }
    findings::collect(&events, terms, &mut result);
    Ok(result)
}

fn accounts_of(windows: &[Window]) -> Vec<WindowAccount> {
    let empty = |window: &Window| WindowAccount {
        name: window.name.clone(),
        obligations: 0,
        lost: 0,
    };
    windows.iter().map(empty).collect()
}

/// A read is stale if it was sent longer than the bound after another read of the aggregate had
/// been answered with a newer version. One client's clock told all of these times.
fn stale_reads<R: Recording>(
    recording: &R,
    load: &str,
    events: &mut Events,
    bound_us: u64,
    terms: &Terms<'_>,
    result: &mut Accounting,
) -> Result<(), R::Error> {
    for operation in recording.history(load)? {
        let operation = operation?;
        let Exchange::Read { answer } = &operation.exchange else {
            continue;
        };
        let (sent_us, reads) = (operation.sent_us, &events.keys.entry(&operation.key).reads);
        let (Some(version), Some(told)) = (answer.version(), reads.known(sent_us, bound_us)) else {
            continue;
        };
        if version >= told.version {
            continue;
        }
        let rank = (sent_us, operation.key.as_str(), uuid::Uuid::nil());
        result.stale_cache.note(rank, terms.watch, || StaleSample {
            key: operation.key.clone(),
            version,
            newer: told.version,
            known_for_us: sent_us - told.at_us,
            reader: Reader::Load,
            sent_us,
        });
    }
    Ok(())
}
