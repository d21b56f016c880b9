//! The bucket of terraform's states: whether it is there, and ours.

use serde::Serialize;

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
