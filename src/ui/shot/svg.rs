//! A screen as a picture (SVG 1.1). Each cell has its exact place: words are stretched to the cells they take, and what must
//! meet its neighbours is drawn, so that it looks alike with every font.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::draw::{Place, n, shape};
use super::words::symbols;
use crate::ui::style::Theme;
use crate::ui::text::width;

/// A cell, in pixels: the shape that most fonts of terminals have.
const CELL: (f64, f64) = (8.0, 17.0);
/// The size of the letters, and how far their line is from the top of a cell.
const FONT: (f64, f64) = (13.0, 13.0);

/// The sixteen colours as numbers, and those of a terminal that says nothing.
struct Palette {
    ground: &'static str,
    text: &'static str,
    sixteen: [&'static str; 16],
}

const ON_DARK: Palette = Palette {
    ground: "#16181d",
    text: "#d8dae0",
    sixteen: [
        "#000000", "#cc4444", "#3fae52", "#c9a227", "#3b6fd4", "#b05cc8", "#2fa8b5", "#b8bcc4",
        "#7c828d", "#ff6b5e", "#6fd383", "#ffd75f", "#6ea8fe", "#d899f0", "#66d9e8", "#ffffff",
    ],
};

const ON_LIGHT: Palette = Palette {
    ground: "#ffffff",
    text: "#1c1e22",
    sixteen: [
        "#000000", "#b3261e", "#1b7a2f", "#8a6100", "#1f4fb8", "#8e2aa8", "#0b6f7c", "#5a5f68",
        "#5f646d", "#d0392f", "#25913d", "#a87900", "#2f62d6", "#a63cc2", "#0f8594", "#1c1e22",
    ],
};

impl Palette {
    fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Dark | Theme::ColourBlind => &ON_DARK,
            // What has no colours is mostly for paper.
            Theme::Light | Theme::Mono => &ON_LIGHT,
        }
    }

    fn colour(&self, colour: Color) -> &'static str {
        let number = match colour {
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
            _ => return self.text,
        };
        self.sixteen[number]
    }
}

/// How a cell is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ink {
    colour: &'static str,
    ground: Option<&'static str>,
    bold: bool,
    dim: bool,
}

impl Ink {
    fn of(cell: &Cell, palette: &Palette) -> Self {
        let ink = palette.colour(cell.fg);
        let has = |modifier| cell.modifier.contains(modifier);
        let (ink, ground) = if has(Modifier::REVERSED) {
            (palette.ground, Some(ink))
        } else {
            (ink, None)
        };
        Self {
            colour: ink,
            ground,
            bold: has(Modifier::BOLD),
            dim: has(Modifier::DIM),
        }
    }
}

/// The picture of a screen, with the colours of a terminal that the theme is for.
pub fn svg(buffer: &Buffer, theme: Theme) -> String {
    let palette = Palette::of(theme);
    let (w, h) = (
        n(CELL.0 * f64::from(buffer.area.width)),
        n(CELL.1 * f64::from(buffer.area.height)),
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{}\">\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        n(FONT.0),
        palette.ground
    );
    for y in buffer.area.top()..buffer.area.bottom() {
        row(buffer, y, palette, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// Letters beside one another that look alike.
struct Word {
    x: u16,
    cells: u16,
    text: String,
    ink: Ink,
}

fn row(buffer: &Buffer, y: u16, palette: &Palette, out: &mut String) {
    let mut words: Vec<Word> = Vec::new();
    let mut shapes = String::new();
    let mut grounds = String::new();
    for (x, symbol) in symbols(buffer, y) {
        let Some(cell) = buffer.cell((x, y)) else {
            continue;
        };
        let ink = Ink::of(cell, palette);
        let cells = width(symbol).max(1) as u16;
        let at = place(buffer, x, y, cells);
        if let Some(ground) = ink.ground {
            grounds.push_str(&ground_of(at, ground));
        }
        let mut signs = symbol.chars();
        let only = signs.next().filter(|_| signs.next().is_none());
        if symbol == " " {
            continue;
        }
        if let Some(drawn) = only.and_then(|sign| shape(sign, at, ink.colour)) {
            shapes.push_str(&drawn);
            continue;
        }
        match words.last_mut() {
            Some(last) if last.x + last.cells == x && last.ink == ink => {
                last.text.push_str(symbol);
                last.cells += cells;
            }
            _ => words.push(Word {
                x,
                cells,
                text: symbol.to_owned(),
                ink,
            }),
        }
    }
    for part in [grounds, shapes] {
        if !part.is_empty() {
            out.push_str(&part);
            out.push('\n');
        }
    }
    for word in &words {
        letters(word, place(buffer, word.x, y, word.cells), out);
    }
}

fn place(buffer: &Buffer, x: u16, y: u16, cells: u16) -> Place {
    Place {
        x: CELL.0 * f64::from(x - buffer.area.x),
        y: CELL.1 * f64::from(y - buffer.area.y),
        w: CELL.0 * f64::from(cells),
        h: CELL.1,
    }
}

fn ground_of(at: Place, colour: &str) -> String {
    let (x, y, w, h) = (n(at.x), n(at.y), n(at.w), n(at.h));
    format!("<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{colour}\"/>")
}

fn letters(word: &Word, at: Place, out: &mut String) {
    let mut looks = String::new();
    if word.ink.bold {
        looks.push_str(" font-weight=\"bold\"");
    }
    if word.ink.dim {
        looks.push_str(" opacity=\"0.6\"");
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{looks}>{}</text>",
        n(at.x),
        n(at.y + FONT.1),
        n(at.w),
        word.ink.colour,
        escaped(&word.text)
    );
}

/// As XML wants it; what XML 1.0 cannot have is left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
