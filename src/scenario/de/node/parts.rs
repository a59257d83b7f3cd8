//! What a value is made of: elements, fields, a variant.

use serde::de::Visitor;

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::syntax::ast::{Field, Group, Kind, NodeId, Number};
use crate::scenario::words;
use crate::sim::complaint::nearest;

use super::super::access::{FieldsAccess, ListAccess};
use super::super::error::Error;
use super::NodeDe;

impl<'a> NodeDe<'a> {
    /// The name before the parentheses, unless it has been read already.
    pub(super) fn own_name(&self) -> Option<&'a str> {
        match self.kind() {
            Kind::Group(Group {
                name: Some(name), ..
            }) if !self.nameless => Some(&name.text),
            _ => None,
        }
    }

    pub(super) fn list<V: Visitor<'a>>(
        self,
        elements: &'a [NodeId],
        visitor: V,
    ) -> Result<V::Value, Error> {
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
        let access = match self.kind() {
            Kind::List(_)
                if elements
                    .iter()
                    .any(|element| self.reader.is_poisoned(*element)) =>
            {
                return Err(self.silent());
            }
            _ => ListAccess::of_tuple(self, elements),
        };
        visitor
            .visit_seq(access)
            .map_err(|error| self.locate(error))
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
            let meant = if let Some(exact) = known.iter().find(|k| **k == name) {
                Some(*exact)
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
                Some(meant) => self.reader.note_unread(self.id, meant),
                None => {
                    self.reader.leave_out(field.value);
                    self.reader.note_puzzling(self.id);
                }
            }
        }
        let holes = self.reader.holes(self.id);
        visitor
            .visit_map(FieldsAccess::new(self, entries, holes))
            .map_err(|error| self.locate(error))
    }

    /// The name for which products write a number: `acks=1` is `One`.
    fn named_by_number(&self, known: &'static [&'static str]) -> Option<&'static str> {
        let number = match self.kind() {
            Kind::Number(Number::Unsigned(number)) => i64::try_from(*number).ok()?,
            Kind::Number(Number::Negative(number)) => *number,
            Kind::Str(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        let meant = match number {
            0 => "Zero",
            1 => "One",
            -1 => "All",
            _ => return None,
        };
        known.iter().copied().find(|name| *name == meant)
    }

    /// The variant that is named here, and the value that is a variant if only its quotes are taken away.
    pub(super) fn variant(&self, known: &'static [&'static str]) -> Result<&'static str, Error> {
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
            _ => {
                return Err(match self.named_by_number(known) {
                    Some(meant) => self.meant(&expected_names(known), meant),
                    None => self.mismatch(&expected_names(known)),
                });
            }
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
