//! All styles in one place: one table of roles for each theme. Colours are the terminal's own sixteen, on its own
//! background; without colour, weight alone tells roles apart, and a sign or a word says the same in every case.

use ratatui::style::{Color, Modifier, Style};
use serde::{Deserialize, Serialize};

/// Which signs may be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GlyphSet {
    /// ASCII only.
    Ascii,
    /// Box drawing and block elements.
    #[default]
    Block,
    /// As `Block`, with series in braille: twice as many values in a row.
    Braille,
}

/// Which colours are used for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background: nothing yellow, cyan or bright.
    Light,
    /// No colours: bold, dim and reversed only.
    Mono,
    /// For a dark background, where red and green look alike: what is well is blue, what is not is yellow or orange.
    ColourBlind,
}

impl Theme {
    /// All of them, in the order in which a key goes through them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Mono, Self::ColourBlind];

    /// Its name on the command line and on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
            Self::ColourBlind => "colour-blind",
        }
    }

    /// The one after this.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&t| t == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    fn table(self) -> &'static [(Role, Shade)] {
        match self {
            Self::Dark => DARK,
            Self::Light => LIGHT,
            Self::Mono => MONO,
            Self::ColourBlind => COLOUR_BLIND,
        }
    }
}

/// How screens look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Which signs may be drawn.
    pub glyphs: GlyphSet,
    /// Which colours are used for what.
    pub theme: Theme,
}

impl Look {
    /// The default theme, or the one without colours where the environment wants none ([`colour_is_forbidden`]).
    pub fn from_env(glyphs: GlyphSet) -> Self {
        Self::themed(glyphs, Theme::default())
    }

    /// This theme, or the one without colours where the environment wants none ([`colour_is_forbidden`]).
    pub fn themed(glyphs: GlyphSet, theme: Theme) -> Self {
        let theme = if colour_is_forbidden() {
            Theme::Mono
        } else {
            theme
        };
        Self { glyphs, theme }
    }

    /// The style of a role.
    pub fn style(self, role: Role) -> Style {
        let table = self.theme.table();
        let found = table.iter().find(|(r, _)| *r == role);
        found.map_or_else(Style::new, |(_, shade)| shade.style())
    }
}

/// Whether the environment variable `NO_COLOR` is set and not empty (<https://no-color.org>), or the terminal calls itself
/// `dumb`.
pub fn colour_is_forbidden() -> bool {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
    forbidden || dumb
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

/// A colour, or the terminal's own, and a weight. There is no background: that is the user's.
#[derive(Clone, Copy)]
struct Shade {
    colour: Option<Color>,
    weight: Modifier,
}

impl Shade {
    fn style(self) -> Style {
        let style = Style::new().add_modifier(self.weight);
        self.colour.map_or(style, |colour| style.fg(colour))
    }
}

const fn thin(colour: Color) -> Shade {
    Shade {
        colour: Some(colour),
        weight: Modifier::empty(),
    }
}

const fn bold(colour: Color) -> Shade {
    Shade {
        colour: Some(colour),
        weight: Modifier::BOLD,
    }
}

const fn own(weight: Modifier) -> Shade {
    Shade {
        colour: None,
        weight,
    }
}

const PLAIN: Shade = own(Modifier::empty());
const STRONG: Shade = own(Modifier::BOLD);
const FAINT: Shade = own(Modifier::DIM);
const REVERSED: Shade = own(Modifier::REVERSED);

const DARK: &[(Role, Shade)] = &[
    (Role::Plain, PLAIN),
    (Role::Dim, thin(Color::DarkGray)),
    (Role::Strong, STRONG),
    (Role::Border, thin(Color::DarkGray)),
    (Role::Focus, bold(Color::Cyan)),
    (Role::Title, STRONG),
    (Role::Good, thin(Color::Green)),
    (Role::Warn, thin(Color::Yellow)),
    (Role::Bad, bold(Color::LightRed)),
    (Role::Leader, bold(Color::LightMagenta)),
    (Role::Traffic, thin(Color::Cyan)),
    (Role::Series, thin(Color::LightBlue)),
    (Role::Key, bold(Color::Cyan)),
    (Role::Selected, REVERSED),
];

const LIGHT: &[(Role, Shade)] = &[
    (Role::Plain, PLAIN),
    (Role::Dim, thin(Color::DarkGray)),
    (Role::Strong, STRONG),
    (Role::Border, thin(Color::DarkGray)),
    (Role::Focus, bold(Color::Blue)),
    (Role::Title, STRONG),
    (Role::Good, thin(Color::Green)),
    (Role::Warn, thin(Color::Magenta)),
    (Role::Bad, bold(Color::Red)),
    (Role::Leader, bold(Color::Blue)),
    (Role::Traffic, thin(Color::Blue)),
    (Role::Series, thin(Color::Blue)),
    (Role::Key, bold(Color::Blue)),
    (Role::Selected, REVERSED),
];

const MONO: &[(Role, Shade)] = &[
    (Role::Plain, PLAIN),
    (Role::Dim, FAINT),
    (Role::Strong, STRONG),
    (Role::Border, FAINT),
    (Role::Focus, STRONG),
    (Role::Title, STRONG),
    (Role::Good, PLAIN),
    (Role::Warn, STRONG),
    (Role::Bad, STRONG),
    (Role::Leader, STRONG),
    (Role::Traffic, PLAIN),
    (Role::Series, PLAIN),
    (Role::Key, STRONG),
    (Role::Selected, REVERSED),
];

const COLOUR_BLIND: &[(Role, Shade)] = &[
    (Role::Plain, PLAIN),
    (Role::Dim, thin(Color::DarkGray)),
    (Role::Strong, STRONG),
    (Role::Border, thin(Color::DarkGray)),
    (Role::Focus, STRONG),
    (Role::Title, STRONG),
    (Role::Good, thin(Color::LightBlue)),
    (Role::Warn, thin(Color::Yellow)),
    // Most palettes have nothing nearer to orange.
    (Role::Bad, bold(Color::LightRed)),
    (Role::Leader, STRONG),
    (Role::Traffic, thin(Color::LightBlue)),
    (Role::Series, thin(Color::LightBlue)),
    (Role::Key, STRONG),
    (Role::Selected, REVERSED),
];

#[cfg(test)]
#[path = "style_tests.rs"]
mod tests;
