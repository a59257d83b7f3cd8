//! What the text of a number or of a string's escape means.

use super::ast::Number;

/// Why a text that begins like a number is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberMistake {
    /// A whole number beyond 64 bits.
    TooLarge,
    /// A number and then a unit, such as `90s`.
    HasUnit,
    /// Anything else.
    Malformed,
}

/// Reads a number as RON writes it: sign, `0x` `0o` `0b`, `_` between digits, fraction, exponent, `inf`, `NaN`, type suffix.
pub(super) fn number(text: &str) -> Result<Number, NumberMistake> {
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = rest.strip_prefix(prefix) {
            let digits = strip_suffix(digits, &["i", "u"]);
            return whole(digits, radix, negative);
        }
    }
    match strip_suffix(rest, &["f"]) {
        "inf" => {
            return Ok(Number::Float(if negative {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            }));
        }
        "NaN" => return Ok(Number::Float(f64::NAN)),
        _ => {}
    }
    let digits = strip_suffix(rest, &["i", "u"]);
    if digits.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return whole(digits, 10, negative);
    }
    float(strip_suffix(rest, &["f"]))
        .map(|value| Number::Float(if negative { -value } else { value }))
}

fn whole(digits: &str, radix: u32, negative: bool) -> Result<Number, NumberMistake> {
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(NumberMistake::Malformed);
    }
    let value = u64::from_str_radix(&digits, radix).map_err(|_| NumberMistake::TooLarge)?;
    if !negative {
        return Ok(Number::Unsigned(value));
    }
    0_i64
        .checked_sub_unsigned(value)
        .map(Number::Negative)
        .ok_or(NumberMistake::TooLarge)
}

fn float(text: &str) -> Result<f64, NumberMistake> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let numeric = plain
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if let (true, Ok(value)) = (numeric, plain.parse()) {
        return Ok(value);
    }
    let amount = plain.trim_end_matches(|c: char| c.is_alphabetic() || matches!(c, '%' | '/'));
    let is_amount = amount.len() < plain.len() && amount.parse::<f64>().is_ok();
    Err(if is_amount {
        NumberMistake::HasUnit
    } else {
        NumberMistake::Malformed
    })
}

/// Without the suffix that names a type (`u8`, `f64`), if it has one of these families.
fn strip_suffix<'a>(text: &'a str, families: &[&str]) -> &'a str {
    for family in families {
        let widths: &[&str] = if *family == "f" {
            &["32", "64"]
        } else {
            &["8", "16", "32", "64", "128"]
        };
        for width in widths {
            if let Some(rest) = text
                .strip_suffix(width)
                .and_then(|rest| rest.strip_suffix(family))
            {
                return rest;
            }
        }
    }
    text
}

/// What follows a backslash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// A character.
    Char(char),
    /// A byte, from `\xHH`.
    Byte(u8),
    /// A line break that, with the white space behind it, is not part of the string.
    Continuation,
    /// Nothing known.
    Unknown,
}

/// Reads the escape behind a backslash; gives also how many bytes of `rest` it takes.
pub(super) fn escape(rest: &str) -> (Escape, usize) {
    let simple = |c| (Escape::Char(c), 1);
    match rest.as_bytes().first() {
        Some(b'n') => simple('\n'),
        Some(b'r') => simple('\r'),
        Some(b't') => simple('\t'),
        Some(b'0') => simple('\0'),
        Some(b'\\') => simple('\\'),
        Some(b'"') => simple('"'),
        Some(b'\'') => simple('\''),
        Some(b'x') => match rest.get(1..3).and_then(hexadecimal) {
            Some(byte) => (Escape::Byte(byte as u8), 3),
            None => (Escape::Unknown, 1),
        },
        Some(b'u') => unicode(rest),
        Some(b'\n') => (Escape::Continuation, blank(rest)),
        Some(b'\r') if rest.starts_with("\r\n") => (Escape::Continuation, blank(rest)),
        _ => (
            Escape::Unknown,
            rest.chars().next().map_or(0, char::len_utf8),
        ),
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
}

fn blank(rest: &str) -> usize {
    rest.len() - rest.trim_start_matches(['\t', '\n', '\r', ' ']).len()
}

fn unicode(rest: &str) -> (Escape, usize) {
    const LONGEST: usize = "u{10FFFF}".len();
    let digits = rest.strip_prefix("u{").and_then(|rest| {
        rest.bytes()
            .take(LONGEST)
            .position(|b| b == b'}')
            .map(|end| &rest[..end])
    });
    let code = digits.and_then(hexadecimal).and_then(char::from_u32);
    match (digits, code) {
        (Some(digits), Some(c)) => (Escape::Char(c), digits.len() + 3),
        _ => (Escape::Unknown, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_ron_writes_them() {
        let cases = [
            ("7", Number::Unsigned(7)),
            ("+7", Number::Unsigned(7)),
            ("1_000", Number::Unsigned(1000)),
            ("0xff", Number::Unsigned(255)),
            ("0o17", Number::Unsigned(15)),
            ("0b1_01", Number::Unsigned(5)),
            ("7u8", Number::Unsigned(7)),
            ("-5", Number::Negative(-5)),
            ("-9223372036854775808", Number::Negative(i64::MIN)),
            ("18446744073709551615", Number::Unsigned(u64::MAX)),
            ("1.5", Number::Float(1.5)),
            ("1.", Number::Float(1.0)),
            (".5", Number::Float(0.5)),
            ("-1e-3", Number::Float(-0.001)),
            ("2f32", Number::Float(2.0)),
            ("-inf", Number::Float(f64::NEG_INFINITY)),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), Ok(expected), "{text}");
        }
        assert!(matches!(number("NaN"), Ok(Number::Float(value)) if value.is_nan()));
    }

    #[test]
    fn texts_that_are_no_numbers() {
        assert_eq!(number("18446744073709551616"), Err(NumberMistake::TooLarge));
        for amount in ["90s", "2000/s", "64KiB", "0.1%", "1.5ms", "5µs"] {
            assert_eq!(number(amount), Err(NumberMistake::HasUnit), "{amount}");
        }
        for text in ["0x", "0b12", "1.2.3", "_"] {
            assert_eq!(number(text), Err(NumberMistake::Malformed), "{text}");
        }
    }
}
