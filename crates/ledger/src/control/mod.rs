//! Controls: falsified snapshots that the judge must see through.
//!
//! A control is prepared from the same recording the judge reads, then applied while its snapshot
//! streams past, so the recorded files stay as they are. It falsifies like a real fault would: an
//! effect that is doubled is doubled in the read model too. The same seed over the same lines, in
//! whatever order, gives the same falsification.

mod choose;
mod falsify;
mod pairs;
mod seeded;

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::accounting::Accounting;
use crate::anomaly::Subject;
use crate::fact::Fact;
use crate::operation::Operation;
use crate::recording::Recording;
use crate::samples::Place;

use falsify::Change;

/// The falsifications there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// An acknowledged event vanishes from the topic and from the effects: *lost* must name it.
    DropOneEvent,
    /// One record is there twice: *duplicate publish* must name its event.
    DoubleOneRecord,
    /// One effect is there twice: *effect twice* must name its event.
    DoubleOneEffect,
    /// The first records of two events change places: *reordered* must name the earlier event.
    SwapTwoRecords,
    /// The first effects of two events change places: *reordered* must name the earlier event.
    SwapTwoEffects,
    /// A record tells another cost: *altered payload* must name its event.
    AlterOnePayload,
    /// A record appears that nobody asked for: *unknown event* must name its event.
    InventOneEvent,
    /// The sweep shows the version before the newest: *stale cache* must name the aggregate.
    AgeOneCacheEntry,
}

/// Every kind, in the order of the documentation.
pub const KINDS: [ControlKind; 8] = [
    ControlKind::DropOneEvent,
    ControlKind::DoubleOneRecord,
    ControlKind::DoubleOneEffect,
    ControlKind::SwapTwoRecords,
    ControlKind::SwapTwoEffects,
    ControlKind::AlterOnePayload,
    ControlKind::InventOneEvent,
    ControlKind::AgeOneCacheEntry,
];

/// A falsification prepared for one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    kind: ControlKind,
    must_name: Subject,
    change: Change,
}

/// Why a control could not be prepared.
#[derive(Debug, Error)]
pub enum ControlError<E: std::error::Error + 'static> {
    /// The recorded lines could not be read.
    #[error(transparent)]
    Read(#[from] E),
    /// The snapshot holds nothing this control could falsify.
    #[error("{kind}: nothing to falsify: {why}", kind = .kind.name())]
    NothingToFalsify {
        /// The control.
        kind: ControlKind,
        /// What was looked for.
        why: &'static str,
    },
}

/// A name that no control has.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no control is named {0}")]
pub struct UnknownControl(pub String);

impl ControlKind {
    /// The name a runbook uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DropOneEvent => "drop_one_event",
            Self::DoubleOneRecord => "double_one_record",
            Self::DoubleOneEffect => "double_one_effect",
            Self::SwapTwoRecords => "swap_two_records",
            Self::SwapTwoEffects => "swap_two_effects",
            Self::AlterOnePayload => "alter_one_payload",
            Self::InventOneEvent => "invent_one_event",
            Self::AgeOneCacheEntry => "age_one_cache_entry",
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Self::DropOneEvent => "no acknowledged event took effect",
            Self::DoubleOneRecord => "no event has just one record",
            Self::DoubleOneEffect => "no event took effect",
            Self::SwapTwoRecords => "no aggregate has two records in order",
            Self::SwapTwoEffects => "no aggregate has two effects in order",
            Self::AlterOnePayload => "no event with a record took effect",
            Self::InventOneEvent => "the topic holds no event",
            Self::AgeOneCacheEntry => "nothing was read later than the bound after the drain",
        }
    }
}

impl FromStr for ControlKind {
    type Err = UnknownControl;

    fn from_str(name: &str) -> Result<Self, UnknownControl> {
        KINDS
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownControl(name.to_owned()))
    }
}

impl Control {
    /// Chooses by `seed` what to falsify; `stale_bound_us` is what staleness is judged by.
    ///
    /// Memory: at most 40 bytes per event, or about 100 and its name per aggregate.
    ///
    /// # Errors
    /// When the lines cannot be read, or hold nothing to falsify.
    pub fn prepare<R: Recording>(
        kind: ControlKind,
        recording: &R,
        stale_bound_us: Option<u64>,
        seed: u64,
    ) -> Result<Self, ControlError<R::Error>> {
        let found = match kind {
            ControlKind::DropOneEvent => choose::drop(recording, seed)?,
            ControlKind::DoubleOneRecord => choose::record_to_double(recording, seed)?,
            ControlKind::DoubleOneEffect => choose::effect_to_double(recording, seed)?,
            ControlKind::SwapTwoRecords => pairs::records_to_swap(recording, seed)?,
            ControlKind::SwapTwoEffects => pairs::effects_to_swap(recording, seed)?,
            ControlKind::AlterOnePayload => choose::payload_to_alter(recording, seed)?,
            ControlKind::InventOneEvent => choose::event_to_invent(recording, seed)?,
            ControlKind::AgeOneCacheEntry => match stale_bound_us {
                Some(bound_us) => choose::entry_to_age(recording, bound_us, seed)?,
                None => None,
            },
        };
        let why = kind.missing();
        let (must_name, change) = found.ok_or(ControlError::NothingToFalsify { kind, why })?;
        Ok(Self {
            kind,
            must_name,
            change,
        })
    }

    /// The recording with its snapshot falsified.
    pub fn falsify<'a, R: Recording>(
        &'a self,
        recording: &'a R,
    ) -> impl Recording<Error = R::Error> {
        Falsified {
            recording,
            change: &self.change,
        }
    }

    /// Which falsification this is.
    #[must_use]
    pub fn kind(&self) -> ControlKind {
        self.kind
    }

    /// What the accounting of the falsified recording must name; to be watched.
    #[must_use]
    pub fn must_name(&self) -> &Subject {
        &self.must_name
    }

    /// Whether an accounting of the falsified recording (watching [`Self::must_name`]) names the
    /// right subject under the right anomaly.
    #[must_use]
    pub fn caught(&self, accounting: &Accounting) -> bool {
        let named = &self.must_name;
        let reordered = |place: Place| {
            let mut found = accounting.reordered.samples.iter();
            found.any(|s| s.place == place && *named == Subject::Event(s.event_id))
        };
        match self.kind {
            ControlKind::DropOneEvent => accounting.lost.names(named),
            ControlKind::DoubleOneRecord => accounting.duplicate_publish.names(named),
            ControlKind::DoubleOneEffect => accounting.effect_twice.names(named),
            ControlKind::SwapTwoRecords => reordered(Place::Topic),
            ControlKind::SwapTwoEffects => reordered(Place::Effects),
            ControlKind::AlterOnePayload => accounting.altered_payload.names(named),
            ControlKind::InventOneEvent => accounting.unknown_event.names(named),
            ControlKind::AgeOneCacheEntry => accounting.stale_cache.names(named),
        }
    }
}

struct Falsified<'a, R> {
    recording: &'a R,
    change: &'a Change,
}

impl<R: Recording> Recording for Falsified<'_, R> {
    type Error = R::Error;

    fn loads(&self) -> Vec<String> {
        self.recording.loads()
    }

    fn history(
        &self,
        load: &str,
    ) -> Result<impl Iterator<Item = Result<Operation, R::Error>>, R::Error> {
        self.recording.history(load)
    }

    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, R::Error>>, R::Error> {
        let changed = self.recording.facts()?.filter_map(|fact| match fact {
            Ok(fact) => self.change.apply(fact).map(Ok),
            Err(error) => Some(Err(error)),
        });
        Ok(changed.chain(self.change.added().map(Ok)))
    }
}
