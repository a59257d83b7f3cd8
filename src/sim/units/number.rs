//! How quantities are written: a decimal number and a unit, read exactly.

/// One kind of quantity: what error texts call it and how it is written.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) example: &'static str,
    pub(super) units: &'static str,
}

impl Kind {
    /// Splits a text into its number (`digits[.digits]`) and its unit, which is not empty.
    pub(super) fn split<'a>(&self, text: &'a str) -> Result<(Decimal<'a>, &'a str), String> {
        let text = text.trim();
        let name = self.name;
        if text.starts_with('-') && text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.')
        {
            return Err(format!("{name} cannot be negative"));
        }
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = (&text[..end], text[end..].trim_start());
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let broken = whole.is_empty() || fraction.contains('.') || number.ends_with('.');
        if broken {
            return Err(format!(
                "{} is not {name}: write it like {}",
                quoted(text),
                self.example
            ));
        }
        if unit.is_empty() {
            return Err(self.needs_unit());
        }
        if is_exponent(unit) {
            return Err(format!(
                "{} is written without an exponent: all digits, like {}",
                self.name, self.example
            ));
        }
        Ok((
            Decimal {
                number,
                whole,
                fraction: fraction.trim_end_matches('0'),
            },
            unit,
        ))
    }

    pub(super) fn needs_unit(&self) -> String {
        format!("{} needs a unit: {}", self.name, self.example)
    }

    pub(super) fn unknown_unit(&self, unit: &str) -> String {
        format!(
            "unknown unit {} in {}: write {}",
            quoted(unit),
            self.name,
            self.units
        )
    }
}

/// Whether what follows the digits goes on as `1e12` does.
fn is_exponent(rest: &str) -> bool {
    let power = rest.strip_prefix(['e', 'E']);
    let power = power.map(|p| p.strip_prefix(['+', '-']).unwrap_or(p));
    power.is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()))
}

/// A text in quotes for a message, cut where it is long.
fn quoted(text: &str) -> String {
    if text.chars().count() <= 24 {
        format!("{text:?}")
    } else {
        let head: String = text.chars().take(21).collect();
        format!("{:?}", head + "...")
    }
}

/// A decimal number as text: `number` is all of it, `fraction` without its trailing zeros.
#[derive(Clone, Copy)]
pub(super) struct Decimal<'a> {
    pub(super) number: &'a str,
    whole: &'a str,
    fraction: &'a str,
}

/// Why a decimal number of units is no integer.
pub(super) enum Inexact {
    TooLarge,
    TooFine,
}

impl Decimal<'_> {
    /// This number times `unit`, if that is an integer that fits.
    pub(super) fn times(self, unit: u64) -> Result<u64, Inexact> {
        let whole = digits(self.whole).ok_or(Inexact::TooLarge)?;
        let whole = whole
            .checked_mul(u128::from(unit))
            .ok_or(Inexact::TooLarge)?;
        let mut part = 0;
        if !self.fraction.is_empty() {
            let places = u32::try_from(self.fraction.len()).map_err(|_| Inexact::TooFine)?;
            let scale = 10_u128.checked_pow(places).ok_or(Inexact::TooFine)?;
            let scaled = digits(self.fraction)
                .and_then(|fraction| fraction.checked_mul(u128::from(unit)))
                .ok_or(Inexact::TooFine)?;
            if scaled % scale != 0 {
                return Err(Inexact::TooFine);
            }
            part = scaled / scale;
        }
        whole
            .checked_add(part)
            .and_then(|sum| u64::try_from(sum).ok())
            .ok_or(Inexact::TooLarge)
    }
}

/// The value of a string of ASCII digits, if it fits.
fn digits(text: &str) -> Option<u128> {
    let text = text.trim_start_matches('0');
    if text.is_empty() {
        Some(0)
    } else {
        text.parse().ok()
    }
}

/// `value / unit` in decimal, if it is at least one (or `value` is 0) and ends within twelve places.
fn in_units(value: u64, unit: u64) -> Option<String> {
    let (whole, mut rest) = (value / unit, value % unit);
    if whole == 0 && rest != 0 {
        return None;
    }
    let mut text = whole.to_string();
    if rest != 0 {
        text.push('.');
    }
    for _ in 0..12 {
        if rest == 0 {
            return Some(text);
        }
        // Below 10 × 2^47 (a day in nanoseconds): no overflow.
        rest *= 10;
        text.push(char::from(b'0' + (rest / unit) as u8));
        rest %= unit;
    }
    (rest == 0).then_some(text)
}

/// The shortest exact text of `value`; of equally short ones that with the earlier (larger) unit.
pub(super) fn shortest(value: u64, units: &[(&'static str, u64)], zero: &'static str) -> String {
    if value == 0 {
        return zero.to_owned();
    }
    units
        .iter()
        .filter_map(|&(name, unit)| in_units(value, unit).map(|number| number + name))
        .min_by_key(String::len)
        .unwrap_or_default()
}
