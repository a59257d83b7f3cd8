//! A value of the tree as serde's deserializer.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::Reader;
use super::access::{EntriesAccess, EnumDe, FieldsAccess, ListAccess};
use super::error::{Error, Loose};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;
use crate::scenario::syntax::ast::{Body, Field, Group, Kind, NodeId, Number};
use crate::scenario::words;
use crate::sim::complaint::{nearest, suggestion};

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

    pub fn mistake(&self, diagnostic: Diagnostic) -> Error {
        Error::Poison {
            node: self.id,
            mistake: Some(Box::new(diagnostic)),
        }
    }

    pub fn silent(&self) -> Error {
        Error::Poison {
            node: self.id,
            mistake: None,
        }
    }

    /// Gives an error that has no place yet this value as its place.
    pub fn locate(&self, error: Error) -> Error {
        let Error::Loose(loose) = error else {
            return error;
        };
        match loose {
            Loose::Custom(message) => self.mistake(Diagnostic::error(self.head(), message)),
            Loose::Mismatch { expected } => self.mismatch(&expected),
            Loose::Unknown { name, known } => {
                self.mistake(Self::unknown(self.head(), &name, known))
            }
            Loose::Missing(field) => self.missing(field),
            Loose::Silent => self.silent(),
        }
    }

    fn unknown(span: Span, name: &str, known: &[&str]) -> Diagnostic {
        let diagnostic = Diagnostic::error(
            span,
            format!("`{}` is not known here", words::shorten(name)),
        );
        match suggestion(name, known) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// "expected a list, found the number 5", and how to write it if that is clear.
    pub fn mismatch(&self, expected: &str) -> Error {
        if let Some(mistake) = self.miscounted() {
            return self.mistake(mistake);
        }
        let expected = words::expectation(expected);
        let found = words::describe(self.reader.ast, self.id);
        let diagnostic =
            Diagnostic::error(self.head(), format!("expected {expected}, found {found}"));
        self.mistake(match self.rewrite(&expected) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    }

    /// A variant that holds one value, written with none, several, or named ones.
    fn miscounted(&self) -> Option<Diagnostic> {
        let Kind::Group(Group {
            name: Some(name),
            body,
        }) = self.kind()
        else {
            return None;
        };
        let name = words::shorten(&name.text);
        let message = match body {
            _ if !self.nameless => return None,
            Body::Tuple(values) if values.len() != 1 => {
                format!("`{name}` takes 1 value, found {}", values.len())
            }
            Body::Fields(_) => format!("`{name}` takes 1 value without a name: `{name}(…)`"),
            _ => return None,
        };
        let diagnostic = Diagnostic::error(self.head(), message);
        Some(match self.example() {
            Some(example) => diagnostic.help(example),
            None => diagnostic,
        })
    }

    fn rewrite(&self, expected: &str) -> Option<String> {
        let wants_text = expected.contains('"') || expected.contains("text");
        let wants_number = expected.contains("number");
        match self.kind() {
            Kind::Group(Group {
                name: Some(name),
                body: Body::None,
            }) if wants_text => Some(format!(
                "texts are written in quotes: \"{}\"",
                words::shorten(&name.text)
            )),
            Kind::Str(text) if wants_number && text.trim().parse::<f64>().is_ok() => Some(format!(
                "numbers are written without quotes: {}",
                text.trim()
            )),
            Kind::Str(text)
                if matches!(text.as_str(), "true" | "false") && expected.contains("`true`") =>
            {
                Some(format!("write {text} without quotes"))
            }
            Kind::Map(_) if expected.starts_with("fields") => {
                Some("fields are written `(name: value)`, with parentheses".to_owned())
            }
            Kind::List(_) if expected.starts_with("fields") => {
                Some("write `(name: value)` here, not a list".to_owned())
            }
            Kind::List(_) => None,
            _ if expected.starts_with("a list") => {
                Some("put it in square brackets: `[ … ]`".to_owned())
            }
            _ => None,
        }
    }

    fn missing(&self, field: &'static str) -> Error {
        let lost = match self.kind() {
            Kind::Group(Group {
                body: Body::Fields(fields),
                ..
            }) => fields.iter().any(|f| {
                self.reader.is_poisoned(f.value)
                    && (f.name.text == field || nearest(&f.name.text, [field]).is_some())
            }),
            _ => false,
        };
        if lost || !self.reader.trusts_absence() || self.reader.holes(self.id).contains(&field) {
            return self.silent();
        }
        let owner = match (self.kind(), self.place) {
            (
                Kind::Group(Group {
                    name: Some(name), ..
                }),
                _,
            ) => format!("`{}`", words::shorten(&name.text)),
            (_, Place::Root) => "the scenario".to_owned(),
            (_, Place::Field(name)) => format!("`{}`", words::shorten(name)),
            (_, Place::Element(name)) => format!("each entry of `{}`", words::shorten(name)),
            (_, Place::Other) => "this".to_owned(),
        };
        let diagnostic = Diagnostic::error(self.head(), format!("{owner} needs `{field}`"))
            .label(format!("`{field}` is missing here"));
        Error::Hole {
            node: self.id,
            field,
            mistake: Box::new(diagnostic),
        }
    }

    /// How something of this name is written.
    fn example(&self) -> Option<String> {
        match self.kind() {
            Kind::Group(Group {
                name: Some(name), ..
            }) => words::example(&name.text).map(|example| format!("for example `{example}`")),
            _ => None,
        }
    }

    /// The name before the parentheses, unless it has been read already.
    fn own_name(&self) -> Option<&'a str> {
        match self.kind() {
            Kind::Group(Group {
                name: Some(name), ..
            }) if !self.nameless => Some(&name.text),
            _ => None,
        }
    }

    fn list<V: Visitor<'a>>(self, elements: &'a [NodeId], visitor: V) -> Result<V::Value, Error> {
        visitor
            .visit_seq(ListAccess::new(self, elements))
            .map_err(|error| self.locate(error))
    }

    /// A tuple of exactly `count` values.
    pub fn tuple<V: Visitor<'a>>(
        self,
        elements: &'a [NodeId],
        count: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if elements.len() != count {
            let owner = match self.kind() {
                Kind::Group(Group {
                    name: Some(name), ..
                }) => format!("`{}` takes", words::shorten(&name.text)),
                _ => "expected".to_owned(),
            };
            let values = if count == 1 { "value" } else { "values" };
            let message = format!("{owner} {count} {values}, found {}", elements.len());
            let diagnostic = Diagnostic::error(self.head(), message);
            return Err(self.mistake(match self.example() {
                Some(example) => diagnostic.help(example),
                None => diagnostic,
            }));
        }
        if elements
            .iter()
            .any(|element| self.reader.is_poisoned(*element))
        {
            return Err(self.silent());
        }
        self.list(elements, visitor)
    }

    /// The fields of a struct. Unknown ones are reported; if a known one is near, it is taken for that.
    pub fn fields<V: Visitor<'a>>(
        self,
        fields: &'a [Field],
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let given: Vec<&str> = fields
            .iter()
            .map(|field| field.name.text.as_str())
            .filter(|name| known.contains(name))
            .collect();
        let mut entries: Vec<(&'a str, NodeId)> = Vec::with_capacity(fields.len());
        for field in fields {
            if self.reader.is_full() {
                return Err(self.silent());
            }
            let name = field.name.text.as_str();
            let meant = if known.contains(&name) {
                Some(name)
            } else {
                self.reader.report(self.unknown_field(field, known));
                nearest(name, known.iter().copied()).filter(|near| {
                    !given.contains(near) && !entries.iter().any(|(taken, _)| taken == near)
                })
            };
            match meant {
                Some(meant) if !self.reader.is_poisoned(field.value) => {
                    entries.push((meant, field.value));
                }
                Some(_) => {}
                None => self.reader.leave_out(field.value),
            }
        }
        let holes = self.reader.holes(self.id);
        let incomplete = !holes.is_empty();
        let value = visitor
            .visit_map(FieldsAccess::new(self, entries, holes))
            .map_err(|error| self.locate(error))?;
        if incomplete {
            Err(self.silent())
        } else {
            Ok(value)
        }
    }

    /// Values without names where fields belong.
    pub fn nameless_values(&self, fields: &[&str]) -> Error {
        let name = match self.kind() {
            Kind::Group(Group {
                name: Some(name), ..
            }) => words::shorten(&name.text),
            _ => return self.mismatch("struct "),
        };
        let more = if fields.len() > 4 { ", …" } else { "" };
        let names: Vec<String> = fields
            .iter()
            .take(4)
            .map(|field| format!("{field}: …"))
            .collect();
        let names = names.join(", ");
        self.mistake(Diagnostic::error(
            self.head(),
            format!("`{name}` takes named values: `{name}({names}{more})`"),
        ))
    }

    fn unknown_field(&self, field: &Field, known: &[&str]) -> Diagnostic {
        let name = words::shorten(&field.name.text);
        let owner = match (self.kind(), self.place) {
            (
                Kind::Group(Group {
                    name: Some(name), ..
                }),
                _,
            ) => format!("`{}` has", words::shorten(&name.text)),
            (_, Place::Root) => "a scenario has".to_owned(),
            (_, Place::Field(name)) => format!("`{}` has", words::shorten(name)),
            (_, Place::Element(name)) => format!("an entry of `{}` has", words::shorten(name)),
            (_, Place::Other) => "there is".to_owned(),
        };
        let diagnostic = Diagnostic::error(field.name.span, format!("{owner} no field `{name}`"));
        match suggestion(&field.name.text, known) {
            Some(help) => diagnostic.help(help),
            None => diagnostic.help("it has no fields at all"),
        }
    }

    /// The variant that is named here, and the value that is a variant if only its quotes are taken away.
    fn variant(&self, known: &'static [&'static str]) -> Result<&'static str, Error> {
        if self.nameless {
            return Err(self.mismatch(&expected_names(known)));
        }
        let (written, span, quoted) = match self.kind() {
            Kind::Group(Group {
                name: Some(name), ..
            }) => (name.text.as_str(), name.span, false),
            Kind::Str(text) if nearest(text, known.iter().copied()).is_some() => {
                (text.as_str(), self.head(), true)
            }
            _ => return Err(self.mismatch(&expected_names(known))),
        };
        let near = nearest(written, known.iter().copied());
        if let Some(exact) = known.iter().find(|name| **name == written) {
            if quoted {
                let help = format!("write {exact} without quotes");
                self.reader.report(
                    Diagnostic::error(span, format!("`{exact}` is a name, not a text")).help(help),
                );
            }
            return Ok(exact);
        }
        let mut diagnostic = Self::unknown(span, written, known);
        if quoted {
            diagnostic.help = diagnostic
                .help
                .map(|help| format!("{help} (names are written without quotes)"));
        }
        match near.and_then(|near| known.iter().find(|name| **name == near)) {
            Some(near) => {
                self.reader.report(diagnostic);
                Ok(near)
            }
            None => Err(self.mistake(diagnostic)),
        }
    }
}

/// "one of `One`, `All`" — or only "a name" when there are too many to list.
fn expected_names(known: &[&str]) -> String {
    const LISTED: usize = 8;
    match known {
        [only] => format!("`{only}`"),
        _ if known.len() <= LISTED => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("one of {}", names.join(", "))
        }
        _ => format!("a name such as `{}`", known[0]),
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
                    (Some(name), _) => visitor.visit_enum(EnumDe::new(self, &name.text)),
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
