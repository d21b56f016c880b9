//! MSK: a cluster of brokers, and the reboot of one.

use std::collections::BTreeMap;

use aws_sdk_kafka::operation::RequestId;
use serde::Serialize;

use super::Asked;
use crate::account::connected::Account;
use crate::account::error::AccountError;

/// An MSK cluster as AWS tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brokers {
    /// `ACTIVE` when a broker can be rebooted.
    pub state: String,
    /// ARN of the operation that is under way.
    pub operation: Option<String>,
    /// Id of each broker → its subnet, of which there is one in each zone.
    pub subnets: BTreeMap<u32, String>,
}

/// A reboot that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebooting {
    /// The call.
    pub asked: Asked,
    /// ARN of the operation that tells how it goes.
    pub operation: String,
}

impl Account {
    /// The MSK cluster `arn` with its brokers.
    ///
    /// # Errors
    /// When there is none, or AWS refuses.
    pub async fn brokers(&self, arn: &str) -> Result<Brokers, AccountError> {
        let kafka = &self.clients().kafka;
        let told = kafka.describe_cluster_v2().cluster_arn(arn).send().await;
        let told = told.map_err(self.failed("Kafka", "DescribeClusterV2"))?;
        let cluster = told.cluster_info().ok_or(AccountError::Incomplete {
            action: "kafka:DescribeClusterV2",
            what: "the cluster",
        })?;
        let ask = kafka.list_nodes().cluster_arn(arn);
        let mut pages = ask.into_paginator().items().send();
        let mut subnets = BTreeMap::new();
        while let Some(node) = pages.next().await {
            let node = node.map_err(self.failed("Kafka", "ListNodes"))?;
            let broker = node.broker_node_info();
            let told = broker.and_then(|b| Some((b.broker_id()?, b.client_subnet()?)));
            // AWS tells ids as numbers with a point.
            subnets.extend(told.map(|(id, subnet)| (id as u32, subnet.to_owned())));
        }
        Ok(Brokers {
            state: cluster
                .state()
                .map_or("", |state| state.as_str())
                .to_owned(),
            operation: cluster.active_operation_arn().map(str::to_owned),
            subnets,
        })
    }

    /// Reboots the broker `id` of the MSK cluster `arn`; answered before it has happened.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn reboot_broker(&self, arn: &str, id: u32) -> Result<Rebooting, AccountError> {
        let asked = Asked::now();
        let ask = self.clients().kafka.reboot_broker().cluster_arn(arn);
        let told = ask.broker_ids(id.to_string()).send().await;
        let told = told.map_err(self.failed("Kafka", "RebootBroker"))?;
        let operation = told
            .cluster_operation_arn()
            .ok_or(AccountError::Incomplete {
                action: "kafka:RebootBroker",
                what: "its operation",
            })?;
        Ok(Rebooting {
            operation: operation.to_owned(),
            asked: asked.answered(told.request_id()),
        })
    }
}
