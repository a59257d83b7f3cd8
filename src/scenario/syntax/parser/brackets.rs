//! What stands between brackets, and what is wrong with brackets and commas.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;
use crate::scenario::words::shorten;

use super::super::DEPTH_MAX;
use super::super::ast::Damage;
use super::super::lexer::{Bracket, Token};
use super::Parser;

impl Parser<'_, '_> {
    /// What stands between brackets, item by item; gives the whole span.
    pub(super) fn items(&mut self, bracket: Bracket, mut item: impl FnMut(&mut Self)) -> Span {
        let (_, opener) = self.take();
        if self.open.len() >= DEPTH_MAX {
            self.error(
                opener,
                format!("values may be nested {DEPTH_MAX} deep, and this is deeper"),
            );
            self.give_up();
            return opener;
        }
        self.open.push((bracket, opener));
        loop {
            let outer_field = bracket == Bracket::Square && self.at_outer_field();
            match *self.peek() {
                Token::Close(found) if found == bracket => {
                    self.take();
                    self.torn = false;
                    break;
                }
                Token::Close(found) => {
                    self.wrong_closer(bracket, opener, found);
                    break;
                }
                Token::End => {
                    self.never_closed(bracket, opener);
                    break;
                }
                Token::Comma => {
                    let (_, span) = self.take();
                    self.error(span, "there is nothing before this comma");
                }
                _ if outer_field => {
                    self.ends_before_field(opener);
                    break;
                }
                _ => {
                    item(self);
                    self.separator();
                }
            }
        }
        self.open.pop();
        opener.to(self.end)
    }

    /// Whether here, within a list, a field begins that can only belong to what the list stands in.
    fn at_outer_field(&mut self) -> bool {
        let outer = self.open.len().checked_sub(2).map(|at| self.open[at].0);
        outer == Some(Bracket::Round)
            && matches!(self.peek(), Token::Name(_))
            && *self.second() == Token::Colon
    }

    fn ends_before_field(&mut self, opener: Span) {
        let place = self.end.after();
        self.report(
            Diagnostic::error(opener, "this `[` is never closed")
                .related(place, "a `]` may belong here"),
        );
        self.torn = true;
        self.separated = true;
    }

    /// A closing bracket of the wrong kind: it closes an outer bracket (and so this one is not closed), or was a slip.
    fn wrong_closer(&mut self, bracket: Bracket, opener: Span, found: Bracket) {
        let span = self.peek_span();
        self.torn = true;
        let mut outer = self.open.iter().rev().skip(1);
        if outer.any(|(open, _)| *open == found) {
            let message = format!("this `{}` is never closed", bracket.opener());
            let note = format!("a `{}` belongs before this", bracket.closer());
            self.report(Diagnostic::error(opener, message).related(span, note));
            return;
        }
        let message = format!(
            "expected `{}`, found `{}`",
            bracket.closer(),
            found.closer()
        );
        let note = format!("this `{}` is still open", bracket.opener());
        self.report(Diagnostic::error(span, message).related(opener, note));
        self.take();
    }

    fn never_closed(&mut self, bracket: Bracket, opener: Span) {
        self.torn = true;
        if self.damage == Damage::Shape || self.lexer.swallowed_rest {
            self.damage = Damage::Shape;
            return;
        }
        let message = format!("this `{}` is never closed", bracket.opener());
        let end = self.peek_span();
        self.report(Diagnostic::error(opener, message).related(
            end,
            format!("expected `{}` before the end", bracket.closer()),
        ));
        self.damage = Damage::Shape;
    }

    /// Takes the comma behind an item; says so if it is missing.
    pub(super) fn separator(&mut self) {
        if std::mem::take(&mut self.separated) {
            return;
        }
        let span = self.peek_span();
        match self.peek() {
            Token::Comma => {
                self.take();
            }
            Token::Close(_) | Token::End => {}
            Token::Colon | Token::Equals | Token::Other => {
                let found = self.found();
                self.error(span, format!("expected `,`, found {found}"));
                self.take();
            }
            _ => {
                let last = self.end;
                let shown = shorten(self.lexer.slice(last));
                let place = last.after();
                self.error(place, format!("expected `,` after `{shown}`"));
            }
        }
    }
}
