//! A data file as it is written.

use std::collections::BTreeMap;
use std::fmt;

use rlab_runbook::{Server, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of the services that stand for one server of a lab.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListsFile {
    /// Format of the file.
    pub schema: ListsSchema,
    /// The server of a lab.
    pub of: Server,
    /// When it was written, a date.
    pub dated: String,
    /// Where entries come from, by the name that they use.
    pub sources: BTreeMap<String, Source>,
    /// Commands; a subcommand as Redis's rules name it, `client|kill`.
    #[serde(default)]
    pub command: BTreeMap<String, Restriction>,
    /// Settings of topics.
    #[serde(default)]
    pub topic_setting: BTreeMap<String, Restriction>,
    /// Variables of the server.
    #[serde(default)]
    pub variable: BTreeMap<String, Restriction>,
    /// Privileges on everything.
    #[serde(default)]
    pub privilege: BTreeMap<String, Restriction>,
    /// Ways to speak to the server.
    #[serde(default)]
    pub interface: BTreeMap<String, Restriction>,
    /// Where a target names what it gives instead of what it does not.
    #[serde(default)]
    pub only: Vec<Only>,
    /// How commands that are in use are asked for.
    #[serde(default)]
    pub ask: BTreeMap<String, Vec<String>>,
    /// What a local lab has nothing of that could be asked.
    #[serde(default)]
    pub feature: BTreeMap<String, Feature>,
    /// Figures.
    #[serde(default)]
    pub limit: BTreeMap<String, Limit>,
}

/// Format of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ListsSchema {
    /// The first one.
    #[serde(rename = "rlab/compat/v1")]
    V1,
}

/// Where an entry comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What the page is called.
    pub title: String,
    /// Where it is.
    pub url: String,
    /// Whether it was read in a copy and says so; what others only report is not known.
    pub read: bool,
}

/// Something that some targets do not give.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// Those targets.
    #[schemars(length(min = 1))]
    pub on: Vec<Target>,
    /// Name of its source.
    pub source: String,
    /// A command as it is asked for; `{key}` is a key of the run.
    #[serde(default)]
    pub ask: Vec<String>,
    /// Whether a server may be asked for it, which neither changes nor slows anything.
    #[serde(default)]
    pub live: bool,
    /// What a topic setting is tried with; what the target has of a variable.
    #[serde(default)]
    pub value: Option<String>,
    /// The largest value of a topic setting that the targets take, where they take some.
    #[serde(default)]
    pub over: Option<u64>,
}

/// All that a target gives of a kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// Of what kind.
    pub kind: Kind,
    /// The targets.
    #[schemars(length(min = 1))]
    pub on: Vec<Target>,
    /// Name of its source.
    pub source: String,
    /// What they give.
    #[schemars(length(min = 1))]
    pub names: Vec<String>,
}

/// Something that AWS does, or lets one do, for some targets and not for others.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Targets without it.
    #[schemars(length(min = 1))]
    pub on: Vec<Target>,
    /// Name of its source.
    pub source: String,
    /// The IAM action of it; steps of drills that take it cannot be done without it.
    #[serde(default)]
    pub permission: Option<String>,
    /// What it is.
    pub what: String,
}

/// A figure.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// What is counted.
    pub unit: String,
    /// Name of its source.
    pub source: String,
    /// The most, by the name of the target; those that are not named have none that is written down.
    pub most: BTreeMap<String, u64>,
}

/// What kind of thing a list names.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A command of Redis.
    Command,
    /// A setting of a topic.
    TopicSetting,
    /// A variable of MySQL.
    Variable,
    /// A privilege of MySQL.
    Privilege,
    /// A way to speak to the server.
    Interface,
}

impl Kind {
    /// Its name, as people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::TopicSetting => "topic setting",
            Self::Variable => "variable",
            Self::Privilege => "privilege",
            Self::Interface => "interface",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl ListsFile {
    /// Every restriction, by kind and name.
    pub fn restrictions(&self) -> impl Iterator<Item = (Kind, &str, &Restriction)> {
        let maps = [
            (Kind::Command, &self.command),
            (Kind::TopicSetting, &self.topic_setting),
            (Kind::Variable, &self.variable),
            (Kind::Privilege, &self.privilege),
            (Kind::Interface, &self.interface),
        ];
        maps.into_iter()
            .flat_map(|(kind, map)| map.iter().map(move |(name, r)| (kind, name.as_str(), r)))
    }

    /// The source of this name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }
}

impl Restriction {
    /// Whether `value` is too much; without one the thing itself is meant.
    pub(crate) fn reaches(&self, value: Option<&str>) -> bool {
        match (self.over, value.and_then(|value| value.parse::<u64>().ok())) {
            (Some(most), Some(value)) => value > most,
            _ => true,
        }
    }
}
