//! Readiness: which servers have answered, and what the others said last.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::backoff::Backoff;

const ASK_EVERY: Duration = Duration::from_secs(2);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What the agent needs before it is ready. Clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<&'static str, Option<String>>>>);

/// Something waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// What is waited for, for example `mysql`.
    pub name: &'static str,
    /// What it said last.
    pub last_error: String,
}

impl Readiness {
    /// Adds something to wait for.
    pub fn needs(&self, name: &'static str) {
        self.waits(name, "not asked yet");
    }

    /// `name` has answered.
    pub fn answered(&self, name: &'static str) {
        if self.set(name, None) {
            tracing::info!(name, "answers");
        }
    }

    /// `name` has not answered, and why.
    pub fn waits(&self, name: &'static str, error: impl Display) {
        let error = error.to_string();
        if self.set(name, Some(error.clone())) {
            tracing::warn!(name, error, "waiting");
        }
    }

    /// All that has not answered; empty when ready.
    pub fn waiting(&self) -> Vec<Waiting> {
        let list = self.list();
        let missing = list.iter().filter_map(|(name, error)| {
            Some(Waiting {
                name,
                last_error: error.clone()?,
            })
        });
        missing.collect()
    }

    /// Asks again and again in the background whether `name` answers.
    pub fn keep_asking<F, Fut, E>(&self, name: &'static str, ask: F)
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), E>> + Send,
        E: Display + Send,
    {
        self.needs(name);
        let readiness = self.clone();
        tokio::spawn(async move {
            let mut backoff = Backoff::default();
            loop {
                if readiness.ask(name, ask()).await {
                    backoff.reset();
                    tokio::time::sleep(ASK_EVERY).await;
                } else {
                    backoff.wait().await;
                }
            }
        });
    }

    /// Asks in the background until `name` has answered once: for servers whose later absence the
    /// agent can bear.
    pub fn ask_until_answered<F, Fut, E>(&self, name: &'static str, ask: F)
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), E>> + Send,
        E: Display + Send,
    {
        self.needs(name);
        let readiness = self.clone();
        tokio::spawn(async move {
            let mut backoff = Backoff::default();
            while !readiness.ask(name, ask()).await {
                backoff.wait().await;
            }
        });
    }

    async fn ask<Fut, E>(&self, name: &'static str, question: Fut) -> bool
    where
        Fut: Future<Output = Result<(), E>> + Send,
        E: Display + Send,
    {
        match tokio::time::timeout(ANSWER_WITHIN, question).await {
            Ok(Ok(())) => {
                self.answered(name);
                return true;
            }
            Ok(Err(error)) => self.waits(name, error),
            Err(_) => self.waits(name, "no answer within 5 s"),
        }
        false
    }

    /// Whether the state (not merely the message) changed.
    fn set(&self, name: &'static str, state: Option<String>) -> bool {
        let waits = state.is_some();
        let before = self.list().insert(name, state);
        before.is_none_or(|b| b.is_some() != waits)
    }

    fn list(&self) -> MutexGuard<'_, BTreeMap<&'static str, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_that_everything_needed_has_answered() {
        let readiness = Readiness::default();
        readiness.needs("mysql");
        readiness.needs("kafka");
        readiness.answered("mysql");
        readiness.waits("kafka", "connection refused");
        let waiting = readiness.waiting();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].name, "kafka");
        assert_eq!(waiting[0].last_error, "connection refused");
        readiness.answered("kafka");
        assert!(readiness.waiting().is_empty());
    }
}
