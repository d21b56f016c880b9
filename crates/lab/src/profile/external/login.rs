//! Who the lab is to servers that it does not run, as a profile says it.

use std::path::PathBuf;

use rlab_contract::login::{CacheKind, CacheSigning, RdsSigning};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::{Signing, Who};

/// Who the lab is to a server: the same to all its agents and to rlab-ops. Exactly one of `password_file`,
/// `password_env` and `iam` says how that is proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TheirLogin<I> {
    /// User name. Only a token for Kafka goes without: it names the owner of the credentials.
    pub user: Option<String>,
    /// File that holds the password and nothing else.
    pub password_file: Option<PathBuf>,
    /// Environment variable of `up` that holds the password.
    pub password_env: Option<String>,
    /// Tokens of AWS in place of a password, each good for 15 minutes, signed with the credentials that AWS's
    /// own clients would find (environment, profile, role). Takes `tls`.
    pub iam: Option<I>,
}

/// MSK: what a token is signed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaIam {
    /// AWS region of the cluster, for example `eu-central-1`.
    #[schemars(length(min = 1))]
    pub region: String,
}

/// RDS or Aurora: what a token is signed for, beside address and user. The address is the name that RDS gave:
/// it refuses tokens for an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MysqlIam {
    /// AWS region of the database, for example `eu-central-1`.
    #[schemars(length(min = 1))]
    pub region: String,
}

/// ElastiCache: what a token is signed for, beside the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisIam {
    /// AWS region of the cache, for example `eu-central-1`.
    #[schemars(length(min = 1))]
    pub region: String,
    /// Identifier of the replication group, or name of the serverless cache. Not a host name.
    #[schemars(length(min = 1))]
    pub cache: String,
    /// Which of the two.
    pub kind: TheirCache,
}

/// What the name of a cache stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TheirCache {
    /// Nodes of somebody's choice.
    ReplicationGroup,
    /// ElastiCache Serverless.
    Serverless,
}

/// What a token for one kind of server is signed for. Known to this crate only.
pub trait SignedFor {
    /// Whether a token says who logs in with it.
    const NAMES_A_USER: bool;

    /// The same with the `user`, who is nobody where tokens name none.
    fn signing(&self, user: &str) -> Signing;
}

impl SignedFor for KafkaIam {
    const NAMES_A_USER: bool = false;

    fn signing(&self, _: &str) -> Signing {
        Signing::Kafka {
            region: self.region.clone(),
        }
    }
}

impl SignedFor for MysqlIam {
    const NAMES_A_USER: bool = true;

    fn signing(&self, user: &str) -> Signing {
        Signing::Mysql {
            user: user.to_owned(),
            signing: RdsSigning {
                region: self.region.clone(),
            },
        }
    }
}

impl SignedFor for RedisIam {
    const NAMES_A_USER: bool = true;

    fn signing(&self, user: &str) -> Signing {
        Signing::Redis {
            user: user.to_owned(),
            signing: CacheSigning {
                region: self.region.clone(),
                cache: self.cache.clone(),
                kind: match self.kind {
                    TheirCache::ReplicationGroup => CacheKind::ReplicationGroup,
                    TheirCache::Serverless => CacheKind::Serverless,
                },
            },
        }
    }
}

/// What is wrong with a login.
pub(crate) struct Mistake {
    /// Where, below the login.
    pub at: &'static str,
    pub what: &'static str,
    pub help: &'static str,
}

impl<I> TheirLogin<I> {
    /// The login of `user` by tokens; nobody for Kafka.
    pub fn by_iam(user: Option<&str>, iam: I) -> Self {
        Self {
            user: user.map(str::to_owned),
            password_file: None,
            password_env: None,
            iam: Some(iam),
        }
    }

    /// The password, from where the profile says; none where tokens take its place.
    ///
    /// # Errors
    /// A text: where it was looked for and what was found.
    pub(crate) fn password(&self) -> Result<Option<String>, String> {
        let found = match (&self.password_file, &self.password_env, &self.iam) {
            (Some(file), None, None) => std::fs::read_to_string(file)
                .map_err(|e| format!("cannot read the password from {}: {e}", file.display()))?,
            (None, Some(name), None) => std::env::var(name)
                .map_err(|_| format!("the environment variable {name} is not set"))?,
            (None, None, Some(_)) => return Ok(None),
            _ => return Err("name either password_file, password_env or iam".to_owned()),
        };
        // Editors end the last line of a file.
        match found.trim_end_matches(['\r', '\n']) {
            "" => Err("the password is empty".to_owned()),
            password => Ok(Some(password.to_owned())),
        }
    }
}

impl<I: SignedFor> TheirLogin<I> {
    /// What is wrong with it on a server that is reached over TLS, or is not; the password aside.
    pub(crate) fn mistakes(&self, tls: bool) -> Vec<Mistake> {
        let nobody = self.iam.is_some() && !I::NAMES_A_USER;
        let who = match (nobody, &self.user) {
            (true, Some(_)) => Some(Mistake {
                at: "/user",
                what: "a token for Kafka names the owner of the credentials, and no user",
                help: "leave `user` out",
            }),
            (false, None) => Some(Mistake {
                at: "",
                what: "nobody can log in without a `user`",
                help: "give the user's name: user = \"…\"",
            }),
            _ => None,
        };
        let bare = (self.iam.is_some() && !tls).then_some(Mistake {
            at: "/iam",
            what: "an IAM token lets in whoever holds it, and would go unprotected here",
            help: "give the server `tls`: tls = {} trusts what the system trusts",
        });
        who.into_iter().chain(bare).collect()
    }

    /// Who that is, where nothing is wrong.
    pub(crate) fn who(&self) -> Who {
        match (&self.iam, &self.user) {
            (Some(iam), user) => Who::Token(iam.signing(user.as_deref().unwrap_or_default())),
            (None, Some(user)) => Who::User(user.clone()),
            (None, None) => Who::Nobody,
        }
    }
}
