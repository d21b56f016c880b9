//! The table that a runbook asks for, from what was known of each leg.

use rlab_evidence::report::{TableReport, TableRow};
use rlab_runbook::{ResolvedTable, Rows, Value};

use crate::conclude::Told;

/// Fills in `table`: a row for each leg, in order. What is not known of a leg stays open.
pub(crate) fn fill(table: &ResolvedTable, told: &[Told<'_>]) -> TableReport {
    let rows = told.iter().map(|leg| TableRow {
        name: row_name(table.rows, leg),
        cells: table
            .columns
            .iter()
            .map(|column| leg.value(column).map(in_words))
            .collect(),
    });
    TableReport {
        head: table.columns.iter().map(ToString::to_string).collect(),
        rows: rows.collect(),
    }
}

fn row_name(rows: Rows, leg: &Told<'_>) -> String {
    match (rows, &leg.leg.case) {
        // The only arm of a runbook that names none says nothing.
        (Rows::Case, Some(case)) if leg.leg.drill.arms.len() == 1 => case.clone(),
        _ => leg.leg.name.clone(),
    }
}

/// Counts as they are, everything else to three decimals.
fn in_words(value: Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) if number.fract() == 0.0 => format!("{number:.0}"),
        Value::Number(number) => format!("{number:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stand_whole_and_ratios_to_three_decimals() {
        assert_eq!(in_words(Value::Number(4050.0)), "4050");
        assert_eq!(in_words(Value::Number(0.123_456)), "0.123");
        assert_eq!(in_words(Value::Bool(false)), "false");
    }
}
