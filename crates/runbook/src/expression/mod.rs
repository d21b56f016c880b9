//! Expressions: one CEL comparison over named values, checked before anything runs.
//!
//! `name@phase` is not CEL, so places are scanned first and `@` reaches CEL's parser as a field
//! selection of the same width; offsets in the syntax tree stay offsets in the text. The checker
//! then walks the tree: names, phases, types and units. What it lets through is rewritten so that
//! CEL sees doubles and plain variables only.

mod check;
mod comparison;
mod evaluate;
mod names;
mod scan;
mod scope;
mod when;

use std::fmt;
use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::SourceInfo;
use cel::parser::Parser;

pub use comparison::Comparison;
pub use evaluate::{Observation, Truth, Value};
pub use scope::{Position, Scope};
pub(crate) use when::When;

use crate::values::Kind;

/// A value that an expression names, perhaps narrowed to a phase.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ValueRef {
    /// Full name, for example `ledger.lost` or `orders.p99_ms`.
    pub name: String,
    /// The phase after the `@`.
    pub phase: Option<String>,
}

impl fmt::Display for ValueRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.phase
            .as_ref()
            .map_or(Ok(()), |phase| write!(f, "@{phase}"))
    }
}

impl ValueRef {
    /// Reads `text` as nothing but the name of a value of `scope`, perhaps of a phase.
    ///
    /// # Errors
    /// As [`Expression::parse`], and a text that is more than a name.
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, Vec<ExpressionProblem>> {
        let scanned = scan::scan(text)?;
        let source = SourceInfo::default();
        let mut checker = check::Checker::new(text, scope, &source, &scanned.paths);
        let whole = 0..text.len();
        let named = scanned.paths.get(&0);
        if let Some((_, named)) = named.filter(|(end, _)| *end == whole.end) {
            checker.named(named.clone(), whole.clone());
        }
        match (checker.problems, checker.values.pop()) {
            (problems, Some(value)) if problems.is_empty() => Ok(value),
            (problems, _) if !problems.is_empty() => Err(problems),
            _ => Err(vec![ExpressionProblem {
                span: whole,
                message: "not the name of a value".to_owned(),
                help: Some("one name, for example `orders.p99_ms@steady`".to_owned()),
            }]),
        }
    }
}

/// A mistake in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionProblem {
    /// The bytes of the expression that are meant.
    pub span: Range<usize>,
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// A checked expression, its parameters put in.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    tree: IdedExpr,
    values: Vec<ValueRef>,
    kinds: Vec<Kind>,
}

impl Expression {
    /// Parses `text` and checks it against the names and types of `scope`.
    ///
    /// # Errors
    /// Every mistake found: syntax first, then names, phases, types and units.
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, Vec<ExpressionProblem>> {
        let scanned = scan::scan(text)?;
        let (mut tree, source) = Parser::new()
            .parse_with_source_info(&scanned.cel)
            .map_err(|errors| scan::syntax_problems(text, &errors))?;
        let mut checker = check::Checker::new(text, scope, &source, &scanned.paths);
        checker.root(&mut tree);
        if !checker.problems.is_empty() {
            return Err(checker.problems);
        }
        Ok(Self {
            text: text.to_owned(),
            tree,
            values: checker.values,
            kinds: checker.kinds,
        })
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values it needs, each once, in order of appearance.
    pub fn values(&self) -> &[ValueRef] {
        &self.values
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
