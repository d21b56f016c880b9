//! The samples of a series over time.

use std::fmt::Write;

use super::frame::{Axis, Frame};
use super::scale::{label, ticks_around};
use super::svg::Anchor;
use super::{Course, MOST_STEPS, Size};
use crate::report::{SeriesReport, SeriesSample};

/// Beyond this an axis cannot be computed; a sample there is drawn at its end.
const FARTHEST: f64 = 1e300;
/// A pause is no gap until it is so many times as long as the usual one.
const PATIENCE: f64 = 4.0;

/// Between which values an axis has to reach.
struct Range {
    lowest: f64,
    highest: f64,
}

/// The plot: each sample stands until the next one.
pub(crate) fn sampled(id: &str, size: Size, course: &Course<'_>, series: &SeriesReport) -> String {
    let range = range(series);
    let reached = range.as_ref().map_or((0.0, 0.0), |r| (r.lowest, r.highest));
    let axis = Axis {
        title: quantity(series),
        ticks: ticks_around(reached.0, reached.1, 3),
        between: Vec::new(),
        log: false,
    };
    let title = format!("{} in arm {}", series.name, course.arm);
    let told = format!("{}.", reach(series));
    let mut frame = Frame::draw(id, size.low(), course, &axis, (&title, &told));
    match range {
        None => say_so(&mut frame),
        Some(_) => runs(series).iter().for_each(|run| draw(&mut frame, run)),
    }
    frame.svg.end()
}

/// How many samples there are and what they reach, in words.
pub(crate) fn reach(series: &SeriesReport) -> String {
    let values: Vec<f64> = values(series).collect();
    match (values.as_slice(), range(series)) {
        ([.., last], Some(Range { lowest, highest })) if values.len() > 1 => {
            let [lowest, highest, last] = [lowest, highest, *last].map(label);
            let count = values.len();
            format!("{count} samples from {lowest} to {highest}, the last {last}")
        }
        ([only], _) => format!("1 sample: {}", label(*only)),
        _ => "No samples".to_owned(),
    }
}

/// What the samples that are numbers reach; none if there are none.
fn range(series: &SeriesReport) -> Option<Range> {
    Some(Range {
        lowest: values(series).reduce(f64::min)?,
        highest: values(series).reduce(f64::max)?,
    })
}

/// The samples that are numbers, in order.
fn values(series: &SeriesReport) -> impl Iterator<Item = f64> {
    series
        .samples
        .iter()
        .filter_map(number)
        .map(|(_, value)| value)
}

/// What the axis shows.
fn quantity(series: &SeriesReport) -> String {
    let what = match series.what.as_str() {
        "" => &series.name,
        what => what,
    };
    match series.unit.as_str() {
        "" => what.to_owned(),
        unit => format!("{what} in {unit}"),
    }
}

/// Time and value of a sample that is a number.
fn number(sample: &SeriesSample) -> Option<(f64, f64)> {
    let SeriesSample { at_s, value } = *sample;
    let is_number = at_s.is_finite() && value.is_finite();
    is_number.then(|| (at_s, value.clamp(-FARTHEST, FARTHEST)))
}

/// The samples, cut where one is no number and where none came for long.
fn runs(series: &SeriesReport) -> Vec<Vec<(f64, f64)>> {
    let longest = PATIENCE * usual_pause_s(&series.samples);
    let mut runs: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut before = None;
    for sample in series.samples.iter().map(number) {
        if let Some((at_s, value)) = sample {
            let goes_on = before.is_some_and(|before_s| at_s - before_s <= longest);
            match runs.last_mut().filter(|_| goes_on) {
                Some(run) => run.push((at_s, value)),
                None => runs.push(vec![(at_s, value)]),
            }
        }
        before = sample.map(|(at_s, _)| at_s);
    }
    runs
}

/// The median time between two samples; zero if there are not two.
fn usual_pause_s(samples: &[SeriesSample]) -> f64 {
    let mut pauses: Vec<f64> = samples
        .windows(2)
        .map(|two| two[1].at_s - two[0].at_s)
        .collect();
    pauses.retain(|pause| pause.is_finite());
    pauses.sort_by(f64::total_cmp);
    pauses.get(pauses.len() / 2).copied().unwrap_or(0.0)
}

fn draw(frame: &mut Frame, run: &[(f64, f64)]) {
    let place = |frame: &Frame, (at_s, value): (f64, f64)| (frame.x.at(at_s), frame.y.at(value));
    if let [alone] = run {
        let at = place(frame, *alone);
        frame.svg.dot("dot sampled", at);
        return;
    }
    let mut commands = String::new();
    for sample in thinned(run) {
        let (x, y) = place(frame, sample);
        // A string takes everything.
        let _ = match commands.is_empty() {
            true => write!(commands, "M{x:.1} {y:.1}"),
            false => write!(commands, "H{x:.1}V{y:.1}"),
        };
    }
    frame.svg.path("line sampled", &commands);
}

/// No more samples than can be told apart; of several that share a step, the lowest and the
/// highest, so that no peak is lost.
fn thinned(run: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let step = run.len().div_ceil(MOST_STEPS);
    if step == 1 {
        return run.to_vec();
    }
    let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let kept = run.chunks(step).flat_map(|chunk| {
        let ends = [chunk.iter().min_by(by_value), chunk.iter().max_by(by_value)];
        let mut ends: Vec<(f64, f64)> = ends.into_iter().flatten().copied().collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends
    });
    kept.collect()
}

fn say_so(frame: &mut Frame) {
    let ((left, right), (bottom, top)) = (frame.x.places(), frame.y.places());
    let middle = (f64::midpoint(left, right), f64::midpoint(bottom, top));
    frame.svg.text("name", middle, Anchor::Middle, "no samples");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{NARROW, WIDE};
    use proptest::prelude::*;

    fn series(samples: impl IntoIterator<Item = (f64, f64)>) -> SeriesReport {
        let samples = samples
            .into_iter()
            .map(|(at_s, value)| SeriesSample { at_s, value });
        SeriesReport {
            name: "replicas".into(),
            what: "in-sync replicas".into(),
            unit: String::new(),
            samples: samples.collect(),
        }
    }

    fn plot(series: &SeriesReport) -> String {
        let course = Course {
            arm: "outbox",
            phases: &[],
            actions: &[],
            faults: &[],
            end_s: 10.0,
            beside: 20.0,
        };
        sampled("id", WIDE, &course, series)
    }

    /// The commands of every line of samples.
    fn lines(svg: &str) -> Vec<&str> {
        let lines = svg.split("class=\"line sampled\" d=\"").skip(1);
        lines.map(|rest| rest.split_once('"').unwrap().0).collect()
    }

    #[test]
    fn a_series_without_a_sample_says_so_and_draws_no_line() {
        for empty in [series([]), series([(1.0, f64::NAN), (f64::INFINITY, 1.0)])] {
            let svg = plot(&empty);
            assert!(svg.contains(">no samples</text>"), "{svg}");
            assert!(lines(&svg).is_empty() && !svg.contains("<circle"), "{svg}");
            assert_eq!(reach(&empty), "No samples");
        }
    }

    #[test]
    fn one_sample_is_a_point() {
        let one = series([(5.0, 3.0)]);
        let svg = plot(&one);
        assert_eq!(svg.matches("<circle class=\"dot sampled\"").count(), 1);
        assert!(lines(&svg).is_empty(), "{svg}");
        assert_eq!(reach(&one), "1 sample: 3");
    }

    #[test]
    fn a_sample_stands_until_the_next_one() {
        let three = series([(0.0, 3.0), (5.0, 2.0), (10.0, 3.0)]);
        let svg = plot(&three);
        let [line] = lines(&svg)[..] else {
            panic!("{svg}")
        };
        let steps: Vec<&str> = line.split_inclusive(['H', 'V']).collect();
        assert_eq!(line.matches('H').count(), 2, "{steps:?}");
        assert!(!line.contains('L'), "{steps:?}");
        assert_eq!(reach(&three), "3 samples from 2 to 3, the last 3");
    }

    #[test]
    fn where_nothing_was_sampled_for_long_there_is_a_gap() {
        let ticks = (0..10).map(|n| f64::from(n) * 0.5);
        let steady = series(ticks.clone().map(|at| (at, 3.0)));
        assert_eq!(lines(&plot(&steady)).len(), 1);
        let paused = series(ticks.map(|at| (if at < 2.0 { at } else { at + 4.0 }, 3.0)));
        assert_eq!(lines(&plot(&paused)).len(), 2);
    }

    #[test]
    fn a_long_series_is_thinned_without_losing_its_peak() {
        let mut samples: Vec<(f64, f64)> = (0..36_000).map(|n| (f64::from(n), 3.0)).collect();
        samples[20_001].1 = 900.0;
        let kept = thinned(&samples);
        assert!(kept.len() <= 2 * MOST_STEPS, "{}", kept.len());
        assert_eq!(kept.iter().filter(|(_, value)| *value > 3.0).count(), 1);
    }

    proptest! {
        #[test]
        fn only_finite_places_reach_the_image(
            samples in prop::collection::vec((any::<f64>(), any::<f64>()), 0..40),
            usual in prop::collection::vec((0.0..10.0, prop::num::f64::ANY), 0..40),
        ) {
            for samples in [samples, usual] {
                let series = series(samples);
                for size in [WIDE, NARROW] {
                    let course = Course {
                        arm: "outbox",
                        phases: &[],
                        actions: &[],
                        faults: &[],
                        end_s: 10.0,
                        beside: 500.0,
                    };
                    let svg = sampled("id", size, &course, &series);
                    // "inf" and "NaN" are how Rust prints what is no place.
                    let d: Vec<&str> = svg.split('"').collect();
                    prop_assert!(!d.iter().any(|part| part.contains("NaN")), "{}", svg);
                    prop_assert!(!d.iter().any(|part| part.contains("inf")), "{}", svg);
                }
            }
        }
    }
}
