//! How a mistake travels through serde to the reader.

use serde::de::{Expected, Unexpected};

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::syntax::ast::NodeId;

/// What stopped a reading.
#[derive(Debug)]
pub enum Error {
    /// This value cannot be had; without a mistake if that has been reported (or belongs to another value).
    Poison {
        /// The value.
        node: NodeId,
        /// The mistake.
        mistake: Option<Box<Diagnostic>>,
    },
    /// This struct lacks a field; without a mistake if its value is there but cannot be read, which has been reported.
    Hole {
        /// The struct.
        node: NodeId,
        /// The field.
        field: &'static str,
        /// The mistake.
        mistake: Option<Box<Diagnostic>>,
    },
    /// A mistake of which only the kind is known yet; the next value on its way out is where it happened.
    Loose(Loose),
}

/// A mistake without a place.
#[derive(Debug)]
pub enum Loose {
    /// What settings say themselves.
    Custom(String),
    /// The value is not what is expected.
    Mismatch {
        /// What is expected, in serde's words or the visitor's.
        expected: String,
    },
    /// A required field is absent.
    Missing(&'static str),
    /// A name that is not known.
    Unknown {
        /// The name.
        name: String,
        /// The known ones.
        known: &'static [&'static str],
    },
    /// It could not be, for a reason that is already known.
    Silent,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Poison {
                mistake: Some(mistake),
                ..
            }
            | Self::Hole {
                mistake: Some(mistake),
                ..
            } => f.write_str(&mistake.message),
            Self::Loose(Loose::Custom(message)) => f.write_str(message),
            Self::Loose(Loose::Mismatch { expected }) => write!(f, "expected {expected}"),
            Self::Loose(Loose::Missing(field)) => write!(f, "`{field}` is missing"),
            Self::Loose(Loose::Unknown { name, .. }) => write!(f, "unknown name `{name}`"),
            Self::Poison { mistake: None, .. }
            | Self::Hole { mistake: None, .. }
            | Self::Loose(Loose::Silent) => f.write_str("unreadable value"),
        }
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Loose(Loose::Custom(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Loose(Loose::Mismatch {
            expected: expected.to_string(),
        })
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Loose(Loose::Mismatch {
            expected: expected.to_string(),
        })
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::Loose(Loose::Mismatch {
            expected: expected.to_string(),
        })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::Loose(Loose::Unknown {
            name: variant.to_owned(),
            known: expected,
        })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::Loose(Loose::Unknown {
            name: field.to_owned(),
            known: expected,
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Loose(Loose::Missing(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Loose(Loose::Custom(format!("`{field}` is given twice")))
    }
}
