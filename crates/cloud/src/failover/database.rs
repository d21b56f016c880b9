//! MySQL: RDS reboots an instance into its standby's zone, or promotes a reader of a cluster.

use rlab_aws::account::Source;
use rlab_drill::{ControlError, FailedOver};

use super::guard::refused;
use super::{Asking, guard, told};

/// Kinds of databases that roots make.
pub(super) const INSTANCE: &str = "multi-az-instance";
pub(super) const CLUSTER: &str = "aurora-cluster";

impl Asking {
    pub(super) async fn database_is_ready(&self) -> Result<(), ControlError> {
        let mysql = &self.deployed.mysql;
        match mysql.kind.as_str() {
            INSTANCE => {
                let told = self.account.database_instance(&mysql.id).await;
                guard::instance(&told.map_err(told::unasked)?)
            }
            CLUSTER => {
                let told = self.account.database_cluster(&mysql.id).await;
                guard::cluster(&told.map_err(told::unasked)?)
            }
            other => Err(no_failover(other)),
        }
    }

    pub(super) async fn fail_database_over(&self) -> Result<FailedOver, ControlError> {
        let (id, limit) = (&self.deployed.mysql.id, self.limits.database);
        let instance = match self.deployed.mysql.kind.as_str() {
            INSTANCE => true,
            CLUSTER => false,
            other => return Err(no_failover(other)),
        };
        let (source, chain) = match instance {
            true => (Source::Database, &self.facts.instance),
            false => (Source::DatabaseCluster, &self.facts.cluster),
        };
        let watch = self.account.watch(&[(source, id)]).await;
        let watch = watch.map_err(told::unasked)?;
        let (what, asked) = match instance {
            true => (
                format!("RebootDBInstance of {id} with failover"),
                self.account.fail_instance_over(id).await,
            ),
            false => (
                format!("FailoverDBCluster of {id}"),
                self.account.fail_cluster_over(id).await,
            ),
        };
        let asked = asked.map_err(told::unanswered)?;
        let followed = watch.follow(chain, limit).await;
        Ok(told::by_events(&what, &asked, chain, followed))
    }
}

fn no_failover(kind: &str) -> ControlError {
    refused(
        format!("a database of kind {kind} cannot be failed over"),
        "take a profile whose database has a standby",
    )
}
