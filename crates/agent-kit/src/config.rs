//! Reading what the lab tells the agent.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rlab_contract::agent_config::{AgentConfig, CONFIG_FILE_VARIABLE, CONFIG_TEXT_VARIABLE};
use rlab_contract::login::{KafkaProof, Proof, Secret};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::address::Resolve;

/// Why an agent cannot start as configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The environment neither names a configuration nor holds one.
    #[error(
        "neither {CONFIG_FILE_VARIABLE} nor {CONFIG_TEXT_VARIABLE} is set\n\n\
         hint: agents are started by a lab; try `rlab-ops up`"
    )]
    NotNamed,
    /// The environment names a configuration and holds another.
    #[error(
        "{CONFIG_FILE_VARIABLE} and {CONFIG_TEXT_VARIABLE} are both set\n\nhint: unset one of them"
    )]
    NamedTwice,
    /// The variable does not hold an agent configuration.
    #[error("agent configuration in {CONFIG_TEXT_VARIABLE}: {0}")]
    MalformedText(serde_json::Error),
    /// The file cannot be read.
    #[error("agent configuration {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file is not an agent configuration.
    #[error("agent configuration {path}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: serde_json::Error,
    },
    /// A setting is unknown or has a wrong value.
    #[error("settings of {node}: {reason}")]
    Settings {
        /// Node name.
        node: String,
        /// What is wrong.
        reason: serde_json::Error,
    },
    /// The listener cannot be opened.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// `ip:port` from the configuration.
        address: String,
        /// What the system says.
        reason: std::io::Error,
    },
}

/// Loads the file that [`CONFIG_FILE_VARIABLE`] names, or what [`CONFIG_TEXT_VARIABLE`] holds.
///
/// # Errors
/// [`ConfigError`], with the place in it.
pub fn load() -> Result<AgentConfig, ConfigError> {
    let variable = std::env::var_os;
    load_from(
        variable(CONFIG_FILE_VARIABLE),
        variable(CONFIG_TEXT_VARIABLE),
    )
}

fn load_from(file: Option<OsString>, text: Option<OsString>) -> Result<AgentConfig, ConfigError> {
    match (file, text) {
        (Some(_), Some(_)) => Err(ConfigError::NamedTwice),
        (Some(file), None) => load_file(Path::new(&file)),
        (None, Some(text)) => {
            serde_json::from_slice(text.as_encoded_bytes()).map_err(ConfigError::MalformedText)
        }
        (None, None) => Err(ConfigError::NotNamed),
    }
}

fn load_file(path: &Path) -> Result<AgentConfig, ConfigError> {
    let text = std::fs::read(path).map_err(|reason| ConfigError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    serde_json::from_slice(&text).map_err(|reason| ConfigError::Malformed {
        path: path.to_owned(),
        reason,
    })
}

/// Settings that every agent understands.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Shared {
    /// When a server's name is turned into its address.
    pub resolve: Resolve,
}

/// Names of the settings in [`Shared`].
const SHARED: [&str; 1] = ["resolve"];

/// Takes the settings that every agent understands out of the configuration.
pub(crate) fn shared(config: &mut AgentConfig) -> Result<Shared, ConfigError> {
    let taken = SHARED
        .iter()
        .filter_map(|name| config.settings.remove_entry(*name));
    let taken = taken.collect();
    read(&config.node, taken)
}

/// The agent's own settings as its type says; `T` denies unknown keys.
///
/// # Errors
/// [`ConfigError::Settings`] for an unknown key or a wrong value.
pub fn settings<T: DeserializeOwned>(config: &AgentConfig) -> Result<T, ConfigError> {
    let settings = config.settings.iter();
    read(
        &config.node,
        settings.map(|(k, v)| (k.clone(), v.clone())).collect(),
    )
}

fn read<T: DeserializeOwned>(node: &str, settings: Map<String, Value>) -> Result<T, ConfigError> {
    serde_json::from_value(Value::Object(settings)).map_err(|reason| ConfigError::Settings {
        node: node.to_owned(),
        reason,
    })
}

fn hidden() -> Secret {
    "***".into()
}

fn hide<S>(proof: &mut Proof<S>) {
    if let Proof::Password { password, .. } = proof {
        *password = hidden();
    }
}

/// The configuration without its secrets, for people to look at.
pub fn redacted(config: &AgentConfig) -> AgentConfig {
    let mut shown = config.clone();
    shown.admin_token = hidden();
    hide(&mut shown.mysql.proof);
    hide(&mut shown.redis.proof);
    if let KafkaProof::Scram { password, .. } = &mut shown.kafka.proof {
        *password = hidden();
    }
    shown
}

#[cfg(test)]
pub(crate) fn sample() -> AgentConfig {
    use rlab_contract::agent_config::{Addresses, Namespace};
    use rlab_contract::login::{KafkaLogin, Login, Transport};
    fn login<S>(user: &str) -> Login<S> {
        Login {
            endpoint: "mysql".into(),
            user: user.into(),
            proof: Proof::Password {
                password: "secret-word".into(),
                transport: Transport::Plain,
            },
        }
    }
    AgentConfig {
        node: "sample".into(),
        listen: "127.0.0.1:0".into(),
        addresses: Addresses::File("addresses.json".into()),
        admin_token: "secret-word".into(),
        supervisor_socket: "supervisor.sock".into(),
        mysql: login("m"),
        redis: login("r"),
        kafka: KafkaLogin {
            endpoints: vec!["kafka-1".into(), "kafka-2".into()],
            proof: KafkaProof::Scram {
                user: "k".into(),
                password: "secret-word".into(),
                transport: Transport::Plain,
            },
        },
        registry: "registry".into(),
        namespace: Namespace::named("x"),
        crash_rules: Vec::new(),
        settings: std::collections::BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[serde(default)]
        batch: u32,
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        let mut config = sample();
        config.settings.insert("batch".into(), 7.into());
        assert_eq!(settings::<Wanted>(&config).unwrap().batch, 7);
        config.settings.insert("bacth".into(), 7.into());
        let message = settings::<Wanted>(&config).unwrap_err().to_string();
        assert!(
            message.contains("settings of sample: unknown field `bacth`"),
            "{message}"
        );
    }

    #[test]
    fn what_every_agent_understands_is_no_setting_of_its_own() {
        let mut config = sample();
        config.settings.insert("resolve".into(), "once".into());
        config.settings.insert("batch".into(), 7.into());
        assert_eq!(shared(&mut config).unwrap().resolve, Resolve::Once);
        assert_eq!(settings::<Wanted>(&config).unwrap().batch, 7);
        assert_eq!(shared(&mut config).unwrap().resolve, Resolve::EachConnect);
        config.settings.insert("resolve".into(), "twice".into());
        let message = shared(&mut config).unwrap_err().to_string();
        assert!(
            message.contains("twice") && message.contains("each_connect"),
            "{message}"
        );
    }

    #[test]
    fn no_secret_survives_redaction() {
        let shown = serde_json::to_string(&redacted(&sample())).unwrap();
        assert!(!shown.contains("secret-word"), "{shown}");
    }

    #[test]
    fn a_broken_file_is_named_with_the_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.json");
        std::fs::write(&path, "{\n  \"node\": 3\n}").unwrap();
        let message = load_file(&path).unwrap_err().to_string();
        assert!(
            message.contains("agent.json") && message.contains("line 2"),
            "{message}"
        );
    }

    #[test]
    fn the_configuration_comes_from_one_place_and_from_one_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.json");
        let json = serde_json::to_string(&sample()).unwrap();
        std::fs::write(&path, &json).unwrap();
        let (file, text) = (Some(path.into_os_string()), Some(OsString::from(json)));
        assert_eq!(load_from(file.clone(), None).unwrap(), sample());
        assert_eq!(load_from(None, text.clone()).unwrap(), sample());
        let both = load_from(file, text).unwrap_err().to_string();
        let none = load_from(None, None).unwrap_err().to_string();
        for (said, word) in [(both, "both"), (none, "neither")] {
            assert!(said.contains(word), "{said}");
            assert!(
                said.contains("RLAB_AGENT_CONFIG and") || said.contains("RLAB_AGENT_CONFIG nor")
            );
            assert!(said.contains("RLAB_AGENT_CONFIG_JSON"), "{said}");
        }
    }

    #[test]
    fn a_broken_variable_is_named_and_none_of_its_secrets_is_told() {
        let text = r#"{"admin_token": "secret-word", "node": 3}"#;
        let error = load_from(None, Some(text.into())).unwrap_err().to_string();
        assert!(error.contains("RLAB_AGENT_CONFIG_JSON"), "{error}");
        assert!(!error.contains("secret-word"), "{error}");
    }
}
