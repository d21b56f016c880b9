//! HTTP/1.1 over connections that are kept: one request at a time on each, the last used first.
//!
//! A pool of clients in the usual sense would cost several times as much per request, and the
//! generator shares its machine with what it measures.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

/// Longest answer that is read. What a service of ours says about a command or an item is shorter.
const LONGEST_ANSWER: usize = 1 << 20;

/// A client of one service, wherever that is at the moment.
#[derive(Debug)]
pub(crate) struct Client {
    timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why a question has no usable answer.
#[derive(Debug)]
pub(crate) enum Silence {
    NoAddress,
    TimedOut,
    CannotConnect(std::io::Error),
    Lost(String),
    Unreadable(String),
    OtherCommand(Uuid),
}

#[derive(Debug)]
struct Connection {
    address: SocketAddr,
    host: HeaderValue,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// A client that gives up on an answer after `timeout`.
    pub fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            idle: Mutex::default(),
        }
    }

    /// Sends one request to `address`, once.
    ///
    /// # Errors
    /// Why there is no whole answer. The service may have done what it was asked for.
    pub async fn ask(
        &self,
        address: SocketAddr,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Silence> {
        let asking = timeout(self.timeout, self.exchange(address, request));
        asking.await.unwrap_or(Err(Silence::TimedOut))
    }

    async fn exchange(
        &self,
        address: SocketAddr,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Answer, Silence> {
        let mut connection = self.connection(address).await?;
        let response = loop {
            request.headers_mut().insert(HOST, connection.host.clone());
            match connection.sender.try_send_request(request).await {
                Ok(response) => break response,
                Err(mut failed) => match failed.take_message() {
                    // Closed while it was idle: not a byte of the request has left.
                    Some(unsent) => request = unsent,
                    None => return Err(Silence::lost(&failed.into_error())),
                },
            }
            connection = Connection::open(address).await?;
        };
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| Silence::lost(error.as_ref()))?;
        self.idle().push(connection);
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    async fn connection(&self, address: SocketAddr) -> Result<Connection, Silence> {
        while let Some(mut kept) = self.take() {
            if kept.address == address && kept.sender.ready().await.is_ok() {
                return Ok(kept);
            }
        }
        Connection::open(address).await
    }

    fn take(&self) -> Option<Connection> {
        self.idle().pop()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // A list of connections is whole whoever panicked beside it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Boxed, since it is rare, and large beside what a request on a kept connection needs.
    fn open(address: SocketAddr) -> Pin<Box<dyn Future<Output = Result<Self, Silence>> + Send>> {
        Box::pin(Self::shake_hands(address))
    }

    async fn shake_hands(address: SocketAddr) -> Result<Self, Silence> {
        let stream = TcpStream::connect(address).await;
        let stream = stream.map_err(Silence::CannotConnect)?;
        stream.set_nodelay(true).map_err(Silence::CannotConnect)?;
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (sender, driver) = shaken.map_err(|error| Silence::lost(&error))?;
        // What breaks it is told to whoever waits for an answer on it.
        tokio::spawn(async move { drop(driver.await) });
        let host = HeaderValue::try_from(address.to_string());
        Ok(Self {
            address,
            host: host.map_err(|error| Silence::lost(&error))?,
            sender,
        })
    }
}

impl Silence {
    /// The innermost reason: the outer ones only say that it was HTTP.
    fn lost(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut cause = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Self::Lost(cause.to_string())
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str("no address is known"),
            Self::TimedOut => f.write_str("timed out"),
            Self::CannotConnect(error) => write!(f, "cannot connect: {error}"),
            Self::Lost(why) => write!(f, "connection lost: {why}"),
            Self::Unreadable(why) => write!(f, "unreadable answer: {why}"),
            Self::OtherCommand(id) => write!(f, "acknowledgement of another command: {id}"),
        }
    }
}
