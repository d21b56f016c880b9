//! `rlab-ops compat check`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rlab_access::Model;
use rlab_compat::{Lists, Report, check, needs};
use rlab_runbook::Target;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Tell whether a service of AWS gives everything that agents need of it
///
/// Holds the commands and privileges of the permission model and the settings of topics against what is
/// written down of each service. Exits with 0 when nothing is missing; with 1 when something is; with 2 when
/// that is only reported by others. Asks no server.
#[derive(Debug, Args)]
pub struct Check {
    /// Only this service; may be repeated
    #[arg(long, value_name = "TARGET", value_parser = targets())]
    target: Vec<Target>,
}

fn targets() -> impl TypedValueParser<Value = Target> {
    let names = PossibleValuesParser::new(Target::ALL.map(Target::name));
    names.try_map(|name| {
        let mut all = Target::ALL.into_iter();
        all.find(|target| target.name() == name)
            .ok_or("no such service")
    })
}

impl Check {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let targets = match self.target.is_empty() {
            true => Target::ALL.to_vec(),
            false => self.target,
        };
        let report = check(&Lists::built_in()?, &needs(&Model::built_in()?), &targets);
        let exit = match (report.is_broken(), report.findings.is_empty()) {
            (true, _) => Exit::Deviated,
            (false, false) => Exit::Unknown,
            (false, true) => Exit::Held,
        };
        context.format.conclude(&report, || text(&report), exit)
    }
}

fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let word = if finding.confirmed {
            "wrong"
        } else {
            "unknown"
        };
        let (target, kind, name) = (finding.target, finding.kind, &finding.name);
        let by = finding.by.join(", ");
        lines.push(format!(
            "{target}: {word}: the {kind} `{name}` is not given, and {by} needs it"
        ));
        lines.push(format!("  needed: {}", finding.places.join(", ")));
        lines.push(format!("  source: {}", finding.source));
    }
    let looked_at = report.looked_at;
    let targets: Vec<&str> = report.targets.iter().map(|t| t.name()).collect();
    lines.push(match report.findings.len() {
        0 => format!("all {looked_at} needs are met: {}", targets.join(", ")),
        many => format!("{many} of {looked_at} needs are not met"),
    });
    lines.join("\n")
}
