//! Numbers, durations and texts that fit.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::glyphs::ELLIPSIS;

/// How many cells a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, or as much of its beginning as fits in `cells`, with `…` at the end where something is missing. A number is
/// there as a whole or not at all: half of one looks like another. Control characters are left out, as they have no width
/// and no place on a screen.
pub fn cut(text: &str, cells: usize) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    if clean.width() <= cells {
        return clean;
    }
    if cells == 0 {
        return String::new();
    }
    let mut end = 0;
    let mut used = 0;
    for (at, c) in clean.char_indices() {
        let w = c.width().unwrap_or(0);
        if used + w > cells - 1 {
            break;
        }
        end = at + c.len_utf8();
        used += w;
    }
    let (head, tail) = clean.split_at(end);
    let mut out = if is_in_number(head, tail) {
        head.trim_end_matches(is_of_number).to_owned()
    } else {
        head.to_owned()
    };
    out.push(ELLIPSIS);
    out
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | ',')
}

/// Whether what stands before and what stands behind a place are parts of one number.
fn is_in_number(before: &str, behind: &str) -> bool {
    let last = before.trim_end_matches(['.', ',']).chars().next_back();
    let next = behind.trim_start_matches(['.', ',']).chars().next();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    // `0.3` and `1,024` are one; after `88, ` or `2: ` another word begins.
    is_digit(last) && (is_digit(next) || behind.starts_with(['k', 'M', 'G', 'T', '%', 's', 'm']))
}

/// The text with its large amounts in a few cells: `acked 59,893` is `acked 59k`. Rounded down, so that it never claims
/// more. Amounts are the words that [`count`] writes: any other number is a name, or part of one, and says something else
/// when it is shortened.
pub fn with_short_amounts(text: &str) -> String {
    let short = |word: &str| {
        let digits = word.trim_end_matches(',');
        let amount = digits.replace(',', "").parse().ok();
        match amount.filter(|&n| n >= 1000 && count(n) == digits) {
            Some(n) => shortest_count(n) + &word[digits.len()..],
            None => word.to_owned(),
        }
    };
    let words: Vec<String> = text.split(' ').map(short).collect();
    words.join(" ")
}

/// The text, or its beginning and its end with `…` between them, where the end tells it from others: `events/…ders/12`.
pub fn cut_middle(text: &str, cells: usize) -> String {
    let total = text.width();
    if total <= cells || cells < 5 {
        return cut(text, cells);
    }
    let head_room = cells / 2;
    let mut out = cut(text, head_room);
    let mut skip = total - (cells - out.width());
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let mut begin = clean.len();
    for (at, c) in clean.char_indices() {
        let w = c.width().unwrap_or(0);
        if skip >= w && skip > 0 {
            skip -= w;
        } else if skip > 0 {
            skip = 0;
        } else {
            begin = at;
            break;
        }
    }
    let (before, tail) = clean.split_at(begin);
    out.push_str(if is_in_number(before, tail) {
        tail.trim_start_matches(is_of_number)
    } else {
        tail
    });
    out
}

/// Cut to `cells` and filled up with spaces on the right.
pub fn left(text: &str, cells: usize) -> String {
    let mut out = cut(text, cells);
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(out.width())));
    out
}

/// Cut to `cells` and filled up with spaces on the left.
pub fn right(text: &str, cells: usize) -> String {
    let text = cut(text, cells);
    let mut out: String = std::iter::repeat_n(' ', cells.saturating_sub(text.width())).collect();
    out.push_str(&text);
    out
}

/// A whole number with a comma between thousands.
pub fn count(n: u64) -> String {
    crate::systems::amount(n)
}

/// A whole number in at most six cells: `812`, `99,999`, `120k`, `3.4M`. Rounded down, so that it never claims more.
pub fn short_count(n: u64) -> String {
    if n < 100_000 {
        return count(n);
    }
    shortest_count(n)
}

/// The same in at most four cells: `812`, `59k`, `3.4M`.
fn shortest_count(n: u64) -> String {
    const STEPS: [(u64, &str); 4] = [
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
        (1_000, "k"),
    ];
    for (unit, sign) in STEPS {
        if n >= unit {
            let tenths = n / (unit / 10);
            return if tenths < 100 {
                format!("{}.{}{sign}", tenths / 10, tenths % 10)
            } else {
                format!("{}{sign}", count(tenths / 10))
            };
        }
    }
    count(n)
}

/// A rate in a few cells: `0`, `0.4`, `61`, `2.0k`.
pub fn rate(per_s: f64) -> String {
    if !per_s.is_finite() || per_s <= 0.0 {
        "0".into()
    } else if per_s < 0.05 {
        "<0.1".into()
    } else if per_s < 9.95 {
        format!("{per_s:.1}")
    } else if per_s < 9_999.5 {
        format!("{per_s:.0}")
    } else {
        short_rate(per_s)
    }
}

fn short_rate(per_s: f64) -> String {
    for (unit, sign) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if per_s >= unit * 0.9995 {
            let value = per_s / unit;
            return if value < 9.95 {
                format!("{value:.1}{sign}")
            } else {
                format!("{value:.0}{sign}")
            };
        }
    }
    format!("{per_s:.0}")
}

/// A moment of the run with milliseconds: `12.480s`.
pub fn moment(ns: u64) -> String {
    let ms = ns / 1_000_000;
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// A span of time with two or three digits: `18ms`, `2.4s`, `90s`, `12m`.
pub fn span(ns: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    if ns >= 600_000_000_000 {
        let minutes = ns / 60_000_000_000;
        return if minutes < 600 {
            format!("{minutes}m")
        } else {
            format!("{}h", count(minutes / 60))
        };
    }
    for (unit, sign) in UNITS {
        if ns >= unit {
            let tenths = (ns + unit / 20) / (unit / 10);
            return if tenths < 100 && !tenths.is_multiple_of(10) {
                format!("{}.{}{sign}", tenths / 10, tenths % 10)
            } else {
                format!("{}{sign}", (ns + unit / 2) / unit)
            };
        }
    }
    format!("{ns}ns")
}

/// An age with one digit after the point, so that it does not jump while it grows: `6.9s`, `0.3s`.
pub fn age(ns: u64) -> String {
    let tenths = ns / 100_000_000;
    if tenths < 1000 {
        format!("{}.{}s", tenths / 10, tenths % 10)
    } else {
        span(ns)
    }
}

/// Splits a text into lines of at most `cells`, at spaces where there are any.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    if cells == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word.to_string();
        if !line.is_empty() && line.width() + 1 + word.width() > cells {
            lines.push(std::mem::take(&mut line));
        }
        while line.is_empty() && word.width() > cells {
            let mut head = String::new();
            while let Some(c) = word.chars().next() {
                if head.width() + c.width().unwrap_or(0) > cells {
                    break;
                }
                head.push(c);
                word.remove(0);
            }
            if head.is_empty() {
                return lines;
            }
            lines.push(head);
        }
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("orders/12", 9), "orders/12");
        assert_eq!(cut("orders/12", 8), "orders/…");
        assert_eq!(cut("orders", 1), "…");
        assert_eq!(cut("orders", 0), "");
        assert_eq!(cut("注文/1", 4), "注…");
        assert_eq!(cut("a\tb\u{1b}", 4), "ab");
    }

    #[test]
    fn a_number_is_whole_or_absent() {
        assert_eq!(cut("acked 59893", 10), "acked …");
        assert_eq!(cut("offset 1,024 of", 10), "offset …");
        assert_eq!(cut("offset 1,024 of", 13), "offset 1,024…");
        assert_eq!(cut("p99 2.4s", 7), "p99 …");
        assert_eq!(cut("broker-12", 9), "broker-12");
        assert_eq!(cut_middle("topic-2024/7", 8), "top…/7");
        // Whatever the room: what is shown of a text are whole numbers of it.
        let text = "shrank to 12 of 345, first 11.902s, 99,999 lost (4.5%) at #31877";
        let numbers = |text: &str| -> Vec<String> {
            let split = text.split(|c: char| !is_of_number(c));
            let words = split.map(|word| word.trim_matches([',', '.']));
            words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
        };
        let all = numbers(text);
        for cells in 0..width(text) {
            for shown in [cut(text, cells), cut_middle(text, cells)] {
                assert!(width(&shown) <= cells, "{shown}");
                for number in numbers(&shown) {
                    assert!(all.contains(&number), "{number} in {shown}");
                }
            }
        }
    }

    #[test]
    fn large_numbers_have_a_short_form() {
        assert_eq!(with_short_amounts("acked 59,893"), "acked 59k");
        assert_eq!(
            with_short_amounts("lag 1,234,567, 12 late"),
            "lag 1.2M, 12 late"
        );
        for names in [
            "",
            "leads 0 1 3 4",
            "leads 1024 1056",
            "reads orders2024 orders-12345/7",
            "queue 4,5123",
            "slow x4.0 0.12345",
        ] {
            assert_eq!(with_short_amounts(names), names);
        }
    }

    #[test]
    fn a_cut_in_the_middle_keeps_the_end() {
        assert_eq!(cut_middle("events/orders/12", 10), "even…rs/12");
        for cells in 0..30 {
            assert!(width(&cut_middle("注文/orders/注文", cells)) <= cells);
        }
    }

    #[test]
    fn padding_counts_cells() {
        assert_eq!(left("注", 4), "注  ");
        assert_eq!(right("42", 4), "  42");
        assert_eq!(right("12345", 4), "   …");
    }

    #[test]
    fn numbers_fit_and_never_claim_more() {
        assert_eq!(count(0), "0");
        assert_eq!(count(31_877), "31,877");
        assert_eq!(short_count(99_999), "99,999");
        assert_eq!(short_count(199_999), "199k");
        assert_eq!(short_count(3_490_000), "3.4M");
        assert!(width(&short_count(u64::MAX)) <= 12);
    }

    #[test]
    fn spans_keep_two_digits() {
        assert_eq!(span(0), "0ns");
        assert_eq!(span(999), "999ns");
        assert_eq!(span(18_000_000), "18ms");
        assert_eq!(span(2_400_000_000), "2.4s");
        assert_eq!(span(1_000_000), "1ms");
        assert_eq!(span(90_000_000_000), "90s");
        assert_eq!(span(720_000_000_000), "12m");
        assert_eq!(age(6_990_000_000), "6.9s");
        assert_eq!(moment(12_480_999_999), "12.480");
    }

    #[test]
    fn rates_are_short() {
        assert_eq!(rate(0.0), "0");
        assert_eq!(rate(f64::NAN), "0");
        assert_eq!(rate(0.01), "<0.1");
        assert_eq!(rate(61.2), "61");
        assert_eq!(rate(20_000.0), "20k");
    }

    #[test]
    fn wrapping_loses_nothing() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("注文", 1), Vec::<String>::new());
    }
}
