//! Lines between cards, drawn into a grid of cells that remembers in which directions each is left, so that lines
//! that meet get the sign for it.

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

/// A cell by column and row.
pub type At = (u16, u16);

/// How much goes along a wire, and how it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flow {
    /// Messages per second in the direction of the path.
    pub forward_per_s: f64,
    /// Messages per second against it.
    pub backward_per_s: f64,
    /// Whether it drops everything, in one direction at least.
    pub cut: bool,
    /// Whether it is worse than it should be.
    pub impaired: bool,
}

/// A drawn link: the cells from one card to the other, and where a cut is marked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wire {
    /// The cells in the order of the path.
    pub path: Vec<At>,
    /// The cell that belongs to this wire alone, as an index into the path.
    pub own: usize,
    /// What goes along.
    pub flow: Flow,
    /// Whether the path ends at a card with a point.
    pub arrow: bool,
    /// The cards at its ends, where it leads from one to one other.
    pub ends: Option<(usize, usize)>,
}

/// All wires of a picture.
pub struct Grid {
    width: u16,
    height: u16,
    cells: Vec<u8>,
}

impl Grid {
    /// An empty grid.
    pub fn new(width: u16, height: u16) -> Self {
        Self {
            width,
            height,
            cells: vec![0; usize::from(width) * usize::from(height)],
        }
    }

    fn cell(&mut self, at: At) -> Option<&mut u8> {
        let inside = at.0 < self.width && at.1 < self.height;
        let index = usize::from(at.1) * usize::from(self.width) + usize::from(at.0);
        self.cells.get_mut(index).filter(|_| inside)
    }

    /// Adds a path: each cell leads to the next.
    pub fn add(&mut self, path: &[At]) {
        for pair in path.windows(2) {
            let (out, back) = if pair[1].0 > pair[0].0 {
                (RIGHT, LEFT)
            } else if pair[1].0 < pair[0].0 {
                (LEFT, RIGHT)
            } else if pair[1].1 > pair[0].1 {
                (DOWN, UP)
            } else {
                (UP, DOWN)
            };
            if let Some(cell) = self.cell(pair[0]) {
                *cell |= out;
            }
            if let Some(cell) = self.cell(pair[1]) {
                *cell |= back;
            }
        }
    }

    /// Draws the lines.
    pub fn draw(&self, pen: &mut Pen<'_>) {
        for (i, &mask) in self.cells.iter().enumerate().filter(|c| *c.1 != 0) {
            let x = (i % usize::from(self.width)) as u16;
            let y = (i / usize::from(self.width)) as u16;
            let has = |direction| mask & direction != 0;
            let sign = glyphs::line(has(UP), has(DOWN), has(LEFT), has(RIGHT));
            pen.sign(x, y, sign, Role::Border);
        }
    }
}

/// The cells from one to another, along a row or a column; without the last.
fn straight(path: &mut Vec<At>, to: At) {
    while let Some(&(x, y)) = path.last() {
        let next = if x != to.0 {
            (if to.0 > x { x + 1 } else { x - 1 }, y)
        } else if y != to.1 {
            (x, if to.1 > y { y + 1 } else { y - 1 })
        } else {
            break;
        };
        path.push(next);
    }
}

/// The cells of a path through some corners; each piece goes along its row first, then along its column.
pub fn path(corners: &[At]) -> Vec<At> {
    let Some(&first) = corners.first() else {
        return Vec::new();
    };
    let mut path = vec![first];
    for &corner in &corners[1..] {
        straight(&mut path, corner);
    }
    path
}

/// The heavy signs of a path, cell by cell.
pub fn heavy(path: &[At]) -> Vec<(At, char)> {
    let towards = |at: At, other: Option<&At>, is: fn(At, At) -> bool| {
        other.is_some_and(|&other| is(at, other))
    };
    let sign = |i: usize| {
        let at = path[i];
        let around = [i.checked_sub(1).and_then(|i| path.get(i)), path.get(i + 1)];
        let has = |is: fn(At, At) -> bool| around.iter().any(|other| towards(at, *other, is));
        let (up, down) = (has(|a, b| b.1 < a.1), has(|a, b| b.1 > a.1));
        let (left, right) = (has(|a, b| b.0 < a.0), has(|a, b| b.0 > a.0));
        (at, glyphs::heavy_line(up, down, left, right))
    };
    (0..path.len()).map(sign).collect()
}

/// Draws messages, cuts and points over the lines. Where a message is follows from the time and the wire alone.
pub fn draw_traffic(pen: &mut Pen<'_>, wires: &[Wire], now_ns: u64) {
    for (number, wire) in wires.iter().enumerate() {
        for at in messages(wire, number, now_ns) {
            // Where lines meet or turn, their shape says more than a message, and so does that of the selected one.
            if !matches!(pen.at(at.0, at.1), "─" | "│") {
                continue;
            }
            pen.sign(at.0, at.1, glyphs::MESSAGE, Role::Traffic);
        }
    }
    for wire in wires {
        point(pen, wire);
        if let Some(&(x, y)) = wire.path.get(wire.own) {
            if wire.flow.cut {
                pen.sign(x, y, glyphs::CUT, Role::Bad);
            } else if wire.flow.impaired {
                pen.sign(x, y, glyphs::IMPAIRED, Role::Warn);
            }
        }
    }
}

fn point(pen: &mut Pen<'_>, wire: &Wire) {
    if !wire.arrow || wire.path.len() < 2 {
        return;
    }
    let only_back = wire.flow.backward_per_s > 0.0 && wire.flow.forward_per_s <= 0.0;
    let (at, sign) = if only_back {
        (wire.path.first(), glyphs::LEFT)
    } else {
        (wire.path.last(), glyphs::RIGHT)
    };
    if let Some(&(x, y)) = at {
        pen.sign(x, y, sign, Role::Border);
    }
}

/// The cells in which messages of a wire are seen.
pub fn messages(wire: &Wire, number: usize, now_ns: u64) -> Vec<At> {
    let len = if wire.arrow {
        wire.path.len().saturating_sub(1)
    } else {
        wire.path.len()
    };
    let forward = wire.flow.forward_per_s;
    let backward = wire.flow.backward_per_s;
    let per_s = forward.max(backward);
    let Some(spacing) = spacing(per_s).filter(|_| len > 0) else {
        return Vec::new();
    };
    // Where all is dropped, nothing is seen behind the cut.
    let reach = if wire.flow.cut { wire.own } else { len };
    let moved = u128::from(now_ns) * CELLS_PER_SECOND / 1_000_000_000;
    let phase = ((moved + number as u128 * 5) % spacing as u128) as usize;
    (phase..len)
        .step_by(spacing)
        .map(|at| {
            if forward >= backward {
                at
            } else {
                len - 1 - at
            }
        })
        .filter(|&at| forward < backward || at < reach)
        .map(|at| wire.path[at])
        .collect()
}

/// How many cells a message moves in a virtual second.
const CELLS_PER_SECOND: u128 = 6;

/// Cells from one message to the next: the busier, the closer.
fn spacing(per_s: f64) -> Option<usize> {
    if per_s.is_nan() || per_s <= 0.0 {
        None
    } else if per_s < 1.0 {
        Some(16)
    } else if per_s < 10.0 {
        Some(10)
    } else if per_s < 100.0 {
        Some(7)
    } else if per_s < 1000.0 {
        Some(5)
    } else {
        Some(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(per_s: f64) -> Wire {
        Wire {
            path: path(&[(0, 0), (20, 0)]),
            own: 10,
            flow: Flow {
                forward_per_s: per_s,
                ..Flow::default()
            },
            arrow: true,
            ends: None,
        }
    }

    #[test]
    fn a_path_turns_at_its_corners() {
        assert_eq!(
            path(&[(0, 0), (2, 0), (2, 2), (3, 2)]),
            [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (3, 2)]
        );
    }

    #[test]
    fn a_heavy_path_has_the_corners_of_its_turns() {
        let signs: String = heavy(&path(&[(0, 0), (2, 0), (2, 2), (3, 2)]))
            .into_iter()
            .map(|(_, sign)| sign)
            .collect();
        assert_eq!(signs, "━━┓┃┗━");
    }

    #[test]
    fn messages_move_on_with_virtual_time_only() {
        let w = wire(50.0);
        let at = |ns| messages(&w, 0, ns);
        assert_eq!(at(0), at(0));
        let first = at(0)[0].0;
        let later = at(1_000_000_000 / 6 + 1)[0].0;
        assert_eq!(later, first + 1);
    }

    #[test]
    fn no_message_passes_a_cut_and_none_moves_without_traffic() {
        let mut w = wire(5000.0);
        w.flow.cut = true;
        for step in 0..50 {
            let seen = messages(&w, 0, step * 100_000_000);
            assert!(seen.iter().all(|at| at.0 < 10));
        }
        assert!(messages(&wire(0.0), 0, 77).is_empty());
    }

    #[test]
    fn busier_wires_hold_more_messages() {
        let count = |per_s| messages(&wire(per_s), 0, 0).len();
        assert!(count(0.5) <= count(5.0) && count(5.0) < count(50.0));
        assert!(count(50.0) < count(500.0) && count(500.0) < count(5000.0));
    }
}
