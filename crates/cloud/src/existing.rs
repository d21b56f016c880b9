//! What an account shares among its labs and another machine made: found by its names, taken into the state
//! of this one.

use rlab_aws::account::Account;
use rlab_aws::terraform::{Orphan, Plan, Stop, TerraformError, Workdir, not_there};

use crate::bootstrap::STATES;
use crate::error::CloudError;
use crate::record::Record;

/// Parts of a bucket that are called by its name, as `terraform/modules/bucket` has them.
const PARTS: [&str; 7] = [
    "aws_s3_bucket",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_policy",
];

/// A bucket that is there.
pub(crate) struct Existing {
    bucket: String,
    /// ARN of its key.
    key_arn: Option<String>,
    /// Who answers for it: whoever made it, and not whoever comes next.
    pub owner: Option<String>,
}

impl Existing {
    /// Looks for `bucket`; `None` when it is not there yet.
    ///
    /// # Errors
    /// When AWS refuses or does not answer, or the bucket is another account's.
    pub async fn find(account: &Account, bucket: String) -> Result<Option<Self>, CloudError> {
        let account = account.step("looking for what outlives labs");
        if account.state_bucket(&bucket).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            key_arn: account.key_behind(&format!("alias/{bucket}")).await?,
            owner: account.bucket_tag(&bucket, "owner").await?,
            bucket,
        }))
    }

    /// What `root` made, as far as its names tell, and the state with the addresses `known` does not know.
    pub fn unknown_to(&self, root: &str, known: &[String], record: &Record) -> Vec<Orphan> {
        let states = root == STATES;
        let module = if states { "state" } else { "store" };
        let part = |kind: &str| format!("module.{module}.{kind}.this");
        let mut all: Vec<(String, String)> = PARTS
            .iter()
            .map(|kind| (part(kind), self.bucket.clone()))
            .collect();
        if let Some(key) = self
            .key_arn
            .as_deref()
            .and_then(|arn| arn.rsplit('/').next())
        {
            all.push((part("aws_kms_key"), key.to_owned()));
            all.push((part("aws_kms_alias"), format!("alias/{}", self.bucket)));
        }
        all.push(match states {
            true => ("aws_iam_policy.boundary".into(), record.boundary_arn()),
            false => (
                "aws_s3_bucket_object_lock_configuration.retention".into(),
                self.bucket.clone(),
            ),
        });
        all.into_iter()
            .filter(|(address, _)| !known.contains(address))
            .map(|(address, id)| Orphan { address, id })
            .collect()
    }
}

/// Plans with what is there taken over. Whoever made it may have been killed, so that some of it is not.
///
/// # Errors
/// As a plan.
pub(crate) async fn adopting(
    workdir: &Workdir,
    mut there: Vec<Orphan>,
    stop: &Stop,
) -> Result<Plan, TerraformError> {
    loop {
        workdir.adopt(&there)?;
        let error = match workdir.plan(&|_| {}, stop).await {
            Ok(plan) => return Ok(plan),
            Err(error) => error,
        };
        let absent = not_there(&error, &there);
        if absent.is_empty() {
            return Err(error);
        }
        there.retain(|orphan| !absent.contains(orphan));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;

    #[test]
    fn all_that_the_two_roots_make_is_named_and_what_the_state_knows_is_left_out() {
        let existing = |bucket: &str| Existing {
            bucket: bucket.into(),
            key_arn: Some("arn:aws:kms:r:1:key/k-1".into()),
            owner: None,
        };
        let record = record("one");
        for (root, files) in [
            (
                "bootstrap",
                include_str!("../../../terraform/bootstrap/boundary.tf"),
            ),
            (
                "evidence",
                include_str!("../../../terraform/evidence/main.tf"),
            ),
        ] {
            let bucket = [
                include_str!("../../../terraform/modules/bucket/main.tf"),
                include_str!("../../../terraform/modules/bucket/policy.tf"),
                include_str!("../../../terraform/modules/bucket/key.tf"),
                files,
            ];
            let made = bucket
                .iter()
                .map(|text| text.matches("\nresource \"").count());
            let starting = bucket.iter().filter(|text| text.starts_with("resource \""));
            let resources = made.sum::<usize>() + starting.count();
            let found = existing("b").unknown_to(root, &[], &record);
            assert_eq!(found.len(), resources, "{root}: {found:?}");
            let known = [found[0].address.clone()];
            let rest = existing("b").unknown_to(root, &known, &record);
            assert_eq!(rest[..], found[1..], "{root}");
        }
    }
}
