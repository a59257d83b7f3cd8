//! How often something happens.

use std::fmt;
use std::str::FromStr;

use super::SECOND_NS;
use super::number::Kind;
use super::text::quantity_as_text;

/// How often something happens, per second; finite and not negative. Text: `"2000/s"`, `"3/m"`, `"0.5/d"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// What follows the slash of a rate, in seconds; in the order in which `Display` prefers them.
const RATE_UNITS: [(&str, f64); 4] = [("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)];

const RATE: Kind = Kind {
    name: "a rate",
    example: "\"2000/s\", \"3/m\"",
    units: "/s, /m, /h or /d",
};

impl Rate {
    /// Never.
    pub const ZERO: Self = Self(0.0);

    /// From a number per second. What is no rate (negative, infinite, not a number) becomes [`Rate::ZERO`].
    pub const fn from_per_s(per_s: f64) -> Self {
        if per_s.is_finite() && per_s > 0.0 {
            Self(per_s)
        } else {
            Self::ZERO
        }
    }

    /// How many per second.
    pub const fn per_s(self) -> f64 {
        self.0
    }

    /// The mean gap between two in nanoseconds; infinite for [`Rate::ZERO`].
    pub fn gap_ns(self) -> f64 {
        SECOND_NS as f64 / self.0
    }

    /// Whether it never happens.
    pub const fn is_zero(self) -> bool {
        self.0 == 0.0
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = RATE.split(text)?;
        let name = unit
            .strip_prefix('/')
            .ok_or_else(|| RATE.unknown_unit(unit))?
            .trim_start();
        let &(_, seconds) = RATE_UNITS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| RATE.unknown_unit(unit))?;
        let per_s = number.number.parse::<f64>().unwrap_or(f64::INFINITY) / seconds;
        if per_s.is_finite() {
            Ok(Self(per_s))
        } else {
            Err("a rate this large is not supported".to_owned())
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = RATE_UNITS
            .iter()
            .filter_map(|(name, seconds)| {
                // Only a number that comes back as the same rate will do: division rounds.
                let number = self.0 * seconds;
                (number.is_finite() && number / seconds == self.0)
                    .then(|| format!("{number}/{name}"))
            })
            .min_by_key(String::len)
            .unwrap_or_default();
        f.pad(&text)
    }
}

quantity_as_text!(Rate, RATE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_per_second_inside() {
        assert_eq!("2000/s".parse(), Ok(Rate::from_per_s(2000.0)));
        assert_eq!("3/m".parse(), Ok(Rate::from_per_s(0.05)));
        assert_eq!("1/h".parse(), Ok(Rate::from_per_s(1.0 / 3600.0)));
        assert_eq!(Rate::from_per_s(f64::NAN), Rate::ZERO);
    }
}
