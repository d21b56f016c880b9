//! What must be seen, as a runbook writes it.

use indexmap::IndexMap;
use rlab_document::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Must;
use crate::argument::Arg;

/// What must be seen; one comparison per entry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// Proof that the faults happened, in every arm.
    #[schemars(length(min = 1))]
    pub landed: Vec<String>,
    /// Proof that there was enough traffic to tell, in every arm.
    #[schemars(length(min = 1))]
    pub traffic: Vec<String>,
    /// How old a read may be: a read sent this long after a newer version had been shown is stale.
    pub stale_after: Option<Arg<HumanDuration>>,
    /// What each arm shows.
    #[serde(default)]
    pub arms: IndexMap<String, Vec<String>>,
    /// What some cases must do.
    #[serde(default)]
    pub cases: Vec<CaseExpect>,
    /// Comparisons of arms, each value with its arm in front: `jitter.db.peak < plain.db.peak / 2`.
    #[serde(default)]
    pub compare: Vec<String>,
}

/// What some cases must do.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseExpect {
    /// Which cases: a condition on the names of the matrix and, where there are arms, on `arm`.
    pub when: String,
    /// What they are there for.
    pub must: Must,
    /// What they show; nothing is needed where they are only measured.
    #[serde(default)]
    pub that: Vec<String>,
}

/// A way to falsify a recorded snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Take one event's effect away: the judge must report it lost.
    DropOneEvent,
    /// Double one record: the judge must report it published twice.
    DoubleOneRecord,
    /// Double one effect: the judge must report it applied twice.
    DoubleOneEffect,
    /// Exchange two records of an item: the judge must report them reordered.
    SwapTwoRecords,
    /// Exchange two effects of an item: the judge must report them reordered.
    SwapTwoEffects,
    /// Change what one record says: the judge must report it altered.
    AlterOnePayload,
    /// Add a record nobody asked for: the judge must report it unknown.
    InventOneEvent,
    /// Show one item as it was before: the judge must report it stale.
    AgeOneCacheEntry,
}

impl Control {
    /// Name in runbooks.
    pub const fn name(self) -> &'static str {
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
}
