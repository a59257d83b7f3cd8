//! Which lines of a source a diagnostic shows: only those with a mark and their neighbours, and of very long lines only the
//! part around the mark, so that showing a mistake costs little however large the file is.

use std::ops::Range;

use super::diagnostic::Diagnostic;
use super::source::{Source, Span};

/// Lines longer than this are cut around the mark.
const LINE_BYTES_MAX: usize = 240;
/// Of a cut line, this much is kept before and behind the place of the mark.
const CUT_BEFORE: usize = 60;
const CUT_BEHIND: usize = 60;
/// A cut line is filled up with this many blanks at most; beyond, its place is given apart from it.
const BLANKS_MAX: usize = 20_000;
/// Marks that are further apart than this are shown as separate excerpts.
const LINES_APART_MAX: usize = 40;

/// A place to underline.
#[derive(Clone, Copy)]
pub(super) struct Mark<'a> {
    span: Span,
    /// A few words beside the underline.
    pub label: Option<&'a str>,
    /// Whether this is the mistake itself (and not only a related place).
    pub primary: bool,
}

/// Neighbouring lines of one source with the marks in them.
pub(super) struct Excerpt<'a> {
    /// Name of the source.
    pub name: &'a str,
    /// Line and column of the mistake from 1, in characters, if they can't be told from `line` and `text`.
    pub origin: Option<(usize, usize)>,
    /// Number of the first line of `text`.
    pub line: usize,
    /// The lines.
    pub text: String,
    /// Marks by their place in `text`.
    pub marks: Vec<(Range<usize>, Mark<'a>)>,
}

/// The marks of a diagnostic, the mistake itself first.
pub(super) fn marks(diagnostic: &Diagnostic) -> Vec<Mark<'_>> {
    let primary = Mark {
        span: diagnostic.span,
        label: diagnostic.label.as_deref(),
        primary: true,
    };
    let related = diagnostic.related.iter().map(|(span, note)| Mark {
        span: *span,
        label: Some(note),
        primary: false,
    });
    std::iter::once(primary).chain(related).collect()
}

struct Placed<'a> {
    mark: Mark<'a>,
    /// Line number from 0.
    line: usize,
    line_start: usize,
}

/// What to show for these marks; the first mark's excerpt comes first.
pub(super) fn excerpts<'a>(sources: &'a [Source], marks: &[Mark<'a>]) -> Vec<Excerpt<'a>> {
    let mut placed: Vec<Placed<'a>> = marks
        .iter()
        .filter_map(|mark| place(sources, *mark))
        .collect();
    let mut result = Vec::new();
    while !placed.is_empty() {
        let first = placed[0].mark.span.source;
        let near = placed[0].line;
        let (here, elsewhere): (Vec<_>, Vec<_>) = placed
            .into_iter()
            .partition(|p| p.mark.span.source == first && p.line.abs_diff(near) <= LINES_APART_MAX);
        result.push(excerpt(&sources[usize::from(first)], here));
        placed = elsewhere;
    }
    result
}

fn place<'a>(sources: &[Source], mark: Mark<'a>) -> Option<Placed<'a>> {
    let text = &sources.get(usize::from(mark.span.source))?.text;
    let start = boundary(text, mark.span.start as usize);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[..start].bytes().filter(|byte| *byte == b'\n').count();
    Some(Placed {
        mark,
        line,
        line_start,
    })
}

fn excerpt<'a>(source: &'a Source, mut placed: Vec<Placed<'a>>) -> Excerpt<'a> {
    let text = source.text.as_str();
    placed.sort_by_key(|p| p.line);
    let first = &placed[0];
    let mut shown = Excerpt {
        name: &source.name,
        origin: None,
        line: first.line + 1,
        text: String::new(),
        marks: Vec::new(),
    };
    let last_line = placed.last().map_or(0, |p| p.line);
    let mut line_start = first.line_start;
    for line in first.line..=last_line {
        let line_end = text[line_start..]
            .find('\n')
            .map_or(text.len(), |length| line_start + length);
        let content = text[line_start..line_end]
            .strip_suffix('\r')
            .unwrap_or(&text[line_start..line_end]);
        let here: Vec<&Placed> = placed.iter().filter(|p| p.line == line).collect();
        add_line(&mut shown, content, line_start, &here);
        line_start = (line_end + 1).min(text.len());
    }
    shown
}

/// Adds one line, cut if it is too long, and the marks that begin in it, each clipped to what is shown.
fn add_line<'a>(shown: &mut Excerpt<'a>, content: &str, line_start: usize, marks: &[&Placed<'a>]) {
    let focus = marks
        .iter()
        .find(|p| p.mark.primary)
        .or(marks.first())
        .map_or(0, |p| p.mark.span.start as usize - line_start);
    let window = if content.len() <= LINE_BYTES_MAX {
        0..content.len()
    } else {
        boundary(content, focus.saturating_sub(CUT_BEFORE))
            ..boundary(content, focus.saturating_add(CUT_BEHIND))
    };
    if !shown.text.is_empty() || !shown.marks.is_empty() {
        shown.text.push('\n');
    }
    // Blanks for what is cut off, so that columns stay right; the renderer shows them as an ellipsis.
    let cut = content[..window.start].chars().count();
    if cut <= BLANKS_MAX {
        shown.text.extend(std::iter::repeat_n(' ', cut));
    } else if let Some(primary) = marks.iter().find(|p| p.mark.primary) {
        let start = boundary(content, focus.min(content.len()));
        shown.origin = Some((primary.line + 1, content[..start].chars().count() + 1));
    }
    let base = shown.text.len();
    shown.text.push_str(&content[window.clone()]);
    for placed in marks {
        let span = placed.mark.span;
        let start = boundary(content, span.start as usize - line_start);
        let end = boundary(content, (span.end as usize).saturating_sub(line_start)).max(start);
        if start > window.end || (start < window.start) {
            continue;
        }
        let range = base + start - window.start..base + end.min(window.end) - window.start;
        shown.marks.push((range, placed.mark));
    }
    if window.end < content.len() {
        shown.text.push_str(" ...");
    }
}

/// The nearest character boundary at or before `at`, and not beyond the end.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
