//! Which action a request asks for, and whether it changes anything.

use axum::http::request::Parts;

use crate::kafka::route;
use crate::protocol::form::Form;

/// Beginnings of the names of actions that change nothing.
const READS: [&str; 20] = [
    "BatchGet",
    "Check",
    "Describe",
    "Detect",
    "Download",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Poll",
    "Preview",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Validate",
    "AssumeRole",
];

/// The action's name as AWS writes it; for REST services other than MSK, method and path.
pub(crate) fn name(service: &str, parts: &Parts, form: &Form) -> String {
    let target = parts.headers.get("x-amz-target");
    if let Some(target) = target.and_then(|value| value.to_str().ok()) {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    if let Some(action) = form.get("Action") {
        return action.to_owned();
    }
    let path = parts.uri.path();
    if let Some((_, operation)) = path.split_once("/operation/") {
        return operation.to_owned();
    }
    if service == "kafka"
        && let Some(route) = route::parse(&parts.method, path)
    {
        return format!("{:?}", route.action);
    }
    format!("{} {path}", parts.method)
}

/// Whether an action may change something. What is not known to be harmless counts as a change.
pub(crate) fn mutates(action: &str) -> bool {
    let reads = |word: &str| action.starts_with(word);
    match action.split_once(' ') {
        Some((method, _)) => !matches!(method, "GET" | "HEAD" | "OPTIONS"),
        None => !READS.into_iter().any(reads),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn named(service: &str, request: axum::http::request::Builder, body: &str) -> String {
        let parts = request.body(()).unwrap().into_parts().0;
        name(service, &parts, &Form::parse(body.as_bytes()))
    }

    #[test]
    fn each_protocol_names_its_action_in_its_own_way() {
        let json = Request::post("/").header("x-amz-target", "AmazonSSM.GetParameter");
        assert_eq!(named("ssm", json, ""), "GetParameter");
        let query = named(
            "rds",
            Request::post("/"),
            "Action=RebootDBInstance&Version=1",
        );
        assert_eq!(query, "RebootDBInstance");
        let cbor = Request::post("/service/Granite/operation/PutMetricAlarm");
        assert_eq!(named("monitoring", cbor, ""), "PutMetricAlarm");
        let msk =
            Request::put("/v1/clusters/arn%3Aaws%3Akafka%3Ar%3A1%3Acluster%2Fn%2Fu/reboot-broker");
        assert_eq!(named("kafka", msk, ""), "RebootBroker");
        assert_eq!(named("s3", Request::put("/b/k"), ""), "PUT /b/k");
    }

    #[test]
    fn what_is_not_known_to_read_counts_as_a_change() {
        for action in [
            "RebootBroker",
            "TestFailover",
            "PUT /b",
            "Frobnicate",
            "AddTags",
        ] {
            assert!(mutates(action), "{action}");
        }
        for action in [
            "DescribeEvents",
            "ListNodes",
            "GET /b",
            "GetBootstrapBrokers",
        ] {
            assert!(!mutates(action), "{action}");
        }
    }
}
