//! A series as one line of text.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws a series from zero to its maximum, at most `width` characters wide; where several
/// values share a character, the greatest is drawn, so that no peak is lost. A zero is a space, and
/// so is what is below zero or no number.
#[must_use]
pub fn sparkline(series: &[f64], width: usize) -> String {
    let highest = series.iter().copied().fold(0.0, f64::max);
    let per_bar = series.len().div_ceil(width.max(1)).max(1);
    series
        .chunks(per_bar)
        .map(|chunk| bar(chunk.iter().copied().fold(0.0, f64::max), highest))
        .collect()
}

/// Both are not below zero.
fn bar(value: f64, highest: f64) -> char {
    if value == 0.0 {
        return ' ';
    }
    let step = value / highest * (BARS.len() - 1) as f64;
    BARS[step as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_reaches_from_nothing_to_full() {
        assert_eq!(sparkline(&[0.0, 1.0, 4.0, 8.0], 10), " ▁▄█");
        assert_eq!(sparkline(&[], 10), "");
        assert_eq!(sparkline(&[0.0, 0.0], 10), "  ");
        assert_eq!(sparkline(&[-1.0, f64::NAN, 2.0], 10), "  █");
    }

    #[test]
    fn a_long_series_is_folded_without_losing_its_peak() {
        let mut series = vec![1.0; 600];
        series[431] = 100.0;
        let line = sparkline(&series, 60);
        assert_eq!(line.chars().count(), 60);
        assert_eq!(line.chars().filter(|c| *c == '█').count(), 1);
    }
}
