//! A document that was read and checked, and still knows where everything stands.

use std::ops::Range;

use miette::SourceSpan;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;

use crate::check::check;
use crate::problem::{DocumentErrors, Problem};
use crate::tree::{Flaw, Kind, Node};
use crate::{toml, yaml};

/// A typed value together with the text it came from.
///
/// Places inside the document are JSON pointers, for example `/phases/1/until`; the empty pointer
/// is the whole document.
#[derive(Debug, Clone)]
pub struct Document<T> {
    /// What the text says.
    pub value: T,
    name: String,
    text: String,
    tree: Node,
}

/// Reads a TOML text; `name` is what messages call it, usually its path.
///
/// # Errors
/// A syntax error, or else every place where the text does not fit `T`'s schema.
pub fn read_toml<T: DeserializeOwned + JsonSchema>(
    name: &str,
    text: &str,
) -> Result<Document<T>, DocumentErrors> {
    read(name, text, toml::parse(text))
}

/// Reads a YAML text; `name` is what messages call it, usually its path.
///
/// The safe part of YAML: one document, no tags, no anchors and aliases, no duplicate keys.
///
/// # Errors
/// Syntax errors, or else every place where the text does not fit `T`'s schema.
pub fn read_yaml<T: DeserializeOwned + JsonSchema>(
    name: &str,
    text: &str,
) -> Result<Document<T>, DocumentErrors> {
    read(name, text, yaml::parse(text))
}

fn read<T: DeserializeOwned + JsonSchema>(
    name: &str,
    text: &str,
    parsed: Result<Node, Vec<Flaw>>,
) -> Result<Document<T>, DocumentErrors> {
    let fail = |flaws: Vec<Flaw>| {
        let problems = flaws.into_iter().map(|flaw| problem(text, flaw)).collect();
        DocumentErrors::new(name, text, problems)
    };
    let tree = parsed.map_err(fail)?;
    let schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>();
    let flaws = check(schema.as_value(), &tree);
    if !flaws.is_empty() {
        return Err(fail(flaws));
    }
    // Through text rather than through `serde_json::Value`, which would sort the keys of maps.
    let value = serde_json::to_string(&tree)
        .and_then(|json| serde_json::from_str(&json))
        .map_err(|error| {
            fail(vec![Flaw {
                span: tree.place(None),
                message: strip_position(&error.to_string()),
                help: None,
            }])
        })?;
    Ok(Document {
        value,
        name: name.to_owned(),
        text: text.to_owned(),
        tree,
    })
}

/// serde_json's position speaks of the intermediate text, which nobody wrote.
fn strip_position(message: &str) -> String {
    let end = message.rfind(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

fn problem(text: &str, flaw: Flaw) -> Problem {
    let start = flaw.span.start.min(text.len());
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Problem {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: flaw.message,
        help: flaw.help,
        span: (start..flaw.span.end.clamp(start, text.len())).into(),
    }
}

impl<T> Document<T> {
    /// Name of the document, as given when it was read.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place to point at for the value at `pointer`: a scalar itself, a collection's key.
    pub fn span(&self, pointer: &str) -> Option<SourceSpan> {
        let (node, key) = self.tree.find(pointer)?;
        Some(node.place(key).into())
    }

    /// The place of the key that leads to the value at `pointer`; list items have none.
    pub fn key_span(&self, pointer: &str) -> Option<SourceSpan> {
        Some(self.tree.find(pointer)?.1?.into())
    }

    /// A problem with the value at `pointer`, or with the nearest place above it that was written.
    pub fn problem(&self, pointer: &str, message: &str, help: Option<String>) -> Problem {
        let span = self.nearest(pointer);
        self.problem_at(span, message, help)
    }

    /// A problem with the key that leads to `pointer`.
    pub fn key_problem(&self, pointer: &str, message: &str, help: Option<String>) -> Problem {
        match self.tree.find(pointer) {
            Some((_, Some(key))) => self.problem_at(key, message, help),
            _ => self.problem(pointer, message, help),
        }
    }

    /// A problem with some bytes of the text at `pointer`, for example one name in an expression.
    ///
    /// Where the text was written with escapes or over several lines, all of it is meant.
    pub fn text_problem(
        &self,
        pointer: &str,
        part: Range<usize>,
        message: &str,
        help: Option<String>,
    ) -> Problem {
        let span = self.nearest(pointer);
        let exact = self.tree.find(pointer).and_then(|(node, _)| {
            let Kind::Text(value) = &node.kind else {
                return None;
            };
            let written = self.text.get(node.span.clone())?;
            let start = node.span.start + written.find(value.as_str())?;
            (part.end <= value.len()).then_some(start + part.start..start + part.end)
        });
        self.problem_at(exact.unwrap_or(span), message, help)
    }

    /// All of `problems` as the one error of this document.
    pub fn errors(&self, problems: Vec<Problem>) -> DocumentErrors {
        DocumentErrors::new(&self.name, &self.text, problems)
    }

    fn nearest(&self, pointer: &str) -> Range<usize> {
        let mut pointer = pointer;
        loop {
            if let Some((node, key)) = self.tree.find(pointer) {
                return node.place(key);
            }
            pointer = pointer.rfind('/').map_or("", |at| &pointer[..at]);
        }
    }

    fn problem_at(&self, span: Range<usize>, message: &str, help: Option<String>) -> Problem {
        let message = message.to_owned();
        problem(
            &self.text,
            Flaw {
                span,
                message,
                help,
            },
        )
    }
}
