//! The five forms in which AWS services answer, errors above all.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::protocol::refusal::Refusal;
use crate::protocol::xml::Element;

/// How a service's answers look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// awsQuery: XML, as RDS, ElastiCache, IAM, STS.
    Query,
    /// ec2Query: XML of its own shape.
    Ec2,
    /// restXml, as S3.
    RestXml,
    /// awsJson and restJson1: JSON, the error's name in a header too.
    Json,
    /// rpcv2Cbor, as CloudWatch from newer SDKs.
    Cbor,
}

impl Wire {
    /// The form a request's answer must have.
    pub(crate) fn of(service: &str, headers: &HeaderMap) -> Self {
        let is = |name: &str, value: &str| {
            let header = headers.get(name).and_then(|header| header.to_str().ok());
            header.is_some_and(|header| header.starts_with(value))
        };
        match service {
            _ if is("smithy-protocol", "rpc-v2-cbor") => Self::Cbor,
            "ec2" => Self::Ec2,
            "s3" | "route53" | "cloudfront" => Self::RestXml,
            _ if is("content-type", "application/x-www-form-urlencoded") => Self::Query,
            _ => Self::Json,
        }
    }

    /// Words a refusal.
    pub(crate) fn refuse(self, refusal: &Refusal, request_id: &str) -> Response<Body> {
        let (code, message) = (refusal.code.as_str(), refusal.message.as_str());
        let error = |more: Vec<Element>| {
            let mut children = more;
            children.push(Element::text("Code", code));
            children.push(Element::text("Message", message));
            Element::new("Error", children)
        };
        let id = |name: &str| Element::text(name, request_id);
        let (kind, body) = match self {
            Self::Query => {
                let fault = match refusal.status.is_client_error() {
                    true => "Sender",
                    false => "Receiver",
                };
                let error = error(vec![Element::text("Type", fault)]);
                let answer = Element::new("ErrorResponse", vec![error, id("RequestId")]);
                ("text/xml", answer.document().into_bytes())
            }
            Self::Ec2 => {
                let errors = Element::new("Errors", vec![error(Vec::new())]);
                let answer = Element::new("Response", vec![errors, id("RequestID")]);
                ("text/xml", answer.document().into_bytes())
            }
            Self::RestXml => {
                let answer = error(vec![id("RequestId")]);
                ("application/xml", answer.document().into_bytes())
            }
            Self::Json => {
                let body = json!({ "__type": code, "message": message });
                ("application/json", body.to_string().into_bytes())
            }
            Self::Cbor => (
                "application/cbor",
                cbor_map(&[("__type", code), ("message", message)]),
            ),
        };
        let mut answer = response(refusal.status, kind, Body::from(body));
        let headers = answer.headers_mut();
        if let (Self::Json, Ok(code)) = (self, code.parse()) {
            headers.insert("x-amzn-errortype", code);
        }
        if let Self::Cbor = self {
            headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
        }
        if let Some(seconds) = refusal.retry_after_s {
            headers.insert("retry-after", seconds.into());
        }
        answer
    }
}

/// A JSON answer.
pub(crate) fn json_answer(body: &Value) -> Response<Body> {
    let body = Body::from(body.to_string());
    response(StatusCode::OK, "application/json", body)
}

/// AWS leaves out what is not set; the SDKs take `null` for a mistake in some places.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            fields
                .map(|(name, value)| (name, without_nulls(value)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// An answer without content.
pub(crate) fn no_content() -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// The answer of an awsQuery action.
pub(crate) fn query_answer(
    service: &str,
    action: &str,
    result: Vec<Element>,
    request_id: &str,
) -> Response<Body> {
    let namespace = match service {
        "elasticache" => "http://elasticache.amazonaws.com/doc/2015-02-02/",
        _ => "http://rds.amazonaws.com/doc/2014-10-31/",
    };
    let metadata = vec![Element::text("RequestId", request_id)];
    let mut answer = Element::new(
        &format!("{action}Response"),
        vec![
            Element::new(&format!("{action}Result"), result),
            Element::new("ResponseMetadata", metadata),
        ],
    );
    answer.attributes = vec![("xmlns".to_owned(), namespace.to_owned())];
    response(StatusCode::OK, "text/xml", Body::from(answer.document()))
}

fn response(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    answer.headers_mut().insert("content-type", kind);
    answer
}

/// A CBOR map of short texts: major type 5, then texts of major type 3.
fn cbor_map(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut out = vec![0xa0 | u8::try_from(pairs.len()).unwrap_or(0)];
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        out.push(0x79);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&text.as_bytes()[..usize::from(length)]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_service_and_headers() {
        let mut form = HeaderMap::new();
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        form.insert("content-type", kind.parse().unwrap());
        let mut cbor = HeaderMap::new();
        cbor.insert("smithy-protocol", "rpc-v2-cbor".parse().unwrap());
        assert_eq!(Wire::of("rds", &form), Wire::Query);
        assert_eq!(Wire::of("ec2", &form), Wire::Ec2);
        assert_eq!(Wire::of("kafka", &HeaderMap::new()), Wire::Json);
        assert_eq!(Wire::of("s3", &HeaderMap::new()), Wire::RestXml);
        assert_eq!(Wire::of("monitoring", &cbor), Wire::Cbor);
    }

    #[test]
    fn a_cbor_error_is_a_map_of_two_texts() {
        let body = cbor_map(&[("__type", "X"), ("m", "é")]);
        let expected = b"\xa2\x79\x00\x06__type\x79\x00\x01X\x79\x00\x01m\x79\x00\x02\xc3\xa9";
        assert_eq!(body, expected);
    }
}
