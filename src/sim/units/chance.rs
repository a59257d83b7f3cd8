//! Probabilities.

use std::fmt;
use std::str::FromStr;

use super::number::Kind;
use super::text::quantity_as_text;

/// A probability from 0 to 1. Text: `"0.1%"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Chance(f64);

const CHANCE: Kind = Kind {
    name: "a chance",
    example: "\"0.1%\", \"50%\"",
    units: "%",
};

impl Chance {
    /// Impossible.
    pub const NEVER: Self = Self(0.0);
    /// Certain.
    pub const ALWAYS: Self = Self(1.0);

    /// From a probability. What lies outside 0 to 1 becomes the nearer end; not a number becomes [`Chance::NEVER`].
    pub const fn from_p(p: f64) -> Self {
        if p >= 1.0 {
            Self::ALWAYS
        } else if p > 0.0 {
            Self(p)
        } else {
            Self::NEVER
        }
    }

    /// As a probability from 0 to 1.
    pub const fn p(self) -> f64 {
        self.0
    }

    /// Whether it is impossible.
    pub const fn is_never(self) -> bool {
        self.0 == 0.0
    }
}

impl FromStr for Chance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = CHANCE.split(text)?;
        if unit != "%" {
            return Err(CHANCE.unknown_unit(unit));
        }
        // The decimal point is moved in the text, so that "0.1%" is the float nearest to 0.001.
        match format!("{}e-2", number.number).parse::<f64>() {
            Ok(p) if p <= 1.0 => Ok(Self(p)),
            _ => Err("a chance is at most 100%".to_owned()),
        }
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let fraction = format!("{fraction:0<2}");
        let (percent, rest) = fraction.split_at(2);
        let percent = format!("{whole}{percent}");
        let percent = percent.trim_start_matches('0');
        let percent = if percent.is_empty() { "0" } else { percent };
        let dot = if rest.is_empty() { "" } else { "." };
        f.pad(&format!("{percent}{dot}{rest}%"))
    }
}

quantity_as_text!(Chance, CHANCE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_from_0_to_1() {
        assert_eq!("0.1%".parse(), Ok(Chance::from_p(0.001)));
        assert_eq!("100%".parse(), Ok(Chance::ALWAYS));
        assert_eq!(Chance::from_p(f64::NAN), Chance::NEVER);
        assert_eq!(Chance::from_p(7.0), Chance::ALWAYS);
    }
}
