//! The clusters, configurations and operations that MSK knows of.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::data_plane::Topology;
use crate::kafka::configuration::Configuration;
use crate::kafka::not_found;
use crate::kafka::operation::Operation;
use crate::protocol::refusal::Refusal;

/// Most operations that are remembered.
const MAX_OPERATIONS: usize = 10_000;

/// Everything MSK knows.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// By ARN.
    pub(crate) clusters: BTreeMap<String, Cluster>,
    /// By ARN.
    pub(crate) configurations: BTreeMap<String, Configuration>,
    /// Oldest first.
    pub(crate) operations: Vec<Operation>,
}

/// A cluster as it was asked for, and what is being done to it.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    /// Counts changes: AWS's `currentVersion`.
    pub(crate) version: u32,
    pub(crate) kind: Kind,
    pub(crate) phase: Phase,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: Option<Policy>,
    /// ARNs of SCRAM secrets.
    pub(crate) secrets: Vec<String>,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Brokers of one's own.
    Provisioned(Value),
    /// No brokers to speak of.
    Serverless(Value),
}

/// What is being done to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not every broker has been seen alive yet.
    Creating,
    /// Nothing.
    Ready,
    /// An operation.
    Busy {
        /// Its ARN.
        operation: String,
        /// State of the cluster meanwhile.
        state: &'static str,
    },
}

/// A resource policy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    pub(crate) document: String,
    pub(crate) version: u32,
}

impl Store {
    pub(crate) fn cluster(&self, arn: &str) -> Result<&Cluster, Refusal> {
        self.clusters.get(arn).ok_or_else(not_found)
    }

    pub(crate) fn cluster_mut(&mut self, arn: &str) -> Result<&mut Cluster, Refusal> {
        self.clusters.get_mut(arn).ok_or_else(not_found)
    }

    /// Begins an operation: the cluster is in `state` until it ends.
    pub(crate) fn begin(&mut self, operation: Operation, state: &'static str) {
        if let Some(cluster) = self.clusters.get_mut(&operation.cluster) {
            cluster.phase = Phase::Busy {
                operation: operation.arn.clone(),
                state,
            };
        }
        let surplus = (self.operations.len() + 1).saturating_sub(MAX_OPERATIONS);
        self.operations.drain(..surplus);
        self.operations.push(operation);
    }

    /// Ends what a cluster was busy with.
    pub(crate) fn end(&mut self, arn: &str) {
        if let Some(cluster) = self.clusters.get_mut(arn) {
            cluster.phase = Phase::Ready;
        }
    }

    pub(crate) fn operation_mut(&mut self, arn: &str) -> Option<&mut Operation> {
        self.operations
            .iter_mut()
            .find(|operation| operation.arn == arn)
    }
}

impl Cluster {
    /// State as AWS names it, by what the brokers truly do.
    pub(crate) fn state(&self, topology: &Topology) -> &'static str {
        let alive = topology.brokers.iter().all(|broker| broker.alive);
        match (&self.phase, &self.kind) {
            (Phase::Busy { state, .. }, _) => state,
            (Phase::Creating, _) if !alive => "CREATING",
            (_, Kind::Provisioned(_)) if !alive => "HEALING",
            _ => "ACTIVE",
        }
    }

    /// Ends the creation once every broker is alive.
    pub(crate) fn settle(&mut self, topology: &Topology) {
        let alive = topology.brokers.iter().all(|broker| broker.alive);
        if self.phase == Phase::Creating && alive {
            self.phase = Phase::Ready;
        }
    }
}
