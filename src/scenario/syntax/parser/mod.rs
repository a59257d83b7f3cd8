//! Builds the tree from the words, and goes on after a mistake: at the next comma or closing bracket.

mod ahead;
mod brackets;
mod groups;
mod values;

use std::collections::VecDeque;

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;

use super::FILE_BYTES_MAX;
use super::ast::{Ast, Damage, Group, Kind, NodeId};
use super::lexer::{Bracket, Lexer, Token};

use groups::Items;

/// Reads a whole file. The tree has a root even after mistakes.
pub fn parse(text: &str) -> (Ast, Vec<Diagnostic>) {
    let mut ast = Ast::default();
    let (root, mistakes) = parse_into(&mut ast, text, 0);
    ast.set_root(root);
    (ast, mistakes)
}

/// Reads one value from `text`, the text of source number `source`, into an existing tree.
pub fn parse_into(ast: &mut Ast, text: &str, source: u16) -> (NodeId, Vec<Diagnostic>) {
    if text.len() > FILE_BYTES_MAX {
        ast.damage = Damage::Shape;
        let span = Span::new(source, 0, 0);
        let message = format!(
            "this is larger than a scenario may be ({} MiB)",
            FILE_BYTES_MAX >> 20
        );
        return (
            ast.add(span, Kind::Invalid),
            vec![Diagnostic::error(span, message)],
        );
    }
    let mut parser = Parser {
        lexer: Lexer::new(text, source),
        ast,
        ahead: VecDeque::new(),
        open: Vec::new(),
        end: Span::new(source, 0, 0),
        damage: Damage::None,
        torn: false,
        separated: false,
    };
    let root = parser.document();
    let damage = if parser.lexer.mistakes.is_empty() {
        Damage::None
    } else {
        parser.damage.max(Damage::Holes)
    };
    let mistakes = parser.lexer.mistakes;
    ast.damage = ast.damage.max(damage);
    (root, mistakes)
}

struct Parser<'a, 'b> {
    lexer: Lexer<'a>,
    ast: &'b mut Ast,
    ahead: VecDeque<(Token, Span)>,
    /// The brackets that are open now.
    open: Vec<(Bracket, Span)>,
    /// Place of the last word taken.
    end: Span,
    damage: Damage,
    /// Whether the last brackets read were not closed properly, so that they may hold what belongs elsewhere.
    torn: bool,
    /// Whether a list was ended early, behind the comma that follows its last item.
    separated: bool,
}

impl Parser<'_, '_> {
    fn document(&mut self) -> NodeId {
        self.lexer.skip_extensions();
        if *self.peek() == Token::End {
            let span = self.peek_span();
            self.report(
                Diagnostic::error(span, "there is nothing here")
                    .help("a scenario looks like `(title: \"…\", …)`"),
            );
            return self.add(span, Kind::Invalid);
        }
        let without_parentheses = matches!(self.peek(), Token::Name(_))
            && matches!(self.second(), Token::Colon | Token::Equals);
        if without_parentheses {
            let span = self.peek_span();
            let help = "put `(` before the first field and `)` after the last";
            self.report(Diagnostic::error(span, "a scenario is written in parentheses").help(help));
            return self.fields_until_end();
        }
        let root = self.value("a value");
        if *self.peek() != Token::End {
            let (span, found, last) = (self.peek_span(), self.found(), self.end);
            if self.damage < Damage::Shape {
                self.report(
                    Diagnostic::error(span, format!("expected the end of the file, found {found}"))
                        .related(last, "all is closed here already"),
                );
            }
            self.damage = Damage::Shape;
        }
        root
    }

    fn fields_until_end(&mut self) -> NodeId {
        let start = self.peek_span();
        let mut items = Items::default();
        while *self.peek() != Token::End {
            match self.peek() {
                Token::Close(_) | Token::Comma => {
                    self.take();
                }
                _ => {
                    self.group_item(&mut items);
                    self.separator();
                }
            }
        }
        let body = self.body(items);
        self.add(start.to(self.end), Kind::Group(Group { name: None, body }))
    }
}
