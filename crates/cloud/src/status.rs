//! What is known of a lab on AWS without asking AWS.

use jiff::Timestamp;
use rlab_lab::LabDir;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::CloudError;
use crate::record::{Paths, Record};

/// A lab on AWS.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CloudStatus {
    /// Always `rlab/cloud-status/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Profile name.
    pub profile: String,
    /// Whether its API is played on this machine.
    pub rehearsed: bool,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// Who answers for it.
    pub owner: String,
    /// When it has to be gone, RFC 3339.
    #[schemars(with = "String")]
    pub expiry: Timestamp,
    /// Whether that is past.
    pub expired: bool,
    /// Directory of its record, its journal of calls and terraform's output.
    pub files: String,
}

/// Reads the record of the lab in `dir`.
///
/// # Errors
/// When there is none, or it is damaged.
pub fn status(dir: &LabDir) -> Result<CloudStatus, CloudError> {
    let record = Record::load(dir)?;
    Ok(CloudStatus {
        schema: "rlab/cloud-status/v1",
        rehearsed: record.is_rehearsed(),
        expired: record.has_expired(),
        files: Paths::of(dir).all().display().to_string(),
        lab: record.lab,
        profile: record.profile.name,
        account: record.account,
        region: record.region,
        owner: record.owner,
        expiry: record.expiry,
    })
}
