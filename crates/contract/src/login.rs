//! How an agent proves to a server who it is, and what protects the connection.
//!
//! IAM tokens let in whoever holds them, so there is no IAM without TLS.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that is kept out of logs: it prints as `***` and is read by [`Secret::expose`] only. It is
/// written out in full when serialized, since that is how a lab tells it to an agent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the server that asks for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A server reached by its endpoint name, and who we are there. `S` is what it takes to sign a token
/// for this kind of server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login<S> {
    /// Name among the addresses.
    pub endpoint: String,
    /// User name.
    pub user: String,
    /// What the user shows.
    pub proof: Proof<S>,
}

/// What a user shows to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof<S> {
    /// A password that the server knows.
    Password {
        /// The password.
        password: Secret,
        /// What protects the connection.
        transport: Transport,
    },
    /// A token that runs out after minutes, signed with the agent's AWS credentials.
    Iam {
        /// What is signed beside endpoint and user.
        signing: S,
        /// Who vouches for the server.
        roots: Roots,
    },
}

/// RDS and Aurora: what a token for MySQL is signed for, beside host, port and user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RdsSigning {
    /// AWS region, for example `eu-central-1`.
    pub region: String,
}

/// ElastiCache: what a token for Redis is signed for, beside the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSigning {
    /// AWS region, for example `eu-central-1`.
    pub region: String,
    /// Identifier of the replication group, or name of the serverless cache. Not a host name.
    pub cache: String,
    /// Which of the two.
    pub kind: CacheKind,
}

/// What an ElastiCache name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheKind {
    /// Nodes of our choice.
    ReplicationGroup,
    /// ElastiCache Serverless.
    Serverless,
}

/// Kafka bootstrap endpoints, and who we are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaLogin {
    /// Names among the addresses.
    pub endpoints: Vec<String>,
    /// What is shown to a broker.
    pub proof: KafkaProof,
}

/// What a Kafka client shows to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KafkaProof {
    /// Nothing: brokers that ask nobody who he is.
    Nothing {
        /// What protects the connection.
        transport: Transport,
    },
    /// SCRAM-SHA-512.
    Scram {
        /// SCRAM user name.
        user: String,
        /// SCRAM password.
        password: Secret,
        /// What protects the connection.
        transport: Transport,
    },
    /// A token of MSK, shown by SASL/OAUTHBEARER. It names nobody but the owner of the credentials.
    Iam {
        /// AWS region, for example `eu-central-1`.
        region: String,
        /// Who vouches for the brokers.
        roots: Roots,
    },
}

/// What protects a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Nothing.
    Plain,
    /// TLS. The server must show a certificate for the very host that was asked for.
    Tls(Roots),
}

impl Transport {
    /// Who vouches for the server; nobody when the connection is plain.
    pub fn roots(&self) -> Option<&Roots> {
        match self {
            Self::Plain => None,
            Self::Tls(roots) => Some(roots),
        }
    }
}

impl From<Option<Roots>> for Transport {
    fn from(roots: Option<Roots>) -> Self {
        roots.map_or(Self::Plain, Self::Tls)
    }
}

/// Kafka's word for a listener on which clients log in, or do not, with TLS or without.
pub fn security_protocol(logs_in: bool, tls: bool) -> &'static str {
    match (logs_in, tls) {
        (true, true) => "SASL_SSL",
        (true, false) => "SASL_PLAINTEXT",
        (false, true) => "SSL",
        (false, false) => "PLAINTEXT",
    }
}

/// Who vouches for a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roots {
    /// The authorities that the machine or image trusts.
    System,
    /// This authority. RDS has its own, one per region and key type.
    Given(CaCertificate),
}

impl Roots {
    /// The PEM text of the given authority; none where the system decides.
    pub fn pem(&self) -> Option<&str> {
        match self {
            Self::System => None,
            Self::Given(certificate) => Some(certificate.pem()),
        }
    }
}

/// One certificate of an authority, in PEM. Just one, since not every client takes more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaCertificate(String);

/// Why a text is not one certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a CA must be one certificate in PEM, and there are {found}; give the one that signs the server's"
)]
pub struct NotOneCertificate {
    found: usize,
}

impl CaCertificate {
    /// The PEM text.
    pub fn pem(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CaCertificate {
    type Error = NotOneCertificate;

    fn try_from(pem: String) -> Result<Self, NotOneCertificate> {
        let count = |text| pem.matches(text).count();
        let found = count("-----BEGIN CERTIFICATE-----");
        match found == 1 && count("-----END CERTIFICATE-----") == 1 {
            true => Ok(Self(pem)),
            false => Err(NotOneCertificate { found }),
        }
    }
}

impl From<CaCertificate> for String {
    fn from(certificate: CaCertificate) -> Self {
        certificate.0
    }
}

impl fmt::Debug for CaCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one certificate")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_to_an_agent_and_to_no_log() {
        let login = Login::<RdsSigning> {
            endpoint: "mysql".into(),
            user: "m".into(),
            proof: Proof::Password {
                password: "secret-word".into(),
                transport: Transport::Plain,
            },
        };
        assert!(!format!("{login:?}").contains("secret-word"));
        let json = serde_json::to_string(&login).unwrap();
        assert!(json.contains(r#""password":"secret-word""#), "{json}");
        assert_eq!(
            serde_json::from_str::<Login<RdsSigning>>(&json).unwrap(),
            login
        );
    }

    #[test]
    fn iam_without_tls_and_iam_with_a_password_cannot_be_written() {
        let proof = |json: &str| serde_json::from_str::<Proof<RdsSigning>>(json);
        let signing = r#""signing":{"region":"eu-central-1"}"#;
        assert!(proof(&format!(r#"{{"iam":{{{signing},"roots":"system"}}}}"#)).is_ok());
        for wrong in [
            format!(r#"{{"iam":{{{signing},"transport":"plain"}}}}"#),
            format!(r#"{{"iam":{{{signing},"roots":"system","password":"p"}}}}"#),
            format!(r#"{{"iam":{{{signing}}}}}"#),
            r#"{"password":{"password":"p"}}"#.to_owned(),
        ] {
            assert!(proof(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_authority_is_one_certificate() {
        let one = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        assert!(CaCertificate::try_from(one.to_owned()).is_ok());
        for (text, found) in [(one.repeat(2), "2"), (String::new(), "0")] {
            let error = CaCertificate::try_from(text).unwrap_err().to_string();
            assert!(error.contains(&format!("there are {found}")), "{error}");
        }
    }
}
