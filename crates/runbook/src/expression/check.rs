//! Walks the syntax tree: refuses what is not one comparison over known names of fitting types,
//! and rewrites the rest into doubles and variables `v0`, `v1`, ... What a name is, is looked up in
//! `names.rs`.

use std::collections::BTreeMap;
use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, Expr, LiteralValue, SourceInfo};

use super::{ExpressionProblem, Scope, ValueRef};
use crate::values::{Kind, Unit};

/// Type of a part of an expression. A number without a unit (a literal, a parameter) fits any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Number(Option<Unit>),
}

pub(super) struct Checker<'a> {
    text: &'a str,
    pub(super) scope: &'a Scope,
    source: &'a SourceInfo,
    paths: &'a BTreeMap<usize, (usize, ValueRef)>,
    pub problems: Vec<ExpressionProblem>,
    pub values: Vec<ValueRef>,
    pub kinds: Vec<Kind>,
}

const COMPARISONS: [&str; 6] = [
    op::EQUALS,
    op::NOT_EQUALS,
    op::LESS,
    op::LESS_EQUALS,
    op::GREATER,
    op::GREATER_EQUALS,
];

impl<'a> Checker<'a> {
    pub fn new(
        text: &'a str,
        scope: &'a Scope,
        source: &'a SourceInfo,
        paths: &'a BTreeMap<usize, (usize, ValueRef)>,
    ) -> Self {
        Self {
            text,
            scope,
            source,
            paths,
            problems: Vec::new(),
            values: Vec::new(),
            kinds: Vec::new(),
        }
    }

    /// The whole expression: a comparison, or a value that is true or false, or its negation.
    pub fn root(&mut self, root: &mut IdedExpr) {
        let whole = 0..self.text.len();
        let found = match &mut root.expr {
            Expr::Call(call) if COMPARISONS.contains(&call.func_name.as_str()) => {
                return self.comparison(call, whole);
            }
            Expr::Call(call) if [op::LOGICAL_AND, op::LOGICAL_OR].contains(&&*call.func_name) => {
                let help = "write each comparison as an entry of its own".to_owned();
                return self.report(whole, "one comparison per entry".to_owned(), Some(help));
            }
            Expr::Call(call) if call.func_name == op::LOGICAL_NOT => {
                call.args.iter_mut().find_map(|inner| self.operand(inner))
            }
            _ => self.operand(root),
        };
        if let Some(Type::Number(_)) = found {
            let help = "compare it, for example with `== 0` or `> 0`".to_owned();
            self.report(whole, "a number is not a statement".to_owned(), Some(help));
        } else if self.values.is_empty() && self.problems.is_empty() {
            self.says_nothing(whole);
        }
    }

    fn comparison(&mut self, call: &mut CallExpr, whole: Range<usize>) {
        let order = ![op::EQUALS, op::NOT_EQUALS].contains(&&*call.func_name);
        let sides: Vec<Option<Type>> = call
            .args
            .iter_mut()
            .map(|side| self.operand(side))
            .collect();
        if let [Some(left), Some(right)] = sides[..] {
            match (left, right) {
                (Type::Number(left), Type::Number(right)) => {
                    self.same_unit(left, right, &whole);
                }
                (Type::Bool, Type::Bool) if order => {
                    let message = "true and false have no order".to_owned();
                    self.report(whole.clone(), message, None);
                }
                (Type::Bool, Type::Bool) => {}
                _ => {
                    let message = "compares true or false with a number".to_owned();
                    self.report(whole.clone(), message, None);
                }
            }
        }
        if self.values.is_empty() && self.problems.is_empty() {
            self.says_nothing(whole);
        }
    }

    fn says_nothing(&mut self, whole: Range<usize>) {
        let message = "no value is named, so nothing is tested".to_owned();
        self.report(whole, message, None);
    }

    /// Checks and rewrites a part; its type, unless a problem was reported for it.
    fn operand(&mut self, part: &mut IdedExpr) -> Option<Type> {
        let span = self.span(part);
        match &mut part.expr {
            Expr::Literal(literal) => self.literal(literal, span),
            Expr::Ident(_) | Expr::Select(_) => {
                let (kind, rewritten) = self.name(part)?;
                part.expr = rewritten;
                Some(kind)
            }
            Expr::Call(call) => self.arithmetic(call, span),
            _ => {
                self.not_allowed(span);
                None
            }
        }
    }

    fn literal(&mut self, literal: &mut LiteralValue, span: Range<usize>) -> Option<Type> {
        let number = match literal {
            LiteralValue::Int(value) => *value.inner() as f64,
            LiteralValue::UInt(value) => *value.inner() as f64,
            LiteralValue::Double(_) => return Some(Type::Number(None)),
            LiteralValue::Boolean(_) => return Some(Type::Bool),
            _ => {
                self.not_allowed(span);
                return None;
            }
        };
        *literal = LiteralValue::Double(number.into());
        Some(Type::Number(None))
    }

    fn arithmetic(&mut self, call: &mut CallExpr, span: Range<usize>) -> Option<Type> {
        let known = [op::ADD, op::SUBSTRACT, op::MULTIPLY, op::DIVIDE, op::NEGATE];
        if !known.contains(&call.func_name.as_str()) {
            self.not_allowed(span);
            return None;
        }
        let mut units = Vec::new();
        for argument in &mut call.args {
            let span = self.span(argument);
            match self.operand(argument) {
                Some(Type::Number(unit)) => units.push(Some(unit)),
                Some(Type::Bool) => {
                    let message = "reckons with true or false as a number".to_owned();
                    self.report(span, message, None);
                    units.push(None);
                }
                None => units.push(None),
            }
        }
        let units: Vec<Option<Unit>> = units.into_iter().collect::<Option<_>>()?;
        let unit = match (call.func_name.as_str(), &units[..]) {
            (op::ADD | op::SUBSTRACT, [left, right]) => {
                if !self.same_unit(*left, *right, &span) {
                    return None;
                }
                left.or(*right)
            }
            (op::MULTIPLY, [left, right]) => product(*left, *right),
            (op::DIVIDE, [left, None]) | (op::NEGATE, [left]) => *left,
            // A quotient of two measured values may be compared with anything.
            _ => None,
        };
        Some(Type::Number(unit))
    }

    /// A value or a parameter, and what takes its place in the tree.
    fn name(&mut self, part: &IdedExpr) -> Option<(Type, Expr)> {
        let start = self.offset(root_of(part).id).map_or(0, |(start, _)| start);
        let Some((end, named)) = self.paths.get(&start).cloned() else {
            self.not_allowed(self.span(part));
            return None;
        };
        self.named(named, start..end)
    }

    fn same_unit(&mut self, left: Option<Unit>, right: Option<Unit>, span: &Range<usize>) -> bool {
        let (Some(left), Some(right)) = (left, right) else {
            return true;
        };
        if left != right {
            let message = format!("{left} and {right} do not go together");
            self.report(span.clone(), message, None);
        }
        left == right
    }

    fn not_allowed(&mut self, span: Range<usize>) {
        let help = "names, numbers, + - * / and one comparison".to_owned();
        let message = "this has no place in an expression".to_owned();
        self.report(span, message, Some(help));
    }

    pub(super) fn report(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        self.problems.push(ExpressionProblem {
            span,
            message,
            help,
        });
    }

    /// The bytes a part was written in; must be asked before the part is rewritten.
    fn span(&self, part: &IdedExpr) -> Range<usize> {
        let whole = 0..self.text.len();
        match &part.expr {
            Expr::Ident(_) | Expr::Select(_) => self
                .offset(root_of(part).id)
                .and_then(|(start, _)| Some(start..self.paths.get(&start)?.0))
                .unwrap_or(whole),
            Expr::Literal(_) => self
                .offset(part.id)
                .map_or(whole, |(start, end)| start..end),
            // CEL places an operator by its sign alone.
            Expr::Call(call) if call.func_name.contains('_') => {
                let sign = self.offset(part.id).map(|(start, end)| start..end);
                let operands = call.args.iter().map(|operand| self.span(operand));
                operands
                    .chain(sign)
                    .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
                    .unwrap_or(whole)
            }
            _ => whole,
        }
    }

    fn offset(&self, id: u64) -> Option<(usize, usize)> {
        let (start, stop) = self.source.offset_for(id)?;
        let end = self.text.len();
        Some(((start as usize).min(end), (stop as usize + 1).min(end)))
    }
}

/// Ratios and counts scale what they are multiplied with.
fn product(left: Option<Unit>, right: Option<Unit>) -> Option<Unit> {
    match (left, right) {
        (Some(Unit::Ratio), other @ Some(_)) | (other @ Some(_), Some(Unit::Ratio)) => other,
        (Some(Unit::Count), other) | (other, Some(Unit::Count)) => other.or(Some(Unit::Count)),
        _ => left.or(right),
    }
}

/// The identifier that a chain of field selections begins with.
fn root_of(part: &IdedExpr) -> &IdedExpr {
    let mut part = part;
    while let Expr::Select(select) = &part.expr {
        part = &select.operand;
    }
    part
}
