//! The registry of loads: what a load asks for, of whom, and what it tells.

use schemars::JsonSchema;
use serde::Serialize;

use crate::values::{
    COMMAND_VALUES, CONNECTION_VALUES, NUMBER_VALUES, READ_VALUES, RECORD_VALUES, ValueSpec,
};

/// What a load asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadKind {
    /// Commands, posted to command-service.
    Commands,
    /// Items, got from query-service.
    Reads,
    /// Records, produced to a topic of the run's own.
    Records,
    /// Numbers, written to Redis under keys of the run's own, counting up for each key.
    Numbers,
    /// Connections to Kafka, one for each client, which are made again when they are lost.
    Connections,
}

/// What the registry knows of a kind of load.
#[derive(Debug, Clone, Copy)]
pub struct LoadSpec {
    /// Key in runbooks, for example `http.post`.
    pub name: &'static str,
    /// What it sends, in words.
    pub sends: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Its values, addressed by the load's name.
    pub outputs: &'static [ValueSpec],
    /// Whether this build can drive it.
    pub built: bool,
}

/// Every kind of load.
pub static LOADS: &[LoadSpec] = &[
    LoadSpec {
        name: "http.post",
        sends: "commands",
        summary: "post commands to command-service, each with its own command id",
        outputs: COMMAND_VALUES,
        built: true,
    },
    LoadSpec {
        name: "http.get",
        sends: "reads",
        summary: "get items from query-service",
        outputs: READ_VALUES,
        built: true,
    },
    LoadSpec {
        name: "kafka.produce",
        sends: "records",
        summary: "produce to a fresh topic of one partition, replicated on every broker and led by \
                  broker 1",
        outputs: RECORD_VALUES,
        built: false,
    },
    LoadSpec {
        name: "redis.set",
        sends: "numbers",
        summary: "write to fresh keys in Redis, to each key one number more each time",
        outputs: NUMBER_VALUES,
        built: true,
    },
    LoadSpec {
        name: "kafka.connect",
        sends: "connections",
        summary: "keep clients connected to Kafka's brokers, as many to each, and try again when a \
                  connection is lost",
        outputs: CONNECTION_VALUES,
        built: true,
    },
];

impl LoadKind {
    /// What the registry knows of it.
    pub const fn spec(self) -> &'static LoadSpec {
        match self {
            Self::Commands => &LOADS[0],
            Self::Reads => &LOADS[1],
            Self::Records => &LOADS[2],
            Self::Numbers => &LOADS[3],
            Self::Connections => &LOADS[4],
        }
    }

    /// The values of such a load, addressed by its name.
    pub const fn values(self) -> &'static [ValueSpec] {
        self.spec().outputs
    }

    /// What it sends, in words.
    pub const fn describe(self) -> &'static str {
        self.spec().sends
    }
}
