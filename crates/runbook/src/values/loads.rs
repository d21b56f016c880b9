//! Values of each kind of load.

use super::{Kind, Unit, ValueSpec, counted, judged, sampled, so_far};

const REFUSED: &str = "requests answered with an error; @phase: sent during it";
const UNKNOWN: &str = "requests whose answer was lost; @phase: sent during it";
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
const GAP_CLOSED: ValueSpec = sampled(
    "gap_closed",
    Kind::Bool,
    "requests failed, and for one second all have been answered properly again; @phase: since its start",
);
const GAP_MS: ValueSpec = judged(
    "gap_ms",
    Unit::Milliseconds,
    "longest time in which no request was answered properly; @phase: within it",
);

/// Values of each load of commands, addressed by the load's name: `orders.ok_ratio`.
pub static COMMAND_VALUES: &[ValueSpec] = &[
    judged(
        "obligations",
        Unit::Count,
        "commands acknowledged or found committed; @phase: sent during it",
    ),
    so_far(
        "acknowledged",
        "commands acknowledged; @phase: sent during it",
    ),
    so_far("unknown", UNKNOWN),
    so_far("refused", REFUSED),
    OK_RATIO,
    P50_MS,
    P99_MS,
    GAP_MS,
    GAP_CLOSED,
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
    judged("refused", Unit::Count, REFUSED),
    judged("unknown", Unit::Count, UNKNOWN),
    OK_RATIO,
    judged(
        "hit_ratio",
        Unit::Ratio,
        "items shown from a cache among all shown; @phase: sent during it",
    ),
    judged(
        "waited_on_db",
        Unit::Count,
        "reads that were answered only after MySQL had been asked; @phase: sent during it",
    )
    .not_yet(),
    P50_MS,
    P99_MS,
];

/// Values of each load of records produced to Kafka, addressed by the load's name: `w.acked_lost`.
pub static RECORD_VALUES: &[ValueSpec] = &[
    so_far("sent", "records given to the producer; @phase: during it"),
    so_far(
        "accepted",
        "records that the producer was told are written, as `acks` has it; @phase: sent during it",
    ),
    so_far(
        "not_enough_replicas",
        "records refused for want of in-sync replicas; @phase: sent during it",
    ),
    so_far("unknown", UNKNOWN),
    judged(
        "acked_lost",
        Unit::Count,
        "accepted records that are not in the topic in the end; @phase: sent during it",
    ),
    judged(
        "invisible",
        Unit::Count,
        "accepted records that no consumer could see at the phase's end or, without one, at some \
         phase's end; they may become visible later and are no loss; @phase: sent during it",
    ),
    OK_RATIO,
    P50_MS,
    P99_MS,
];

/// Values of each load of numbers written to Redis, addressed by the load's name: `kv.lost`.
pub static NUMBER_VALUES: &[ValueSpec] = &[
    so_far(
        "acknowledged",
        "writes acknowledged; @phase: sent during it",
    ),
    so_far("unknown", UNKNOWN),
    so_far("refused", REFUSED),
    judged(
        "lost",
        Unit::Count,
        "acknowledged writes that are not there in the end, nor a later one of their key; @phase: \
         sent during it",
    ),
    ValueSpec {
        kind: Kind::Bool,
        ..counted(
            "lost_reported",
            "every acknowledged write was looked for in the end, so that `lost` is a full count",
        )
    },
    GAP_MS,
    GAP_CLOSED,
    OK_RATIO,
    P50_MS,
    P99_MS,
];

/// Values of each load of clients that stay connected, addressed by the load's name: `c.peak`.
pub static CONNECTION_VALUES: &[ValueSpec] = &[
    sampled(
        "connected",
        Kind::Number(Unit::Count),
        "clients that a broker has answered and that are connected; @phase: at its end",
    ),
    sampled(
        "lost",
        Kind::Number(Unit::Count),
        "connections that ended although their client did not want it; @phase: during it",
    ),
    sampled(
        "outage_ms",
        Kind::Number(Unit::Milliseconds),
        "from the first loss until every client was connected again; unknown before; @phase: of losses in it",
    ),
    so_far(
        "acknowledged",
        "connections that a broker answered in time; @phase: begun during it",
    ),
    so_far(
        "unknown",
        "attempts that were refused, cut or not answered in time; @phase: begun during it",
    ),
    judged(
        "attempts",
        Unit::Count,
        "connections tried; @phase: during it",
    ),
    judged(
        "peak",
        Unit::PerSecond,
        "connections tried in the busiest second; @phase: within it",
    ),
    OK_RATIO,
    P50_MS,
    P99_MS,
];
