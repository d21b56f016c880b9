//! Values of the lab and of the ledger.

use super::{Kind, Unit, ValueSpec, counted, judged, sampled};

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
    sampled(
        "mysql.zone_changed",
        Kind::Bool,
        "MySQL's primary is in another zone than at the run's start; @phase: than at its start",
    ),
    sampled(
        "redis.primary_changed",
        Kind::Bool,
        "Redis's primary is another node than at the run's start; @phase: than at its start",
    ),
    sampled(
        "broker.epoch_changed",
        Kind::Bool,
        "a broker has registered again since the run's start; @phase: since its start",
    ),
    sampled(
        "failover.control_ms",
        Kind::Number(Unit::Milliseconds),
        "from the loss until the name led to who took over, by whoever carried it out; @phase: of the last one begun in it",
    ),
    sampled(
        "access.cells",
        Kind::Number(Unit::Count),
        "questions of the permission model that a server or the simulation of IAM answered; @phase: in it",
    ),
    sampled(
        "access.allowed",
        Kind::Number(Unit::Count),
        "of them those that were answered with yes; @phase: in it",
    ),
    sampled(
        "access.allowed_wrongly",
        Kind::Number(Unit::Count),
        "of them those that the model denies and a server let through; @phase: in it",
    ),
    sampled(
        "access.denied_wrongly",
        Kind::Number(Unit::Count),
        "of them those that the model allows and a server denied; @phase: in it",
    ),
    sampled(
        "access.unknown",
        Kind::Number(Unit::Count),
        "questions whose answer told neither; @phase: in it",
    ),
    sampled(
        "access.rights_in_force",
        Kind::Bool,
        "the servers themselves list the rights that the probe wanted; @phase: in it",
    ),
    probed(
        "compat.probed",
        "things that the lab was asked for by `compat.probe`",
    ),
    probed(
        "compat.slipped",
        "of what the target does not give, what the lab let through",
    ),
    probed(
        "compat.denied",
        "of what the target does not give, what the lab denied too",
    ),
    probed("compat.needed", "of what was asked for, what agents need"),
    probed(
        "compat.denied_needed",
        "of what agents need, what the target does not give or the lab denied",
    ),
    probed(
        "compat.recorded",
        "commands that agents were seen to give Redis",
    ),
    probed(
        "compat.unmodelled",
        "of these, commands that the permission model does not grant to the agent",
    ),
    probed(
        "compat.cross_slot",
        "of these, commands whose keys did not all lie in one hash slot",
    ),
    probed(
        "compat.unknown",
        "things that were asked for and not decided",
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

/// A count that `compat.probe` comes to.
const fn probed(name: &'static str, summary: &'static str) -> ValueSpec {
    sampled(name, Kind::Number(Unit::Count), summary)
}
