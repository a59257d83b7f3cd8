//! Draws text and frames inside a rectangle, and never outside it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::glyphs;
use super::spots::{Spot, Spots};
use super::style::{Look, Role};
use super::text;

/// A rectangle of the screen to draw in. Coordinates are relative to its upper left corner.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    look: Look,
    /// Where it is noted what is drawn where.
    spots: Option<&'a Spots>,
    /// Whether something that is open over it has the keys.
    is_behind: bool,
}

impl<'a> Pen<'a> {
    /// A pen for a part of the buffer; what lies outside the buffer is left out.
    pub fn new(buffer: &'a mut Buffer, area: Rect, look: Look) -> Self {
        let area = area.intersection(buffer.area);
        Self {
            buffer,
            area,
            look,
            spots: None,
            is_behind: false,
        }
    }

    /// The same pen for what something is open over, if that is so: then nothing of it has the keys.
    #[must_use]
    pub fn behind(self, is_behind: bool) -> Self {
        Self { is_behind, ..self }
    }

    /// The same pen, which notes where it draws parts and lines.
    #[must_use]
    pub fn noting(self, spots: &'a Spots) -> Self {
        Self {
            spots: Some(spots),
            ..self
        }
    }

    /// Says that all of its rectangle is a part of the screen. Lines of it are to be said after that.
    pub fn part_is(&self, part: usize) {
        self.note(self.area, Spot { part, line: None });
    }

    /// Says that a row is a line of a part.
    pub fn row_is(&self, y: u16, part: usize, line: usize) {
        let row = Rect {
            y: self.area.y.saturating_add(y),
            height: u16::from(y < self.area.height),
            ..self.area
        };
        let line = Some(line);
        self.note(row, Spot { part, line });
    }

    fn note(&self, area: Rect, spot: Spot) {
        if let Some(spots) = self.spots {
            spots.note(area, spot);
        }
    }

    /// Columns.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// How it looks.
    pub fn look(&self) -> Look {
        self.look
    }

    /// A pen for a part of this one.
    pub fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Pen<'_> {
        let x = x.min(self.area.width);
        let y = y.min(self.area.height);
        let area = Rect {
            x: self.area.x + x,
            y: self.area.y + y,
            width: width.min(self.area.width - x),
            height: height.min(self.area.height - y),
        };
        Pen {
            buffer: self.buffer,
            area,
            look: self.look,
            spots: self.spots,
            is_behind: self.is_behind,
        }
    }

    /// Writes a text, cut with `…` where it meets the right border. Gives the column after it.
    pub fn text(&mut self, x: u16, y: u16, value: &str, role: Role) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return x;
        }
        let room = self.area.width - x;
        let value = text::cut(value, usize::from(room));
        let style = self.look.style(role);
        let (end, _) = self.buffer.set_stringn(
            self.area.x + x,
            self.area.y + y,
            &value,
            usize::from(room),
            style,
        );
        end - self.area.x
    }

    /// Writes a text that ends at the right border, or at `end` where that is given.
    pub fn text_right(&mut self, end: u16, y: u16, value: &str, role: Role) {
        let width = text::width(value) as u16;
        self.text(end.saturating_sub(width), y, value, role);
    }

    /// Writes one sign.
    pub fn sign(&mut self, x: u16, y: u16, sign: char, role: Role) {
        if x < self.area.width && y < self.area.height {
            let style = self.look.style(role);
            if let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y)) {
                cell.set_char(sign).set_style(style);
            }
        }
    }

    /// What stands in a cell.
    pub fn at(&self, x: u16, y: u16) -> &str {
        if x >= self.area.width || y >= self.area.height {
            return "";
        }
        self.buffer
            .cell((self.area.x + x, self.area.y + y))
            .map_or("", ratatui::buffer::Cell::symbol)
    }

    /// The same sign from column `from` to before `to`.
    pub fn row(&mut self, from: u16, to: u16, y: u16, sign: char, role: Role) {
        for x in from..to.min(self.area.width) {
            self.sign(x, y, sign, role);
        }
    }

    /// Gives a row the style of a role, whatever stands in it.
    pub fn restyle_row(&mut self, y: u16, role: Role) {
        if y < self.area.height {
            let row = Rect {
                y: self.area.y + y,
                height: 1,
                ..self.area
            };
            self.buffer.set_style(row, self.look.style(role));
        }
    }

    /// Empties the rectangle.
    pub fn clear(&mut self) {
        for y in 0..self.area.height {
            for x in 0..self.area.width {
                if let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y)) {
                    cell.reset();
                }
            }
        }
    }

    /// Draws a frame along the border with a title on the left and a remark on the right; gives the pen for what is
    /// inside. The title of what has the keys has a sign before it, so that it is told without colour.
    pub fn frame(&mut self, title: &str, remark: &str, focused: bool) -> Pen<'_> {
        let (w, h) = (self.area.width, self.area.height);
        let focused = focused && !self.is_behind;
        let border = if focused { Role::Focus } else { Role::Border };
        if w < 2 || h < 2 {
            return self.part(0, 0, 0, 0);
        }
        for y in [0, h - 1] {
            self.row(1, w - 1, y, '─', border);
        }
        for y in 1..h - 1 {
            self.sign(0, y, '│', border);
            self.sign(w - 1, y, '│', border);
        }
        for (x, y, sign) in [
            (0, 0, '┌'),
            (w - 1, 0, '┐'),
            (0, h - 1, '└'),
            (w - 1, h - 1, '┘'),
        ] {
            self.sign(x, y, sign, border);
        }
        self.frame_texts(title, remark, focused);
        self.part(1, 1, w - 2, h - 2)
    }

    fn frame_texts(&mut self, title: &str, remark: &str, focused: bool) {
        let w = self.area.width;
        if w < 6 {
            return;
        }
        let room = usize::from(w) - 4;
        let title = text::cut(title, room);
        let mut end = 1;
        if !title.is_empty() {
            let (sign, role) = if focused {
                (glyphs::RIGHT, Role::Focus)
            } else {
                (' ', Role::Title)
            };
            end = self.text(1, 0, &format!("{sign}{title} "), role);
        }
        let wanted = text::width(remark) as u16 + 3;
        if !remark.is_empty() && end + wanted < w {
            self.text(w - wanted, 0, &format!(" {remark} "), Role::Dim);
        }
    }
}

/// Which of `total` lines to show in `rows`, so that `selected` is among them: the number of the first.
pub fn scroll(selected: usize, total: usize, rows: usize) -> usize {
    if rows == 0 || total <= rows {
        return 0;
    }
    let middle = selected.saturating_sub(rows / 2);
    middle.min(total - rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_line_is_always_in_sight() {
        for total in 0..30 {
            for rows in 1..12 {
                for selected in 0..total {
                    let first = scroll(selected, total, rows);
                    assert!((first..first + rows).contains(&selected));
                    assert!(first + rows.min(total) <= total);
                }
            }
        }
    }
}
