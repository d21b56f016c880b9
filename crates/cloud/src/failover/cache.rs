//! Redis: ElastiCache tests the failover of a shard.

use rlab_aws::account::Source;
use rlab_drill::{ControlError, FailedOver};

use super::guard::refused;
use super::{Asking, guard, told};

/// The kind of cache that has replicas of its own.
const GROUP: &str = "replication-group";

impl Asking {
    /// Whether the group may fail over `times` times.
    pub(super) async fn cache_is_ready(&self, times: usize) -> Result<(), ControlError> {
        let redis = &self.deployed.redis;
        if redis.kind != GROUP {
            return Err(refused(
                format!("a cache of kind {} cannot be failed over", redis.kind),
                "take a profile whose cache has replicas of its own",
            ));
        }
        let told = self.account.cache_group(&redis.id).await;
        guard::cache(&told.map_err(told::unasked)?)?;
        let quota = &self.facts.cache.quota;
        let used = self.account.tested_failovers(quota).await;
        guard::quota(quota, &used.map_err(told::unasked)?, times)
    }

    pub(super) async fn fail_cache_over(&self) -> Result<FailedOver, ControlError> {
        let (id, chain) = (&self.deployed.redis.id, &self.facts.cache.chain);
        let group = self.account.cache_group(id).await;
        let group = group.map_err(told::unasked)?;
        let mut sources = vec![(Source::ReplicationGroup, id.as_str())];
        let members = group.members.iter();
        sources.extend(members.map(|member| (Source::CacheCluster, member.id.as_str())));
        let watch = self.account.watch(&sources).await;
        let watch = watch.map_err(told::unasked)?;
        let asked = self.account.test_failover(id, &group.shard).await;
        let asked = asked.map_err(told::unanswered)?;
        let followed = watch.follow(chain, self.limits.cache).await;
        let what = format!("TestFailover of {id}, node group {}", group.shard);
        Ok(told::by_events(&what, &asked, chain, followed))
    }
}
