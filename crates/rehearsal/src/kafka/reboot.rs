//! RebootBroker: a real broker dies and comes back, and the operation says so.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::data_plane::Step;
use crate::kafka::operation::Operation;
use crate::kafka::store::Kind;
use crate::kafka::{Request, bad_request};
use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Rehearsal, lock};

/// The operation's steps: up to the kill, up to the return, and what is left to tidy.
const STEPS: [&str; 3] = ["INITIALIZE_REBOOT", "REBOOT", "FINALIZE_REBOOT"];

/// RebootBroker.
pub(crate) async fn reboot(
    rehearsal: &Arc<Rehearsal>,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let arn = request.route.arn.clone();
    lock(&rehearsal.kafka).cluster(&arn)?;
    let topology = rehearsal.topology().await?;
    let ids = request.body["brokerIds"].as_array();
    let id: i32 = match ids.map_or(&[][..], Vec::as_slice) {
        [Value::String(id)] => id
            .parse()
            .map_err(|_| bad_request("The parameter value is invalid: brokerIds."))?,
        _ => return Err(bad_request("You can reboot only one broker at a time.")),
    };
    if !topology.brokers.iter().any(|broker| broker.id == id) {
        return Err(bad_request(format!(
            "The broker ID {id} doesn't exist in the cluster."
        )));
    }
    let operation = Operation::new(&arn, "REBOOT_NODE", "REBOOT_IN_PROGRESS", &STEPS);
    let operation_arn = operation.arn.clone();
    {
        let mut store = lock(&rehearsal.kafka);
        let cluster = store.cluster_mut(&arn)?;
        cluster.settle(&topology);
        if let Kind::Serverless(_) = cluster.kind {
            return Err(bad_request(
                "This operation cannot be performed on serverless clusters.",
            ));
        }
        let state = cluster.state(&topology);
        if state != "ACTIVE" {
            return Err(bad_request(format!(
                "You can't reboot a broker while the cluster is in the {state} state. The cluster must be ACTIVE."
            )));
        }
        let mut operation = operation;
        operation.reach(0);
        store.begin(operation, "REBOOTING_BROKER");
    }
    follow(rehearsal, &arn, &operation_arn, id);
    Ok(json!({ "clusterArn": arn, "clusterOperationArn": operation_arn }))
}

fn follow(rehearsal: &Arc<Rehearsal>, cluster: &str, operation: &str, id: i32) {
    let (arn, cluster, last) = (
        operation.to_owned(),
        cluster.to_owned(),
        operation.to_owned(),
    );
    rehearsal.follow(
        rehearsal.plane.reboot_broker(id),
        move |rehearsal, happened| {
            let mut store = lock(&rehearsal.kafka);
            if let Some(operation) = store.operation_mut(&arn) {
                match happened.step {
                    Step::Killed => operation.reach(1),
                    Step::Promoted { .. } => {}
                    Step::Back => {
                        operation.reach(2);
                        operation.ended = Some(happened.at);
                    }
                }
            }
        },
        move |rehearsal, result| {
            let mut store = lock(&rehearsal.kafka);
            if let Some(operation) = store.operation_mut(&last) {
                match result {
                    Ok(()) => operation.succeed("REBOOT_COMPLETE"),
                    Err(error) => operation.fail("REBOOT_FAILED", error.to_string()),
                }
            }
            store.end(&cluster);
        },
    );
}
