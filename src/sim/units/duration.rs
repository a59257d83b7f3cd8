//! Spans of virtual time.

use std::fmt;
use std::str::FromStr;

use super::SECOND_NS;
use super::number::{Inexact, Kind, shortest};
use super::text::quantity_as_text;

/// A span of virtual time in whole nanoseconds, at most about 584 years. Text: `"10us"`, `"1.5s"`, `"7d"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

/// Units of time in nanoseconds, longest first.
const TIME_UNITS: [(&str, u64); 7] = [
    ("d", 86_400 * SECOND_NS),
    ("h", 3_600 * SECOND_NS),
    ("m", 60 * SECOND_NS),
    ("s", SECOND_NS),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const DURATION: Kind = Kind {
    name: "a duration",
    example: "\"5ms\", \"2s\"",
    units: "ns, us, ms, s, m, h or d",
};

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest duration, about 584 years.
    pub const MAX: Self = Self(u64::MAX);

    /// From nanoseconds.
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// From microseconds; stops at [`Duration::MAX`].
    pub const fn from_us(us: u64) -> Self {
        Self(us.saturating_mul(1_000))
    }

    /// From milliseconds; stops at [`Duration::MAX`].
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// From seconds; stops at [`Duration::MAX`].
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(SECOND_NS))
    }

    /// In nanoseconds.
    pub const fn ns(self) -> u64 {
        self.0
    }

    /// In seconds, rounded to a float.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / SECOND_NS as f64
    }

    /// Whether this is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = DURATION.split(text)?;
        let name = if unit == "µs" || unit == "μs" {
            "us"
        } else {
            unit
        };
        let &(_, unit_ns) = TIME_UNITS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| DURATION.unknown_unit(unit))?;
        number.times(unit_ns).map(Self).map_err(|why| match why {
            Inexact::TooLarge => "a duration is at most 584 years (18446744073s)".to_owned(),
            Inexact::TooFine => "a duration is a whole number of nanoseconds".to_owned(),
        })
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shortest(self.0, &TIME_UNITS, "0s"))
    }
}

quantity_as_text!(Duration, DURATION);

#[cfg(test)]
mod tests {
    use super::*;

    fn duration(text: &str) -> Result<u64, String> {
        text.parse().map(Duration::ns)
    }

    #[test]
    fn durations_are_exact() {
        assert_eq!(duration("3ns"), Ok(3));
        assert_eq!(duration("10us"), Ok(10_000));
        assert_eq!(duration("10µs"), Ok(10_000));
        assert_eq!(duration("1.5s"), Ok(1_500_000_000));
        assert_eq!(duration("0.1ms"), Ok(100_000));
        assert_eq!(duration("2m"), Ok(120_000_000_000));
        assert_eq!(duration("4h"), Ok(14_400_000_000_000));
        assert_eq!(duration("7d"), Ok(604_800_000_000_000));
        // 0.1 s and 1.1 s have no exact float; the integer must be exact all the same.
        assert_eq!(duration("18446744073.709551615s"), Ok(u64::MAX));
        assert_eq!(duration("1.100000000000000000000s"), Ok(1_100_000_000));
    }
}
