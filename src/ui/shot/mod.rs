//! A screen to keep: as text, or as a picture that looks like the terminal.

mod draw;
pub mod file;
pub mod svg;
mod words;

pub use words::text;

/// What a screen is kept as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines of text.
    Text,
    /// A picture of the cells, with their colours.
    Svg,
}

impl Form {
    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Svg => "svg",
        }
    }
}

#[cfg(test)]
mod tests;
