//! A user's mistake with its place, and how it is shown: file, line, column, the source line, a caret, and what was meant.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::excerpt;
use super::source::{Source, Span};
pub use crate::sim::complaint::Severity;

/// One mistake (or warning) and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub span: Span,
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// A few words under the caret.
    pub label: Option<String>,
    /// Other places that matter, with a few words each.
    pub related: Vec<(Span, String)>,
    /// What would help.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at `span`.
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            span,
            message: message.into(),
            label: None,
            related: Vec::new(),
            help: None,
        }
    }

    /// Adds a few words under the caret.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds what would help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that matters.
    pub fn related(mut self, span: Span, note: impl Into<String>) -> Self {
        self.related.push((span, note.into()));
        self
    }
}

/// Whether any of them keeps the scenario from running.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// Orders by place and drops repetitions.
pub fn tidy(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics
        .sort_by(|a, b| (a.span, a.severity, &a.message).cmp(&(b.span, b.severity, &b.message)));
    diagnostics.dedup_by(|a, b| a.span == b.span && a.message == b.message);
}

/// More than this are not shown, only counted.
const SHOWN_MAX: usize = 100;

/// Shows diagnostics as text, one after the other with an empty line between them; ends with a line break unless empty.
/// With `colour`, ANSI colours are used; meaning never depends on them.
pub fn render(sources: &[Source], diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN_MAX) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&render_one(&renderer, sources, diagnostic));
        text.push('\n');
    }
    if let Some(more @ 1..) = diagnostics.len().checked_sub(SHOWN_MAX) {
        text.push_str("\nthere are more (");
        text.push_str(&more.to_string());
        text.push_str("), which are not shown\n");
    }
    text
}

fn render_one(renderer: &Renderer, sources: &[Source], diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.clone()));
    let marks = excerpt::marks(diagnostic);
    for excerpt in excerpt::excerpts(sources, &marks) {
        let annotations = excerpt.marks.into_iter().map(|(range, mark)| {
            let kind = if mark.primary {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            kind.span(range).label(mark.label)
        });
        let snippet = Snippet::source(excerpt.text)
            .line_start(excerpt.line)
            .annotations(annotations);
        group = match excerpt.origin {
            Some((line, column)) => group
                .element(Origin::path(excerpt.name).line(line).char_column(column))
                .element(snippet),
            None => group.element(snippet.path(excerpt.name)),
        };
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.clone()));
    }
    renderer.render(&[group])
}
