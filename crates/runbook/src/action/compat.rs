//! `compat.probe`: what a lab lets through, held against what a service of AWS does.

use std::fmt;

use rlab_document::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::written::Server;
use crate::argument::{Arg, FromParameter};
use crate::cases::CaseValue;
use crate::parameter::ParameterValue;

/// A service of AWS that the pipeline could stand on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "a service of AWS")]
pub enum Target {
    /// ElastiCache on nodes, cluster mode disabled.
    Elasticache,
    /// ElastiCache on nodes, cluster mode enabled.
    ElasticacheCluster,
    /// ElastiCache Serverless.
    ElasticacheServerless,
    /// MSK on provisioned brokers.
    Msk,
    /// MSK Serverless.
    MskServerless,
    /// RDS for MySQL.
    RdsMysql,
    /// Aurora MySQL, version 3.
    AuroraMysql,
}

impl Target {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Elasticache,
        Self::ElasticacheCluster,
        Self::ElasticacheServerless,
        Self::Msk,
        Self::MskServerless,
        Self::RdsMysql,
        Self::AuroraMysql,
    ];

    /// Its name in runbooks and data files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elasticache => "elasticache",
            Self::ElasticacheCluster => "elasticache_cluster",
            Self::ElasticacheServerless => "elasticache_serverless",
            Self::Msk => "msk",
            Self::MskServerless => "msk_serverless",
            Self::RdsMysql => "rds_mysql",
            Self::AuroraMysql => "aurora_mysql",
        }
    }

    /// The server of a local lab that stands for it.
    pub const fn server(self) -> Server {
        match self {
            Self::Elasticache | Self::ElasticacheCluster | Self::ElasticacheServerless => {
                Server::Redis
            }
            Self::Msk | Self::MskServerless => Server::Kafka,
            Self::RdsMysql | Self::AuroraMysql => Server::Mysql,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose denials the probe meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Denials {
    /// Those of the lab's own server.
    None,
    /// The target's too, by a user of Redis who is made for it.
    Same,
}

/// Arguments of `compat.probe`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probe {
    /// What the lab is held against.
    pub target: Arg<Target>,
    /// Whose denials the probe meets.
    pub denials: Arg<Denials>,
    /// How long what agents do in Redis is recorded before anything is asked.
    pub watch: Option<Arg<HumanDuration>>,
}

/// `compat.probe` with its arguments known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompatProbe {
    /// What the lab is held against.
    pub target: Target,
    /// Whose denials the probe meets.
    pub denials: Denials,
    /// How long agents are recorded first; none where nothing is.
    pub watch: Option<HumanDuration>,
}

impl CompatProbe {
    /// What it does, in words.
    pub(super) fn describe(&self) -> String {
        let target = self.target;
        let mut words = match self.denials {
            Denials::None => format!("compat.probe {target}"),
            Denials::Same => format!("compat.probe {target} under its denials"),
        };
        if let Some(watch) = self.watch {
            words += &format!(", after {watch} of recorded use");
        }
        words
    }

    /// How the lab gets back, in words.
    pub(super) fn undo(&self) -> String {
        match self.denials {
            Denials::None => "nothing to undo: it asks only".to_owned(),
            Denials::Same => "the user with the target's denials is removed".to_owned(),
        }
    }
}

impl FromParameter for Target {
    const WANTED: &'static str = "a service of AWS, for example `elasticache_serverless`";

    fn from_parameter(_: ParameterValue) -> Option<Self> {
        None
    }

    fn from_case(value: &CaseValue) -> Option<Self> {
        serde_json::from_value(serde_json::to_value(value).ok()?).ok()
    }
}

impl FromParameter for Denials {
    const WANTED: &'static str = "`none` or `same`";

    fn from_parameter(_: ParameterValue) -> Option<Self> {
        None
    }

    fn from_case(value: &CaseValue) -> Option<Self> {
        serde_json::from_value(serde_json::to_value(value).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_written_as_it_is_called() {
        for target in Target::ALL {
            assert_eq!(serde_json::to_value(target).unwrap(), target.name());
        }
    }
}
