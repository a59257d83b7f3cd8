//! What is kept of a screen is what stood on it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::file;
use super::svg::svg;
use super::{Form, text};
use crate::ui::style::Theme;
use crate::ui::{fixture, glyphs, screen};

fn buffer(lines: &[&str]) -> Buffer {
    Buffer::with_lines(lines.iter().copied())
}

fn dashboard() -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    screen::draw(&fixture::model(120, 40), &mut buffer);
    buffer
}

#[test]
fn text_has_no_blanks_at_its_ends() {
    let kept = text(&buffer(&["┌─ 注文 ──┐  ", " a  b     ", "", "   "]));
    assert_eq!(kept, "┌─ 注文 ──┐\n a  b\n");
    for line in text(&dashboard()).lines() {
        assert_eq!(line, line.trim_end());
    }
}

/// An element's name, its attributes, and what stands in it.
type Element = (String, Vec<(String, String)>, String);

/// The elements of a picture.
fn elements(picture: &str) -> Vec<Element> {
    let mut out = Vec::new();
    for part in picture.split('<').skip(1) {
        let (tag, inside) = part.split_once('>').expect("a tag ends");
        if tag.starts_with('/') {
            continue;
        }
        let tag = tag.trim_end_matches('/');
        let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        for pair in rest.split("\" ") {
            if let Some((key, value)) = pair.split_once("=\"") {
                attributes.push((
                    key.trim().to_owned(),
                    value.trim_end_matches('"').to_owned(),
                ));
            }
        }
        out.push((name.to_owned(), attributes, inside.trim_end().to_owned()));
    }
    out
}

fn attribute<'a>(attributes: &'a [(String, String)], key: &str) -> &'a str {
    let found = attributes.iter().find(|(k, _)| k == key);
    found.map_or("", |(_, value)| value)
}

#[test]
fn every_word_stands_in_its_cells() {
    let buffer = buffer(&["ab  <c&d>", "注文 x"]);
    let found = elements(&svg(&buffer, Theme::Dark));
    let texts: Vec<(f64, f64, String)> = found
        .iter()
        .filter(|(name, ..)| name == "text")
        .map(|(_, a, inside)| {
            let number = |key| attribute(a, key).parse::<f64>().expect("a number") / 8.0;
            (number("x"), number("textLength"), inside.clone())
        })
        .collect();
    let expected = [
        (0.0, 2.0, "ab"),
        (4.0, 5.0, "&lt;c&amp;d&gt;"),
        (0.0, 4.0, "注文"),
        (5.0, 1.0, "x"),
    ];
    assert_eq!(texts, expected.map(|(x, w, t)| (x, w, t.to_owned())));
}

#[test]
fn lines_and_blocks_are_drawn_so_that_they_meet() {
    let signs: String = ["─│┌┐└┘├┤┬┴┼", "▁▂▃▄▅▆▇█░▒▓", "⣿⣠"].concat();
    let picture = svg(&buffer(&[&signs]), Theme::Dark);
    assert!(!picture.contains("<text"), "{picture}");
    // A line across two cells: each stroke ends where the other begins.
    let picture = svg(&buffer(&["──", "│ ", "│ "]), Theme::Dark);
    for stroke in [
        "M4 8.5L8 8.5",
        "M12 8.5L8 8.5",
        "M4 25.5L4 34",
        "M4 42.5L4 34",
    ] {
        assert!(picture.contains(stroke), "{stroke}: {picture}");
    }
    let full = glyphs::EIGHTHS[8].to_string();
    let whole = "x=\"0\" y=\"0\" width=\"8\" height=\"17\"";
    assert!(svg(&buffer(&[&full]), Theme::Dark).contains(whole));
}

#[test]
fn colours_are_those_of_the_theme() {
    let mut shown = buffer(&["bad ok sel"]);
    shown.set_style(
        Rect::new(0, 0, 3, 1),
        Style::new()
            .fg(Color::LightRed)
            .add_modifier(Modifier::BOLD),
    );
    shown.set_style(
        Rect::new(7, 0, 3, 1),
        Style::new().add_modifier(Modifier::REVERSED),
    );
    for theme in Theme::ALL {
        let found = elements(&svg(&shown, theme));
        let ink = |word: &str| {
            let text = found
                .iter()
                .find(|(n, _, inside)| n == "text" && inside == word);
            attribute(&text.expect(word).1, "fill").to_owned()
        };
        let ground = attribute(&found[1].1, "fill").to_owned();
        assert_ne!(ink("bad"), ink("ok"));
        assert_ne!(ink("ok"), ground);
        assert_eq!(
            ink("sel"),
            ground,
            "what is reversed has the ground as its ink"
        );
        let bold = found
            .iter()
            .find(|(.., inside)| inside == "bad")
            .expect("bad");
        assert_eq!(attribute(&bold.1, "font-weight"), "bold");
    }
}

#[test]
fn a_picture_of_the_dashboard_has_all_its_words() {
    let shown = dashboard();
    for theme in Theme::ALL {
        let found = elements(&svg(&shown, theme));
        let words: Vec<&str> = found.iter().map(|(.., inside)| inside.as_str()).collect();
        for word in ["Topology", "Queues", "leader-crash"] {
            let there = words.iter().any(|w| w.contains(word));
            assert!(there || !text(&shown).contains(word), "{word}");
        }
        let size = &found[0].1;
        assert_eq!(attribute(size, "width"), "960");
        assert_eq!(attribute(size, "height"), "680");
    }
}

#[test]
fn files_are_named_by_what_they_show() {
    assert_eq!(
        file::name("leader-crash", 42, 12_480_999_999),
        "leader-crash-seed42-12.480s"
    );
    assert_eq!(
        file::name("my dir/Örtlich & mehr.ron", 7, 0),
        "Örtlich---mehr-seed7-0.000s"
    );
    assert_eq!(crate::hunt::keep::as_file_name("<stdin>"), "stdin");
    assert_eq!(crate::hunt::keep::as_file_name(".."), "run");
}

#[test]
fn no_file_takes_the_place_of_another() {
    let folder = std::env::temp_dir().join(format!("splitbrain-shot-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("a folder");
    for (number, name) in ["a.svg", "a-2.svg", "a-3.svg"].into_iter().enumerate() {
        let path = file::write(&folder, "a", Form::Svg, &number.to_string()).expect("written");
        assert_eq!(path, folder.join(name));
    }
    let first = std::fs::read_to_string(folder.join("a.svg"));
    assert_eq!(first.ok().as_deref(), Some("0"));
    assert!(file::write(&folder.join("none"), "a", Form::Text, "").is_err());
    let _ = std::fs::remove_dir_all(&folder);
}
