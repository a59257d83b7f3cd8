//! Series in one row of cells.

use crate::ui::glyphs;
use crate::ui::style::GlyphSet;

/// A series in `cells` cells, the newest value on the right. Values are brought to the number of columns by taking the
/// largest of each stretch, so that a short peak is never lost; a series shorter than that keeps its values, on the
/// right. The largest value fills a cell; any value above 0 shows, and 0 is the lowest line, so that a series of zeros
/// can be told from none.
pub fn sparkline(values: &[u64], cells: usize, set: GlyphSet) -> String {
    sparkline_to(values, 0, cells, set)
}

/// The same where at least `least` fills a cell: for series that are held against one another.
pub fn sparkline_to(values: &[u64], least: u64, cells: usize, set: GlyphSet) -> String {
    if set == GlyphSet::Braille {
        let columns = shrink(values, cells * 2);
        let max = columns.iter().copied().max().unwrap_or(0).max(least);
        let mut levels: Vec<u8> = columns.iter().map(|&v| dots(v, max)).collect();
        if levels.len() % 2 == 1 {
            levels.insert(0, 0);
        }
        let drawn: String = levels
            .chunks(2)
            .map(|c| glyphs::braille(c[0], c[1]))
            .collect();
        return pad(drawn, cells);
    }
    let columns = shrink(values, cells);
    let max = columns.iter().copied().max().unwrap_or(0).max(least);
    let drawn: String = columns
        .iter()
        .map(|&v| glyphs::EIGHTHS[eighths(v, max)])
        .collect();
    pad(drawn, cells)
}

fn pad(drawn: String, cells: usize) -> String {
    let missing = cells.saturating_sub(drawn.chars().count());
    let mut out: String = std::iter::repeat_n(' ', missing).collect();
    out.push_str(&drawn);
    out
}

/// From 1 (nothing) to 8 (the largest).
fn eighths(value: u64, max: u64) -> usize {
    1 + scaled(value, max, 7)
}

fn dots(value: u64, max: u64) -> u8 {
    1 + scaled(value, max, 3) as u8
}

/// `value / max` of `steps`, rounded up, so that only 0 gives 0 and only the largest can give all.
fn scaled(value: u64, max: u64, steps: u64) -> usize {
    if max == 0 {
        return 0;
    }
    let up = u128::from(value) * u128::from(steps);
    up.div_ceil(u128::from(max)) as usize
}

/// At most `columns` values: each the largest of its stretch.
pub fn shrink(values: &[u64], columns: usize) -> Vec<u64> {
    if values.len() <= columns {
        return values.to_vec();
    }
    (0..columns)
        .map(|i| {
            let from = i * values.len() / columns;
            let to = ((i + 1) * values.len() / columns).max(from + 1);
            values[from..to].iter().copied().max().unwrap_or(0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_levels_are_exact() {
        assert_eq!(
            sparkline(&[0, 1, 2, 3, 4, 5, 6, 7], 8, GlyphSet::Block),
            "▁▂▃▄▅▆▇█"
        );
        assert_eq!(sparkline(&[0, 0, 0], 3, GlyphSet::Block), "▁▁▁");
        assert_eq!(sparkline(&[], 3, GlyphSet::Block), "   ");
        assert_eq!(sparkline(&[5], 3, GlyphSet::Block), "  █");
        assert_eq!(sparkline(&[u64::MAX, 1], 2, GlyphSet::Block), "█▂");
    }

    #[test]
    fn series_on_one_scale_are_of_the_same_height_where_they_are_the_same() {
        assert_eq!(sparkline_to(&[0, 1, 7], 14, 3, GlyphSet::Block), "▁▂▅");
        assert_eq!(sparkline_to(&[14, 7], 7, 2, GlyphSet::Block), "█▅");
    }

    #[test]
    fn braille_has_two_values_in_a_cell() {
        assert_eq!(sparkline(&[0, 1, 2, 3], 2, GlyphSet::Braille), "⣠⣾");
    }

    #[test]
    fn a_short_peak_is_never_lost() {
        let mut values = vec![0; 1000];
        for at in [0, 1, 499, 998, 999] {
            values[at] = 9;
            assert!(shrink(&values, 7).contains(&9), "{at}");
            values[at] = 0;
        }
    }
}
