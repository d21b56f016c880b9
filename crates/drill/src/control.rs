//! Who carries out the failovers of a drill: the lab's supervisor, or the API of who runs its servers.

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use rlab_lab::LabError;
use rlab_runbook::Failover;
use serde::Serialize;

/// Carries failovers out, and tells what is proven of them.
pub trait Control: fmt::Debug + Send + Sync {
    /// Whether `wanted` may be done, one after the other; changes nothing.
    ///
    /// # Errors
    /// [`ControlError::Refused`] when they may not; anything else when that cannot be told.
    fn allows<'a>(&'a self, wanted: &'a [Failover]) -> BoxFuture<'a, Result<(), ControlError>>;

    /// Has `loss` happen, and waits until it is proven or can no longer be.
    ///
    /// # Errors
    /// When it was refused, or nobody knows what became of it.
    fn fail_over(&self, loss: Loss) -> BoxFuture<'_, Result<FailedOver, ControlError>>;

    /// Longest that one failover takes, with looking whether it is allowed.
    fn longest(&self, of: Failover) -> Duration;

    /// Who tells where servers stand that are not the lab's; none where its supervisor moves its own.
    fn operator(&self) -> Option<&dyn Operator> {
        None
    }
}

/// Whoever runs the servers, asked where they stand. What is not told is unknown.
pub trait Operator: fmt::Debug + Send + Sync {
    /// Zone of MySQL's writer.
    fn mysql_zone(&self) -> BoxFuture<'_, Option<String>>;

    /// Name of the Redis that is primary, as who runs it calls it.
    fn redis_primary(&self) -> BoxFuture<'_, Option<String>>;

    /// Number of a broker in `zone`, from 1.
    fn broker_in<'a>(&'a self, zone: &'a str) -> BoxFuture<'a, Option<u32>>;
}

/// What is to be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// MySQL's primary.
    Mysql,
    /// Redis's primary.
    Redis,
    /// A broker, which comes back by itself.
    Broker {
        /// Its number, from 1.
        id: u32,
    },
}

/// What is known of a failover that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailedOver {
    /// From the loss until clients are led elsewhere, by the clock of who did it; none where that was not
    /// told, or clients are led nowhere.
    pub away: Option<Duration>,
    /// What was seen of it, in order.
    pub seen: Vec<Seen>,
    /// Why it is not proven to have happened as it should, if it is not.
    pub unproven: Option<String>,
}

/// Something that was seen of a failover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// What.
    pub what: String,
    /// When, by the clock of who carried it out.
    pub at: Option<Timestamp>,
    /// When it was heard of here; none where the clock is the same.
    pub heard_at: Option<Timestamp>,
}

/// Why a failover is not known to have happened.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It may not be done now, and nothing was.
    #[error("refused: {why}")]
    Refused {
        /// What stands in its way.
        why: String,
        /// What to do about it.
        next: String,
    },
    /// The lab's supervisor refused or failed.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// Who was asked failed, or did not answer.
    #[error("{why}")]
    Failed {
        /// What was said.
        why: String,
        /// What to type next.
        hint: Option<String>,
    },
}

impl ControlError {
    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { next, .. } => Some(next.clone()),
            Self::Lab(error) => error.hint(),
            Self::Failed { hint, .. } => hint.clone(),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match (self.at, self.heard_at) {
            (Some(at), Some(heard_at)) => write!(f, " at {at}, heard of at {heard_at}"),
            (Some(at), None) => write!(f, " at {at}"),
            (None, Some(heard_at)) => write!(f, ", heard of at {heard_at}"),
            (None, None) => Ok(()),
        }
    }
}
