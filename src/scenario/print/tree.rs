//! From settings to a tree of what is to be written.

use std::fmt::Display;

use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};

/// A value to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A number, a text, a name: nothing within.
    Atom(String),
    /// `[…]`, `Name(…)`, `{…}`.
    Nest {
        /// What stands before the first part, with the bracket: `Kafka(`.
        open: String,
        /// The parts.
        parts: Vec<Part>,
        /// The closing bracket.
        close: char,
    },
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What stands before its value: `name: `.
    pub before: String,
    /// Its value.
    pub value: Tree,
    /// Comments that stand above it, a paragraph each.
    pub notes: Vec<String>,
}

impl Part {
    pub(super) fn new(before: String, value: Tree) -> Self {
        Self {
            before,
            value,
            notes: Vec::new(),
        }
    }

    /// The name of the field, if it is one.
    pub fn name(&self) -> Option<&str> {
        self.before.strip_suffix(": ")
    }
}

/// The tree of a value.
pub(super) fn tree<T: Serialize + ?Sized>(value: &T) -> Result<Tree, Refused> {
    value.serialize(Writer)
}

/// A value that does not want to be written.
#[derive(Debug)]
pub(super) struct Refused(String);

impl Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl serde::ser::Error for Refused {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Done = Result<Tree, Refused>;

#[allow(clippy::unnecessary_wraps, reason = "what serde wants")]
fn atom(text: impl Display) -> Done {
    Ok(Tree::Atom(text.to_string()))
}

/// A text in quotes, with the escapes that RON knows.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

struct Writer;

/// The parts of a value, one after the other.
#[allow(clippy::struct_field_names, reason = "as in the tree")]
struct Parts {
    open: String,
    close: char,
    parts: Vec<Part>,
}

impl Parts {
    fn new(open: impl Into<String>, close: char) -> Self {
        Self {
            open: open.into(),
            close,
            parts: Vec::new(),
        }
    }

    fn add<T: Serialize + ?Sized>(&mut self, before: String, value: &T) -> Result<(), Refused> {
        self.parts.push(Part::new(before, tree(value)?));
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, reason = "what serde wants")]
    fn done(self) -> Done {
        let Self { open, close, parts } = self;
        Ok(Tree::Nest { open, parts, close })
    }
}

macro_rules! atoms {
    ($($method:ident($type:ty) $write:expr;)*) => {
        $(fn $method(self, value: $type) -> Done {
            let write: fn($type) -> String = $write;
            atom(write(value))
        })*
    };
}

impl Serializer for Writer {
    type Ok = Tree;
    type Error = Refused;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    atoms! {
        serialize_bool(bool) |v| v.to_string();
        serialize_i8(i8) |v| v.to_string();
        serialize_i16(i16) |v| v.to_string();
        serialize_i32(i32) |v| v.to_string();
        serialize_i64(i64) |v| v.to_string();
        serialize_u8(u8) |v| v.to_string();
        serialize_u16(u16) |v| v.to_string();
        serialize_u32(u32) |v| v.to_string();
        serialize_u64(u64) |v| v.to_string();
        serialize_f32(f32) |v| format!("{v:?}");
        serialize_f64(f64) |v| format!("{v:?}");
        serialize_char(char) |v| format!("'{}'", v.escape_default());
        serialize_str(&str) quoted;
        serialize_bytes(&[u8]) |v| format!("b\"{}\"", v.escape_ascii());
    }

    fn serialize_none(self) -> Done {
        atom("None")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        tree(value)
    }

    fn serialize_unit(self) -> Done {
        atom("()")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        atom("()")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        atom(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        tree(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        match tree(value)? {
            // `Kafka(name: …)`, not `Kafka((name: …))`.
            Tree::Nest { open, parts, close } if open == "(" => {
                let open = format!("{variant}(");
                Ok(Tree::Nest { open, parts, close })
            }
            other => Ok(Tree::Nest {
                open: format!("{variant}("),
                parts: vec![Part::new(String::new(), other)],
                close: ')',
            }),
        }
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Refused> {
        Ok(Parts::new("[", ']'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts, Refused> {
        Ok(Parts::new("(", ')'))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, Refused> {
        Ok(Parts::new("(", ')'))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Refused> {
        Ok(Parts::new(format!("{variant}("), ')'))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts, Refused> {
        Ok(Parts::new("{", '}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts, Refused> {
        Ok(Parts::new("(", ')'))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts, Refused> {
        Ok(Parts::new(format!("{variant}("), ')'))
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident),*) => {
        $(impl $trait for Parts {
            type Ok = Tree;
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.add(String::new(), value)
            }

            fn end(self) -> Done {
                self.done()
            }
        })*
    };
}

elements!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

macro_rules! fields {
    ($($trait:ident),*) => {
        $(impl $trait for Parts {
            type Ok = Tree;
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
                self.add(format!("{name}: "), value)
            }

            fn end(self) -> Done {
                self.done()
            }
        })*
    };
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Parts {
    type Ok = Tree;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        let key = super::layout::on_one_line(&tree(key)?);
        let place = Tree::Atom(String::new());
        self.parts.push(Part::new(format!("{key}: "), place));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        if let Some(part) = self.parts.last_mut() {
            part.value = tree(value)?;
        }
        Ok(())
    }

    fn end(self) -> Done {
        self.done()
    }
}
