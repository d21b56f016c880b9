//! What is known of a lab on AWS before and after it exists (`cloud/lab.json`).

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use rlab_lab::{LabDir, files};
use serde::{Deserialize, Serialize};

use crate::error::CloudError;
use crate::place::Whereabouts;
use crate::profile::CloudProfile;

/// Format of the record.
const SCHEMA: &str = "rlab/cloud-lab/v1";
/// What the account's own resources say where a lab's say its name (see `terraform/bootstrap`).
const SHARED: &str = "shared";
/// Longest name: AWS's own names are made of it, and some of them end at 32 characters.
const LONGEST_NAME: usize = 18;

/// A lab on AWS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    schema: String,
    /// Its name.
    pub lab: String,
    /// The profile that it was made from.
    pub profile: CloudProfile,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// AWS partition.
    pub partition: String,
    /// Who answers for it.
    pub owner: String,
    /// When it has to be gone.
    pub expiry: Timestamp,
    /// Added to every port of a rehearsal's servers.
    pub port_offset: u16,
}

/// Files of a lab on AWS, below its directory.
#[derive(Debug, Clone)]
pub struct Paths(PathBuf);

impl Paths {
    /// Of the lab in `dir`.
    pub fn of(dir: &LabDir) -> Self {
        Self(dir.path().join("cloud"))
    }

    /// The record.
    pub fn record(&self) -> PathBuf {
        self.0.join("lab.json")
    }

    /// The roots, as text.
    pub fn roots(&self) -> PathBuf {
        self.0.join("terraform")
    }

    /// The policies that the roots read, which lie beside them.
    pub fn policies(&self) -> PathBuf {
        self.0.join("iam")
    }

    /// Where terraform works for `root`.
    pub fn work(&self, root: &str) -> PathBuf {
        self.0.join("work").join(root)
    }

    /// The images.
    pub fn images(&self) -> PathBuf {
        self.0.join("images")
    }

    /// Tokens of the lab's own.
    pub fn tokens(&self) -> PathBuf {
        self.0.join("tokens.json")
    }

    /// Who signs for RDS in the region.
    pub fn rds_ca(&self) -> PathBuf {
        self.0.join("rds-ca.pem")
    }

    /// What the root made.
    pub fn deployed(&self) -> PathBuf {
        self.0.join("deployed.json")
    }

    /// What a lab within a task knows of the AWS around it.
    pub fn beside(&self) -> PathBuf {
        self.0.join("beside.json")
    }

    /// What containers of this machine need to be the lab's agents.
    pub fn compose(&self) -> PathBuf {
        self.0.join("compose")
    }

    /// Every call to AWS.
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal.jsonl")
    }

    /// Everything.
    pub fn all(&self) -> &std::path::Path {
        &self.0
    }
}

impl Record {
    /// Whether AWS takes a lab of that name.
    ///
    /// # Errors
    /// When it would not.
    pub(crate) fn check_name(lab: &str) -> Result<(), CloudError> {
        if lab == SHARED {
            return Err(CloudError::SharedName(lab.to_owned()));
        }
        match lab.len() > LONGEST_NAME || lab.contains("--") || lab.ends_with('-') {
            true => Err(CloudError::LongName(lab.to_owned())),
            false => Ok(()),
        }
    }

    /// A lab that does not exist yet.
    pub(crate) fn new(
        lab: &str,
        profile: CloudProfile,
        whereabouts: Whereabouts,
        port_offset: u16,
    ) -> Self {
        let lifetime = SignedDuration::from_hours(profile.ttl_hours.into());
        Self {
            schema: SCHEMA.into(),
            lab: lab.into(),
            account: whereabouts.account,
            region: whereabouts.region,
            partition: whereabouts.partition,
            owner: whereabouts.owner,
            expiry: whole_seconds(Timestamp::now() + lifetime),
            port_offset,
            profile,
        }
    }

    /// The record of the lab in `dir`, where there is one.
    ///
    /// # Errors
    /// When it is damaged: something may exist in AWS that nobody would look for.
    pub fn find(dir: &LabDir) -> Result<Option<Self>, CloudError> {
        let path = Paths::of(dir).record();
        match path.exists() {
            false => Ok(None),
            true => Ok(Some(files::read_json(&path)?)),
        }
    }

    /// The record of the lab in `dir`.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn load(dir: &LabDir) -> Result<Self, CloudError> {
        Self::find(dir)?.ok_or_else(|| CloudError::NoRecord(dir.name().to_owned()))
    }

    /// Writes it down; on disk when this returns.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn save(&self, dir: &LabDir) -> Result<(), CloudError> {
        let paths = Paths::of(dir);
        files::make_private_dir(dir.path())?;
        files::make_private_dir(paths.all())?;
        Ok(files::write_json(&paths.record(), self, files::OWNER_ONLY)?)
    }

    /// Whether there is nobody behind the API but this machine.
    pub fn is_rehearsed(&self) -> bool {
        self.profile.rehearsal.is_some()
    }

    /// Whether it is older than it may become.
    pub fn has_expired(&self) -> bool {
        self.expiry < Timestamp::now()
    }

    /// The bucket that holds the states of all labs of the account and region.
    pub fn state_bucket(&self) -> String {
        format!("rlab-state-{}-{}", self.account, self.region)
    }

    /// The bucket that holds the evidence of all labs of the account and region.
    pub fn evidence_bucket(&self) -> String {
        format!("rlab-evidence-{}-{}", self.account, self.region)
    }

    /// Where this lab's state lies in it.
    pub fn state_key(&self) -> String {
        format!("labs/{}.tfstate", self.lab)
    }

    /// The policy that bounds every role.
    pub fn boundary_arn(&self) -> String {
        format!(
            "arn:{}:iam::{}:policy/rlab-boundary",
            self.partition, self.account
        )
    }
}

/// Tags and Terraform know no fractions of a second.
pub(crate) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::profile::AnyProfile;
    use rlab_lab::LabHome;

    pub(crate) fn record(lab: &str) -> Record {
        let AnyProfile::Cloud(profile) = AnyProfile::load("rehearsal").unwrap() else {
            panic!("no root");
        };
        let whereabouts = Whereabouts {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            owner: "me".into(),
        };
        Record::new(lab, *profile, whereabouts, 0)
    }

    #[test]
    fn a_name_that_aws_would_cut_off_is_refused_before_anything_is_made() {
        assert!(Record::check_name("eighteen-letters-x").is_ok());
        for name in ["nineteen-letters-xx", "two--hyphens", "ends-"] {
            let refused = Record::check_name(name);
            assert!(matches!(refused, Err(CloudError::LongName(_))), "{name}");
        }
    }

    #[test]
    fn no_lab_is_called_like_what_all_of_them_share() {
        let refused = Record::check_name("shared");
        assert!(matches!(refused, Err(CloudError::SharedName(_))));
    }

    #[test]
    fn what_was_written_down_is_found_again_and_a_damaged_record_is_no_absent_one() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        assert_eq!(Record::find(&dir).unwrap(), None);
        let record = record("one");
        record.save(&dir).unwrap();
        assert_eq!(Record::load(&dir).unwrap(), record);
        std::fs::write(Paths::of(&dir).record(), "{").unwrap();
        assert!(Record::find(&dir).is_err());
    }
}
