//! Plots of one load or series of one arm, as SVG that takes its colours from the page.

mod frame;
mod latency;
mod rate;
mod sampled;
mod scale;
mod series;
mod svg;

pub(crate) use latency::latency;
pub(crate) use rate::{beside, rate};
pub(crate) use sampled::{reach, sampled};

use crate::report::fault::FaultWindow;
use crate::report::{ActionReport, LoadReport, PhaseReport};

/// More steps than this are no longer told apart; several seconds then share one.
const MOST_STEPS: usize = 480;

/// What happened around a load or series.
pub(crate) struct Course<'a> {
    pub arm: &'a str,
    pub phases: &'a [PhaseReport],
    pub actions: &'a [ActionReport],
    pub faults: &'a [FaultWindow],
    /// When the arm ended, in seconds since its start; above zero.
    pub end_s: f64,
    /// Room for the names of the lines, in pixels.
    pub beside: f64,
}

/// How large a plot is, in pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// The page tells by it which plots to show.
    pub class: &'static str,
    width: f64,
    /// Between the axes.
    height: f64,
    /// Room for the labels of the vertical axis.
    left: f64,
    /// Labels of the horizontal axis.
    most_ticks: usize,
}

/// For a page or a screen.
pub(crate) const WIDE: Size = Size {
    class: "wide",
    width: 900.0,
    height: 190.0,
    left: 52.0,
    most_ticks: 15,
};

/// For a telephone.
pub(crate) const NARROW: Size = Size {
    class: "narrow",
    width: 340.0,
    height: 170.0,
    left: 40.0,
    most_ticks: 6,
};

impl Size {
    /// The same with less height, for a line that is the only one.
    fn low(self) -> Self {
        let height = self.height * 0.5;
        Self { height, ..self }
    }
}

/// Seconds that one step of a line stands for.
pub(crate) fn step_s(load: &LoadReport) -> usize {
    load.latency.seconds.len().div_ceil(MOST_STEPS).max(1)
}
