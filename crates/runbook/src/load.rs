//! What a load asks for.

use schemars::JsonSchema;
use serde::Serialize;

use crate::values::{COMMAND_VALUES, READ_VALUES, ValueSpec};

/// What a load asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadKind {
    /// Commands, posted to command-service.
    Commands,
    /// Items, got from query-service.
    Reads,
}

impl LoadKind {
    /// The values of such a load, addressed by its name.
    pub const fn values(self) -> &'static [ValueSpec] {
        match self {
            Self::Commands => COMMAND_VALUES,
            Self::Reads => READ_VALUES,
        }
    }

    /// What it sends, in words.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Commands => "commands",
            Self::Reads => "reads",
        }
    }
}
