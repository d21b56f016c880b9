//! A table, told once and laid out by each kind of report.

use serde::Serialize;

/// Columns and the text of every cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Column {
    /// Empty where the table needs no heading.
    pub heading: String,
    pub kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Words.
    Text,
    /// The name of an arm; the rows are the arms in their order.
    Arm,
    /// A figure.
    Number,
    /// Something to be typed or compared character by character.
    Code,
    /// Whether something was so: `true`, `yes`; `false`, `NO`; anything else is undecided.
    Truth,
}

impl Table {
    /// A table with these headings and no row.
    pub fn new(columns: &[(&str, Kind)]) -> Self {
        let columns = columns.iter().map(|(heading, kind)| Column {
            heading: (*heading).to_owned(),
            kind: *kind,
        });
        Self {
            columns: columns.collect(),
            rows: Vec::new(),
        }
    }

    /// Adds one column at the right; rows come later.
    pub fn column(&mut self, heading: String, kind: Kind) {
        self.columns.push(Column { heading, kind });
    }

    /// The same table with these rows, one text per column each.
    pub fn with(mut self, rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        self.rows = rows.into_iter().collect();
        debug_assert!(
            self.rows.iter().all(|row| row.len() == self.columns.len()),
            "a row has one text per column"
        );
        self
    }
}
