//! Quantities as a scenario writes them (`"12.5s"`, `"400/s"`, `"2KiB"`, `"30%"`, `1.1`), rounded and made less.

use std::fmt;

use crate::scenario::Tree;
use crate::sim::units::{Chance, Duration, Rate, Size};

/// A quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Quantity {
    Time(Duration),
    Rate(Rate),
    Size(Size),
    Share(Chance),
    Number(f64),
}

impl Quantity {
    /// What a plain value says, if it is one.
    pub fn of(tree: &Tree) -> Option<Self> {
        let Tree::Atom(text) = tree else { return None };
        let Some(text) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
            let is_float = text.contains('.') && text.starts_with(|c: char| c.is_ascii_digit());
            let value = text.parse().ok().filter(|_| is_float);
            return value.map(Self::Number);
        };
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let time = text.parse().map(Self::Time);
        let rate = || text.parse().map(Self::Rate);
        let size = || text.parse().map(Self::Size);
        let share = || text.parse().map(Self::Share);
        time.ok()
            .or_else(|| rate().ok())
            .or_else(|| size().ok())
            .or_else(|| share().ok())
    }

    /// As a plain value.
    pub fn tree(self) -> Tree {
        Tree::Atom(match self {
            Self::Number(it) => format!("{it:?}"),
            it => format!("\"{it}\""),
        })
    }

    /// How many digits it takes to write it, without noughts at either end.
    pub fn digits(self) -> usize {
        let digits: String = self
            .to_string()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        digits.trim_matches('0').len().max(1)
    }

    /// It in so many digits.
    pub fn rounded(self, digits: u32) -> Self {
        match self {
            Self::Time(it) => Self::Time(Duration::from_ns(rounded_whole(it.ns(), digits))),
            Self::Size(it) => Self::Size(Size::from_bytes(rounded_whole(it.bytes(), digits))),
            Self::Rate(it) => Self::Rate(Rate::from_per_s(rounded(it.per_s(), digits))),
            Self::Share(it) => Self::Share(Chance::from_p(rounded(it.p(), digits))),
            Self::Number(it) => Self::Number(rounded(it, digits)),
        }
    }

    /// A part of it, in one digit; nothing where it is no amount of anything, or is little already.
    pub fn divided(self, by: u64) -> Option<Self> {
        match self {
            Self::Rate(it) if it.per_s() >= by as f64 => {
                Some(Self::Rate(Rate::from_per_s(it.per_s() / by as f64)).rounded(1))
            }
            Self::Size(it) if it.bytes() >= by => {
                Some(Self::Size(Size::from_bytes(it.bytes() / by)).rounded(1))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(it) => it.fmt(f),
            Self::Rate(it) => it.fmt(f),
            Self::Size(it) => it.fmt(f),
            Self::Share(it) => it.fmt(f),
            Self::Number(it) => write!(f, "{it:?}"),
        }
    }
}

/// The power of ten below which the digits are that are rounded away.
fn step(value: u64, digits: u32) -> u64 {
    let all = value.checked_ilog10().map_or(1, |log| log + 1);
    10u64.pow(all.saturating_sub(digits))
}

/// A whole number in so many digits, half of the last one rounded up.
pub(super) fn rounded_whole(value: u64, digits: u32) -> u64 {
    let step = step(value, digits);
    value.saturating_add(step / 2) / step * step
}

/// The same, never less than it is.
pub(super) fn rounded_up(value: u64, digits: u32) -> u64 {
    value
        .div_ceil(step(value, digits))
        .saturating_mul(step(value, digits))
}

fn rounded(value: f64, digits: u32) -> f64 {
    if value == 0.0 {
        return value;
    }
    // Its own text knows best which digits it has.
    let places = digits.saturating_sub(1) as usize;
    format!("{value:.places$e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Quantity> {
        Quantity::of(&Tree::Atom(text.to_owned()))
    }

    #[test]
    fn what_has_a_unit_is_a_quantity_and_a_name_is_none() {
        for text in ["\"12.5s\"", "\"400/s\"", "\"2KiB\"", "\"30%\"", "1.1"] {
            let it = of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(it.tree(), Tree::Atom(text.to_owned()));
        }
        for text in ["\"broker-1\"", "\"a\"", "7", "All", "\"3 brokers\"", "true"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn rounding_leaves_so_many_digits() {
        let said = |text: &str, digits| of(text).map(|q| q.rounded(digits).to_string());
        let time = "\"12.483127s\"";
        assert_eq!(said(time, 3).as_deref(), Some("12.5s"));
        assert_eq!(said(time, 2).as_deref(), Some("12s"));
        assert_eq!(said(time, 1).as_deref(), Some("10s"));
        assert_eq!(said("\"37%\"", 1).as_deref(), Some("40%"));
        assert_eq!(said("1.27", 2).as_deref(), Some("1.3"));
        assert_eq!(of(time).map(Quantity::digits), Some(8));
        assert_eq!(of("\"2m\"").map(Quantity::digits), Some(1));
        assert_eq!(rounded_up(20_300_000_000, 2), 21_000_000_000);
        assert_eq!(rounded_up(21_000_000_000, 2), 21_000_000_000);
        assert_eq!(rounded_whole(7, 2), 7);
    }

    #[test]
    fn amounts_get_less_and_times_do_not() {
        let said = |text: &str, by| of(text).and_then(|q| q.divided(by)).map(|q| q.to_string());
        assert_eq!(said("\"2000/s\"", 100).as_deref(), Some("20/s"));
        assert_eq!(said("\"1/s\"", 10), None);
        assert_eq!(said("\"5s\"", 10), None);
    }
}
