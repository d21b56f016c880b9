//! FailoverDBCluster: MySQL moves to the other zone, and another member is the writer.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use jiff::Timestamp;

use crate::data_plane::Step;
use crate::protocol::refusal::Refusal;
use crate::protocol::wire;
use crate::protocol::xml::Element;
use crate::rds::{cluster, overlay};
use crate::rehearsal::{Call, Rehearsal, lock};

/// FailoverDBCluster.
pub(super) async fn failover(
    rehearsal: &Arc<Rehearsal>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let id = call.form.required("DBClusterIdentifier")?.to_owned();
    let mut told = cluster(rehearsal, call, &id).await?;
    let real = rehearsal.topology().await?.mysql;
    overlay::cluster(rehearsal, &mut told, &real);
    let target = target(&told, call.form.get("TargetDBInstanceIdentifier"))?;
    if told.value("Status") != "available"
        || !lock(&rehearsal.databases).failing_over.insert(id.clone())
    {
        let message = format!("DB cluster {id} is not in available state.");
        return Err(Refusal::sender("InvalidDBClusterStateFault", message));
    }
    follow(rehearsal, &id, target);
    told.set_text("Status", "failing-over");
    Ok(wire::query_answer(
        "rds",
        "FailoverDBCluster",
        vec![told],
        &call.id,
    ))
}

/// The reader that is to be the writer.
fn target(told: &Element, wanted: Option<&str>) -> Result<String, Refusal> {
    let members = told
        .child("DBClusterMembers")
        .map_or(&[][..], |list| &list.children);
    let readers = members
        .iter()
        .filter(|member| member.value("IsClusterWriter") != "true");
    let mut readers = readers.map(|member| member.value("DBInstanceIdentifier"));
    let found = match wanted {
        Some(wanted) => readers.find(|reader| *reader == wanted),
        None => readers.next(),
    };
    found.map(str::to_owned).ok_or_else(|| {
        let message = "Cannot fail over: the cluster has no such reader in available state.";
        Refusal::sender("InvalidDBClusterStateFault", message)
    })
}

/// RDS-EVENT-0073 and 0071; 0069 when it fails.
fn follow(rehearsal: &Arc<Rehearsal>, id: &str, target: String) {
    let (source, ended) = (id.to_owned(), id.to_owned());
    rehearsal.follow(
        rehearsal.plane.failover_mysql(),
        move |rehearsal, happened| {
            let message = match happened.step {
                Step::Killed => format!("Started cross AZ failover to DB instance: {target}."),
                Step::Promoted { .. } => {
                    let mut databases = lock(&rehearsal.databases);
                    databases.writers.insert(source.clone(), target.clone());
                    return;
                }
                Step::Back => format!("Completed failover to DB instance: {target}."),
            };
            let source = ("db-cluster", source.as_str());
            lock(&rehearsal.events).rds(happened.at, source, "failover", message);
        },
        move |rehearsal, result| {
            lock(&rehearsal.databases).failing_over.remove(&ended);
            if result.is_err() {
                let message = "Cluster failover failed, check the health of your cluster instances and try again.";
                let source = ("db-cluster", ended.as_str());
                lock(&rehearsal.events).rds(Timestamp::now(), source, "failover", message);
            }
        },
    );
}
