//! The report shaped for reading: every table and sentence that Markdown and HTML share.

use serde::Serialize;

use super::anomalies::{Found, found};
use super::compared;
use super::sparks::{SeriesSpark, Spark, sparks};
use super::surroundings::{artifacts, environment};
use super::table::{Kind, Table};
use super::words::{self, ms, percent, secs};
use super::{ArmReport, LoadReport, Report};
use crate::decision::{ArmEvidence, Expectation};

/// What a template lays out.
#[derive(Serialize)]
pub(crate) struct View<'a> {
    drill: &'a str,
    title: &'a str,
    hypothesis: &'a str,
    outcome: &'static str,
    symbol: &'static str,
    verdict: String,
    reasons: &'a [String],
    run: String,
    seen: Table,
    between: Option<Table>,
    /// The table that the runbook asks for.
    measured: Option<Table>,
    /// Whether it has a dash.
    unknown_cells: bool,
    arms: Vec<ArmView<'a>>,
    proves: String,
    not_proven: &'a [String],
    environment: Table,
    artifacts: Option<Table>,
    check_again: &'a [String],
}

/// One arm.
#[derive(Serialize)]
struct ArmView<'a> {
    name: &'a str,
    must: &'static str,
    /// Whether it did that: `yes`, `NO` or `unknown`.
    did: &'static str,
    settings: String,
    phases: Table,
    actions: Option<Table>,
    counted: String,
    loads: Table,
    sparks: Vec<Spark<'a>>,
    series: Vec<SeriesSpark<'a>>,
    checked: String,
    found: Vec<Found>,
    judged: Vec<Judged>,
}

/// What was asked of the evidence, and what it said.
#[derive(Serialize)]
struct Judged {
    title: &'static str,
    table: Table,
}

impl<'a> View<'a> {
    /// The view of a report.
    pub fn of(report: &'a Report) -> Self {
        Self {
            drill: &report.drill,
            title: &report.title,
            hypothesis: &report.hypothesis,
            outcome: report.verdict.outcome.word(),
            symbol: words::symbol(report.verdict.outcome),
            verdict: words::verdict(report),
            reasons: &report.verdict.reasons,
            run: words::run(report),
            seen: compared::side_by_side(&report.arms),
            between: compared::between(report),
            measured: report.table.as_ref().map(compared::measured),
            unknown_cells: report.table.as_ref().is_some_and(compared::has_unknown),
            arms: report.arms.iter().map(ArmView::of).collect(),
            proves: words::proves(report),
            not_proven: &report.not_proven,
            environment: environment(report),
            artifacts: artifacts(report),
            check_again: &report.check_again,
        }
    }
}

impl<'a> ArmView<'a> {
    fn of(arm: &'a ArmReport) -> Self {
        let (loads_over_time, series) = sparks(arm);
        Self {
            name: &arm.evidence.name,
            must: arm.evidence.must.word(),
            did: compared::did(&arm.evidence),
            settings: words::settings(arm),
            phases: phases(arm),
            actions: actions(arm),
            counted: words::counted(&arm.accounting),
            loads: loads(&arm.loads),
            sparks: loads_over_time,
            series,
            checked: words::checked(&arm.accounting),
            found: found(&arm.accounting),
            judged: judged(&arm.evidence),
        }
    }
}

fn phases(arm: &ArmReport) -> Table {
    let mut table = Table::new(&[
        ("phase", Kind::Text),
        ("from s", Kind::Number),
        ("to s", Kind::Number),
        ("ended by", Kind::Text),
        ("obligations sent", Kind::Number),
        ("of them lost", Kind::Number),
    ]);
    for load in &arm.loads {
        table.column(format!("p99 ms of {}", load.name), Kind::Number);
    }
    let or_dash = |figure: Option<String>| figure.unwrap_or_else(|| words::NOT_KNOWN.to_owned());
    let rows = arm.phases.iter().map(|phase| {
        let counted = arm.accounting.window(&phase.name);
        let mut row = vec![
            phase.name.clone(),
            secs(phase.from_s),
            secs(phase.to_s),
            phase.ended_by.clone(),
            or_dash(counted.map(|c| c.obligations.to_string())),
            or_dash(counted.map(|c| c.lost.to_string())),
        ];
        row.extend(arm.loads.iter().map(|load| {
            let felt = load.latency.window(&phase.name);
            or_dash(felt.map(|answers| ms(answers.p99_us)))
        }));
        row
    });
    table.with(rows)
}

fn actions(arm: &ArmReport) -> Option<Table> {
    let columns = [
        ("at s", Kind::Number),
        ("phase", Kind::Text),
        ("action", Kind::Text),
        ("on", Kind::Text),
        ("proof that it landed", Kind::Text),
    ];
    let rows = arm.actions.iter().map(|act| {
        let at = secs(act.at_s);
        let [phase, action] = [act.phase.clone(), act.action.clone()];
        vec![at, phase, action, act.target.clone(), act.proof.clone()]
    });
    (!arm.actions.is_empty()).then(|| Table::new(&columns).with(rows))
}

fn loads(loads: &[LoadReport]) -> Table {
    let row = |load: &LoadReport| {
        let o = &load.latency.overall;
        let counts = [
            o.asked,
            o.acknowledged,
            o.found,
            o.not_found,
            o.refused,
            o.unknown,
        ];
        let mut row = vec![load.name.clone()];
        row.extend(counts.iter().map(u64::to_string));
        row.push(percent(o.hits, o.hits + o.misses));
        row.extend([ms(o.p50_us), ms(o.p99_us), load.at_bound.to_string()]);
        row
    };
    let figures = [
        "asked",
        "acknowledged",
        "found",
        "not found",
        "refused",
        "no answer",
        "from cache",
        "p50 ms",
        "p99 ms",
        "held back",
    ];
    let mut table = Table::new(&[("load", Kind::Text)]);
    for heading in figures {
        table.column(heading.to_owned(), Kind::Number);
    }
    table.with(loads.iter().map(row))
}

fn judged(evidence: &ArmEvidence) -> Vec<Judged> {
    let mut judged = Vec::new();
    for (title, list) in [
        ("Landed", &evidence.landed),
        ("Traffic", &evidence.traffic),
        ("Expected", &evidence.expectations),
    ] {
        if !list.is_empty() {
            let table = expectations(list);
            judged.push(Judged { title, table });
        }
    }
    if !evidence.controls.is_empty() {
        let title = "Controls (the recorded snapshot was altered on purpose; the judge had to \
                     name the event)";
        let table = controls(evidence);
        judged.push(Judged { title, table });
    }
    judged
}

fn expectations(list: &[Expectation]) -> Table {
    let row = |e: &Expectation| vec![e.text.clone(), e.values(), words::name(e.truth)];
    Table::new(&[
        ("expectation", Kind::Code),
        ("seen", Kind::Text),
        ("result", Kind::Truth),
    ])
    .with(list.iter().map(row))
}

fn controls(evidence: &ArmEvidence) -> Table {
    let rows = evidence.controls.iter().map(|control| {
        let caught = if control.caught { "yes" } else { "NO" };
        vec![
            control.name.clone(),
            caught.to_owned(),
            control.detail.clone(),
        ]
    });
    Table::new(&[
        ("control", Kind::Text),
        ("caught", Kind::Truth),
        ("altered", Kind::Text),
    ])
    .with(rows)
}
