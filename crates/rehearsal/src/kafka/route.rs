//! MSK's REST paths: which operation on which ARN.

use axum::http::Method;
use percent_encoding::percent_decode_str;

/// MSK's operations, named as in IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
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
    pub(crate) operation: Operation,
    /// The ARN in the path; empty for collections.
    pub(crate) arn: String,
    /// Number of the revision in the path, where there is one.
    pub(crate) revision: u64,
}

/// Reads method and path.
pub(crate) fn parse(method: &Method, path: &str) -> Option<Route> {
    use Operation as O;
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
    let operation = match (method.as_str(), collection, one, below, v2) {
        ("POST", "clusters", false, _, false) => O::CreateCluster,
        ("POST", "clusters", false, _, true) => O::CreateClusterV2,
        ("GET", "clusters", false, _, false) => O::ListClusters,
        ("GET", "clusters", false, _, true) => O::ListClustersV2,
        ("GET", "clusters", true, "", false) => O::DescribeCluster,
        ("GET", "clusters", true, "", true) => O::DescribeClusterV2,
        ("DELETE", "clusters", true, "", _) => O::DeleteCluster,
        ("GET", "clusters", true, "bootstrap-brokers", _) => O::GetBootstrapBrokers,
        ("GET", "clusters", true, "nodes", _) => O::ListNodes,
        ("PUT", "clusters", true, "reboot-broker", _) => O::RebootBroker,
        ("PUT", "clusters", true, "nodes/count", _) => O::UpdateBrokerCount,
        ("PUT", "clusters", true, "nodes/storage", _) => O::UpdateBrokerStorage,
        ("PUT", "clusters", true, "nodes/type", _) => O::UpdateBrokerType,
        ("PUT", "clusters", true, "configuration", _) => O::UpdateClusterConfiguration,
        ("PUT", "clusters", true, "version", _) => O::UpdateClusterKafkaVersion,
        ("PUT", "clusters", true, "connectivity", _) => O::UpdateConnectivity,
        ("PUT", "clusters", true, "monitoring", _) => O::UpdateMonitoring,
        ("PUT", "clusters", true, "rebalancing", _) => O::UpdateRebalancing,
        ("PATCH", "clusters", true, "security", _) => O::UpdateSecurity,
        ("PUT", "clusters", true, "storage", _) => O::UpdateStorage,
        ("GET", "clusters", true, "operations", false) => O::ListClusterOperations,
        ("GET", "clusters", true, "operations", true) => O::ListClusterOperationsV2,
        ("GET", "operations", true, "", false) => O::DescribeClusterOperation,
        ("GET", "operations", true, "", true) => O::DescribeClusterOperationV2,
        ("GET", "clusters", true, "policy", _) => O::GetClusterPolicy,
        ("PUT", "clusters", true, "policy", _) => O::PutClusterPolicy,
        ("DELETE", "clusters", true, "policy", _) => O::DeleteClusterPolicy,
        ("GET", "clusters", true, "scram-secrets", _) => O::ListScramSecrets,
        ("POST", "clusters", true, "scram-secrets", _) => O::BatchAssociateScramSecret,
        ("PATCH", "clusters", true, "scram-secrets", _) => O::BatchDisassociateScramSecret,
        ("POST", "configurations", false, _, _) => O::CreateConfiguration,
        ("GET", "configurations", false, _, _) => O::ListConfigurations,
        ("GET", "configurations", true, "", _) => O::DescribeConfiguration,
        ("PUT", "configurations", true, "", _) => O::UpdateConfiguration,
        ("DELETE", "configurations", true, "", _) => O::DeleteConfiguration,
        ("GET", "configurations", true, "revisions", _) => O::ListConfigurationRevisions,
        ("GET", "configurations", true, "revision", _) => O::DescribeConfigurationRevision,
        ("GET", "kafka-versions", false, _, _) => O::ListKafkaVersions,
        ("GET", "tags", true, "", _) => O::ListTagsForResource,
        ("POST", "tags", true, "", _) => O::TagResource,
        ("DELETE", "tags", true, "", _) => O::UntagResource,
        _ => return None,
    };
    Some(Route {
        operation,
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
            assert_eq!(
                (route.operation, route.arn.as_str()),
                (Operation::ListNodes, ARN)
            );
        }
    }

    #[test]
    fn the_arn_of_an_operation_has_one_part_more() {
        let arn = "arn:aws:kafka:eu-west-1:1:cluster-operation/name/uuid-1/op";
        let route = parse(&Method::GET, &format!("/api/v2/operations/{arn}")).unwrap();
        assert_eq!(route.operation, Operation::DescribeClusterOperationV2);
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
