//! A call that AWS refused or did not answer: which, for what step, and why.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Value, json};

use super::answer;
use crate::terraform::Cause;
use crate::terraform::cause::Credentials;

/// How the SDK words that no connection came about in time.
const CONNECT: &str = "HTTP connect timeout";

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCall {
    /// The step that it was made for, if the caller named one.
    pub step: Option<String>,
    /// The service, in AWS's words.
    pub service: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// AWS's error code.
    pub code: Option<String>,
    /// AWS's words, or the SDK's.
    pub message: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The id by which AWS knows the last attempt.
    pub request_id: Option<String>,
    /// How many attempts are made of a call whose failure may pass.
    pub attempts: u32,
    /// What that means.
    pub cause: Cause,
    pub(super) profile: Option<String>,
}

/// Who calls, for the words of an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    pub step: Option<&'a str>,
    pub profile: Option<&'a str>,
    pub attempts: u32,
}

impl FailedCall {
    pub(super) fn new<E>(
        (service, operation): (&'static str, &'static str),
        caller: Caller<'_>,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let raw = error.raw_response();
        let status = raw.map(|answer| answer.status().as_u16());
        let told = error.as_service_error().map(|e| e.meta());
        let code = told.and_then(|meta| meta.code()).map(str::to_owned);
        let message = match told.and_then(|meta| meta.message()) {
            Some(message) => message.to_owned(),
            None => unanswered(error, status),
        };
        let cause = cause(
            (service, operation),
            error,
            code.as_deref(),
            status,
            &message,
        );
        Self {
            step: caller.step.map(str::to_owned),
            service,
            operation,
            code,
            message,
            status,
            request_id: raw.and_then(answer::request_id),
            attempts: caller.attempts,
            cause,
            profile: caller.profile.map(str::to_owned),
        }
    }

    /// The policy that would grant it; `None` when it was not denied, or no grant helps.
    pub fn policy(&self) -> Option<Value> {
        let Cause::Denied(denied) = &self.cause else {
            return None;
        };
        let statement = denied.statement()?;
        Some(json!({ "Version": "2012-10-17", "Statement": [statement] }))
    }

    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        let hint = self.cause.hint_for(self.profile.as_deref())?;
        Some(match &self.cause {
            Cause::Credentials(Credentials::Invalid) => {
                format!("{hint}; and a region that is not switched on for the account")
            }
            Cause::Throttled => format!(
                "{hint} (up to {} attempts are made; AWS_MAX_ATTEMPTS changes that)",
                self.attempts
            ),
            _ => hint,
        })
    }
}

impl fmt::Display for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = &self.step {
            write!(f, "{step}: ")?;
        }
        write!(f, "{} {}: ", self.service, self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl Error for FailedCall {}

fn unanswered<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>) -> String
where
    E: Error + Send + Sync + 'static,
{
    match (error, status) {
        (SdkError::ServiceError(_), Some(status)) => format!("status {status} without a word"),
        (SdkError::TimeoutError(_), _) => "no answer in the time allowed".to_owned(),
        _ => DisplayErrorContext(error).to_string(),
    }
}

fn cause<E>(
    (service, operation): (&str, &str),
    error: &SdkError<E, HttpResponse>,
    code: Option<&str>,
    status: Option<u16>,
    message: &str,
) -> Cause {
    match error {
        SdkError::TimeoutError(_) => return Cause::TimedOut,
        // What was sent and not answered may have been done.
        SdkError::DispatchFailure(failure)
            if failure.is_timeout() && !message.contains(CONNECT) =>
        {
            return Cause::TimedOut;
        }
        SdkError::DispatchFailure(failure)
            if failure.is_timeout() || failure.is_io() || failure.as_other().is_some() =>
        {
            return Cause::Unreachable;
        }
        _ => {}
    }
    // A refused HEAD has a status and nothing else.
    let code = code.or_else(|| (status == Some(403)).then_some("AccessDenied"));
    let code = code.unwrap_or_default();
    // In the form in which terraform tells the same, so that both are read by the same rules.
    Cause::in_text(&format!(
        "operation error {service}: {operation}, api error {code}: {message}"
    ))
}
