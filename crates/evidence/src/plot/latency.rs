//! Median, 99th percentile and maximum of the latency over time.

use super::frame::{Axis, Frame};
use super::scale::decades;
use super::series::{Series, draw};
use super::{Course, Size, step_s};
use crate::report::LoadReport;
use crate::report::words::ms;
use crate::seconds::Second;

/// One figure of a second, in µs; none where nothing was answered.
type Figure = fn(&Second) -> Option<u64>;

/// The plot; the worst second where several share a step.
pub(crate) fn latency(id: &str, size: Size, course: &Course<'_>, load: &LoadReport) -> String {
    let step = step_s(load);
    let figures: [(&str, Figure); 3] = [
        ("p50", |s| s.p50_us),
        ("p99", |s| s.p99_us),
        ("max", |s| s.max_us),
    ];
    let series = figures.map(|(name, of)| series(name, load, step, of));
    let axis = axis(&series);
    let title = format!("Latency of {} in arm {}", load.name, course.arm);
    let o = &load.latency.overall;
    let [p50, p99, max] = [o.p50_us, o.p99_us, o.max_us].map(ms);
    let told = format!(
        "In milliseconds over the whole arm: median {p50}, 99th percentile {p99}, maximum {max}."
    );
    let mut frame = Frame::draw(id, size, course, &axis, (&title, &told));
    draw(&mut frame, step as f64, &series);
    frame.svg.end()
}

fn series(name: &'static str, load: &LoadReport, step: usize, of: Figure) -> Series {
    let worst = load.latency.seconds.chunks(step).map(|group| {
        let worst = group.iter().filter_map(of).max();
        // A clock of whole microseconds may tell none at all; a log scale has no zero.
        worst.map(|us| us.max(1) as f64 / 1_000.0)
    });
    Series {
        class: name,
        name: name.to_owned(),
        values: worst.collect(),
    }
}

fn axis(series: &[Series]) -> Axis {
    let values = || {
        let all = series.iter().flat_map(|line| line.values.iter());
        all.flatten().copied()
    };
    let ticks = match values().next() {
        None => decades(1.0, 1_000.0),
        Some(first) => decades(
            values().fold(first, f64::min),
            values().fold(first, f64::max),
        ),
    };
    let tens = &ticks[..ticks.len() - 1];
    Axis {
        title: "latency in ms, log scale".to_owned(),
        between: tens.iter().flat_map(|ten| [2.0 * ten, 5.0 * ten]).collect(),
        ticks,
        log: true,
    }
}
