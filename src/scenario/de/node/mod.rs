//! A value of the tree as serde's deserializer.

mod mistakes;
mod parts;

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::scenario::source::Span;
use crate::scenario::syntax::ast::{Body, Group, Kind, NodeId, Number};

use super::Reader;
use super::access::{EntriesAccess, EnumDe, FieldsAccess};
use super::error::Error;

/// What holds a value, to name it by.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Root,
    Field(&'a str),
    Element(&'a str),
    Other,
}

/// A value of the tree.
#[derive(Clone, Copy)]
pub(super) struct NodeDe<'a> {
    pub reader: &'a Reader<'a>,
    pub id: NodeId,
    pub place: Place<'a>,
    /// Whether the name before the parentheses has been read already (as the name of a variant).
    pub nameless: bool,
    /// Whether a bare name may stand for a text.
    pub loose_text: bool,
    /// Whether a bare name here may be a text whose quotes were forgotten.
    pub takes_text: bool,
}

/// What a visitor says that it expects.
fn expects<'a>(visitor: &impl Visitor<'a>) -> String {
    (visitor as &dyn serde::de::Expected).to_string()
}

impl<'a> NodeDe<'a> {
    pub fn new(reader: &'a Reader<'a>, id: NodeId, place: Place<'a>) -> Self {
        let from_file = reader.ast.node(id).span.source == 0;
        Self {
            reader,
            id,
            place,
            nameless: false,
            loose_text: !from_file,
            takes_text: false,
        }
    }

    pub fn inner(&self, id: NodeId, place: Place<'a>) -> Self {
        Self::new(self.reader, id, place)
    }

    pub fn kind(&self) -> &'a Kind {
        &self.reader.ast.node(self.id).kind
    }

    pub fn head(&self) -> Span {
        self.reader.ast.head(self.id)
    }

    /// What its elements are elements of.
    pub fn as_list(&self) -> Place<'a> {
        match self.place {
            Place::Field(name) => Place::Element(name),
            _ => Place::Other,
        }
    }

    /// Without the name before the parentheses.
    pub fn without_name(mut self) -> Self {
        self.nameless = true;
        self
    }
}

impl<'a> Deserializer<'a> for NodeDe<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.reader.is_poisoned(self.id) {
            return Err(self.silent());
        }
        let result = match self.kind() {
            Kind::Invalid => return Err(self.silent()),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Number(Number::Unsigned(value)) => visitor.visit_u64(*value),
            Kind::Number(Number::Negative(value)) => visitor.visit_i64(*value),
            Kind::Number(Number::Float(value)) => visitor.visit_f64(*value),
            Kind::Char(c) => visitor.visit_char(*c),
            Kind::Str(text) => visitor.visit_borrowed_str(text),
            Kind::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Kind::List(elements) => return self.list(elements, visitor),
            Kind::Map(entries) => visitor.visit_map(EntriesAccess::new(self, entries)),
            Kind::Group(Group { name, body }) => {
                match (name.as_ref().filter(|_| !self.nameless), body) {
                    (Some(name), Body::None) if name.text == "None" => visitor.visit_none(),
                    (Some(name), Body::Tuple(values))
                        if name.text == "Some" && values.len() == 1 =>
                    {
                        visitor.visit_some(self.inner(values[0], self.place))
                    }
                    (Some(name), body) => {
                        let mut owner = self;
                        owner.takes_text =
                            *body == Body::None && expects(&visitor).contains("in quotes");
                        visitor.visit_enum(EnumDe::new(owner, &name.text))
                    }
                    (None, Body::Tuple(values)) if values.is_empty() => visitor.visit_unit(),
                    (None, Body::Tuple(values)) => return self.list(values, visitor),
                    (None, Body::Fields(fields)) => {
                        let entries = fields
                            .iter()
                            .filter(|field| !self.reader.is_poisoned(field.value))
                            .map(|field| (field.name.text.as_str(), field.value))
                            .collect();
                        visitor.visit_map(FieldsAccess::new(self, entries, Vec::new()))
                    }
                    (None, Body::None) => visitor.visit_unit(),
                }
            }
        };
        result.map_err(|error| self.locate(error))
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::Group(Group {
                name: Some(name),
                body: Body::None,
            }) if self.loose_text => visitor
                .visit_borrowed_str(&name.text)
                .map_err(|error| self.locate(error)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'a>>(mut self, visitor: V) -> Result<V::Value, Error> {
        self.loose_text = true;
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = match self.kind() {
            Kind::Group(Group {
                name: Some(name),
                body: Body::None,
            }) if name.text == "None" => visitor.visit_none(),
            Kind::Group(Group {
                name: Some(name),
                body: Body::Tuple(values),
            }) if name.text == "Some" && values.len() == 1 => {
                if self.reader.is_poisoned(values[0]) {
                    return Err(self.silent());
                }
                visitor.visit_some(self.inner(values[0], self.place))
            }
            _ => visitor.visit_some(self),
        };
        result.map_err(|error| self.locate(error))
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let inner = match self.kind() {
            Kind::Group(Group {
                body: Body::Tuple(values),
                ..
            }) if self.own_name().is_none_or(|own| own == name) && values.len() == 1 => {
                if self.reader.is_poisoned(values[0]) {
                    return Err(self.silent());
                }
                self.inner(values[0], self.place)
            }
            _ => self,
        };
        visitor
            .visit_newtype_struct(inner)
            .map_err(|error| self.locate(error))
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::List(elements) => self.list(elements, visitor),
            Kind::Group(Group {
                body: Body::Tuple(values),
                ..
            }) if self.nameless => self.list(values, visitor),
            Kind::Invalid => Err(self.silent()),
            Kind::Group(_) | Kind::Map(_) => Err(self.mismatch("a sequence")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'a>>(
        self,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::List(elements) => self.tuple(elements, count, visitor),
            Kind::Group(Group {
                body: Body::Tuple(values),
                ..
            }) if self.own_name().is_none() => self.tuple(values, count, visitor),
            Kind::Invalid => Err(self.silent()),
            _ => Err(self.mismatch("a tuple")),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.own_name() == Some(name) {
            self.without_name()
        } else {
            self
        }
        .deserialize_tuple(count, visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::Group(Group {
                body: Body::Tuple(values),
                ..
            }) if values.is_empty() && self.own_name().is_none() => visitor
                .visit_map(EntriesAccess::new(self, &[]))
                .map_err(|error| self.locate(error)),
            Kind::Group(Group { name: Some(_), .. }) if !self.nameless => {
                Err(self.mismatch("a map"))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.reader.is_poisoned(self.id) {
            return Err(self.silent());
        }
        match self.kind() {
            Kind::Group(Group { body, .. }) if self.own_name().is_none_or(|own| own == name) => {
                match body {
                    Body::Fields(given) => self.fields(given, fields, visitor),
                    Body::Tuple(values) if values.is_empty() => self.fields(&[], fields, visitor),
                    Body::None if self.nameless => self.fields(&[], fields, visitor),
                    Body::Tuple(_) if self.nameless => Err(self.nameless_values(fields)),
                    Body::None | Body::Tuple(_) => Err(self.mismatch("struct ")),
                }
            }
            _ => Err(self.mismatch("struct ")),
        }
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.reader.is_poisoned(self.id) {
            return Err(self.silent());
        }
        let variant = self.variant(variants)?;
        visitor
            .visit_enum(EnumDe::new(self, variant))
            .map_err(|error| self.locate(error))
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
    }
}
