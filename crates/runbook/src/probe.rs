//! The registry of probes: what can be sampled at regular times, and what the samples tell.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::{Kind, Unit, ValueSpec, sampled};

/// What a series samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Probe {
    /// In-sync replicas of the run's topic.
    #[serde(rename = "isr")]
    Isr,
    /// Outbox rows to be settled, and records that the consumer group has not committed.
    #[serde(rename = "pipeline.lag")]
    PipelineLag,
    /// Leader of the run's topic and the epoch of its leadership.
    #[serde(rename = "leader_epoch")]
    LeaderEpoch,
    /// Reads of the read model by key, as MySQL's statement digests count them.
    #[serde(rename = "mysql.digest")]
    MysqlDigest,
    /// What Redis counts about its keys.
    #[serde(rename = "redis.stats")]
    RedisStats,
    /// Processor time of the brokers.
    #[serde(rename = "broker.cpu")]
    BrokerCpu,
}

/// What the registry knows of a probe.
#[derive(Debug, Clone, Copy)]
pub struct ProbeSpec {
    /// Name in runbooks.
    pub name: &'static str,
    /// What it samples, in one line.
    pub summary: &'static str,
    /// Its values, addressed by the name of the series. Without a phase they speak of the whole
    /// run so far.
    pub outputs: &'static [ValueSpec],
    /// Whether this build can sample it.
    pub built: bool,
}

const fn count(name: &'static str, summary: &'static str) -> ValueSpec {
    sampled(name, Kind::Number(Unit::Count), summary)
}

const fn share(name: &'static str, summary: &'static str) -> ValueSpec {
    sampled(name, Kind::Number(Unit::Ratio), summary)
}

/// Every probe.
pub static PROBES: &[ProbeSpec] = &[
    ProbeSpec {
        name: "isr",
        summary: "smallest in-sync replica set of the run's topic",
        outputs: &[
            count("last", "the newest sample; @phase: the last of it"),
            count("least", "the smallest sample; @phase: during it"),
        ],
        built: true,
    },
    ProbeSpec {
        name: "pipeline.lag",
        summary: "outbox rows to be settled, and records that the consumer group has not committed",
        outputs: &[
            count("last", "the newest sample; @phase: the last of it"),
            count("most", "the greatest sample; @phase: during it"),
        ],
        built: true,
    },
    ProbeSpec {
        name: "leader_epoch",
        summary: "leader of the run's topic and the epoch of its leadership",
        outputs: &[
            count("leader", "number of the leading broker; @phase: at its end"),
            count(
                "epoch",
                "epoch of the leadership, one more with each change; @phase: at its end",
            ),
        ],
        built: false,
    },
    ProbeSpec {
        name: "mysql.digest",
        summary: "reads of the read model by key, as MySQL's statement digests count them",
        outputs: &[
            count("reads", "reads carried out; @phase: during it"),
            sampled(
                "peak",
                Kind::Number(Unit::PerSecond),
                "most reads each second between two samples; @phase: during it",
            ),
        ],
        built: false,
    },
    ProbeSpec {
        name: "redis.stats",
        summary: "what Redis counts about its keys",
        outputs: &[
            count(
                "expired",
                "keys that lived out their time; @phase: during it",
            ),
            count("evicted", "keys that had to make room; @phase: during it"),
        ],
        built: false,
    },
    ProbeSpec {
        name: "broker.cpu",
        summary: "share of the machine's processors that all brokers together keep busy",
        outputs: &[
            share("last", "since the sample before; @phase: the last of it"),
            share("most", "the greatest share; @phase: during it"),
        ],
        built: true,
    },
];

impl ProbeSpec {
    /// Symbol of the unit of its samples; empty for counts and ratios.
    pub fn unit(&self) -> &'static str {
        match self.outputs.first().map(|output| output.kind) {
            Some(Kind::Number(Unit::Milliseconds)) => "ms",
            Some(Kind::Number(Unit::PerSecond)) => "/s",
            _ => "",
        }
    }
}

impl Probe {
    /// What the registry knows of it.
    pub const fn spec(self) -> &'static ProbeSpec {
        match self {
            Self::Isr => &PROBES[0],
            Self::PipelineLag => &PROBES[1],
            Self::LeaderEpoch => &PROBES[2],
            Self::MysqlDigest => &PROBES[3],
            Self::RedisStats => &PROBES[4],
            Self::BrokerCpu => &PROBES[5],
        }
    }

    /// Name in runbooks.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }
}

#[cfg(test)]
mod tests {
    use super::Probe;

    #[test]
    fn each_probe_finds_its_own_entry_in_the_registry() {
        for probe in [
            Probe::Isr,
            Probe::PipelineLag,
            Probe::LeaderEpoch,
            Probe::MysqlDigest,
            Probe::RedisStats,
            Probe::BrokerCpu,
        ] {
            assert_eq!(serde_json::to_value(probe).unwrap(), probe.name());
        }
    }
}
