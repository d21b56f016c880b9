//! `rlab-ops schema`.

use clap::{Args, ValueEnum};
use schemars::schema_for;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::document::Format;
use crate::verb;

/// Print the JSON Schema of a document that rlab-ops reads or prints
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops schema status
  rlab-ops schema profile > profile.schema.json")]
pub struct Schema {
    /// Document
    name: Name,
}

/// The documents, each named as in its schema id: `rlab/NAME/v1`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// Profile file, for `up --profile`
    Profile,
    /// Runbook file
    Runbook,
    /// `doctor`
    Doctor,
    /// `up --dry-run`
    UpPlan,
    /// `status` and `up`
    Status,
    /// `logs`
    LogLine,
    /// `node`
    Node,
    /// `smoke`
    Smoke,
    /// `runbook plan` and `drill --dry-run`
    Plan,
    /// `drill`
    Drill,
    /// `verdict.json` of a run directory
    Verdict,
    /// `recover`
    Recover,
    /// `runbook list`
    RunbookList,
    /// `runbook show`
    RunbookSource,
    /// `down --dry-run`
    DownPlan,
    /// `down`
    Down,
}

impl Name {
    fn schema(self) -> serde_json::Value {
        match self {
            Self::Profile => schema_for!(rlab_lab::profile::Profile).to_value(),
            Self::Runbook => rlab_runbook::json_schema(),
            Self::Doctor => schema_for!(verb::doctor::Document<'_>).to_value(),
            Self::UpPlan => schema_for!(rlab_lab::UpPlan).to_value(),
            Self::Status => schema_for!(rlab_lab::protocol::LabStatus).to_value(),
            Self::LogLine => schema_for!(verb::logs::Document<'_>).to_value(),
            Self::Node => schema_for!(verb::node::Document<'_>).to_value(),
            Self::Smoke => schema_for!(rlab_drill::SmokeReport).to_value(),
            Self::Plan => schema_for!(rlab_runbook::Plan).to_value(),
            Self::Drill => schema_for!(verb::drill::Document<'_>).to_value(),
            Self::Verdict => schema_for!(rlab_evidence::VerdictDocument).to_value(),
            Self::Recover => schema_for!(verb::recover::Document<'_>).to_value(),
            Self::RunbookList => schema_for!(verb::runbook::RunbookList).to_value(),
            Self::RunbookSource => schema_for!(verb::runbook::Source<'_>).to_value(),
            Self::DownPlan => schema_for!(rlab_lab::DownPlan).to_value(),
            Self::Down => schema_for!(rlab_lab::DownReport).to_value(),
        }
    }
}

impl Schema {
    /// Prints the schema.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let schema = self.name.schema();
        match context.format {
            Format::Human => Format::Json.print(&schema, String::new)?,
            format => format.print(&schema, String::new)?,
        }
        Ok(Exit::Held)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Ids of what no verb prints: the lock of the servers, and the seed of a journal's hashes.
    const NOT_PRINTED: [&str; 2] = ["artifacts-lock", "journal"];

    #[test]
    fn every_document_with_a_schema_id_has_its_schema_here() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut ids = BTreeSet::new();
        for dir in ["cli/src", "crates"] {
            for file in sources(&workspace.join(dir)) {
                ids.extend(ids_in(&std::fs::read_to_string(file).unwrap()));
            }
        }
        assert!(ids.contains("drill") && ids.contains("status"), "{ids:?}");
        let known: BTreeSet<String> = Name::value_variants()
            .iter()
            .filter_map(|name| Some(name.to_possible_value()?.get_name().to_owned()))
            .chain(NOT_PRINTED.map(str::to_owned))
            .collect();
        let unknown: Vec<&String> = ids.difference(&known).collect();
        assert!(unknown.is_empty(), "`schema` lacks {unknown:?}");
        let unused: Vec<&String> = known.difference(&ids).collect();
        assert!(unused.is_empty(), "nothing has the id {unused:?}");
    }

    #[test]
    fn every_schema_describes_an_object_with_properties() {
        for name in Name::value_variants() {
            let schema = name.schema();
            assert!(
                schema["properties"].is_object() || schema["$ref"].is_string(),
                "{name:?}: {schema:#}"
            );
        }
    }

    fn sources(dir: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).unwrap().flatten();
        let below = entries.flat_map(|entry| match entry.path() {
            path if path.is_dir() => sources(&path),
            path => vec![path],
        });
        below
            .filter(|path| path.extension().is_some_and(|e| e == "rs"))
            .collect()
    }

    /// The names of the schema ids in a text.
    fn ids_in(text: &str) -> Vec<String> {
        let after = text.split("\"rlab/").skip(1);
        let names = after.filter_map(|rest| Some(rest.split_once("/v1\"")?.0));
        names
            .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            .map(str::to_owned)
            .collect()
    }
}
