//! Groups in parentheses: fields or values.

use std::collections::BTreeMap;

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;
use crate::scenario::words::shorten;

use super::super::ast::{Body, Field, Group, Kind, Name, NodeId};
use super::super::lexer::{Bracket, Token};
use super::Parser;

#[derive(Default)]
pub(super) struct Items {
    pub(super) fields: Vec<Field>,
    pub(super) positional: Vec<NodeId>,
}

/// What [`Parser::at_field`] needs to know of a word.
enum Word {
    Name,
    Str,
    Plain,
    Colon,
    Equals,
    Else,
}

impl Parser<'_, '_> {
    pub(super) fn group(&mut self, name: Option<Name>, bracket: Bracket) -> NodeId {
        let mut items = Items::default();
        let span = self.items(bracket, |parser| parser.group_item(&mut items));
        let span = name.as_ref().map_or(span, |name| name.span.to(span));
        let body = self.body(items);
        self.add(span, Kind::Group(Group { name, body }))
    }

    /// Whether a field begins here, perhaps a miswritten one.
    fn at_field(&mut self) -> bool {
        let line_start = self.peek_span().end;
        match (self.peek().clone_kind(), self.second().clone_kind()) {
            (Word::Name | Word::Str, Word::Colon) | (Word::Name, Word::Equals) => true,
            (Word::Name, Word::Plain | Word::Str) => {
                // `name "web"`: the colon is missing, if both are on one line.
                let next = self.ahead[1].1;
                let between = Span {
                    start: line_start,
                    end: next.start,
                    ..next
                };
                !self.lexer.slice(between).contains('\n')
            }
            _ => false,
        }
    }

    pub(super) fn group_item(&mut self, items: &mut Items) {
        if !self.at_field() {
            let value = self.value("a field or a value");
            items.positional.push(value);
            return;
        }
        let (token, span) = self.take();
        let text = match token {
            Token::Name(text) => text,
            Token::Str(text) => {
                let help = format!("write `{text}:`");
                self.report(
                    Diagnostic::error(span, "names of fields are written without quotes")
                        .help(help),
                );
                text
            }
            _ => String::new(),
        };
        match self.peek() {
            Token::Colon => {
                self.take();
            }
            Token::Equals => self.colon_for_equals(),
            _ => {
                let message = format!("expected `:` after `{}`", shorten(&text));
                self.error(span.after(), message);
            }
        }
        let value = self.value(&format!("a value for `{}`", shorten(&text)));
        items.fields.push(Field {
            name: Name { text, span },
            value,
        });
    }

    pub(super) fn colon_for_equals(&mut self) {
        let (_, span) = self.take();
        self.report(Diagnostic::error(span, "expected `:`, found `=`"));
    }

    /// Fields or values, not both; no field twice.
    pub(super) fn body(&mut self, items: Items) -> Body {
        if items.fields.is_empty() {
            return Body::Tuple(items.positional);
        }
        if let Some(first) = items.positional.first() {
            let kind = &self.ast.node(*first).kind;
            if *kind != Kind::Invalid && !self.torn {
                let span = self.ast.head(*first);
                let help = "all values here are written as `name: value`, because one is";
                self.report(Diagnostic::error(span, "this value has no name").help(help));
            }
        }
        let mut known: BTreeMap<String, Span> = BTreeMap::new();
        let mut fields = Vec::with_capacity(items.fields.len());
        for field in items.fields {
            if let Some(first) = known.get(&field.name.text) {
                let message = format!("`{}` is given twice", shorten(&field.name.text));
                let first = *first;
                self.report(
                    Diagnostic::error(field.name.span, message)
                        .related(first, "it is given here first"),
                );
                continue;
            }
            known.insert(field.name.text.clone(), field.name.span);
            fields.push(field);
        }
        Body::Fields(fields)
    }
}

impl Token {
    fn clone_kind(&self) -> Word {
        match self {
            Self::Name(_) => Word::Name,
            Self::Str(_) => Word::Str,
            Self::Number | Self::Char(_) | Self::Open(Bracket::Square) => Word::Plain,
            Self::Colon => Word::Colon,
            Self::Equals => Word::Equals,
            _ => Word::Else,
        }
    }
}
