//! What is left of a lab: everything that its tag finds, asked itself.
//!
//! The index of tags is late, so that what it names may be gone for hours, and some of what AWS deletes is
//! only scheduled for it. What cannot be asked is unknown, and so never passes for gone.

mod around;
mod kept;
mod servers;
mod tasks;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::arn::Arn;
use super::connected::Account;
use super::error::AccountError;
use super::tagged::Tagged;

/// Resources that are asked at a time.
const AT_A_TIME: usize = 4;

/// Something that the tag of a lab found, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Residual {
    /// What was found.
    pub found: Tagged,
    /// What has become of it.
    pub state: State,
}

/// What has become of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is there.
    There {
        /// AWS's word for its state, if it has one: it may be about to go.
        status: Option<String>,
    },
    /// It goes by itself.
    Scheduled {
        /// What will happen.
        what: String,
        /// When; `None` when AWS does not tell.
        until: Option<Timestamp>,
    },
    /// It is gone.
    Gone,
    /// It cannot be told.
    Unknown {
        /// Why.
        why: String,
    },
}

impl State {
    /// There, with AWS's word for it.
    fn there(status: Option<&str>) -> Self {
        Self::There {
            status: status.map(str::to_owned),
        }
    }

    /// There if AWS told of it, and gone if it told of nothing.
    fn if_told<T>(told: Option<T>, status: impl FnOnce(&T) -> Option<&str>) -> Self {
        match told {
            Some(one) => Self::there(status(&one)),
            None => Self::Gone,
        }
    }
}

impl Account {
    /// Asks each of `found` whether it is still there.
    pub async fn still_there(&self, found: Vec<Tagged>) -> Vec<Residual> {
        let asking = found.into_iter().map(|tagged| self.residual(tagged));
        // In the order of the question, so that two reports can be compared.
        stream::iter(asking).buffered(AT_A_TIME).collect().await
    }

    pub(super) async fn residual(&self, found: Tagged) -> Residual {
        let state = match self.become_of(&found.arn).await {
            Ok(Some(state)) => state,
            Ok(None) => State::Unknown {
                why: format!("this build cannot ask {} about it", found.service),
            },
            Err(error) => State::Unknown {
                why: error.to_string(),
            },
        };
        Residual { found, state }
    }

    /// What has become of what `arn` names; `None` for what nobody here can ask.
    pub(super) async fn become_of(&self, arn: &str) -> Result<Option<State>, AccountError> {
        match self.state(arn).await {
            Err(error) if error.not_found() => Ok(Some(State::Gone)),
            told => told,
        }
    }

    async fn state(&self, arn: &str) -> Result<Option<State>, AccountError> {
        let Some(parts) = Arn::parse(arn) else {
            return Ok(None);
        };
        let (kind, name) = parts.kind_and_name();
        match parts.service {
            "kms" | "secretsmanager" | "s3" | "logs" | "ecr" => {
                self.kept(parts.service, kind, name, arn).await
            }
            "rds" => self.database(kind, name, arn).await,
            "elasticache" => self.cache(kind, name).await,
            "kafka" => self.kafka(kind, arn).await,
            "ecs" => self.tasks(kind, name, arn).await,
            "ec2" => self.network(kind, name).await,
            "elasticfilesystem"
            | "fis"
            | "cloudwatch"
            | "servicediscovery"
            | "elasticloadbalancing"
            | "iam"
            | "budgets" => self.around(parts.service, kind, name, arn).await,
            _ => Ok(None),
        }
    }
}
