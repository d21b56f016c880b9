//! Every anomaly that was found, with its first samples.

use rlab_ledger::samples::Totals;
use rlab_ledger::{Accounting, Anomaly};
use serde::Serialize;

use super::table::{Kind, Table};
use super::words::{name, secs};

/// Samples shown of each anomaly.
const SHOWN: usize = 5;

const EVENT: [(&str, Kind); 3] = [
    ("event", Kind::Code),
    ("item", Kind::Text),
    ("number", Kind::Number),
];

/// One anomaly: how often, and the first samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    /// What it is and how often, as a heading.
    pub title: String,
    /// What more is known of all of them.
    pub points: Vec<String>,
    pub samples: Table,
}

/// Everything found in one arm, the losses first.
pub(crate) fn found(a: &Accounting) -> Vec<Found> {
    let events = events(a);
    let items = items(a);
    lost(a).into_iter().chain(events).chain(items).collect()
}

fn lost(a: &Accounting) -> Option<Found> {
    let columns = [
        ("command", Kind::Code),
        ("event", Kind::Code),
        ("key", Kind::Text),
        ("sequence", Kind::Number),
        ("sent at s", Kind::Number),
        ("stuck", Kind::Text),
    ];
    let found = samples("Lost", &a.lost, &columns, |s| {
        vec![
            s.command_id.to_string(),
            s.event_id.to_string(),
            s.key.clone(),
            s.sequence.to_string(),
            secs(s.sent_us as f64 / 1e6),
            s.stage.describe().to_owned(),
        ]
    })?;
    let stuck = a.stuck.iter();
    Some(Found {
        title: format!("Lost: {}, and where they got stuck", a.lost.count),
        points: stuck
            .map(|(stage, count)| format!("{}: {count}", stage.describe()))
            .collect(),
        ..found
    })
}

/// Anomalies of single events.
fn events(a: &Accounting) -> impl Iterator<Item = Found> {
    use Kind::{Number, Text};
    let columns = |own: &[(&'static str, Kind)]| [&EVENT[..], own].concat();
    let event = |id: &dyn ToString, key: &str, sequence: u64| {
        vec![id.to_string(), key.to_owned(), sequence.to_string()]
    };
    let with = |mut cells: Vec<String>, own: &[String]| {
        cells.extend_from_slice(own);
        cells
    };
    let orphan = columns(&[("row", Text)]);
    let twice = columns(&[("effects", Number)]);
    let late = columns(&[("came after", Number), ("in", Text)]);
    let altered = columns(&[("told differently", Text)]);
    [
        samples("Outbox orphans", &a.outbox_orphan, &orphan, |s| {
            with(event(&s.event_id, &s.key, s.sequence), &[name(s.state)])
        }),
        samples("Effect twice", &a.effect_twice, &twice, |s| {
            with(
                event(&s.event_id, &s.key, s.sequence),
                &[s.times.to_string()],
            )
        }),
        samples("Unknown events", &a.unknown_event, &EVENT, |s| {
            event(&s.event_id, &s.key, s.sequence)
        }),
        samples("Reordered", &a.reordered, &late, |s| {
            let own = [s.after.to_string(), name(s.place)];
            with(event(&s.event_id, &s.key, s.sequence), &own)
        }),
        samples("Altered", &a.altered_payload, &altered, |s| {
            let fields: Vec<String> = s.fields.iter().map(name).collect();
            with(event(&s.event_id, &s.key, s.sequence), &[fields.join(", ")])
        }),
    ]
    .into_iter()
    .flatten()
}

/// Anomalies of whole items.
fn items(a: &Accounting) -> impl Iterator<Item = Found> {
    use Kind::{Number, Text};
    let differs = [("item", Text), ("sum of effects", Text), ("row", Text)];
    let stale = [
        ("item", Text),
        ("showed", Number),
        ("known", Number),
        ("for µs", Number),
        ("reader", Text),
    ];
    let gaps = [
        ("item", Text),
        ("committed", Number),
        ("highest", Number),
        ("first missing", Number),
    ];
    [
        samples("Read model differs", &a.read_model_differs, &differs, |s| {
            vec![s.key.clone(), totals(s.effects), totals(s.read_model)]
        }),
        samples("Stale reads", &a.stale_cache, &stale, |s| {
            vec![
                s.key.clone(),
                s.version.to_string(),
                s.newer.to_string(),
                s.known_for_us.to_string(),
                name(s.reader),
            ]
        }),
        samples("Holes in the numbers", &a.sequence_gap, &gaps, |s| {
            vec![
                s.key.clone(),
                s.committed.to_string(),
                s.highest.to_string(),
                s.missing.map_or_else(none, |missing| missing.to_string()),
            ]
        }),
    ]
    .into_iter()
    .flatten()
}

fn samples<S>(
    what: &str,
    anomaly: &Anomaly<S>,
    columns: &[(&str, Kind)],
    cells: impl Fn(&S) -> Vec<String>,
) -> Option<Found> {
    (anomaly.count > 0).then(|| Found {
        title: format!("{what}: {}, the first", anomaly.count),
        points: Vec::new(),
        samples: Table::new(columns).with(anomaly.samples.iter().take(SHOWN).map(cells)),
    })
}

fn totals(totals: Option<Totals>) -> String {
    totals.map_or_else(none, |t| {
        format!(
            "version {}, level {}, spent {}",
            t.version, t.level, t.spent
        )
    })
}

fn none() -> String {
    "none".to_owned()
}
