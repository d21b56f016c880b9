//! RDS: an instance with a standby in another zone, or a cluster with readers.

use aws_sdk_rds::operation::RequestId;
use serde::Serialize;

use super::Asked;
use crate::account::connected::Account;
use crate::account::error::AccountError;

/// A DB instance as AWS tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseInstance {
    /// Its name.
    pub id: String,
    /// `available` when it can be failed over.
    pub status: String,
    /// Whether it has a standby.
    pub multi_az: bool,
    /// Zone of the primary.
    pub zone: Option<String>,
    /// Zone of the standby.
    pub standby_zone: Option<String>,
}

/// A DB cluster as AWS tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseCluster {
    /// Its name.
    pub id: String,
    /// `available` when it can be failed over.
    pub status: String,
    /// Its member that is written to.
    pub writer: Option<String>,
    /// Its members that are readers.
    pub readers: Vec<String>,
    /// The zones that it can be in.
    pub zones: Vec<String>,
}

impl Account {
    /// The DB instance `id`.
    ///
    /// # Errors
    /// When there is none, or AWS refuses.
    pub async fn database_instance(&self, id: &str) -> Result<DatabaseInstance, AccountError> {
        let ask = self.clients().rds.describe_db_instances();
        let told = ask.db_instance_identifier(id).send().await;
        let told = told.map_err(self.failed("RDS", "DescribeDBInstances"))?;
        let found = told.db_instances().first();
        let found = found.ok_or(AccountError::Incomplete {
            action: "rds:DescribeDBInstances",
            what: "the instance",
        })?;
        Ok(DatabaseInstance {
            id: id.to_owned(),
            status: found.db_instance_status().unwrap_or_default().to_owned(),
            multi_az: found.multi_az().unwrap_or_default(),
            zone: found.availability_zone().map(str::to_owned),
            standby_zone: found.secondary_availability_zone().map(str::to_owned),
        })
    }

    /// The DB cluster `id`.
    ///
    /// # Errors
    /// When there is none, or AWS refuses.
    pub async fn database_cluster(&self, id: &str) -> Result<DatabaseCluster, AccountError> {
        let ask = self.clients().rds.describe_db_clusters();
        let told = ask.db_cluster_identifier(id).send().await;
        let told = told.map_err(self.failed("RDS", "DescribeDBClusters"))?;
        let found = told.db_clusters().first();
        let found = found.ok_or(AccountError::Incomplete {
            action: "rds:DescribeDBClusters",
            what: "the cluster",
        })?;
        let members = found.db_cluster_members().iter();
        let named = |writes: bool| {
            let members = members.clone();
            let those = members.filter(move |member| member.is_cluster_writer() == Some(writes));
            those.filter_map(|member| member.db_instance_identifier().map(str::to_owned))
        };
        Ok(DatabaseCluster {
            id: id.to_owned(),
            status: found.status().unwrap_or_default().to_owned(),
            writer: named(true).next(),
            readers: named(false).collect(),
            zones: found.availability_zones().to_vec(),
        })
    }

    /// Reboots the DB instance `id` into its standby's zone; answered before it has happened.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn fail_instance_over(&self, id: &str) -> Result<Asked, AccountError> {
        let asked = Asked::now();
        let ask = self.clients().rds.reboot_db_instance();
        let ask = ask.db_instance_identifier(id).force_failover(true);
        let told = ask.send().await;
        let told = told.map_err(self.failed("RDS", "RebootDBInstance"))?;
        Ok(asked.answered(told.request_id()))
    }

    /// Has a reader of the DB cluster `id` become its writer; answered before it has happened.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn fail_cluster_over(&self, id: &str) -> Result<Asked, AccountError> {
        let asked = Asked::now();
        let ask = self.clients().rds.failover_db_cluster();
        let told = ask.db_cluster_identifier(id).send().await;
        let told = told.map_err(self.failed("RDS", "FailoverDBCluster"))?;
        Ok(asked.answered(told.request_id()))
    }
}
