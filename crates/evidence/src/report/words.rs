//! Figures and facts in words. What stands between backticks is code, in every kind of report.

use rlab_ledger::Accounting;
use serde::Serialize;

use super::{ArmReport, Report};
use crate::verdict::Outcome;

/// In place of a figure that is not known.
pub(crate) const NOT_KNOWN: &str = "–";

/// Microseconds as milliseconds.
pub(crate) fn ms(us: Option<u64>) -> String {
    us.map_or_else(
        || "no data".to_owned(),
        |us| format!("{:.1}", us as f64 / 1_000.0),
    )
}

/// Seconds to a tenth.
pub(crate) fn secs(seconds: f64) -> String {
    format!("{seconds:.1}")
}

/// A part of a whole; a dash where there is no whole.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => NOT_KNOWN.to_owned(),
        whole => format!("{:.1} %", part as f64 * 100.0 / whole as f64),
    }
}

/// The name that a value without fields has in every document.
pub(crate) fn name(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => "none".to_owned(),
    }
}

/// A sign that tells the outcome without its colour.
pub(crate) fn symbol(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "✔",
        Outcome::Deviated => "✘",
        Outcome::Unknown => "?",
    }
}

/// The verdict as a sentence; a pass is only ever a pass on its profile.
pub(crate) fn verdict(report: &Report) -> String {
    let profile = &report.profile;
    match report.verdict.outcome {
        Outcome::Held => {
            format!("Every claim of this drill was shown on the profile `{profile}`.")
        }
        Outcome::Deviated => "The evidence shows a claim of this drill false.".to_owned(),
        Outcome::Unknown => {
            "It could not be decided whether the claim holds. This is not a pass.".to_owned()
        }
    }
}

/// Which run this was.
pub(crate) fn run(report: &Report) -> String {
    let Report { run, profile, .. } = report;
    let (from, to) = (report.started_at, report.ended_at);
    format!("Run `{run}`, profile `{profile}`, from {from:.0} to {to:.0}.")
}

/// What a pass proves.
pub(crate) fn proves(report: &Report) -> String {
    let profile = &report.profile;
    report.proves.as_ref().map_or_else(
        || format!("The runbook claims nothing for the profile `{profile}`."),
        |proves| format!("A pass on the profile `{profile}` proves: {proves}."),
    )
}

/// What an arm changed.
pub(crate) fn settings(arm: &ArmReport) -> String {
    if arm.settings.is_empty() {
        return "Settings: as shipped.".to_owned();
    }
    let settings = arm.settings.iter();
    let settings: Vec<String> = settings
        .map(|(name, value)| format!("`{name}` = `{value}`"))
        .collect();
    format!("Settings: {}.", settings.join(", "))
}

/// What became of the commands and events.
pub(crate) fn counted(a: &Accounting) -> String {
    format!(
        "{} commands: {} acknowledged, {} refused, {} without an answer. {} events committed, \
         {} published ({} records more repeat one of them, which is allowed), {} took effect. \
         Outbox: {} rows unsettled, {} parked. Consumer: {} records parked. Topic: {} records \
         that are no event.",
        a.commands,
        a.acknowledged,
        a.refused,
        a.unknown,
        a.committed,
        a.published,
        a.duplicate_publish.count,
        a.effective,
        a.outbox_unsettled,
        a.outbox_parked,
        a.records_parked,
        a.records_unreadable,
    )
}

/// What the judge compared.
pub(crate) fn checked(a: &Accounting) -> String {
    let by_age = match a.stale_bound_us {
        None => "Reads were not judged by their age.".to_owned(),
        Some(bound) => format!(
            "{} reads, and {} items after the drain, for being no older than {} ms.",
            a.reads,
            a.swept,
            ms(Some(bound))
        ),
    };
    format!(
        "Checked: each obligation for its effect; each outbox row, record and effect for the \
         command behind it; each event for having one effect, the same content everywhere and \
         its place in the order of its item, in the topic and among the effects; each of {} \
         items for being the sum of its effects; the numbers of committed commands for holes. \
         {by_age}",
        a.items
    )
}
