//! Changes of a cluster: what is only written down is taken, what the real brokers would have to do
//! is refused.

use serde_json::{Value, json};

use crate::kafka::operation::Operation;
use crate::kafka::route::Action as A;
use crate::kafka::store::Kind;
use crate::kafka::{Request, bad_request};
use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Rehearsal, lock};

/// UpdateBrokerStorage, UpdateBrokerType, UpdateMonitoring, UpdateConnectivity, UpdateStorage; the
/// others are refused.
pub(crate) async fn update(rehearsal: &Rehearsal, request: &Request<'_>) -> Result<Value, Refusal> {
    let arn = &request.route.arn;
    lock(&rehearsal.kafka).cluster(arn)?;
    let topology = rehearsal.topology().await?;
    let mut store = lock(&rehearsal.kafka);
    let cluster = store.cluster_mut(arn)?;
    cluster.settle(&topology);
    let state = cluster.state(&topology);
    if state != "ACTIVE" {
        return Err(bad_request(format!(
            "You can't update the cluster while it is in the {state} state. The cluster must be ACTIVE."
        )));
    }
    let wanted = request.text("currentVersion");
    if !wanted.is_empty() && wanted != cluster.current_version() {
        return Err(bad_request(
            "The current cluster version doesn't match the one given.",
        ));
    }
    let Kind::Provisioned(asked) = &mut cluster.kind else {
        return Err(bad_request(
            "This operation cannot be performed on serverless clusters.",
        ));
    };
    let kind = write_down(asked, request)?;
    cluster.version += 1;
    let mut operation = Operation::new(arn, kind, "UPDATE_IN_PROGRESS", &[]);
    operation.succeed("UPDATE_COMPLETE");
    let operation_arn = operation.arn.clone();
    store.begin(operation, "UPDATING");
    store.end(arn);
    Ok(json!({ "clusterArn": arn, "clusterOperationArn": operation_arn }))
}

/// Puts the change into what was asked for; the kind of operation it is.
fn write_down(asked: &mut Value, request: &Request<'_>) -> Result<&'static str, Refusal> {
    let body = &request.body;
    let group = &mut asked["brokerNodeGroupInfo"];
    Ok(match request.route.action {
        A::UpdateBrokerStorage => {
            let volume = &body["targetBrokerEBSVolumeInfo"][0];
            group["storageInfo"]["ebsStorageInfo"]["volumeSize"] = volume["volumeSizeGB"].clone();
            "INCREASE_BROKER_STORAGE"
        }
        A::UpdateStorage => {
            group["storageInfo"]["ebsStorageInfo"]["volumeSize"] = body["volumeSizeGB"].clone();
            "UPDATE_STORAGE"
        }
        A::UpdateBrokerType => {
            group["instanceType"] = body["targetInstanceType"].clone();
            "UPDATE_BROKER_TYPE"
        }
        A::UpdateConnectivity => {
            group["connectivityInfo"] = body["connectivityInfo"].clone();
            "UPDATE_CONNECTIVITY"
        }
        A::UpdateMonitoring => {
            for name in ["enhancedMonitoring", "openMonitoring", "loggingInfo"] {
                if !body[name].is_null() {
                    asked[name] = body[name].clone();
                }
            }
            "UPDATE_MONITORING"
        }
        action => {
            return Err(bad_request(format!(
                "The rehearsal's brokers cannot follow {action:?}: destroy the lab and create it anew."
            )));
        }
    })
}
