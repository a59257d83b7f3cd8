//! All styles in one place. Colours are the terminal's own sixteen, on its own background; without colour, weight
//! alone tells roles apart, and a sign or a word says the same in every case.

use ratatui::style::{Color, Modifier, Style};

/// Which signs may be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlyphSet {
    /// ASCII only.
    Ascii,
    /// Box drawing and block elements.
    #[default]
    Block,
    /// As `Block`, with series in braille: twice as many values in a row.
    Braille,
}

/// How screens look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which signs may be drawn.
    pub glyphs: GlyphSet,
    /// Whether colours may be used.
    pub colour: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            glyphs: GlyphSet::Block,
            colour: true,
        }
    }
}

impl Look {
    /// Colour unless the environment variable `NO_COLOR` is set and not empty (<https://no-color.org>), or the terminal
    /// calls itself `dumb`.
    pub fn from_env(glyphs: GlyphSet) -> Self {
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
        Self {
            glyphs,
            colour: !forbidden && !dumb,
        }
    }
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text.
    Plain,
    /// Text that may be overlooked: axes, labels.
    Dim,
    /// What the eye shall find first.
    Strong,
    /// The frame of a pane.
    Border,
    /// The frame of the pane that has the keys.
    Focus,
    /// The title of a pane.
    Title,
    /// Well.
    Good,
    /// May go wrong.
    Warn,
    /// Wrong.
    Bad,
    /// Who leads.
    Leader,
    /// Messages and how many.
    Traffic,
    /// A series or a distribution.
    Series,
    /// A key to press.
    Key,
    /// The selected line.
    Selected,
}

impl Look {
    /// The style of a role.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let weight = match role {
            Role::Dim | Role::Border if !self.colour => plain.add_modifier(Modifier::DIM),
            Role::Strong | Role::Focus | Role::Title | Role::Bad | Role::Leader | Role::Key => {
                plain.add_modifier(Modifier::BOLD)
            }
            Role::Warn if !self.colour => plain.add_modifier(Modifier::BOLD),
            Role::Selected => plain.add_modifier(Modifier::REVERSED),
            _ => plain,
        };
        if !self.colour {
            return weight;
        }
        match role {
            Role::Plain | Role::Strong | Role::Title | Role::Selected => weight,
            Role::Dim | Role::Border => weight.fg(Color::DarkGray),
            Role::Focus | Role::Traffic | Role::Key => weight.fg(Color::Cyan),
            Role::Good => weight.fg(Color::Green),
            Role::Warn => weight.fg(Color::Yellow),
            Role::Bad => weight.fg(Color::Red),
            Role::Leader => weight.fg(Color::Magenta),
            Role::Series => weight.fg(Color::Blue),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Role; 14] = [
        Role::Plain,
        Role::Dim,
        Role::Strong,
        Role::Border,
        Role::Focus,
        Role::Title,
        Role::Good,
        Role::Warn,
        Role::Bad,
        Role::Leader,
        Role::Traffic,
        Role::Series,
        Role::Key,
        Role::Selected,
    ];

    #[test]
    fn the_background_is_the_users_own() {
        for colour in [true, false] {
            for role in ALL {
                let look = Look {
                    glyphs: GlyphSet::Block,
                    colour,
                };
                assert_eq!(look.style(role).bg, None, "{role:?}");
            }
        }
    }

    #[test]
    fn without_colour_there_is_none() {
        let look = Look {
            glyphs: GlyphSet::Block,
            colour: false,
        };
        for role in ALL {
            assert_eq!(look.style(role).fg, None, "{role:?}");
        }
    }
}
