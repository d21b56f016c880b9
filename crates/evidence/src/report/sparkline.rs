//! A series as one line of text.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws a series from zero to its maximum, at most `width` characters wide; where several
/// values share a character, the greatest is drawn, so that no peak is lost. A zero is a space.
#[must_use]
pub fn sparkline(series: &[u64], width: usize) -> String {
    let highest = series.iter().copied().max().unwrap_or(0);
    let per_bar = series.len().div_ceil(width.max(1)).max(1);
    series
        .chunks(per_bar)
        .map(|chunk| bar(chunk.iter().copied().max().unwrap_or(0), highest))
        .collect()
}

fn bar(value: u64, highest: u64) -> char {
    if value == 0 {
        return ' ';
    }
    let step = u128::from(value) * (BARS.len() as u128 - 1) / u128::from(highest.max(1));
    BARS[step as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_reaches_from_nothing_to_full() {
        assert_eq!(sparkline(&[0, 1, 4, 8], 10), " ▁▄█");
        assert_eq!(sparkline(&[], 10), "");
        assert_eq!(sparkline(&[0, 0], 10), "  ");
    }

    #[test]
    fn a_long_series_is_folded_without_losing_its_peak() {
        let mut series = vec![1u64; 600];
        series[431] = 100;
        let line = sparkline(&series, 60);
        assert_eq!(line.chars().count(), 60);
        assert_eq!(line.chars().filter(|c| *c == '█').count(), 1);
    }
}
