//! Quantities of wrong clocks: an offset with a sign, and a drift.

use std::fmt;

use super::units::Duration;
use super::units::text::{Written, serde_as_text};

/// A signed span of time, ns. Text: `"-5ms"`, `"2s"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offset(i64);

/// How much faster than true time a clock runs, in billionths; negative: slower. Text: `"50ppm"`, `"-200us/s"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drift(i64);

impl Offset {
    /// So many nanoseconds.
    pub const fn from_ns(ns: i64) -> Self {
        Self(ns)
    }

    /// In nanoseconds.
    pub const fn ns(self) -> i64 {
        self.0
    }
}

/// A clock that runs faster or slower than this by itself is no clock: half and double speed.
const DRIFT_MAX_PPB: i64 = 500_000_000;

impl Drift {
    /// So many billionths.
    pub const fn from_ppb(ppb: i64) -> Self {
        Self(ppb)
    }

    /// In billionths.
    pub const fn ppb(self) -> i64 {
        self.0
    }
}

fn sign(text: &str) -> (i64, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn signed_ns(text: &str) -> Result<i64, String> {
    let (sign, rest) = sign(text);
    let duration = rest.parse::<Duration>()?;
    let ns = i64::try_from(duration.ns()).map_err(|_| format!("`{text}` is too long"))?;
    Ok(sign * ns)
}

impl std::str::FromStr for Offset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        signed_ns(text.trim()).map(Self)
    }
}

impl std::str::FromStr for Drift {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let help = || format!("`{text}` is not a drift: write \"50ppm\" or \"-200us/s\"");
        let ppb = if let Some(number) = text.strip_suffix("ppm") {
            let ppm: f64 = number.trim().parse().map_err(|_| help())?;
            if !ppm.is_finite() || ppm.abs() > 1e6 {
                return Err(help());
            }
            (ppm * 1000.0) as i64
        } else {
            let per_second = text.strip_suffix("/s").ok_or_else(help)?;
            signed_ns(per_second).map_err(|_| help())?
        };
        if ppb.abs() > DRIFT_MAX_PPB {
            return Err(format!(
                "a clock cannot drift by `{text}`: at most 500ms/s either way"
            ));
        }
        Ok(Self(ppb))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minus = if self.0 < 0 { "-" } else { "" };
        write!(f, "{minus}{}", Duration::from_ns(self.0.unsigned_abs()))
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Offset(self.0))
    }
}

impl Written for Offset {
    fn expected() -> String {
        "a span of time with a sign, like \"-5ms\"".to_owned()
    }
}

impl Written for Drift {
    fn expected() -> String {
        "a drift, like \"50ppm\" or \"-200us/s\"".to_owned()
    }
}

serde_as_text!(Offset);
serde_as_text!(Drift);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_drifts_read_with_a_sign() {
        assert_eq!("-5ms".parse(), Ok(Offset(-5_000_000)));
        assert_eq!("+2s".parse(), Ok(Offset(2_000_000_000)));
        assert_eq!("50ppm".parse(), Ok(Drift(50_000)));
        assert_eq!("-200us/s".parse(), Ok(Drift(-200_000)));
        assert!("5".parse::<Offset>().is_err());
        assert!("5ms".parse::<Drift>().is_err());
        assert!("600ms/s".parse::<Drift>().is_err());
        assert_eq!(Offset(-5_000_000).to_string(), "-5ms");
        assert_eq!(Drift(-200_000).to_string(), "-200us/s");
    }
}
