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

#[cfg(test)]
pub(super) mod tests {
    use rlab_contract::login::{CaCertificate, Transport};
    use rlab_lab::LabHome;
    use rlab_lab::secrets::{RUNNER, Secrets};
    use rlab_lab::servers::{Site, client_config};
    use rlab_lab::spec::LabSpec;

    use super::*;
    use crate::configuration::servers_there;
    use crate::deployed::tests::example;
    use crate::record::tests::record;

    /// What the task of a lab on AWS is told.
    pub(crate) fn told() -> RunnerConfig {
        let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".to_owned();
        let authority = Roots::Given(CaCertificate::try_from(pem).unwrap());
        let (record, deployed) = (record("one"), example());
        RunnerConfig {
            lab: record.lab.clone(),
            region: record.region.clone(),
            evidence_bucket: None,
            servers: servers_there(&record, &deployed, "token", authority).unwrap(),
            profile: "aws".to_owned(),
            rehearsed: false,
            port_offset: 0,
            deployed,
        }
    }

    /// How clients log in to the lab that comes of `config`.
    fn logins(config: &RunnerConfig, scratch: &Path) -> AgentConfig {
        let profile = of(config, scratch).unwrap();
        let dir = LabHome::at(scratch).lab(&config.lab).unwrap();
        let spec = LabSpec::resolve("one", profile, 0, Default::default(), PathBuf::new());
        let word = |user: &str, word: &str| [(user.to_owned(), word.to_owned())].into();
        let secrets = Secrets {
            admin_token: String::new(),
            mysql: word("lena", "of mysql"),
            redis: [].into(),
            kafka: [].into(),
        };
        client_config(&Site::new(dir, spec.unwrap(), secrets), RUNNER)
    }

    #[test]
    fn agents_of_a_task_log_in_on_aws_as_the_task_is_told_to() {
        let scratch = tempfile::tempdir().unwrap();
        let config = told();
        let seen = logins(&config, scratch.path());
        let wanted = &config.servers.client;
        assert_eq!(seen.mysql, wanted.mysql);
        assert_eq!(seen.redis, wanted.redis);
        assert_eq!(seen.kafka, wanted.kafka);
        assert_eq!(seen.registry, wanted.registry);
    }

    #[test]
    fn a_password_is_shown_where_the_task_is_told_one_and_is_in_no_profile() {
        let scratch = tempfile::tempdir().unwrap();
        let mut config = told();
        config.servers.client.mysql.user = "lena".to_owned();
        config.servers.client.mysql.proof = Proof::Password {
            password: "of mysql".into(),
            transport: Transport::Plain,
        };
        let seen = logins(&config, scratch.path());
        assert_eq!(seen.mysql, config.servers.client.mysql);
        let profile = serde_json::to_string(&of(&config, scratch.path()).unwrap()).unwrap();
        assert!(!profile.contains("of mysql"), "{profile}");
        let kept = std::fs::read_to_string(scratch.path().join("mysql.password"));
        assert_eq!(kept.unwrap(), "of mysql");
    }

    #[test]
    fn a_server_without_an_address_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        let mut config = told();
        config.servers.client.registry = "elsewhere".to_owned();
        let refused = of(&config, scratch.path()).unwrap_err().to_string();
        assert!(refused.contains("`elsewhere`"), "{refused}");
    }
}
