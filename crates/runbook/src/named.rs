//! Which values a drill speaks of.

use crate::expression::ValueRef;
use crate::resolved::{Resolved, ResolvedExpectations};

impl Resolved {
    /// Whether an expression names `value`, by phase or not.
    pub fn speaks_of(&self, value: &str) -> bool {
        self.named_values().iter().any(|named| named.name == value)
    }

    /// Every value that an expression names.
    pub(crate) fn named_values(&self) -> Vec<ValueRef> {
        let untils = self.phases.iter().filter_map(|phase| phase.until.as_ref());
        let conditions = untils.map(|until| &until.condition).chain(&self.stop);
        let mut named: Vec<ValueRef> = conditions.flat_map(|e| e.values().to_vec()).collect();
        named.extend(in_expectations(&self.expect));
        let others = self.cases.values();
        named.extend(others.flat_map(|case| in_expectations(&case.expect)));
        named.extend(self.table.iter().flat_map(|table| table.columns.clone()));
        named
    }
}

fn in_expectations(expect: &ResolvedExpectations) -> Vec<ValueRef> {
    let everywhere = expect.landed.iter().chain(&expect.traffic);
    let expressions = everywhere.chain(expect.arms.values().flatten());
    let mut named: Vec<ValueRef> = expressions.flat_map(|e| e.values().to_vec()).collect();
    let compared = expect.compare.iter().flat_map(|c| c.values());
    named.extend(compared.map(|(_, value)| value));
    named
}
