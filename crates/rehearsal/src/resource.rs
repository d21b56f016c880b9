//! The ARN of what a request is about, as a denial names it.

use crate::kafka::route;
use crate::rehearsal::Call;

/// The ARN, or `*` where an action is about nothing in particular.
pub(crate) fn arn(call: &Call, account: &str) -> String {
    let (service, region) = (call.scope.service.as_str(), call.scope.region.as_str());
    let arn =
        |kind: &str, name: &str| format!("arn:aws:{service}:{region}:{account}:{kind}:{name}");
    let kinds: &[(&str, &str)] = match service {
        "kafka" => {
            let route = route::parse(&call.parts.method, call.parts.uri.path());
            let arn = route.map(|route| route.arn).unwrap_or_default();
            return if arn.is_empty() { "*".to_owned() } else { arn };
        }
        "rds" => &[
            ("DBInstanceIdentifier", "db"),
            ("DBClusterIdentifier", "cluster"),
        ],
        "elasticache" => &[
            ("ReplicationGroupId", "replicationgroup"),
            ("CacheClusterId", "cluster"),
        ],
        _ => &[],
    };
    let named = |(name, kind): &(&str, &str)| Some(arn(kind, call.form.get(name)?));
    kinds
        .iter()
        .find_map(named)
        .unwrap_or_else(|| "*".to_owned())
}
