//! The profile of a task's lab: where the task's configuration says that the servers are, logged in to as it says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rlab_contract::address::Address;
use rlab_contract::agent_config::{Addresses, AgentConfig};
use rlab_contract::login::{CacheSigning, KafkaProof, Login, Proof, RdsSigning, Roots, Secret};
use rlab_lab::files;
use rlab_lab::profile::LabProfile;
use serde_json::{Value, json};

use crate::error::CloudError;
use crate::in_vpc::RunnerConfig;

/// The profile whose agents and zones a task's lab has.
const AGENTS_OF: &str = "local";

/// The profile for `config`; passwords and certificates are written into `scratch`.
///
/// # Errors
/// When a file cannot be written, or the configuration names an endpoint that it has no address of.
pub(super) fn of(config: &RunnerConfig, scratch: &Path) -> Result<LabProfile, CloudError> {
    let here = LabProfile::load(AGENTS_OF)?;
    let client = &config.servers.client;
    let reached = Reached::of(client, scratch)?;
    let mut document = json!({
        "schema": "rlab/profile/v1",
        "name": config.profile,
        "engine": "external",
        "zones": here.zones(),
        "rehearsed": config.rehearsed,
        "kafka": reached.kafka(client)?,
        "mysql": reached.mysql(&client.mysql)?,
        "redis": reached.redis(&client.redis)?,
        "registry": { "address": reached.address(&client.registry)? },
        "agents": here.agents(),
    });
    if let Addresses::File(map) = &client.addresses {
        document["address_map"] = json!(map);
    }
    let profile = serde_json::from_value(document).map_err(|e| bad(&e.to_string()))?;
    Ok(LabProfile::External(profile))
}

fn bad(reason: &str) -> CloudError {
    CloudError::BadFile {
        path: "task configuration".into(),
        reason: reason.to_owned(),
    }
}

/// The servers of a client, in the words of a profile.
struct Reached<'a> {
    addresses: BTreeMap<String, Address>,
    scratch: &'a Path,
}

impl<'a> Reached<'a> {
    fn of(client: &AgentConfig, scratch: &'a Path) -> Result<Self, CloudError> {
        let addresses = match &client.addresses {
            Addresses::File(map) => files::read_json(map)?,
            Addresses::Fixed(addresses) => addresses.clone(),
        };
        Ok(Self { addresses, scratch })
    }

    fn address(&self, name: &str) -> Result<String, CloudError> {
        let found = self.addresses.get(name).map(Address::to_string);
        found.ok_or_else(|| bad(&format!("there is no address of `{name}`")))
    }

    fn kafka(&self, client: &AgentConfig) -> Result<Value, CloudError> {
        let brokers = client.kafka.endpoints.iter();
        let brokers: Result<Vec<String>, CloudError> =
            brokers.map(|name| self.address(name)).collect();
        let (login, roots) = match &client.kafka.proof {
            KafkaProof::Nothing { transport } => (Value::Null, transport.roots()),
            KafkaProof::Scram {
                user,
                password,
                transport,
            } => (self.password("kafka", user, password)?, transport.roots()),
            KafkaProof::Iam { region, roots } => {
                (json!({ "iam": { "region": region } }), Some(roots))
            }
        };
        Ok(json!({ "brokers": brokers?, "login": login, "tls": self.tls("kafka", roots)? }))
    }

    fn mysql(&self, mysql: &Login<RdsSigning>) -> Result<Value, CloudError> {
        let iam = |signing: &RdsSigning| json!({ "region": signing.region });
        let (login, tls) = self.login("mysql", mysql, iam)?;
        Ok(json!({ "address": self.address(&mysql.endpoint)?, "login": login, "tls": tls }))
    }

    /// The primary's name, which leads to whoever is primary.
    fn redis(&self, redis: &Login<CacheSigning>) -> Result<Value, CloudError> {
        let iam = |signing: &CacheSigning| json!({ "region": signing.region, "cache": signing.cache, "kind": signing.kind });
        let (login, tls) = self.login("redis", redis, iam)?;
        Ok(json!({ "addresses": [self.address(&redis.endpoint)?], "login": login, "tls": tls }))
    }

    /// Login and TLS.
    fn login<S>(
        &self,
        server: &str,
        login: &Login<S>,
        iam: impl Fn(&S) -> Value,
    ) -> Result<(Value, Value), CloudError> {
        let (shown, roots) = match &login.proof {
            Proof::Password {
                password,
                transport,
            } => (
                self.password(server, &login.user, password)?,
                transport.roots(),
            ),
            Proof::Iam { signing, roots } => (
                json!({ "user": login.user, "iam": iam(signing) }),
                Some(roots),
            ),
        };
        Ok((shown, self.tls(server, roots)?))
    }

    fn password(&self, server: &str, user: &str, password: &Secret) -> Result<Value, CloudError> {
        let file = self.write(&format!("{server}.password"), password.expose())?;
        Ok(json!({ "user": user, "password_file": file }))
    }

    fn tls(&self, server: &str, roots: Option<&Roots>) -> Result<Value, CloudError> {
        Ok(match roots.map(Roots::pem) {
            None => Value::Null,
            Some(None) => json!({}),
            Some(Some(pem)) => json!({ "ca": self.write(&format!("{server}.pem"), pem)? }),
        })
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, CloudError> {
        let file = self.scratch.join(name);
        files::write(&file, text.as_bytes(), files::OWNER_ONLY)?;
        Ok(file)
    }
}
