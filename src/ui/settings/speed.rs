//! A speed, as people write it: `x5`, `5`, `max`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Virtual seconds per second: from 0.1 up, or as fast as the machine can.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Speed(f64);

impl Speed {
    /// As fast as the machine can.
    pub const MAX: Self = Self(f64::INFINITY);

    /// So many virtual seconds in a second; infinite for as fast as the machine can.
    pub fn times(self) -> f64 {
        self.0
    }

    /// The speed with so many virtual seconds in a second, if there is one.
    pub fn from_times(times: f64) -> Option<Self> {
        (times >= 0.1).then_some(Self(times))
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self(1.0)
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("max") {
            return Ok(Self::MAX);
        }
        let number = text.strip_prefix(['x', 'X']).unwrap_or(text);
        let number = number.strip_suffix(['x', 'X']).unwrap_or(number);
        match number.parse::<f64>() {
            Ok(n) if n >= 0.1 && n.is_finite() => Ok(Self(n)),
            _ => Err("write a number from 0.1 up, or max".to_owned()),
        }
    }
}

impl TryFrom<String> for Speed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("`{text}` is no speed: write \"x5\" or \"max\""))
    }
}

impl From<Speed> for String {
    fn from(speed: Speed) -> Self {
        if speed == Speed::MAX {
            "max".to_owned()
        } else {
            format!("x{}", speed.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["x0.1", "x1", "x2.5", "x1000000", "max"] {
            let speed: Speed = text.parse().expect("a speed");
            assert_eq!(String::from(speed), text);
        }
        for wrong in ["", "x", "0", "-1", "inf", "nan", "fast"] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }
}
