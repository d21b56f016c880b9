//! Loads and series over time, as lines of text.

use serde::Serialize;

use super::sparkline::sparkline;
use super::words::ms;
use super::{ArmReport, LoadReport, SeriesReport};
use crate::plot::reach;
use crate::seconds::Second;

const WIDTH: usize = 60;

/// A load over time, as two lines of text.
#[derive(Serialize)]
pub(crate) struct Spark<'a> {
    load: &'a str,
    answered: String,
    most_answered: u64,
    latency: String,
    longest_ms: String,
}

/// A series over time, as one line of text.
#[derive(Serialize)]
pub(crate) struct SeriesSpark<'a> {
    name: &'a str,
    what: &'a str,
    unit: &'a str,
    line: String,
    reach: String,
}

/// The loads and the series of an arm that are to be drawn.
pub(crate) fn sparks(arm: &ArmReport) -> (Vec<Spark<'_>>, Vec<SeriesSpark<'_>>) {
    let loads = arm.loads.iter().filter(|load| arm.plots(&load.name));
    let series = arm.series.iter().filter(|series| arm.plots(&series.name));
    (
        loads.map(spark).collect(),
        series.map(series_spark).collect(),
    )
}

fn spark(load: &LoadReport) -> Spark<'_> {
    let series = |of: fn(&Second) -> u64| -> Vec<f64> {
        let seconds = load.latency.seconds.iter();
        seconds.map(|second| of(second) as f64).collect()
    };
    let answered = load.latency.seconds.iter().map(|second| second.answered);
    Spark {
        load: &load.name,
        most_answered: answered.max().unwrap_or(0),
        answered: sparkline(&series(|second| second.answered), WIDTH),
        latency: sparkline(&series(|second| second.max_us.unwrap_or(0)), WIDTH),
        longest_ms: ms(load.latency.overall.max_us),
    }
}

fn series_spark(series: &SeriesReport) -> SeriesSpark<'_> {
    let values: Vec<f64> = series.samples.iter().map(|sample| sample.value).collect();
    SeriesSpark {
        name: &series.name,
        what: &series.what,
        unit: &series.unit,
        line: sparkline(&values, WIDTH),
        reach: reach(series),
    }
}
