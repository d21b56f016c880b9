//! MSK, answered here: no emulator knows enough of it, and its brokers are real.

mod attached;
mod cluster;
mod configuration;
mod nodes;
mod operation;
mod reboot;
pub(crate) mod route;
mod store;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::kafka::route::{Action as A, Route};
use crate::paging;
use crate::protocol::refusal::Refusal;
use crate::protocol::wire;
use crate::rehearsal::{Call, Rehearsal, lock};

pub(crate) use store::Store;

/// Items on a page when the caller does not say.
const PAGE: usize = 100;

/// A call of MSK with its parameters read.
pub(crate) struct Request<'a> {
    pub(crate) call: &'a Call,
    pub(crate) route: Route,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Request<'_> {
    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    /// A page of `items` under `name`.
    fn page(&self, name: &str, items: Vec<Value>) -> Result<Value, Refusal> {
        let limit = self.query.get("maxResults").map(|limit| limit.parse());
        let limit = limit.unwrap_or(Ok(PAGE));
        let limit =
            limit.map_err(|_| bad_request("The parameter value is invalid: maxResults."))?;
        let token = self.query.get("nextToken").map(String::as_str);
        let page = paging::page(items, limit, token)
            .ok_or_else(|| bad_request("The parameter value is invalid: nextToken."))?;
        Ok(json!({ name: page.items, "nextToken": page.next }))
    }
}

/// Answers a call of MSK.
pub(crate) async fn answer(
    rehearsal: &Arc<Rehearsal>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let Some(route) = route::parse(&call.parts.method, call.parts.uri.path()) else {
        let message = format!("the rehearsal does not know {}", call.action);
        return Err(Refusal::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            message,
        ));
    };
    let body = match call.body.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&call.body)
            .map_err(|_| bad_request("The request body is not valid JSON."))?,
    };
    let query = call.parts.uri.query().unwrap_or_default();
    let request = Request {
        call,
        route,
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        body,
    };
    let answer = dispatch(rehearsal, &request).await?;
    Ok(match answer {
        Value::Null => wire::no_content(),
        answer => wire::json_answer(&wire::without_nulls(answer)),
    })
}

async fn dispatch(rehearsal: &Arc<Rehearsal>, request: &Request<'_>) -> Result<Value, Refusal> {
    match request.route.action {
        A::CreateCluster | A::CreateClusterV2 => cluster::create(rehearsal, request).await,
        A::ListClusters | A::ListClustersV2 => cluster::list(rehearsal, request).await,
        A::DescribeCluster | A::DescribeClusterV2 => cluster::describe(rehearsal, request).await,
        A::DeleteCluster => cluster::delete(rehearsal, request),
        A::GetBootstrapBrokers => nodes::bootstrap(rehearsal, request).await,
        A::ListNodes => nodes::list(rehearsal, request).await,
        A::RebootBroker => reboot::reboot(rehearsal, request).await,
        A::UpdateBrokerCount
        | A::UpdateBrokerStorage
        | A::UpdateBrokerType
        | A::UpdateClusterConfiguration
        | A::UpdateClusterKafkaVersion
        | A::UpdateConnectivity
        | A::UpdateMonitoring
        | A::UpdateRebalancing
        | A::UpdateSecurity
        | A::UpdateStorage => update::update(rehearsal, request).await,
        A::ListClusterOperations
        | A::ListClusterOperationsV2
        | A::DescribeClusterOperation
        | A::DescribeClusterOperationV2 => operation::answer(&lock(&rehearsal.kafka), request),
        A::GetClusterPolicy
        | A::PutClusterPolicy
        | A::DeleteClusterPolicy
        | A::ListScramSecrets
        | A::BatchAssociateScramSecret
        | A::BatchDisassociateScramSecret
        | A::ListTagsForResource
        | A::TagResource
        | A::UntagResource => attached::answer(&mut lock(&rehearsal.kafka), request),
        A::CreateConfiguration
        | A::ListConfigurations
        | A::DescribeConfiguration
        | A::UpdateConfiguration
        | A::DeleteConfiguration
        | A::ListConfigurationRevisions
        | A::DescribeConfigurationRevision => {
            let account = rehearsal.account(&request.call.scope.access_key);
            configuration::answer(&mut lock(&rehearsal.kafka), request, &account)
        }
        A::ListKafkaVersions => {
            let version = |number| json!({ "version": number, "status": "ACTIVE" });
            let versions = cluster::KAFKA_VERSIONS.map(version).to_vec();
            request.page("kafkaVersions", versions)
        }
    }
}

fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::sender("BadRequestException", message)
}

fn not_found() -> Refusal {
    let message = "The requested resource doesn't exist.";
    Refusal::not_found("NotFoundException", message)
}
