//! Mistakes with their places, and all mistakes of one document as a single error.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use serde::Serialize;

/// One mistake in a document: where it stands, what is wrong, what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// What to write instead, when that is known.
    pub help: Option<String>,
    /// The bytes of the text that are meant.
    #[serde(skip)]
    pub span: SourceSpan,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<_>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_primary_with_span(None, self.span);
        Some(Box::new(std::iter::once(label)))
    }
}

/// Every mistake found in one document, in the order of their places.
///
/// As a miette diagnostic it renders each of them with its piece of the text.
#[derive(Debug, Clone)]
pub struct DocumentErrors {
    source: NamedSource<String>,
    problems: Vec<Problem>,
}

impl DocumentErrors {
    pub(crate) fn new(name: &str, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.offset());
        problems.dedup();
        let source = NamedSource::new(name, text.to_owned());
        Self { source, problems }
    }

    /// Name of the document, as given when it was read.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// The mistakes; never empty.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for DocumentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => write!(f, "1 mistake in {}", self.name()),
            many => write!(f, "{many} mistakes in {}", self.name()),
        }
    }
}

impl std::error::Error for DocumentErrors {}

impl Diagnostic for DocumentErrors {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|p| p as &dyn Diagnostic)))
    }
}
