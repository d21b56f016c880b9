//! Actions with their arguments known.

use std::num::NonZeroU32;

use rlab_document::HumanDuration;

use super::compat::CompatProbe;
use super::registry::{ACTIONS, ActionSpec};
use super::written::{Rights, Server};
use crate::agents::{Agent, Instance};

/// An action with its arguments known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Kill `agent` at `point`, `times` times, once in each of its lives.
    Crash {
        /// Whom.
        agent: Agent,
        /// Which instance of it.
        instance: Instance,
        /// Where in its code.
        point: String,
        /// How often in all.
        times: NonZeroU32,
    },
    /// Kill an instance of an agent and keep it down.
    AgentKill {
        /// Whom.
        agent: Agent,
        /// Which instance of it.
        instance: Instance,
    },
    /// Start an instance of an agent that is down.
    AgentStart {
        /// Whom.
        agent: Agent,
        /// Which instance of it.
        instance: Instance,
    },
    /// Kill a broker and keep it down.
    BrokerKill {
        /// Number of the broker, from 1.
        broker: NonZeroU32,
    },
    /// Start a broker that is down.
    BrokerStart {
        /// Number of the broker, from 1.
        broker: NonZeroU32,
    },
    /// Stop brokers with SIGSTOP, all at once. The step is done when they stand still; they go on
    /// when the time is over, whatever the drill does meanwhile.
    BrokerPause {
        /// Numbers of the brokers, from 1; at least one.
        brokers: Vec<NonZeroU32>,
        /// From when they stand still until they go on.
        lasts: HumanDuration,
    },
    /// Read every item of the run once.
    CacheFill {
        /// The time that the reads are spread over.
        within: HumanDuration,
    },
    /// Make a standby take over, or lose a broker with its zone.
    Failover(Failover),
    /// Cut every connection of clients to a server.
    ConnectionsCut(Server),
    /// Try as each agent everything that the permission model speaks of.
    AccessProbe(Rights),
    /// Hold the lab against a service of AWS.
    CompatProbe(CompatProbe),
}

/// Who loses its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failover {
    /// MySQL's primary.
    Mysql,
    /// Redis's primary.
    Redis,
    /// The broker in the zone where MySQL's primary was when the run began.
    BrokerInZoneOfOldPrimary,
}

impl Failover {
    /// Prefix of the IAM actions that it takes.
    const fn service(self) -> &'static str {
        match self {
            Self::Mysql => "rds:",
            Self::Redis => "elasticache:",
            Self::BrokerInZoneOfOldPrimary => "kafka:",
        }
    }
}

impl Step {
    /// Name of the action.
    pub const fn name(&self) -> &'static str {
        self.spec().name
    }

    /// What the registry knows of the action.
    pub const fn spec(&self) -> &'static ActionSpec {
        match self {
            Self::Crash { .. } => &ACTIONS[0],
            Self::AgentKill { .. } => &ACTIONS[1],
            Self::AgentStart { .. } => &ACTIONS[2],
            Self::BrokerKill { .. } => &ACTIONS[3],
            Self::BrokerStart { .. } => &ACTIONS[4],
            Self::BrokerPause { .. } => &ACTIONS[5],
            Self::CacheFill { .. } => &ACTIONS[6],
            Self::Failover(_) => &ACTIONS[7],
            Self::ConnectionsCut(_) => &ACTIONS[8],
            Self::AccessProbe(_) => &ACTIONS[9],
            Self::CompatProbe(_) => &ACTIONS[10],
        }
    }

    /// IAM actions that this step takes on AWS; none where AWS lets nobody do it.
    pub fn permissions(&self) -> Option<Vec<&'static str>> {
        let mut needed = self.spec().permissions?.to_vec();
        if let Self::Failover(whom) = self {
            let wanted = [whom.service(), "cloudwatch:"];
            needed.retain(|permission| wanted.iter().any(|of| permission.starts_with(of)));
        }
        Some(needed)
    }

    /// The step that undoes this one, when one is needed.
    pub fn undone_by(&self) -> Option<Self> {
        match *self {
            Self::BrokerKill { broker } => Some(Self::BrokerStart { broker }),
            Self::AgentKill { agent, instance } => Some(Self::AgentStart { agent, instance }),
            Self::Crash { .. }
            | Self::AgentStart { .. }
            | Self::BrokerStart { .. }
            | Self::BrokerPause { .. }
            | Self::CacheFill { .. }
            | Self::ConnectionsCut(_)
            | Self::AccessProbe(_)
            | Self::CompatProbe(_)
            | Self::Failover(_) => None,
        }
    }

    /// How the lab gets back to where it was, in words.
    pub fn undo(&self) -> String {
        match self {
            Self::Crash {
                agent, instance, ..
            } => {
                format!(
                    "the supervisor starts {} again after each kill",
                    agent.instance_node(*instance)
                )
            }
            Self::AgentKill { agent, instance } => {
                format!("agent.start {}", agent.instance_node(*instance))
            }
            Self::AgentStart { .. } => "nothing to undo: it restores the agent".to_owned(),
            Self::BrokerKill { broker } => format!("broker.start {broker}"),
            Self::BrokerStart { .. } => "nothing to undo: it restores the broker".to_owned(),
            Self::BrokerPause { brokers, lasts } => {
                format!("SIGCONT to {}, after {lasts} or earlier", numbers(brokers))
            }
            Self::CacheFill { .. } => "what is cached expires".to_owned(),
            Self::Failover(Failover::BrokerInZoneOfOldPrimary) => {
                "the broker is started again at once".to_owned()
            }
            Self::Failover(_) => "failover back to who was in charge".to_owned(),
            Self::ConnectionsCut(_) => "clients connect again".to_owned(),
            Self::AccessProbe(Rights::AsGenerated) => {
                "nothing to undo: what is tried changes nothing".to_owned()
            }
            Self::AccessProbe(_) => "the rights that the permission model generates".to_owned(),
            Self::CompatProbe(probe) => probe.undo(),
        }
    }

    /// What it does, in words.
    pub fn describe(&self) -> String {
        match self {
            Self::Crash {
                agent,
                instance,
                point,
                times,
            } => {
                let node = agent.instance_node(*instance);
                format!("crash {node} at {point}, {times} times")
            }
            Self::AgentKill { agent, instance } => {
                format!("agent.kill {}", agent.instance_node(*instance))
            }
            Self::AgentStart { agent, instance } => {
                format!("agent.start {}", agent.instance_node(*instance))
            }
            Self::BrokerKill { broker } => format!("broker.kill {broker}"),
            Self::BrokerStart { broker } => format!("broker.start {broker}"),
            Self::BrokerPause { brokers, lasts } => {
                format!("broker.pause {} for {lasts}", numbers(brokers))
            }
            Self::CacheFill { within } => format!("cache.fill within {within}"),
            Self::Failover(Failover::Mysql) => "failover mysql".to_owned(),
            Self::Failover(Failover::Redis) => "failover redis".to_owned(),
            Self::Failover(Failover::BrokerInZoneOfOldPrimary) => {
                "failover kafka, the broker in the zone of MySQL's old primary".to_owned()
            }
            Self::ConnectionsCut(server) => format!("connections.cut {}", server.name()),
            Self::AccessProbe(rights) => format!("access.probe with rights {}", rights.name()),
            Self::CompatProbe(probe) => probe.describe(),
        }
    }
}

fn numbers(brokers: &[NonZeroU32]) -> String {
    let numbers: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    numbers.join(" and ")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use rlab_document::HumanDuration;

    use super::{CompatProbe, Failover, Rights, Server, Step};
    use crate::action::{Denials, Target};
    use crate::agents::{Agent, Instance};

    #[test]
    fn each_step_finds_its_own_entry_in_the_registry() {
        let one = NonZeroU32::MIN;
        let crash = Step::Crash {
            agent: Agent::CommandService,
            instance: Instance::FIRST,
            point: "after_commit".to_owned(),
            times: one,
        };
        assert_eq!(crash.name(), "crash");
        let (agent, instance) = (Agent::OutboxRelay, Instance::FIRST);
        assert_eq!(Step::AgentKill { agent, instance }.name(), "agent.kill");
        assert_eq!(Step::AgentStart { agent, instance }.name(), "agent.start");
        assert_eq!(Step::BrokerKill { broker: one }.name(), "broker.kill");
        assert_eq!(Step::BrokerStart { broker: one }.name(), "broker.start");
        let (brokers, lasts) = (vec![one], HumanDuration::from_millis(1));
        assert_eq!(Step::BrokerPause { brokers, lasts }.name(), "broker.pause");
        assert_eq!(Step::CacheFill { within: lasts }.name(), "cache.fill");
        assert_eq!(Step::Failover(Failover::Redis).name(), "failover");
        let cut = Step::ConnectionsCut(Server::Kafka);
        assert_eq!(cut.name(), "connections.cut");
        let probe = Step::AccessProbe(Rights::AsGenerated);
        assert_eq!(probe.name(), "access.probe");
        let probe = Step::CompatProbe(CompatProbe {
            target: Target::Msk,
            denials: Denials::None,
            watch: None,
        });
        assert_eq!(probe.name(), "compat.probe");
    }

    #[test]
    fn a_failover_asks_for_the_permissions_of_its_own_service_only() {
        let needed = Step::Failover(Failover::Mysql).permissions().unwrap();
        assert!(needed.contains(&"rds:RebootDBInstance"));
        let others = ["elasticache:", "kafka:"];
        let of_others =
            |permission: &&str| others.iter().any(|other| permission.starts_with(other));
        assert!(!needed.iter().any(of_others), "{needed:?}");
    }
}
