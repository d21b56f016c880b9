//! What there is of a lab in AWS before `down` removes it: looked for from any machine.
//!
//! Where the state lies follows from account, region and the lab's name; whatever is in no state is found by
//! the tag that everything of a lab carries, whoever made it.

use std::collections::BTreeSet;

use rlab_aws::account::{Left, State, Tagged};
use rlab_lab::LabDir;
use rlab_lab::layout::API;
use rlab_lab::processes;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::error::CloudError;
use crate::ground::Ground;
use crate::profile::CloudProfile;
use crate::record::Record;
use crate::up::{self, CloudOptions};

/// What `down` would remove from AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CloudSurvey {
    /// Always `rlab/cloud-survey/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// Whether this machine has a record of the lab.
    pub recorded: bool,
    /// Resources in the lab's state; `None` when there is no state.
    pub in_state: Option<usize>,
    /// ARNs of what carries the lab's tag, is in no state, and is removed too.
    pub by_tag: Vec<String>,
    /// ARNs of what carries the lab's tag, is in no state, and is not removed.
    pub stays: Vec<String>,
}

/// A lab that was looked for, and what may be removed of it.
#[derive(Debug)]
pub struct Surveyed {
    pub(crate) record: Record,
    pub(crate) has_state: bool,
    /// Everything that carried the tag.
    pub(crate) shown: Vec<Tagged>,
    /// What to show; `None` when the account itself is gone, being a rehearsed one.
    pub told: Option<CloudSurvey>,
}

impl Surveyed {
    /// Whether nobody is behind the API but this machine.
    pub fn is_rehearsed(&self) -> bool {
        self.record.is_rehearsed()
    }
}

/// Looks for the lab in `dir`, by its record or, on a machine that has none, by `profile`. Changes nothing but
/// the journal of calls.
///
/// # Errors
/// [`CloudError::NoRecord`] without record and profile; [`CloudError::Account`] when AWS cannot be asked.
pub async fn survey(dir: &LabDir, profile: Option<&CloudProfile>) -> Result<Surveyed, CloudError> {
    let (record, recorded) = match (Record::find(dir)?, profile) {
        (Some(record), _) => (record, true),
        (None, Some(profile)) => (from_elsewhere(dir, profile).await?, false),
        (None, None) => return Err(CloudError::NoRecord(dir.name().to_owned())),
    };
    if record.is_rehearsed() && !account_lives(dir) {
        return Ok(Surveyed {
            record,
            has_state: false,
            shown: Vec::new(),
            told: None,
        });
    }
    let account = Ground::of(&record, dir)?.account(&record, dir).await?;
    let account = account.step("looking for the lab");
    let bucket = record.state_bucket();
    let state = match account.state_bucket(&bucket).await? {
        Some(_) => account.stored_state(&bucket, &record.state_key()).await?,
        None => None,
    };
    let shown = account.of_lab(&record.lab).await?;
    let told = tell(&record, recorded, state.as_ref(), &shown);
    Ok(Surveyed {
        record,
        has_state: state.is_some(),
        shown,
        told: Some(told),
    })
}

/// A record as the machine that brought the lab up has one, as far as removing it needs it.
async fn from_elsewhere(dir: &LabDir, profile: &CloudProfile) -> Result<Record, CloudError> {
    if profile.rehearsal.is_some() {
        return Err(CloudError::RehearsedElsewhere(dir.name().to_owned()));
    }
    up::draft(&CloudOptions {
        dir: dir.clone(),
        profile: profile.clone(),
        port_offset: 0,
    })
    .await
}

/// Whether the process that plays the account still runs: with it goes all that was made in it.
fn account_lives(dir: &LabDir) -> bool {
    processes::of_lab(dir.path())
        .iter()
        .any(|found| found.node == API)
}

fn tell(record: &Record, recorded: bool, state: Option<&Value>, shown: &[Tagged]) -> CloudSurvey {
    let known = state.map(names).unwrap_or_default();
    let stray = shown.iter().filter(|found| !is_in(&known, found));
    let (by_tag, stays): (Vec<_>, Vec<_>) = stray.partition(|found| found.is_removable());
    let arns = |all: Vec<&Tagged>| all.into_iter().map(|found| found.arn.clone()).collect();
    CloudSurvey {
        schema: "rlab/cloud-survey/v1",
        lab: record.lab.clone(),
        account: record.account.clone(),
        region: record.region.clone(),
        recorded,
        in_state: state.map(count),
        by_tag: arns(by_tag),
        stays: arns(stays),
    }
}

/// Resources of a state, without data sources.
fn managed(state: &Value) -> impl Iterator<Item = &Value> {
    let resources = state["resources"].as_array().into_iter().flatten();
    resources
        .filter(|resource| resource["mode"] == "managed")
        .flat_map(|resource| resource["instances"].as_array().into_iter().flatten())
}

fn count(state: &Value) -> usize {
    managed(state).count()
}

/// Attributes by which the resources of a state are known.
const NAMES: [&str; 3] = ["arn", "dashboard_arn", "id"];

/// ARNs and ids of everything in a state.
fn names(state: &Value) -> BTreeSet<&str> {
    managed(state)
        .flat_map(|instance| NAMES.map(|name| instance["attributes"][name].as_str()))
        .flatten()
        .collect()
}

fn is_in(known: &BTreeSet<&str>, found: &Tagged) -> bool {
    // Log groups have a star behind their ARN, or none.
    let arn = found.arn.trim_end_matches(":*");
    let id = arn.rsplit('/').next().unwrap_or(arn);
    known.contains(arn) || (found.service == "ec2" && known.contains(id))
}

/// What is left, and why, as people are told.
pub(crate) fn words(left: &Left) -> String {
    let arn = &left.found.arn;
    match (&left.why, &left.state) {
        (Some(why), _) => format!("{arn} ({why})"),
        (
            None,
            State::There {
                status: Some(status),
            },
        ) => format!("{arn} ({status})"),
        (None, State::Unknown { why }) => format!("{arn}: {why}"),
        (None, State::Scheduled { what, until }) => {
            let when = until.map_or(String::new(), |at| format!(" at {at}"));
            format!("{arn}: {what}{when}")
        }
        (None, State::There { status: None } | State::Gone) => arn.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tagged(arn: &str) -> Tagged {
        let mut parts = arn.splitn(6, ':');
        let service = parts.nth(2).unwrap().to_owned();
        let resource = parts.nth(2).unwrap();
        let kind = resource.split([':', '/']).next().unwrap().to_owned();
        Tagged {
            arn: arn.to_owned(),
            service,
            kind,
        }
    }

    #[test]
    fn what_people_added_by_hand_is_told_apart_from_what_the_state_knows() {
        let state = json!({ "resources": [
            { "mode": "managed", "type": "aws_vpc", "instances": [
                { "attributes": { "id": "vpc-1", "arn": "arn:aws:ec2:r:1:vpc/vpc-1" } } ] },
            { "mode": "managed", "type": "aws_vpc_endpoint", "instances": [
                { "attributes": { "id": "vpce-1" } } ] },
            { "mode": "managed", "type": "aws_cloudwatch_log_group", "instances": [
                { "attributes": { "arn": "arn:aws:logs:r:1:log-group:/rlab/x/relay" } } ] },
            { "mode": "managed", "type": "aws_cloudwatch_dashboard", "instances": [
                { "attributes": { "dashboard_arn": "arn:aws:cloudwatch::1:dashboard/rlab-x" } } ] },
            { "mode": "data", "type": "aws_kms_key", "instances": [
                { "attributes": { "arn": "arn:aws:kms:r:1:key/read" } } ] },
        ] });
        let known = names(&state);
        let is_known = |arn: &str| is_in(&known, &tagged(arn));
        assert!(is_known("arn:aws:ec2:r:1:vpc/vpc-1"));
        assert!(is_known("arn:aws:ec2:r:1:vpc-endpoint/vpce-1"));
        assert!(is_known("arn:aws:logs:r:1:log-group:/rlab/x/relay:*"));
        assert!(is_known("arn:aws:cloudwatch::1:dashboard/rlab-x"));
        assert!(!is_known("arn:aws:kms:r:1:key/read"));
        assert!(!is_known("arn:aws:rds:r:1:db:vpc-1"));
        assert_eq!(count(&state), 4);
    }
}
