//! What a drill ran on: versions, digests of servers and agents, the lab's configuration, the machine.

use std::collections::{BTreeMap, BTreeSet};

use rlab_evidence::{Artifact, Environment, Machine};
use rlab_lab::LabError;
use rlab_lab::profile::{LabProfile, agent_binary};
use rlab_lab::spec::{LabSpec, NodeSpec};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::DrillError;

/// What a lab is made of, without the paths of this machine: a run may be published.
#[derive(Debug, Serialize)]
pub(crate) struct Configuration<'a> {
    schema: &'static str,
    profile: &'a LabProfile,
    nodes: &'a [NodeSpec],
}

impl<'a> Configuration<'a> {
    pub fn of(spec: &'a LabSpec) -> Self {
        Self {
            schema: "rlab/configuration/v1",
            profile: &spec.profile,
            nodes: &spec.nodes,
        }
    }
}

/// Versions, digests and the machine.
pub(crate) fn environment(spec: &LabSpec) -> Result<Environment, DrillError> {
    let mut artifacts = servers(spec);
    artifacts.extend(agents(spec)?);
    Ok(Environment {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("RLAB_COMMIT").map(str::to_owned),
        versions: spec.versions.clone(),
        artifacts,
        machine: Machine::observe(),
    })
}

/// One line per server that the lab runs: a reader compares five digests, not a hundred. A server of many files has
/// the SHA-256 of its sorted `digest  file` lines.
fn servers(spec: &LabSpec) -> Vec<Artifact> {
    let lock = rlab_artifacts::lock();
    let mut parts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let runs = |part: &str| spec.mark.is_none() || spec.versions.contains_key(part);
    for entry in lock.entries.iter().filter(|e| runs(e.part.name())) {
        parts.entry(entry.part).or_default().push(entry);
    }
    parts
        .into_iter()
        .map(|(part, entries)| match entries.as_slice() {
            [entry] => Artifact {
                name: entry.file.clone(),
                version: entry.source.version().to_owned(),
                sha256: entry.sha256.clone(),
            },
            many => {
                let mut lines: Vec<String> = many
                    .iter()
                    .map(|e| format!("{}  {}\n", e.sha256, e.file))
                    .collect();
                lines.sort();
                Artifact {
                    name: format!("{} ({} files)", part.name(), many.len()),
                    version: lock.versions.get(part.name()).cloned().unwrap_or_default(),
                    sha256: hex::encode(Sha256::digest(lines.concat())),
                }
            }
        })
        .collect()
}

/// The agents' binaries. They are built with the tool, so that its version is theirs.
fn agents(spec: &LabSpec) -> Result<Vec<Artifact>, DrillError> {
    let names: BTreeSet<&str> = spec.agents().map(NodeSpec::service).collect();
    let digests = names.into_iter().map(|name| {
        Ok(Artifact {
            name: name.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sha256: rlab_artifacts::sha256_of(&spec.agent_dir.join(agent_binary(name)))
                .map_err(LabError::from)?,
        })
    });
    digests.collect()
}
