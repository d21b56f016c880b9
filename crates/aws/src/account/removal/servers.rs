//! The end of databases, caches, brokers and tasks, and of what they were told.

use crate::account::connected::Account;
use crate::account::error::AccountError;

impl Account {
    /// Without a last snapshot, as a lab's own root does it. What is protected from deletion is refused.
    pub(super) async fn delete_database(&self, kind: &str, name: &str) -> Result<(), AccountError> {
        let rds = &self.clients().rds;
        match kind {
            "db" => {
                let told = rds.describe_db_instances().db_instance_identifier(name);
                let told = told.send().await;
                let told = told.map_err(self.failed("RDS", "DescribeDBInstances"))?;
                let instances = told.db_instances().iter();
                let delete = rds.delete_db_instance().db_instance_identifier(name);
                // A cluster's data is the cluster's.
                let delete = match instances
                    .filter_map(|i| i.db_cluster_identifier())
                    .next()
                    .is_some()
                {
                    true => delete,
                    false => delete
                        .skip_final_snapshot(true)
                        .delete_automated_backups(true),
                };
                let done = delete.send().await;
                done.map(drop)
                    .map_err(self.failed("RDS", "DeleteDBInstance"))
            }
            "cluster" => {
                let delete = rds.delete_db_cluster().db_cluster_identifier(name);
                let done = delete.skip_final_snapshot(true).send().await;
                done.map(drop)
                    .map_err(self.failed("RDS", "DeleteDBCluster"))
            }
            "subgrp" => {
                let delete = rds.delete_db_subnet_group().db_subnet_group_name(name);
                let done = delete.send().await;
                done.map(drop)
                    .map_err(self.failed("RDS", "DeleteDBSubnetGroup"))
            }
            "pg" => {
                let delete = rds
                    .delete_db_parameter_group()
                    .db_parameter_group_name(name);
                let done = delete.send().await;
                done.map(drop)
                    .map_err(self.failed("RDS", "DeleteDBParameterGroup"))
            }
            _ => {
                let delete = rds.delete_db_cluster_parameter_group();
                let done = delete.db_cluster_parameter_group_name(name).send().await;
                done.map(drop)
                    .map_err(self.failed("RDS", "DeleteDBClusterParameterGroup"))
            }
        }
    }

    pub(super) async fn delete_cache(&self, kind: &str, name: &str) -> Result<(), AccountError> {
        let caches = &self.clients().elasticache;
        match kind {
            "replicationgroup" => {
                let delete = caches.delete_replication_group().replication_group_id(name);
                let done = delete.send().await;
                done.map(drop)
                    .map_err(self.failed("ElastiCache", "DeleteReplicationGroup"))
            }
            "serverlesscache" => {
                let delete = caches.delete_serverless_cache().serverless_cache_name(name);
                let done = delete.send().await;
                done.map(drop)
                    .map_err(self.failed("ElastiCache", "DeleteServerlessCache"))
            }
            "cluster" => {
                let delete = caches.delete_cache_cluster().cache_cluster_id(name);
                let done = delete.send().await;
                done.map(drop)
                    .map_err(self.failed("ElastiCache", "DeleteCacheCluster"))
            }
            "usergroup" => {
                let delete = caches.delete_user_group().user_group_id(name);
                let done = delete.send().await;
                done.map(drop)
                    .map_err(self.failed("ElastiCache", "DeleteUserGroup"))
            }
            "user" => {
                let done = caches.delete_user().user_id(name).send().await;
                done.map(drop)
                    .map_err(self.failed("ElastiCache", "DeleteUser"))
            }
            "subnetgroup" => {
                let delete = caches.delete_cache_subnet_group();
                let done = delete.cache_subnet_group_name(name).send().await;
                done.map(drop)
                    .map_err(self.failed("ElastiCache", "DeleteCacheSubnetGroup"))
            }
            _ => {
                let delete = caches.delete_cache_parameter_group();
                let done = delete.cache_parameter_group_name(name).send().await;
                done.map(drop)
                    .map_err(self.failed("ElastiCache", "DeleteCacheParameterGroup"))
            }
        }
    }

    pub(super) async fn delete_kafka(&self, kind: &str, arn: &str) -> Result<(), AccountError> {
        let kafka = &self.clients().kafka;
        match kind {
            "cluster" => {
                let done = kafka.delete_cluster().cluster_arn(arn).send().await;
                done.map(drop)
                    .map_err(self.failed("Kafka", "DeleteCluster"))
            }
            _ => {
                let done = kafka.delete_configuration().arn(arn).send().await;
                done.map(drop)
                    .map_err(self.failed("Kafka", "DeleteConfiguration"))
            }
        }
    }

    pub(super) async fn delete_task(
        &self,
        kind: &str,
        name: &str,
        arn: &str,
    ) -> Result<(), AccountError> {
        let ecs = &self.clients().ecs;
        let cluster = name.split('/').next().unwrap_or(name);
        match kind {
            "service" => {
                let delete = ecs.delete_service().cluster(cluster).service(arn);
                let done = delete.force(true).send().await;
                done.map(drop).map_err(self.failed("ECS", "DeleteService"))
            }
            "task" => {
                let done = ecs.stop_task().cluster(cluster).task(arn).send().await;
                done.map(drop).map_err(self.failed("ECS", "StopTask"))
            }
            "cluster" => {
                let done = ecs.delete_cluster().cluster(arn).send().await;
                done.map(drop).map_err(self.failed("ECS", "DeleteCluster"))
            }
            _ => {
                let deregister = ecs.deregister_task_definition().task_definition(arn);
                let done = deregister.send().await;
                done.map(drop)
                    .map_err(self.failed("ECS", "DeregisterTaskDefinition"))
            }
        }
    }
}
