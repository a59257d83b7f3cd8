//! The log of what happened, newest first.

use crate::ui::pen::{Pen, scroll};
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::EventLine;

use super::{mark_role, mark_sign};

/// Draws the pane's inside.
pub fn draw(pen: &mut Pen<'_>, events: &[&EventLine], selected: Option<usize>, filtered: bool) {
    let rows = usize::from(pen.height());
    if events.is_empty() {
        let text = if filtered {
            "no event contains this text"
        } else {
            "nothing has happened yet: ] runs to the next mark"
        };
        pen.text(1, 0, text, Role::Dim);
        return;
    }
    let first = first_shown(events.len(), rows, selected);
    let shown = &events[first..(first + rows).min(events.len())];
    let columns = Columns::for_width(pen.width(), shown);
    for (y, event) in shown.iter().enumerate() {
        line(pen, y as u16, event, &columns);
        if selected == Some(first + y) {
            pen.restyle_row(y as u16, Role::Selected);
        }
    }
}

/// The number of the first event that is shown.
pub fn first_shown(total: usize, rows: usize, selected: Option<usize>) -> usize {
    selected.map_or(0, |at| scroll(at.min(total.saturating_sub(1)), total, rows))
}

struct Columns {
    time: usize,
    subject: usize,
    word: usize,
    cause: usize,
}

impl Columns {
    fn for_width(width: u16, events: &[&EventLine]) -> Self {
        let longest = |of: fn(&EventLine) -> &str, max: usize| {
            let widths = events.iter().map(|e| text::width(of(e)));
            widths.max().unwrap_or(0).min(max)
        };
        let roomy = width >= 100;
        Self {
            time: events
                .iter()
                .map(|e| text::moment(e.at_ns).len())
                .max()
                .unwrap_or(6),
            subject: longest(|e| &e.subject, if roomy { 18 } else { 12 }),
            word: longest(|e| &e.word, 12),
            cause: if width >= 72 {
                longest(|e| &e.cause, if roomy { 22 } else { 12 })
            } else {
                0
            },
        }
    }
}

fn line(pen: &mut Pen<'_>, y: u16, event: &EventLine, columns: &Columns) {
    let role = mark_role(event.kind);
    let time = text::right(&text::moment(event.at_ns), columns.time);
    let x = pen.text(1, y, &time, Role::Dim) + 1;
    let x = pen.text(
        x,
        y,
        &text::left(&event.subject, columns.subject),
        Role::Plain,
    ) + 1;
    pen.sign(x, y, mark_sign(event.kind), role);
    let x = pen.text(x + 2, y, &text::left(&event.word, columns.word), role) + 1;
    let end = if columns.cause > 0 {
        let by = 3 + columns.cause as u16;
        let at = pen.width().saturating_sub(by + 1);
        if !event.cause.is_empty() {
            let cause = text::cut(&event.cause, columns.cause);
            let w = text::width(&cause) as u16 + 3;
            pen.text(pen.width().saturating_sub(w + 1), y, "by ", Role::Dim);
            pen.text_right(pen.width().saturating_sub(1), y, &cause, Role::Dim);
        }
        at
    } else {
        pen.width()
    };
    let room = usize::from(end.saturating_sub(x + 1));
    pen.text(x, y, &text::cut(&event.text, room), Role::Plain);
}
