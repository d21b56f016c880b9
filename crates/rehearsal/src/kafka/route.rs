//! MSK's REST paths: which action on which ARN.

use axum::http::Method;
use percent_encoding::percent_decode_str;

/// MSK's actions, named as in IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    CreateCluster,
    CreateClusterV2,
    ListClusters,
    ListClustersV2,
    DescribeCluster,
    DescribeClusterV2,
    DeleteCluster,
    GetBootstrapBrokers,
    ListNodes,
    RebootBroker,
    UpdateBrokerCount,
    UpdateBrokerStorage,
    UpdateBrokerType,
    UpdateClusterConfiguration,
    UpdateClusterKafkaVersion,
    UpdateConnectivity,
    UpdateMonitoring,
    UpdateRebalancing,
    UpdateSecurity,
    UpdateStorage,
    ListClusterOperations,
    ListClusterOperationsV2,
    DescribeClusterOperation,
    DescribeClusterOperationV2,
    GetClusterPolicy,
    PutClusterPolicy,
    DeleteClusterPolicy,
    ListScramSecrets,
    BatchAssociateScramSecret,
    BatchDisassociateScramSecret,
    CreateConfiguration,
    ListConfigurations,
    DescribeConfiguration,
    UpdateConfiguration,
    DeleteConfiguration,
    ListConfigurationRevisions,
    DescribeConfigurationRevision,
    ListKafkaVersions,
    ListTagsForResource,
    TagResource,
    UntagResource,
}

/// A request's place in MSK's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) action: Action,
    /// The ARN in the path; empty for collections.
    pub(crate) arn: String,
    /// Number of the revision in the path, where there is one.
    pub(crate) revision: u64,
}

/// Reads method and path.
pub(crate) fn parse(method: &Method, path: &str) -> Option<Route> {
    use Action as A;
    let (v2, path) = match path.strip_prefix("/api/v2/") {
        Some(rest) => (true, rest),
        None => (false, path.strip_prefix("/v1/")?),
    };
    let (collection, rest) = path.split_once('/').unwrap_or((path, ""));
    let (arn, below) = split_arn(rest);
    let one = !arn.is_empty();
    let (below, revision) = match below.strip_prefix("revisions/") {
        Some(number) => ("revision", number.parse().ok()?),
        None => (below.as_str(), 0),
    };
    let action = match (method.as_str(), collection, one, below, v2) {
        ("POST", "clusters", false, _, false) => A::CreateCluster,
        ("POST", "clusters", false, _, true) => A::CreateClusterV2,
        ("GET", "clusters", false, _, false) => A::ListClusters,
        ("GET", "clusters", false, _, true) => A::ListClustersV2,
        ("GET", "clusters", true, "", false) => A::DescribeCluster,
        ("GET", "clusters", true, "", true) => A::DescribeClusterV2,
        ("DELETE", "clusters", true, "", _) => A::DeleteCluster,
        ("GET", "clusters", true, "bootstrap-brokers", _) => A::GetBootstrapBrokers,
        ("GET", "clusters", true, "nodes", _) => A::ListNodes,
        ("PUT", "clusters", true, "reboot-broker", _) => A::RebootBroker,
        ("PUT", "clusters", true, "nodes/count", _) => A::UpdateBrokerCount,
        ("PUT", "clusters", true, "nodes/storage", _) => A::UpdateBrokerStorage,
        ("PUT", "clusters", true, "nodes/type", _) => A::UpdateBrokerType,
        ("PUT", "clusters", true, "configuration", _) => A::UpdateClusterConfiguration,
        ("PUT", "clusters", true, "version", _) => A::UpdateClusterKafkaVersion,
        ("PUT", "clusters", true, "connectivity", _) => A::UpdateConnectivity,
        ("PUT", "clusters", true, "monitoring", _) => A::UpdateMonitoring,
        ("PUT", "clusters", true, "rebalancing", _) => A::UpdateRebalancing,
        ("PATCH", "clusters", true, "security", _) => A::UpdateSecurity,
        ("PUT", "clusters", true, "storage", _) => A::UpdateStorage,
        ("GET", "clusters", true, "operations", false) => A::ListClusterOperations,
        ("GET", "clusters", true, "operations", true) => A::ListClusterOperationsV2,
        ("GET", "operations", true, "", false) => A::DescribeClusterOperation,
        ("GET", "operations", true, "", true) => A::DescribeClusterOperationV2,
        ("GET", "clusters", true, "policy", _) => A::GetClusterPolicy,
        ("PUT", "clusters", true, "policy", _) => A::PutClusterPolicy,
        ("DELETE", "clusters", true, "policy", _) => A::DeleteClusterPolicy,
        ("GET", "clusters", true, "scram-secrets", _) => A::ListScramSecrets,
        ("POST", "clusters", true, "scram-secrets", _) => A::BatchAssociateScramSecret,
        ("PATCH", "clusters", true, "scram-secrets", _) => A::BatchDisassociateScramSecret,
        ("POST", "configurations", false, _, _) => A::CreateConfiguration,
        ("GET", "configurations", false, _, _) => A::ListConfigurations,
        ("GET", "configurations", true, "", _) => A::DescribeConfiguration,
        ("PUT", "configurations", true, "", _) => A::UpdateConfiguration,
        ("DELETE", "configurations", true, "", _) => A::DeleteConfiguration,
        ("GET", "configurations", true, "revisions", _) => A::ListConfigurationRevisions,
        ("GET", "configurations", true, "revision", _) => A::DescribeConfigurationRevision,
        ("GET", "kafka-versions", false, _, _) => A::ListKafkaVersions,
        ("GET", "tags", true, "", _) => A::ListTagsForResource,
        ("POST", "tags", true, "", _) => A::TagResource,
        ("DELETE", "tags", true, "", _) => A::UntagResource,
        _ => return None,
    };
    Some(Route {
        action,
        arn,
        revision,
    })
}

/// Cuts `ARN/below` in two. An ARN comes as one encoded segment or with its slashes as they are:
/// `arn:…:kind/name/uuid`.
fn split_arn(rest: &str) -> (String, String) {
    let decoded = percent_decode_str(rest).decode_utf8_lossy().into_owned();
    let slashes = match decoded.contains(":cluster-operation/") {
        true => 3,
        false => 2,
    };
    match decoded.match_indices('/').nth(slashes) {
        Some((at, _)) => {
            let below = decoded[at + 1..].trim_end_matches('/').to_owned();
            (decoded[..at].to_owned(), below)
        }
        None => (decoded, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kafka:eu-west-1:1:cluster/name/uuid-1";

    #[test]
    fn an_arn_is_the_same_encoded_and_raw() {
        let encoded = ARN.replace(':', "%3A").replace('/', "%2F");
        for arn in [ARN, &encoded] {
            let route = parse(&Method::GET, &format!("/v1/clusters/{arn}/nodes")).unwrap();
            assert_eq!((route.action, route.arn.as_str()), (Action::ListNodes, ARN));
        }
    }

    #[test]
    fn the_arn_of_an_operation_has_one_part_more() {
        let arn = "arn:aws:kafka:eu-west-1:1:cluster-operation/name/uuid-1/op";
        let route = parse(&Method::GET, &format!("/api/v2/operations/{arn}")).unwrap();
        assert_eq!(route.action, Action::DescribeClusterOperationV2);
        assert_eq!(route.arn, arn);
    }

    #[test]
    fn a_revision_is_a_number() {
        let arn = "arn:aws:kafka:eu-west-1:1:configuration/name/uuid-1";
        let path = |end: &str| format!("/v1/configurations/{arn}/revisions/{end}");
        assert_eq!(parse(&Method::GET, &path("7")).unwrap().revision, 7);
        assert_eq!(parse(&Method::GET, &path("seven")), None);
    }
}
