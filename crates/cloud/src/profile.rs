//! Profiles of labs on AWS: which root, whose, for how long, how large.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rlab_document::did_you_mean;
use rlab_lab::LabError;
use rlab_lab::profile::{LabProfile, ProfileSchema, engine_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::CloudError;

/// Profiles that are part of the binary: name and text.
const BUILT_IN: &[(&str, &str)] = &[
    ("aws", include_str!("../../../profiles/aws.toml")),
    (
        "aws-serverless",
        include_str!("../../../profiles/aws-serverless.toml"),
    ),
    (
        "rehearsal",
        include_str!("../../../profiles/rehearsal.toml"),
    ),
];

/// Variables of the roots that rlab-ops sets itself.
const OURS: [&str; 12] = [
    "evidence",
    "lab",
    "owner",
    "expiry",
    "region",
    "account_id",
    "permissions_boundary_arn",
    "budget_usd_per_month",
    "budget_usd_per_hour",
    "budget_emails",
    "image_digests",
    "rehearsal",
];

/// A profile of any engine.
#[derive(Debug, Clone)]
pub enum AnyProfile {
    /// Servers that this machine runs or reaches by itself.
    Servers(Box<LabProfile>),
    /// A Terraform root.
    Cloud(Box<CloudProfile>),
}

/// A profile with `engine = "terraform"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloudProfile {
    /// Format of the file.
    pub schema: ProfileSchema,
    /// Name, as used with `--profile`.
    pub name: String,
    /// How the lab is brought up.
    pub engine: Engine,
    /// Which root is applied.
    pub root: Root,
    /// The only account it may be applied in; that of the credentials when it is left out.
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    pub account: Option<String>,
    /// Region; that of the environment or the AWS profile when it is left out.
    pub region: Option<String>,
    /// Who answers for the lab; the caller's name in AWS when it is left out.
    pub owner: Option<String>,
    /// Hours until the lab has to be gone.
    #[schemars(range(min = 1, max = 168))]
    pub ttl_hours: u32,
    /// File with the certificate, in PEM, that signs those of RDS in the region: RDS has an authority of
    /// its own, which no system trusts. AWS offers it for download.
    pub rds_ca: Option<PathBuf>,
    /// What it may cost.
    pub budget: Budget,
    /// Further variables of the root, as its `variables*.tf` describe them.
    #[serde(default)]
    pub variables: BTreeMap<String, Value>,
    /// Servers that stand in for those of AWS, and an API on loopback in front of them.
    pub rehearsal: Option<Rehearsal>,
}

/// How a profile is brought up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// By a Terraform root.
    Terraform,
}

/// A Terraform root that makes labs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Root {
    /// Servers of a size.
    Aws,
    /// Servers that AWS sizes by itself.
    AwsServerless,
}

impl Root {
    /// Its directory below `terraform/`.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsServerless => "aws-serverless",
        }
    }
}

/// What a lab may cost. AWS tells somebody; it stops nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// US dollars per hour, watched by the day. A plan that costs more is refused.
    #[schemars(range(min = 0))]
    pub usd_per_hour: f64,
    /// US dollars per calendar month.
    #[schemars(range(min = 0))]
    pub usd_per_month: f64,
    /// Who is told.
    #[serde(default)]
    pub emails: Vec<String>,
}

/// What a rehearsal is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// Profile of the servers that stand in for those of AWS.
    pub servers: String,
}

impl AnyProfile {
    /// The profile called `name`: built in, or the path of a TOML file.
    ///
    /// # Errors
    /// When there is none, or with every mistake in it.
    pub fn load(name: &str) -> Result<Self, CloudError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            let profile = CloudProfile::parse(&format!("profiles/{name}.toml"), text)?;
            return Ok(Self::Cloud(Box::new(profile)));
        }
        if let Ok(text) = std::fs::read_to_string(name)
            && engine_of(&text) == Some("terraform")
        {
            return Ok(Self::Cloud(Box::new(CloudProfile::parse(name, &text)?)));
        }
        match LabProfile::load(name) {
            Ok(profile) => Ok(Self::Servers(Box::new(profile))),
            Err(LabError::UnknownProfile {
                name, mut known, ..
            }) => {
                known.extend(BUILT_IN.iter().map(|(n, _)| (*n).to_owned()));
                let suggestion = did_you_mean(&name, known.iter().map(String::as_str));
                let suggestion = suggestion.map(str::to_owned);
                Err(LabError::UnknownProfile {
                    name,
                    known,
                    suggestion,
                }
                .into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl CloudProfile {
    /// Reads a profile from `text`; `file` names it in mistakes.
    ///
    /// # Errors
    /// Every mistake at once, with line, column and suggestion.
    pub fn parse(file: &str, text: &str) -> Result<Self, CloudError> {
        let document = rlab_document::read_toml::<Self>(file, text)?;
        let ours = document
            .value
            .variables
            .keys()
            .filter(|name| OURS.contains(&name.as_str()));
        let problems: Vec<_> = ours
            .map(|name| {
                document.problem(
                    &format!("/variables/{name}"),
                    &format!("`{name}` is set by rlab-ops"),
                    Some("leave it out".to_owned()),
                )
            })
            .collect();
        match problems.is_empty() {
            true => Ok(document.value),
            false => Err(document.errors(problems).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(name: &str) -> CloudProfile {
        match AnyProfile::load(name).unwrap() {
            AnyProfile::Cloud(profile) => *profile,
            AnyProfile::Servers(_) => panic!("{name} is no profile of a root"),
        }
    }

    #[test]
    fn the_rehearsal_applies_the_very_root_of_aws() {
        assert_eq!(cloud("aws").root, Root::Aws);
        assert_eq!(cloud("rehearsal").root, Root::Aws);
        assert_eq!(cloud("aws-serverless").root, Root::AwsServerless);
        assert!(cloud("aws").rehearsal.is_none());
    }

    #[test]
    fn a_profile_is_of_its_engine_and_an_unknown_one_names_all_that_are_built_in() {
        assert!(matches!(
            AnyProfile::load("local"),
            Ok(AnyProfile::Servers(_))
        ));
        let error = AnyProfile::load("reharsal").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("local, compose, aws, aws-serverless, rehearsal"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("rehearsal"));
    }

    #[test]
    fn a_variable_that_is_ours_is_refused_at_its_place() {
        let text = include_str!("../../../profiles/aws.toml");
        let text = format!("{text}\n[variables]\nlab = \"mine\"\n");
        let error = CloudProfile::parse("mine.toml", &text).unwrap_err();
        let CloudError::Profile(errors) = error else {
            panic!("{error}")
        };
        assert!(
            format!("{errors:?}").contains("set by rlab-ops"),
            "{errors:?}"
        );
    }
}
