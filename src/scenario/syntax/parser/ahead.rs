//! Looking ahead, and saying what is wrong.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;
use crate::scenario::words::shorten;

use super::super::VALUES_MAX;
use super::super::ast::{Damage, Kind, NodeId};
use super::super::lexer::Token;
use super::Parser;

impl Parser<'_, '_> {
    pub(super) fn fill(&mut self, count: usize) {
        while self.ahead.len() < count {
            let word = self.lexer.next();
            self.ahead.push_back(word);
        }
    }

    pub(super) fn peek(&mut self) -> &Token {
        self.fill(1);
        &self.ahead[0].0
    }

    pub(super) fn peek_span(&mut self) -> Span {
        self.fill(1);
        self.ahead[0].1
    }

    pub(super) fn second(&mut self) -> &Token {
        self.fill(2);
        &self.ahead[1].0
    }

    pub(super) fn take(&mut self) -> (Token, Span) {
        self.fill(1);
        let (token, span) = self.ahead.pop_front().unwrap_or((Token::End, self.end));
        if token != Token::End {
            self.end = span;
        }
        (token, span)
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(span, message));
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.lexer.report(diagnostic);
    }

    pub(super) fn add(&mut self, span: Span, kind: Kind) -> NodeId {
        if self.ast.len() >= VALUES_MAX && !self.lexer.stopped {
            self.error(
                span,
                format!("a scenario may hold {VALUES_MAX} values, and here is one more"),
            );
            self.give_up();
        }
        self.ast.add(span, kind)
    }

    /// Stops looking: what follows is the end.
    pub(super) fn give_up(&mut self) {
        self.damage = Damage::Shape;
        self.lexer.stopped = true;
        self.ahead.clear();
    }

    /// What the next word is, for a message.
    pub(super) fn found(&mut self) -> String {
        let span = self.peek_span();
        match self.peek() {
            Token::End => "the end of the file".to_owned(),
            _ => format!("`{}`", shorten(self.lexer.slice(span))),
        }
    }
}
