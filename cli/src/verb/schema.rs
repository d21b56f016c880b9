//! `rlab-ops schema`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use rlab_lab::schemas::{self, Candidate, SchemaCheck, SchemaRegistered};
use schemars::schema_for;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::document::Format;
use crate::verb;

/// Print JSON Schemas of documents; register and check Avro schemas of events
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = "Examples:
  rlab-ops schema status
  rlab-ops schema profile > profile.schema.json
  rlab-ops schema check my_envelope.avsc
  rlab-ops schema register --subject orders-value my_envelope.avsc"
)]
pub struct Schema {
    #[command(subcommand)]
    event: Option<Event>,
    /// Document whose JSON Schema is printed
    name: Option<Name>,
}

#[derive(Debug, Subcommand)]
enum Event {
    /// Tell whether an Avro schema reads what is written under the registered one
    ///
    /// Exits with 0 when it does or nothing is registered, with 1 when it does not, with 2 when the
    /// lab's registry cannot tell. Changes nothing.
    Check(Which),
    /// Register an Avro schema in the lab's registry, with compatibility BACKWARD
    ///
    /// Exits with 1, and registers nothing, when the schema cannot read what is written already.
    Register {
        #[command(flatten)]
        which: Which,
        /// Only check, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// Avro schema; the envelope of this rlab-ops when left out
    file: Option<PathBuf>,
    /// Registry subject; that of the lab's own topic when left out
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
}

/// The documents, each named as in its schema id: `rlab/NAME/v1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
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
    /// `node failover`
    Failover,
    /// `smoke`
    Smoke,
    /// `runbook plan` and `drill --dry-run`
    Plan,
    /// `drill` of one
    Drill,
    /// `drill` of several, or with --repeat
    DrillSeries,
    /// `verdict.json` of a run directory
    Verdict,
    /// `recover`
    Recover,
    /// `config show`
    Config,
    /// `evidence list`
    EvidenceList,
    /// `evidence judge`
    Judged,
    /// `evidence prune`
    EvidencePruned,
    /// `runbook list`
    RunbookList,
    /// `runbook show`
    RunbookSource,
    /// `runner`, and `drill` and `smoke` of a lab on AWS
    Runner,
    /// `iam generate`
    IamGenerated,
    /// `iam check`
    IamCheck,
    /// `iam explain`
    IamExplanation,
    /// `iam policy`
    IamPolicy,
    /// `compat check`
    CompatCheck,
    /// `compat differences`
    CompatDifferences,
    /// `schema check`
    SchemaCheck,
    /// `schema register`
    SchemaRegistered,
    /// `down --dry-run`
    DownPlan,
    /// `down`
    Down,
    /// Profile file of servers that are there already
    ExternalProfile,
    /// Profile file of servers in containers
    ComposeProfile,
    /// Profile file with a Terraform root
    CloudProfile,
    /// `up --dry-run` of such a profile
    CloudPlan,
    /// `up` of such a profile
    CloudStatus,
    /// What `down` would remove of such a lab
    CloudSurvey,
    /// `down` of such a lab
    CloudDown,
}

impl Name {
    fn schema(self) -> serde_json::Value {
        match self {
            Self::Profile => schema_for!(rlab_lab::profile::Profile).to_value(),
            Self::Runbook => rlab_runbook::json_schema(),
            Self::Doctor => schema_for!(verb::doctor::Document<'_>).to_value(),
            Self::UpPlan => schema_for!(rlab_lab::UpPlan).to_value(),
            Self::Status => schema_for!(super::status::Document).to_value(),
            Self::LogLine => schema_for!(verb::logs::Document<'_>).to_value(),
            Self::Node => schema_for!(verb::node::Document<'_>).to_value(),
            Self::Failover => schema_for!(rlab_lab::protocol::Failover).to_value(),
            Self::Smoke => schema_for!(rlab_drill::SmokeReport).to_value(),
            Self::Plan => schema_for!(rlab_runbook::Plan).to_value(),
            Self::Drill => schema_for!(verb::drill::Document<'_>).to_value(),
            Self::DrillSeries => schema_for!(verb::drill::series::Document).to_value(),
            Self::Verdict => schema_for!(rlab_evidence::VerdictDocument).to_value(),
            Self::Recover => schema_for!(verb::recover::Document<'_>).to_value(),
            Self::Config => schema_for!(verb::config::Document<'_>).to_value(),
            Self::EvidenceList => schema_for!(verb::evidence::list::Document).to_value(),
            Self::Judged => schema_for!(verb::evidence::judge::Document<'_>).to_value(),
            Self::EvidencePruned => schema_for!(verb::evidence::prune::Document).to_value(),
            Self::RunbookList => schema_for!(verb::runbook::RunbookList).to_value(),
            Self::RunbookSource => schema_for!(verb::runbook::Source<'_>).to_value(),
            Self::Runner => schema_for!(verb::runner::Document<'_>).to_value(),
            Self::IamGenerated => schema_for!(verb::iam::generate::Document).to_value(),
            Self::IamCheck => schema_for!(rlab_access::Report).to_value(),
            Self::IamExplanation => schema_for!(rlab_access::Explained).to_value(),
            Self::IamPolicy => schema_for!(rlab_access::DrillPolicy).to_value(),
            Self::CompatCheck => schema_for!(rlab_compat::Report).to_value(),
            Self::CompatDifferences => schema_for!(rlab_compat::Comparison).to_value(),
            Self::SchemaCheck => schema_for!(SchemaCheck).to_value(),
            Self::SchemaRegistered => schema_for!(SchemaRegistered).to_value(),
            Self::DownPlan => schema_for!(rlab_lab::DownPlan).to_value(),
            Self::Down => schema_for!(rlab_lab::DownReport).to_value(),
            Self::ExternalProfile => schema_for!(rlab_lab::profile::External).to_value(),
            Self::ComposeProfile => schema_for!(rlab_lab::profile::Composed).to_value(),
            Self::CloudProfile => schema_for!(rlab_cloud::CloudProfile).to_value(),
            Self::CloudPlan => schema_for!(rlab_cloud::CloudPlan).to_value(),
            Self::CloudStatus => schema_for!(rlab_cloud::CloudStatus).to_value(),
            Self::CloudSurvey => schema_for!(rlab_cloud::CloudSurvey).to_value(),
            Self::CloudDown => schema_for!(rlab_cloud::CloudDown).to_value(),
        }
    }
}

impl Schema {
    /// Prints, checks or registers.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match (self.event, self.name) {
            (Some(Event::Check(which)), _) => {
                let found = schemas::check(&context.dir, &which.read()?).await?;
                show(context, &found)
            }
            (Some(Event::Register { which, dry_run }), _) => {
                let candidate = which.read()?;
                let found = schemas::check(&context.dir, &candidate).await?;
                if dry_run || !found.compatible {
                    return show(context, &found);
                }
                let registered = schemas::register(&context.dir, &candidate).await?;
                context.format.print(&registered, || told(&registered))?;
                Ok(Exit::Held)
            }
            (None, Some(name)) => print(context, name),
            (None, None) => {
                Err(Failure::usage("no document was named").hint("rlab-ops schema --help"))
            }
        }
    }
}

impl Which {
    fn read(self) -> Result<Candidate, Failure> {
        let Self { file, subject } = self;
        let text = file.map(|file| {
            let unreadable = |e| Failure::usage(format!("cannot read {}: {e}", file.display()));
            std::fs::read_to_string(&file).map_err(unreadable)
        });
        Ok(Candidate::new(subject, text.transpose()?)?)
    }
}

fn print(context: &Context, name: Name) -> Result<Exit, Failure> {
    let schema = name.schema();
    match context.format {
        Format::Human => Format::Json.print(&schema, String::new)?,
        format => format.print(&schema, String::new)?,
    }
    Ok(Exit::Held)
}

fn show(context: &Context, found: &SchemaCheck) -> Result<Exit, Failure> {
    context.format.print(found, || sentence(found))?;
    Ok(match found.compatible {
        true => Exit::Held,
        false => Exit::Deviated,
    })
}

fn sentence(check: &SchemaCheck) -> String {
    let subject = &check.subject;
    match (check.version, check.compatible) {
        (None, _) => format!("{subject}: nothing is registered yet"),
        (Some(version), true) => format!("{subject}: compatible with version {version}"),
        (Some(version), false) => {
            let places: String = check.breaks.iter().map(|b| format!("\n  {b}")).collect();
            format!("{subject}: cannot read what was written under version {version}{places}")
        }
    }
}

fn told(registered: &SchemaRegistered) -> String {
    let SchemaRegistered { subject, id, .. } = registered;
    let version = registered.version.unwrap_or_default();
    format!("{subject}: registered as version {version} with id {id}, BACKWARD")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Ids of what no verb prints: the lock of the servers, of a run the configuration and the seed of
    /// its journal's hashes, of a lab on AWS its records and the table of usual durations; the model of
    /// permissions and what is known of IAM's actions; the lists of what services do not give, and what a
    /// probe saw.
    const NOT_PRINTED: [&str; 11] = [
        "access",
        "artifacts-lock",
        "aws-durations",
        "aws-intent",
        "cloud-lab",
        "compat",
        "compat-listing",
        "configuration",
        "failovers",
        "iam-actions",
        "journal",
    ];

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
        // Profiles have one id, whichever engine brings them up.
        let named = Name::value_variants().iter();
        let others = [
            Name::ExternalProfile,
            Name::ComposeProfile,
            Name::CloudProfile,
        ];
        let known: BTreeSet<String> = named
            .filter(|name| !others.contains(name))
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
