//! From values to places on an axis, and the values worth a tick.

/// An axis from `from` to `to`, drawn between two places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    begin: f64,
    end: f64,
    log: bool,
}

impl Scale {
    /// Equal steps for equal differences.
    pub fn linear(values: (f64, f64), places: (f64, f64)) -> Self {
        Self {
            from: values.0,
            to: values.1,
            begin: places.0,
            end: places.1,
            log: false,
        }
    }

    /// Equal steps for equal ratios; both values are above zero.
    pub fn log(values: (f64, f64), places: (f64, f64)) -> Self {
        let log = true;
        Self {
            log,
            ..Self::linear(values, places)
        }
    }

    /// Where a value is; one off the axis is drawn at its nearer end.
    pub fn at(&self, value: f64) -> f64 {
        let bent = |value: f64| if self.log { value.log10() } else { value };
        let value = value.clamp(self.from, self.to);
        let part = (bent(value) - bent(self.from)) / (bent(self.to) - bent(self.from));
        self.begin + part * (self.end - self.begin)
    }

    /// The places the axis reaches between.
    pub fn places(&self) -> (f64, f64) {
        (self.begin, self.end)
    }
}

/// Round values from zero to at least `to`, at most `most` steps of 1, 2 or 5 times a power of ten.
pub(super) fn round_ticks(to: f64, most: usize) -> Vec<f64> {
    let to = if to > 0.0 { to } else { 1.0 };
    let rough = to / most as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(power * 10.0);
    let steps = (to / step - 1e-9).ceil() as usize;
    (0..=steps).map(|n| n as f64 * step).collect()
}

/// The powers of ten from at most `from` to at least `to`, two or more; both are above zero.
pub(super) fn decades(from: f64, to: f64) -> Vec<f64> {
    let first = (from.log10() + 1e-9).floor() as i32;
    let last = ((to.log10() - 1e-9).ceil() as i32).max(first + 1);
    (first..=last).map(|power| 10f64.powi(power)).collect()
}

/// A tick's value, with no more digits than it has.
pub(super) fn label(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[f64]) -> Vec<String> {
        ticks.iter().map(|tick| label(*tick)).collect()
    }

    #[test]
    fn ticks_are_round_and_reach_the_highest_value() {
        assert_eq!(labels(&round_ticks(300.0, 4)), ["0", "100", "200", "300"]);
        assert_eq!(labels(&round_ticks(301.0, 4)).last().unwrap(), "400");
        assert_eq!(
            labels(&round_ticks(25.3, 6)),
            ["0", "5", "10", "15", "20", "25", "30"]
        );
        assert_eq!(labels(&round_ticks(0.0, 4)), ["0", "0.5", "1"]);
        assert_eq!(labels(&round_ticks(1.0, 2)), ["0", "0.5", "1"]);
    }

    #[test]
    fn decades_enclose_the_values() {
        assert_eq!(labels(&decades(0.7, 35.0)), ["0.1", "1", "10", "100"]);
        assert_eq!(labels(&decades(1.0, 1.0)), ["1", "10"]);
        assert_eq!(labels(&decades(10.0, 1_000.0)), ["10", "100", "1000"]);
    }

    #[test]
    fn a_value_has_its_place_and_none_is_drawn_off_the_axis() {
        let linear = Scale::linear((0.0, 10.0), (100.0, 0.0));
        assert_eq!(
            [0.0, 2.5, 10.0, 99.0].map(|v| linear.at(v)),
            [100.0, 75.0, 0.0, 0.0]
        );
        let log = Scale::log((0.1, 10.0), (0.0, 2.0));
        assert_eq!(
            [0.0, 0.1, 1.0, 10.0].map(|v| log.at(v)),
            [0.0, 0.0, 1.0, 2.0]
        );
    }
}
