//! Keys, secrets, buckets, logs and images: what keeps something.

use aws_sdk_kms::types::KeyState;

use super::State;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::moment;

impl Account {
    pub(super) async fn kept(
        &self,
        service: &str,
        kind: &str,
        name: &str,
        arn: &str,
    ) -> Result<Option<State>, AccountError> {
        Ok(Some(match (service, kind) {
            ("kms", "key") => self.key(arn).await?,
            ("secretsmanager", "secret") => self.secret(arn).await?,
            ("s3", "") => {
                let head = self.clients().s3.head_bucket().bucket(name).send().await;
                head.map_err(self.failed("S3", "HeadBucket"))?;
                State::there(None)
            }
            ("logs", "log-group") => self.log_group(name.trim_end_matches(":*")).await?,
            ("ecr", "repository") => {
                let describe = self.clients().ecr.describe_repositories();
                let describe = describe.repository_names(name).send().await;
                let told = describe.map_err(self.failed("ECR", "DescribeRepositories"))?;
                State::if_told(told.repositories().first(), |_| None)
            }
            _ => return Ok(None),
        }))
    }

    async fn key(&self, arn: &str) -> Result<State, AccountError> {
        let describe = self.clients().kms.describe_key().key_id(arn).send().await;
        let told = describe.map_err(self.failed("KMS", "DescribeKey"))?;
        let Some(key) = told.key_metadata() else {
            return Err(AccountError::Incomplete {
                action: "kms:DescribeKey",
                what: "a key",
            });
        };
        Ok(match key.key_state() {
            Some(KeyState::PendingDeletion) => State::Scheduled {
                what: "deletion of the key".to_owned(),
                until: key.deletion_date().and_then(moment::read),
            },
            state => State::there(state.map(KeyState::as_str)),
        })
    }

    async fn secret(&self, arn: &str) -> Result<State, AccountError> {
        let describe = self.clients().secrets.describe_secret().secret_id(arn);
        let told = describe.send().await;
        let told = told.map_err(self.failed("Secrets Manager", "DescribeSecret"))?;
        Ok(match told.deleted_date() {
            Some(at) => State::Scheduled {
                what: "deletion of the secret".to_owned(),
                until: moment::read(at),
            },
            None => State::there(None),
        })
    }

    async fn log_group(&self, name: &str) -> Result<State, AccountError> {
        let describe = self.clients().logs.describe_log_groups();
        let mut groups = describe
            .log_group_name_prefix(name)
            .into_paginator()
            .items()
            .send();
        while let Some(group) = groups.next().await {
            let group = group.map_err(self.failed("CloudWatch Logs", "DescribeLogGroups"))?;
            if group.log_group_name() == Some(name) {
                return Ok(State::there(None));
            }
        }
        Ok(State::Gone)
    }
}
