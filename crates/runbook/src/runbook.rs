//! A runbook that was read and checked.

use rlab_document::{Document, DocumentErrors, read_yaml};
use schemars::generate::SchemaSettings;

use crate::format::RunbookText;
use crate::needs::Needs;
use crate::parameter::{ParameterValue, with_overrides};
use crate::resolve::{ResolveError, resolve};
use crate::resolved::Resolved;

/// Name and version of the format.
pub const RUNBOOK_SCHEMA: &str = "rlab/runbook/v1";

/// A runbook without mistakes: with its default parameters it resolves.
#[derive(Debug, Clone)]
pub struct Runbook {
    document: Document<RunbookText>,
}

impl Runbook {
    /// Reads and checks a runbook; `name` is what messages call it, usually its path.
    ///
    /// # Errors
    /// Every mistake of its author at once, each with line, column and, where there is one, a
    /// suggestion.
    pub fn parse(name: &str, text: &str) -> Result<Self, DocumentErrors> {
        let document = read_yaml::<RunbookText>(name, text)?;
        // Bad parameters are among the problems that `resolve` reports with their place.
        let defaults = with_overrides(&document.value.params, &[]).unwrap_or_default();
        resolve(&document, defaults)?;
        Ok(Self { document })
    }

    /// Id, for example `E-002`.
    pub fn id(&self) -> &str {
        &self.document.value.id
    }

    /// What is shown, in one line.
    pub fn title(&self) -> &str {
        &self.document.value.title
    }

    /// Words to find it by, in snake case.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.document.value.tags.iter().map(|tag| tag.0.as_str())
    }

    /// What the lab must have.
    pub fn needs(&self) -> &Needs {
        &self.document.value.needs
    }

    /// Name of the document it was read from.
    pub fn source_name(&self) -> &str {
        self.document.name()
    }

    /// The text as its author wrote it.
    pub fn source_text(&self) -> &str {
        self.document.text()
    }

    /// Names and default values of the parameters.
    pub fn parameters(&self) -> Vec<(String, ParameterValue)> {
        with_overrides(&self.document.value.params, &[])
            .unwrap_or_default()
            .into_iter()
            .collect()
    }

    /// Puts in the parameters: the defaults with `overrides` (name, text) over them.
    ///
    /// # Errors
    /// All overrides that are unknown, of the wrong type or out of bounds, or else all places in
    /// the runbook that the given values do not fit.
    pub fn resolve(&self, overrides: &[(String, String)]) -> Result<Resolved, ResolveError> {
        let parameters = with_overrides(&self.document.value.params, overrides)?;
        Ok(resolve(&self.document, parameters)?)
    }
}

/// JSON Schema of the format, for editors.
pub fn json_schema() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<RunbookText>()
        .to_value()
}
