//! The report: what was claimed, what was done, what was seen, and what is not proven.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{Environment as Templates, UndefinedBehavior};
use rlab_ledger::Accounting;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::decision::ArmEvidence;
use crate::environment::{Environment, Machine};
use crate::latency::LatencySummary;
use crate::sparkline::sparkline;
use crate::verdict::{Outcome, Verdict};

const TEMPLATE: &str = include_str!("report.md.j2");
const SPARKLINE_WIDTH: usize = 60;

/// Everything `report.md` tells.
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
#[error("cannot render the report: {0}")]
pub struct ReportError(#[from] minijinja::Error);

impl Report {
    /// The report as Markdown.
    ///
    /// # Errors
    /// Only when the template and this type have come apart.
    pub fn markdown(&self) -> Result<String, ReportError> {
        let mut templates = Templates::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?;
        templates.set_syntax(syntax);
        templates.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        templates.add_filter("cell", cell);
        templates.add_filter("ms", ms);
        templates.add_filter("secs", |seconds: f64| format!("{seconds:.1}"));
        templates.add_filter("gib", |bytes: u64| {
            format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
        });
        templates.add_filter("spark", |series: Vec<u64>| {
            sparkline(&series, SPARKLINE_WIDTH)
        });
        templates.add_filter("highest", |series: Vec<u64>| {
            series.into_iter().max().unwrap_or(0)
        });
        templates.add_filter("stage", stage);
        templates.add_filter("percent", percent);
        templates.add_filter("told", told);
        templates.add_filter("words", |name: String| name.replace('_', " "));
        templates.add_template("report.md", TEMPLATE)?;
        let found: Vec<_> = self.arms.iter().map(|arm| arm.accounting.found()).collect();
        let context = minijinja::context! {
            verdict_words => self.verdict_words(),
            found => Serde(&found),
            ..Serde(self)
        };
        Ok(templates.get_template("report.md")?.render(context)?)
    }

    /// The verdict as a sentence; a pass is only ever a pass on its profile.
    fn verdict_words(&self) -> String {
        let profile = &self.profile;
        match self.verdict.outcome {
            Outcome::Held => {
                format!("Every claim of this drill was shown on the profile `{profile}`.")
            }
            Outcome::Deviated => "The evidence shows a claim of this drill false.".to_owned(),
            Outcome::Unknown => {
                "It could not be decided whether the claim holds. This is not a pass.".to_owned()
            }
        }
    }
}

/// Text that cannot break out of its table cell.
fn cell(text: String) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn ms(us: Option<u64>) -> String {
    us.map_or_else(
        || "no data".to_owned(),
        |us| format!("{:.1}", us as f64 / 1_000.0),
    )
}

/// A value of a sample, in words.
fn told(value: Value) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => "none".to_owned(),
        ValueKind::Seq => {
            let parts = value.try_iter().into_iter().flatten();
            parts.map(told).collect::<Vec<_>>().join(", ")
        }
        ValueKind::Map => {
            let names = value.try_iter().into_iter().flatten();
            let parts = names.map(|name| {
                let part = value.get_item(&name).unwrap_or_default();
                format!("{name} {part}")
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        _ => value.to_string(),
    }
}

fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".to_owned(),
        whole => format!("{:.1} %", part as f64 * 100.0 / whole as f64),
    }
}

fn stage(name: String) -> String {
    serde_json::from_value::<rlab_ledger::Stage>(name.clone().into())
        .map_or(name, |stage| stage.describe().to_owned())
}
