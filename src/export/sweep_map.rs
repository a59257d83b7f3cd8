//! A share of seeds by setting, as text: a map of two settings, a list of one.

use std::fmt::Write;

use crate::hunt::sweep::question::Question;
use crate::hunt::sweep::{Head, Sums};
use crate::hunt::tally::Share;

/// From which share on a shade stands for it. The number stands beside it.
const SHADES: [(f64, char); 5] = [
    (0.75, '█'),
    (0.5, '▓'),
    (0.25, '▒'),
    (0.0, '░'),
    (f64::NEG_INFINITY, '·'),
];

/// Where the share tips: each setting with its share of seeds, and the interval in which it surely is.
pub fn by_setting(head: &Head, sums: &Sums, question: Question) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "\n{}", question.label(head));
    if let [rows, columns] = head.vary.as_slice() {
        let corner = format!("{} \\ {}", rows.name(), columns.name());
        let width = rows
            .values
            .iter()
            .chain([&corner])
            .map(|v| v.chars().count())
            .max();
        let (width, wide) = (
            width.unwrap_or(0),
            columns.values.iter().map(|v| v.chars().count()).max(),
        );
        let wide = wide.unwrap_or(0).max(6);
        let _ = write!(out, "  {corner:<width$}");
        for value in &columns.values {
            let _ = write!(out, "  {value:>wide$}");
        }
        out.push('\n');
        for (row, value) in rows.values.iter().enumerate() {
            let _ = write!(out, "  {value:<width$}");
            for column in 0..columns.values.len() {
                let cell = &sums.cells[row * columns.values.len() + column];
                let _ = write!(out, "  {:>wide$}", shaded(question.share(cell)));
            }
            out.push('\n');
        }
        out.push('\n');
    }
    let labels: Vec<String> = (0..head.cells.len())
        .map(|cell| head.cell_label(cell))
        .collect();
    let width = labels.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    for (label, cell) in labels.iter().zip(&sums.cells) {
        let share = question.share(cell);
        let digits = sums.all.seeds.to_string().len();
        let _ = writeln!(
            out,
            "  {label:<width$}  {}  {:>digits$} of {:>digits$}  {}",
            shade(share),
            share.count,
            share.of,
            percent(share)
        );
    }
    out
}

fn shade(share: Share) -> char {
    let found = SHADES.iter().find(|(above, _)| share.value() > *above);
    found.map_or('·', |(_, shade)| *shade)
}

fn shaded(share: Share) -> String {
    if share.of == 0 {
        return "-".to_owned();
    }
    format!("{} {}", shade(share), share.percent())
}

/// A share in percent with its 95 % interval.
pub fn percent(share: Share) -> String {
    let (low, high) = share.interval();
    let decimals = if share.of < 1000 { 1 } else { 3 };
    format!(
        "{:.decimals$} % (95 % interval {:.decimals$} to {:.decimals$})",
        share.value() * 100.0,
        low * 100.0,
        high * 100.0
    )
}
