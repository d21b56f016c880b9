//! The agent's only HTTP listener: its own routes, health, readiness, metrics and `/admin`.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin;
use crate::agent::Agent;
use crate::config::ConfigError;
use crate::metrics::Metrics;
use crate::ready::Readiness;

const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The running listener.
#[derive(Debug)]
pub struct Server {
    requests: TaskTracker,
    close: CancellationToken,
    task: JoinHandle<()>,
}

/// Opens the listener of `agent` and serves `routes` beside the shared ones. Once the agent is told
/// to stop, `routes` answer 503 while the shared ones go on.
///
/// # Errors
/// [`ConfigError::Listen`] when the address cannot be had.
pub async fn serve(agent: &Agent, routes: Router) -> Result<Server, ConfigError> {
    let address = agent.config.listen.clone();
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|reason| ConfigError::Listen { address, reason })?;
    let requests = TaskTracker::new();
    let gate = Gate {
        stop: agent.stop.clone(),
        requests: requests.clone(),
    };
    let router = routes
        .layer(from_fn_with_state(gate, pass_gate))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz).with_state(agent.ready.clone()))
        .route("/metrics", get(metrics).with_state(agent.metrics.clone()))
        .merge(admin::routes(agent));
    let close = CancellationToken::new();
    let closing = close.clone().cancelled_owned();
    let task = tokio::spawn(async move {
        let served = axum::serve(NoDelay(listener), router)
            .with_graceful_shutdown(closing)
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "http listener ended");
        }
    });
    Ok(Server {
        requests,
        close,
        task,
    })
}

impl Server {
    /// Waits until the requests in hand have been answered; to be used once the agent stops.
    pub fn requests_answered(&self) -> impl Future<Output = ()> + Send + 'static {
        let requests = self.requests.clone();
        async move {
            requests.close();
            requests.wait().await;
        }
    }

    /// Closes the listener and waits a second for its connections: one that is idle or has sent
    /// half a request must not hold up the agent's end. The last step of a drain.
    pub async fn close(mut self) {
        self.close.cancel();
        if tokio::time::timeout(CLOSE_WITHIN, &mut self.task)
            .await
            .is_err()
        {
            tracing::info!("open connections are cut");
            self.task.abort();
        }
    }
}

/// Answers with `body` as JSON.
pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(text) => (status, [(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Answers with an error: a fixed `error` code for programs and a `message` for people.
pub fn problem(status: StatusCode, error: &'static str, message: &str) -> Response {
    json(status, &json!({ "error": error, "message": message }))
}

/// 503 with `Retry-After`: nothing is wrong with the request.
pub fn unavailable(message: &str) -> Response {
    let mut answer = problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

#[derive(Clone)]
struct Gate {
    stop: CancellationToken,
    requests: TaskTracker,
}

async fn pass_gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    // Counted before the flag is read: a request is either counted or refused.
    let _counted = gate.requests.token();
    if gate.stop.is_cancelled() {
        let mut answer = unavailable("stopping");
        answer
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
        return answer;
    }
    next.run(request).await
}

async fn readyz(State(readiness): State<Readiness>) -> Response {
    let waiting = readiness.waiting();
    let status = if waiting.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({ "ready": waiting.is_empty(), "waiting_for": waiting });
    json(status, &body)
}

async fn metrics(State(metrics): State<Metrics>) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, OPEN_METRICS)], metrics.encode()).into_response()
}

/// Sends small answers at once.
struct NoDelay(TcpListener);

impl axum::serve::Listener for NoDelay {
    type Io = tokio::net::TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY not set");
        }
        (stream, address)
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}
