//! The least that a person needs in IAM to run one drill.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;

use crate::actions::Actions;
use crate::generate::policy;
use crate::model::Model;
use crate::placeholder::{PLACEHOLDERS, fill, names};
use crate::policy::{Effect, OneOrMany, Policy, Statement};

/// The agent that stands for whoever runs a drill.
const OPERATOR: &str = "operator";

/// A policy for one drill.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DrillPolicy {
    /// Always `rlab/iam-policy/v1`.
    pub schema: &'static str,
    /// Id of the drill.
    pub drill: String,
    /// What to attach.
    pub policy: Policy,
    /// What each step of the drill takes; null where AWS lets nobody do it.
    pub steps: BTreeMap<String, Option<BTreeSet<String>>>,
    /// What is still to be filled in, and what it stands for.
    pub placeholders: BTreeMap<String, String>,
}

/// Why there is no policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DrillPolicyError {
    /// A step declares an action that the data file does not know.
    #[error("step `{step}` takes `{action}`, which the data file of actions does not know")]
    UnknownAction {
        /// The step.
        step: String,
        /// The action.
        action: String,
    },
    /// An action without anything that it is needed on.
    #[error("the data file of actions does not say on what a drill needs `{action}`")]
    NowhereNeeded {
        /// The action.
        action: String,
    },
}

/// The policy for `drill`, whose steps, in words, take the given actions of IAM; none where AWS lets nobody
/// do it. What the model allows whoever runs any drill is part of it. `values` fill placeholders.
///
/// # Errors
/// For an action that the data file does not know well enough.
pub fn drill_policy<'s>(
    model: &Model,
    drill: &str,
    steps: impl IntoIterator<Item = (String, Option<Vec<&'s str>>)>,
    values: &BTreeMap<String, String>,
) -> Result<DrillPolicy, DrillPolicyError> {
    let actions = Actions::built_in();
    let mut told: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for (step, needed) in steps {
        let needed: Option<BTreeSet<String>> =
            needed.map(|actions| actions.into_iter().map(str::to_owned).collect());
        told.insert(step, needed);
    }
    let mut by_resources: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for (step, needed) in &told {
        for action in needed.iter().flatten() {
            let (name, known) = actions.find(action).ok_or_else(|| {
                let (step, action) = (step.clone(), action.clone());
                DrillPolicyError::UnknownAction { step, action }
            })?;
            let on = match (known.on.is_empty(), known.drill.is_empty()) {
                (true, _) => vec!["*".to_owned()],
                (false, false) => known.drill.clone(),
                (false, true) => {
                    let action = name.to_owned();
                    return Err(DrillPolicyError::NowhereNeeded { action });
                }
            };
            by_resources.entry(on).or_default().insert(name.to_owned());
        }
    }
    let mut whole = policy(model, OPERATOR);
    let of_steps = by_resources.into_iter().enumerate();
    whole
        .statement
        .extend(of_steps.map(|(at, (resources, actions))| Statement {
            sid: Some(format!("Steps{}", at + 1)),
            effect: Effect::Allow,
            action: Some(OneOrMany::Many(actions.into_iter().collect())),
            not_action: None,
            resource: Some(OneOrMany::Many(resources)),
            not_resource: None,
            condition: BTreeMap::new(),
        }));
    let filled = filled(&whole, values);
    Ok(DrillPolicy {
        schema: "rlab/iam-policy/v1",
        drill: drill.to_owned(),
        placeholders: left(&filled),
        policy: filled,
        steps: told,
    })
}

fn filled(policy: &Policy, values: &BTreeMap<String, String>) -> Policy {
    let put = |text: &String| fill(text, |name| values.get(name).map(String::as_str));
    let all = |element: &OneOrMany| OneOrMany::Many(element.all().iter().map(put).collect());
    let mut policy = policy.clone();
    for statement in &mut policy.statement {
        statement.resource = statement.resource.as_ref().map(all);
        for value in statement
            .condition
            .values_mut()
            .flat_map(|keys| keys.values_mut())
        {
            *value = match value {
                OneOrMany::One(text) => OneOrMany::One(put(text)),
                OneOrMany::Many(_) => all(value),
            };
        }
    }
    policy
}

fn left(policy: &Policy) -> BTreeMap<String, String> {
    let texts = policy.statement.iter().flat_map(|statement| {
        let conditions = statement.condition.values().flat_map(BTreeMap::values);
        statement
            .resource
            .iter()
            .chain(conditions)
            .flat_map(OneOrMany::all)
    });
    let mut left = BTreeMap::new();
    for name in texts.flat_map(|text| names(text)) {
        let known = PLACEHOLDERS.iter().find(|known| known.name == name);
        left.insert(
            name.to_owned(),
            known.map_or("", |known| known.what).to_owned(),
        );
    }
    left
}
