//! Clusters: created on paper, ACTIVE once the real brokers are.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::data_plane::Topology;
use crate::kafka::route::Action;
use crate::kafka::store::{Cluster, Kind, Phase};
use crate::kafka::{Request, bad_request};
use crate::protocol::refusal::Refusal;
use crate::protocol::time;
use crate::rehearsal::{Rehearsal, lock};

/// Versions that MSK offers and that Terraform roots may name.
pub(crate) const KAFKA_VERSIONS: [&str; 4] = ["3.6.0", "3.7.x", "3.8.x", "3.9.x"];

/// CreateCluster and CreateClusterV2.
pub(crate) async fn create(rehearsal: &Rehearsal, request: &Request<'_>) -> Result<Value, Refusal> {
    let topology = rehearsal.topology().await?;
    let (region, account) = (
        request.call.scope.region.clone(),
        rehearsal.account(&request.call.scope.access_key),
    );
    let name = request.text("clusterName").to_owned();
    if name.is_empty() {
        return Err(bad_request("The parameter value is required: clusterName."));
    }
    let body = &request.body;
    let kind = match request.route.action {
        Action::CreateClusterV2 if !body["serverless"].is_null() => {
            Kind::Serverless(body["serverless"].clone())
        }
        Action::CreateClusterV2 => provisioned(&body["provisioned"], &topology, &region, &account)?,
        _ => provisioned(body, &topology, &region, &account)?,
    };
    let mut store = lock(&rehearsal.kafka);
    if store.clusters.values().any(|cluster| cluster.name == name) {
        let message = "A resource with this name already exists.";
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "ConflictException",
            message,
        ));
    }
    let arn = format!(
        "arn:aws:kafka:{region}:{account}:cluster/{name}/{}-1",
        Uuid::new_v4()
    );
    let cluster = Cluster {
        arn: arn.clone(),
        name: name.clone(),
        created: Timestamp::now(),
        version: 1,
        kind,
        phase: Phase::Creating,
        tags: tags(&body["tags"]),
        policy: None,
        secrets: Vec::new(),
    };
    let kind = cluster.kind.name();
    store.clusters.insert(arn.clone(), cluster);
    Ok(json!({ "clusterArn": arn, "clusterName": name, "clusterType": kind, "state": "CREATING" }))
}

/// DescribeCluster and DescribeClusterV2.
pub(crate) async fn describe(
    rehearsal: &Rehearsal,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    lock(&rehearsal.kafka).cluster(&request.route.arn)?;
    let topology = rehearsal.topology().await?;
    let mut store = lock(&rehearsal.kafka);
    let cluster = store.cluster_mut(&request.route.arn)?;
    cluster.settle(&topology);
    Ok(match (request.route.action, &cluster.kind) {
        (Action::DescribeClusterV2, _) => json!({ "clusterInfo": cluster.v2(&topology) }),
        (_, Kind::Provisioned(asked)) => json!({ "clusterInfo": cluster.v1(asked, &topology) }),
        (_, Kind::Serverless(_)) => {
            return Err(bad_request(
                "This operation cannot be performed on serverless clusters.",
            ));
        }
    })
}

/// ListClusters and ListClustersV2.
pub(crate) async fn list(rehearsal: &Rehearsal, request: &Request<'_>) -> Result<Value, Refusal> {
    let topology = rehearsal.topology().await?;
    let query = |name: &str| {
        request
            .query
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    };
    let (prefix, kind) = (query("clusterNameFilter"), query("clusterTypeFilter"));
    let store = lock(&rehearsal.kafka);
    let wanted = store.clusters.values().filter(|cluster| {
        cluster.name.starts_with(prefix) && (kind.is_empty() || kind == cluster.kind.name())
    });
    let v2 = request.route.action == Action::ListClustersV2;
    let told = wanted.filter_map(|cluster| match (&cluster.kind, v2) {
        (_, true) => Some(cluster.v2(&topology)),
        (Kind::Provisioned(asked), false) => Some(cluster.v1(asked, &topology)),
        (Kind::Serverless(_), false) => None,
    });
    request.page("clusterInfoList", told.collect())
}

/// DeleteCluster. The brokers live on: they are the lab's.
pub(crate) fn delete(rehearsal: &Rehearsal, request: &Request<'_>) -> Result<Value, Refusal> {
    let mut store = lock(&rehearsal.kafka);
    let cluster = store.cluster(&request.route.arn)?;
    if let Phase::Busy { state, .. } = cluster.phase {
        return Err(bad_request(format!(
            "You can't delete cluster in {state} state."
        )));
    }
    store.clusters.remove(&request.route.arn);
    Ok(json!({ "clusterArn": request.route.arn, "state": "DELETING" }))
}

/// Checks what was asked for and fills in what AWS would.
fn provisioned(
    asked: &Value,
    topology: &Topology,
    region: &str,
    account: &str,
) -> Result<Kind, Refusal> {
    let brokers = asked["numberOfBrokerNodes"].as_u64();
    if brokers != u64::try_from(topology.brokers.len()).ok() {
        return Err(bad_request(format!(
            "The number of broker nodes must be that of the rehearsal's brokers, {}.",
            topology.brokers.len()
        )));
    }
    let mut cluster = asked.clone();
    default(&mut cluster["enhancedMonitoring"], json!("DEFAULT"));
    default(&mut cluster["storageMode"], json!("LOCAL"));
    let group = &mut cluster["brokerNodeGroupInfo"];
    default(&mut group["brokerAZDistribution"], json!("DEFAULT"));
    let public = json!({ "publicAccess": { "type": "DISABLED" } });
    default(&mut group["connectivityInfo"], public);
    let zones = topology.brokers.iter().map(|broker| broker.zone.0);
    let zones: Vec<String> = zones.map(|zone| format!("az{zone}")).collect();
    group["zoneIds"] = json!(zones);
    let encryption = &mut cluster["encryptionInfo"];
    let key = format!("arn:aws:kms:{region}:{account}:alias/aws/kafka");
    default(
        &mut encryption["encryptionAtRest"],
        json!({ "dataVolumeKMSKeyId": key }),
    );
    let transit = json!({ "clientBroker": "TLS", "inCluster": true });
    default(&mut encryption["encryptionInTransit"], transit);
    cluster["currentBrokerSoftwareInfo"] = json!({
        "kafkaVersion": asked["kafkaVersion"],
        "configurationArn": asked["configurationInfo"]["arn"],
        "configurationRevision": asked["configurationInfo"]["revision"],
    });
    if let Some(fields) = cluster.as_object_mut() {
        for request_only in ["kafkaVersion", "configurationInfo", "clusterName", "tags"] {
            fields.remove(request_only);
        }
    }
    Ok(Kind::Provisioned(cluster))
}

fn default(value: &mut Value, default: Value) {
    if value.is_null() {
        *value = default;
    }
}

/// Tags of a request.
pub(crate) fn tags(value: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let tags = value.as_object().into_iter().flatten();
    tags.filter_map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect()
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Provisioned(_) => "PROVISIONED",
            Self::Serverless(_) => "SERVERLESS",
        }
    }
}

impl Cluster {
    /// What both versions of the API tell of a cluster.
    fn common(&self, topology: &Topology) -> Value {
        let operation = match &self.phase {
            Phase::Busy { operation, .. } => Some(operation),
            Phase::Creating | Phase::Ready => None,
        };
        json!({
            "clusterArn": self.arn,
            "clusterName": self.name,
            "creationTime": time::iso(self.created),
            "currentVersion": self.current_version(),
            "state": self.state(topology),
            "activeOperationArn": operation,
            "tags": self.tags,
        })
    }

    fn v1(&self, asked: &Value, topology: &Topology) -> Value {
        let mut told = self.common(topology);
        if let (Some(told), Some(asked)) = (told.as_object_mut(), asked.as_object()) {
            told.extend(asked.clone());
        }
        told
    }

    fn v2(&self, topology: &Topology) -> Value {
        let mut told = self.common(topology);
        told["clusterType"] = json!(self.kind.name());
        match &self.kind {
            Kind::Provisioned(asked) => told["provisioned"] = asked.clone(),
            Kind::Serverless(asked) => told["serverless"] = asked.clone(),
        }
        told
    }

    pub(crate) fn current_version(&self) -> String {
        format!("K{:013}", self.version)
    }
}
