//! The parts of a value, one after the other, as serde asks for them. Poisoned parts are not there.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::error::Error;
use super::hole::HoleDe;
use super::node::{NodeDe, Place};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::syntax::ast::{Body, Group, Kind, NodeId};
use crate::scenario::words;

/// The elements of a list.
pub(super) struct ListAccess<'a> {
    owner: NodeDe<'a>,
    rest: &'a [NodeId],
    /// Whether something stands in for what cannot be read, instead of it being left out.
    is_tuple: bool,
}

impl<'a> ListAccess<'a> {
    pub fn new(owner: NodeDe<'a>, rest: &'a [NodeId]) -> Self {
        Self {
            owner,
            rest,
            is_tuple: false,
        }
    }

    pub fn of_tuple(owner: NodeDe<'a>, rest: &'a [NodeId]) -> Self {
        Self {
            owner,
            rest,
            is_tuple: true,
        }
    }
}

impl<'a> SeqAccess<'a> for ListAccess<'a> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        while let Some((first, rest)) = self.rest.split_first() {
            self.rest = rest;
            if !self.owner.reader.is_poisoned(*first) {
                let element = self.owner.inner(*first, self.owner.as_list());
                return seed
                    .deserialize(element)
                    .map(Some)
                    .map_err(|error| element.locate(error));
            }
            if self.is_tuple && !self.owner.reader.is_full() {
                return seed
                    .deserialize(HoleDe::default())
                    .map(Some)
                    .map_err(|_| self.owner.silent());
            }
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The entries of a map.
pub(super) struct EntriesAccess<'a> {
    owner: NodeDe<'a>,
    rest: &'a [(NodeId, NodeId)],
    value: Option<NodeId>,
}

impl<'a> EntriesAccess<'a> {
    pub fn new(owner: NodeDe<'a>, rest: &'a [(NodeId, NodeId)]) -> Self {
        Self {
            owner,
            rest,
            value: None,
        }
    }
}

impl<'a> MapAccess<'a> for EntriesAccess<'a> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        while let Some(((key, value), rest)) = self.rest.split_first() {
            self.rest = rest;
            if self.owner.reader.is_poisoned(*key) || self.owner.reader.is_poisoned(*value) {
                continue;
            }
            self.value = Some(*value);
            let mut key = self.owner.inner(*key, Place::Other);
            key.loose_text = true;
            return seed
                .deserialize(key)
                .map(Some)
                .map_err(|error| key.locate(error));
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let Some(value) = self.value.take() else {
            return Err(self.owner.silent());
        };
        let value = self.owner.inner(value, self.owner.as_list());
        seed.deserialize(value).map_err(|error| value.locate(error))
    }
}

/// The fields of a struct, and then what stands for its missing ones.
pub(super) struct FieldsAccess<'a> {
    owner: NodeDe<'a>,
    entries: std::vec::IntoIter<(&'a str, NodeId)>,
    holes: std::vec::IntoIter<&'static str>,
    value: Option<(&'a str, NodeId)>,
}

impl<'a> FieldsAccess<'a> {
    pub fn new(
        owner: NodeDe<'a>,
        entries: Vec<(&'a str, NodeId)>,
        holes: Vec<&'static str>,
    ) -> Self {
        Self {
            owner,
            entries: entries.into_iter(),
            holes: holes.into_iter(),
            value: None,
        }
    }
}

impl<'a> MapAccess<'a> for FieldsAccess<'a> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.value = self.entries.next();
        let name = match self.value {
            Some((name, _)) => Some(name),
            None => self.holes.next(),
        };
        match name {
            Some(name) => seed
                .deserialize(BorrowedStrDeserializer::new(name))
                .map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Error> {
        match self.value.take() {
            Some((name, id)) => {
                let value = self.owner.inner(id, Place::Field(name));
                seed.deserialize(value).map_err(|error| value.locate(error))
            }
            None => seed
                .deserialize(HoleDe::default())
                .map_err(|_| self.owner.silent()),
        }
    }
}

/// A variant: its name, and then what it holds.
pub(super) struct EnumDe<'a> {
    owner: NodeDe<'a>,
    variant: &'a str,
}

impl<'a> EnumDe<'a> {
    pub fn new(owner: NodeDe<'a>, variant: &'a str) -> Self {
        Self { owner, variant }
    }

    fn body(&self) -> &'a Body {
        match self.owner.kind() {
            Kind::Group(Group { body, .. }) => body,
            _ => &Body::None,
        }
    }

    fn wrong(&self, what: &str) -> Error {
        let variant = words::shorten(self.variant);
        self.owner.mistake(Diagnostic::error(
            self.owner.head(),
            format!("`{variant}` {what}"),
        ))
    }
}

impl<'a> EnumAccess<'a> for EnumDe<'a> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let variant = seed
            .deserialize(BorrowedStrDeserializer::new(self.variant))
            .map_err(|error: Error| self.owner.locate(error))?;
        Ok((variant, self))
    }
}

impl<'a> VariantAccess<'a> for EnumDe<'a> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.body() {
            Body::None => Ok(()),
            Body::Tuple(values) if values.is_empty() => Ok(()),
            _ => Err(self.wrong("stands alone, without parentheses")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Error> {
        let content = match self.body() {
            Body::None => return Err(self.wrong(&format!("needs a value: `{}(…)`", self.variant))),
            Body::Tuple(values) if values.len() == 1 => {
                if self.owner.reader.is_poisoned(values[0]) {
                    return Err(self.owner.silent());
                }
                self.owner.inner(values[0], Place::Field(self.variant))
            }
            _ => self.owner.without_name(),
        };
        seed.deserialize(content)
            .map_err(|error| content.locate(error))
    }

    fn tuple_variant<V: Visitor<'a>>(self, count: usize, visitor: V) -> Result<V::Value, Error> {
        if let Body::Tuple(values) = self.body() {
            return self.owner.tuple(values, count, visitor);
        }
        let places = vec!["…"; count].join(", ");
        let example = words::example(self.variant)
            .map_or_else(|| format!("{}({places})", self.variant), str::to_owned);
        Err(self.wrong(&format!("takes {count} values: `{example}`")))
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.body() {
            Body::Fields(given) => self.owner.fields(given, fields, visitor),
            Body::Tuple(values) if values.is_empty() => self.owner.fields(&[], fields, visitor),
            Body::None => self.owner.fields(&[], fields, visitor),
            Body::Tuple(_) => Err(self.owner.nameless_values(fields)),
        }
    }
}
