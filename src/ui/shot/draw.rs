//! Signs that must meet those beside them whatever the font: lines, blocks and dots, as shapes of a cell.

use std::fmt::Write;

use crate::ui::glyphs::{EIGHTHS, SHADES, line};

/// A cell's place and size.
#[derive(Clone, Copy)]
pub struct Place {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// The shape of a sign in a colour; `None` for a sign that a font draws.
pub fn shape(sign: char, at: Place, colour: &str) -> Option<String> {
    if let Some(ways) = ways(sign) {
        return Some(strokes(ways, at, colour));
    }
    if let Some(eighths) = EIGHTHS.iter().position(|&s| s == sign) {
        let h = at.h * eighths as f64 / 8.0;
        let y = at.y + at.h - h;
        return Some(rect(Place { y, h, ..at }, colour, None));
    }
    if let Some(shade) = SHADES.iter().position(|&s| s == sign) {
        return Some(rect(at, colour, Some(shade as f64 / 4.0)));
    }
    let code = u32::from(sign);
    (0x2800..=0x28ff)
        .contains(&code)
        .then(|| dots(code - 0x2800, at, colour))
}

/// Up, down, left, right: where a line leaves the cell.
type Ways = [bool; 4];

fn ways(sign: char) -> Option<Ways> {
    (1_u8..16)
        .map(|bits| [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0, bits & 8 > 0])
        // The last of those that are drawn alike has both its ends.
        .rev()
        .find(|&[up, down, left, right]| line(up, down, left, right) == sign)
}

fn strokes([up, down, left, right]: Ways, at: Place, colour: &str) -> String {
    let (mx, my) = (at.x + at.w / 2.0, at.y + at.h / 2.0);
    let mut path = String::new();
    let ends = [
        (up, mx, at.y),
        (down, mx, at.y + at.h),
        (left, at.x, my),
        (right, at.x + at.w, my),
    ];
    for (there, x, y) in ends {
        if there {
            let _ = write!(path, "M{} {}L{} {}", n(mx), n(my), n(x), n(y));
        }
    }
    format!("<path d=\"{path}\" stroke=\"{colour}\" stroke-linecap=\"square\"/>")
}

fn rect(at: Place, colour: &str, opacity: Option<f64>) -> String {
    let opacity = opacity.filter(|&o| o < 1.0);
    let opacity = opacity.map_or_else(String::new, |o| format!(" opacity=\"{}\"", n(o)));
    format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\"{opacity}/>",
        n(at.x),
        n(at.y),
        n(at.w),
        n(at.h)
    )
}

/// Dots of Braille, numbered as Unicode does: seven in the order of the writing, the lowest row last.
fn dots(bits: u32, at: Place, colour: &str) -> String {
    const PLACES: [(f64, f64); 8] = [
        (0.0, 0.0),
        (0.0, 1.0),
        (0.0, 2.0),
        (1.0, 0.0),
        (1.0, 1.0),
        (1.0, 2.0),
        (0.0, 3.0),
        (1.0, 3.0),
    ];
    let mut out = String::new();
    for (dot, (column, row)) in PLACES.into_iter().enumerate() {
        if bits & (1 << dot) > 0 {
            let x = at.x + at.w * (0.25 + column * 0.5);
            let y = at.y + at.h * (0.125 + row * 0.25);
            let r = at.w * 0.16;
            let (x, y, r) = (n(x), n(y), n(r));
            let _ = write!(
                out,
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"{colour}\"/>"
            );
        }
    }
    out
}

/// A length with at most two digits after the point.
pub fn n(length: f64) -> String {
    let text = format!("{length:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
