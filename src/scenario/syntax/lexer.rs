//! Cuts the text into words. Mistakes within a word (an open string, an unknown escape) are reported here, and the word is
//! given nevertheless, so that the parser can go on.

use super::literal::{self, Escape};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;

/// A kind of bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    Round,
    Square,
    Curly,
}

impl Bracket {
    pub fn opener(self) -> char {
        match self {
            Self::Round => '(',
            Self::Square => '[',
            Self::Curly => '{',
        }
    }

    pub fn closer(self) -> char {
        match self {
            Self::Round => ')',
            Self::Square => ']',
            Self::Curly => '}',
        }
    }
}

/// A word of the language.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open(Bracket),
    Close(Bracket),
    Comma,
    Colon,
    Equals,
    /// A name, not raw (`r#name`) any more.
    Name(String),
    /// Something that begins like a number.
    Number,
    Str(String),
    Char(char),
    Bytes(Vec<u8>),
    /// `b'x'`, a number.
    Byte(u8),
    /// A character that begins no word.
    Other,
    End,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    source: u16,
    at: usize,
    /// After this, only `End` is given.
    pub stopped: bool,
    /// Whether an open comment or raw string took the rest of the text, so that brackets must be open, too.
    pub swallowed_rest: bool,
    /// Mistakes found so far.
    pub mistakes: Vec<Diagnostic>,
}

/// White space as RON knows it.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t'
            | '\n'
            | '\r'
            | '\x0B'
            | '\x0C'
            | '\u{85}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'
            | '\u{2029}'
    )
}

fn begins_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn continues_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str, source: u16) -> Self {
        let at = if text.starts_with('\u{FEFF}') {
            '\u{FEFF}'.len_utf8()
        } else {
            0
        };
        Self {
            text,
            source,
            at,
            stopped: false,
            swallowed_rest: false,
            mistakes: Vec::new(),
        }
    }

    pub fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    pub fn slice(&self, span: Span) -> &'a str {
        &self.text[span.start as usize..span.end as usize]
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Notes a mistake; after too many, the text ends here.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.stopped {
            return;
        }
        self.mistakes.push(diagnostic);
        if self.mistakes.len() >= super::MISTAKES_MAX {
            self.stopped = true;
        }
    }

    /// Skips `#![enable(…)]` lines; what they enable holds anyway, or is not needed.
    pub fn skip_extensions(&mut self) {
        const KNOWN: [&str; 4] = [
            "unwrap_newtypes",
            "implicit_some",
            "unwrap_variant_newtypes",
            "explicit_struct_names",
        ];
        loop {
            self.skip_blank();
            if !self.rest().starts_with('#') {
                return;
            }
            let start = self.at;
            let line = self
                .rest()
                .find(']')
                .map_or(self.rest().lines().next().unwrap_or(""), |end| {
                    &self.rest()[..=end]
                });
            self.at += line.len();
            let span = self.span(start, self.at);
            let plain: String = line.chars().filter(|c| !is_blank(*c)).collect();
            let names = plain
                .strip_prefix("#![enable(")
                .and_then(|rest| rest.strip_suffix(")]"));
            let ok = names.is_some_and(|names| {
                names
                    .trim_end_matches(',')
                    .split(',')
                    .all(|name| KNOWN.contains(&name))
            });
            if !ok {
                let help = format!("this line can be left out; RON knows {}", KNOWN.join(", "));
                self.report(
                    Diagnostic::error(span, "this enables no known extension of RON").help(help),
                );
            }
        }
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(is_blank);
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.block_comment();
            } else {
                return;
            }
        }
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let (mut depth, mut at) = (1_usize, start + 2);
        while depth > 0 && at < bytes.len() {
            match bytes.get(at..at + 2) {
                Some(b"/*") => (depth, at) = (depth + 1, at + 2),
                Some(b"*/") => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
        }
        self.at = at.min(bytes.len());
        if depth > 0 {
            self.at = bytes.len();
            self.swallowed_rest = true;
            let span = self.span(start, start + 2);
            self.report(
                Diagnostic::error(span, "this comment is never closed").help("close it with `*/`"),
            );
        }
    }

    /// The next word and its place.
    pub fn next(&mut self) -> (Token, Span) {
        self.skip_blank();
        let start = self.at;
        let Some(c) = self.peek().filter(|_| !self.stopped) else {
            return (Token::End, self.span(self.text.len(), self.text.len()));
        };
        let token = self.word(c);
        (token, self.span(start, self.at))
    }

    fn word(&mut self, c: char) -> Token {
        let punctuation = match c {
            '(' => Some(Token::Open(Bracket::Round)),
            '[' => Some(Token::Open(Bracket::Square)),
            '{' => Some(Token::Open(Bracket::Curly)),
            ')' => Some(Token::Close(Bracket::Round)),
            ']' => Some(Token::Close(Bracket::Square)),
            '}' => Some(Token::Close(Bracket::Curly)),
            ',' => Some(Token::Comma),
            ':' => Some(Token::Colon),
            '=' => Some(Token::Equals),
            _ => None,
        };
        if let Some(token) = punctuation {
            self.at += 1;
            return token;
        }
        match c {
            '"' => self.string(1),
            '\'' => self.char_literal(1),
            '“' | '”' | '„' | '«' | '»' => self.curly_quotes(c),
            'b' if self.rest().starts_with("b\"") => match self.string(2) {
                Token::Str(text) => Token::Bytes(text.into_bytes()),
                other => other,
            },
            'b' if self.rest().starts_with("b'") => match self.char_literal(2) {
                Token::Char(c) => u8::try_from(c).map_or(Token::Other, Token::Byte),
                other => other,
            },
            'r' | 'b' if self.raw_string_prefix().is_some() => self.raw_string(),
            _ if self.begins_number() => self.number(),
            _ if begins_name(c) => self.name(),
            _ => {
                self.at += c.len_utf8();
                Token::Other
            }
        }
    }

    fn begins_number(&self) -> bool {
        let rest = self.rest();
        let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let digits = unsigned.strip_prefix('.').unwrap_or(unsigned);
        digits.starts_with(|c: char| c.is_ascii_digit())
            || (unsigned.len() < rest.len()
                && (unsigned.starts_with("inf") || unsigned.starts_with("NaN")))
    }

    /// Takes all that a person would call one number, with a unit if there is one (`90s`, `2000/s`, `0.1%`): whether it is
    /// one is said later.
    fn number(&mut self) -> Token {
        let rest = self.rest();
        let radix = rest.trim_start_matches(['+', '-']).starts_with("0x");
        let mut previous = ' ';
        let mut chars = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            let sign =
                matches!(c, '+' | '-') && (at == 0 || (matches!(previous, 'e' | 'E') && !radix));
            let per = c == '/' && next.is_some_and(|next| next.is_ascii_alphabetic());
            let point = c == '.' && next != Some('.');
            if !(sign || per || point || c == '%' || continues_name(c)) {
                end = at;
                break;
            }
            previous = c;
        }
        self.at += end;
        Token::Number
    }

    /// A name. `min.insync.replicas`, `acks-all`, `broker-1` and `events/orders` are taken as one, too: no such name is
    /// known, but a near one will be, or quotes were forgotten.
    fn name(&mut self) -> Token {
        let rest = self.rest();
        if let Some(raw) = rest
            .strip_prefix("r#")
            .filter(|raw| raw.starts_with(continues_name))
        {
            let length = raw
                .find(|c| !(continues_name(c) || matches!(c, '.' | '+' | '-')))
                .unwrap_or(raw.len());
            self.at += 2 + length;
            return Token::Name(raw[..length].to_owned());
        }
        let mut chars = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            let joint = matches!(c, '.' | '-' | '/')
                && chars.peek().is_some_and(|(_, next)| continues_name(*next));
            if !(continues_name(c) || joint) {
                end = at;
                break;
            }
        }
        self.at += end;
        Token::Name(rest[..end].to_owned())
    }

    /// The number of `#` of the raw (byte) string that begins here.
    fn raw_string_prefix(&self) -> Option<usize> {
        let rest = self.rest();
        let rest = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
        let quote = rest.trim_start_matches('#');
        quote.starts_with('"').then_some(rest.len() - quote.len())
    }

    fn raw_string(&mut self) -> Token {
        let start = self.at;
        let hashes = self.raw_string_prefix().unwrap_or(0);
        let is_bytes = self.rest().starts_with('b');
        let prefix = usize::from(is_bytes) + 1 + hashes + 1;
        let body = &self.rest()[prefix..];
        let closer = format!("\"{}", "#".repeat(hashes));
        let content = if let Some(end) = body.find(&closer) {
            self.at += prefix + end + closer.len();
            &body[..end]
        } else {
            self.at = self.text.len();
            self.swallowed_rest = true;
            let span = self.span(start, start + prefix);
            self.report(
                Diagnostic::error(span, "this string is never closed")
                    .help(format!("close it with `{closer}`")),
            );
            body
        };
        if is_bytes {
            Token::Bytes(content.as_bytes().to_vec())
        } else {
            Token::Str(content.to_owned())
        }
    }

    /// A string that begins with `prefix` bytes of quote.
    fn string(&mut self, prefix: usize) -> Token {
        let start = self.at;
        let body_start = start + prefix;
        let end = closing_quote(&self.text[body_start..]).map(|length| body_start + length);
        match end {
            Some(end) if !self.swallowed_too_much(body_start, end) => {
                self.at = end + 1;
                self.unescape(body_start, end)
            }
            _ => {
                let end = body_start + likely_end(&self.text[body_start..]);
                self.at = end;
                let span = self.span(start, end);
                let place = span.after();
                self.report(
                    Diagnostic::error(span, "this string is never closed")
                        .related(place, "a closing `\"` may belong here"),
                );
                Token::Str(self.text[body_start..end].to_owned())
            }
        }
    }

    /// Whether the quote at `end` rather opens the next string: the text before it runs over a line break or over `, name:`,
    /// and what follows it cannot follow a string.
    fn swallowed_too_much(&self, body_start: usize, end: usize) -> bool {
        let follower = self.text[end + 1..]
            .trim_start_matches([' ', '\t'])
            .chars()
            .next();
        if follower.is_none_or(|c| matches!(c, ',' | ')' | ']' | '}' | ':' | '/' | '\n' | '\r')) {
            return false;
        }
        let body = &self.text[body_start..end];
        body.contains('\n') || before_next_field(body).is_some()
    }

    fn unescape(&mut self, start: usize, end: usize) -> Token {
        let body = &self.text[start..end];
        if !body.contains('\\') {
            return Token::Str(body.to_owned());
        }
        let mut bytes = Vec::with_capacity(body.len());
        let mut at = 0;
        while let Some(found) = body[at..].find('\\') {
            let backslash = at + found;
            bytes.extend_from_slice(&body.as_bytes()[at..backslash]);
            let (escape, length) = literal::escape(&body[backslash + 1..]);
            at = backslash + 1 + length;
            match escape {
                Escape::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Escape::Byte(byte) => bytes.push(byte),
                Escape::Continuation => {}
                Escape::Unknown => self.unknown_escape(start + backslash, start + at),
            }
        }
        bytes.extend_from_slice(&body.as_bytes()[at..]);
        Token::Str(String::from_utf8(bytes).unwrap_or_else(|error| {
            let span = self.span(start, end);
            self.report(Diagnostic::error(
                span,
                "the `\\x` escapes of this string give no valid UTF-8",
            ));
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        }))
    }

    fn unknown_escape(&mut self, start: usize, end: usize) {
        let span = self.span(start, end);
        let help = "known escapes are \\n \\r \\t \\0 \\\\ \\\" \\' \\x41 \\u{1F4A1}; a backslash itself is written \\\\";
        self.report(Diagnostic::error(span, "unknown escape in a string").help(help));
    }

    fn char_literal(&mut self, prefix: usize) -> Token {
        let start = self.at;
        let rest = &self.rest()[prefix..];
        let first = rest.chars().next();
        let (value, length) = match first {
            Some('\\') => match literal::escape(&rest[1..]) {
                (Escape::Char(c), length) => (Some(c), 1 + length),
                (Escape::Byte(byte), length) => (Some(char::from(byte)), 1 + length),
                (_, length) => (None, 1 + length),
            },
            Some(c) => (Some(c), c.len_utf8()),
            None => (None, 0),
        };
        if let (Some(c), Some('\'')) = (value, rest[length..].chars().next()) {
            self.at += prefix + length + 1;
            return Token::Char(c);
        }
        // A string in single quotes, most likely.
        let line = rest.lines().next().unwrap_or("");
        let end = line.find('\'').unwrap_or_else(|| likely_end(line));
        let content = line[..end].to_owned();
        let closed = line[end..].starts_with('\'');
        self.at += prefix + end + usize::from(closed);
        let span = self.span(start, self.at);
        let help = format!("write \"{content}\"");
        self.report(Diagnostic::error(span, "text is written in double quotes").help(help));
        Token::Str(content)
    }

    fn curly_quotes(&mut self, open: char) -> Token {
        let start = self.at;
        let line = self.rest().lines().next().unwrap_or("");
        let body = &line[open.len_utf8()..];
        let end = body
            .find(['”', '“', '"', '«', '»'])
            .unwrap_or_else(|| likely_end(body));
        let closer = body[end..]
            .chars()
            .next()
            .filter(|c| matches!(c, '”' | '“' | '"' | '«' | '»'))
            .map_or(0, char::len_utf8);
        let content = body[..end].to_owned();
        self.at += open.len_utf8() + end + closer;
        let span = self.span(start, self.at);
        self.report(
            Diagnostic::error(span, "text is written in straight double quotes")
                .help(format!("write \"{content}\"")),
        );
        Token::Str(content)
    }
}

/// Where the unescaped `"` of a string body is.
fn closing_quote(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// Where a string without a closing quote was probably meant to end: on its line, before `, name:` or before the closers and
/// commas at the end of the line.
fn likely_end(body: &str) -> usize {
    let line = body.lines().next().unwrap_or("");
    before_next_field(line).unwrap_or_else(|| {
        line.trim_end_matches([',', ')', ']', '}', ' ', '\t', '\r'])
            .len()
    })
}

/// The end of what stands before the first `, name:` of a line.
fn before_next_field(line: &str) -> Option<usize> {
    line.match_indices(',')
        .map(|(comma, _)| comma)
        .find_map(|comma| {
            let next = line[comma + 1..].trim_start();
            let after_name = next.trim_start_matches(continues_name);
            let is_field =
                next.starts_with(begins_name) && after_name.trim_start().starts_with(':');
            is_field.then(|| line[..comma].trim_end_matches([')', ']', '}', ' ']).len())
        })
}
