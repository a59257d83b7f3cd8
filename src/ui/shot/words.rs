//! A screen as lines of text.

use ratatui::buffer::Buffer;

use crate::ui::text::width;

/// The lines of a screen, without blanks at their ends and without empty lines at the end.
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        for (_, symbol) in symbols(buffer, y) {
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out.push('\n');
    out
}

/// What stands in a row, with its column; a sign that is two cells wide hides the cell behind it.
pub(super) fn symbols(buffer: &Buffer, y: u16) -> impl Iterator<Item = (u16, &str)> {
    let mut free = buffer.area.left();
    (buffer.area.left()..buffer.area.right()).filter_map(move |x| {
        if x < free {
            return None;
        }
        let symbol = buffer.cell((x, y))?.symbol();
        let symbol = if symbol.is_empty() { " " } else { symbol };
        free = x + (width(symbol) as u16).max(1);
        Some((x, symbol))
    })
}
