//! What hangs on a cluster: tags, the resource policy, SCRAM secrets.

use serde_json::{Value, json};

use crate::kafka::route::Action as A;
use crate::kafka::store::{Policy, Store};
use crate::kafka::{Request, cluster, not_found};
use crate::protocol::refusal::Refusal;

/// Answers everything about tags, policies and SCRAM secrets.
pub(crate) fn answer(store: &mut Store, request: &Request<'_>) -> Result<Value, Refusal> {
    let cluster = store.cluster_mut(&request.route.arn)?;
    let secrets = || {
        let list = request.body["secretArnList"]
            .as_array()
            .into_iter()
            .flatten();
        list.filter_map(|arn| arn.as_str().map(str::to_owned))
    };
    match request.route.action {
        A::ListTagsForResource => Ok(json!({ "tags": cluster.tags })),
        A::TagResource => {
            cluster.tags.extend(cluster::tags(&request.body["tags"]));
            Ok(Value::Null)
        }
        A::UntagResource => {
            let query = request.call.parts.uri.query().unwrap_or_default();
            for (name, key) in form_urlencoded::parse(query.as_bytes()) {
                if name == "tagKeys" {
                    cluster.tags.remove(key.as_ref());
                }
            }
            Ok(Value::Null)
        }
        A::GetClusterPolicy => {
            let policy = cluster.policy.as_ref().ok_or_else(not_found)?;
            Ok(json!({ "policy": policy.document, "currentVersion": version(policy) }))
        }
        A::PutClusterPolicy => {
            let policy = cluster.policy.get_or_insert_default();
            policy.document = request.text("policy").to_owned();
            policy.version += 1;
            Ok(json!({ "currentVersion": version(policy) }))
        }
        A::DeleteClusterPolicy => {
            cluster.policy.take().ok_or_else(not_found)?;
            Ok(json!({}))
        }
        A::BatchAssociateScramSecret => {
            cluster.secrets.extend(secrets());
            cluster.secrets.sort();
            cluster.secrets.dedup();
            Ok(json!({ "clusterArn": cluster.arn, "unprocessedScramSecrets": [] }))
        }
        A::BatchDisassociateScramSecret => {
            let gone: Vec<String> = secrets().collect();
            cluster.secrets.retain(|secret| !gone.contains(secret));
            Ok(json!({ "clusterArn": cluster.arn, "unprocessedScramSecrets": [] }))
        }
        _ => Ok(json!({ "secretArnList": cluster.secrets })),
    }
}

fn version(policy: &Policy) -> String {
    format!("K{:013}", policy.version)
}
