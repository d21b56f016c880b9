//! Secrets and keys.

use aws_sdk_kms::types::KeyMetadata;

use super::Making;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::tagged::TAG;

impl Account {
    pub(super) async fn secret_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let describe = self.clients().secrets.describe_secret().secret_id(name);
        let told = describe.send().await;
        let told = match told.map_err(self.failed("Secrets Manager", "DescribeSecret")) {
            Err(error) if error.not_found() => return Ok(None),
            told => told?,
        };
        let mut tags = told.tags().iter();
        let ours = tags.any(|tag| (tag.key(), tag.value()) == (Some(TAG), Some(lab)));
        let arn = told.arn().filter(|_| ours && told.deleted_date().is_none());
        Ok(arn.map(|arn| Making::of(arn, arn, None)))
    }

    /// The lab's key that is described as `about`. Keys have no names, and only the index of tags leads from a
    /// lab to them: one that the index does not have yet is made a second time, and both go with the lab.
    pub(super) async fn key_of(
        &self,
        lab: &str,
        about: &str,
    ) -> Result<Option<Making>, AccountError> {
        let found = self.tagged(lab).await?.into_iter();
        for key in found.filter(|one| (one.service.as_str(), one.kind.as_str()) == ("kms", "key")) {
            let data = self.key_by(&key.arn).await?;
            let Some(data) = data.filter(|data| data.description() == Some(about)) else {
                continue;
            };
            let made = self.standing(lab, &key.arn, data.key_id()).await?;
            if made.is_some() {
                return Ok(made);
            }
        }
        Ok(None)
    }

    /// An alias has no tags. It is the lab's if the key is that it leads to.
    pub(super) async fn alias_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let data = self.key_by(name).await?;
        let Some(key) = data.as_ref().and_then(KeyMetadata::arn) else {
            return Ok(None);
        };
        let ours = self.carries(lab, key).await?;
        Ok(ours.then(|| Making::part(name, None)))
    }

    /// What KMS says of the key that `lead` leads to.
    async fn key_by(&self, lead: &str) -> Result<Option<KeyMetadata>, AccountError> {
        let describe = self.clients().kms.describe_key().key_id(lead);
        let told = describe.send().await;
        match told.map_err(self.failed("KMS", "DescribeKey")) {
            Err(error) if error.not_found() => Ok(None),
            told => Ok(told?.key_metadata),
        }
    }
}
