//! What a person may choose once and for all: `config.ron` in the folder for it ([`folder`]). Few settings, each with a
//! default; `docs/configuration.md` says what they mean, and a test holds it to this file.

pub mod folder;
pub mod keep;
mod speed;

use serde::{Deserialize, Serialize};

pub use speed::Speed;

use super::model::Sort;
use super::style::{GlyphSet, Theme};

/// What `config.ron` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The colours.
    pub theme: Theme,
    /// The signs that are drawn with.
    pub glyphs: GlyphSet,
    /// Whether the mouse is ours from the start.
    pub mouse: bool,
    /// How fast a run starts, in virtual seconds per second.
    pub speed: Speed,
    /// In what order queues are shown.
    pub sort: Sort,
    /// Whether counts of latencies are drawn on a logarithmic scale.
    pub log_counts: bool,
}

impl Settings {
    /// As the file has them.
    pub fn text(&self) -> Result<String, String> {
        let pretty = ron::ser::PrettyConfig::new().struct_names(false);
        ron::ser::to_string_pretty(self, pretty)
            .map(|text| text + "\n")
            .map_err(|why| why.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCS: &str = include_str!("../../../docs/configuration.md");

    /// The cells of each row of the table of settings.
    fn rows() -> Vec<Vec<&'static str>> {
        let table = DOCS.split("| setting |").nth(1).expect("a table");
        let rows = table.lines().skip(2).take_while(|l| l.starts_with('|'));
        rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
            .collect()
    }

    #[test]
    fn the_page_names_every_setting_with_its_default() {
        let text = Settings::default().text().expect("text");
        let fields: Vec<(&str, &str)> = text
            .lines()
            .filter_map(|line| line.trim().trim_end_matches(',').split_once(": "))
            .collect();
        assert!(!fields.is_empty());
        let told: Vec<(&str, &str)> = rows()
            .iter()
            .map(|row| (row[0].trim_matches('`'), row[2].trim_matches('`')))
            .collect();
        assert_eq!(told, fields);
    }

    #[test]
    fn the_page_names_every_value() {
        let values_of = |name: &str| -> Vec<String> {
            let row = rows()
                .into_iter()
                .find(|row| row[0].trim_matches('`') == name);
            let values = row.expect("a row")[1];
            let names = values.split('`').skip(1).step_by(2);
            names.map(str::to_owned).collect()
        };
        let themes: Vec<String> = Theme::ALL.iter().map(|t| format!("{t:?}")).collect();
        assert_eq!(values_of("theme"), themes);
        let glyphs = [GlyphSet::Ascii, GlyphSet::Block, GlyphSet::Braille];
        assert_eq!(values_of("glyphs"), glyphs.map(|g| format!("{g:?}")));
        let mut sorts = vec![Sort::default()];
        while sorts.len() < 2 || sorts[0] != sorts[sorts.len() - 1].next() {
            sorts.push(sorts[sorts.len() - 1].next());
        }
        let sorts: Vec<String> = sorts.iter().map(|s| format!("{s:?}")).collect();
        assert_eq!(values_of("sort"), sorts);
    }
}
