//! RDS: an emulator keeps the books, the real MySQL says what is true of it.

mod cluster;
mod instance;
mod logs;
mod overlay;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;

use crate::events;
use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::protocol::xml::Element;
use crate::rehearsal::{Call, Rehearsal};

/// What is being done to instances and clusters, and what became of it.
#[derive(Debug, Default)]
pub(crate) struct Databases {
    /// Instances that reboot.
    rebooting: BTreeSet<String>,
    /// Instances whose last reboot failed. Their status is so while MySQL is not back.
    failed: BTreeSet<String>,
    /// Clusters that fail over.
    failing_over: BTreeSet<String>,
    /// The writer of a cluster that has failed over.
    writers: BTreeMap<String, String>,
}

/// Answers a call of RDS.
pub(crate) async fn answer(
    rehearsal: &Arc<Rehearsal>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    match call.action.as_str() {
        "DescribeEvents" => events::describe(rehearsal, call).await,
        "RebootDBInstance" => instance::reboot(rehearsal, call).await,
        "FailoverDBCluster" => cluster::failover(rehearsal, call).await,
        "DescribeDBLogFiles" => logs::describe(rehearsal, call).await,
        "DownloadDBLogFilePortion" => logs::download(rehearsal, call).await,
        _ => {
            crate::gaps::note(rehearsal, call);
            let answer = rehearsal.backend.fetch(call).await?;
            overlay::overlay(rehearsal, call, answer).await
        }
    }
}

/// The emulator's view of one instance.
async fn instance(rehearsal: &Rehearsal, call: &Call, id: &str) -> Result<Element, Refusal> {
    let key = "DBInstanceIdentifier";
    let found = find(
        rehearsal,
        call,
        ("DescribeDBInstances", "DBInstance", key),
        id,
    )
    .await?;
    found.ok_or_else(|| {
        let message = format!("DBInstance {id} not found.");
        Refusal::not_found("DBInstanceNotFound", message)
    })
}

/// The emulator's view of one cluster.
async fn cluster(rehearsal: &Rehearsal, call: &Call, id: &str) -> Result<Element, Refusal> {
    let key = "DBClusterIdentifier";
    let found = find(
        rehearsal,
        call,
        ("DescribeDBClusters", "DBCluster", key),
        id,
    )
    .await?;
    found.ok_or_else(|| {
        let message = format!("DBCluster {id} not found.");
        Refusal::not_found("DBClusterNotFoundFault", message)
    })
}

async fn find(
    rehearsal: &Rehearsal,
    call: &Call,
    (action, element, key): (&str, &str, &str),
    id: &str,
) -> Result<Option<Element>, Refusal> {
    let version = call.form.get("Version").unwrap_or_default();
    let question = Form::of(&[("Action", action), ("Version", version), (key, id)]);
    let told = rehearsal.backend.ask(call, &question).await?;
    Ok(told.find(element, &|found| found.value(key) == id).cloned())
}
