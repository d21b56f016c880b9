//! Passwords and tokens of a lab, drawn once and kept in a file of their owner only.

use std::collections::BTreeMap;
use std::fmt;

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::error::LabError;
use crate::files;
use crate::home::LabDir;

/// The identity that people use, and drills on this machine.
pub const ADMIN: &str = "rlab_admin";
/// The identity of whoever runs drills beside servers that are not of this machine.
pub const RUNNER: &str = "rlab_runner";
/// The identity of one Redis at another that it follows.
pub const REPLICA: &str = "rlab_replica";
/// The identity of a Kafka broker, at other brokers and at the controller.
pub const BROKER: &str = "rlab_broker";

/// Every secret of one lab. The same identity has different passwords on each server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Bearer token of the agents' `/admin` routes.
    pub admin_token: String,
    /// MySQL user → password.
    pub mysql: BTreeMap<String, String>,
    /// Redis ACL user → password.
    pub redis: BTreeMap<String, String>,
    /// Kafka SCRAM principal → password.
    pub kafka: BTreeMap<String, String>,
}

impl Secrets {
    /// Draws secrets for `identities`, and for what servers are to each other.
    pub fn draw(identities: &[String]) -> Self {
        let passwords = |of_servers: &[&str]| -> BTreeMap<String, String> {
            let all = identities.iter().map(String::as_str);
            let all = all.chain(of_servers.iter().copied());
            all.map(|id| (id.to_owned(), secret())).collect()
        };
        Self {
            admin_token: secret(),
            mysql: passwords(&[]),
            redis: passwords(&[REPLICA]),
            kafka: passwords(&[BROKER]),
        }
    }

    /// The lab's secrets, drawn on first use.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn load_or_draw(dir: &LabDir, identities: &[String]) -> Result<Self, LabError> {
        let path = dir.secrets();
        if path.exists() {
            return files::read_json(&path);
        }
        let secrets = Self::draw(identities);
        secrets.save(dir)?;
        Ok(secrets)
    }

    /// Writes them down for their owner only.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn save(&self, dir: &LabDir) -> Result<(), LabError> {
        files::write_json(&dir.secrets(), self, files::OWNER_ONLY)
    }

    /// The lab's secrets.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn load(dir: &LabDir) -> Result<Self, LabError> {
        files::read_json(&dir.secrets())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(redacted)")
    }
}

/// The identity of an agent: its node name with `_`.
pub fn identity(agent: &str) -> String {
    agent.replace('-', "_")
}

/// 144 bits in hexadecimal: no character that any server's configuration would need quoted.
pub fn secret() -> String {
    let mut bytes = [0_u8; 18];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}
