//! What can be wrong with a value, and how it is said.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;
use crate::scenario::syntax::ast::{Body, Field, Group, Kind};
use crate::scenario::words;
use crate::sim::complaint::{nearest, suggestion};

use super::super::error::{Error, Loose};
use super::{NodeDe, Place};

impl NodeDe<'_> {
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
                let diagnostic = Self::unknown(self.head(), &name, known);
                // What is known begins with a capital; who writes one is likely to look for one of those.
                let is_text = self.takes_text
                    && !name.starts_with(char::is_uppercase)
                    && nearest(&name, known.iter().copied()).is_none();
                self.mistake(if is_text {
                    let name = words::shorten(&name);
                    diagnostic.help(format!("a name is written in quotes: \"{name}\""))
                } else {
                    diagnostic
                })
            }
            Loose::Missing(field) => self.missing(field),
            Loose::Silent => self.silent(),
        }
    }

    pub(super) fn unknown(span: Span, name: &str, known: &[&str]) -> Diagnostic {
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
        let limits = match self.place {
            Place::Field(name) if expected == "u32" => crate::systems::limits(name),
            _ => None,
        };
        let expected = match limits {
            Some((least, most)) => format!("a whole number from {least} to {most}"),
            None => words::expectation(expected),
        };
        let found = words::describe(self.reader.ast, self.id);
        let diagnostic =
            Diagnostic::error(self.head(), format!("expected {expected}, found {found}"));
        self.mistake(match self.rewrite(&expected) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    }

    /// The same where it is clear which name was meant.
    pub(super) fn meant(&self, expected: &str, name: &str) -> Error {
        let found = words::describe(self.reader.ast, self.id);
        let message = format!("expected {expected}, found {found}");
        let help = format!("did you mean `{name}`?");
        self.mistake(Diagnostic::error(self.head(), message).help(help))
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
        let is_stood_for = self.reader.holes(self.id).contains(&field);
        if is_stood_for || !(lost || self.reader.trusts_absence()) {
            return self.silent();
        }
        if lost {
            return Error::Hole {
                node: self.id,
                field,
                mistake: None,
            };
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
            mistake: Some(Box::new(diagnostic)),
        }
    }

    /// How something of this name is written.
    pub(super) fn example(&self) -> Option<String> {
        match self.kind() {
            Kind::Group(Group {
                name: Some(name), ..
            }) => words::example(&name.text).map(|example| format!("for example `{example}`")),
            _ => None,
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

    pub(super) fn unknown_field(&self, field: &Field, known: &[&str]) -> Diagnostic {
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
        if let Some(help) = words::belongs_into(&field.name.text, known) {
            return diagnostic.help(help);
        }
        match suggestion(&field.name.text, known) {
            Some(help) => diagnostic.help(help),
            None => diagnostic.help("it has no fields at all"),
        }
    }
}
