//! What all answers of AWS have in common: a request id, and an error's code.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;

use super::xml;

const REQUEST_IDS: &[&str] = &["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];

/// The id by which AWS knows the request.
pub(super) fn request_id(answer: &HttpResponse) -> Option<String> {
    let mut ids = REQUEST_IDS.iter().filter_map(|n| answer.headers().get(*n));
    ids.next().map(str::to_owned)
}

/// The error's code, whatever the protocol; `None` when the answer tells none.
pub(super) fn code(answer: &HttpResponse) -> Option<String> {
    let told = answer.headers().get("x-amzn-errortype").map(str::to_owned);
    told.or_else(|| in_body(answer.body().bytes()?))
        .map(|code| plain(&code))
}

/// What the error says, whatever the protocol; `None` when the answer says nothing.
pub(super) fn message(answer: &HttpResponse) -> Option<String> {
    let body = answer.body().bytes()?;
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let said = json["message"]
            .as_str()
            .or_else(|| json["Message"].as_str());
        return said.map(str::to_owned);
    }
    element(body, "Message")
}

fn in_body(body: &[u8]) -> Option<String> {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let mut names = ["__type", "code", "ErrorCode"].iter();
        let code = names.find_map(|name| json[*name].as_str());
        return code.map(str::to_owned);
    }
    element(body, "Code")
}

fn element(body: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    xml::texts(&text, name).into_iter().next()
}

/// `ns#Code:http://…` is `Code`.
fn plain(code: &str) -> String {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    fn answer(body: &str) -> HttpResponse {
        HttpResponse::new(400_u16.try_into().unwrap(), SdkBody::from(body))
    }

    #[test]
    fn a_code_is_found_in_every_protocol() {
        let json =
            answer(r#"{"__type":"com.amazonaws.ecs#ClusterNotFoundException","message":"x"}"#);
        let xml = answer("<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>");
        let mut rest = answer(r#"{"message":"x"}"#);
        let headers = rest.headers_mut();
        headers.insert("x-amzn-errortype", "NotFoundException:http://internal/");
        assert_eq!(code(&json).as_deref(), Some("ClusterNotFoundException"));
        assert_eq!(code(&xml).as_deref(), Some("Throttling"));
        assert_eq!(code(&rest).as_deref(), Some("NotFoundException"));
        assert_eq!(code(&answer("")), None);
        let files = answer(r#"{"ErrorCode":"FileSystemInUse","Message":"x"}"#);
        assert_eq!(code(&files).as_deref(), Some("FileSystemInUse"));
        assert_eq!(message(&files).as_deref(), Some("x"));
        assert_eq!(message(&json).as_deref(), Some("x"));
        let told =
            answer("<Response><Errors><Error><Message>no</Message></Error></Errors></Response>");
        assert_eq!(message(&told).as_deref(), Some("no"));
    }
}
