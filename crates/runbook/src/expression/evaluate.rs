//! Evaluates a checked expression. What has no data, or no defined result, is unknown.

use std::fmt;

use cel::Context;
use cel::common::ast::Expr;

use super::{Expression, ValueRef};
use crate::values::{Kind, Unit};

/// A measured value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A number in the unit that the registry states.
    Number(f64),
}

/// Whether an expression holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It cannot be decided.
    Unknown {
        /// The values without data. Empty when all were there but the arithmetic has no result,
        /// for example a division of zero by zero.
        missing: Vec<ValueRef>,
    },
}

/// An expression with what was seen of it. Shown as
/// `ledger.lost@crashes > 0: true (ledger.lost@crashes = 17)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The expression as written.
    pub text: String,
    /// Whether it holds.
    pub truth: Truth,
    /// Each value it names, and that value with its unit, or `no data`.
    pub seen: Vec<(String, String)>,
}

impl Expression {
    /// Evaluates with the values that `lookup` knows.
    pub fn evaluate(&self, lookup: &impl Fn(&ValueRef) -> Option<Value>) -> Truth {
        let found = self.look_up(lookup);
        let missing: Vec<ValueRef> = self
            .values
            .iter()
            .zip(&found)
            .filter(|(_, value)| value.is_none())
            .map(|(named, _)| named.clone())
            .collect();
        if !missing.is_empty() {
            return Truth::Unknown { missing };
        }
        let mut context = Context::default();
        for (index, value) in found.into_iter().flatten().enumerate() {
            let bound = match value {
                Value::Bool(flag) => cel::Value::Bool(flag),
                Value::Number(number) => cel::Value::Float(number),
            };
            if context.add_variable(format!("v{index}"), bound).is_err() {
                return Truth::Unknown { missing };
            }
        }
        self.decide(&context)
            .map_or(Truth::Unknown { missing }, Truth::from)
    }

    /// Evaluates and tells what was seen.
    pub fn observe(&self, lookup: &impl Fn(&ValueRef) -> Option<Value>) -> Observation {
        let found = self.look_up(lookup);
        let seen = self
            .values
            .iter()
            .zip(&self.kinds)
            .zip(found)
            .map(|((named, kind), value)| (named.to_string(), shown(*kind, value)))
            .collect();
        Observation {
            text: self.text.clone(),
            truth: self.evaluate(lookup),
            seen,
        }
    }

    /// A value that is no number, or not of its declared type, is no data.
    fn look_up(&self, lookup: &impl Fn(&ValueRef) -> Option<Value>) -> Vec<Option<Value>> {
        let fits = |kind: &Kind, value: &Value| match (kind, value) {
            (Kind::Bool, Value::Bool(_)) => true,
            (Kind::Number(_), Value::Number(number)) => number.is_finite(),
            _ => false,
        };
        self.values
            .iter()
            .zip(&self.kinds)
            .map(|(named, kind)| lookup(named).filter(|value| fits(kind, value)))
            .collect()
    }

    /// CEL's answer; none when a side of the comparison is infinite or no number.
    fn decide(&self, context: &Context<'_, '_>) -> Option<bool> {
        if let Expr::Call(call) = &self.tree.expr {
            for side in &call.args {
                if let cel::Value::Float(number) = cel::Value::resolve(side, context).ok()?
                    && !number.is_finite()
                {
                    return None;
                }
            }
        }
        match cel::Value::resolve(&self.tree, context).ok()? {
            cel::Value::Bool(truth) => Some(truth),
            _ => None,
        }
    }
}

fn shown(kind: Kind, value: Option<Value>) -> String {
    match (kind, value) {
        (_, None) => "no data".to_owned(),
        (_, Some(Value::Bool(flag))) => flag.to_string(),
        (Kind::Number(Unit::Milliseconds), Some(Value::Number(number))) => {
            format!("{number:.1} ms")
        }
        (Kind::Number(Unit::Ratio), Some(Value::Number(number))) => format!("{number:.4}"),
        (Kind::Number(Unit::PerSecond), Some(Value::Number(number))) => format!("{number:.1}/s"),
        (_, Some(Value::Number(number))) => number.to_string(),
    }
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown { .. } => "unknown",
        })
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen: Vec<String> = self
            .seen
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        write!(f, "{}: {} ({})", self.text, self.truth, seen.join(", "))
    }
}
