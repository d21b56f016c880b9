//! Who the lab is to servers that it does not run. Nothing here is secret: it is in `lab.json`.

use rlab_contract::login::{CacheSigning, RdsSigning};
use serde::{Deserialize, Serialize};

/// Who the lab is to a server that it does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Who {
    /// Nobody: the server does not ask.
    Nobody,
    /// This user, by a password, which is among the lab's secrets.
    User(String),
    /// Whoever a token says, over TLS.
    Token(Signing),
}

/// What a token of AWS is signed for. It is signed anew for each login and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Signing {
    /// MSK, as the owner of the credentials.
    Kafka {
        /// AWS region, for example `eu-central-1`.
        region: String,
    },
    /// RDS or Aurora.
    Mysql {
        /// User name.
        user: String,
        /// What is signed beside address and user.
        signing: RdsSigning,
    },
    /// ElastiCache.
    Redis {
        /// User name.
        user: String,
        /// What is signed beside the user.
        signing: CacheSigning,
    },
}

impl Signing {
    /// AWS region of the server.
    pub fn region(&self) -> &str {
        match self {
            Self::Kafka { region } => region,
            Self::Mysql { signing, .. } => &signing.region,
            Self::Redis { signing, .. } => &signing.region,
        }
    }

    /// RDS's, where it is.
    pub fn mysql(&self) -> Option<&RdsSigning> {
        match self {
            Self::Mysql { signing, .. } => Some(signing),
            _ => None,
        }
    }

    /// ElastiCache's, where it is.
    pub fn redis(&self) -> Option<&CacheSigning> {
        match self {
            Self::Redis { signing, .. } => Some(signing),
            _ => None,
        }
    }

    /// Whom the token names; nobody but the owner of the credentials where it is Kafka's.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Kafka { .. } => None,
            Self::Mysql { user, .. } | Self::Redis { user, .. } => Some(user),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_that_was_made_before_there_were_tokens_reads_on() {
        let read = |json: &str| serde_json::from_str::<Who>(json).unwrap();
        assert_eq!(read("null"), Who::Nobody);
        assert_eq!(read("\"rlab\""), Who::User("rlab".to_owned()));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let region = "eu-central-1".to_owned();
        let all = [
            Who::Nobody,
            Who::User("rlab".to_owned()),
            Who::Token(Signing::Kafka {
                region: region.clone(),
            }),
            Who::Token(Signing::Mysql {
                user: "runner".to_owned(),
                signing: RdsSigning { region },
            }),
        ];
        for who in all {
            let json = serde_json::to_string(&who).unwrap();
            assert_eq!(serde_json::from_str::<Who>(&json).unwrap(), who, "{json}");
        }
    }
}
