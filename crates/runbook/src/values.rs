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
    /// Whether `@phase` can narrow it.
    pub phased: bool,
    /// What it tells, and what `@phase` narrows it to.
    pub summary: &'static str,
}

const fn sampled(name: &'static str, kind: Kind, summary: &'static str) -> ValueSpec {
    ValueSpec {
        name,
        kind,
        live: true,
        phased: true,
        summary,
    }
}

const fn judged(name: &'static str, unit: Unit, summary: &'static str) -> ValueSpec {
    ValueSpec {
        name,
        kind: Kind::Number(unit),
        live: false,
        phased: true,
        summary,
    }
}

/// Known for the run as a whole only.
const fn counted(name: &'static str, summary: &'static str) -> ValueSpec {
    ValueSpec {
        phased: false,
        ..judged(name, Unit::Count, summary)
    }
}

/// Values of the lab and of the ledger.
pub static VALUES: &[ValueSpec] = &[
    sampled(
        "crashes",
        Kind::Number(Unit::Count),
        "kills at crash points that the supervisor carried out; @phase: during it",
    ),
    sampled(
        "agent.kills",
        Kind::Number(Unit::Count),
        "agents killed by `agent.kill` and seen to end by SIGKILL; @phase: during it",
    ),
    sampled(
        "isr",
        Kind::Number(Unit::Count),
        "smallest in-sync replica set of the run's topic; @phase: at its end",
    ),
    sampled(
        "pipeline.drained",
        Kind::Bool,
        "commands done, outbox settled and no effect outstanding; @phase: at its end",
    ),
    judged(
        "ledger.obligations",
        Unit::Count,
        "commands acknowledged or found committed; @phase: sent during it",
    ),
    judged(
        "ledger.lost",
        Unit::Count,
        "obligations without an effect; @phase: sent during it",
    ),
    counted(
        "ledger.committed_unacknowledged",
        "commands found committed although the client never heard",
    ),
    counted(
        "ledger.outbox_orphan",
        "outbox rows that no committed command explains",
    ),
    counted(
        "ledger.duplicate_publish",
        "records beyond the first of their event",
    ),
    counted(
        "ledger.effect_twice",
        "events whose effect was applied more than once",
    ),
    counted(
        "ledger.unknown_event",
        "records and effects of events that no committed command explains",
    ),
    counted(
        "ledger.reordered",
        "events that came after a later one of their item, in the topic or among the effects",
    ),
    counted(
        "ledger.altered_payload",
        "events that are not told alike by client, command, record and effect",
    ),
    counted(
        "ledger.read_model_differs",
        "items whose read model is not the sum of their effects",
    ),
    counted(
        STALE_CACHE,
        "reads that showed less than had been known for longer than `stale_after`",
    ),
    counted(
        "ledger.sequence_gap",
        "items whose committed commands are not numbered without a hole",
    ),
    counted(
        "ledger.parked",
        "outbox rows and records that were set aside",
    ),
];

/// The value that has no meaning without `expect.stale_after`.
pub(crate) const STALE_CACHE: &str = "ledger.stale_cache";

const REFUSED: ValueSpec = judged(
    "refused",
    Unit::Count,
    "requests answered with an error; @phase: sent during it",
);
const UNKNOWN: ValueSpec = judged(
    "unknown",
    Unit::Count,
    "requests whose answer was lost; @phase: sent during it",
);
const OK_RATIO: ValueSpec = judged(
    "ok_ratio",
    Unit::Ratio,
    "properly answered requests among all; @phase: sent during it",
);
const P50_MS: ValueSpec = judged(
    "p50_ms",
    Unit::Milliseconds,
    "median latency from the intended start; @phase: sent during it",
);
const P99_MS: ValueSpec = judged(
    "p99_ms",
    Unit::Milliseconds,
    "99th percentile of latency from the intended start; @phase: sent during it",
);

/// Values of each load of commands, addressed by the load's name: `orders.ok_ratio`.
pub static COMMAND_VALUES: &[ValueSpec] = &[
    judged(
        "obligations",
        Unit::Count,
        "commands acknowledged or found committed; @phase: sent during it",
    ),
    judged(
        "acknowledged",
        Unit::Count,
        "commands acknowledged; @phase: sent during it",
    ),
    UNKNOWN,
    REFUSED,
    OK_RATIO,
    P50_MS,
    P99_MS,
];

/// Values of each load of reads, addressed by the load's name: `lookups.hit_ratio`.
pub static READ_VALUES: &[ValueSpec] = &[
    judged("reads", Unit::Count, "reads sent; @phase: sent during it"),
    judged(
        "found",
        Unit::Count,
        "reads that showed the item; @phase: sent during it",
    ),
    judged(
        "not_found",
        Unit::Count,
        "reads told that there is no such item; @phase: sent during it",
    ),
    REFUSED,
    UNKNOWN,
    OK_RATIO,
    judged(
        "hit_ratio",
        Unit::Ratio,
        "items shown from a cache among all shown; @phase: sent during it",
    ),
    P50_MS,
    P99_MS,
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
