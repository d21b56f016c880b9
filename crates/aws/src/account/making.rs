//! What AWS was making when whoever had asked for it was killed: found by its name, believed by its tag.

use std::collections::HashMap;

use serde_json::json;

use super::connected::Account;
use super::error::AccountError;
use super::plain::Service;
use super::still_there::State;
use super::tagged::{TAG, Tagged};

/// Something that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    /// What AWS calls it, as terraform shows ids.
    pub id: String,
    /// The same as its ARN, for whoever has to remove it.
    pub found: Tagged,
    /// How far it is.
    pub progress: Progress,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It can be used.
    Ready,
    /// AWS still works on it; its word for that.
    Working(String),
    /// AWS gave it up; its word for that.
    Failed(String),
}

impl Progress {
    /// Reads AWS's word: MSK, RDS and ElastiCache have different ones.
    fn of(status: Option<&str>) -> Self {
        let Some(status) = status else {
            return Self::Ready;
        };
        let word = status.to_ascii_lowercase();
        match word.as_str() {
            "active" | "available" => Self::Ready,
            _ if word.contains("fail") || word.starts_with("incompatible") => {
                Self::Failed(status.to_owned())
            }
            _ => Self::Working(status.to_owned()),
        }
    }
}

impl Account {
    /// Looks for what `lab` began under `name`, as terraform calls its type; `None` when there is no such
    /// thing, or it is somebody else's, or the type is not looked for.
    ///
    /// # Errors
    /// When AWS refuses or does not answer.
    pub async fn making(
        &self,
        lab: &str,
        kind: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let made = match kind {
            "aws_msk_cluster" | "aws_msk_serverless_cluster" => self.cluster_of(lab, name).await,
            "aws_msk_configuration" => return self.configuration_of(lab, name).await,
            "aws_secretsmanager_secret" => self.secret_of(lab, name).await,
            "aws_service_discovery_private_dns_namespace" => self.namespace_of(lab, name).await,
            "aws_db_instance" => return self.named(lab, "rds", &format!("db:{name}"), name).await,
            "aws_rds_cluster" => {
                let resource = format!("cluster:{name}");
                return self.named(lab, "rds", &resource, name).await;
            }
            "aws_elasticache_replication_group" => {
                let resource = format!("replicationgroup:{name}");
                return self.named(lab, "elasticache", &resource, name).await;
            }
            "aws_elasticache_serverless_cache" => {
                let resource = format!("serverlesscache:{name}");
                return self.named(lab, "elasticache", &resource, name).await;
            }
            _ => return Ok(None),
        };
        Ok(made?.and_then(|(id, arn, status)| {
            Some(Making {
                id,
                found: Tagged::of(&arn)?,
                progress: Progress::of(status.as_deref()),
            })
        }))
    }

    async fn cluster_of(&self, lab: &str, name: &str) -> Result<Option<Found>, AccountError> {
        let list = self.clients().kafka.list_clusters_v2();
        let list = list.cluster_name_filter(name).send().await;
        let told = list.map_err(self.failed("Kafka", "ListClustersV2"))?;
        let mut clusters = told.cluster_info_list().iter();
        // The filter is a prefix.
        let ours = clusters.find(|one| one.cluster_name() == Some(name) && is_of(lab, one.tags()));
        Ok(ours.and_then(|one| {
            let arn = one.cluster_arn()?.to_owned();
            let status = one.state().map(|state| state.as_str().to_owned());
            Some((arn.clone(), arn, status))
        }))
    }

    /// A configuration has no state until it is used; its list has no tags, so they are asked for.
    async fn configuration_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let kafka = &self.clients().kafka;
        let mut all = kafka.list_configurations().into_paginator().items().send();
        while let Some(one) = all.next().await {
            let one = one.map_err(self.failed("Kafka", "ListConfigurations"))?;
            let Some(arn) = one.arn().filter(|_| one.name() == Some(name)) else {
                continue;
            };
            let told = kafka.list_tags_for_resource().resource_arn(arn).send();
            let told = told
                .await
                .map_err(self.failed("Kafka", "ListTagsForResource"))?;
            return Ok(Tagged::of(arn)
                .filter(|_| is_of(lab, told.tags()))
                .map(|found| Making {
                    id: arn.to_owned(),
                    found,
                    progress: Progress::Ready,
                }));
        }
        Ok(None)
    }

    async fn secret_of(&self, lab: &str, name: &str) -> Result<Option<Found>, AccountError> {
        let describe = self.clients().secrets.describe_secret().secret_id(name);
        let told = describe.send().await;
        let told = match told.map_err(self.failed("Secrets Manager", "DescribeSecret")) {
            Err(error) if error.not_found() => return Ok(None),
            told => told?,
        };
        let mut tags = told.tags().iter();
        let ours = tags.any(|tag| (tag.key(), tag.value()) == (Some(TAG), Some(lab)));
        let arn = told.arn().filter(|_| ours && told.deleted_date().is_none());
        Ok(arn.map(|arn| (arn.to_owned(), arn.to_owned(), None)))
    }

    async fn namespace_of(&self, lab: &str, name: &str) -> Result<Option<Found>, AccountError> {
        let mut from = None::<String>;
        loop {
            let ask = match &from {
                Some(token) => json!({ "NextToken": token }),
                None => json!({}),
            };
            let page = self.json(Service::CloudMap, "ListNamespaces", ask).await?;
            let all = page["Namespaces"].as_array().into_iter().flatten();
            for one in all.filter(|one| one["Name"] == name && one["Type"] == "DNS_PRIVATE") {
                let (Some(id), Some(arn)) = (one["Id"].as_str(), one["Arn"].as_str()) else {
                    continue;
                };
                let ask = json!({ "ResourceARN": arn });
                let told = self.json(Service::CloudMap, "ListTagsForResource", ask);
                let told = told.await?;
                let mut tags = told["Tags"].as_array().into_iter().flatten();
                if tags.any(|tag| tag["Key"] == TAG && tag["Value"] == lab) {
                    return Ok(Some((id.to_owned(), arn.to_owned(), None)));
                }
            }
            from = page["NextToken"].as_str().map(str::to_owned);
            if from.is_none() {
                return Ok(None);
            }
        }
    }

    /// What is called by its name alone. The lab's name is part of it, and of nobody else's.
    async fn named(
        &self,
        lab: &str,
        service: &str,
        resource: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let identity = self.identity();
        let (partition, region, account) =
            (&identity.partition, &identity.region, &identity.account);
        let arn = format!("arn:{partition}:{service}:{region}:{account}:{resource}");
        let Some(found) = Tagged::of(&arn).filter(|_| name == format!("rlab-{lab}")) else {
            return Ok(None);
        };
        Ok(match self.residual(found.clone()).await.state {
            State::There { status } => Some(Making {
                id: name.to_owned(),
                found,
                progress: Progress::of(status.as_deref()),
            }),
            _ => None,
        })
    }
}

/// Id, ARN and AWS's word for the state.
type Found = (String, String, Option<String>);

fn is_of(lab: &str, tags: Option<&HashMap<String, String>>) -> bool {
    let told = tags.and_then(|tags| tags.get(TAG));
    told.is_some_and(|told| told == lab)
}
