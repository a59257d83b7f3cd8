//! Numbers of bytes.

use std::fmt;
use std::str::FromStr;

use super::number::{Inexact, Kind, shortest};
use super::text::quantity_as_text;

/// A number of bytes. Text: `"100B"`, `"64KiB"` (1024), `"64kB"` (1000).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

/// Units of size in bytes, largest first.
const SIZE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

const SIZE: Kind = Kind {
    name: "a size",
    example: "\"64KiB\", \"100B\"",
    units: "B, KiB, MiB, GiB or TiB (1024), kB, MB, GB or TB (1000)",
};

impl Size {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// From bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// From KiB (1024 bytes); stops at the largest size.
    pub const fn from_kib(kib: u64) -> Self {
        Self(kib.saturating_mul(1 << 10))
    }

    /// From MiB (1024 KiB); stops at the largest size.
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1 << 20))
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = SIZE.split(text)?;
        let &(_, bytes) = SIZE_UNITS
            .iter()
            .find(|(known, _)| *known == unit)
            .ok_or_else(|| SIZE.unknown_unit(unit))?;
        number.times(bytes).map(Self).map_err(|why| match why {
            Inexact::TooLarge => "a size is at most 16777215TiB".to_owned(),
            Inexact::TooFine => "a size is a whole number of bytes".to_owned(),
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shortest(self.0, &SIZE_UNITS, "0B"))
    }
}

quantity_as_text!(Size, SIZE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_know_both_families() {
        let size = |text: &str| text.parse::<Size>().map(Size::bytes);
        assert_eq!(size("100B"), Ok(100));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("64kB"), Ok(64_000));
        assert_eq!(size("1.5MiB"), Ok(1_572_864));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("2TB"), Ok(2_000_000_000_000));
        assert!(size("0.3B").is_err());
        assert!(size("99999999TiB").is_err());
    }
}
