//! Databases, caches and brokers, and what is kept of them.

use aws_sdk_rds::types::DbInstanceAutomatedBackup;
use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::moment;

impl Account {
    pub(super) async fn database(
        &self,
        kind: &str,
        name: &str,
        arn: &str,
    ) -> Result<Option<State>, AccountError> {
        let rds = &self.clients().rds;
        Ok(Some(match kind {
            "db" => {
                let ask = rds.describe_db_instances().db_instance_identifier(name);
                let told = ask.send().await;
                let told = told.map_err(self.failed("RDS", "DescribeDBInstances"))?;
                State::if_told(told.db_instances().first(), |one| one.db_instance_status())
            }
            "cluster" => {
                let ask = rds.describe_db_clusters().db_cluster_identifier(name);
                let told = ask.send().await;
                let told = told.map_err(self.failed("RDS", "DescribeDBClusters"))?;
                State::if_told(told.db_clusters().first(), |one| one.status())
            }
            "snapshot" => {
                let ask = rds.describe_db_snapshots().db_snapshot_identifier(name);
                let told = ask.send().await;
                let told = told.map_err(self.failed("RDS", "DescribeDBSnapshots"))?;
                State::if_told(told.db_snapshots().first(), |one| one.status())
            }
            "cluster-snapshot" => {
                let ask = rds.describe_db_cluster_snapshots();
                let told = ask.db_cluster_snapshot_identifier(name).send().await;
                let told = told.map_err(self.failed("RDS", "DescribeDBClusterSnapshots"))?;
                State::if_told(told.db_cluster_snapshots().first(), |one| one.status())
            }
            "auto-backup" => {
                let ask = rds.describe_db_instance_automated_backups();
                let told = ask.db_instance_automated_backups_arn(arn).send().await;
                let told =
                    told.map_err(self.failed("RDS", "DescribeDBInstanceAutomatedBackups"))?;
                let backup = told.db_instance_automated_backups().first();
                backup.map_or(State::Gone, automated_backup)
            }
            "subgrp" => {
                let ask = rds.describe_db_subnet_groups().db_subnet_group_name(name);
                let told = ask.send().await;
                let told = told.map_err(self.failed("RDS", "DescribeDBSubnetGroups"))?;
                State::if_told(told.db_subnet_groups().first(), |_| None)
            }
            "pg" => {
                let ask = rds.describe_db_parameter_groups();
                let told = ask.db_parameter_group_name(name).send().await;
                let told = told.map_err(self.failed("RDS", "DescribeDBParameterGroups"))?;
                State::if_told(told.db_parameter_groups().first(), |_| None)
            }
            "cluster-pg" => {
                let ask = rds.describe_db_cluster_parameter_groups();
                let told = ask.db_cluster_parameter_group_name(name).send().await;
                let told = told.map_err(self.failed("RDS", "DescribeDBClusterParameterGroups"))?;
                State::if_told(told.db_cluster_parameter_groups().first(), |_| None)
            }
            _ => return Ok(None),
        }))
    }

    pub(super) async fn cache(
        &self,
        kind: &str,
        name: &str,
    ) -> Result<Option<State>, AccountError> {
        let caches = &self.clients().elasticache;
        Ok(Some(match kind {
            "replicationgroup" => {
                let ask = caches.describe_replication_groups();
                let told = ask.replication_group_id(name).send().await;
                let told = told.map_err(self.failed("ElastiCache", "DescribeReplicationGroups"))?;
                State::if_told(told.replication_groups().first(), |one| one.status())
            }
            "cluster" => {
                let ask = caches.describe_cache_clusters().cache_cluster_id(name);
                let told = ask.send().await;
                let told = told.map_err(self.failed("ElastiCache", "DescribeCacheClusters"))?;
                State::if_told(told.cache_clusters().first(), |one| {
                    one.cache_cluster_status()
                })
            }
            "serverlesscache" => {
                let ask = caches.describe_serverless_caches();
                let told = ask.serverless_cache_name(name).send().await;
                let told = told.map_err(self.failed("ElastiCache", "DescribeServerlessCaches"))?;
                State::if_told(told.serverless_caches().first(), |one| one.status())
            }
            "snapshot" => {
                let ask = caches.describe_snapshots().snapshot_name(name);
                let told = ask.send().await;
                let told = told.map_err(self.failed("ElastiCache", "DescribeSnapshots"))?;
                State::if_told(told.snapshots().first(), |one| one.snapshot_status())
            }
            "subnetgroup" => {
                let ask = caches.describe_cache_subnet_groups();
                let told = ask.cache_subnet_group_name(name).send().await;
                let told = told.map_err(self.failed("ElastiCache", "DescribeCacheSubnetGroups"))?;
                State::if_told(told.cache_subnet_groups().first(), |_| None)
            }
            "parametergroup" => {
                let ask = caches.describe_cache_parameter_groups();
                let told = ask.cache_parameter_group_name(name).send().await;
                let told =
                    told.map_err(self.failed("ElastiCache", "DescribeCacheParameterGroups"))?;
                State::if_told(told.cache_parameter_groups().first(), |_| None)
            }
            "user" => {
                let told = caches.describe_users().user_id(name).send().await;
                let told = told.map_err(self.failed("ElastiCache", "DescribeUsers"))?;
                State::if_told(told.users().first(), |one| one.status())
            }
            "usergroup" => {
                let ask = caches.describe_user_groups().user_group_id(name);
                let told = ask.send().await;
                let told = told.map_err(self.failed("ElastiCache", "DescribeUserGroups"))?;
                State::if_told(told.user_groups().first(), |one| one.status())
            }
            _ => return Ok(None),
        }))
    }

    pub(super) async fn kafka(&self, kind: &str, arn: &str) -> Result<Option<State>, AccountError> {
        let kafka = &self.clients().kafka;
        Ok(Some(match kind {
            "cluster" => {
                let told = kafka.describe_cluster_v2().cluster_arn(arn).send().await;
                let told = told.map_err(self.failed("Kafka", "DescribeClusterV2"))?;
                State::if_told(told.cluster_info(), |one| one.state().map(|s| s.as_str()))
            }
            "configuration" => {
                let told = kafka.describe_configuration().arn(arn).send().await;
                let told = told.map_err(self.failed("Kafka", "DescribeConfiguration"))?;
                State::there(told.state().map(|state| state.as_str()))
            }
            _ => return Ok(None),
        }))
    }
}

/// The backup of an instance that is gone is kept as long as it was to be kept, from its last moment on.
fn automated_backup(backup: &DbInstanceAutomatedBackup) -> State {
    if backup.status() != Some("retained") {
        return State::there(backup.status());
    }
    let last = backup
        .restore_window()
        .and_then(|window| window.latest_time());
    let days = backup.backup_retention_period().unwrap_or_default();
    let until = |last: Timestamp| last + SignedDuration::from_hours(24 * i64::from(days));
    State::Scheduled {
        what: format!("end of the backup, which is kept for {days} days"),
        until: last.and_then(moment::read).map(until),
    }
}
