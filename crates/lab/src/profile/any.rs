//! A profile of any engine that this crate brings up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Agent, AgentName, Api, Composed, External, Fault, Profile};
use crate::error::LabError;

/// Profiles that are part of the binary: name and text.
const BUILT_IN: &[(&str, &str)] = &[
    ("local", include_str!("../../../../profiles/local.toml")),
    ("compose", include_str!("../../../../profiles/compose.toml")),
];

/// A profile, by who runs its servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LabProfile {
    /// The lab itself, as processes of this machine.
    Here(Profile),
    /// Whoever they belong to.
    External(Box<External>),
    /// A container engine of this machine.
    Composed(Composed),
}

impl LabProfile {
    /// The profile called `name`: built in, or the path of a TOML file.
    ///
    /// # Errors
    /// When there is none, or with every mistake in it.
    pub fn load(name: &str) -> Result<Self, LabError> {
        if name.ends_with(".toml") || name.contains('/') {
            let text = std::fs::read_to_string(name).map_err(|source| LabError::NoProfileFile {
                path: name.to_owned(),
                source,
            })?;
            return Self::parse(name, &text);
        }
        let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
        let (_, text) = built_in.ok_or_else(|| unknown(name))?;
        Self::parse(&format!("profiles/{name}.toml"), text)
    }

    /// Reads a profile from `text`; `file` names it in mistakes.
    ///
    /// # Errors
    /// Every mistake at once, with line, column and suggestion.
    pub fn parse(file: &str, text: &str) -> Result<Self, LabError> {
        Ok(match engine_of(text) {
            Some("external") => Self::External(Box::new(External::parse(file, text)?)),
            Some("compose") => Self::Composed(Composed::parse(file, text)?),
            _ => Self::Here(Profile::parse(file, text)?),
        })
    }

    /// Name, as used with `--profile`.
    pub fn name(&self) -> &str {
        match self {
            Self::Here(profile) => &profile.name,
            Self::External(profile) => &profile.name,
            Self::Composed(profile) => &profile.name,
        }
    }

    /// Zones of what the lab runs itself.
    pub fn zones(&self) -> &[String] {
        match self {
            Self::Here(profile) => &profile.zones,
            Self::External(profile) => &profile.zones,
            Self::Composed(profile) => &profile.zones,
        }
    }

    /// Agents of the pipeline, by node name.
    pub fn agents(&self) -> &BTreeMap<AgentName, Agent> {
        match self {
            Self::Here(profile) => &profile.agents,
            Self::External(profile) => &profile.agents,
            Self::Composed(profile) => &profile.agents,
        }
    }

    /// The AWS API in front of the servers, where there is one.
    pub fn api(&self) -> Option<&Api> {
        match self {
            Self::Here(profile) => profile.api.as_ref(),
            Self::External(_) | Self::Composed(_) => None,
        }
    }

    /// Whether the servers stand in for those of AWS.
    pub fn rehearsed(&self) -> bool {
        match self {
            Self::Here(profile) => profile.api.is_some(),
            Self::External(profile) => profile.rehearsed,
            Self::Composed(_) => false,
        }
    }

    /// Faults that drills may inject into servers that the lab does not run.
    pub fn allowed(&self) -> &[Fault] {
        match self {
            Self::Here(_) => &[],
            Self::External(profile) => &profile.allow,
            Self::Composed(profile) => &profile.allow,
        }
    }

    /// Java heap of the schema registry, MiB.
    ///
    /// # Errors
    /// [`LabError::NotOurs`] when it is somebody else's.
    pub fn registry_heap_mib(&self) -> Result<u32, LabError> {
        let heap = match self {
            Self::Here(profile) => Some(profile.registry.heap_mib),
            Self::Composed(profile) => Some(profile.registry.heap_mib),
            Self::External(profile) => profile.registry.ours().map(|(_, heap_mib)| heap_mib),
        };
        heap.ok_or_else(|| LabError::NotOurs("the schema registry".to_owned()))
    }
}

/// The engine that a profile's text names, however broken the rest of it is.
pub fn engine_of(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().strip_prefix('"')?;
        (key.trim() == "engine").then(|| value.split('"').next().unwrap_or(value))
    })
}

fn unknown(name: &str) -> LabError {
    let known: Vec<String> = BUILT_IN.iter().map(|(n, _)| (*n).to_owned()).collect();
    let suggestion =
        rlab_document::did_you_mean(name, known.iter().map(String::as_str)).map(str::to_owned);
    LabError::UnknownProfile {
        name: name.to_owned(),
        known,
        suggestion,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_known_of_a_text_that_is_wrong_otherwise() {
        assert_eq!(
            engine_of("a = [\nengine = \"external\" # mine"),
            Some("external")
        );
        assert_eq!(engine_of("engines = \"external\"\n"), None);
        assert_eq!(engine_of("engine = external"), None);
    }

    #[test]
    fn what_is_written_down_of_a_profile_reads_as_that_profile() {
        for name in ["local", "compose"] {
            let profile = LabProfile::load(name).unwrap();
            assert_eq!(profile.name(), name);
            let text = serde_json::to_string(&profile).unwrap();
            assert_eq!(serde_json::from_str::<LabProfile>(&text).unwrap(), profile);
        }
    }
}
