//! What arms are held against each other by: the arms side by side, the comparisons, the table.

use super::table::{Kind, Table};
use super::words::NOT_KNOWN;
use super::{ArmReport, Report, TableReport, TableRow};
use crate::decision::{ArmEvidence, Truth, findings};
use crate::verdict::Outcome;

/// All arms side by side, and whether each did what it must.
pub(crate) fn side_by_side(arms: &[ArmReport]) -> Table {
    let row = |arm: &ArmReport| {
        let a = &arm.accounting;
        let others = a.found().into_iter().filter(|(name, _)| *name != "lost");
        let others: Vec<String> = others
            .map(|(name, count)| format!("{} {count}", name.replace('_', " ")))
            .collect();
        vec![
            arm.evidence.name.clone(),
            arm.evidence.must.word().to_owned(),
            did(&arm.evidence).to_owned(),
            a.obligations.to_string(),
            a.acknowledged.to_string(),
            a.committed_unacknowledged.to_string(),
            a.lost.count.to_string(),
            match others.is_empty() {
                true => "none".to_owned(),
                false => others.join(", "),
            },
        ]
    };
    Table::new(&[
        ("arm", Kind::Arm),
        ("must", Kind::Text),
        ("did", Kind::Truth),
        ("obligations", Kind::Number),
        ("acknowledged", Kind::Number),
        ("committed, unacknowledged", Kind::Number),
        ("lost", Kind::Number),
        ("other anomalies", Kind::Text),
    ])
    .with(arms.iter().map(row))
}

/// Whether an arm did what it must: `yes`, `NO` where that is shown false, else `unknown`.
pub(crate) fn did(evidence: &ArmEvidence) -> &'static str {
    let outcomes = findings(evidence).into_iter().map(|found| found.outcome);
    match outcomes.max() {
        Some(Outcome::Held) => "yes",
        Some(Outcome::Deviated) => "NO",
        Some(Outcome::Unknown) | None => "unknown",
    }
}

/// Every comparison, with whose it is where there are several lists of them; none if nothing is
/// compared.
pub(crate) fn between(report: &Report) -> Option<Table> {
    let several = report.between.len() > 1;
    let mut columns = vec![
        ("comparison", Kind::Code),
        ("seen", Kind::Text),
        ("holds", Kind::Truth),
    ];
    if several {
        columns.insert(0, ("", Kind::Text));
    }
    let rows = report.between.iter().flat_map(|list| {
        let compared = list.expectations.iter();
        compared.map(move |compared| {
            let mut row = vec![
                compared.text.clone(),
                compared.values(),
                holds(compared.truth).to_owned(),
            ];
            if several {
                row.insert(0, list.name.clone());
            }
            row
        })
    });
    (!report.between.is_empty()).then(|| Table::new(&columns).with(rows))
}

fn holds(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "yes",
        Truth::False => "NO",
        Truth::Unknown => "unknown",
    }
}

/// The table that the runbook asks for. What is not known is a dash, never a zero.
pub(crate) fn measured(table: &TableReport) -> Table {
    let mut measured = Table::new(&[("", Kind::Text)]);
    for heading in &table.head {
        measured.column(heading.clone(), Kind::Number);
    }
    let row = |row: &TableRow| {
        let cell = |n| row.cells.get(n).cloned().flatten();
        let cells = (0..table.head.len()).map(|n| cell(n).unwrap_or_else(|| NOT_KNOWN.to_owned()));
        std::iter::once(row.name.clone()).chain(cells).collect()
    };
    measured.with(table.rows.iter().map(row))
}

/// Whether the table has a dash, which is to be explained.
pub(crate) fn has_unknown(table: &TableReport) -> bool {
    let of_row = |row: &TableRow| row.cells.iter().flatten().count() < table.head.len();
    table.rows.iter().any(of_row)
}
