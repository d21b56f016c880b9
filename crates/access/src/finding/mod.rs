//! What is found: where, how bad, what it is, and what to do about it.

mod sarif;

use std::fmt;

use rlab_document::Problem;
use schemars::JsonSchema;
use serde::Serialize;

pub use sarif::sarif;

/// Everything that was found, as a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Always `rlab/iam-check/v1`.
    pub schema: &'static str,
    /// Cells that were asked for.
    pub cells: usize,
    /// What was found, the first place first.
    pub findings: Vec<Finding>,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// By which rule.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, a lowercase fragment.
    pub message: String,
    /// What to do about it.
    pub next: String,
}

/// A place in a file or in the matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Place {
    /// The file.
    pub file: String,
    /// Line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Column in characters, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Id of the cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody may do too much or too little.
    Error,
    /// It could not be decided.
    Unknown,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A file that cannot be read as what it is.
    MalformedPolicy,
    /// A generated file is not what the model makes.
    EditedByHand,
    /// A generated file is missing, or one lies there that nothing generates.
    WrongFiles,
    /// Something is allowed that the model denies.
    TooWide,
    /// Something is denied that the model allows.
    TooNarrow,
    /// A policy allows what its reference does not.
    NotSubset,
    /// Whether it does depends on what cannot be decided.
    Undecided,
    /// An action that the data file does not know.
    UnknownAction,
    /// A resource that the action cannot be limited to.
    WrongResource,
    /// A wildcard where something can be named.
    NeedlessWildcard,
    /// An action without those that AWS wants with it.
    MissingCompanion,
    /// NotAction or NotResource.
    Negated,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 12] = [
        Self::MalformedPolicy,
        Self::EditedByHand,
        Self::WrongFiles,
        Self::TooWide,
        Self::TooNarrow,
        Self::NotSubset,
        Self::Undecided,
        Self::UnknownAction,
        Self::WrongResource,
        Self::NeedlessWildcard,
        Self::MissingCompanion,
        Self::Negated,
    ];

    /// Its name.
    pub const fn word(self) -> &'static str {
        self.entry().0
    }

    /// What it looks for, in words.
    pub const fn what(self) -> &'static str {
        self.entry().1
    }

    /// How bad it is when it finds something.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Undecided | Self::Negated => Severity::Unknown,
            _ => Severity::Error,
        }
    }

    const fn entry(self) -> (&'static str, &'static str) {
        match self {
            Self::MalformedPolicy => (
                "malformed-policy",
                "a file that cannot be read as what it is",
            ),
            Self::EditedByHand => (
                "edited-by-hand",
                "a generated file that the model does not make",
            ),
            Self::WrongFiles => (
                "wrong-files",
                "a generated file that is missing, or one too many",
            ),
            Self::TooWide => ("too-wide", "something allowed that the model denies"),
            Self::TooNarrow => ("too-narrow", "something denied that the model allows"),
            Self::NotSubset => (
                "not-subset",
                "a policy that allows what its reference does not",
            ),
            Self::Undecided => (
                "undecided",
                "a policy that cannot be compared with its reference",
            ),
            Self::UnknownAction => ("unknown-action", "an action that nobody knows"),
            Self::WrongResource => (
                "wrong-resource",
                "a resource that does not go with its action",
            ),
            Self::NeedlessWildcard => (
                "needless-wildcard",
                "a wildcard where something can be named",
            ),
            Self::MissingCompanion => {
                ("missing-companion", "an action that does nothing by itself")
            }
            Self::Negated => ("negated", "NotAction or NotResource"),
        }
    }
}

impl Finding {
    /// Of a mistake that a document has.
    pub(crate) fn problem(rule: Rule, file: &str, problem: &Problem) -> Self {
        Self {
            place: Place {
                file: file.to_owned(),
                line: Some(problem.line),
                column: Some(problem.column),
                cell: None,
            },
            rule,
            severity: rule.severity(),
            message: problem.message.clone(),
            next: problem
                .help
                .clone()
                .unwrap_or_else(|| "correct it".to_owned()),
        }
    }

    pub(crate) fn new(rule: Rule, place: Place, message: String, next: &str) -> Self {
        Self {
            place,
            rule,
            severity: rule.severity(),
            message,
            next: next.to_owned(),
        }
    }
}

impl Place {
    /// A line of a file.
    pub(crate) fn line(file: &str, line: usize) -> Self {
        Self {
            file: file.to_owned(),
            line: Some(line),
            ..Self::default()
        }
    }

    /// A cell that a file answers.
    pub(crate) fn cell(file: &str, id: String) -> Self {
        Self {
            file: file.to_owned(),
            cell: Some(id),
            ..Self::default()
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        match &self.cell {
            Some(cell) => write!(f, " [{cell}]"),
            None => Ok(()),
        }
    }
}

impl Report {
    /// Of `findings`, sorted, about `cells` cells.
    pub(crate) fn new(cells: usize, mut findings: Vec<Finding>) -> Self {
        findings.sort();
        findings.dedup();
        Self {
            schema: "rlab/iam-check/v1",
            cells,
            findings,
        }
    }

    /// The worst that was found; none when nothing was.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_written_as_it_is_called() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.word());
        }
    }
}
