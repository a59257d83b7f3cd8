//! Serde through a text form, for quantities that are written with a unit.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, Unexpected, Visitor};

/// A type that a file holds as text.
pub(in crate::sim) trait Written: FromStr<Err = String> {
    /// What should stand in the file, as a diagnostic names it.
    fn expected() -> String;

    /// What to say to a bare number, where that is more than that it is no text.
    fn bare_number() -> Option<String> {
        None
    }
}

/// Reads a [`Written`] type.
pub(in crate::sim) struct Text<T>(PhantomData<T>);

impl<T> Text<T> {
    pub(in crate::sim) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Written> Text<T> {
    fn number<E: de::Error>(&self, found: Unexpected<'_>) -> E {
        let bare = T::bare_number().map(E::custom);
        bare.unwrap_or_else(|| E::invalid_type(found, self))
    }
}

impl<T: Written> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&T::expected())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        Err(self.number(Unexpected::Unsigned(number)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Err(self.number(Unexpected::Signed(number)))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        Err(self.number(Unexpected::Float(number)))
    }
}

/// Writes a [`Written`] type as its `Display` does, and reads it as its `FromStr` does.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::sim::units::text::Text::<$type>::new())
            }
        }
    };
}

/// A quantity with a unit; a bare number is an error that says what to write.
macro_rules! quantity_as_text {
    ($type:ty, $kind:expr) => {
        impl $crate::sim::units::text::Written for $type {
            fn expected() -> String {
                format!("{} with a unit: {}", $kind.name, $kind.example)
            }

            fn bare_number() -> Option<String> {
                Some($kind.needs_unit())
            }
        }

        $crate::sim::units::text::serde_as_text!($type);
    };
}

pub(super) use quantity_as_text;
pub(in crate::sim) use serde_as_text;
