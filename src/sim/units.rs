//! Quantities with units, as scenario files write them: durations, rates, sizes and chances.
//!
//! Each is a `Copy` newtype whose text form carries its unit (`"150ms"`, `"2000/s"`, `"64KiB"`, `"0.1%"`), so that no
//! reader guesses one. Parsing is exact: a text that cannot be held exactly, or does not fit, is an error, never a
//! rounding. `Display` prints a shortest form that parses back to the same value. Error texts are short sentences made to
//! stand in a diagnostic.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A span of virtual time in whole nanoseconds, at most about 584 years. Text: `"10us"`, `"1.5s"`, `"7d"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

/// How often something happens, per second; finite and not negative. Text: `"2000/s"`, `"3/m"`, `"0.5/d"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// A number of bytes. Text: `"100B"`, `"64KiB"` (1024), `"64kB"` (1000).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

/// A probability from 0 to 1. Text: `"0.1%"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Chance(f64);

const SECOND_NS: u64 = 1_000_000_000;

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

/// What follows the slash of a rate, in seconds; in the order in which `Display` prefers them.
const RATE_UNITS: [(&str, f64); 4] = [("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)];

/// Units of size in bytes, largest first.
const SIZE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

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

impl Size {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// From bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// From KiB (1024 bytes); stops at the largest size.
    pub const fn from_kib(kib: u64) -> Self {
        Self(kib.saturating_mul(1 << 10))
    }

    /// From MiB (1024 KiB); stops at the largest size.
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1 << 20))
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

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

/// One kind of quantity: what error texts call it and how it is written.
struct Kind {
    name: &'static str,
    example: &'static str,
    units: &'static str,
}

const DURATION: Kind = Kind {
    name: "a duration",
    example: "\"5ms\", \"2s\"",
    units: "ns, us, ms, s, m, h or d",
};
const RATE: Kind = Kind {
    name: "a rate",
    example: "\"2000/s\", \"3/m\"",
    units: "/s, /m, /h or /d",
};
const SIZE: Kind = Kind {
    name: "a size",
    example: "\"64KiB\", \"100B\"",
    units: "B, KiB, MiB, GiB or TiB (1024), kB, MB, GB or TB (1000)",
};
const CHANCE: Kind = Kind {
    name: "a chance",
    example: "\"0.1%\", \"50%\"",
    units: "%",
};

impl Kind {
    /// Splits a text into its number (`digits[.digits]`) and its unit, which is not empty.
    fn split<'a>(&self, text: &'a str) -> Result<(Decimal<'a>, &'a str), String> {
        let text = text.trim();
        let name = self.name;
        if text.starts_with('-') && text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.')
        {
            return Err(format!("{name} cannot be negative"));
        }
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = (&text[..end], text[end..].trim_start());
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let broken = whole.is_empty() || fraction.contains('.') || number.ends_with('.');
        if broken {
            return Err(format!(
                "{} is not {name}: write it like {}",
                quoted(text),
                self.example
            ));
        }
        if unit.is_empty() {
            return Err(self.needs_unit());
        }
        Ok((
            Decimal {
                number,
                whole,
                fraction: fraction.trim_end_matches('0'),
            },
            unit,
        ))
    }

    fn needs_unit(&self) -> String {
        format!("{} needs a unit: {}", self.name, self.example)
    }

    fn unknown_unit(&self, unit: &str) -> String {
        format!(
            "unknown unit {} in {}: write {}",
            quoted(unit),
            self.name,
            self.units
        )
    }
}

/// A text in quotes for a message, cut where it is long.
fn quoted(text: &str) -> String {
    if text.chars().count() <= 24 {
        format!("{text:?}")
    } else {
        let head: String = text.chars().take(21).collect();
        format!("{:?}", head + "...")
    }
}

/// A decimal number as text: `number` is all of it, `fraction` without its trailing zeros.
#[derive(Clone, Copy)]
struct Decimal<'a> {
    number: &'a str,
    whole: &'a str,
    fraction: &'a str,
}

/// Why a decimal number of units is no integer.
enum Inexact {
    TooLarge,
    TooFine,
}

impl Decimal<'_> {
    /// This number times `unit`, if that is an integer that fits.
    fn times(self, unit: u64) -> Result<u64, Inexact> {
        let whole = digits(self.whole).ok_or(Inexact::TooLarge)?;
        let whole = whole
            .checked_mul(u128::from(unit))
            .ok_or(Inexact::TooLarge)?;
        let mut part = 0;
        if !self.fraction.is_empty() {
            let places = u32::try_from(self.fraction.len()).map_err(|_| Inexact::TooFine)?;
            let scale = 10_u128.checked_pow(places).ok_or(Inexact::TooFine)?;
            let scaled = digits(self.fraction)
                .and_then(|fraction| fraction.checked_mul(u128::from(unit)))
                .ok_or(Inexact::TooFine)?;
            if scaled % scale != 0 {
                return Err(Inexact::TooFine);
            }
            part = scaled / scale;
        }
        whole
            .checked_add(part)
            .and_then(|sum| u64::try_from(sum).ok())
            .ok_or(Inexact::TooLarge)
    }
}

/// The value of a string of ASCII digits, if it fits.
fn digits(text: &str) -> Option<u128> {
    let text = text.trim_start_matches('0');
    if text.is_empty() {
        Some(0)
    } else {
        text.parse().ok()
    }
}

/// `value / unit` in decimal, if it is at least one (or `value` is 0) and ends within twelve places.
fn in_units(value: u64, unit: u64) -> Option<String> {
    let (whole, mut rest) = (value / unit, value % unit);
    if whole == 0 && rest != 0 {
        return None;
    }
    let mut text = whole.to_string();
    if rest != 0 {
        text.push('.');
    }
    for _ in 0..12 {
        if rest == 0 {
            return Some(text);
        }
        // Below 10 × 2^47 (a day in nanoseconds): no overflow.
        rest *= 10;
        text.push(char::from(b'0' + (rest / unit) as u8));
        rest %= unit;
    }
    (rest == 0).then_some(text)
}

/// The shortest exact text of `value`; of equally short ones that with the earlier (larger) unit.
fn shortest(value: u64, units: &[(&'static str, u64)], zero: &'static str) -> String {
    if value == 0 {
        return zero.to_owned();
    }
    units
        .iter()
        .filter_map(|&(name, unit)| in_units(value, unit).map(|number| number + name))
        .min_by_key(String::len)
        .unwrap_or_default()
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

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = SIZE.split(text)?;
        let &(_, bytes) = SIZE_UNITS
            .iter()
            .find(|(known, _)| *known == unit)
            .ok_or_else(|| SIZE.unknown_unit(unit))?;
        number.times(bytes).map(Self).map_err(|why| match why {
            Inexact::TooLarge => "a size is at most 16777215TiB".to_owned(),
            Inexact::TooFine => "a size is a whole number of bytes".to_owned(),
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shortest(self.0, &SIZE_UNITS, "0B"))
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

/// Serde through the text form; a bare number is an error that says what to write.
macro_rules! serde_as_text {
    ($type:ty, $kind:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{} with a unit: {}", $kind.name, $kind.example)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }

                    fn visit_u64<E: de::Error>(self, _: u64) -> Result<$type, E> {
                        Err(E::custom($kind.needs_unit()))
                    }

                    fn visit_i64<E: de::Error>(self, _: i64) -> Result<$type, E> {
                        Err(E::custom($kind.needs_unit()))
                    }

                    fn visit_f64<E: de::Error>(self, _: f64) -> Result<$type, E> {
                        Err(E::custom($kind.needs_unit()))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

serde_as_text!(Duration, DURATION);
serde_as_text!(Rate, RATE);
serde_as_text!(Size, SIZE);
serde_as_text!(Chance, CHANCE);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn mistakes_say_what_to_write() {
        let error = |text: &str| duration(text).unwrap_err();
        assert_eq!(error("5"), "a duration needs a unit: \"5ms\", \"2s\"");
        assert_eq!(
            error("5sec"),
            "unknown unit \"sec\" in a duration: write ns, us, ms, s, m, h or d"
        );
        assert_eq!(
            error("soon"),
            "\"soon\" is not a duration: write it like \"5ms\", \"2s\""
        );
        assert_eq!(error("-5ms"), "a duration cannot be negative");
        assert_eq!(
            error("0.5ns"),
            "a duration is a whole number of nanoseconds"
        );
        assert_eq!(
            error("18446744073.709551616s"),
            "a duration is at most 584 years (18446744073s)"
        );
        assert_eq!(
            "101%".parse::<Chance>().unwrap_err(),
            "a chance is at most 100%"
        );
        assert_eq!(
            "5/week".parse::<Rate>().unwrap_err(),
            "unknown unit \"/week\" in a rate: write /s, /m, /h or /d"
        );
        for text in [
            "", ".", "1.", ".5s", "1..2s", "1.2.3s", "é", "-", "1e3s", "∞s",
        ] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_bare_number_in_a_file_is_a_mistake() {
        use serde::de::value::{Error, F64Deserializer, U64Deserializer};
        let number: U64Deserializer<Error> = de::IntoDeserializer::into_deserializer(5_u64);
        let error = Duration::deserialize(number).unwrap_err().to_string();
        assert_eq!(error, "a duration needs a unit: \"5ms\", \"2s\"");
        let number: F64Deserializer<Error> = de::IntoDeserializer::into_deserializer(0.5_f64);
        let error = Chance::deserialize(number).unwrap_err().to_string();
        assert_eq!(error, "a chance needs a unit: \"0.1%\", \"50%\"");
        assert_eq!(
            serde_json::from_str::<Size>("\"64KiB\"").unwrap(),
            Size::from_bytes(65_536)
        );
    }

    #[test]
    fn sizes_know_both_families() {
        let size = |text: &str| text.parse::<Size>().map(Size::bytes);
        assert_eq!(size("100B"), Ok(100));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("64kB"), Ok(64_000));
        assert_eq!(size("1.5MiB"), Ok(1_572_864));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("2TB"), Ok(2_000_000_000_000));
        assert!(size("0.3B").is_err());
        assert!(size("99999999TiB").is_err());
    }

    #[test]
    fn rates_and_chances() {
        assert_eq!("2000/s".parse(), Ok(Rate::from_per_s(2000.0)));
        assert_eq!("3/m".parse(), Ok(Rate::from_per_s(0.05)));
        assert_eq!("1/h".parse(), Ok(Rate::from_per_s(1.0 / 3600.0)));
        assert_eq!("0.1%".parse(), Ok(Chance::from_p(0.001)));
        assert_eq!("100%".parse(), Ok(Chance::ALWAYS));
        assert_eq!(Rate::from_per_s(f64::NAN), Rate::ZERO);
        assert_eq!(Chance::from_p(f64::NAN), Chance::NEVER);
        assert_eq!(Chance::from_p(7.0), Chance::ALWAYS);
    }

    #[test]
    fn display_is_what_a_person_writes() {
        for text in [
            "1.5s", "150ms", "500us", "3ns", "2m", "4h", "7d", "90s", "0s", "30s",
        ] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), text);
        }
        for text in ["64KiB", "32MiB", "100B", "1GiB", "1kB", "5MB", "0B"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["2000/s", "3/m", "1/h", "0.5/d", "0/s", "2.5/s"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in [
            "0.1%",
            "50%",
            "100%",
            "0%",
            "99.99%",
            "12.5%",
            "0.00000001%",
        ] {
            assert_eq!(text.parse::<Chance>().unwrap().to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(ns in any::<u64>(), shift in 0_u32..64, per_s in 0.0_f64..1e12, p in 0.0_f64..=1.0) {
            let duration = Duration::from_ns(ns >> shift);
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
            let size = Size::from_bytes(ns >> shift);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
            let rate = Rate::from_per_s(per_s);
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
            let chance = Chance::from_p(p);
            prop_assert_eq!(chance.to_string().parse(), Ok(chance));
        }

        #[test]
        fn no_text_panics(text in "\\PC*", number in "-?[0-9]{0,60}\\.?[0-9]{0,60}[a-zµ/%]{0,3}") {
            for text in [text, number] {
                let _ = text.parse::<Duration>();
                let _ = text.parse::<Rate>();
                let _ = text.parse::<Size>();
                let _ = text.parse::<Chance>();
            }
        }
    }
}
