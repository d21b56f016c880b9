//! What an account already has of what is limited.

use aws_sdk_ecs::types::LaunchType;

use super::Limit;
use crate::account::connected::Account;
use crate::account::error::AccountError;

/// Tasks that ECS describes in one call.
const TASKS: usize = 100;

impl Account {
    /// How many the account has; `None` for what is not counted.
    pub(super) async fn used(&self, limit: Limit) -> Result<Option<f64>, AccountError> {
        Ok(Some(match limit {
            // Only the API of EC2 knows.
            Limit::Vpcs => return Ok(None),
            Limit::KafkaBrokers => self.kafka_brokers().await?,
            Limit::Databases => self.databases().await?,
            Limit::CacheNodes => self.cache_nodes().await?,
            Limit::FargateVcpus => self.fargate_vcpus().await?,
        }))
    }

    async fn kafka_brokers(&self) -> Result<f64, AccountError> {
        let list = self.clients().kafka.list_clusters_v2();
        let mut clusters = list.into_paginator().items().send();
        let mut brokers = 0;
        while let Some(cluster) = clusters.next().await {
            let cluster = cluster.map_err(self.failed("Kafka", "ListClustersV2"))?;
            let provisioned = cluster.provisioned();
            brokers += provisioned
                .and_then(|p| p.number_of_broker_nodes())
                .unwrap_or_default();
        }
        Ok(f64::from(brokers))
    }

    async fn databases(&self) -> Result<f64, AccountError> {
        let list = self.clients().rds.describe_db_instances();
        let mut instances = list.into_paginator().items().send();
        let mut count = 0;
        while let Some(instance) = instances.next().await {
            instance.map_err(self.failed("RDS", "DescribeDBInstances"))?;
            count += 1;
        }
        Ok(f64::from(count))
    }

    async fn cache_nodes(&self) -> Result<f64, AccountError> {
        let list = self.clients().elasticache.describe_cache_clusters();
        let mut clusters = list.into_paginator().items().send();
        let mut nodes = 0;
        while let Some(cluster) = clusters.next().await {
            let cluster = cluster.map_err(self.failed("ElastiCache", "DescribeCacheClusters"))?;
            nodes += cluster.num_cache_nodes().unwrap_or(1);
        }
        Ok(f64::from(nodes))
    }

    async fn fargate_vcpus(&self) -> Result<f64, AccountError> {
        let ecs = &self.clients().ecs;
        let mut clusters = ecs.list_clusters().into_paginator().items().send();
        let mut vcpus = 0.0;
        while let Some(cluster) = clusters.next().await {
            let cluster = cluster.map_err(self.failed("ECS", "ListClusters"))?;
            let list = ecs.list_tasks().cluster(&cluster);
            let list = list.launch_type(LaunchType::Fargate);
            let mut pages = list.into_paginator().items().send();
            let mut tasks = Vec::new();
            while let Some(task) = pages.next().await {
                tasks.push(task.map_err(self.failed("ECS", "ListTasks"))?);
            }
            for some in tasks.chunks(TASKS) {
                let describe = ecs.describe_tasks().cluster(&cluster);
                let describe = describe.set_tasks(Some(some.to_vec())).send().await;
                let told = describe.map_err(self.failed("ECS", "DescribeTasks"))?;
                let units = told.tasks().iter().filter_map(|task| task.cpu());
                // ECS counts in 1/1024 of a vCPU.
                vcpus += units.filter_map(|u| u.parse::<f64>().ok()).sum::<f64>() / 1024.0;
            }
        }
        Ok(vcpus)
    }
}
