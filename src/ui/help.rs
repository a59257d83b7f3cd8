//! The help screen: the table of keys, which it can also run.

use super::keymap::{self, Binding, Context, key_names, spelled};
use super::pen::{Pen, scroll};
use super::style::Role;
use super::text;

/// What the help lists on the dashboard.
pub const DASHBOARD: &[Context] = &[
    Context::Travel,
    Context::Dashboard,
    Context::Topology,
    Context::Queues,
    Context::Latency,
    Context::Events,
    Context::Time,
    Context::Detail,
    Context::Entry,
    Context::Always,
];

/// What the help lists in the picker.
pub const PICKER: &[Context] = &[Context::Picker, Context::Entry, Context::Always];

/// The bindings of some contexts, in the order in which the help lists them.
pub fn bindings(contexts: &[Context]) -> Vec<&'static Binding> {
    contexts
        .iter()
        .flat_map(|&c| keymap::all().iter().filter(move |b| b.context == c))
        .collect()
}

/// One line of the help: a heading, or a binding and its number.
enum Line {
    Space,
    Heading(&'static str),
    /// With what it does, as far as there is room.
    Key(usize, &'static Binding, String),
    /// The rest of what a binding does.
    More(usize, String),
}

/// Columns before what a key does.
const KEYS: usize = 22;

fn lines(contexts: &[Context], width: u16) -> Vec<Line> {
    let mut out = Vec::new();
    let mut number = 0;
    for &context in contexts {
        if !out.is_empty() {
            out.push(Line::Space);
        }
        out.push(Line::Heading(context.title()));
        for binding in keymap::all().iter().filter(|b| b.context == context) {
            let room = usize::from(width).saturating_sub(KEYS + 1).max(12);
            let mut meaning = text::wrap(binding.meaning, room).into_iter();
            let first = meaning.next().unwrap_or_default();
            out.push(Line::Key(number, binding, first));
            out.extend(meaning.map(|rest| Line::More(number, rest)));
            number += 1;
        }
    }
    out
}

/// Draws the help with a selected binding.
pub fn draw(pen: &mut Pen<'_>, contexts: &[Context], selected: usize) {
    pen.clear();
    let lines = lines(contexts, pen.width().saturating_sub(2));
    let at = lines
        .iter()
        .position(|l| matches!(l, Line::Key(n, ..) if *n == selected))
        .unwrap_or(0);
    let rows = usize::from(pen.height().saturating_sub(2));
    let first = scroll(at, lines.len(), rows);
    let last = (first + rows).min(lines.len());
    let remark = if rows < lines.len() {
        format!("{}-{} of {}", first + 1, last, lines.len())
    } else {
        String::new()
    };
    pen.part_is(0);
    let mut inner = pen.frame("Help", &remark, true);
    for (y, line) in lines[first..last].iter().enumerate() {
        let y = y as u16;
        match line {
            Line::Space => {}
            Line::Heading(title) => {
                inner.text(1, y, title, Role::Title);
            }
            Line::Key(number, binding, meaning) => {
                inner.row_is(y, 0, *number);
                let keys = spelled(&key_names(binding), inner.look().glyphs);
                let keys = text::left(&keys, KEYS - 5);
                inner.text(3, y, &keys, Role::Key);
                inner.text(KEYS as u16, y, meaning, Role::Plain);
                if *number == selected {
                    inner.sign(1, y, super::glyphs::RIGHT, Role::Strong);
                    inner.restyle_row(y, Role::Selected);
                }
            }
            Line::More(number, rest) => {
                inner.row_is(y, 0, *number);
                inner.text(KEYS as u16, y, rest, Role::Plain);
                if *number == selected {
                    inner.restyle_row(y, Role::Selected);
                }
            }
        }
    }
}
