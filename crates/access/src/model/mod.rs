//! The model: agent × resource × operation, each with its reason, as `iam/access.toml` says it.

mod kind;
mod operation;
mod read;
mod rights;

use std::collections::BTreeMap;

use rlab_document::{Document, DocumentErrors};
use schemars::JsonSchema;
use serde::Deserialize;

pub use kind::Kind;
pub use operation::Operation;
pub(crate) use rights::{Right, closed, direct};

use crate::cell::System;

/// Where the model lies, from the root of the sources.
pub const MODEL: &str = "iam/access.toml";

/// The model of this program.
const BUILT_IN: &str = include_str!("../../../../iam/access.toml");

/// The model as its file says it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Format of the file.
    pub schema: ModelSchema,
    /// Who there is, by name.
    pub agents: BTreeMap<String, Agent>,
    /// What there is, by the name that grants use.
    pub resources: BTreeMap<String, Resource>,
    /// Who may do what. All else is denied.
    pub grant: Vec<Grant>,
}

/// Format of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ModelSchema {
    /// The first one.
    #[serde(rename = "rlab/access/v1")]
    V1,
}

/// Somebody who can be given rights.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// What it is.
    pub what: String,
    /// Its user in MySQL and Redis and its principal in Kafka; none for those who log in to no server.
    #[serde(default)]
    pub user: Option<String>,
}

/// Something that rights can be given on.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// What it is.
    pub what: String,
    /// Its kind, which says what can be done to it.
    pub kind: Kind,
    /// Names; `*` is any text.
    #[schemars(length(min = 1))]
    pub names: Vec<String>,
    /// An instance for each name that is a pattern, in their order.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Columns of a table of which some may be updated and others not.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The only circumstances in which IAM allows anything on it.
    #[serde(default)]
    pub condition: Condition,
}

/// Operator → key → value, as in a policy.
pub type Condition = BTreeMap<String, BTreeMap<String, String>>;

/// A line of the model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Who.
    pub agent: String,
    /// On what.
    pub resource: String,
    /// What.
    #[schemars(length(min = 1))]
    pub operations: Vec<String>,
    /// Columns that `update` is limited to.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The only system that wants it, where another does without.
    #[serde(default)]
    pub only: Option<System>,
    /// Why it is needed.
    #[schemars(length(min = 1))]
    pub reason: String,
}

/// A model without mistakes, which knows where everything stands.
#[derive(Debug, Clone)]
pub struct Model {
    document: Document<ModelFile>,
}

impl Model {
    /// The model that comes with this program.
    ///
    /// # Errors
    /// Its mistakes; the program's own tests keep that from happening.
    pub fn built_in() -> Result<Self, DocumentErrors> {
        Self::read(MODEL, BUILT_IN)
    }

    /// Reads a model from `text`; `name` is what messages call it.
    ///
    /// # Errors
    /// Every mistake at once, with line, column and suggestion.
    pub fn read(name: &str, text: &str) -> Result<Self, DocumentErrors> {
        let document = read::read(name, text)?;
        Ok(Self { document })
    }

    /// The same file with something changed, to see what a change would do. It is not checked again.
    #[must_use]
    pub fn changed(&self, change: impl FnOnce(&mut ModelFile)) -> Self {
        let mut document = self.document.clone();
        change(&mut document.value);
        Self { document }
    }

    /// What the file says.
    pub fn file(&self) -> &ModelFile {
        &self.document.value
    }

    /// What the file is called.
    pub fn name(&self) -> &str {
        self.document.name()
    }

    /// Line of a grant, counted from 1.
    pub fn line_of(&self, grant: usize) -> usize {
        let place = self
            .document
            .problem(&format!("/grant/{grant}/agent"), "", None);
        place.line
    }
}
