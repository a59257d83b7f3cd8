//! A scenario as a document: its texts, its tree, and what is wrong with them.

use serde::de::DeserializeOwned;

use super::de::{self, Unread};
use super::diagnostic::{self, Diagnostic, Severity};
use super::source::{Source, Span};
use super::syntax::ast::{Ast, Body, Damage, Group, Kind, NodeId};
use super::{set, syntax};
use crate::sim::complaint::{Complaint, Path, Step};

/// A scenario file with the changes asked for by `--set`, and all mistakes found in it so far.
#[derive(Debug, Clone)]
pub struct Document {
    sources: Vec<Source>,
    ast: Ast,
    diagnostics: Vec<Diagnostic>,
    /// Values that [`Document::read`] left out.
    left_out: Vec<bool>,
    /// Fields that it did not read.
    unread: Unread,
    /// Which sources stand in the file themselves, and where.
    quoted: Vec<(usize, Span)>,
}

/// Later checks note at most so many mistakes: nobody mends more at once, and each costs time to place and show.
const NOTED_MAX: usize = 4 * syntax::MISTAKES_MAX;

/// Reads a scenario text with some `--set path=value` applied. What is wrong is in the document.
pub fn from_source<T: DeserializeOwned>(
    name: &str,
    text: &str,
    sets: &[String],
) -> (Option<T>, Document) {
    let mut document = Document::parse(name, text);
    for argument in sets {
        document.set(argument);
    }
    let value = document.read();
    (value, document)
}

impl Document {
    /// Parses a text. `name` is how diagnostics call it, normally its path.
    pub fn parse(name: impl Into<String>, text: impl Into<String>) -> Self {
        let source = Source::new(name, text);
        let (ast, diagnostics) = syntax::parse(&source.text);
        Self {
            sources: vec![source],
            ast,
            diagnostics,
            left_out: Vec::new(),
            unread: Unread::default(),
            quoted: Vec::new(),
        }
    }

    /// Parses the bytes of a file; bytes that are no UTF-8 are a mistake in the text.
    pub fn parse_bytes(name: impl Into<String>, bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(name, text),
            Err(error) => {
                let head = &bytes[..bytes.len().min(syntax::FILE_BYTES_MAX)];
                let text = String::from_utf8_lossy(head).into_owned();
                let at = error.valid_up_to().min(text.len());
                let mistake = Diagnostic::error(
                    Span::new(0, at, at),
                    "the file is not text in UTF-8 from here on",
                );
                let mut ast = Ast::default();
                ast.damage = Damage::Shape;
                Self {
                    sources: vec![Source::new(name, text)],
                    ast,
                    diagnostics: vec![mistake],
                    left_out: Vec::new(),
                    unread: Unread::default(),
                    quoted: Vec::new(),
                }
            }
        }
    }

    /// Applies one `--set path=value`.
    pub fn set(&mut self, argument: &str) {
        if self.ast.damage == Damage::Shape {
            return;
        }
        let number = u16::try_from(self.sources.len()).unwrap_or(u16::MAX);
        self.sources.push(Source::new("--set", argument));
        set::apply(&mut self.ast, argument, number, &mut self.diagnostics);
    }

    /// Lets `add` add to the mistakes that have no place outside the file itself.
    pub(super) fn explain(&mut self, mut add: impl FnMut(&mut Diagnostic)) {
        for diagnostic in &mut self.diagnostics {
            let mut places = diagnostic.related.iter().map(|(span, _)| *span);
            if diagnostic.span.source == 0 && places.all(|span| span.source == 0) {
                add(diagnostic);
            }
        }
    }

    /// Applies one `path=value` that stands in the file itself, in the text at `place`.
    pub fn set_from(&mut self, argument: &str, place: Span) {
        self.quoted.push((self.sources.len(), place));
        self.set(argument);
    }

    /// The same text and settings, not yet read, and with nothing found.
    pub(super) fn before_reading(&self) -> Self {
        Self {
            sources: self.sources.clone(),
            ast: self.ast.clone(),
            diagnostics: Vec::new(),
            left_out: Vec::new(),
            unread: Unread::default(),
            quoted: self.quoted.clone(),
        }
    }

    /// Notes what was found in `other`, which began as this document and got further sources.
    pub(super) fn adopt(&mut self, other: &Self, diagnostic: Diagnostic) {
        if self.sources.len() < other.sources.len() {
            self.sources.clone_from(&other.sources);
        }
        self.report(diagnostic);
    }

    /// Whether a place lies in the value at `path`.
    pub(super) fn is_within(&self, place: Span, path: &Path) -> bool {
        self.find(path).is_some_and(|id| {
            let whole = self.ast.node(id).span;
            whole.source == place.source && whole.start <= place.start && place.end <= whole.end
        })
    }

    fn find(&self, path: &Path) -> Option<NodeId> {
        let mut steps = path.steps().iter();
        steps.try_fold(self.ast.root()?, |id, step| self.step(id, step))
    }

    /// Moves the places of a diagnostic from a quoted argument to where the argument stands in the file.
    fn to_quotation(&self, diagnostic: &mut Diagnostic) {
        let moved = |span: Span| {
            let quoted = self
                .quoted
                .iter()
                .find(|(number, _)| *number == usize::from(span.source));
            let Some((number, place)) = quoted else {
                return span;
            };
            let (written, argument) = (&self.sources[0].text, &self.sources[*number].text);
            let literal = written.get(place.start as usize..place.end as usize);
            // Between plain quotes each byte stands for itself.
            if literal.is_some_and(|l| l.get(1..l.len() - 1) == Some(argument)) {
                let base = place.start as usize + 1;
                Span::new(0, base + span.start as usize, base + span.end as usize)
            } else {
                *place
            }
        };
        diagnostic.span = moved(diagnostic.span);
        for (span, _) in &mut diagnostic.related {
            *span = moved(*span);
        }
    }

    /// The tree and what was found, to add to both.
    pub(super) fn parts_mut(&mut self) -> (&mut Ast, &mut Vec<Diagnostic>) {
        (&mut self.ast, &mut self.diagnostics)
    }

    /// Adds a text that diagnostics may show; its number.
    pub fn add_source(&mut self, name: impl Into<String>, text: impl Into<String>) -> u16 {
        let number = u16::try_from(self.sources.len()).unwrap_or(u16::MAX);
        self.sources.push(Source::new(name, text));
        number
    }

    /// Reads it as a `T`. What is wrong is noted and left out; `None` if nothing is left, or if brackets don't match, so that
    /// nobody knows what belongs where.
    pub fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        if self.ast.damage == Damage::Shape {
            return None;
        }
        let reading = de::read(&self.ast);
        self.diagnostics.extend(reading.mistakes);
        self.left_out = reading.left_out;
        self.unread = reading.unread;
        reading.value
    }

    /// Notes what a later check found; but no doubt about a scenario of which something is missing, for it may only follow from
    /// that.
    pub fn complain(&mut self, complaint: &Complaint) {
        if complaint.severity == Severity::Warning && self.has_gap_within(&Path::root()) {
            return;
        }
        let redundant = complaint.severity == Severity::Warning || !self.is_sound();
        if self.diagnostics.len() >= NOTED_MAX && redundant {
            return;
        }
        self.diagnostics.push(Diagnostic {
            severity: complaint.severity,
            span: self.span_of(&complaint.at),
            message: complaint.message.clone(),
            label: None,
            related: complaint
                .related
                .iter()
                .map(|(path, note)| (self.span_of(path), note.clone()))
                .collect(),
            help: complaint.help.clone(),
        });
    }

    /// Notes a mistake at a place known already.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Everything found so far, in the order of the text.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics.clone();
        diagnostics.iter_mut().for_each(|d| self.to_quotation(d));
        diagnostic::tidy(&mut diagnostics);
        diagnostics
    }

    /// Whether it can run as far as is known now.
    pub fn is_sound(&self) -> bool {
        !diagnostic::has_errors(&self.diagnostics)
    }

    /// Everything found so far as text.
    pub fn render(&self, colour: bool) -> String {
        diagnostic::render(&self.sources, &self.diagnostics(), colour)
    }

    /// The texts: the file first, then each `--set`.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Whether the whole has a field of that name.
    pub fn has_field(&self, name: &str) -> bool {
        let root = self.ast.root().map(|root| &self.ast.node(root).kind);
        match root {
            Some(Kind::Group(Group {
                body: Body::Fields(fields),
                ..
            })) => fields.iter().any(|field| field.name.text == name),
            _ => false,
        }
    }

    /// The tree.
    pub fn ast(&self) -> &Ast {
        &self.ast
    }

    /// Whether [`Document::read`] left something out of the value at `path`. What later checks find wrong there, or miss
    /// there, may only follow from that.
    pub fn has_gap_within(&self, path: &Path) -> bool {
        self.find(path).is_some_and(|id| self.has_gap_below(id))
    }

    /// Whether the value at `path` is not, or not only, what the file says: something in it, or it as a whole, could not be
    /// read.
    pub fn is_unread(&self, path: &Path) -> bool {
        let Some(mut id) = self.ast.root() else {
            return true;
        };
        for step in path.steps() {
            let next = self.step(id, step);
            if let Step::Field(name) = step
                && self
                    .unread
                    .has_field(self.unwrapped(id), name, next.is_none())
            {
                return true;
            }
            match next {
                Some(next) if self.is_left_out(next) => return true,
                Some(next) => id = next,
                None => return false,
            }
        }
        self.has_gap_below(id)
    }

    /// How many elements of the list at `path` were read; `None` if it is none, or an element was left out.
    pub fn whole_list_len(&self, path: &Path) -> Option<usize> {
        match &self.ast.node(self.find(path)?).kind {
            Kind::List(elements) if !elements.iter().any(|e| self.is_left_out(*e)) => {
                Some(elements.len())
            }
            _ => None,
        }
    }

    fn is_left_out(&self, id: NodeId) -> bool {
        self.left_out.get(id.index()).copied().unwrap_or(false)
    }

    /// What `Some(x)` and `Name((…))` hold.
    fn unwrapped(&self, id: NodeId) -> NodeId {
        match &self.ast.node(id).kind {
            Kind::Group(Group {
                body: Body::Tuple(values),
                ..
            }) if values.len() == 1 => self.unwrapped(values[0]),
            _ => id,
        }
    }

    fn has_gap_below(&self, id: NodeId) -> bool {
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            if self.is_left_out(id) || self.unread.has_any(id) {
                return true;
            }
            match &self.ast.node(id).kind {
                Kind::List(parts) => pending.extend(parts),
                Kind::Map(entries) => {
                    pending.extend(entries.iter().flat_map(|(key, value)| [*key, *value]));
                }
                Kind::Group(Group {
                    body: Body::Tuple(parts),
                    ..
                }) => pending.extend(parts),
                Kind::Group(Group {
                    body: Body::Fields(fields),
                    ..
                }) => pending.extend(fields.iter().map(|field| field.value)),
                _ => {}
            }
        }
        false
    }

    /// The narrowest place that exists on the way to `path`: the value itself, or else the beginning of what should hold it.
    /// Indices count as in what [`Document::read`] gave, so without the elements it left out.
    pub fn span_of(&self, path: &Path) -> Span {
        let Some(mut id) = self.ast.root() else {
            return Span::new(0, 0, 0);
        };
        for step in path.steps() {
            match self.step(id, step) {
                Some(next) => id = next,
                None => break,
            }
        }
        self.ast.head(id)
    }

    /// Where a span begins: `line:column`, both from 1; of a `--set`, the argument.
    pub fn place(&self, span: Span) -> String {
        let Some(source) = self.sources.get(usize::from(span.source)) else {
            return String::new();
        };
        if span.source > 0 {
            return format!("--set {}", source.text);
        }
        let before = source
            .text
            .get(..span.start as usize)
            .unwrap_or(&source.text);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        format!("{line}:{column}")
    }

    /// The line, from 1, in which the value at a path begins; 0 if it stands in no file (a `--set`).
    pub fn line_of(&self, path: &Path) -> u32 {
        let span = self.span_of(path);
        match self.sources.first() {
            Some(file) if span.source == 0 => {
                let before = &file.text.as_bytes()[..(span.start as usize).min(file.text.len())];
                before.split(|&b| b == b'\n').count() as u32
            }
            _ => 0,
        }
    }

    fn step(&self, id: NodeId, step: &Step) -> Option<NodeId> {
        let kept = |id: &&NodeId| !self.is_left_out(**id);
        match (&self.ast.node(id).kind, step) {
            (Kind::List(elements), Step::Index(index)) => {
                elements.iter().filter(kept).nth(*index).copied()
            }
            (
                Kind::Group(Group {
                    body: Body::Fields(fields),
                    ..
                }),
                Step::Field(name),
            ) => fields
                .iter()
                .find(|field| field.name.text == *name)
                .map(|field| field.value),
            (Kind::Map(entries), Step::Field(name)) => entries
                .iter()
                .find(|(key, _)| match &self.ast.node(*key).kind {
                    Kind::Str(text) => text == name,
                    Kind::Group(Group {
                        name: Some(key),
                        body: Body::None,
                    }) => key.text == *name,
                    _ => false,
                })
                .map(|(_, value)| *value),
            // `Some(x)` and `Name((…))` are as good as what they hold, except for their own first value.
            (
                Kind::Group(Group {
                    name,
                    body: Body::Tuple(values),
                }),
                _,
            ) => {
                let wrapper = name.as_ref().is_some_and(|name| name.text == "Some");
                match (step, values.as_slice()) {
                    (Step::Index(index), _) if !wrapper => values.get(*index).copied(),
                    (_, [only]) => self.step(*only, step),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
