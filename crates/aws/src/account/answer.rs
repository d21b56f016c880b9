//! What all answers of AWS have in common: a request id, and an error's code.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;

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

fn in_body(body: &[u8]) -> Option<String> {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let code = json["__type"].as_str().or_else(|| json["code"].as_str());
        return code.map(str::to_owned);
    }
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.to_owned())
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
    }
}
