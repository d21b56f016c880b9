//! The control interface: switch faults, read what was asked. Behind a bearer token.

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use serde_json::json;

use crate::fault::Fault;
use crate::protocol::wire::json_answer;
use crate::rehearsal::{Rehearsal, lock};

/// Where the control interface begins. No AWS service has such a path.
pub(crate) const PREFIX: &str = "/_rehearsal/";
/// Largest list of faults, in bytes.
const MAX_BODY: usize = 64 << 10;

pub(crate) async fn serve(rehearsal: &Rehearsal, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let bearer = parts.headers.get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if !bearer.is_some_and(|token| same(token, rehearsal.config.token.as_bytes())) {
        return status(StatusCode::UNAUTHORIZED);
    }
    let path = parts.uri.path().trim_start_matches(PREFIX);
    match (parts.method, path) {
        (Method::GET, "requests") => {
            let log = lock(&rehearsal.requests).clone();
            json_answer(&json!(log))
        }
        (Method::GET, "faults") => json_answer(&json!(lock(&rehearsal.faults).all())),
        (Method::PUT, "faults") => {
            let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
                return status(StatusCode::PAYLOAD_TOO_LARGE);
            };
            match serde_json::from_slice::<Vec<Fault>>(&body.to_bytes()) {
                Ok(faults) => {
                    lock(&rehearsal.faults).set(faults);
                    status(StatusCode::NO_CONTENT)
                }
                Err(error) => {
                    let mut answer = json_answer(&json!({ "message": error.to_string() }));
                    *answer.status_mut() = StatusCode::BAD_REQUEST;
                    answer
                }
            }
        }
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn status(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// Compares in a time that tells only the length.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differs = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differs == 0
}
