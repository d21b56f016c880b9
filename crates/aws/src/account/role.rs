//! The role that AWS's own configuration leads to, and whose credentials are to open it.

use std::fmt;

use aws_config::profile::{Profile, ProfileSet, load};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

/// What credentials are to be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A role of IAM, by its ARN.
    Role(String),
    /// A permission set of IAM Identity Center, which has no ARN before somebody is in it.
    PermissionSet {
        /// Its name.
        name: String,
        /// Account id.
        account: String,
    },
}

/// Whose credentials open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Those of a profile.
    Profile(String),
    /// A session of IAM Identity Center that this profile names.
    Sso(String),
    /// A token in a file.
    Token,
    /// A place that is no profile, such as `Ec2InstanceMetadata`.
    Place(String),
    /// A profile that is not defined.
    NotDefined {
        /// The profile that names it.
        by: String,
        /// Its name.
        named: String,
    },
    /// Neither or both of `source_profile` and `credential_source` are said by this profile.
    Unclear(String),
    /// Profiles name each other in a circle, which this one closes.
    Circle(String),
}

/// Where a configuration leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// What is wanted.
    pub wanted: Wanted,
    /// The profile that names it; `None`: the environment does.
    pub profile: Option<String>,
    /// Whose credentials open it.
    pub source: Source,
}

impl Lead {
    /// Follows the profile that is chosen; `None` when no role is involved.
    pub(super) async fn find(profile: Option<&str>) -> Option<Self> {
        let chosen = profile.map(|name| name.to_owned().into());
        let (files, env) = (EnvConfigFiles::default(), Env::real());
        // What cannot be read is told by the SDK itself.
        let sections = load(&Fs::real(), &env, &files, chosen).await.ok();
        sections
            .and_then(|sections| Self::follow(&sections))
            .or_else(|| Self::in_environment(&env))
    }

    fn in_environment(env: &Env) -> Option<Self> {
        env.get("AWS_WEB_IDENTITY_TOKEN_FILE").ok()?;
        Some(Self {
            wanted: Wanted::Role(env.get("AWS_ROLE_ARN").ok()?),
            profile: None,
            source: Source::Token,
        })
    }

    /// By the SDK's rules, which are those of all of AWS's tools.
    fn follow(sections: &ProfileSet) -> Option<Self> {
        let mut name = sections.selected_profile();
        let mut passed: Vec<&str> = Vec::new();
        let mut role = None;
        let source = loop {
            let by = || passed.last().copied().unwrap_or_default().to_owned();
            let Some(profile) = sections.get_profile(name) else {
                let named = name.to_owned();
                break Source::NotDefined { by: by(), named };
            };
            if passed.contains(&name) {
                break Source::Circle(by());
            }
            // Keys beside a role are for those who name this profile as their source.
            let has_keys = profile.get("aws_access_key_id").is_some();
            let by_token = profile.get("web_identity_token_file").is_some();
            let by_keys = has_keys && !passed.is_empty();
            let assumed = profile.get("role_arn").filter(|_| !by_token && !by_keys);
            let Some(arn) = assumed else {
                break Self::base(profile, &mut role);
            };
            role.get_or_insert_with(|| (Wanted::Role(arn.to_owned()), name));
            let places = (
                profile.get("source_profile"),
                profile.get("credential_source"),
            );
            passed.push(name);
            match places {
                (Some(next), None) if next == name => break Self::base(profile, &mut role),
                (Some(next), None) => name = next,
                (None, Some(place)) => break Source::Place(place.to_owned()),
                _ => break Source::Unclear(name.to_owned()),
            }
        };
        let (wanted, profile) = role?;
        Some(Self {
            wanted,
            profile: Some(profile.to_owned()),
            source,
        })
    }

    /// What a profile has that assumes no role; it may be what is wanted itself.
    fn base<'s>(profile: &'s Profile, role: &mut Option<(Wanted, &'s str)>) -> Source {
        let name = profile.name();
        let get = |key| profile.get(key).map(str::to_owned);
        if get("aws_access_key_id").is_some() {
            return Source::Profile(name.to_owned());
        }
        if let (Some(arn), Some(_)) = (get("role_arn"), get("web_identity_token_file")) {
            role.get_or_insert((Wanted::Role(arn), name));
            return Source::Token;
        }
        if let (Some(set), Some(account)) = (get("sso_role_name"), get("sso_account_id")) {
            role.get_or_insert((Wanted::PermissionSet { name: set, account }, name));
            return Source::Sso(name.to_owned());
        }
        Source::Profile(name.to_owned())
    }
}

impl Source {
    /// Whether it is a mistake in the configuration, and nobody was asked for anything.
    pub(super) fn is_mistake(&self) -> bool {
        matches!(
            self,
            Self::NotDefined { .. } | Self::Unclear(_) | Self::Circle(_)
        )
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(arn) => write!(f, "role {arn}"),
            Self::PermissionSet { name, account } => {
                write!(f, "permission set {name} of account {account}")
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(name) => write!(f, "profile `{name}`"),
            Self::Sso(name) => write!(f, "the session of IAM Identity Center of profile `{name}`"),
            Self::Token => f.write_str("the token of web_identity_token_file"),
            Self::Place(place) => f.write_str(place),
            Self::NotDefined { by, named } => write!(
                f,
                "profile `{named}`, the source_profile of `{by}`, is not defined"
            ),
            Self::Unclear(name) => write!(
                f,
                "profile `{name}` says neither or both of source_profile and credential_source"
            ),
            Self::Circle(name) => write!(f, "the source_profile of `{name}` leads in a circle"),
        }
    }
}
