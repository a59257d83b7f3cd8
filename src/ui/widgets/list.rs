//! Which lines of a list are in sight: one way for all lists that scroll.

use crate::ui::pen::scroll;

/// The lines of a list that are in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    first: usize,
    last: usize,
    total: usize,
}

impl Sight {
    /// In so many rows, with the selected one among them.
    pub fn around(selected: usize, total: usize, rows: usize) -> Self {
        Self::from(scroll(selected, total, rows), total, rows)
    }

    /// In so many rows, from a line on, or from an earlier one where the end has room.
    pub fn from(first: usize, total: usize, rows: usize) -> Self {
        let first = first.min(total.saturating_sub(rows));
        Self {
            first,
            last: (first + rows).min(total),
            total,
        }
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.last - self.first
    }

    /// Which they are, of how many.
    pub fn said(self) -> String {
        format!("{}-{} of {}", self.first + 1, self.last, self.total)
    }

    /// The same; nothing where all are in sight.
    pub fn if_cut(self) -> Option<String> {
        (self.count() < self.total).then(|| self.said())
    }

    /// The lines themselves: each with its row from 0 on, and its place in the list.
    pub fn of<T>(self, all: &[T]) -> impl Iterator<Item = (u16, usize, &T)> {
        let shown = all.iter().enumerate().take(self.last).skip(self.first);
        (0..).zip(shown).map(|(y, (place, line))| (y, place, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_sight_is_a_stretch_with_the_selected_line() {
        let lines: Vec<usize> = (0..9).collect();
        let sight = Sight::around(6, 9, 4);
        let shown: Vec<_> = sight.of(&lines).collect();
        assert_eq!(shown, [(0, 4, &4), (1, 5, &5), (2, 6, &6), (3, 7, &7)]);
        assert_eq!((sight.said(), sight.count()), ("5-8 of 9".to_owned(), 4));
    }

    #[test]
    fn nothing_is_said_of_a_list_that_is_whole_and_no_row_stays_empty_at_its_end() {
        assert_eq!(Sight::around(0, 3, 3).if_cut(), None);
        assert_eq!(Sight::from(0, 4, 3).if_cut().as_deref(), Some("1-3 of 4"));
        assert_eq!(Sight::from(99, 4, 3).said(), "2-4 of 4");
        assert_eq!(Sight::from(5, 0, 3).count(), 0);
    }
}
