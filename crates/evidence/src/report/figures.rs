//! The plots of an arm, with what is to be read from them.

use minijinja::value::Value;
use serde::Serialize;

use super::fault::{caption, fault_windows};
use super::{ArmReport, LoadReport};
use crate::plot::{self, Course, NARROW, Size, WIDE};

/// The plots of one arm.
#[derive(Serialize)]
pub(crate) struct Figures {
    /// What is shaded in each.
    shaded: String,
    figures: Vec<Figure>,
}

/// One plot of one load.
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
    };
    let figures = arm.loads.iter().enumerate().flat_map(|(n, load)| {
        let id = format!("plot-{arm_number}-{n}");
        [rate(&id, &course, load), latency(&id, &course, load)]
    });
    Figures {
        shaded: caption(&faults),
        figures: figures.collect(),
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

fn sizes(draw: impl Fn(Size) -> String) -> Vec<(&'static str, Value)> {
    [WIDE, NARROW]
        .map(|size| (size.class, Value::from_safe_string(draw(size))))
        .into()
}

/// When the arm and all its loads had ended.
fn end_s(arm: &ArmReport) -> f64 {
    let phases = arm.phases.iter().map(|phase| phase.to_s);
    let loads = arm
        .loads
        .iter()
        .map(|load| load.latency.seconds.len() as f64);
    phases.chain(loads).fold(1.0, f64::max)
}
