//! The texts a scenario is read from, and places in them.

/// A text with the name under which diagnostics show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A file path as the user gave it, or `--set`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source of that name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
}

/// A stretch of bytes in one of the sources of a document. Both ends lie on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which source: 0 is the scenario file, the others are `--set` arguments.
    pub source: u16,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `source`.
    pub fn new(source: u16, start: usize, end: usize) -> Self {
        Self {
            source,
            start: start as u32,
            end: end as u32,
        }
    }

    /// From the start of this one to the end of `other`.
    pub fn to(self, other: Self) -> Self {
        Self {
            end: other.end.max(self.start),
            ..self
        }
    }

    /// The empty place just behind this one.
    pub fn after(self) -> Self {
        Self {
            start: self.end,
            ..self
        }
    }
}
