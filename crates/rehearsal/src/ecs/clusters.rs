//! The calls about clusters that tell or depend on what runs in them.

use serde_json::{Value, json};

use super::Request;
use super::service::Phase;
use super::task::Status;
use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Rehearsal, lock};

/// DescribeClusters.
pub(super) async fn describe(
    rehearsal: &Rehearsal,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let mut told = request
        .ask(rehearsal, "DescribeClusters", &request.body)
        .await?;
    let books = lock(&rehearsal.ecs);
    for cluster in told["clusters"].as_array_mut().into_iter().flatten() {
        let counts = books.count(|task| cluster["clusterArn"] == task.origin.cluster.as_str());
        cluster["runningTasksCount"] = json!(counts.running);
        cluster["pendingTasksCount"] = json!(counts.pending);
    }
    Ok(told)
}

/// DeleteCluster: refused while anything is in it.
pub(super) async fn delete(rehearsal: &Rehearsal, request: &Request<'_>) -> Result<Value, Refusal> {
    let cluster = request.cluster_arn();
    let (services, tasks) = {
        let books = lock(&rehearsal.ecs);
        let mut services = books.services.values();
        let mut tasks = books.tasks.iter();
        (
            services.any(|of| of.cluster == cluster && of.phase != Phase::Inactive),
            tasks.any(|of| of.origin.cluster == cluster && of.status != Status::Stopped),
        )
    };
    let refused = |code, what| {
        let message = format!("The Cluster cannot be deleted while {what} are active.");
        Err(Refusal::sender(code, message))
    };
    match (services, tasks) {
        (true, _) => refused("ClusterContainsServicesException", "Services"),
        (_, true) => refused("ClusterContainsTasksException", "Tasks"),
        _ => request.ask(rehearsal, "DeleteCluster", &request.body).await,
    }
}
