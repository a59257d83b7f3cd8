//! Values: texts, numbers, names, lists, maps.

use std::collections::BTreeMap;

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;
use crate::scenario::words::shorten;

use super::super::ast::{Body, Group, Kind, Name, NodeId, Number};
use super::super::lexer::{Bracket, Token};
use super::super::literal;
use super::super::literal::NumberMistake;
use super::Parser;

impl Parser<'_, '_> {
    /// One value; `what` is said to be expected when there is none.
    pub(super) fn value(&mut self, what: &str) -> NodeId {
        let span = self.peek_span();
        match self.peek() {
            Token::Open(Bracket::Round) => self.group(None, Bracket::Round),
            Token::Open(Bracket::Square) => self.list(),
            Token::Open(Bracket::Curly) => self.map(),
            Token::Close(_) | Token::Comma | Token::End => {
                let found = self.found();
                self.error(span, format!("expected {what}, found {found}"));
                self.add(span, Kind::Invalid)
            }
            Token::Colon | Token::Equals | Token::Other => {
                let found = self.found();
                self.error(span, format!("expected {what}, found {found}"));
                self.take();
                self.add(span, Kind::Invalid)
            }
            Token::Name(_)
            | Token::Number
            | Token::Str(_)
            | Token::Char(_)
            | Token::Bytes(_)
            | Token::Byte(_) => self.scalar(),
        }
    }

    fn scalar(&mut self) -> NodeId {
        let (token, span) = self.take();
        let kind = match token {
            Token::Name(text) => return self.name(text, span),
            Token::Number => self.number(span),
            Token::Str(text) => Kind::Str(text),
            Token::Char(c) => Kind::Char(c),
            Token::Bytes(bytes) => Kind::Bytes(bytes),
            Token::Byte(byte) => Kind::Number(Number::Unsigned(byte.into())),
            _ => Kind::Invalid,
        };
        self.add(span, kind)
    }

    pub(super) fn name(&mut self, text: String, span: Span) -> NodeId {
        let kind = match text.as_str() {
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "inf" | "inff32" | "inff64" | "NaN" | "NaNf32" | "NaNf64" => self.number(span),
            _ => {
                let name = Name { text, span };
                return match self.peek() {
                    Token::Open(Bracket::Round) => self.group(Some(name), Bracket::Round),
                    Token::Open(Bracket::Curly) => {
                        let brace = self.peek_span();
                        let help = format!("write `{}( … )`", name.text);
                        self.report(
                            Diagnostic::error(
                                brace,
                                format!("`{}` takes parentheses, not braces", name.text),
                            )
                            .help(help),
                        );
                        self.group(Some(name), Bracket::Curly)
                    }
                    _ => self.add(
                        span,
                        Kind::Group(Group {
                            name: Some(name),
                            body: Body::None,
                        }),
                    ),
                };
            }
        };
        self.add(span, kind)
    }

    fn number(&mut self, span: Span) -> Kind {
        let text = self.lexer.slice(span);
        match literal::number(text) {
            Ok(number) => Kind::Number(number),
            Err(NumberMistake::TooLarge) => {
                let help = format!("the largest is {}", u64::MAX);
                self.report(Diagnostic::error(span, "this number is too large").help(help));
                Kind::Invalid
            }
            Err(NumberMistake::HasUnit) => {
                let shown = shorten(text);
                let help = format!("write \"{shown}\"");
                self.report(
                    Diagnostic::error(span, "an amount with its unit is written in quotes")
                        .help(help),
                );
                Kind::Str(text.to_owned())
            }
            Err(NumberMistake::Malformed) => {
                self.error(span, "this is no number");
                Kind::Invalid
            }
        }
    }

    fn list(&mut self) -> NodeId {
        self.fill(3);
        if matches!(self.ahead[1].0, Token::Name(_)) && self.ahead[2].0 == Token::Colon {
            let span = self.peek_span();
            let message = "fields are written in parentheses, not in square brackets";
            let help = "write `(name: …)`; a list of such entries is `[(name: …), (name: …)]`";
            self.report(Diagnostic::error(span, message).help(help));
            return self.group(None, Bracket::Square);
        }
        let mut elements = Vec::new();
        let span = self.items(Bracket::Square, |parser| {
            let element = parser.value("a value");
            elements.push(element);
        });
        self.add(span, Kind::List(elements))
    }

    pub(super) fn map(&mut self) -> NodeId {
        let mut entries = Vec::new();
        let span = self.items(Bracket::Curly, |parser| {
            let key = parser.value("a key");
            match parser.peek() {
                Token::Colon => {
                    parser.take();
                }
                Token::Equals => parser.colon_for_equals(),
                _ => {
                    let place = parser.end.after();
                    parser.error(place, "expected `:` and a value after this key");
                    return;
                }
            }
            let value = parser.value("a value");
            entries.push((key, value));
        });
        self.no_key_twice(&entries);
        self.add(span, Kind::Map(entries))
    }

    fn no_key_twice(&mut self, entries: &[(NodeId, NodeId)]) {
        let mut known: BTreeMap<&str, NodeId> = BTreeMap::new();
        let mut mistakes = Vec::new();
        for (key, _) in entries {
            let Kind::Str(text) = &self.ast.node(*key).kind else {
                continue;
            };
            if let Some(first) = known.get(text.as_str()) {
                let (span, first) = (self.ast.node(*key).span, self.ast.node(*first).span);
                let message = format!("the key \"{}\" is given twice", shorten(text));
                mistakes.push(
                    Diagnostic::error(span, message).related(first, "it is given here first"),
                );
            } else {
                known.insert(text, *key);
            }
        }
        mistakes
            .into_iter()
            .for_each(|mistake| self.report(mistake));
    }
}
