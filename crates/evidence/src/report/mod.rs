//! The report: what was claimed, what was done, what was seen, and what is not proven.

mod anomalies;
mod compared;
pub(crate) mod fault;
mod figures;
mod junit;
mod render;
mod sparkline;
mod sparks;
mod surroundings;
mod table;
mod view;
pub(crate) mod words;

use std::collections::BTreeMap;

use rlab_ledger::Accounting;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::decision::ArmEvidence;
use crate::environment::{Environment, Machine};
use crate::latency::LatencySummary;
use crate::verdict::Verdict;
use figures::{Figures, figures};
use view::View;

/// Everything the reports of a run tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The drill's id.
    pub drill: String,
    /// Its title.
    pub title: String,
    /// The claim.
    pub hypothesis: String,
    /// What the evidence says of it.
    pub verdict: Verdict,
    /// The run's name.
    pub run: String,
    /// The profile it ran on.
    pub profile: String,
    /// What a pass on this profile proves; none if the runbook claims nothing for it.
    pub proves: Option<String>,
    /// What even a pass does not prove, one sentence each.
    pub not_proven: Vec<String>,
    /// When the run began.
    pub started_at: jiff::Timestamp,
    /// When it ended.
    pub ended_at: jiff::Timestamp,
    /// Seed of every random choice.
    pub seed: u64,
    /// Resolved parameters, by name.
    pub parameters: BTreeMap<String, String>,
    /// The arms, in the order run.
    pub arms: Vec<ArmReport>,
    /// What must hold between arms, per case where there are cases; empty if nothing is compared.
    pub between: Vec<ArmEvidence>,
    /// The table that the runbook asks for.
    pub table: Option<TableReport>,
    /// What it ran on.
    pub environment: Environment,
    /// The machine when the run ended.
    pub machine_after: Machine,
    /// Commands that check the run again.
    pub check_again: Vec<String>,
}

/// One arm of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmReport {
    /// Name, purpose, expectations, controls.
    pub evidence: ArmEvidence,
    /// What this arm changed, for example `command_service.publish` → `direct`.
    pub settings: BTreeMap<String, String>,
    /// Its phases, in order.
    pub phases: Vec<PhaseReport>,
    /// What was done to the lab, in order.
    pub actions: Vec<ActionReport>,
    /// What became of every command.
    pub accounting: Accounting,
    /// Its loads, in order.
    pub loads: Vec<LoadReport>,
    /// Its series, in order.
    pub series: Vec<SeriesReport>,
    /// Names of loads and series to draw; empty draws all of them.
    pub plot: Vec<String>,
}

/// One load of an arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadReport {
    /// The load's name.
    pub name: String,
    /// What its clients felt.
    pub latency: LatencySummary,
    /// Times the generator had to wait because too many questions were under way.
    pub at_bound: u64,
}

/// A value sampled at regular times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesReport {
    /// Its name in the runbook, for example `replicas`.
    pub name: String,
    /// What was sampled, for example "in-sync replicas".
    pub what: String,
    /// Unit of the values; may be empty.
    pub unit: String,
    /// What was seen, in order. A look that was not answered leaves no sample.
    pub samples: Vec<SeriesSample>,
}

/// One sample of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeriesSample {
    /// When it was taken, in seconds since the arm's start.
    pub at_s: f64,
    /// What was seen, in the series' unit.
    pub value: f64,
}

/// Values by arm or case, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    /// Names of the columns, without the first, which holds the names of the rows.
    pub head: Vec<String>,
    /// The rows, in order.
    pub rows: Vec<TableRow>,
}

/// One arm or case of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRow {
    /// The arm or case.
    pub name: String,
    /// A value per column; none where it is not known.
    pub cells: Vec<Option<String>>,
}

/// One phase, in seconds since the arm's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseReport {
    /// The phase's name.
    pub name: String,
    /// Its begin.
    pub from_s: f64,
    /// Its end.
    pub to_s: f64,
    /// What ended it, for example `isr == 2` or `2s`.
    pub ended_by: String,
}

/// One thing done to the lab, and the proof that it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionReport {
    /// Seconds since the arm's start.
    pub at_s: f64,
    /// When its effect was over, in seconds since the arm's start; none if it lasted to the end of
    /// its phase.
    pub until_s: Option<f64>,
    /// The phase it belongs to.
    pub phase: String,
    /// The action, for example `broker.kill`.
    pub action: String,
    /// What it acted on.
    pub target: String,
    /// How it is known to have landed: pid, signal, exit, state seen.
    pub proof: String,
}

/// Why a report could not be rendered.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The template and the report have come apart.
    #[error("cannot render the report: {0}")]
    Template(#[from] minijinja::Error),
    /// The XML could not be written.
    #[error("cannot render the report as XML: {0}")]
    Xml(#[from] quick_junit::SerializeError),
}

impl ArmReport {
    /// Whether the load or series of this name is to be drawn.
    fn plots(&self, name: &str) -> bool {
        self.plot.is_empty() || self.plot.iter().any(|plotted| plotted == name)
    }
}

impl Report {
    /// The report as Markdown.
    ///
    /// # Errors
    /// Only when the template and this type have come apart.
    pub fn markdown(&self) -> Result<String, ReportError> {
        Ok(render::markdown(&View::of(self))?)
    }

    /// The report as one page of HTML: no script, nothing fetched, readable in light and dark, on a
    /// telephone and on paper.
    ///
    /// # Errors
    /// Only when the template and this type have come apart.
    pub fn html(&self) -> Result<String, ReportError> {
        let arms = self.arms.iter().enumerate();
        let figures: Vec<Figures> = arms.map(|(n, arm)| figures(n, arm)).collect();
        Ok(render::html(&View::of(self), &figures)?)
    }

    /// The verdict as JUnit XML: the drill is one suite, and every expectation and control of every
    /// arm and every comparison between arms one case, besides one for the verdict itself. Only a claim that the evidence shows
    /// false is a failure; what could not be decided is an error, and what was only measured is
    /// skipped, so that a build server is green for a held drill alone.
    ///
    /// # Errors
    /// Only when the XML cannot be written.
    pub fn junit(&self) -> Result<String, ReportError> {
        Ok(junit::report(self).to_string()?)
    }
}
