//! Speaks to the control interface of a running front.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};

use crate::error::RehearsalError;
use crate::fault::Fault;
use crate::record::RequestLog;

/// Longest an answer may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// A client of one front's control interface.
pub struct ControlClient {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl ControlClient {
    /// A client of the front at `address`, whose token is `token`.
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: format!("http://{address}{}", crate::control::PREFIX),
            token: token.to_owned(),
        }
    }

    /// Replaces the faults that are switched on; none ends them all.
    ///
    /// # Errors
    /// [`RehearsalError::Control`] when the front cannot be reached or refuses.
    pub async fn set_faults(&self, faults: &[Fault]) -> Result<(), RehearsalError> {
        let request = self.request(Method::PUT, "faults").json(faults);
        send(request).await.map(|_| ())
    }

    /// Every request made so far.
    ///
    /// # Errors
    /// [`RehearsalError::Control`] when the front cannot be reached or refuses.
    pub async fn requests(&self) -> Result<RequestLog, RehearsalError> {
        let answer = send(self.request(Method::GET, "requests")).await?;
        answer.json().await.map_err(|error| control(&error))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        request.bearer_auth(&self.token).timeout(DEADLINE)
    }
}

async fn send(request: RequestBuilder) -> Result<Response, RehearsalError> {
    let answer = request.send().await.map_err(|error| control(&error))?;
    answer.error_for_status().map_err(|error| control(&error))
}

fn control(error: &reqwest::Error) -> RehearsalError {
    RehearsalError::Control(error.to_string())
}
