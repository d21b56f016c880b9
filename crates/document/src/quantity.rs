//! Quantities that documents write as text with their unit: `30s`, `800/s`.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// A text that is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is not a {wanted}, for example {example}")]
pub struct ParseQuantityError {
    given: String,
    wanted: &'static str,
    example: &'static str,
}

/// A length of time in whole milliseconds, written as one number and a unit: `250ms`, `30s`,
/// `5m`, `1h`. At most nine digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanDuration {
    millis: u64,
}

impl HumanDuration {
    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// As whole milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// As the standard library's type.
    pub const fn get(self) -> Duration {
        Duration::from_millis(self.millis)
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")]
            .into_iter()
            .find(|(millis, _)| self.millis != 0 && self.millis.is_multiple_of(*millis));
        match unit {
            Some((millis, name)) => write!(f, "{}{name}", self.millis / millis),
            None => write!(f, "{}ms", self.millis),
        }
    }
}

impl FromStr for HumanDuration {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let unit = match &text[digits..] {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        unit.filter(|_| (1..=9).contains(&digits))
            .and_then(|unit| Some(text[..digits].parse::<u64>().ok()? * unit))
            .map(Self::from_millis)
            .ok_or_else(|| ParseQuantityError {
                given: text.to_owned(),
                wanted: "duration",
                example: "30s",
            })
    }
}

/// So many events in a second, a minute or an hour: `800/s`, `50/m`. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    count: u32,
    seconds: u32,
}

impl Rate {
    /// So many events each second.
    pub const fn each_second(count: NonZeroU32) -> Self {
        Self {
            count: count.get(),
            seconds: 1,
        }
    }

    /// Events per second.
    pub fn per_second(self) -> f64 {
        f64::from(self.count) / f64::from(self.seconds)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.seconds {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(f, "{}/{per}", self.count)
    }
}

impl FromStr for Rate {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('/').and_then(|(count, per)| {
            let seconds = match per {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                _ => return None,
            };
            let plain = (1..=9).contains(&count.len())
                && !count.starts_with('0')
                && count.bytes().all(|b| b.is_ascii_digit());
            let count = plain.then(|| count.parse().ok()).flatten()?;
            Some(Self { count, seconds })
        });
        parsed.ok_or_else(|| ParseQuantityError {
            given: text.to_owned(),
            wanted: "rate",
            example: "800/s",
        })
    }
}

macro_rules! written_as_text {
    ($type:ty, $title:literal, $pattern:literal, $examples:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "title": $title,
                    "pattern": $pattern,
                    "examples": $examples,
                })
            }
        }
    };
}

written_as_text!(
    HumanDuration,
    "duration",
    "^[0-9]{1,9}(ms|s|m|h)$",
    ["250ms", "30s", "5m"]
);
written_as_text!(Rate, "rate", "^[1-9][0-9]{0,8}/(s|m|h)$", ["800/s", "50/m"]);

#[cfg(test)]
mod tests {
    use super::{HumanDuration, Rate};

    #[test]
    fn durations_are_read_and_written_with_their_largest_whole_unit() {
        for (text, millis, shown) in [
            ("250ms", 250, "250ms"),
            ("30s", 30_000, "30s"),
            ("90s", 90_000, "90s"),
            ("120s", 120_000, "2m"),
            ("999999999h", 3_599_999_996_400_000, "999999999h"),
            ("0s", 0, "0ms"),
        ] {
            let read: HumanDuration = text.parse().unwrap();
            assert_eq!(
                (read.as_millis(), read.to_string().as_str()),
                (millis, shown)
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "s",
            "30",
            "30 s",
            "-1s",
            "1.5s",
            "30x",
            "9999999999s",
            "1m30s",
        ] {
            assert!(text.parse::<HumanDuration>().is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_per_second_whatever_they_are_written_in() {
        assert_eq!("800/s".parse::<Rate>().unwrap().per_second(), 800.0);
        assert_eq!("30/m".parse::<Rate>().unwrap().per_second(), 0.5);
        for text in [
            "",
            "800",
            "0/s",
            "/s",
            "8/d",
            "-1/s",
            "+1/s",
            "1.5/s",
            "1000000000/s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
