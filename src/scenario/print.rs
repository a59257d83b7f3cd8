//! A scenario as text again: every setting with its value, defaults filled in. Reading the text gives an equal scenario.

mod layout;
mod read;
mod tree;

use serde::Serialize;

use super::schema::Scenario;

pub use read::{tree_of, way_to};
pub use tree::{Part, Tree};

/// The effective settings of a scenario as RON, the same text for equal scenarios. Ends with a line break.
pub fn effective<E: Serialize>(scenario: &Scenario<E>) -> String {
    // Settings are plain types; none of them refuses to be written.
    tree::tree(scenario).map_or_else(
        |error| format!("// {error}\n"),
        |tree| layout::lay_out(&tree),
    )
}

/// A paragraph as the lines of a comment, each with its `//`.
pub fn comment(text: &str) -> Vec<String> {
    layout::wrapped(text, 0)
}

impl Tree {
    /// The tree of a value; `None` if it does not want to be written, which settings do.
    pub fn of<T: Serialize>(value: &T) -> Option<Self> {
        tree::tree(value).ok()
    }

    /// It as text, ending with a line break: each of its parts begins in a line of its own.
    pub fn text(&self) -> String {
        layout::lay_out(self)
    }

    /// It on one line, without comments.
    pub fn line(&self) -> String {
        layout::on_one_line(self)
    }

    /// Its parts; a plain value has none.
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::Atom(_) => &[],
            Self::Nest { parts, .. } => parts,
        }
    }

    /// Its parts, to change them.
    pub fn parts_mut(&mut self) -> Option<&mut Vec<Part>> {
        match self {
            Self::Atom(_) => None,
            Self::Nest { parts, .. } => Some(parts),
        }
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self, Self::Nest { open, .. } if open == "[")
    }

    /// The number of the field of that name.
    pub fn field(&self, name: &str) -> Option<usize> {
        let mut parts = self.parts().iter();
        parts.position(|part| part.name() == Some(name))
    }

    /// The value to which a way leads: the numbers of parts, from the outermost on.
    pub fn at(&self, way: &[usize]) -> Option<&Self> {
        way.iter()
            .try_fold(self, |tree, &number| Some(&tree.parts().get(number)?.value))
    }

    /// The same, to change it.
    pub fn at_mut(&mut self, way: &[usize]) -> Option<&mut Self> {
        way.iter().try_fold(self, |tree, &number| {
            Some(&mut tree.parts_mut()?.get_mut(number)?.value)
        })
    }

    /// The ways to all values within it, the outer before the inner.
    pub fn ways(&self) -> Vec<Vec<usize>> {
        let mut ways = Vec::new();
        for (number, part) in self.parts().iter().enumerate() {
            ways.push(vec![number]);
            for mut way in part.value.ways() {
                way.insert(0, number);
                ways.push(way);
            }
        }
        ways
    }

    /// It with another value at the end of a way; unchanged where that leads nowhere.
    #[must_use]
    pub fn with(&self, way: &[usize], value: Self) -> Self {
        let mut changed = self.clone();
        if let Some(place) = changed.at_mut(way) {
            *place = value;
        }
        changed
    }

    /// It without the part at the end of a way; unchanged where that leads nowhere.
    #[must_use]
    pub fn without(&self, way: &[usize]) -> Self {
        let mut changed = self.clone();
        if let Some((&number, outer)) = way.split_last()
            && let Some(parts) = changed.at_mut(outer).and_then(Self::parts_mut)
            && number < parts.len()
        {
            parts.remove(number);
        }
        changed
    }

    /// It with a field as it is given, behind the others if it is new, or without it.
    #[must_use]
    pub fn with_field(&self, name: &str, value: Option<Self>) -> Self {
        match (self.field(name), value) {
            (Some(number), Some(value)) => self.with(&[number], value),
            (Some(number), None) => self.without(&[number]),
            (None, Some(value)) => {
                let mut changed = self.clone();
                if let Some(parts) = changed.parts_mut() {
                    parts.push(Part::new(format!("{name}: "), value));
                }
                changed
            }
            (None, None) => self.clone(),
        }
    }
}
