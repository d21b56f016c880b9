//! Every value an expression can speak of, with its type, its unit and when it is known.

mod lab;
mod loads;

use std::fmt;

use serde::Serialize;

pub(crate) use lab::STALE_CACHE;
pub use lab::VALUES;
pub use loads::{COMMAND_VALUES, CONNECTION_VALUES, NUMBER_VALUES, READ_VALUES, RECORD_VALUES};

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// So many things.
    Count,
    /// A part of a whole, 0 to 1.
    Ratio,
    /// Milliseconds.
    Milliseconds,
    /// So many things each second.
    PerSecond,
}

/// Type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// True or false.
    Bool,
    /// A number in a unit.
    Number(Unit),
}

/// When a value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// Once the recordings have been judged.
    Judged,
    /// While the drill runs, as what there was so far; by phase only once it has been judged.
    SoFar,
    /// While the drill runs, and by phase from that phase's end.
    Sampled,
}

/// One value of the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ValueSpec {
    /// Name in expressions; for the values of a load or a series the part after its name and dot.
    pub name: &'static str,
    /// Type and unit.
    pub kind: Kind,
    /// When it is known.
    pub known: Known,
    /// Whether `@phase` can narrow it.
    pub phased: bool,
    /// What it tells, and what `@phase` narrows it to.
    pub summary: &'static str,
    /// Whether this build measures it, provided that it carries out the load or the probe.
    pub built: bool,
}

impl ValueSpec {
    /// Whether it can be looked at while the drill runs, and so stand in `until` and `stop`.
    pub const fn live(&self) -> bool {
        matches!(self.known, Known::SoFar | Known::Sampled)
    }

    /// The same, as something this build cannot measure yet.
    const fn not_yet(self) -> Self {
        Self {
            built: false,
            ..self
        }
    }
}

pub(crate) const fn sampled(name: &'static str, kind: Kind, summary: &'static str) -> ValueSpec {
    ValueSpec {
        name,
        kind,
        known: Known::Sampled,
        phased: true,
        summary,
        built: true,
    }
}

const fn judged(name: &'static str, unit: Unit, summary: &'static str) -> ValueSpec {
    ValueSpec {
        known: Known::Judged,
        ..sampled(name, Kind::Number(unit), summary)
    }
}

/// A count that grows while the drill runs.
const fn so_far(name: &'static str, summary: &'static str) -> ValueSpec {
    ValueSpec {
        known: Known::SoFar,
        ..judged(name, Unit::Count, summary)
    }
}

/// Known for the run as a whole only.
const fn counted(name: &'static str, summary: &'static str) -> ValueSpec {
    ValueSpec {
        phased: false,
        ..judged(name, Unit::Count, summary)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "a count",
            Self::Ratio => "a ratio",
            Self::Milliseconds => "milliseconds",
            Self::PerSecond => "a rate per second",
        })
    }
}
