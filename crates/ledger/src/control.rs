//! Controls: mutations of a recorded snapshot that the judge must notice and name.
//!
//! A control is prepared from the same lines the judge reads (one pass), then applied while the
//! snapshot streams past, so the recorded files stay as they are. The same seed over the same
//! lines gives the same mutation.

use std::str::FromStr;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::accounting::Accounting;
use crate::record::{Fact, Operation, Outcome};

/// The mutations there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// An acknowledged event vanishes from the topic and from the effects: *lost* must name it.
    DropOneEvent,
    /// One effect is there twice: *effect twice* must name its event.
    DoubleOneEffect,
    /// Two first effects of one key change places: *reordered* must name the earlier event.
    SwapTwoEffects,
}

/// Every kind, in the order of the documentation.
pub const KINDS: [ControlKind; 3] = [
    ControlKind::DropOneEvent,
    ControlKind::DoubleOneEffect,
    ControlKind::SwapTwoEffects,
];

/// A mutation prepared for one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    kind: ControlKind,
    must_name: Uuid,
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Drop,
    Double { copy: Fact },
    Swap { earlier: Place, later: Place },
}

/// An event's first effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    event_id: Uuid,
    sequence: u64,
    position: u64,
}

/// Why a control could not be prepared.
#[derive(Debug, Error)]
pub enum ControlError<E: std::error::Error + 'static> {
    /// The recorded lines could not be read.
    #[error(transparent)]
    Read(#[from] E),
    /// The snapshot holds nothing this mutation could change.
    #[error("{kind}: nothing to mutate: {why}", kind = .kind.name())]
    NothingToMutate {
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
            Self::DoubleOneEffect => "double_one_effect",
            Self::SwapTwoEffects => "swap_two_effects",
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
    /// Chooses by `seed` what to mutate.
    ///
    /// Memory: 16 bytes per event for `drop_one_event`, the keys for `swap_two_effects`.
    ///
    /// # Errors
    /// When the lines cannot be read, or hold nothing to mutate.
    pub fn prepare<E: std::error::Error + 'static>(
        kind: ControlKind,
        history: impl IntoIterator<Item = Result<Operation, E>>,
        snapshot: impl IntoIterator<Item = Result<Fact, E>>,
        seed: u64,
    ) -> Result<Self, ControlError<E>> {
        let found = match kind {
            ControlKind::DropOneEvent => choose_drop(history, snapshot, seed)?,
            ControlKind::DoubleOneEffect => choose_double(snapshot, seed)?,
            ControlKind::SwapTwoEffects => choose_swap(snapshot, seed)?,
        };
        let (must_name, change) = found.ok_or(ControlError::NothingToMutate {
            kind,
            why: match kind {
                ControlKind::DropOneEvent => "no acknowledged event took effect",
                ControlKind::DoubleOneEffect => "no event took effect",
                ControlKind::SwapTwoEffects => "no key has two effects in order",
            },
        })?;
        Ok(Self {
            kind,
            must_name,
            change,
        })
    }

    /// The mutated snapshot, line by line.
    pub fn apply<E>(
        &self,
        snapshot: impl IntoIterator<Item = Result<Fact, E>>,
    ) -> impl Iterator<Item = Result<Fact, E>> {
        let extra = match &self.change {
            Change::Double { copy } => Some(Ok(copy.clone())),
            Change::Drop | Change::Swap { .. } => None,
        };
        snapshot
            .into_iter()
            .filter_map(|fact| match fact {
                Ok(fact) => self.mutate(fact).map(Ok),
                Err(error) => Some(Err(error)),
            })
            .chain(extra)
    }

    /// Which mutation this is.
    #[must_use]
    pub fn kind(&self) -> ControlKind {
        self.kind
    }

    /// The event that the accounting of the mutated snapshot must name; to be watched.
    #[must_use]
    pub fn must_name(&self) -> Uuid {
        self.must_name
    }

    /// Whether an accounting of the mutated snapshot (watching [`Self::must_name`]) names the
    /// right event under the right anomaly.
    #[must_use]
    pub fn caught(&self, accounting: &Accounting) -> bool {
        match self.kind {
            ControlKind::DropOneEvent => accounting.lost.names(self.must_name),
            ControlKind::DoubleOneEffect => accounting.effect_twice.names(self.must_name),
            ControlKind::SwapTwoEffects => accounting.reordered.names(self.must_name),
        }
    }

    fn mutate(&self, fact: Fact) -> Option<Fact> {
        match (&self.change, fact) {
            (Change::Drop, Fact::Published { event_id, .. } | Fact::Effect { event_id, .. })
                if event_id == self.must_name =>
            {
                None
            }
            (Change::Swap { earlier, later }, fact) => Some(exchange(fact, *earlier, *later)),
            (_, fact) => Some(fact),
        }
    }
}

/// Lets the two first effects change places; every other fact stays.
fn exchange(fact: Fact, earlier: Place, later: Place) -> Fact {
    let Fact::Effect {
        position,
        event_id,
        item_id,
        sequence,
    } = fact
    else {
        return fact;
    };
    let other = match (event_id, position) {
        (id, at) if id == earlier.event_id && at == earlier.position => later,
        (id, at) if id == later.event_id && at == later.position => earlier,
        _ => Place {
            event_id,
            sequence,
            position,
        },
    };
    Fact::Effect {
        position,
        event_id: other.event_id,
        item_id,
        sequence: other.sequence,
    }
}

fn choose_drop<E>(
    history: impl IntoIterator<Item = Result<Operation, E>>,
    snapshot: impl IntoIterator<Item = Result<Fact, E>>,
    seed: u64,
) -> Result<Option<(Uuid, Change)>, E> {
    let mut effective = HashSet::new();
    for fact in snapshot {
        if let Fact::Effect { event_id, .. } = fact? {
            effective.insert(event_id);
        }
    }
    let mut chosen = Chosen::new(seed);
    for operation in history {
        if let Outcome::Acknowledged { event_id, .. } = operation?.outcome
            && effective.contains(&event_id)
        {
            chosen.offer(event_id.as_u128(), || event_id);
        }
    }
    Ok(chosen.best.map(|(_, event_id)| (event_id, Change::Drop)))
}

fn choose_double<E>(
    snapshot: impl IntoIterator<Item = Result<Fact, E>>,
    seed: u64,
) -> Result<Option<(Uuid, Change)>, E> {
    let mut last = 0;
    let mut chosen = Chosen::new(seed);
    for fact in snapshot {
        if let Fact::Effect {
            position,
            event_id,
            item_id,
            sequence,
        } = fact?
        {
            last = last.max(position);
            chosen.offer(event_id.as_u128(), || (event_id, item_id, sequence));
        }
    }
    Ok(chosen.best.map(|(_, (event_id, item_id, sequence))| {
        let copy = Fact::Effect {
            position: last + 1,
            event_id,
            item_id,
            sequence,
        };
        (event_id, Change::Double { copy })
    }))
}

fn choose_swap<E>(
    snapshot: impl IntoIterator<Item = Result<Fact, E>>,
    seed: u64,
) -> Result<Option<(Uuid, Change)>, E> {
    let mut pairs: HashMap<String, (Place, Option<Place>)> = HashMap::new();
    for fact in snapshot {
        let Fact::Effect {
            position,
            event_id,
            item_id,
            sequence,
        } = fact?
        else {
            continue;
        };
        let place = Place {
            event_id,
            sequence,
            position,
        };
        let (one, other) = pairs.entry(item_id).or_insert((place, None));
        for known in std::iter::once(&mut *one).chain(other.as_mut()) {
            if known.event_id == event_id {
                known.position = known.position.min(position);
            }
        }
        if one.event_id != event_id && other.is_none() {
            *other = Some(place);
        }
    }
    let mut chosen = Chosen::new(seed);
    for (one, other) in pairs.into_values() {
        let Some(other) = other else { continue };
        let (earlier, later) = if one.sequence < other.sequence {
            (one, other)
        } else {
            (other, one)
        };
        if earlier.sequence < later.sequence && earlier.position < later.position {
            chosen.offer(earlier.event_id.as_u128(), || (earlier, later));
        }
    }
    Ok(chosen
        .best
        .map(|(_, (earlier, later))| (earlier.event_id, Change::Swap { earlier, later })))
}

/// Keeps the candidate with the smallest seeded hash, so that the order of lines does not matter.
struct Chosen<T> {
    seed: u64,
    best: Option<(u64, T)>,
}

impl<T> Chosen<T> {
    fn new(seed: u64) -> Self {
        Self { seed, best: None }
    }

    fn offer(&mut self, id: u128, candidate: impl FnOnce() -> T) {
        let (high, low) = ((id >> 64) as u64, id as u64);
        let rank = mix(mix(self.seed ^ high) ^ low);
        if self.best.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.best = Some((rank, candidate()));
        }
    }
}

/// A fixed bijection of 64 bits with good avalanche (the finaliser of SplitMix64).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
