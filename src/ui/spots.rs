//! What the cells of a screen stand for. Whatever has lines says where they are while it draws them, so that the mouse finds
//! what was drawn, and no screen says twice how it is laid out.

use std::cell::RefCell;

use ratatui::layout::{Position, Rect};

/// A part of a screen, or a line in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Which part, as the screen numbers them.
    pub part: usize,
    /// Which line of it, as its selection is counted; none beside the lines.
    pub line: Option<usize>,
}

/// Where the parts and lines of a screen were drawn.
#[derive(Debug, Default)]
pub struct Spots(RefCell<Vec<(Rect, Spot)>>);

impl Spots {
    /// Notes where something is drawn.
    pub fn note(&self, area: Rect, spot: Spot) {
        self.0.borrow_mut().push((area, spot));
    }

    /// What is drawn in a cell: the innermost, which is noted last.
    pub fn at(&self, (x, y): (u16, u16)) -> Option<Spot> {
        let all = self.0.borrow();
        let mut found = all.iter().rev();
        found
            .find(|(area, _)| area.contains(Position { x, y }))
            .map(|(_, spot)| *spot)
    }
}
