//! Builds the tree from the words, and goes on after a mistake: at the next comma or closing bracket.

use std::collections::{BTreeMap, VecDeque};

use super::ast::{Ast, Body, Damage, Field, Group, Kind, Name, NodeId, Number};
use super::lexer::{Bracket, Lexer, Token};
use super::literal::{self, NumberMistake};
use super::{DEPTH_MAX, FILE_BYTES_MAX, VALUES_MAX};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;
use crate::scenario::words::shorten;

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
    fn fill(&mut self, count: usize) {
        while self.ahead.len() < count {
            let word = self.lexer.next();
            self.ahead.push_back(word);
        }
    }

    fn peek(&mut self) -> &Token {
        self.fill(1);
        &self.ahead[0].0
    }

    fn peek_span(&mut self) -> Span {
        self.fill(1);
        self.ahead[0].1
    }

    fn second(&mut self) -> &Token {
        self.fill(2);
        &self.ahead[1].0
    }

    fn take(&mut self) -> (Token, Span) {
        self.fill(1);
        let (token, span) = self.ahead.pop_front().unwrap_or((Token::End, self.end));
        if token != Token::End {
            self.end = span;
        }
        (token, span)
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(span, message));
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.lexer.report(diagnostic);
    }

    fn add(&mut self, span: Span, kind: Kind) -> NodeId {
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
    fn give_up(&mut self) {
        self.damage = Damage::Shape;
        self.lexer.stopped = true;
        self.ahead.clear();
    }

    /// What the next word is, for a message.
    fn found(&mut self) -> String {
        let span = self.peek_span();
        match self.peek() {
            Token::End => "the end of the file".to_owned(),
            _ => format!("`{}`", shorten(self.lexer.slice(span))),
        }
    }

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

    /// One value; `what` is said to be expected when there is none.
    fn value(&mut self, what: &str) -> NodeId {
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

    fn name(&mut self, text: String, span: Span) -> NodeId {
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

    fn map(&mut self) -> NodeId {
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

    fn group(&mut self, name: Option<Name>, bracket: Bracket) -> NodeId {
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

    fn group_item(&mut self, items: &mut Items) {
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

    fn colon_for_equals(&mut self) {
        let (_, span) = self.take();
        self.report(Diagnostic::error(span, "expected `:`, found `=`"));
    }

    /// Fields or values, not both; no field twice.
    fn body(&mut self, items: Items) -> Body {
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

    /// What stands between brackets, item by item; gives the whole span.
    fn items(&mut self, bracket: Bracket, mut item: impl FnMut(&mut Self)) -> Span {
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
        let message = format!(
            "expected `{}`, found `{}`",
            bracket.closer(),
            found.closer()
        );
        let note = format!("this `{}` is still open", bracket.opener());
        self.report(Diagnostic::error(span, message).related(opener, note));
        self.torn = true;
        if !self
            .open
            .iter()
            .rev()
            .skip(1)
            .any(|(open, _)| *open == found)
        {
            self.take();
        }
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
    fn separator(&mut self) {
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

#[derive(Default)]
struct Items {
    fields: Vec<Field>,
    positional: Vec<NodeId>,
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
