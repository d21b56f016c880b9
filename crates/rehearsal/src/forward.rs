//! Passes requests on to the emulators.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::uri::{Authority, Scheme, Uri};
use axum::http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::config::Upstreams;
use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::protocol::xml::Element;
use crate::rehearsal::Call;

/// Longest an emulator may take to begin its answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(60);
/// Largest answer that is read to be changed, in bytes.
const MAX_ANSWER: usize = 8 << 20;
/// Headers of one connection, which say nothing about the next.
const HOP_BY_HOP: [HeaderName; 4] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
];

/// The emulators.
pub(crate) struct Backend {
    client: Client<HttpConnector, Body>,
    upstreams: Upstreams,
}

/// An answer that was read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Backend {
    pub(crate) fn new(upstreams: Upstreams) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, upstreams }
    }

    fn address(&self, service: &str) -> SocketAddr {
        match service {
            "fis" | "glue" | "ssm" => self.upstreams.moto,
            _ => self.upstreams.ministack,
        }
    }

    /// Passes a request on as it is; its answer streams back. `Host` stays, since it was signed.
    pub(crate) async fn pass(
        &self,
        service: &str,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Refusal> {
        let address = self.address(service).to_string();
        let mut uri = request.uri().clone().into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Authority::try_from(address.as_str()).ok();
        *request.uri_mut() = Uri::from_parts(uri)
            .map_err(|_| Refusal::sender("InvalidRequest", "The request's path cannot be read."))?;
        strip(request.headers_mut());
        let answer = tokio::time::timeout(ANSWER_DEADLINE, self.client.request(request)).await;
        match answer {
            Ok(Ok(answer)) => {
                let mut answer = answer.map(Body::new);
                strip(answer.headers_mut());
                Ok(answer)
            }
            Ok(Err(error)) => Err(unreachable(service, &error.to_string())),
            Err(_) => Err(unreachable(service, "no answer in time")),
        }
    }

    /// Passes a call on and reads the answer.
    pub(crate) async fn fetch(&self, call: &Call) -> Result<Answer, Refusal> {
        self.send(call, call.body.clone()).await
    }

    /// Asks the emulator something else in the caller's name. Its refusal is the caller's.
    pub(crate) async fn ask(&self, call: &Call, form: &Form) -> Result<Element, Refusal> {
        let answer = self.send(call, Bytes::from(form.encode())).await?;
        let tree = answer.tree()?;
        match answer.status.is_success() {
            true => Ok(tree),
            false => Err(refusal(answer.status, &tree)),
        }
    }

    async fn send(&self, call: &Call, body: Bytes) -> Result<Answer, Refusal> {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = call.parts.method.clone();
        *request.uri_mut() = call.parts.uri.clone();
        *request.headers_mut() = call.parts.headers.clone();
        request.headers_mut().remove(header::CONTENT_LENGTH);
        // The answer is to be read here.
        request.headers_mut().remove(header::ACCEPT_ENCODING);
        if request.method() == Method::GET {
            *request.body_mut() = Body::empty();
        }
        self.exchange(&call.scope.service, request).await
    }

    /// Passes a request on and reads the answer.
    pub(crate) async fn exchange(
        &self,
        service: &str,
        request: Request<Body>,
    ) -> Result<Answer, Refusal> {
        let (head, body) = self.pass(service, request).await?.into_parts();
        let read = tokio::time::timeout(ANSWER_DEADLINE, Limited::new(body, MAX_ANSWER).collect());
        let body = match read.await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) => return Err(unreachable(service, &error.to_string())),
            Err(_) => return Err(unreachable(service, "the answer does not end")),
        };
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

impl Answer {
    /// The answer as XML.
    pub(crate) fn tree(&self) -> Result<Element, Refusal> {
        let text = std::str::from_utf8(&self.body).ok();
        text.and_then(Element::parse)
            .ok_or_else(|| Refusal::internal("the emulator's answer is not XML"))
    }

    /// The answer with another body.
    pub(crate) fn with(mut self, body: impl Into<Bytes>) -> Response<Body> {
        self.body = body.into();
        self.into_response()
    }

    pub(crate) fn into_response(mut self) -> Response<Body> {
        self.headers.remove(header::CONTENT_LENGTH);
        let mut answer = Response::new(Body::from(self.body));
        *answer.status_mut() = self.status;
        *answer.headers_mut() = self.headers;
        answer
    }
}

fn refusal(status: StatusCode, tree: &Element) -> Refusal {
    match tree.find("Error", &|_| true) {
        Some(error) => Refusal::new(status, error.value("Code"), error.value("Message")),
        None => Refusal::internal("the emulator refused without saying why"),
    }
}

fn unreachable(service: &str, why: &str) -> Refusal {
    let message = format!("the emulator of {service}: {why}");
    Refusal::new(StatusCode::BAD_GATEWAY, "InternalFailure", message)
}

fn strip(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}
