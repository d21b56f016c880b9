//! Reading what the lab tells the agent.

use std::path::{Path, PathBuf};

use rlab_contract::agent_config::{AgentConfig, CONFIG_FILE_VARIABLE, Secret};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why an agent cannot start as configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The environment does not name a configuration file.
    #[error(
        "{CONFIG_FILE_VARIABLE} is not set\n\nhint: agents are started by a lab; try `rlab-ops up`"
    )]
    NotNamed,
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

/// Loads the file that [`CONFIG_FILE_VARIABLE`] names.
///
/// # Errors
/// [`ConfigError`], with the file and the place in it.
pub fn load() -> Result<AgentConfig, ConfigError> {
    let path = std::env::var_os(CONFIG_FILE_VARIABLE).ok_or(ConfigError::NotNamed)?;
    load_file(Path::new(&path))
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

/// The agent's own settings as its type says; `T` denies unknown keys.
///
/// # Errors
/// [`ConfigError::Settings`] for an unknown key or a wrong value.
pub fn settings<T: DeserializeOwned>(config: &AgentConfig) -> Result<T, ConfigError> {
    let object = config
        .settings
        .iter()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    serde_json::from_value(Value::Object(object)).map_err(|reason| ConfigError::Settings {
        node: config.node.clone(),
        reason,
    })
}

/// The configuration without its secrets, for people to look at.
pub fn redacted(config: &AgentConfig) -> AgentConfig {
    let hidden = || Secret::from("***");
    let mut shown = config.clone();
    shown.admin_token = hidden();
    shown.mysql.password = hidden();
    shown.redis.password = hidden();
    shown.kafka.password = hidden();
    shown
}

#[cfg(test)]
pub(crate) fn sample() -> AgentConfig {
    use rlab_contract::agent_config::{KafkaLogin, Login, Namespace};
    let login = |user: &str| Login {
        endpoint: "mysql".into(),
        user: user.into(),
        password: "secret-word".into(),
    };
    AgentConfig {
        node: "sample".into(),
        listen: "127.0.0.1:0".into(),
        address_map: "addresses.json".into(),
        admin_token: "secret-word".into(),
        supervisor_socket: "supervisor.sock".into(),
        mysql: login("m"),
        redis: login("r"),
        kafka: KafkaLogin {
            endpoints: vec!["kafka-1".into(), "kafka-2".into()],
            user: "k".into(),
            password: "secret-word".into(),
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
}
