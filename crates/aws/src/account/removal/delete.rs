//! Asks for the end of one resource.

use crate::account::arn::Arn;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::tagged::Tagged;

/// Days for which a secret that a lab's root did not make can be called back: the fewest that AWS allows.
const SECRET_DAYS: i64 = 7;
/// Days for which a key can be called back: the fewest that AWS allows.
const KEY_DAYS: i32 = 7;

impl Account {
    /// Asks for the end of `found`, which has a stage.
    pub(super) async fn delete(&self, lab: &str, found: &Tagged) -> Result<(), AccountError> {
        let Some(parts) = Arn::parse(&found.arn) else {
            return Ok(());
        };
        let (kind, name) = parts.kind_and_name();
        let arn = found.arn.as_str();
        match parts.service {
            "ec2" => self.delete_network(kind, name).await,
            "ecs" => self.delete_task(kind, name, arn).await,
            "rds" => self.delete_database(kind, name).await,
            "elasticache" => self.delete_cache(kind, name).await,
            "kafka" => self.delete_kafka(kind, arn).await,
            "kms" => self.delete_key(arn).await,
            "secretsmanager" => self.delete_secret(lab, name, arn).await,
            "logs" => {
                let name = name.trim_end_matches(":*");
                let delete = self
                    .clients()
                    .logs
                    .delete_log_group()
                    .log_group_name(name)
                    .send();
                let done = delete.await;
                done.map(drop)
                    .map_err(self.failed("CloudWatch Logs", "DeleteLogGroup"))
            }
            "ecr" => {
                let delete = self.clients().ecr.delete_repository().repository_name(name);
                let done = delete.force(true).send().await;
                done.map(drop)
                    .map_err(self.failed("ECR", "DeleteRepository"))
            }
            _ => self.delete_around(parts.service, kind, name, arn).await,
        }
    }

    /// Its aliases go at once: a key is there until its deletion, and they would keep their names from
    /// the next lab.
    async fn delete_key(&self, arn: &str) -> Result<(), AccountError> {
        let kms = &self.clients().kms;
        let told = kms.list_aliases().key_id(arn).send().await;
        let told = told.map_err(self.failed("KMS", "ListAliases"))?;
        for alias in told.aliases().iter().filter_map(|alias| alias.alias_name()) {
            let done = kms.delete_alias().alias_name(alias).send().await;
            done.map_err(self.failed("KMS", "DeleteAlias"))?;
        }
        let delete = kms.schedule_key_deletion().key_id(arn);
        let done = delete.pending_window_in_days(KEY_DAYS).send().await;
        done.map(drop)
            .map_err(self.failed("KMS", "ScheduleKeyDeletion"))
    }

    /// At once under the lab's own name, which the next lab of that name wants to have.
    async fn delete_secret(&self, lab: &str, name: &str, arn: &str) -> Result<(), AccountError> {
        let delete = self.clients().secrets.delete_secret().secret_id(arn);
        let delete = match name.starts_with(&format!("rlab-{lab}/")) {
            true => delete.force_delete_without_recovery(true),
            false => delete.recovery_window_in_days(SECRET_DAYS),
        };
        let done = delete.send().await;
        done.map(drop)
            .map_err(self.failed("Secrets Manager", "DeleteSecret"))
    }
}
