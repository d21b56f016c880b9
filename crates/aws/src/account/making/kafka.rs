//! Clusters of MSK, and what configures them.

use super::Making;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::tagged::TAG;

impl Account {
    pub(super) async fn cluster_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let list = self.clients().kafka.list_clusters_v2();
        let list = list.cluster_name_filter(name).send().await;
        let told = list.map_err(self.failed("Kafka", "ListClustersV2"))?;
        let mut clusters = told.cluster_info_list().iter();
        // The filter is a prefix.
        let ours = clusters.find(|one| {
            let tag = one.tags().and_then(|tags| tags.get(TAG));
            one.cluster_name() == Some(name) && tag.is_some_and(|told| told == lab)
        });
        Ok(ours.and_then(|one| {
            let arn = one.cluster_arn()?;
            Some(Making::of(
                arn,
                arn,
                one.state().map(|state| state.as_str()),
            ))
        }))
    }

    /// A configuration can carry no tag. Its description says whose it is.
    pub(in crate::account) async fn configuration_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let ours = format!("lab {lab}");
        let list = self.clients().kafka.list_configurations();
        let mut all = list.into_paginator().items().send();
        while let Some(one) = all.next().await {
            let one = one.map_err(self.failed("Kafka", "ListConfigurations"))?;
            let said = (one.name(), one.description());
            if let Some(arn) = one.arn().filter(|_| said == (Some(name), Some(&ours))) {
                let state = one.state().map(|state| state.as_str());
                return Ok(Some(Making::of(arn, arn, state)));
            }
        }
        Ok(None)
    }
}
