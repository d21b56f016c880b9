//! `when`: a condition on the values of a case, decided before anything runs.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, Expr, LiteralValue, SourceInfo};
use cel::parser::Parser;
use rlab_document::one_of;

use super::{ExpressionProblem, scan};
use crate::cases::{CaseValue, CaseValues, Matrix};

/// A condition on the values of a case.
#[derive(Debug, Clone)]
pub(crate) enum When {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    /// The value of this name stands so to the other.
    Stands(String, Order, CaseValue),
}

/// How two values stand to each other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    Same,
    Less,
    More,
}

impl When {
    /// Parses `text` and checks it against the names of the `matrix` and their values.
    pub fn parse(text: &str, matrix: &Matrix) -> Result<Self, Vec<ExpressionProblem>> {
        let scanned = scan::scan(text)?;
        let phased = |(start, (end, named)): (&usize, &(usize, super::ValueRef))| {
            named.phase.is_some().then_some(*start..*end)
        };
        if let Some(span) = scanned.paths.iter().find_map(phased) {
            let message = "what a case gives has no phases".to_owned();
            return Err(vec![problem(span, message, None)]);
        }
        let (tree, source) = Parser::new()
            .parse_with_source_info(&scanned.cel)
            .map_err(|errors| scan::syntax_problems(text, &errors))?;
        let reader = Reader {
            text,
            source: &source,
            matrix,
        };
        reader.read(&tree).map_err(|found| vec![found])
    }

    /// Whether it is so in the case with these values.
    pub fn covers(&self, case: &CaseValues) -> bool {
        match self {
            Self::And(left, right) => left.covers(case) && right.covers(case),
            Self::Or(left, right) => left.covers(case) || right.covers(case),
            Self::Not(inner) => !inner.covers(case),
            Self::Stands(name, order, other) => match (order, &case[name], other) {
                (Order::Same, value, other) => value == other,
                (Order::Less, CaseValue::Integer(value), CaseValue::Integer(than)) => value < than,
                (Order::More, CaseValue::Integer(value), CaseValue::Integer(than)) => value > than,
                (Order::Less | Order::More, ..) => false,
            },
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    source: &'a SourceInfo,
    matrix: &'a Matrix,
}

impl Reader<'_> {
    fn read(&self, part: &IdedExpr) -> Result<When, ExpressionProblem> {
        match &part.expr {
            Expr::Call(call) => self.call(call, part),
            Expr::Ident(name) => {
                let span = self.span(part);
                let truth = CaseValue::Bool(true);
                self.fits(name, span.clone(), &truth, span)?;
                Ok(When::Stands(name.clone(), Order::Same, truth))
            }
            _ => Err(self.not_allowed(part)),
        }
    }

    fn call(&self, call: &CallExpr, part: &IdedExpr) -> Result<When, ExpressionProblem> {
        let boxed = |side: &IdedExpr| self.read(side).map(Box::new);
        let not = |when| When::Not(Box::new(when));
        match (call.func_name.as_str(), call.args.as_slice()) {
            (op::LOGICAL_AND, [left, right]) => Ok(When::And(boxed(left)?, boxed(right)?)),
            (op::LOGICAL_OR, [left, right]) => Ok(When::Or(boxed(left)?, boxed(right)?)),
            (op::LOGICAL_NOT, [inner]) => Ok(When::Not(boxed(inner)?)),
            (op::EQUALS, [left, right]) => self.stands(left, Order::Same, right),
            (op::NOT_EQUALS, [left, right]) => self.stands(left, Order::Same, right).map(not),
            (op::LESS, [left, right]) => self.stands(left, Order::Less, right),
            (op::GREATER_EQUALS, [left, right]) => self.stands(left, Order::Less, right).map(not),
            (op::GREATER, [left, right]) => self.stands(left, Order::More, right),
            (op::LESS_EQUALS, [left, right]) => self.stands(left, Order::More, right).map(not),
            _ => Err(self.not_allowed(part)),
        }
    }

    fn stands(
        &self,
        left: &IdedExpr,
        order: Order,
        right: &IdedExpr,
    ) -> Result<When, ExpressionProblem> {
        let Expr::Ident(name) = &left.expr else {
            return Err(self.not_allowed(left));
        };
        let value = match &right.expr {
            Expr::Literal(LiteralValue::Boolean(flag)) => CaseValue::Bool(*flag.inner()),
            Expr::Literal(LiteralValue::String(word)) => CaseValue::Word(word.inner().to_owned()),
            Expr::Literal(LiteralValue::Int(number)) => u32::try_from(*number.inner())
                .map(CaseValue::Integer)
                .map_err(|_| self.not_allowed(right))?,
            _ => return Err(self.not_allowed(right)),
        };
        self.fits(name, self.span(left), &value, self.span(right))?;
        if !matches!(
            (order, &value),
            (Order::Same, _) | (_, CaseValue::Integer(_))
        ) {
            let message = format!("{} has no order", value.kind());
            return Err(problem(0..self.text.len(), message, None));
        }
        if matches!(order, Order::Same) {
            self.is_given(name, &value, self.span(right))?;
        }
        Ok(When::Stands(name.clone(), order, value))
    }

    /// A name of the matrix, and a value of its kind.
    fn fits(
        &self,
        name: &str,
        name_at: Range<usize>,
        value: &CaseValue,
        value_at: Range<usize>,
    ) -> Result<(), ExpressionProblem> {
        let Some(given) = self.matrix.get(name) else {
            let help = one_of("names", name, self.matrix.keys().map(String::as_str));
            let message = format!("no case has a `{name}`");
            return Err(problem(name_at, message, help));
        };
        match given.first() {
            Some(first) if first.kind() != value.kind() => {
                let message = format!("`{name}` is {}, not {}", first.kind(), value.kind());
                Err(problem(value_at, message, None))
            }
            _ => Ok(()),
        }
    }

    fn is_given(
        &self,
        name: &str,
        value: &CaseValue,
        span: Range<usize>,
    ) -> Result<(), ExpressionProblem> {
        let given = &self.matrix[name];
        if given.contains(value) || matches!(value, CaseValue::Bool(_)) {
            return Ok(());
        }
        let known: Vec<String> = given.iter().map(ToString::to_string).collect();
        let known = known.iter().map(String::as_str);
        let help = one_of("values", &value.to_string(), known);
        let message = format!("in no case is `{name}` {value}");
        Err(problem(span, message, help))
    }

    fn not_allowed(&self, part: &IdedExpr) -> ExpressionProblem {
        let help = "for example `acks == \"all\" && min_isr >= 2`".to_owned();
        let message = "this has no place in a condition on cases".to_owned();
        problem(self.span(part), message, Some(help))
    }

    /// The bytes of a name or a literal; the whole text for anything larger.
    fn span(&self, part: &IdedExpr) -> Range<usize> {
        let whole = 0..self.text.len();
        match (&part.expr, self.source.offset_for(part.id)) {
            (Expr::Ident(_) | Expr::Literal(_), Some((start, stop))) => {
                let end = (stop as usize + 1).min(whole.end);
                (start as usize).min(end)..end
            }
            _ => whole,
        }
    }
}

fn problem(span: Range<usize>, message: String, help: Option<String>) -> ExpressionProblem {
    ExpressionProblem {
        span,
        message,
        help,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::When;
    use crate::cases::{CaseValue, Matrix, combinations};

    fn matrix() -> Matrix {
        let word = |word: &str| CaseValue::Word(word.to_owned());
        Matrix::from([
            ("acks".to_owned(), vec![word("none"), word("all")]),
            (
                "min_isr".to_owned(),
                vec![CaseValue::Integer(1), CaseValue::Integer(2)],
            ),
            (
                "unclean".to_owned(),
                vec![CaseValue::Bool(false), CaseValue::Bool(true)],
            ),
        ])
    }

    /// The cases that `text` covers.
    fn covered(text: &str) -> usize {
        let when = When::parse(text, &matrix()).unwrap();
        let cases = combinations(&matrix()).unwrap();
        cases.values().filter(|case| when.covers(case)).count()
    }

    #[test]
    fn a_condition_covers_the_cases_it_describes() {
        for (text, count) in [
            ("acks == \"all\"", 4),
            ("acks != \"all\" && min_isr >= 2", 2),
            ("!unclean || min_isr < 2", 6),
            ("!(unclean && min_isr <= 1)", 6),
            ("min_isr > 1 && unclean == false && acks == \"none\"", 1),
            ("min_isr != 2", 4),
        ] {
            assert_eq!(covered(text), count, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(
            text in "(acks|min_isr|unclean|[a-z0-9@.<>=!&|() \"'-]){0,12}"
        ) {
            match When::parse(&text, &matrix()) {
                Ok(when) => for case in combinations(&matrix()).unwrap().values() {
                    when.covers(case);
                },
                Err(problems) => for problem in problems {
                    prop_assert!(text.get(problem.span.clone()).is_some(), "{:?}", problem);
                },
            }
        }
    }
}
