//! What a killed terraform made and its state does not know.
//!
//! A remote backend is told of what was made only every twenty seconds, so that a terraform that dies
//! leaves resources behind that the next one would make again, and be refused. What was made is in
//! terraform's own output, with its id; what was only begun is known by what was planned for it, and AWS is
//! asked whether it stands, and what its id is ([`Begun`]). Both are taken over by `import` blocks.

mod ids;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::TerraformError;
use super::plan::Plan;
use super::stop::Stop;
use super::verbs::{OnEvent, SUCCESS, words};
use super::workdir::Workdir;

/// Where the blocks are, in the root.
const BLOCKS: &str = "adopted.tf";
/// Address → id that a resource has by the name planned for it, in the lab's directory.
const NAMES: &str = "names.json";
/// Address → what lets AWS find a planned resource, beside it.
const SOUGHT: &str = "sought.json";
/// What terraform says of an id that nothing has.
const NOT_THERE: &str = "non-existent remote object";

/// Something that stands in AWS and in no state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Orphan {
    /// Where it belongs.
    pub address: String,
    /// What `import` calls it.
    pub id: String,
}

/// Something that was begun when its terraform died. AWS may have made it, be making it, or never have been
/// asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Where it belongs.
    pub address: String,
    /// Its type, as terraform calls it.
    pub kind: String,
    /// What lets AWS find it: a name, or what else tells it from others of its type in the lab.
    pub name: String,
}

impl Workdir {
    /// What runs of this directory began, and nobody told that it is done.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn begun(&self, stop: &Stop) -> Result<Vec<Begun>, TerraformError> {
        let mut open = self.made();
        open.retain(|_, made| made.id.is_none());
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.resources(stop).await?;
        let names = self.read_map(SOUGHT);
        let lost = open.into_iter().filter(|(a, _)| !known.contains(a));
        let begun = lost.filter_map(|(address, made)| {
            let name = names.get(&address)?.clone();
            let kind = made.kind;
            Some(Begun {
                address,
                kind,
                name,
            })
        });
        Ok(begun.collect())
    }

    /// What runs of this directory made that is not in the state. Of what they only began, it is what `found`
    /// has the ids of, by address: AWS was asked, and nothing else is believed.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn orphans(
        &self,
        found: &BTreeMap<String, String>,
        stop: &Stop,
    ) -> Result<Vec<Orphan>, TerraformError> {
        let mut made = self.made();
        if made.is_empty() {
            return Ok(Vec::new());
        }
        for (address, id) in found {
            if let Some(made) = made.get_mut(address) {
                made.id = Some(id.clone());
            }
        }
        let known = self.resources(stop).await?;
        let names = self.read_map(NAMES);
        let ids = ids::Ids::of(&made, &names);
        let lost = made.iter().filter(|(address, _)| !known.contains(address));
        let found = lost.filter_map(|(address, made)| {
            let id = ids.import_id(address, &made.kind, made.id.as_ref()?);
            Some(Orphan {
                address: address.clone(),
                id: id.or_else(|| names.get(address).cloned())?,
            })
        });
        Ok(found.collect())
    }

    /// Has the next plan take `orphans` over; none takes that back.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn adopt(&self, orphans: &[Orphan]) -> Result<(), TerraformError> {
        let path = self.root().join(BLOCKS);
        let io = |e| TerraformError::io(&path, e);
        if orphans.is_empty() {
            return match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(e)),
                _ => Ok(()),
            };
        }
        let mut text = String::new();
        for orphan in orphans {
            let id = Value::from(orphan.id.as_str());
            let _ = writeln!(
                text,
                "import {{\n  to = {}\n  id = {id}\n}}",
                orphan.address
            );
        }
        crate::files::write_durably(&path, text.as_bytes()).map_err(io)
    }

    /// Takes `orphans` into the state now, and nothing else that is not missing for it.
    ///
    /// # Errors
    /// As an apply.
    pub async fn take_in(
        &self,
        orphans: &[Orphan],
        on: OnEvent<'_>,
        stop: &Stop,
    ) -> Result<(), TerraformError> {
        let _turn = self.take_turn().await?;
        let mut arguments = self.changing("apply");
        arguments.extend(words(&["-auto-approve"]));
        arguments.extend(
            orphans
                .iter()
                .map(|o| format!("-target={}", o.address).into()),
        );
        let run = self.run_for("apply", arguments, self.limits().apply, SUCCESS);
        self.stream(run, self.redactor(), on, stop).await.map(drop)
    }

    /// Keeps the ids that planned resources will have by their names, and the names to ask AWS for.
    pub(super) fn note_names(&self, plan: &Plan) -> Result<(), TerraformError> {
        self.write_json(&self.dir().join(NAMES), &ids::by_name(&plan.raw))?;
        self.write_json(&self.dir().join(SOUGHT), &ids::names(&plan.raw))
    }

    fn read_map(&self, file: &str) -> BTreeMap<String, String> {
        let text = std::fs::read(self.dir().join(file)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Address → what was made there, or begun, by the streams that are kept.
    fn made(&self) -> BTreeMap<String, Made> {
        let listing = std::fs::read_dir(self.dir().join("runs"));
        let runs = listing
            .into_iter()
            .flatten()
            .flatten()
            .map(|run| run.path());
        let mut runs: Vec<PathBuf> = runs.filter(|run| changes(run)).collect();
        runs.sort();
        let mut made = BTreeMap::new();
        for run in runs {
            let text = std::fs::read(run).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            text.lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .for_each(|line| {
                    note(&mut made, &line);
                });
        }
        made
    }
}

/// The ids in a failed plan's words that nothing has, of all that were to be taken over.
pub fn not_there(error: &TerraformError, orphans: &[Orphan]) -> Vec<Orphan> {
    let TerraformError::Failed(failed) = error else {
        return Vec::new();
    };
    let texts = failed.failures.iter().map(|f| f.diagnostic.text());
    let said: Vec<String> = texts.filter(|text| text.contains(NOT_THERE)).collect();
    let named = |orphan: &&Orphan| {
        let quoted = format!("{:?}", orphan.address);
        said.iter()
            .any(|text| text.contains(&quoted) || text.contains(&orphan.address))
    };
    orphans.iter().filter(named).cloned().collect()
}

/// Something in AWS, as far as terraform told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub kind: String,
    /// None when it was begun and nobody told that it is done.
    pub id: Option<String>,
}

fn changes(run: &std::path::Path) -> bool {
    let name = run.to_string_lossy();
    name.ends_with("-apply.jsonl") || name.ends_with("-destroy.jsonl")
}

fn note(made: &mut BTreeMap<String, Made>, line: &Value) {
    let hook = &line["hook"];
    let (Some(address), Some(kind)) = (
        hook["resource"]["addr"].as_str(),
        hook["resource"]["resource_type"].as_str(),
    ) else {
        return;
    };
    // Data sources are read, and what the built-in provider makes is nowhere but in the state.
    if !kind.starts_with("aws_") || address.split('.').any(|part| part == "data") {
        return;
    }
    let id = hook["id_value"].as_str().map(str::to_owned);
    let kind = kind.to_owned();
    match (line["type"].as_str(), hook["action"].as_str()) {
        (Some("apply_start"), Some("create")) => {
            made.entry(address.to_owned())
                .or_insert(Made { kind, id: None });
        }
        (Some("apply_complete"), Some("create")) => {
            made.insert(address.to_owned(), Made { kind, id });
        }
        (Some("apply_complete"), Some("delete")) => {
            made.remove(address);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(kind: &str, action: &str, address: &str, id: Option<&str>) -> Value {
        let resource = json!({ "addr": address, "resource_type": "aws_vpc" });
        json!({ "type": kind, "hook": { "resource": resource, "action": action, "id_value": id } })
    }

    #[test]
    fn what_was_made_has_its_id_what_was_begun_has_none_and_what_was_removed_is_no_orphan() {
        let mut made = BTreeMap::new();
        for line in [
            told("apply_start", "create", "aws_vpc.a", None),
            told("apply_complete", "create", "aws_vpc.a", Some("vpc-1")),
            told("apply_start", "create", "aws_vpc.b", None),
            told("apply_start", "create", "aws_vpc.c", None),
            told("apply_complete", "create", "aws_vpc.c", Some("vpc-3")),
            told("apply_complete", "delete", "aws_vpc.c", None),
            told("apply_start", "create", "data.aws_vpc.d", None),
        ] {
            note(&mut made, &line);
        }
        let of = |address: &str| made.get(address).map(|m| m.id.clone());
        assert_eq!(of("aws_vpc.a"), Some(Some("vpc-1".to_owned())));
        assert_eq!(of("aws_vpc.b"), Some(None));
        assert_eq!(made.len(), 2);
    }
}
