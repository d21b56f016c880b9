//! Comparisons across arms: expressions whose values have the name of an arm in front.

use super::{Expression, ExpressionProblem, Observation, Position, Scope, Truth, Value, ValueRef};

/// An expression over the values of several arms, for example
/// `jitter.db.peak@expiry < plain.db.peak@expiry / 2`.
#[derive(Debug, Clone)]
pub struct Comparison(Expression);

impl Comparison {
    /// Parses `text` and checks it against the names, types and arms of `scope`.
    ///
    /// # Errors
    /// As [`Expression::parse`], and a comparison that names fewer than two arms.
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, Vec<ExpressionProblem>> {
        let expression = Expression::parse(text, &scope.at(Position::Compare))?;
        let comparison = Self(expression);
        let first = comparison.values().next().map(|(arm, _)| arm.to_owned());
        if comparison
            .values()
            .all(|(arm, _)| Some(arm) == first.as_deref())
        {
            return Err(vec![ExpressionProblem {
                span: 0..text.len(),
                message: "compares an arm with itself".to_owned(),
                help: first.map(|arm| format!("put it under `expect.arms.{arm}`")),
            }]);
        }
        Ok(comparison)
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// The arms and the values it needs of them, each once, in order of appearance.
    pub fn values(&self) -> impl Iterator<Item = (&str, ValueRef)> {
        self.0.values().iter().filter_map(of_arm)
    }

    /// Evaluates with the values that `lookup` knows, by arm.
    pub fn evaluate(&self, lookup: &impl Fn(&str, &ValueRef) -> Option<Value>) -> Truth {
        self.0.evaluate(&by_arm(lookup))
    }

    /// Evaluates and tells what was seen.
    pub fn observe(&self, lookup: &impl Fn(&str, &ValueRef) -> Option<Value>) -> Observation {
        self.0.observe(&by_arm(lookup))
    }
}

fn by_arm(
    lookup: &impl Fn(&str, &ValueRef) -> Option<Value>,
) -> impl Fn(&ValueRef) -> Option<Value> {
    move |named| {
        let (arm, value) = of_arm(named)?;
        lookup(arm, &value)
    }
}

/// Names of arms have no dot.
fn of_arm(named: &ValueRef) -> Option<(&str, ValueRef)> {
    let (arm, name) = named.name.split_once('.')?;
    let value = ValueRef {
        name: name.to_owned(),
        phase: named.phase.clone(),
    };
    Some((arm, value))
}
