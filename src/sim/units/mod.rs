//! Quantities with units, as scenario files write them: durations, rates, sizes and chances.
//!
//! Each is a `Copy` newtype whose text form carries its unit (`"150ms"`, `"2000/s"`, `"64KiB"`, `"0.1%"`), so that no
//! reader guesses one. Parsing is exact: a text that cannot be held exactly, or does not fit, is an error, never a
//! rounding. `Display` prints a shortest form that parses back to the same value. Error texts are short sentences made to
//! stand in a diagnostic.

mod chance;
mod duration;
mod number;
mod percentile;
mod rate;
mod size;
pub(super) mod text;

pub use chance::Chance;
pub use duration::Duration;
pub use percentile::Percentile;
pub use rate::Rate;
pub use size::Size;

const SECOND_NS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {

    use serde::Deserialize;
    use serde::de;

    use super::*;

    fn duration(text: &str) -> Result<u64, String> {
        text.parse().map(Duration::ns)
    }

    #[test]
    fn mistakes_say_what_to_write() {
        let error = |text: &str| duration(text).unwrap_err();
        assert_eq!(error("5"), "a duration needs a unit: \"5ms\", \"2s\"");
        assert_eq!(
            error("5sec"),
            "unknown unit \"sec\" in a duration: write ns, us, ms, s, m, h or d"
        );
        assert_eq!(
            error("soon"),
            "\"soon\" is not a duration: write it like \"5ms\", \"2s\""
        );
        assert_eq!(error("-5ms"), "a duration cannot be negative");
        assert_eq!(
            error("0.5ns"),
            "a duration is a whole number of nanoseconds"
        );
        assert_eq!(
            error("18446744073.709551616s"),
            "a duration is at most 584 years (18446744073s)"
        );
        assert_eq!(
            "1e12/s".parse::<Rate>().unwrap_err(),
            "a rate is written without an exponent: all digits, like \"2000/s\", \"3/m\""
        );
        assert_eq!(
            "101%".parse::<Chance>().unwrap_err(),
            "a chance is at most 100%"
        );
        assert_eq!(
            "5/week".parse::<Rate>().unwrap_err(),
            "unknown unit \"/week\" in a rate: write /s, /m, /h or /d"
        );
        for text in [
            "", ".", "1.", ".5s", "1..2s", "1.2.3s", "é", "-", "1e3s", "∞s",
        ] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_bare_number_in_a_file_is_a_mistake() {
        use serde::de::value::{Error, F64Deserializer, U64Deserializer};
        let number: U64Deserializer<Error> = de::IntoDeserializer::into_deserializer(5_u64);
        let error = Duration::deserialize(number).unwrap_err().to_string();
        assert_eq!(error, "a duration needs a unit: \"5ms\", \"2s\"");
        let number: F64Deserializer<Error> = de::IntoDeserializer::into_deserializer(0.5_f64);
        let error = Chance::deserialize(number).unwrap_err().to_string();
        assert_eq!(error, "a chance needs a unit: \"0.1%\", \"50%\"");
        assert_eq!(
            serde_json::from_str::<Size>("\"64KiB\"").unwrap(),
            Size::from_bytes(65_536)
        );
    }

    #[test]
    fn display_is_what_a_person_writes() {
        for text in [
            "1.5s", "150ms", "500us", "3ns", "2m", "4h", "7d", "90s", "0s", "30s",
        ] {
            assert_eq!(text.parse::<Duration>().unwrap().to_string(), text);
        }
        for text in ["64KiB", "32MiB", "100B", "1GiB", "1kB", "5MB", "0B"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["2000/s", "3/m", "1/h", "0.5/d", "0/s", "2.5/s"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in [
            "0.1%",
            "50%",
            "100%",
            "0%",
            "99.99%",
            "12.5%",
            "0.00000001%",
        ] {
            assert_eq!(text.parse::<Chance>().unwrap().to_string(), text);
        }
    }
}
