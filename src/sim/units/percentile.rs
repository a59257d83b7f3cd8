//! Percentiles.

use std::fmt;
use std::str::FromStr;

use super::text::{Written, serde_as_text};

/// A share of values that a limit holds for. Text: `"p99"`, `"p99.9"`; metrics write the same as `p999`, which is read too.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percentile(f64);

impl Percentile {
    /// As a share from 0 to 1.
    pub const fn share(self) -> f64 {
        self.0
    }
}

impl FromStr for Percentile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("\"{text}\" is not a percentile: write it like \"p50\", \"p99\", \"p99.9\"");
        let digits = text.strip_prefix('p').ok_or_else(wrong)?;
        let (whole, rest) = match digits.split_once('.') {
            Some((whole, rest)) if !rest.is_empty() => (whole, rest),
            None => digits.split_at_checked(2).ok_or_else(wrong)?,
            Some(_) => return Err(wrong()),
        };
        let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.len() != 2 || !are_digits(whole) || !are_digits(rest) {
            return Err(wrong());
        }
        let share: f64 = format!("0.{whole}{rest}").parse().map_err(|_| wrong())?;
        if share == 0.0 {
            return Err(wrong());
        }
        Ok(Self(share))
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The shortest decimal text of the share; its digits are those of the percentile.
        let text = self.0.to_string();
        let digits = text.strip_prefix("0.").unwrap_or("0");
        match digits.split_at_checked(2) {
            Some((whole, "")) => write!(f, "p{whole}"),
            Some((whole, rest)) => write!(f, "p{whole}.{rest}"),
            None => write!(f, "p{digits}0"),
        }
    }
}

impl Written for Percentile {
    fn expected() -> String {
        "a percentile such as \"p99\"".to_owned()
    }

    fn bare_number() -> Option<String> {
        Some("a percentile is written as text: \"p99\"".to_owned())
    }
}

serde_as_text!(Percentile);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_read_and_written() {
        for (text, share, again) in [
            ("p50", 0.5, "p50"),
            ("p05", 0.05, "p05"),
            ("p99", 0.99, "p99"),
            ("p999", 0.999, "p99.9"),
            ("p99.9", 0.999, "p99.9"),
            ("p99.99", 0.9999, "p99.99"),
        ] {
            let read: Percentile = text.parse().unwrap();
            assert_eq!(read, Percentile(share), "{text}");
            assert_eq!(read.to_string(), again);
        }
        for text in [
            "", "p", "p9", "99", "p00", "p100%", "p9.9", "p99.", "p-9", "p9é",
        ] {
            assert!(text.parse::<Percentile>().is_err(), "{text}");
        }
    }
}
