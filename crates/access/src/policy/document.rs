//! A policy of IAM as its JSON says it, with the places of its statements.

use std::collections::BTreeMap;

use rlab_document::{Document, Problem, read_yaml};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A policy for an identity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Policy {
    /// Version of the language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Name of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it says.
    pub statement: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Patterns of actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<OneOrMany>,
    /// Patterns of all actions that are not meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_action: Option<OneOrMany>,
    /// Patterns of resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<OneOrMany>,
    /// Patterns of all resources that are not meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_resource: Option<OneOrMany>,
    /// The circumstances in which it holds: operator → key → values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<String, BTreeMap<String, OneOrMany>>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// A text or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// The texts of an element that may be missing.
pub(crate) fn texts(element: Option<&OneOrMany>) -> &[String] {
    element.map_or(&[], OneOrMany::all)
}

impl Statement {
    /// Its name, or its number where it has none.
    pub fn called(&self, number: usize) -> String {
        match &self.sid {
            Some(sid) => sid.clone(),
            None => format!("statement {}", number + 1),
        }
    }
}

/// Reads the text of a policy, called `name` in what is found.
///
/// # Errors
/// Everything that keeps it from being one, with its places.
pub(crate) fn read(name: &str, text: &str) -> Result<Document<Policy>, Vec<Problem>> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let message = error.to_string();
        let end = message.rfind(" at line ").unwrap_or(message.len());
        return Err(vec![Problem {
            line: error.line().max(1),
            column: error.column().max(1),
            message: format!("no JSON: {}", message[..end].to_lowercase()),
            help: None,
            span: (0..0).into(),
        }]);
    }
    // JSON is YAML, and this reader remembers where everything stands.
    let document = read_yaml::<Policy>(name, text).map_err(|errors| errors.problems().to_vec())?;
    let mut problems = Vec::new();
    for (index, statement) in document.value.statement.iter().enumerate() {
        let pairs = [
            ("Action", &statement.action, &statement.not_action),
            ("Resource", &statement.resource, &statement.not_resource),
        ];
        for (element, own, not) in pairs {
            if own.is_some() == not.is_some() {
                let message = format!("wants either {element} or Not{element}");
                problems.push(document.problem(&format!("/Statement/{index}"), &message, None));
            }
        }
    }
    match problems.is_empty() {
        true => Ok(document),
        false => Err(problems),
    }
}
