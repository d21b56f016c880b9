//! What a probe of a lab saw, as evidence keeps it.

use rlab_runbook::{Denials, Target};
use serde::{Deserialize, Serialize};

use crate::data::Kind;

/// The id of a listing's format.
pub const LISTING_SCHEMA: &str = "rlab/compat-listing/v1";

/// Everything that was asked for and recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Always [`LISTING_SCHEMA`].
    pub schema: String,
    /// What the lab was held against.
    pub target: Target,
    /// Whose denials the probe met.
    pub denials: Denials,
    /// Date of the list that it was asked from.
    pub dated: String,
    /// Whether agents were recorded.
    pub watched: bool,
    /// What agents were seen to give Redis.
    pub recorded: Vec<Recorded>,
    /// What was asked for.
    pub asked: Vec<Asked>,
}

/// A command that an agent was seen to give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The agent, as the permission model calls it.
    pub agent: String,
    /// The command, as Redis's rules name it.
    pub command: String,
    /// How often.
    pub calls: u64,
    /// Most keys of one call.
    pub most_keys: usize,
    /// Calls whose keys lay in more than one hash slot.
    pub cross_slot: u64,
}

/// Something that was asked for, and the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Why it was asked for.
    pub why: Why,
    /// What kind of thing it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// How it was asked for; nothing when nobody knew how.
    pub how: Vec<How>,
    /// The answer.
    pub answer: Answer,
    /// What was said.
    pub told: String,
}

/// Why something is asked for. What is needed and not given is asked for twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The target does not give it.
    Restricted,
    /// Agents need it.
    Needed,
}

/// How something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The server was asked whether it would do it (`ACL DRYRUN`, a topic that is only checked).
    Asked,
    /// It was done.
    Done,
    /// The server told how it is.
    Read,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It works here.
    Passed,
    /// It is denied here.
    Denied,
    /// This server has no such thing, or has it as the target does.
    Absent,
    /// It could not be told.
    Unknown,
}
