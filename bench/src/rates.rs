//! Rates, each beside that of a bare loop in the same run.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// How fast something goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rate {
    /// What was measured.
    pub name: &'static str,
    /// Unit of every rate.
    pub unit: &'static str,
    /// The median should not be below this.
    pub target: f64,
    /// Mean size of one record, bytes.
    pub record_bytes: usize,
    /// Records in one batch of the bare loop.
    pub batch: usize,
    /// Every run, in order.
    pub runs: Vec<Run>,
}

/// One run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Run {
    /// Rate of the agent.
    pub ours: f64,
    /// Rate of the bare loop.
    pub bare: f64,
    /// Part of all cores' time that was not idle while the agent was measured, 0 to 1.
    pub busy: f64,
}

/// All that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RateReport {
    /// Always `rlab/bench-rates/v1`.
    pub schema: &'static str,
    /// Cores this program may use.
    pub cores: usize,
    /// Mean time of one `fdatasync` where the lab's data is, milliseconds.
    pub fdatasync_ms: f64,
    /// The rates.
    pub rates: Vec<Rate>,
}

impl Rate {
    fn median(&self, of: impl Fn(&Run) -> f64) -> f64 {
        let mut values: Vec<f64> = self.runs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        match values.len() {
            0 => f64::NAN,
            n => f64::midpoint(values[(n - 1) / 2], values[n / 2]),
        }
    }
}

/// For people.
pub fn table(report: &RateReport) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "measured",
        "median",
        "target",
        "met",
        "bare loop",
        "ratio",
        "record",
        "batch",
        "CPU busy",
    ]);
    for rate in &report.rates {
        let ours = rate.median(|run| run.ours);
        table.add_row([
            rate.name.to_owned(),
            format!("{ours:.0} {}", rate.unit),
            format!("≥ {:.0}", rate.target),
            if ours >= rate.target { "yes" } else { "no" }.to_owned(),
            format!("{:.0}", rate.median(|run| run.bare)),
            format!("{:.2}", rate.median(|run| run.ours / run.bare)),
            format!("{} B", rate.record_bytes),
            rate.batch.to_string(),
            format!("{:.0} %", rate.median(|run| run.busy) * 100.0),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let runs = report.rates.first().map_or(0, |rate| rate.runs.len());
    format!(
        "{table}\n{runs} runs on {} cores; fdatasync {:.2} ms",
        report.cores, report.fdatasync_ms
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_rate_is_told_with_its_ratio_to_the_bare_loop() {
        let run = |ours| Run {
            ours,
            bare: 20_000.0,
            busy: 0.876,
        };
        let report = RateReport {
            schema: "rlab/bench-rates/v1",
            cores: 2,
            fdatasync_ms: 0.456,
            rates: vec![Rate {
                name: "relay drains",
                unit: "rows/s",
                target: 15_000.0,
                record_bytes: 512,
                batch: 4_096,
                runs: vec![run(9_000.0), run(10_000.0), run(16_000.0)],
            }],
        };
        let text = table(&report);
        for shown in [
            "10000 rows/s",
            "≥ 15000",
            "no",
            "0.50",
            "512 B",
            "88 %",
            "0.46 ms",
        ] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }
}
