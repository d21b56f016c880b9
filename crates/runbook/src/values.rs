//! Every value an expression can speak of, with its type, its unit and when it is known.

use std::fmt;

use serde::Serialize;

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

/// One value of the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ValueSpec {
    /// Name in expressions; for a load's values the part after the load's name and its dot.
    pub name: &'static str,
    /// Type and unit.
    pub kind: Kind,
    /// Whether it can be sampled while the drill runs, and so be waited for with `until`. The
    /// others are known once the ledger has been judged.
    pub live: bool,
    /// What it tells, and what `@phase` narrows it to.
    pub summary: &'static str,
}

const fn judged(name: &'static str, unit: Unit, summary: &'static str) -> ValueSpec {
    ValueSpec {
        name,
        kind: Kind::Number(unit),
        live: false,
        summary,
    }
}

/// Values of the lab and of the ledger.
pub static VALUES: &[ValueSpec] = &[
    ValueSpec {
        name: "crashes",
        kind: Kind::Number(Unit::Count),
        live: true,
        summary: "kills at crash points that the supervisor carried out; @phase: during it",
    },
    ValueSpec {
        name: "agent.kills",
        kind: Kind::Number(Unit::Count),
        live: true,
        summary: "agents killed by `agent.kill` and seen to end by SIGKILL; @phase: during it",
    },
    ValueSpec {
        name: "isr",
        kind: Kind::Number(Unit::Count),
        live: true,
        summary: "smallest in-sync replica set of the run's topic; @phase: at its end",
    },
    ValueSpec {
        name: "pipeline.drained",
        kind: Kind::Bool,
        live: true,
        summary: "load done, outbox settled and no effect outstanding; @phase: at its end",
    },
    judged(
        "ledger.obligations",
        Unit::Count,
        "commands acknowledged or found committed; @phase: requests sent during it",
    ),
    judged(
        "ledger.lost",
        Unit::Count,
        "obligations without an effect; @phase: requests sent during it",
    ),
    judged(
        "ledger.effect_twice",
        Unit::Count,
        "events whose effect was applied more than once; @phase: requests sent during it",
    ),
    judged(
        "ledger.reordered",
        Unit::Count,
        "events whose first effect came after that of a later event of the same aggregate",
    ),
    judged(
        "ledger.committed_unacknowledged",
        Unit::Count,
        "commands found committed although the client never heard; @phase: requests sent during it",
    ),
    judged(
        "ledger.unknown_event",
        Unit::Count,
        "effects of events that no committed command explains; @phase: requests sent during it",
    ),
];

/// Values of each load, addressed by the load's name: `orders.ok_ratio`.
pub static LOAD_VALUES: &[ValueSpec] = &[
    judged(
        "obligations",
        Unit::Count,
        "commands acknowledged or found committed; @phase: sent during it",
    ),
    judged(
        "acknowledged",
        Unit::Count,
        "requests answered with success; @phase: sent during it",
    ),
    judged(
        "unknown",
        Unit::Count,
        "requests whose answer was lost; @phase: sent during it",
    ),
    judged(
        "refused",
        Unit::Count,
        "requests answered with an error; @phase: sent during it",
    ),
    judged(
        "ok_ratio",
        Unit::Ratio,
        "acknowledged requests among all; @phase: sent during it",
    ),
    judged(
        "p50_ms",
        Unit::Milliseconds,
        "median latency from the intended start; @phase: sent during it",
    ),
    judged(
        "p99_ms",
        Unit::Milliseconds,
        "99th percentile of latency from the intended start; @phase: sent during it",
    ),
];

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "a count",
            Self::Ratio => "a ratio",
            Self::Milliseconds => "milliseconds",
        })
    }
}
