//! The figures as a table, with the machine they were measured on.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::measure::Measure;

/// All that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Always `rlab/bench-lab/v1`.
    pub schema: &'static str,
    /// How often the whole life of a lab was measured; `down` counts twice in each.
    pub runs: u32,
    /// Cores this program may use.
    pub cores: usize,
    /// Load average of the minute before.
    pub load_before: f32,
    /// Load average of the last minute.
    pub load_after: f32,
    /// The figures.
    pub measures: Vec<Measure>,
    /// Memory of the last idle lab, MB (10⁶ bytes), by node.
    pub idle_pss_mb_by_node: BTreeMap<String, f64>,
}

/// For people.
pub fn table(report: &Report) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(["measured", "median", "min", "max", "target", "met"]);
    for measure in &report.measures {
        let figure = |value: f64| match measure.unit {
            "s" => format!("{value:.1} s"),
            unit => format!("{value:.0} {unit}"),
        };
        table.add_row([
            measure.name.to_owned(),
            figure(measure.median),
            figure(measure.min),
            figure(measure.max),
            format!("≤ {}", figure(measure.target)),
            if measure.met { "yes" } else { "no" }.to_owned(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!(
        "{table}\n{} runs on {} cores; load average {:.1} before, {:.1} after",
        report.runs, report.cores, report.load_before, report.load_after
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_is_told_beside_the_load_it_was_missed_under() {
        let report = Report {
            schema: "rlab/bench-lab/v1",
            runs: 1,
            cores: 2,
            load_before: 0.5,
            load_after: 7.25,
            measures: vec![
                Measure::of("warm up", "s", 10.0, vec![12.0]),
                Measure::of("idle PSS", "MB", 1_300.0, vec![1_200.4]),
            ],
            idle_pss_mb_by_node: BTreeMap::new(),
        };
        let text = table(&report);
        let row = |name: &str| {
            text.lines()
                .find(|line| line.contains(name))
                .unwrap()
                .to_owned()
        };
        assert!(row("warm up").contains("12.0 s") && row("warm up").contains("no"));
        assert!(row("idle PSS").contains("1200 MB") && row("idle PSS").contains("yes"));
        assert!(text.ends_with("1 runs on 2 cores; load average 0.5 before, 7.2 after"));
    }
}
