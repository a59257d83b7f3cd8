//! The log of what happened, newest first.

use crate::ui::keymap::{Action, Context, name_for};
use crate::ui::pen::{Pen, scroll};
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::EventLine;

use super::{mark_role, mark_sign};

/// What the pane shows.
pub struct Log<'a> {
    /// The events, newest first.
    pub events: &'a [&'a EventLine],
    /// The selected one.
    pub selected: Option<usize>,
    /// Whether others are hidden.
    pub is_filtered: bool,
    /// What is looked for; empty where nothing is.
    pub search: &'a str,
}

impl Log<'_> {
    /// Draws the pane's inside.
    pub fn draw(&self, pen: &mut Pen<'_>) {
        let rows = usize::from(pen.height());
        let events = self.events;
        if events.is_empty() {
            let text = if self.is_filtered {
                "no event passes the filter".to_owned()
            } else {
                let key = name_for(Context::Travel, Action::NextMark);
                format!("nothing has happened yet: {key} runs to the next mark")
            };
            pen.text(1, 0, &text, Role::Dim);
            return;
        }
        let first = first_shown(events.len(), rows, self.selected);
        let shown = &events[first..(first + rows).min(events.len())];
        let columns = Columns::for_width(pen.width(), shown);
        for (y, event) in (0..).zip(shown) {
            line(pen, y, event, &columns);
            if self.selected == Some(first + usize::from(y)) {
                pen.restyle_row(y, Role::Selected);
            } else {
                highlight(pen, y, self.search);
            }
        }
    }
}

/// Marks where a text stands in a row.
fn highlight(pen: &mut Pen<'_>, y: u16, search: &str) {
    let small = |c: char| c.to_lowercase().next().unwrap_or(c);
    let wanted: Vec<char> = search.chars().map(small).collect();
    if wanted.is_empty() {
        return;
    }
    let cell = |x| pen.at(x, y).chars().next().unwrap_or(' ');
    let row: Vec<char> = (0..pen.width()).map(|x| small(cell(x))).collect();
    for (x, window) in (0..).zip(row.windows(wanted.len())) {
        if window == wanted {
            pen.part(x, y, wanted.len() as u16, 1)
                .restyle_row(0, Role::Selected);
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
        let moments = events.iter().map(|e| text::moment(e.at_ns).len());
        let time = moments.max().unwrap_or(6);
        let word = longest(|e| &e.word, 12);
        let cause = if width >= 72 {
            longest(|e| &e.cause, 22)
        } else {
            0
        };
        // Names take what the texts leave, and more than that if they are short.
        let by = if cause > 0 { cause + 4 } else { 0 };
        let taken = time + word + by + longest(|e| &e.text, usize::MAX) + 7;
        let spare = usize::from(width).saturating_sub(taken);
        let short = if width >= 100 { 18 } else { 12 };
        Self {
            time,
            subject: longest(|e| &e.subject, spare.max(short)),
            word,
            cause,
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
        &text::left(
            &text::cut_middle(&event.subject, columns.subject),
            columns.subject,
        ),
        Role::Plain,
    ) + 1;
    pen.sign(x, y, mark_sign(event.kind), role);
    let x = pen.text(x + 2, y, &text::left(&event.word, columns.word), role) + 1;
    let end = if columns.cause > 0 {
        let by = 3 + columns.cause as u16;
        let at = pen.width().saturating_sub(by + 1);
        if !event.cause.is_empty() {
            // What was done by hand says so itself.
            let cause = event.cause.strip_prefix("by ").unwrap_or(&event.cause);
            let cause = text::cut(cause, columns.cause);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;
    use ratatui::buffer::{Buffer, Cell};
    use ratatui::layout::Rect;

    #[test]
    fn a_name_is_whole_where_there_is_room_and_keeps_its_end_where_there_is_none() {
        let event = EventLine {
            subject: "events/kafka-broker-12".into(),
            word: "CRASH".into(),
            text: "memory gone, page cache kept".into(),
            cause: "line 14".into(),
            ..EventLine::default()
        };
        let drawn = |width| -> String {
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
            let area = buffer.area;
            let mut pen = Pen::new(&mut buffer, area, Look::default());
            let log = Log {
                events: &[&event],
                selected: None,
                is_filtered: false,
                search: "",
            };
            log.draw(&mut pen);
            buffer.content.iter().map(Cell::symbol).collect()
        };
        let wide = drawn(90);
        assert!(
            wide.contains(&event.subject) && wide.contains(&event.text),
            "{wide}"
        );
        assert!(drawn(78).contains("r-12 "), "{}", drawn(78));
    }
}
