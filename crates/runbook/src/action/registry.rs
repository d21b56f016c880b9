//! The registry of actions: what each costs, how it is undone and what AWS wants for it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::compat;
use super::written::{AccessProbe, CacheFill, Crash, FailoverOf, Pause, Server, Whom};

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
    /// IAM actions that it takes on AWS, whatever its arguments are; none where AWS lets nobody do
    /// it.
    pub permissions: Option<&'static [&'static str]>,
    /// JSON Schema of its arguments.
    pub arguments: fn(&mut SchemaGenerator) -> Schema,
    /// Whether this build can carry it out.
    pub built: bool,
}

/// In a VPC the agents of a drill are processes of the task that it runs in: there is nothing to permit.
const AGENTS_OF_THE_TASK: Option<&[&str]> = Some(&[]);

/// Every action a phase can hold.
pub static ACTIONS: &[ActionSpec] = &[
    ActionSpec {
        name: "crash",
        summary: "kill an agent with SIGKILL each time it passes a crash point",
        effect: Effect::Mutates,
        undo: UndoClass::SelfHealing,
        permissions: AGENTS_OF_THE_TASK,
        arguments: |generator| generator.subschema_for::<Crash>(),
        built: true,
    },
    ActionSpec {
        name: "agent.kill",
        summary: "kill an instance of an agent with SIGKILL and keep it down",
        effect: Effect::Mutates,
        undo: UndoClass::Reversible,
        permissions: AGENTS_OF_THE_TASK,
        arguments: |generator| generator.subschema_for::<Whom>(),
        built: true,
    },
    ActionSpec {
        name: "agent.start",
        summary: "start an instance of an agent that is down",
        effect: Effect::Mutates,
        undo: UndoClass::SelfHealing,
        permissions: AGENTS_OF_THE_TASK,
        arguments: |generator| generator.subschema_for::<Whom>(),
        built: true,
    },
    ActionSpec {
        name: "broker.kill",
        summary: "kill a Kafka broker with SIGKILL and keep it down",
        effect: Effect::Mutates,
        undo: UndoClass::Reversible,
        permissions: None,
        arguments: |generator| generator.subschema_for::<std::num::NonZeroU32>(),
        built: true,
    },
    ActionSpec {
        name: "broker.start",
        summary: "start a Kafka broker that is down",
        effect: Effect::Mutates,
        undo: UndoClass::SelfHealing,
        permissions: None,
        arguments: |generator| generator.subschema_for::<std::num::NonZeroU32>(),
        built: true,
    },
    ActionSpec {
        name: "broker.pause",
        summary: "stop Kafka brokers with SIGSTOP, let the next action begin at once, and let them \
                  go on with SIGCONT after a time",
        effect: Effect::Mutates,
        undo: UndoClass::Reversible,
        permissions: None,
        arguments: |generator| generator.subschema_for::<Pause>(),
        built: true,
    },
    ActionSpec {
        name: "cache.fill",
        summary: "read every item of the run once, spread evenly over a time, so that all are cached",
        effect: Effect::Mutates,
        undo: UndoClass::SelfHealing,
        permissions: Some(&[]),
        arguments: |generator| generator.subschema_for::<CacheFill>(),
        built: false,
    },
    ActionSpec {
        name: "failover",
        summary: "take the primary's zone from MySQL or Redis, or the broker of a zone from Kafka",
        effect: Effect::Mutates,
        undo: UndoClass::Reversible,
        permissions: Some(&[
            "cloudwatch:DescribeAlarms",
            "elasticache:DescribeEvents",
            "elasticache:DescribeReplicationGroups",
            "elasticache:TestFailover",
            "kafka:DescribeClusterOperationV2",
            "kafka:DescribeClusterV2",
            "kafka:ListNodes",
            "kafka:RebootBroker",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "rds:DescribeEvents",
            "rds:FailoverDBCluster",
            "rds:RebootDBInstance",
        ]),
        arguments: |generator| generator.subschema_for::<FailoverOf>(),
        built: true,
    },
    ActionSpec {
        name: "connections.cut",
        summary: "cut every connection of clients to a server at once; new ones are let in",
        effect: Effect::Mutates,
        undo: UndoClass::SelfHealing,
        permissions: None,
        arguments: |generator| generator.subschema_for::<Server>(),
        built: true,
    },
    ActionSpec {
        name: "access.probe",
        summary: "log in to the servers as each agent and try everything that the permission model speaks of, \
                  with the rights that it generates or with one of them changed",
        effect: Effect::Mutates,
        undo: UndoClass::Reversible,
        permissions: None,
        arguments: |generator| generator.subschema_for::<AccessProbe>(),
        built: true,
    },
    ActionSpec {
        name: "compat.probe",
        summary: "ask the lab for everything that a service of AWS restricts and for everything that \
                  agents need, and hold the answers against the service's lists",
        effect: Effect::Mutates,
        undo: UndoClass::Reversible,
        permissions: None,
        arguments: |generator| generator.subschema_for::<compat::Probe>(),
        built: true,
    },
];
