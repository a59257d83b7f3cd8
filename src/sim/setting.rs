//! Settings that can be changed while a system runs: which there are, and what they can be.
//!
//! Who has such settings lists them as [`Knob`]s of a [`Subject`] and answers to [`Change::Set`](super::Change::Set). So a
//! scenario is checked before it runs, and whoever intervenes can be offered what there is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::units::{Chance, Duration, Size};

/// What a setting can be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// A span of time.
    Duration {
        /// No shorter.
        least: Duration,
        /// No longer.
        most: Duration,
    },
    /// A whole number.
    Count {
        /// No less.
        least: u64,
        /// No more.
        most: u64,
    },
    /// A number of bytes.
    Size,
    /// A chance.
    Chance,
    /// On or off.
    Flag,
}

/// A setting that can be changed while the system runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Knob {
    /// What it is called, as in a scenario: `timeout`, `queue.limit`.
    pub name: &'static str,
    /// What it means, in a few words.
    pub what: &'static str,
    /// What it can be.
    pub kind: Kind,
    /// Whether it can be `None`: without such a limit.
    pub optional: bool,
}

impl Knob {
    /// One that always has a value.
    pub const fn new(name: &'static str, kind: Kind, what: &'static str) -> Self {
        Self {
            name,
            what,
            kind,
            optional: false,
        }
    }

    /// One that can be `None`.
    pub const fn optional(name: &'static str, kind: Kind, what: &'static str) -> Self {
        Self {
            optional: true,
            ..Self::new(name, kind, what)
        }
    }

    /// The value that somebody wrote.
    ///
    /// # Errors
    /// Why it cannot be that.
    pub fn read(&self, written: &Written) -> Result<Value, String> {
        let name = self.name;
        if *written == Written::None {
            let none = self.optional.then_some(Value::None);
            return none.ok_or_else(|| format!("`{name}` cannot be `None`"));
        }
        match (self.kind, written) {
            (Kind::Duration { least, most }, Written::Text(text)) => {
                let value: Duration = text.parse()?;
                within(name, value, least, most).map(Value::Duration)
            }
            (Kind::Size, Written::Text(text)) => text.parse().map(Value::Size),
            (Kind::Chance, Written::Text(text)) => text.parse().map(Value::Chance),
            (Kind::Count { least, most }, Written::Whole(n)) => {
                within(name, *n, least, most).map(Value::Count)
            }
            (Kind::Flag, Written::Flag(on)) => Ok(Value::Flag(*on)),
            (kind, _) => Err(format!("`{name}` is {kind}")),
        }
    }
}

fn within<T: PartialOrd + fmt::Display>(
    name: &str,
    value: T,
    least: T,
    most: T,
) -> Result<T, String> {
    if value < least || value > most {
        return Err(format!("`{name}` is from {least} to {most}, not {value}"));
    }
    Ok(value)
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duration { .. } => "a duration with a unit: \"5ms\", \"2s\"",
            Self::Count { .. } => "a whole number, 0 or more",
            Self::Size => "a size with a unit: \"64KiB\", \"100B\"",
            Self::Chance => "a chance with a unit: \"0.1%\", \"50%\"",
            Self::Flag => "`true` or `false`",
        })
    }
}

/// What a setting is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value {
    /// Nothing: no such limit.
    None,
    /// A span of time.
    Duration(Duration),
    /// A whole number.
    Count(u64),
    /// A number of bytes.
    Size(Size),
    /// A chance.
    Chance(Chance),
    /// On or off.
    Flag(bool),
}

impl Value {
    /// As a span of time, if it is one.
    pub fn duration(self) -> Option<Duration> {
        match self {
            Self::Duration(value) => Some(value),
            _ => None,
        }
    }

    /// As a whole number, if it is one.
    pub fn count(self) -> Option<u32> {
        match self {
            Self::Count(n) => Some(u32::try_from(n).unwrap_or(u32::MAX)),
            _ => None,
        }
    }

    /// As a number of bytes, if it is one.
    pub fn size(self) -> Option<Size> {
        match self {
            Self::Size(value) => Some(value),
            _ => None,
        }
    }

    /// As a chance, if it is one.
    pub fn chance(self) -> Option<Chance> {
        match self {
            Self::Chance(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self == Self::Flag(true)
    }
}

macro_rules! values {
    ($($type:ty => $name:ident,)*) => {
        $(
            impl From<$type> for Value {
                fn from(value: $type) -> Self {
                    Self::$name(value)
                }
            }

            impl From<Option<$type>> for Value {
                fn from(value: Option<$type>) -> Self {
                    value.map_or(Self::None, Self::$name)
                }
            }
        )*
    };
}

values! {
    Duration => Duration,
    u64 => Count,
    Size => Size,
    Chance => Chance,
    bool => Flag,
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Count(u64::from(n))
    }
}

impl From<Option<u32>> for Value {
    fn from(n: Option<u32>) -> Self {
        n.map_or(Self::None, Self::from)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Duration(value) => value.fmt(f),
            Self::Count(n) => n.fmt(f),
            Self::Size(value) => value.fmt(f),
            Self::Chance(value) => value.fmt(f),
            Self::Flag(on) => on.fmt(f),
        }
    }
}

/// A value as somebody wrote it, before it is known what it is to be.
#[derive(Clone, PartialEq, Debug)]
pub enum Written {
    /// `"2s"`.
    Text(String),
    /// `3`.
    Whole(u64),
    /// `0.5` or `-1`: no setting is such a number.
    Number(f64),
    /// `true`.
    Flag(bool),
    /// `None`.
    None,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Whole(n) => n.fmt(f),
            Self::Number(n) => n.fmt(f),
            Self::Flag(on) => on.fmt(f),
            Self::None => f.write_str("None"),
        }
    }
}

/// As somebody types it: without quotes.
impl FromStr for Written {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        Ok(match text {
            "None" => Self::None,
            "true" => Self::Flag(true),
            "false" => Self::Flag(false),
            _ => text
                .parse()
                .map_or_else(|_| Self::Text(text.to_owned()), Self::Whole),
        })
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Whole(n) => serializer.serialize_u64(*n),
            Self::Number(n) => serializer.serialize_f64(*n),
            Self::Flag(on) => serializer.serialize_bool(*on),
            Self::None => serializer.serialize_none(),
        }
    }
}

struct WrittenVisitor;

impl de::Visitor<'_> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity in quotes, a whole number, `true`, `false` or `None`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
        Ok(Written::Text(text.to_owned()))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Written, E> {
        Ok(Written::Whole(n))
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<Written, E> {
        let whole = u64::try_from(n).map(Written::Whole);
        Ok(whole.unwrap_or(Written::Number(n as f64)))
    }

    fn visit_f64<E: de::Error>(self, n: f64) -> Result<Written, E> {
        Ok(Written::Number(n))
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<Written, E> {
        Ok(Written::Flag(on))
    }

    fn visit_none<E: de::Error>(self) -> Result<Written, E> {
        Ok(Written::None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Written, E> {
        Ok(Written::None)
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

/// What has settings that can be changed while it runs: a system, a part of one, a workload.
#[derive(Clone, PartialEq, Debug)]
pub struct Subject {
    /// What it is called: `payment`, `events/orders`, `orders>payment` (how `orders` calls `payment`).
    pub name: String,
    /// Its settings.
    pub knobs: &'static [Knob],
}

impl Subject {
    /// A setting of a subject among others.
    pub fn find<'a>(all: &'a [Self], of: &str, setting: &str) -> Option<&'a Knob> {
        let subject = all.iter().find(|s| s.name == of)?;
        subject.knobs.iter().find(|k| k.name == setting)
    }
}
