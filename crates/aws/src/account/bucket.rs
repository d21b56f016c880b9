//! The bucket of terraform's states: whether it is there, and ours, and what is in it.

use serde::Serialize;
use serde_json::Value;

use super::connected::Account;
use super::error::AccountError;
use crate::terraform::Cause;

/// A bucket that is there and may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateBucket {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: String,
}

impl Account {
    /// Looks for the bucket of states; `None` when there is none of that name.
    ///
    /// # Errors
    /// [`AccountError::BucketElsewhere`] in another region, [`AccountError::BucketRefused`] when it is
    /// another account's or may not be listed: AWS does not tell these two apart.
    pub async fn state_bucket(&self, bucket: &str) -> Result<Option<StateBucket>, AccountError> {
        let ours = self.identity().region.clone();
        let head = self.clients().s3.head_bucket().bucket(bucket);
        // Whoever took a name that we mean to be ours would otherwise be handed our states.
        let head = head.expected_bucket_owner(&self.identity().account);
        let error = match head.send().await {
            Ok(answer) => {
                let region = answer.bucket_region().unwrap_or(&ours).to_owned();
                let name = bucket.to_owned();
                return Ok(Some(StateBucket { name, region }));
            }
            Err(error) => error,
        };
        let answer = error.raw_response();
        let told = answer.and_then(|answer| answer.headers().get("x-amz-bucket-region"));
        if let Some(region) = told.filter(|region| *region != ours) {
            let region = region.to_owned();
            return Err(AccountError::BucketElsewhere {
                bucket: bucket.to_owned(),
                region,
                ours,
            });
        }
        self.refused(bucket, self.failed("S3", "HeadBucket")(error))
    }

    /// A state as it is stored; `None` when there is none.
    ///
    /// # Errors
    /// When AWS refuses or does not answer, or the bucket is not ours.
    pub async fn stored_state(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<Value>, AccountError> {
        let get = self.clients().s3.get_object().bucket(bucket).key(key);
        let get = get.expected_bucket_owner(&self.identity().account);
        let object = match get.send().await.map_err(self.failed("S3", "GetObject")) {
            Err(error) if error.not_found() => return Ok(None),
            object => object?,
        };
        let damaged = |why: String| AccountError::Damaged {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            why,
        };
        let bytes = object.body.collect().await;
        let bytes = bytes.map_err(|error| damaged(error.to_string()))?;
        let state = serde_json::from_slice(&bytes.into_bytes());
        state.map(Some).map_err(|error| damaged(error.to_string()))
    }

    /// What tag `name` of a bucket of ours says; `None` when it says nothing.
    ///
    /// # Errors
    /// When AWS refuses or does not answer.
    pub async fn bucket_tag(
        &self,
        bucket: &str,
        name: &str,
    ) -> Result<Option<String>, AccountError> {
        let ask = self.clients().s3.get_bucket_tagging().bucket(bucket);
        let ask = ask.expected_bucket_owner(&self.identity().account);
        let told = match ask
            .send()
            .await
            .map_err(self.failed("S3", "GetBucketTagging"))
        {
            Err(error) if error.not_found() => return Ok(None),
            told => told?,
        };
        let mut tags = told.tag_set().iter();
        let tag = tags.find(|tag| tag.key() == name);
        Ok(tag.map(|tag| tag.value().to_owned()))
    }

    /// The ARN of the key that `alias` stands for; `None` when there is none.
    ///
    /// # Errors
    /// When AWS refuses or does not answer.
    pub async fn key_behind(&self, alias: &str) -> Result<Option<String>, AccountError> {
        let ask = self.clients().kms.describe_key().key_id(alias);
        match ask.send().await.map_err(self.failed("KMS", "DescribeKey")) {
            Err(error) if error.not_found() => Ok(None),
            told => Ok(told?
                .key_metadata()
                .and_then(|key| key.arn().map(str::to_owned))),
        }
    }

    fn refused(
        &self,
        bucket: &str,
        error: AccountError,
    ) -> Result<Option<StateBucket>, AccountError> {
        if error.not_found() {
            return Ok(None);
        }
        match error {
            AccountError::Call(mut call) => {
                let Cause::Denied(denied) = &mut call.cause else {
                    return Err(AccountError::Call(call));
                };
                let partition = &self.identity().partition;
                let arn = || format!("arn:{partition}:s3:::{bucket}");
                denied.resource.get_or_insert_with(arn);
                Err(AccountError::BucketRefused {
                    bucket: bucket.to_owned(),
                    account: self.identity().account.clone(),
                    call,
                })
            }
            other => Err(other),
        }
    }
}
