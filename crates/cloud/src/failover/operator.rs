//! Where servers stand that are AWS's, as its API tells it.

use futures::FutureExt;
use futures::future::BoxFuture;
use rlab_drill::Operator;

use super::Asking;
use super::database::{CLUSTER, INSTANCE};

/// ElastiCache's word for the node that is written to.
const PRIMARY: &str = "primary";

impl Asking {
    /// Name of the instance that is written to.
    async fn writer(&self) -> Option<String> {
        let mysql = &self.deployed.mysql;
        match mysql.kind.as_str() {
            INSTANCE => Some(mysql.id.clone()),
            CLUSTER => {
                let cluster = self.account.database_cluster(&mysql.id).await;
                cluster.ok()?.writer
            }
            _ => None,
        }
    }
}

impl Operator for Asking {
    fn mysql_zone(&self) -> BoxFuture<'_, Option<String>> {
        async {
            let writer = self.writer().await?;
            let instance = self.account.database_instance(&writer).await;
            instance.ok()?.zone
        }
        .boxed()
    }

    fn redis_primary(&self) -> BoxFuture<'_, Option<String>> {
        async {
            let group = self.account.cache_group(&self.deployed.redis.id).await;
            let mut members = group.ok()?.members.into_iter();
            let primary = members.find(|member| member.role.as_deref() == Some(PRIMARY));
            primary.map(|member| member.id)
        }
        .boxed()
    }

    fn broker_in<'a>(&'a self, zone: &'a str) -> BoxFuture<'a, Option<u32>> {
        async move {
            let wanted = self.deployed.network.subnet_by_zone.get(zone)?;
            let brokers = self.account.brokers(&self.deployed.kafka.cluster_arn).await;
            let mut subnets = brokers.ok()?.subnets.into_iter();
            let found = subnets.find(|(_, subnet)| subnet == wanted);
            found.map(|(id, _)| id)
        }
        .boxed()
    }
}
