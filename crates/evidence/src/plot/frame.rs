//! What every plot of an arm has: axes, grid, phases by name, shaded faults, marked actions.

use super::scale::{Scale, label};
use super::svg::{Anchor, Svg};
use super::{Course, Size};
use crate::report::fault::covered;

/// Width of a letter, about; labels are set apart by it.
const LETTER: f64 = 6.1;
const ROW: f64 = 14.0;
const BELOW: f64 = 38.0;
/// A fault that is shorter than this is drawn this wide.
const NARROWEST: f64 = 2.0;

/// The names of the lines take no more than this part of the width.
const MOST_BESIDE: f64 = 0.4;

/// The vertical axis.
pub(super) struct Axis {
    pub title: String,
    pub ticks: Vec<f64>,
    /// Grid lines without a label.
    pub between: Vec<f64>,
    pub log: bool,
}

/// A plot with everything but its lines.
pub(super) struct Frame {
    pub svg: Svg,
    pub x: Scale,
    pub y: Scale,
}

impl Frame {
    /// Draws the frame; `id` is unique in the page.
    pub fn draw(
        id: &str,
        size: Size,
        course: &Course<'_>,
        axis: &Axis,
        told: (&str, &str),
    ) -> Self {
        let right = size.width - course.beside.min(size.width * MOST_BESIDE);
        let seconds = super::scale::round_ticks(course.end_s, size.most_ticks);
        let x = Scale::linear((0.0, course.end_s), (size.left, right));
        let names = place(course, &x, size);
        let rows = names.iter().map(|name| name.row + 1).max().unwrap_or(0);
        let top = ROW * (rows as f64 + 1.0) + 10.0;
        let bottom = top + size.height;
        let ends = (axis.ticks.first(), axis.ticks.last());
        let values = (*ends.0.unwrap_or(&0.0), *ends.1.unwrap_or(&1.0));
        let y = match axis.log {
            true => Scale::log(values, (bottom, top)),
            false => Scale::linear(values, (bottom, top)),
        };
        let svg = Svg::begin(id, (size.width, bottom + BELOW), told.0, told.1);
        let mut frame = Self { svg, x, y };
        frame.faults(course);
        frame.grid(axis, &seconds, course.end_s);
        frame.phases(&names);
        frame.actions(course);
        frame.titles(&axis.title);
        frame
    }

    /// Shading over the whole height, and a bar on top that shows without colour too. What would
    /// overlap on the page is shaded once.
    fn faults(&mut self, course: &Course<'_>) {
        let (bottom, top) = self.y.places();
        let x = self.x;
        let places = course.faults.iter().map(|fault| {
            let from = x.at(fault.from_s);
            (from, x.at(fault.to_s).max(from + NARROWEST))
        });
        for (from, to) in covered(places) {
            self.svg.rect("fault", (from, top - 3.0), (to, bottom));
            self.svg
                .rect("fault-bar", (from, top - 6.0), (to, top - 3.0));
        }
    }

    fn grid(&mut self, axis: &Axis, seconds: &[f64], end_s: f64) {
        let ((left, right), (bottom, top)) = (self.x.places(), self.y.places());
        for value in &axis.between {
            let y = self.y.at(*value);
            self.svg.line("grid fine", (left, y), (right, y));
        }
        for value in &axis.ticks {
            let y = self.y.at(*value);
            self.svg.line("grid", (left, y), (right, y));
            let at = (left - 6.0, y + 3.5);
            self.svg.text("tick", at, Anchor::End, &label(*value));
        }
        for second in seconds.iter().filter(|second| **second <= end_s) {
            let x = self.x.at(*second);
            self.svg.line("grid fine", (x, top), (x, bottom));
            let at = (x, bottom + 18.0);
            self.svg.text("tick", at, Anchor::Middle, &label(*second));
        }
        self.svg.line("axis", (left, bottom), (right, bottom));
    }

    fn phases(&mut self, names: &[Name<'_>]) {
        let (bottom, top) = self.y.places();
        for name in names {
            let row = top - 10.0 - ROW * name.row as f64;
            self.svg
                .line("phase", (name.begin, row - 8.0), (name.begin, bottom));
            self.svg
                .text("name", (name.at, row), Anchor::Start, name.text);
        }
    }

    fn actions(&mut self, course: &Course<'_>) {
        let (bottom, _) = self.y.places();
        for action in course.actions {
            let x = self.x.at(action.at_s);
            let shape = format!("M{x:.1} {:.1}l-3.5 6h7z", bottom + 0.5);
            let told = format!(
                "{:.1} s: {} of {}",
                action.at_s, action.action, action.target
            );
            self.svg.told_path("action", &shape, &told);
        }
    }

    fn titles(&mut self, of_y: &str) {
        let ((left, right), (bottom, _)) = (self.x.places(), self.y.places());
        self.svg.text("title", (4.0, 11.0), Anchor::Start, of_y);
        let middle = f64::midpoint(left, right);
        let at = (middle, bottom + 33.0);
        let of_x = "seconds since the arm's start";
        self.svg.text("title", at, Anchor::Middle, of_x);
    }
}

/// Where the name of a phase stands.
struct Name<'a> {
    text: &'a str,
    begin: f64,
    at: f64,
    /// Counted upwards from the plot.
    row: usize,
}

/// Puts each name at its phase's begin, in the lowest row where it is in nobody's way: neither
/// another name nor the line that leads up to one.
fn place<'a>(course: &Course<'a>, x: &Scale, size: Size) -> Vec<Name<'a>> {
    let mut placed: Vec<Name<'a>> = Vec::new();
    // From the right, so that a line to a higher row never crosses a name that is yet to come.
    for phase in course.phases.iter().rev() {
        let begin = x.at(phase.from_s);
        let long = phase.name.chars().count() as f64 * LETTER;
        let at = (begin + 3.0).min(size.width - long).max(0.0);
        let free = |row: usize| {
            placed.iter().all(|other| {
                let beside = at + long + 4.0 <= other.at.min(other.begin);
                beside || row > other.row
            })
        };
        let row = (0..).find(|row| free(*row)).unwrap_or(0);
        placed.push(Name {
            text: &phase.name,
            begin,
            at,
            row,
        });
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::WIDE;
    use crate::report::fault::FaultWindow;

    #[test]
    fn faults_too_close_to_be_told_apart_are_shaded_once() {
        let fault = |from_s| FaultWindow {
            from_s,
            to_s: from_s + 0.01,
            action: "crash".into(),
            target: "relay".into(),
        };
        let faults = [10.0, 10.05, 10.1, 60.0].map(fault);
        let course = Course {
            arm: "outbox",
            phases: &[],
            actions: &[],
            faults: &faults,
            end_s: 120.0,
            beside: 60.0,
        };
        let axis = Axis {
            title: String::new(),
            ticks: vec![0.0, 1.0],
            between: Vec::new(),
            log: false,
        };
        let svg = Frame::draw("id", WIDE, &course, &axis, ("", "")).svg.end();
        assert_eq!(svg.matches("class=\"fault\"").count(), 2, "{svg}");
        assert_eq!(svg.matches("class=\"fault-bar\"").count(), 2, "{svg}");
    }
}
