//! A line for every attempt of a call, so that AWS can be asked about any of them.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use jiff::Timestamp;
use serde::Serialize;

use super::answer;
use super::error::AccountError;

/// Appends a line of JSON for every attempt of a call. Nothing of what was asked or answered is in it but
/// its name, the request id, the status and the error's code.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Lines>);

#[derive(Debug)]
struct Lines {
    file: Mutex<File>,
    /// A line was lost: no call is made that could not be told of.
    broken: AtomicBool,
}

#[derive(Debug, Serialize)]
struct Line {
    at: Timestamp,
    service: String,
    operation: String,
    attempt: u32,
    request_id: Option<String>,
    status: Option<u16>,
    error: Option<String>,
    ms: u64,
}

/// An attempt that is under way. It is told of also when whoever waits for it leaves.
#[derive(Debug)]
struct Attempt {
    journal: Journal,
    at: Timestamp,
    began: Instant,
    service: String,
    operation: String,
    number: u32,
    told: AtomicBool,
}

impl Storable for Attempt {
    type Storer = StoreReplace<Self>;
}

impl Journal {
    /// Opens the journal at `path`, or begins it, readable by its owner only.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(path);
        let file = file.map_err(|e| AccountError::io(path, e))?;
        Ok(Self(Arc::new(Lines {
            file: Mutex::new(file),
            broken: AtomicBool::new(false),
        })))
    }

    fn write(&self, line: &Line) {
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        // A holder that panicked has at worst written half a line.
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.write_all(&text).is_err() {
            self.0.broken.store(true, Ordering::Relaxed);
        }
    }
}

impl Attempt {
    fn tell(&self, request_id: Option<String>, status: Option<u16>, error: Option<String>) {
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        self.journal.write(&Line {
            at: self.at,
            service: self.service.clone(),
            operation: self.operation.clone(),
            attempt: self.number,
            request_id,
            status,
            error,
            ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.tell(None, None, Some("abandoned".to_owned()));
    }
}

#[dyn_dispatch_hint]
impl Intercept for Journal {
    fn name(&self) -> &'static str {
        "Journal"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.0.broken.load(Ordering::Relaxed) {
            return Err("the journal of calls cannot be written".into());
        }
        let called = cfg.load::<Metadata>();
        let attempt = Attempt {
            journal: self.clone(),
            at: Timestamp::now(),
            began: Instant::now(),
            service: called.map_or_else(String::new, |m| m.service().to_owned()),
            operation: called.map_or_else(String::new, |m| m.name().to_owned()),
            number: cfg
                .load::<RequestAttempts>()
                .map_or(1, RequestAttempts::attempts),
            told: AtomicBool::new(false),
        };
        cfg.interceptor_state().store_put(attempt);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(attempt) = cfg.load::<Attempt>() else {
            return Ok(());
        };
        let answer = context.response();
        let failed = context.output_or_error().and_then(Result::err);
        let error = failed.and_then(|error| match answer {
            _ if error.is_timeout_error() => Some("timed out".to_owned()),
            Some(answer) => answer::code(answer),
            None => Some("no answer".to_owned()),
        });
        let status = answer.map(|a| a.status().as_u16());
        attempt.tell(answer.and_then(answer::request_id), status, error);
        Ok(())
    }
}
