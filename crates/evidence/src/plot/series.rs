//! Lines of a plot, each with its name beside it.

use std::fmt::Write;

use super::frame::Frame;
use super::svg::Anchor;

/// Names of lines are no closer than this.
const APART: f64 = 13.0;

/// One line: a value for each step of so many seconds, or none.
pub(super) struct Series {
    /// Its class, and with it its colour and dashes.
    pub class: &'static str,
    /// What stands beside it.
    pub name: String,
    pub values: Vec<Option<f64>>,
}

/// Draws lines of steps, `step_s` seconds each, and their names at the right.
pub(super) fn draw(frame: &mut Frame, step_s: f64, series: &[Series]) {
    let mut names = Vec::new();
    for line in series {
        let commands = steps(frame, step_s, &line.values);
        if !commands.is_empty() {
            frame.svg.path(&format!("line {}", line.class), &commands);
        }
        let last = line.values.iter().rposition(Option::is_some);
        let end = last.and_then(|n| line.values[n]);
        let (bottom, _) = frame.y.places();
        let end = end.map(|value| frame.y.at(value));
        let wanted = end.unwrap_or(bottom);
        names.push((line, end, wanted));
    }
    names.sort_by(|a, b| a.2.total_cmp(&b.2));
    let places = apart(
        &names.iter().map(|name| name.2).collect::<Vec<_>>(),
        frame.y.places(),
    );
    for ((line, end, _), y) in names.into_iter().zip(places) {
        let (_, right) = frame.x.places();
        if let Some(end) = end {
            let lead = format!("lead {}", line.class);
            // Within the plot it would be taken for a part of the line.
            frame.svg.line(&lead, (right, end), (right + 6.0, y));
        }
        let class = format!("label {}", line.class);
        let at = (right + 9.0, y + 3.5);
        frame.svg.text(&class, at, Anchor::Start, &line.name);
    }
}

/// A path that is level through each step and interrupted where there is no value.
fn steps(frame: &Frame, step_s: f64, values: &[Option<f64>]) -> String {
    let mut commands = String::new();
    let mut drawing = false;
    for (n, value) in values.iter().enumerate() {
        let Some(value) = value else {
            drawing = false;
            continue;
        };
        let y = frame.y.at(*value);
        let [from, to] = [n, n + 1].map(|n| frame.x.at(n as f64 * step_s));
        // A string takes everything.
        let _ = match drawing {
            true => write!(commands, "V{y:.1}H{to:.1}"),
            false => write!(commands, "M{from:.1} {y:.1}H{to:.1}"),
        };
        drawing = true;
    }
    commands
}

/// The places nearest to those wanted (from top to bottom) that are apart and within the axis.
fn apart(wanted: &[f64], (bottom, _): (f64, f64)) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::new();
    for wanted in wanted {
        let least = places.last().map_or(f64::MIN, |above| above + APART);
        places.push(wanted.max(least));
    }
    let mut most = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - APART;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_lines_that_end_together_are_set_apart() {
        assert_eq!(apart(&[10.0, 50.0], (100.0, 0.0)), [10.0, 50.0]);
        assert_eq!(apart(&[50.0, 50.0], (100.0, 0.0)), [50.0, 63.0]);
        assert_eq!(
            apart(&[100.0, 100.0, 100.0], (100.0, 0.0)),
            [74.0, 87.0, 100.0]
        );
    }
}
