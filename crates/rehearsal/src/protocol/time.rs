//! Times as AWS writes and reads them.

use jiff::{SignedDuration, Timestamp};

/// `2026-01-31T12:00:00.123Z`
pub(crate) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Seconds since 1970, as awsJson writes times.
pub(crate) fn epoch(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

/// Reads ISO 8601, and the seconds since 1970 that some emulators write instead.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok();
    }
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn epoch_seconds_and_iso_are_the_same_moment() {
        assert_eq!(read("1700000000.5"), read("2023-11-14T22:13:20.500Z"));
        assert_eq!(read("2023-11-14T22:13:20"), read("2023-11-14T22:13:20Z"));
        assert_eq!(read("soon"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(milliseconds in 0_i64..4_000_000_000_000) {
            let at = Timestamp::from_millisecond(milliseconds).unwrap();
            prop_assert_eq!(read(&iso(at)), Some(at));
        }
    }
}
