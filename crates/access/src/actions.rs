//! The actions of IAM that the project uses: what each can be limited to, and what has to come with it.

use std::collections::BTreeMap;

use rlab_document::{did_you_mean, read_toml};
use schemars::JsonSchema;
use serde::Deserialize;

const TEXT: &str = include_str!("../data/iam-actions.toml");

/// The data file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actions {
    /// Always `rlab/iam-actions/v1`.
    pub schema: String,
    /// When it was written, a date.
    pub dated: String,
    /// Where it comes from.
    pub source: String,
    /// Type of resource → pattern of its ARNs.
    pub types: BTreeMap<String, String>,
    /// Action → what is known of it.
    pub actions: BTreeMap<String, Action>,
}

/// One action.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Types of resources that it can be limited to; none where AWS knows `*` only.
    #[serde(default)]
    pub on: Vec<String>,
    /// Actions that have to be allowed with it.
    #[serde(default)]
    pub with: Vec<String>,
    /// What a drill needs it on, with placeholders.
    #[serde(default)]
    pub drill: Vec<String>,
    /// Whether it was read in a copy of AWS's reference. Others were written down from knowledge of it.
    #[serde(default)]
    pub read: bool,
}

impl Actions {
    /// The data file of this program.
    ///
    /// # Panics
    /// When it has a mistake, which the program's own tests keep from happening.
    pub fn built_in() -> Self {
        let read = read_toml::<Self>("iam-actions.toml", TEXT);
        // Embedded, and read by every test of this crate.
        read.expect("the data file of actions is right").value
    }

    /// What is known of `action`, in any case; its right spelling goes with it.
    pub fn find(&self, action: &str) -> Option<(&str, &Action)> {
        let mut all = self.actions.iter();
        let (name, found) = all.find(|(name, _)| name.eq_ignore_ascii_case(action))?;
        Some((name, found))
    }

    /// The known action that is spelled most like `action`.
    pub fn nearest(&self, action: &str) -> Option<&str> {
        did_you_mean(action, self.actions.keys().map(String::as_str))
    }

    /// Names of all actions.
    pub fn names(&self) -> Vec<String> {
        self.actions.keys().cloned().collect()
    }

    /// Patterns of the ARNs that `action` can be limited to.
    pub fn arns<'a>(&'a self, action: &'a Action) -> impl Iterator<Item = &'a str> {
        action
            .on
            .iter()
            .filter_map(|kind| self.types.get(kind).map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_and_companion_that_is_named_is_there() {
        let actions = Actions::built_in();
        assert_eq!(actions.schema, "rlab/iam-actions/v1");
        for (name, action) in &actions.actions {
            assert_eq!(actions.arns(action).count(), action.on.len(), "{name}");
            let strangers: Vec<_> = action
                .with
                .iter()
                .filter(|c| actions.find(c).is_none())
                .collect();
            assert!(strangers.is_empty(), "{name}: {strangers:?}");
        }
    }
}
