//! ElastiCache: a replication group, and how many of its failovers may still be tested.

use aws_sdk_elasticache::operation::RequestId;
use aws_sdk_elasticache::types::{AutomaticFailoverStatus, SourceType};
use jiff::Timestamp;
use serde::Serialize;

use super::{Asked, Quota};
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::moment;

/// A replication group as AWS tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CacheGroup {
    /// Its name.
    pub id: String,
    /// `available` when it can be failed over.
    pub status: String,
    /// Whether a replica may take over by itself.
    pub automatic_failover: bool,
    /// Its first shard.
    pub shard: String,
    /// The nodes of that shard.
    pub members: Vec<CacheMember>,
}

/// A node of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CacheMember {
    /// Its name.
    pub id: String,
    /// Where it runs.
    pub zone: Option<String>,
    /// `primary` or `replica`; not told in cluster mode.
    pub role: Option<String>,
}

impl Account {
    /// The replication group `id`.
    ///
    /// # Errors
    /// When there is none, or AWS refuses.
    pub async fn cache_group(&self, id: &str) -> Result<CacheGroup, AccountError> {
        let ask = self.clients().elasticache.describe_replication_groups();
        let told = ask.replication_group_id(id).send().await;
        let told = told.map_err(self.failed("ElastiCache", "DescribeReplicationGroups"))?;
        let missing = |what| AccountError::Incomplete {
            action: "elasticache:DescribeReplicationGroups",
            what,
        };
        let groups = told.replication_groups().first();
        let group = groups.ok_or_else(|| missing("the group"))?;
        let shard = group
            .node_groups()
            .first()
            .ok_or_else(|| missing("a shard"))?;
        let text = |text: Option<&str>| text.map(str::to_owned);
        let members = shard.node_group_members().iter().map(|member| CacheMember {
            id: member.cache_cluster_id().unwrap_or_default().to_owned(),
            zone: text(member.preferred_availability_zone()),
            role: text(member.current_role()),
        });
        Ok(CacheGroup {
            id: id.to_owned(),
            status: group.status().unwrap_or_default().to_owned(),
            automatic_failover: group.automatic_failover()
                == Some(&AutomaticFailoverStatus::Enabled),
            shard: shard.node_group_id().unwrap_or_default().to_owned(),
            members: members.collect(),
        })
    }

    /// When failovers were tested within the window of `quota`, of whatever group and by whomever.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn tested_failovers(&self, quota: &Quota) -> Result<Vec<Timestamp>, AccountError> {
        let from = quota.window(Timestamp::now());
        let minutes = i32::try_from(quota.window_hours * 60).unwrap_or(i32::MAX);
        let ask = self.clients().elasticache.describe_events();
        let ask = ask
            .source_type(SourceType::ReplicationGroup)
            .duration(minutes);
        let mut pages = ask.into_paginator().items().send();
        let mut used = Vec::new();
        while let Some(event) = pages.next().await {
            let event = event.map_err(self.failed("ElastiCache", "DescribeEvents"))?;
            let counts = event
                .message()
                .is_some_and(|message| message.starts_with(&quota.counted));
            let at = event.date().and_then(moment::read);
            used.extend(at.filter(|at| counts && *at >= from));
        }
        Ok(used)
    }

    /// Has a replica take over in `shard` of the replication group `id`; answered before it has happened.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn test_failover(&self, id: &str, shard: &str) -> Result<Asked, AccountError> {
        let asked = Asked::now();
        let ask = self.clients().elasticache.test_failover();
        let ask = ask.replication_group_id(id).node_group_id(shard);
        let told = ask.send().await;
        let told = told.map_err(self.failed("ElastiCache", "TestFailover"))?;
        Ok(asked.answered(told.request_id()))
    }
}
