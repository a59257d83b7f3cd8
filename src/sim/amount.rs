//! A number with its unit: what a metric is, and what an expectation compares it with.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::units::{Chance, Duration, Rate, Size};

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Things: messages, times, nodes.
    Count,
    /// Nanoseconds of virtual time.
    #[serde(rename = "ns")]
    Time,
    /// Things per second of virtual time.
    #[serde(rename = "per_s")]
    Rate,
    /// A part of a whole, from 0 to 1.
    Ratio,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// Its name in files: `count`, `ns`, `per_s`, `ratio`, `bytes`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Time => "ns",
            Self::Rate => "per_s",
            Self::Ratio => "ratio",
            Self::Bytes => "bytes",
        }
    }

    /// How a scenario writes an amount of it.
    pub fn example(self) -> &'static str {
        match self {
            Self::Count => "1000",
            Self::Time => "\"15s\"",
            Self::Rate => "\"1000/s\"",
            Self::Ratio => "\"5%\"",
            Self::Bytes => "\"64KiB\"",
        }
    }
}

/// A number with its unit. `Display` is for people and rounds to three digits; [`Amount::value`] is exact.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Amount {
    /// The number, in the unit's own measure.
    pub value: f64,
    /// What it counts.
    pub unit: Unit,
}

impl Amount {
    /// So many things.
    pub fn count(count: u64) -> Self {
        Self::new(count as f64, Unit::Count)
    }

    /// So long, ns.
    pub fn time(ns: u64) -> Self {
        Self::new(ns as f64, Unit::Time)
    }

    /// So often.
    pub fn rate(per_s: f64) -> Self {
        Self::new(per_s, Unit::Rate)
    }

    /// Any.
    pub fn new(value: f64, unit: Unit) -> Self {
        Self { value, unit }
    }

    /// Reads the text of a scenario: `15s`, `1000/s`, `5%`, `64KiB`, `12`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(number) = text.parse::<f64>()
            && number.is_finite()
        {
            return Ok(Self::new(number, Unit::Count));
        }
        if text.contains('/') {
            return Ok(Self::rate(text.parse::<Rate>()?.per_s()));
        }
        if text.ends_with('%') {
            return Ok(Self::new(text.parse::<Chance>()?.p(), Unit::Ratio));
        }
        if text.ends_with('B') {
            let bytes = text.parse::<Size>()?.bytes();
            return Ok(Self::new(bytes as f64, Unit::Bytes));
        }
        Ok(Self::time(text.parse::<Duration>()?.ns()))
    }

    /// As a scenario writes it.
    fn text(self) -> String {
        match self.unit {
            Unit::Count => self.value.to_string(),
            Unit::Time => Duration::from_ns(self.value as u64).to_string(),
            Unit::Rate => Rate::from_per_s(self.value).to_string(),
            Unit::Ratio => Chance::from_p(self.value).to_string(),
            Unit::Bytes => Size::from_bytes(self.value as u64).to_string(),
        }
    }
}

/// A number with three digits that count, but all digits before the point.
fn three(value: f64) -> String {
    let magnitude = value.abs();
    let places = if magnitude >= 99.95 || magnitude == 0.0 {
        0
    } else if magnitude >= 9.995 {
        1
    } else {
        2
    };
    let text = format!("{value:.places$}");
    if places > 0 {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Digits in groups of three: `31,877`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time for people: `2.08s`, `18ms`, `450us`; minutes only as seconds, so that columns compare.
pub fn short_time(ns: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "us")];
    for (size, unit) in units {
        // What would round up to a thousand of one unit is one of the next.
        if ns >= size * 0.9995 {
            return three(ns / size) + unit;
        }
    }
    if ns == 0.0 {
        "0s".to_owned()
    } else {
        three(ns) + "ns"
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        let text = match self.unit {
            Unit::Time => short_time(value),
            Unit::Count if value == libm::trunc(value) && (0.0..1e18).contains(&value) => {
                grouped(value as u64)
            }
            Unit::Count => three(value),
            Unit::Rate if value >= 999.5 => grouped(libm::round(value) as u64) + "/s",
            Unit::Rate => three(value) + "/s",
            Unit::Ratio => three(value * 100.0) + "%",
            Unit::Bytes => Size::from_bytes(value as u64).to_string(),
        };
        f.pad(&text)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value;
        if self.unit == Unit::Count && libm::trunc(value) == value && value.abs() < 9e15 {
            // A count is written as one: 1, not 1.0.
            serializer.serialize_i64(value as i64)
        } else if self.unit == Unit::Count {
            serializer.serialize_f64(value)
        } else {
            serializer.serialize_str(&self.text())
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a text with a unit like \"15s\", \"1000/s\" or \"5%\"")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
                Ok(Amount::count(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
                Ok(Amount::new(number as f64, Unit::Count))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Amount, E> {
                Ok(Amount::new(number, Unit::Count))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                Amount::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_three_digits() {
        let time = |ns: u64| Amount::time(ns).to_string();
        assert_eq!(time(2_080_000_000), "2.08s");
        assert_eq!(time(18_000_000), "18ms");
        assert_eq!(time(999_999_999), "1s");
        assert_eq!(time(450_123), "450us");
        assert_eq!(time(7), "7ns");
        assert_eq!(time(0), "0s");
        assert_eq!(time(90_000_000_000), "90s");
        assert_eq!(Amount::count(31_877).to_string(), "31,877");
        assert_eq!(Amount::new(1.5, Unit::Count).to_string(), "1.5");
        assert_eq!(Amount::rate(1999.7).to_string(), "2,000/s");
        assert_eq!(Amount::rate(40.26).to_string(), "40.3/s");
        assert_eq!(Amount::new(0.0512, Unit::Ratio).to_string(), "5.12%");
    }

    #[test]
    fn scenarios_write_units() {
        assert_eq!(Amount::parse("15s"), Ok(Amount::time(15_000_000_000)));
        assert_eq!(Amount::parse("1000/s"), Ok(Amount::rate(1000.0)));
        assert_eq!(Amount::parse("5%"), Ok(Amount::new(0.05, Unit::Ratio)));
        assert_eq!(
            Amount::parse("64KiB"),
            Ok(Amount::new(65_536.0, Unit::Bytes))
        );
        assert_eq!(Amount::parse("12"), Ok(Amount::count(12)));
        assert!(Amount::parse("12 apples").is_err());
        let amounts: Vec<Amount> = ron::from_str("[3, 1.5, \"2s\"]").unwrap();
        let written = ron::to_string(&amounts).unwrap();
        assert_eq!(ron::from_str::<Vec<Amount>>(&written).unwrap(), amounts);
    }
}
