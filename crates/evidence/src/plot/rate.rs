//! Answers per second, by kind.

use super::frame::{Axis, Frame};
use super::scale::round_ticks;
use super::series::{Series, draw};
use super::{Course, Size, step_s};
use crate::report::LoadReport;
use crate::seconds::Second;

/// Width of a letter of a line's name, about.
const LETTER: f64 = 7.6;

struct Kind {
    class: &'static str,
    name: String,
    total: u64,
    of: fn(&Second) -> u64,
}

/// The plot; the mean where several seconds share a step.
pub(crate) fn rate(id: &str, size: Size, course: &Course<'_>, load: &LoadReport) -> String {
    let step = step_s(load);
    let kinds = kinds(load);
    let told = kinds.each_ref().map(|kind| kind.name.clone()).join(", ");
    let series = kinds.map(|kind| series(kind, load, step));
    let values = series.iter().flat_map(|s| s.values.iter().flatten());
    let highest = values.copied().fold(0.0, f64::max);
    let axis = Axis {
        title: "answers per second".to_owned(),
        ticks: round_ticks(highest, 4),
        between: Vec::new(),
        log: false,
    };
    let title = format!("Answers per second to {} in arm {}", load.name, course.arm);
    let told = format!("In all: {told}. At most {highest:.0} a second.");
    let mut frame = Frame::draw(id, size, course, &axis, (&title, &told));
    draw(&mut frame, step as f64, &series);
    frame.svg.end()
}

/// Room for the longest name beside a line, in pixels. All plots of an arm leave the same, so that
/// their seconds are one above the other.
pub(crate) fn beside(loads: &[LoadReport]) -> f64 {
    let names = loads.iter().flat_map(kinds).map(|kind| kind.name.len());
    names.max().unwrap_or(0) as f64 * LETTER + 12.0
}

fn kinds(load: &LoadReport) -> [Kind; 3] {
    let o = &load.latency.overall;
    let answered = o.acknowledged + o.found + o.not_found;
    let kind = |class, word: &str, total, of| Kind {
        class,
        name: format!("{word} {total}"),
        total,
        of,
    };
    [
        kind("answered", "answered", answered, |s| s.answered),
        kind("refused", "refused", o.refused, |s| s.refused),
        kind("unknown", "no answer", o.unknown, |s| s.unknown),
    ]
}

/// Of a kind that never was there is only the name.
fn series(kind: Kind, load: &LoadReport, step: usize) -> Series {
    let steps = load.latency.seconds.chunks(step);
    let means = steps.filter(|_| kind.total > 0).map(|group| {
        let sum: u64 = group.iter().map(kind.of).sum();
        Some(sum as f64 / group.len() as f64)
    });
    Series {
        class: kind.class,
        values: means.collect(),
        name: kind.name,
    }
}
