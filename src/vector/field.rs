//! One field of a vector file: hex to bytes, and how to say what is wrong with it and where.
//! Knows no format and no path; `file` puts the path in front.

use std::fmt;

/// What to do about a file that does not hold what its publisher wrote.
pub(super) const FETCH: &str = "fetch the file again from its publisher";

/// A field that is missing, malformed or unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the file, `tgId 2/tcId 16`; empty for the head of the file.
    place: String,
    /// The field's name.
    field: String,
    /// What is wrong with it, and what to do.
    what: String,
}

impl Fault {
    /// A fault of `field` at `place`; `what` ends in what to do.
    pub(super) fn new(place: impl Into<String>, field: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), field: field.into(), what: what.into() }
    }

    /// A value that no publisher's documentation knows.
    pub(super) fn unknown(place: impl Into<String>, field: &str, value: &str, known: &[&str]) -> Self {
        Self::new(place, field, format!("unknown value `{}`; known: {}", quoted(value), known.join(", ")))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "field `{}`: {}", self.field, self.what)
    }
}

/// `value` fit for one line of a message: short, and without control characters.
pub(super) fn quoted(value: &str) -> String {
    const LONGEST: usize = 48;
    let mut text: String = value.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if value.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

/// The bytes that `digits` write, or what is wrong with them.
pub(super) fn hex(digits: &str) -> Result<Vec<u8>, String> {
    // The decoder takes a `0x` for granted, which no publisher writes.
    let decoded = if digits.starts_with("0x") {
        Err(const_hex::FromHexError::InvalidHexCharacter { c: 'x', index: 1 })
    } else {
        const_hex::decode(digits)
    };
    decoded.map_err(|error| match error {
        const_hex::FromHexError::InvalidHexCharacter { index, .. } => {
            // The decoder sees bytes; the reader of the message wants the character.
            let c = digits.get(index..).and_then(|rest| rest.chars().next()).unwrap_or('\u{fffd}');
            format!("`{}` at digit {index} is not hexadecimal; {FETCH}", c.escape_debug())
        }
        const_hex::FromHexError::OddLength => {
            format!("odd number of hexadecimal digits ({}); {FETCH}", digits.len())
        }
        const_hex::FromHexError::InvalidStringLength => format!("{error}; {FETCH}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_of_both_cases_is_read() {
        assert_eq!(hex("00aBFf").unwrap(), [0, 0xab, 0xff]);
        assert_eq!(hex("").unwrap(), [0_u8; 0]);
    }

    #[test]
    fn what_is_wrong_with_hex_is_said() {
        assert_eq!(hex("abc").unwrap_err(), format!("odd number of hexadecimal digits (3); {FETCH}"));
        assert_eq!(hex("ab0g").unwrap_err(), format!("`g` at digit 3 is not hexadecimal; {FETCH}"));
        assert_eq!(hex("0x12").unwrap_err(), format!("`x` at digit 1 is not hexadecimal; {FETCH}"));
        assert_eq!(hex("abä11").unwrap_err(), format!("`ä` at digit 2 is not hexadecimal; {FETCH}"));
    }

    #[test]
    fn a_quoted_value_is_one_short_line() {
        assert_eq!(quoted("a\nb"), "a\\nb");
        assert_eq!(quoted(&"x".repeat(60)).chars().count(), 49);
    }
}
