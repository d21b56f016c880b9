//! What AWS was making when whoever had asked for it was killed: found by what was planned for it, believed by
//! its tag.

mod around;
mod files;
mod kafka;
mod kept;
mod named;
mod network;
mod rules;

use super::connected::Account;
use super::error::AccountError;
use super::still_there::State;
use super::tagged::Tagged;

/// Something that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    /// What AWS calls it, as terraform shows ids.
    pub id: String,
    /// The same as its ARN, for whoever has to remove it; `None` for what is only a part of something else.
    pub found: Option<Tagged>,
    /// How far it is.
    pub progress: Progress,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It can be used.
    Ready,
    /// AWS still works on it; its word for that.
    Working(String),
    /// AWS gave it up; its word for that.
    Failed(String),
}

/// AWS's words for what can be used.
const READY: [&str; 4] = ["active", "associated", "available", "enabled"];
/// AWS's words for what will never be, besides those that speak of failing.
const GIVEN_UP: [&str; 3] = ["error", "expired", "rejected"];

impl Progress {
    /// Reads AWS's word: every service has others.
    fn of(status: Option<&str>) -> Self {
        let Some(status) = status else {
            return Self::Ready;
        };
        let word = status.to_ascii_lowercase();
        match word.as_str() {
            word if READY.contains(&word) => Self::Ready,
            word if GIVEN_UP.contains(&word) => Self::Failed(status.to_owned()),
            _ if word.contains("fail") || word.starts_with("incompatible") => {
                Self::Failed(status.to_owned())
            }
            _ => Self::Working(status.to_owned()),
        }
    }
}

impl Making {
    /// What has an ARN, an id and AWS's word for its state.
    fn of(arn: &str, id: &str, status: Option<&str>) -> Self {
        Self {
            id: id.to_owned(),
            found: Tagged::of(arn),
            progress: Progress::of(status),
        }
    }

    /// A part of something else, without an ARN of its own.
    fn part(id: &str, status: Option<&str>) -> Self {
        Self {
            id: id.to_owned(),
            found: None,
            progress: Progress::of(status),
        }
    }
}

impl Account {
    /// Looks for what `lab` began under `name`, as terraform calls its type; `None` when there is no such
    /// thing, or it is somebody else's, or the type is not looked for.
    ///
    /// # Errors
    /// When AWS refuses or does not answer.
    pub async fn making(
        &self,
        lab: &str,
        kind: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        if let Some(known) = named::kind(kind) {
            return self.named(lab, known, name).await;
        }
        if let Some(known) = network::kind(kind) {
            return self.in_network(lab, known, name).await;
        }
        match kind {
            "aws_budgets_budget" => self.budget_of(lab, name).await,
            "aws_efs_access_point" => self.access_point_of(lab, name).await,
            "aws_efs_file_system" => self.file_system_of(lab, name).await,
            "aws_efs_mount_target" => self.mount_target_of(lab, name).await,
            "aws_fis_experiment_template" => self.experiment_of(lab, name).await,
            "aws_kms_alias" => self.alias_of(lab, name).await,
            "aws_kms_key" => self.key_of(lab, name).await,
            "aws_msk_cluster" | "aws_msk_serverless_cluster" => self.cluster_of(lab, name).await,
            "aws_msk_configuration" => self.configuration_of(lab, name).await,
            "aws_route_table_association" => self.association_of(lab, name).await,
            "aws_secretsmanager_secret" => self.secret_of(lab, name).await,
            "aws_service_discovery_private_dns_namespace" => self.namespace_of(lab, name).await,
            "aws_service_discovery_service" => self.service_of(lab, name).await,
            "aws_vpc_security_group_egress_rule" => self.rule_of(lab, name, true).await,
            "aws_vpc_security_group_ingress_rule" => self.rule_of(lab, name, false).await,
            _ => Ok(None),
        }
    }

    /// What `arn` names, called `id`, if it stands and carries the tag of `lab`. What AWS still works on may
    /// refuse to tell its tags (caches do); it is believed when it is ready.
    async fn standing(
        &self,
        lab: &str,
        arn: &str,
        id: &str,
    ) -> Result<Option<Making>, AccountError> {
        let Some(State::There { status }) = self.become_of(arn).await? else {
            return Ok(None);
        };
        let made = Making::of(arn, id, status.as_deref());
        let working = matches!(made.progress, Progress::Working(_));
        Ok((working || self.carries(lab, arn).await?).then_some(made))
    }
}
