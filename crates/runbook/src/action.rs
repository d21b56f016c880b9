//! The registry of actions: what a phase can do, what it costs and how it is undone.

use std::borrow::Cow;
use std::num::NonZeroU32;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::agents::{Agent, Instance};
use crate::argument::Arg;

/// Whether an action changes the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Only looks.
    Reads,
    /// Changes something.
    Mutates,
}

/// How a lab gets back to where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UndoClass {
    /// A named step undoes it.
    Reversible,
    /// It passes without our doing.
    SelfHealing,
    /// Nothing brings it back.
    Irreversible,
}

/// What the registry knows of an action.
#[derive(Debug, Clone, Copy)]
pub struct ActionSpec {
    /// Name in runbooks.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Whether it changes the lab.
    pub effect: Effect,
    /// How the lab gets back.
    pub undo: UndoClass,
    /// JSON Schema of its arguments.
    pub arguments: fn(&mut SchemaGenerator) -> Schema,
}

/// Every action a phase can hold.
pub static ACTIONS: &[ActionSpec] = &[
    ActionSpec {
        name: "crash",
        summary: "kill an agent with SIGKILL each time it passes a crash point",
        effect: Effect::Mutates,
        undo: UndoClass::SelfHealing,
        arguments: |generator| generator.subschema_for::<Crash>(),
    },
    ActionSpec {
        name: "agent.kill",
        summary: "kill an instance of an agent with SIGKILL and keep it down",
        effect: Effect::Mutates,
        undo: UndoClass::Reversible,
        arguments: |generator| generator.subschema_for::<Whom>(),
    },
    ActionSpec {
        name: "agent.start",
        summary: "start an instance of an agent that is down",
        effect: Effect::Mutates,
        undo: UndoClass::SelfHealing,
        arguments: |generator| generator.subschema_for::<Whom>(),
    },
    ActionSpec {
        name: "broker.kill",
        summary: "kill a Kafka broker with SIGKILL and keep it down",
        effect: Effect::Mutates,
        undo: UndoClass::Reversible,
        arguments: |generator| generator.subschema_for::<NonZeroU32>(),
    },
    ActionSpec {
        name: "broker.start",
        summary: "start a Kafka broker that is down",
        effect: Effect::Mutates,
        undo: UndoClass::SelfHealing,
        arguments: |generator| generator.subschema_for::<NonZeroU32>(),
    },
];

/// An action as a runbook writes it: a map with the action's name as its only key.
#[derive(Debug, Clone, Deserialize)]
pub(crate) enum Action {
    #[serde(rename = "crash")]
    Crash(Crash),
    #[serde(rename = "agent.kill")]
    AgentKill(Whom),
    #[serde(rename = "agent.start")]
    AgentStart(Whom),
    #[serde(rename = "broker.kill")]
    BrokerKill(NonZeroU32),
    #[serde(rename = "broker.start")]
    BrokerStart(NonZeroU32),
}

/// Arguments of `crash`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crash {
    pub agent: Agent,
    /// Which instance of it.
    #[serde(default)]
    pub instance: Instance,
    /// Crash point of the agent.
    pub point: String,
    /// Kills in all; the agent is started again after each.
    pub times: Arg<NonZeroU32>,
}

/// An instance of an agent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whom {
    pub agent: Agent,
    /// Which instance of it.
    #[serde(default)]
    pub instance: Instance,
}

impl JsonSchema for Action {
    fn schema_name() -> Cow<'static, str> {
        "Action".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties: serde_json::Map<String, serde_json::Value> = ACTIONS
            .iter()
            .map(|spec| (spec.name.to_owned(), (spec.arguments)(generator).to_value()))
            .collect();
        json_schema!({
            "type": "object",
            "title": "action",
            "properties": properties,
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

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
        }
    }

    /// The step that undoes this one, when one is needed.
    pub fn undone_by(&self) -> Option<Self> {
        match *self {
            Self::BrokerKill { broker } => Some(Self::BrokerStart { broker }),
            Self::AgentKill { agent, instance } => Some(Self::AgentStart { agent, instance }),
            Self::Crash { .. } | Self::AgentStart { .. } | Self::BrokerStart { .. } => None,
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
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::Step;
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
    }
}
