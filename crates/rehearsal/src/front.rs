//! The server: takes a request, finds who answers it, and notes what was asked.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::config::FrontConfig;
use crate::data_plane::DataPlane;
use crate::ecr;
use crate::ecs::TaskPlane;
use crate::error::RehearsalError;
use crate::fault::Caller;
use crate::protocol::action;
use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::protocol::scope::Scope;
use crate::protocol::wire::Wire;
use crate::record::RequestRecord;
use crate::rehearsal::{Call, Rehearsal, lock};
use crate::{control, resource, service};

/// Largest body of a request that is read here, in bytes.
const MAX_READ: usize = 1 << 20;
/// Largest body that is passed on, in bytes.
const MAX_PASSED: usize = 256 << 20;
/// The header with the request's id; S3 has one of its own.
const REQUEST_ID: &str = "x-amzn-requestid";

/// A running front. It ends when it is stopped or dropped.
pub struct Front {
    address: SocketAddr,
    rehearsal: Arc<Rehearsal>,
    server: JoinHandle<()>,
}

impl Front {
    /// Listens and serves.
    ///
    /// # Errors
    /// [`RehearsalError::Listen`] when the address is not on loopback or is taken.
    pub async fn start<P: DataPlane + TaskPlane>(
        mut config: FrontConfig,
        plane: Arc<P>,
    ) -> Result<Self, RehearsalError> {
        let listen = config.listen;
        let refused = |source| RehearsalError::Listen {
            address: listen,
            source,
        };
        if !listen.ip().is_loopback() {
            let kind = std::io::ErrorKind::AddrNotAvailable;
            return Err(refused(std::io::Error::new(kind, "not a loopback address")));
        }
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        config.listen = address;
        let rehearsal = Arc::new(Rehearsal::new(config, plane));
        let router = Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&rehearsal));
        let stop = rehearsal.stop.clone();
        let server = tokio::spawn(async move {
            tokio::select! {
                served = async { axum::serve(listener, router).await } => {
                    if let Err(error) = served {
                        tracing::error!(%error, "the rehearsed API stopped serving");
                    }
                }
                () = stop.cancelled() => {}
            }
        });
        Ok(Self {
            address,
            rehearsal,
            server,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint URL for SDKs and Terraform.
    pub fn url(&self) -> String {
        self.rehearsal.url()
    }

    /// Stops serving; changes that are under way are told to have failed.
    pub async fn stop(self) {
        self.rehearsal.stop.cancel();
        self.rehearsal.tasks.close();
        self.rehearsal.tasks.wait().await;
        self.server.abort();
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.rehearsal.stop.cancel();
        self.server.abort();
    }
}

/// Serves a request to its end, even when its caller leaves: what it began has happened and is noted.
async fn serve(State(rehearsal): State<Arc<Rehearsal>>, request: Request<Body>) -> Response<Body> {
    let serving = tokio::spawn(async move { handle(&rehearsal, request).await });
    serving.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request was not served to its end");
        let refusal = Refusal::internal("the rehearsal failed");
        Wire::Json.refuse(&refusal, "")
    })
}

async fn handle(rehearsal: &Arc<Rehearsal>, request: Request<Body>) -> Response<Body> {
    if request.uri().path().starts_with(control::PREFIX) {
        return control::serve(rehearsal, request).await;
    }
    if ecr::is_registry(request.uri().path()) {
        return ecr::registry(rehearsal, request).await;
    }
    let id = Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    let Some(scope) = Scope::of(&parts) else {
        let message = "Missing Authentication Token";
        let code = "MissingAuthenticationToken";
        let refusal = Refusal::new(StatusCode::FORBIDDEN, code, message);
        return with_id(Wire::of("", &parts.headers).refuse(&refusal, &id), &id);
    };
    let (call, rest) = receive(id, scope, parts, body).await;
    let result = match admit(rehearsal, &call).await {
        Ok(()) => match rest {
            Rest::Read => service::answer(rehearsal, &call).await,
            Rest::Coming(body) => pass(rehearsal, &call, body).await,
            Rest::TooLarge(refusal) => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    };
    note(rehearsal, call, result)
}

/// What is left of a request's body.
enum Rest {
    /// Nothing: the call has it.
    Read,
    /// All of it, to be passed on.
    Coming(Body),
    /// It was more than is read.
    TooLarge(Refusal),
}

/// Reads a request as far as it must be known to decide who answers.
async fn receive(id: String, scope: Scope, parts: Parts, body: Body) -> (Call, Rest) {
    let wire = Wire::of(&scope.service, &parts.headers);
    let query = matches!(wire, Wire::Query | Wire::Ec2);
    let (read, rest) = if query || service::answers(&scope.service) {
        match Limited::new(body, MAX_READ).collect().await {
            Ok(body) => (body.to_bytes(), Rest::Read),
            Err(error) => (Bytes::new(), Rest::TooLarge(too_large(&error.to_string()))),
        }
    } else {
        (Bytes::new(), Rest::Coming(body))
    };
    let form = match query {
        true => Form::parse(&read),
        false => Form::default(),
    };
    let call = Call {
        id,
        action: action::name(&scope.service, &parts, &form),
        scope,
        wire,
        parts,
        form,
        body: read,
    };
    (call, rest)
}

/// Passes a request on whose body was not read.
async fn pass(rehearsal: &Rehearsal, call: &Call, body: Body) -> Result<Response<Body>, Refusal> {
    let body = Body::new(Limited::new(body, MAX_PASSED));
    let request = Request::from_parts(call.parts.clone(), body);
    rehearsal.backend.pass(&call.scope.service, request).await
}

/// Words the answer and notes the request.
fn note(
    rehearsal: &Rehearsal,
    call: Call,
    result: Result<Response<Body>, Refusal>,
) -> Response<Body> {
    let error = result.as_ref().err().map(|refusal| refusal.code.clone());
    let answer = match result {
        Ok(answer) => answer,
        Err(refusal) => call.wire.refuse(&refusal, &call.id),
    };
    let answer = with_id(answer, &call.id);
    lock(&rehearsal.requests).add(RequestRecord {
        at: Timestamp::now(),
        request_id: told_id(&answer).unwrap_or(call.id),
        mutating: action::mutates(&call.action),
        service: call.scope.service,
        action: call.action,
        access_key: call.scope.access_key,
        status: answer.status().as_u16(),
        error: error.or_else(|| told_error(&answer)),
    });
    answer
}

/// Lets the faults that are switched on have their way with a call.
async fn admit(rehearsal: &Rehearsal, call: &Call) -> Result<(), Refusal> {
    let account = rehearsal.account(&call.scope.access_key);
    let principal = format!("arn:aws:iam::{account}:user/{}", call.scope.access_key);
    let resource = resource::arn(call, &account);
    let caller = Caller {
        service: &call.scope.service,
        action: &call.action,
        access_key: &call.scope.access_key,
        wire: call.wire,
        principal: &principal,
        resource: &resource,
    };
    let (delay, refusal) = {
        let mut faults = lock(&rehearsal.faults);
        (faults.delay(&caller), faults.refusal(&caller))
    };
    tokio::time::sleep(delay).await;
    refusal.map_or(Ok(()), Err)
}

fn too_large(why: &str) -> Refusal {
    let message = format!("The request's body cannot be read: {why}.");
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestEntityTooLarge",
        message,
    )
}

/// Gives an answer a request id where the emulator gave none.
fn with_id(mut answer: Response<Body>, id: &str) -> Response<Body> {
    if told_id(&answer).is_none()
        && let Ok(value) = HeaderValue::from_str(id)
    {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    answer
}

fn told_id(answer: &Response<Body>) -> Option<String> {
    let text = |name: &str| answer.headers().get(name)?.to_str().ok();
    text(REQUEST_ID)
        .or_else(|| text("x-amz-request-id"))
        .map(str::to_owned)
}

fn told_error(answer: &Response<Body>) -> Option<String> {
    let error = answer.headers().get("x-amzn-errortype")?.to_str().ok()?;
    error.split(':').next().map(str::to_owned)
}
