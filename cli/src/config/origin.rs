//! What holds for each option here, and who said so.

use std::path::Path;

use clap::ArgMatches;
use clap::parser::ValueSource;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Config, KEYS, Key};

/// Who said what an option is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A flag of this command line.
    Flag(String),
    /// A variable of the environment.
    Environment(String),
    /// A file.
    File(String),
    /// The program.
    Default,
}

/// One option.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Setting {
    /// Its name in files.
    pub key: &'static str,
    /// What it is.
    pub value: String,
    /// Who said so.
    pub origin: Origin,
}

/// Every option that can be set, as it holds for `matches`.
pub fn settings(config: &Config, command: &clap::Command, matches: &ArgMatches) -> Vec<Setting> {
    let set = |key| setting(key, config, command, matches);
    KEYS.iter().map(set).collect()
}

fn setting(
    key: &'static Key,
    config: &Config,
    command: &clap::Command,
    matches: &ArgMatches,
) -> Setting {
    // Options of other verbs are not among the matches of this one.
    let given = matches.try_get_raw(key.argument).ok().flatten();
    let given = given.and_then(|mut values| values.next()?.to_str());
    let flagged =
        given.filter(|_| matches.value_source(key.argument) == Some(ValueSource::CommandLine));
    let (value, origin) = if let Some(value) = flagged {
        let flag = format!("--{}", key.argument.replace('_', "-"));
        (value.to_owned(), Origin::Flag(flag))
    } else if let Ok(value) = std::env::var(key.variable) {
        (value, Origin::Environment(key.variable.to_owned()))
    } else if let Some((value, path)) = config.told(key) {
        (value, Origin::File(Path::display(path).to_string()))
    } else {
        let value = default_of(command, key.argument).unwrap_or_default();
        (value, Origin::Default)
    };
    Setting {
        key: key.name,
        value,
        origin,
    }
}

/// What clap would take for an option, of whatever verb has it.
fn default_of(command: &clap::Command, argument: &str) -> Option<String> {
    let own = command.get_arguments().find(|a| a.get_id() == argument);
    let own = own.and_then(|a| Some(a.get_default_values().first()?.to_string_lossy().into()));
    own.or_else(|| {
        let mut verbs = command.get_subcommands();
        verbs.find_map(|verb| default_of(verb, argument))
    })
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(text) | Self::Environment(text) | Self::File(text) => f.write_str(text),
            Self::Default => f.write_str("default"),
        }
    }
}
