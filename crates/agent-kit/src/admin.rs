//! `/admin/*`: for the lab only, behind its bearer token.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use rlab_contract::agent_config::{AgentConfig, CrashRule};

use crate::agent::Agent;
use crate::config::redacted;
use crate::crash::CrashPoints;
use crate::http::{json, problem};

const LARGEST_BODY_BYTES: usize = 64 * 1024;

pub(crate) fn routes(agent: &Agent) -> Router {
    let token: Arc<str> = agent.config.admin_token.expose().into();
    Router::new()
        .route("/admin/config", get(show_config))
        .with_state(Arc::clone(&agent.config))
        .route(
            "/admin/crash-rules",
            put(replace_rules).with_state(agent.crash.clone()),
        )
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES))
        .layer(from_fn_with_state(token, require_token))
}

async fn show_config(State(config): State<Arc<AgentConfig>>) -> Response {
    json(StatusCode::OK, &redacted(&config))
}

async fn replace_rules(State(points): State<CrashPoints>, body: Bytes) -> Response {
    match serde_json::from_slice::<Vec<CrashRule>>(&body) {
        Ok(rules) => {
            tracing::info!(?rules, "crash rules replaced");
            points.replace(rules);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => problem(
            StatusCode::BAD_REQUEST,
            "malformed_rules",
            &error.to_string(),
        ),
    }
}

async fn require_token(State(token): State<Arc<str>>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    match given {
        Some(given) if !token.is_empty() && same(given, token.as_bytes()) => {
            next.run(request).await
        }
        _ => problem(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "the lab's bearer token is needed",
        ),
    }
}

/// Compares without telling by its duration how much is right.
fn same(given: &[u8], token: &[u8]) -> bool {
    let differences = given.iter().zip(token).fold(0, |d, (a, b)| d | (a ^ b));
    std::hint::black_box(differences) == 0 && given.len() == token.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        assert!(same(b"abc", b"abc"));
        for wrong in [&b""[..], b"ab", b"abcd", b"abd", b"xbc"] {
            assert!(!same(wrong, b"abc"), "{wrong:?}");
        }
    }
}
