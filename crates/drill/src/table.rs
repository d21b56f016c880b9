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
        Value::Number(number) if is_count(number) => format!("{number:.0}"),
        Value::Number(number) => format!("{number:.3}"),
    }
}

/// Whole, or what arithmetic made of a whole number: 2.022 s are 2021.999… ms.
fn is_count(number: f64) -> bool {
    let off = (number - number.round()).abs();
    off == 0.0 || number.abs() >= 1.0 && off < 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stand_whole_and_ratios_to_three_decimals() {
        assert_eq!(in_words(Value::Number(4050.0)), "4050");
        assert_eq!(in_words(Value::Number(0.123_456)), "0.123");
        assert_eq!(in_words(Value::Number(2_021.999_999_999_8)), "2022");
        assert_eq!(in_words(Value::Number(0.000_000_1)), "0.000");
        assert_eq!(in_words(Value::Bool(false)), "false");
    }
}
