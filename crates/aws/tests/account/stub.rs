//! A server that answers as the test says.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::ACCOUNT;

/// A request.
pub struct Asked {
    /// The action's name; method and path where a service has no name for it.
    pub action: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(body: Value) -> Self {
        Self::status(200, body.to_string())
    }

    pub fn xml(body: &str) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// A refusal in the JSON protocol.
    pub fn refusal(code: &str, message: &str) -> Self {
        Self::status(
            400,
            json!({ "__type": code, "message": message }).to_string(),
        )
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A running server.
pub struct Stub {
    pub address: SocketAddr,
}

impl Stub {
    /// Serves `answer` for everything but the question whose credentials these are.
    pub async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        let handle = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let answer = Arc::clone(&answer);
            async move {
                let asked = asked(&method, &uri, headers, body);
                respond(match asked.action.as_str() {
                    "GetCallerIdentity" => identity(),
                    _ => answer(&asked),
                })
            }
        };
        let router = Router::new()
            .fallback(handle)
            .layer(DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address }
    }
}

fn asked(method: &Method, uri: &Uri, headers: HeaderMap, body: Bytes) -> Asked {
    let target = headers.get("x-amz-target").and_then(|t| t.to_str().ok());
    let target = target.and_then(|t| t.rsplit('.').next()).map(str::to_owned);
    let form = String::from_utf8_lossy(&body).into_owned();
    let in_form = form
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="))
        .map(str::to_owned);
    let action = target.or(in_form);
    Asked {
        action: action.unwrap_or_else(|| format!("{method} {}", uri.path())),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
    }
}

fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap();
    let mut response = (status, answer.body).into_response();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

fn identity() -> Answer {
    Answer::xml(&format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/ann</Arn><UserId>A</UserId>\
         <Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    ))
}
