//! From values to places on an axis, and the values worth a tick.

/// Values that differ by less than this part of the greatest are alike.
const ALIKE: f64 = 0.25;
/// A smaller part, or a smaller value, is not told from none.
const SAME: f64 = 1e-9;
/// From where on large values are told in what.
const UNITS: [(f64, f64, &str); 3] = [(1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e5, 1e3, " k")];

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
    ticks_between(0.0, to, most)
}

/// The same for values that may be below zero. Where all are alike but not the same, the axis does
/// not begin at zero, so that their changes are seen.
pub(super) fn ticks_around(lowest: f64, highest: f64, most: usize) -> Vec<f64> {
    let spread = highest - lowest;
    let size = highest.abs().max(lowest.abs());
    if size > SAME && spread < size * ALIKE && spread > size * SAME {
        return ticks_between(lowest, highest, most);
    }
    match (lowest.min(0.0), highest.max(0.0)) {
        (from, to) if to - from > SAME => ticks_between(from, to, most),
        _ => round_ticks(1.0, most),
    }
}

/// Round values from at most `from` to at least `to`, which is greater.
fn ticks_between(from: f64, to: f64, most: usize) -> Vec<f64> {
    let rough = (to - from) / most as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(power * 10.0);
    let first = (from / step + 1e-9).floor() as i64;
    let last = (to / step - 1e-9).ceil() as i64;
    (first..=last).map(|n| n as f64 * step).collect()
}

/// The powers of ten from at most `from` to at least `to`, two or more; both are above zero.
pub(super) fn decades(from: f64, to: f64) -> Vec<f64> {
    let first = (from.log10() + 1e-9).floor() as i32;
    let last = ((to.log10() - 1e-9).ceil() as i32).max(first + 1);
    (first..=last).map(|power| 10f64.powi(power)).collect()
}

/// A tick as short as it can be told: from 100 000 on in thousands, millions and so on, and far off
/// the usual as a power of ten.
pub(super) fn label(value: f64) -> String {
    let size = value.abs();
    if size > 0.0 && !(1e-6..1e15).contains(&size) {
        return format!("{value:.1e}");
    }
    let unit = UNITS.into_iter().find(|(from, ..)| size >= *from);
    let (_, unit, sign) = unit.unwrap_or((0.0, 1.0, ""));
    let text = format!("{:.6}", value / unit);
    format!("{}{sign}", text.trim_end_matches('0').trim_end_matches('.'))
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
    fn an_axis_begins_at_zero_unless_all_values_are_alike() {
        let around = |lowest, highest| labels(&ticks_around(lowest, highest, 3));
        assert_eq!(around(2.0, 3.0), ["0", "1", "2", "3"]);
        assert_eq!(around(3.0, 3.0), ["0", "1", "2", "3"]);
        assert_eq!(around(14.0, 17.0), ["14", "15", "16", "17"]);
        assert_eq!(around(-3.0, 5.0), ["-5", "0", "5"]);
        assert_eq!(around(-2.0, -1.0), ["-2", "-1", "0"]);
        assert_eq!(around(0.0, 0.0), ["0", "0.5", "1"]);
    }

    #[test]
    fn a_tick_is_told_as_short_as_it_can_be() {
        for (value, told) in [
            (0.25, "0.25"),
            (50_000.0, "50000"),
            (250_000.0, "250 k"),
            (1_500_000.0, "1.5 M"),
            (-3e9, "-3 G"),
            (5e300, "5.0e300"),
            (2e-9, "2.0e-9"),
        ] {
            assert_eq!(label(value), told);
        }
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
