//! ECR: an emulator is the registry, images and all; here its repositories get an address that leads to it.

use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Limited;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::protocol::action;
use crate::protocol::refusal::Refusal;
use crate::record::RequestRecord;
use crate::rehearsal::{Call, Rehearsal, lock};

/// Largest body of a push, in bytes. The emulator holds it in memory.
const MAX_BLOB: usize = 512 << 20;

/// Whether a path is one of the registry, which are not signed.
pub(crate) fn is_registry(path: &str) -> bool {
    let blob = path.contains("/blobs/") || path.contains("/manifests/");
    path == "/v2/" || path.starts_with("/v2/") && (blob || path.ends_with("/tags/list"))
}

/// Answers a call of ECR's API.
pub(crate) async fn answer(rehearsal: &Rehearsal, call: &Call) -> Result<Response<Body>, Refusal> {
    let answer = rehearsal.backend.fetch(call).await?;
    let Ok(mut told) = serde_json::from_slice::<Value>(&answer.body) else {
        return Ok(answer.into_response());
    };
    if call.action == "DescribeImages" {
        missing(call, &told)?;
    }
    let address = |repository: &mut Value| {
        if let Some(name) = repository["repositoryName"].as_str() {
            repository["repositoryUri"] = json!(format!("{}/{name}", rehearsal.config.listen));
        }
    };
    if told["repository"].is_object() {
        address(&mut told["repository"]);
    }
    let list = told["repositories"].as_array_mut();
    list.into_iter().flatten().for_each(address);
    let tokens = told["authorizationData"].as_array_mut();
    for data in tokens.into_iter().flatten() {
        data["proxyEndpoint"] = json!(rehearsal.url());
        if let Some(token) = data["authorizationToken"].as_str() {
            lock(&rehearsal.registry_tokens).insert(token.to_owned());
        }
    }
    Ok(answer.with(told.to_string()))
}

/// Refuses to describe an image that is not there, about which the emulator is silent.
fn missing(call: &Call, told: &Value) -> Result<(), Refusal> {
    let asked: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let there = told["imageDetails"].as_array().map_or(0, Vec::len);
    let ids = asked["imageIds"].as_array().map_or(&[][..], Vec::as_slice);
    if !told["imageDetails"].is_array() || there >= ids.len() {
        return Ok(());
    }
    let (name, ids) = (&asked["repositoryName"], json!(ids));
    let message =
        format!("Of the images with imageIds {ids}, only {there} are in the repository {name}.");
    Err(Refusal::sender("ImageNotFoundException", message))
}

/// Answers a request of the distribution API and notes it. It has no signature and so no caller.
pub(crate) async fn registry(rehearsal: &Rehearsal, request: Request<Body>) -> Response<Body> {
    let action = format!("{} {}", request.method(), request.uri().path());
    let answer = pass(rehearsal, request).await;
    lock(&rehearsal.requests).add(RequestRecord {
        at: Timestamp::now(),
        request_id: Uuid::new_v4().to_string(),
        service: "ecr".to_owned(),
        mutating: action::mutates(&action),
        action,
        access_key: String::new(),
        status: answer.status().as_u16(),
        error: None,
    });
    answer
}

/// Passes a request on, if it has a token that GetAuthorizationToken gave.
async fn pass(rehearsal: &Rehearsal, request: Request<Body>) -> Response<Body> {
    let token = request.headers().get(header::AUTHORIZATION);
    let token = token.and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let known = token.is_some_and(|token| lock(&rehearsal.registry_tokens).contains(token));
    if !known {
        let mut refused = Response::new(Body::from("Not Authorized\n"));
        *refused.status_mut() = StatusCode::UNAUTHORIZED;
        let challenge = format!(
            "Basic realm=\"{}/\",service=\"ecr.amazonaws.com\"",
            rehearsal.url()
        );
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            refused
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        return refused;
    }
    let request = request.map(|body| Body::new(Limited::new(body, MAX_BLOB)));
    let passed = rehearsal.backend.pass("ecr", request).await;
    passed.unwrap_or_else(|refusal| {
        let error = json!({ "code": "UNAVAILABLE", "message": refusal.message });
        let mut answer = Response::new(Body::from(json!({ "errors": [error] }).to_string()));
        *answer.status_mut() = refusal.status;
        answer
    })
}

/// The repository of an image and which of its images is meant, unless another registry holds it.
pub(crate) fn repository(rehearsal: &Rehearsal, image: &str) -> Option<(String, Value)> {
    let (registry, path) = image.split_once('/')?;
    let is_ours = registry == rehearsal.config.listen.to_string() || registry.contains(".dkr.ecr.");
    if !is_ours {
        return None;
    }
    if let Some((name, digest)) = path.split_once('@') {
        return Some((name.to_owned(), json!({ "imageDigest": digest })));
    }
    let (name, tag) = path.split_once(':').unwrap_or((path, "latest"));
    Some((name.to_owned(), json!({ "imageTag": tag })))
}

#[cfg(test)]
mod tests {
    use super::is_registry;

    #[test]
    fn only_paths_of_the_distribution_api_are_the_registrys() {
        for path in [
            "/v2/",
            "/v2/lab/x/blobs/uploads/",
            "/v2/lab/x/manifests/latest",
        ] {
            assert!(is_registry(path), "{path}");
        }
        for path in ["/v2/apis", "/v2/email/identities", "/", "/v2"] {
            assert!(!is_registry(path), "{path}");
        }
    }
}
