//! The plots of an arm, with what is to be read from them.

use minijinja::value::Value;
use serde::Serialize;

use super::fault::{caption, fault_windows};
use super::{ArmReport, LoadReport, SeriesReport};
use crate::plot::{self, Course, NARROW, Size, WIDE};

/// The plots of one arm.
#[derive(Serialize)]
pub(crate) struct Figures {
    /// What is shaded in each.
    shaded: String,
    figures: Vec<Figure>,
}

/// One plot of one load or series.
#[derive(Serialize)]
struct Figure {
    title: String,
    /// How to read it.
    reading: String,
    /// The same plot for each size of page: its class and the image.
    sizes: Vec<(&'static str, Value)>,
}

/// Every plot of an arm; `arm_number` makes their ids unique in the page.
pub(crate) fn figures(arm_number: usize, arm: &ArmReport) -> Figures {
    let end_s = end_s(arm);
    let faults = fault_windows(arm, end_s);
    let course = Course {
        arm: &arm.evidence.name,
        phases: &arm.phases,
        actions: &arm.actions,
        faults: &faults,
        end_s,
        beside: plot::beside(&arm.loads),
    };
    let loads = arm.loads.iter().filter(|load| arm.plots(&load.name));
    let loads = loads.enumerate().flat_map(|(n, load)| {
        let id = format!("plot-{arm_number}-{n}");
        [rate(&id, &course, load), latency(&id, &course, load)]
    });
    let series = arm.series.iter().filter(|series| arm.plots(&series.name));
    let series = series.enumerate().map(|(n, series)| {
        let id = format!("plot-{arm_number}-series-{n}");
        sampled(&id, &course, series)
    });
    Figures {
        shaded: caption(&faults),
        figures: loads.chain(series).collect(),
    }
}

fn rate(id: &str, course: &Course<'_>, load: &LoadReport) -> Figure {
    let draw = |size: Size| {
        let id = format!("{id}-rate-{}", size.class);
        plot::rate(&id, size, course, load)
    };
    let mut reading = "Answers by the second they arrived in; questions that never had an answer \
                       by the second they were sent in. Beside each line: its name and how many \
                       in all. A triangle marks an action. The load ends within the last second."
        .to_owned();
    if plot::step_s(load) > 1 {
        reading.push_str(&format!(
            " Each step is the mean of {} s.",
            plot::step_s(load)
        ));
    }
    Figure {
        title: format!("{}: answers per second", load.name),
        reading,
        sizes: sizes(draw),
    }
}

fn latency(id: &str, course: &Course<'_>, load: &LoadReport) -> Figure {
    let draw = |size: Size| {
        let id = format!("{id}-latency-{}", size.class);
        plot::latency(&id, size, course, load)
    };
    let mut reading = "Latency of proper answers, by the second in which the question was due. A \
                       gap: no question that was due in that second was answered."
        .to_owned();
    if plot::step_s(load) > 1 {
        reading.push_str(&format!(
            " Each step is the worst second of {}.",
            plot::step_s(load)
        ));
    }
    Figure {
        title: format!("{}: latency", load.name),
        reading,
        sizes: sizes(draw),
    }
}

fn sampled(id: &str, course: &Course<'_>, series: &SeriesReport) -> Figure {
    let draw = |size: Size| {
        let id = format!("{id}-{}", size.class);
        plot::sampled(&id, size, course, series)
    };
    let what = match series.what.as_str() {
        "" => series.name.clone(),
        what => format!("{}: {what}", series.name),
    };
    Figure {
        title: what,
        reading: format!(
            "{}. A value stands until the next one; in a gap none was seen.",
            plot::reach(series)
        ),
        sizes: sizes(draw),
    }
}

fn sizes(draw: impl Fn(Size) -> String) -> Vec<(&'static str, Value)> {
    [WIDE, NARROW]
        .map(|size| (size.class, Value::from_safe_string(draw(size))))
        .into()
}

/// When the arm, all its loads and all its series had ended.
fn end_s(arm: &ArmReport) -> f64 {
    let phases = arm.phases.iter().map(|phase| phase.to_s);
    let loads = arm
        .loads
        .iter()
        .map(|load| load.latency.seconds.len() as f64);
    let samples = arm.series.iter().flat_map(|series| &series.samples);
    let samples = samples.map(|sample| sample.at_s);
    let ends = phases.chain(loads).chain(samples);
    ends.filter(|end_s| end_s.is_finite()).fold(1.0, f64::max)
}
