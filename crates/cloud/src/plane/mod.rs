//! A lab's servers and agents behind the rehearsed AWS API.
//!
//! Everything goes through the lab's supervisor, like every other change of a lab; what is told is what
//! its record of events says.

mod changes;
mod events;
mod runner;
mod services;
mod topology;

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use rlab_lab::client::LabClient;
use rlab_lab::protocol::Service;
use rlab_lab::servers::Site;
use rlab_lab::{LabDir, LabError};
use rlab_rehearsal::{
    Container, DataPlane, DataPlaneError, LogFile, Progress, Running, TaskPlane, TaskSteps,
    Topology,
};
use tokio::sync::watch;

/// The lab in a directory.
#[derive(Debug, Clone)]
pub struct LabPlane {
    dir: LabDir,
    /// Whether somebody asked for the registry. The lab needs it before ECS does; until then it is no
    /// task of anybody's.
    registry: Arc<watch::Sender<bool>>,
}

impl LabPlane {
    /// The lab in `dir`, which need not be up yet.
    pub fn new(dir: LabDir) -> Self {
        let registry = Arc::new(watch::Sender::new(false));
        Self { dir, registry }
    }

    async fn client(&self) -> Result<LabClient, DataPlaneError> {
        LabClient::connect(&self.dir)
            .await
            .map_err(|e| failed("lab", &e))
    }

    fn site(&self) -> Result<Site, DataPlaneError> {
        Site::load(self.dir.clone()).map_err(|e| failed("lab", &e))
    }
}

/// The service that is a server of the lab.
const REGISTRY: &str = "registry";

fn failed(node: &str, why: &LabError) -> DataPlaneError {
    DataPlaneError::Failed {
        node: node.to_owned(),
        why: why.to_string(),
    }
}

impl DataPlane for LabPlane {
    fn topology(&self) -> BoxFuture<'_, Result<Topology, DataPlaneError>> {
        async {
            let status = self.client().await?.status().await;
            let status = status.map_err(|e| failed("lab", &e))?;
            topology::of(&self.site()?.spec, &status)
        }
        .boxed()
    }

    fn reboot_broker(&self, id: i32) -> Progress {
        changes::reboot_broker(self.clone(), id)
    }

    fn failover_mysql(&self) -> Progress {
        changes::fail_over(self.clone(), Service::Mysql)
    }

    fn restart_mysql(&self) -> Progress {
        changes::restart(self.clone(), "mysql")
    }

    fn failover_redis(&self, node_group: &str) -> Progress {
        match node_group {
            topology::NODE_GROUP => changes::fail_over(self.clone(), Service::Redis),
            other => changes::refused(DataPlaneError::Unknown(other.to_owned())),
        }
    }

    fn mysql_logs(&self) -> BoxFuture<'_, Result<Vec<LogFile>, DataPlaneError>> {
        async { topology::mysql_logs(&self.dir) }.boxed()
    }

    fn read_mysql_log<'a>(
        &'a self,
        name: &'a str,
        offset: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, DataPlaneError>> {
        async move { topology::read_mysql_log(&self.dir, name, offset, limit) }.boxed()
    }
}

impl TaskPlane for LabPlane {
    fn follow(&self, service: &str) -> TaskSteps {
        services::follow(self.clone(), service.to_owned())
    }

    fn limit(&self, service: &str) -> u32 {
        services::limit(self, service)
    }

    fn scale<'a>(
        &'a self,
        service: &'a str,
        _container: &'a Container,
        desired: u32,
    ) -> BoxFuture<'a, Result<(), DataPlaneError>> {
        services::scale(self, service, desired).boxed()
    }

    fn run(&self, container: Container) -> BoxFuture<'_, Result<Running, DataPlaneError>> {
        async move { runner::run(&self.dir, container) }.boxed()
    }

    fn stop<'a>(&'a self, instance: &'a str) -> BoxFuture<'a, Result<(), DataPlaneError>> {
        async move {
            match runner::is_task(instance) {
                true => runner::stop(&self.dir, instance),
                false => services::replace(self, instance).await,
            }
        }
        .boxed()
    }
}
