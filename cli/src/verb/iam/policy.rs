//! `rlab-ops iam policy`.

use std::collections::BTreeMap;

use clap::Args;
use rlab_access::{DrillPolicy, Model, PLACEHOLDERS, drill_policy};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::stream;
use crate::verb::runbook::key_and_value;

/// Print the IAM policy that a person needs for a drill, and no more
///
/// What each step takes is declared with the actions of runbooks; what any drill takes of whoever runs it
/// is in the model. People get the bare policy, to be attached; other formats tell the steps too.
#[derive(Debug, Args)]
pub struct Policy {
    /// Id, or a file
    #[arg(value_name = "ID|FILE")]
    drill: String,
    /// Fill in what only a lab knows
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
}

impl Policy {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let values: BTreeMap<String, String> = self.set.into_iter().collect();
        known(&values)?;
        let runbook = rlab_runbook::find(&self.drill)?;
        let drill = runbook.resolve(&[])?;
        let steps = drill.phases.iter().flat_map(|phase| &phase.steps);
        let steps = steps.map(|step| (step.describe(), step.permissions()));
        let made = drill_policy(&Model::built_in()?, runbook.id(), steps, &values)
            .map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
        let policy = serde_json::to_string_pretty(&made.policy)
            .map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
        context.format.print(&made, || policy)?;
        aside(&made);
        Ok(Exit::Held)
    }
}

/// What there is to know about it that is no part of a policy.
fn aside(made: &DrillPolicy) {
    for (step, _) in made.steps.iter().filter(|(_, needed)| needed.is_none()) {
        stream::note(&format!("{step}: AWS lets nobody do this"));
    }
    for (name, what) in &made.placeholders {
        stream::note(&format!("to fill in: --set {name}=… ({what})"));
    }
}

fn known(values: &BTreeMap<String, String>) -> Result<(), Failure> {
    for name in values.keys() {
        let known = PLACEHOLDERS.iter().map(|known| known.name);
        if !known.clone().any(|known| known == name) {
            let help = rlab_document::one_of("names", name, known.collect::<Vec<_>>());
            return Err(Failure::usage(format!("nothing is called `{name}`"))
                .hint(help.unwrap_or_default()));
        }
    }
    Ok(())
}
