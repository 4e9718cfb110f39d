//! Times and numbers as a user types them, within limits that a refusal names.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The units, and how many nanoseconds each has.
const UNITS: [(&str, f64); 6] =
    [("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];
/// What a check or a measurement can take at all.
const SHORTEST: Duration = Duration::from_micros(1);
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A number and its unit, from a microsecond to a day.
///
/// # Errors
/// In a sentence that names the limits, if it is none.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let number_ends = text.trim_end().trim_end_matches(|c: char| c.is_alphabetic()).len();
    // The `e` of `1.5e19` belongs to the number, and its digits end it.
    let (number, unit) = text.trim_end().split_at(number_ends);
    let Ok(number) = number.trim().parse::<f64>() else {
        return Err("not a time; write `2s`, `500ms` or `5m`".to_owned());
    };
    if unit.is_empty() {
        return Err("no unit; write `2s`, `500ms` or `5m`".to_owned());
    }
    let Some((_, nanoseconds)) = UNITS.iter().find(|(known, _)| *known == unit) else {
        return Err(format!("unknown unit `{unit}`; the units are us, ms, s, m and h"));
    };
    Duration::try_from_secs_f64(number * nanoseconds / 1e9)
        .ok()
        .filter(|time| (SHORTEST..=LONGEST).contains(time))
        .ok_or_else(|| "a time is between `1us` and `24h`".to_owned())
}

/// A whole number within `limits`.
///
/// # Errors
/// In a sentence that names the limits, if it is none.
pub(super) fn number(text: &str, limits: RangeInclusive<u64>) -> Result<u64, String> {
    text.trim().parse().ok().filter(|number| limits.contains(number)).ok_or_else(|| match *limits.end() {
        u64::MAX => format!("not a whole number of at least {}", limits.start()),
        end => format!("not a whole number from {} to {end}", limits.start()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_limits() {
        for (text, microseconds) in [
            ("2s", 2_000_000),
            ("1.5s", 1_500_000),
            (" 500 ms ", 500_000),
            ("100us", 100),
            ("100µs", 100),
            ("5m", 300_000_000),
            ("1h", 3_600_000_000),
            ("24h", 86_400_000_000),
            ("1us", 1),
        ] {
            assert_eq!(time(text), Ok(Duration::from_micros(microseconds)), "{text}");
        }
        for (text, why) in [
            ("", "not a time"),
            ("s", "not a time"),
            ("soon", "not a time"),
            ("2", "no unit"),
            ("1e3", "no unit"),
            ("2d", "unknown unit `d`"),
            ("2S", "unknown unit `S`"),
            ("0s", "between"),
            ("-1s", "between"),
            ("0ms", "between"),
            ("0.1us", "between"),
            ("25h", "between"),
            ("1.5e19s", "between"),
            ("1e400s", "between"),
            ("nans", "not a time"),
            ("infs", "not a time"),
        ] {
            assert!(time(text).unwrap_err().contains(why), "{text}: {:?}", time(text));
        }
    }
}
