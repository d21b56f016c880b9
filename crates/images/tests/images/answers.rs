//! Answers that a sound registry does not give, from a stand-in.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rlab_images::{Credentials, Patience, PushError, Pushed, Step, push};

use crate::registry::credentials;
use crate::support::{hasty, small_layout, unheard};

/// What was asked.
struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// An answer that is never given.
const SILENCE: StatusCode = StatusCode::IM_A_TEAPOT;

type Answer = dyn Fn(&Asked) -> Response + Send + Sync;

/// Serves `answer` and pushes the small image to it.
async fn pushed_to(
    answer: impl Fn(&Asked) -> Response + Send + Sync + 'static,
    login: &Credentials,
    patience: &Patience,
) -> Result<Pushed, PushError> {
    let dir = tempfile::tempdir().unwrap();
    let layout = small_layout(dir.path(), 1_000);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let repository = format!("{}/lab/small", listener.local_addr().unwrap());
    let answer: Arc<Answer> = Arc::new(answer);
    let app = Router::new().fallback(serve).with_state(answer);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let outcome = push(&layout, "small", &repository, login, patience, &unheard).await;
    server.abort();
    outcome
}

async fn serve(
    State(answer): State<Arc<Answer>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let answer = answer(&Asked {
        method,
        path,
        headers,
        body,
    });
    if answer.status() == SILENCE {
        std::future::pending::<()>().await;
    }
    answer
}

async fn refusal(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> PushError {
    pushed_to(answer, &Credentials::Anonymous, &hasty())
        .await
        .unwrap_err()
}

fn says(status: u16, code: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errors": [{ "code": code, "message": message }] });
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

fn is(asked: &Asked, method: Method, part: &str) -> bool {
    asked.method == method && asked.path.contains(part)
}

/// Takes everything, as ECR does: without telling where it now is.
fn taking(asked: &Asked, have: &Mutex<BTreeSet<String>>) -> Response {
    let name = asked.path.rsplit('/').next().unwrap().to_owned();
    match (asked.method.as_str(), asked.path.contains("/manifests/")) {
        ("POST", _) => (
            StatusCode::ACCEPTED,
            [("location", "/v2/lab/small/blobs/uploads/1")],
        )
            .into_response(),
        ("PUT", true) => {
            have.lock()
                .unwrap()
                .insert(String::from_utf8(asked.body.to_vec()).unwrap());
            StatusCode::CREATED.into_response()
        }
        ("PUT", false) => {
            have.lock().unwrap().insert("some blob".into());
            StatusCode::CREATED.into_response()
        }
        ("HEAD", _) if have.lock().unwrap().is_empty() => StatusCode::NOT_FOUND.into_response(),
        ("HEAD", _) => StatusCode::OK.into_response(),
        ("GET", true) => match have
            .lock()
            .unwrap()
            .iter()
            .find(|text| text.starts_with('{'))
        {
            Some(manifest) => manifest.clone().into_response(),
            None => says(404, "MANIFEST_UNKNOWN", &name),
        },
        _ => StatusCode::OK.into_response(),
    }
}

#[tokio::test]
async fn a_registry_that_tells_no_locations_is_believed_after_reading_back() {
    let have = Mutex::default();
    let answer = move |asked: &Asked| taking(asked, &have);
    let pushed = pushed_to(answer, &Credentials::Anonymous, &hasty())
        .await
        .unwrap();
    assert_eq!(pushed.blobs_sent, 1);
}

#[tokio::test]
async fn a_missing_repository_is_named() {
    let error = refusal(|asked| match asked.method.as_str() {
        "POST" => says(404, "NAME_UNKNOWN", "no such repository"),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
    .await;
    assert!(
        matches!(&error, PushError::RepositoryMissing(at) if at.ends_with("/lab/small")),
        "{error}"
    );
}

#[tokio::test]
async fn a_refused_upload_tells_which_permissions_it_wants() {
    let error = refusal(|asked| match asked.method.as_str() {
        "POST" => says(
            403,
            "DENIED",
            "not authorized to perform ecr:InitiateLayerUpload",
        ),
        "HEAD" => StatusCode::NOT_FOUND.into_response(),
        _ => StatusCode::OK.into_response(),
    })
    .await;
    assert!(
        matches!(
            &error,
            PushError::Refused {
                status: 403,
                step: Step::Blob,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.hint().contains("ecr:InitiateLayerUpload"),
        "{}",
        error.hint()
    );
}

#[tokio::test]
async fn a_tag_that_cannot_be_moved_is_told_apart() {
    let have = Mutex::default();
    let error = refusal(move |asked| {
        if is(asked, Method::PUT, "/manifests/") {
            return says(400, "TAG_INVALID", "the tag is immutable");
        }
        taking(asked, &have)
    })
    .await;
    assert!(
        matches!(&error, PushError::TagTaken { tag, .. } if tag.len() == 64),
        "{error}"
    );
}

#[tokio::test]
async fn another_manifest_than_the_one_sent_is_found_when_reading_back() {
    let have = Mutex::default();
    let error = refusal(move |asked| {
        let answer = taking(asked, &have);
        let reads = is(asked, Method::GET, "/manifests/") && answer.status().is_success();
        if reads { "{}".into_response() } else { answer }
    })
    .await;
    assert!(matches!(error, PushError::OtherDigest { .. }), "{error}");
}

#[tokio::test]
async fn a_blob_that_arrived_with_another_digest_is_told() {
    let error = refusal(|asked| match asked.method.as_str() {
        "POST" => (StatusCode::ACCEPTED, [("location", "/v2/up")]).into_response(),
        "PUT" => says(
            400,
            "DIGEST_INVALID",
            "provided digest did not match uploaded content",
        ),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
    .await;
    assert!(matches!(error, PushError::OtherDigest { .. }), "{error}");
}

#[tokio::test]
async fn a_registry_in_trouble_is_tried_as_often_as_allowed_and_quoted_briefly() {
    let error = refusal(|asked| match asked.method.as_str() {
        "POST" => (StatusCode::SERVICE_UNAVAILABLE, "too busy ".repeat(1_000)).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
    .await;
    assert!(
        matches!(&error, PushError::Interrupted { attempts: 5, why, .. } if why.starts_with("503") && why.len() < 400),
        "{error}"
    );
}

#[tokio::test]
async fn a_silent_registry_is_not_waited_for_without_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let repository = format!("{}/lab/small", listener.local_addr().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let layout = small_layout(dir.path(), 1_000);
    let patience = Patience {
        silence: Duration::from_millis(200),
        attempts: 2,
        ..hasty()
    };
    let pushed = push(
        &layout,
        "small",
        &repository,
        &Credentials::Anonymous,
        &patience,
        &unheard,
    )
    .await;
    let error = pushed.unwrap_err();
    assert!(
        matches!(&error, PushError::Interrupted { step: Step::Login, attempts: 2, why, .. } if why.contains("200ms")),
        "{error}"
    );
}

#[tokio::test]
async fn an_upload_that_is_not_acknowledged_is_given_up() {
    let patience = Patience {
        silence: Duration::from_millis(200),
        attempts: 2,
        ..hasty()
    };
    let answer = |asked: &Asked| match asked.method.as_str() {
        "POST" => (StatusCode::ACCEPTED, [("location", "/v2/up")]).into_response(),
        "PUT" => SILENCE.into_response(),
        "HEAD" => StatusCode::NOT_FOUND.into_response(),
        _ => StatusCode::OK.into_response(),
    };
    let pushed = pushed_to(answer, &Credentials::Anonymous, &patience).await;
    let error = pushed.unwrap_err();
    assert!(
        matches!(&error, PushError::Interrupted { step: Step::Blob, attempts: 2, why, .. } if why.contains("200ms")),
        "{error}"
    );
}

/// Hands out a token for the right password, and takes nothing without it.
fn by_token(asked: &Asked, have: &Mutex<BTreeSet<String>>) -> Response {
    let said = asked
        .headers
        .get("authorization")
        .map(|value| value.to_str().unwrap());
    // AWS:right
    if asked.path == "/token" {
        return match said {
            Some("Basic QVdTOnJpZ2h0") => r#"{"token":"t0ken"}"#.into_response(),
            _ => (StatusCode::UNAUTHORIZED, "who are you?").into_response(),
        };
    }
    if said == Some("Bearer t0ken") {
        return taking(asked, have);
    }
    let host = asked.headers["host"].to_str().unwrap();
    let challenge = format!(r#"Bearer realm="http://{host}/token",service="lab""#);
    (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response()
}

#[tokio::test]
async fn a_password_is_exchanged_for_a_token_where_the_registry_wants_one() {
    let have = Mutex::default();
    let pushed = pushed_to(
        move |asked| by_token(asked, &have),
        &credentials("right"),
        &hasty(),
    )
    .await;
    assert_eq!(pushed.unwrap().blobs_sent, 1);
    let have = Mutex::default();
    let refused = pushed_to(
        move |asked| by_token(asked, &have),
        &credentials("wrong"),
        &hasty(),
    )
    .await;
    let error = refused.unwrap_err();
    assert!(
        matches!(&error, PushError::Refused { status: 401, step: Step::Login, why, .. } if why == "who are you?"),
        "{error}"
    );
}
