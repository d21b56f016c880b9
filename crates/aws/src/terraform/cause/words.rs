//! Picks parts out of AWS's error texts.

/// What stands behind `start`, to the end of the text.
pub(super) fn after<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.split_once(start).map(|(_, rest)| rest)
}

/// What stands before the first of `ends`, or everything.
pub(super) fn until<'t>(text: &'t str, ends: &[&str]) -> &'t str {
    let end = ends.iter().filter_map(|end| text.find(end)).min();
    &text[..end.unwrap_or(text.len())]
}

/// The first word of `text`, without quotes and the full stop of its sentence.
pub(super) fn word(text: &str) -> &str {
    let word = text.split_whitespace().next().unwrap_or_default();
    word.trim_matches(['"', '\'', ',', ';', ')', '('])
        .trim_end_matches('.')
}

/// Service and operation of `operation error EC2: CreateVpc, …`.
pub(super) fn operation(text: &str) -> Option<(&str, &str)> {
    let (service, rest) = after(text, "operation error ")?.split_once(": ")?;
    Some((service.trim(), word(until(rest, &[","]))))
}

/// The prefix of IAM actions of a service, as AWS's SDK for Go names it.
pub(super) fn iam_prefix(service: &str) -> String {
    match service {
        "CloudWatch Logs" => "logs".into(),
        "Elastic Load Balancing v2" => "elasticloadbalancing".into(),
        "EventBridge" => "events".into(),
        "Resource Groups Tagging API" => "tag".into(),
        other => other.to_lowercase().replace(' ', ""),
    }
}
