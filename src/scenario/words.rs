//! How values and expectations are called in diagnostics: in the words of somebody who writes a scenario.

use super::syntax::ast::{Ast, Body, Group, Kind, NodeId, Number};

/// At most this many characters of the user's own text are repeated in a message.
const SHOWN_CHARS_MAX: usize = 40;

/// The text on one line and not too long, without control characters.
pub(super) fn shorten(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// "the number 5", "the name `One`", …
pub(super) fn describe(ast: &Ast, id: NodeId) -> String {
    match &ast.node(id).kind {
        Kind::Invalid => "something unreadable".to_owned(),
        Kind::Bool(value) => format!("`{value}`"),
        Kind::Number(Number::Unsigned(value)) => format!("the number {value}"),
        Kind::Number(Number::Negative(value)) => format!("the number {value}"),
        Kind::Number(Number::Float(value)) => format!("the number {value:?}"),
        Kind::Char(c) => format!("the character '{}'", shorten(&c.to_string())),
        Kind::Str(text) => format!("the text \"{}\"", shorten(text)),
        Kind::Bytes(_) => "bytes".to_owned(),
        Kind::List(_) => "a list `[…]`".to_owned(),
        Kind::Map(_) => "a map `{…}`".to_owned(),
        Kind::Group(Group {
            name: Some(name),
            body: Body::None,
        }) => format!("the name `{}`", shorten(&name.text)),
        Kind::Group(Group {
            name: Some(name), ..
        }) => format!("`{}(…)`", shorten(&name.text)),
        Kind::Group(Group {
            name: None,
            body: Body::Fields(_),
        }) => "fields in parentheses `(name: …)`".to_owned(),
        Kind::Group(Group {
            name: None,
            body: Body::Tuple(values),
        }) if values.is_empty() => "empty parentheses `()`".to_owned(),
        Kind::Group(_) => "values in parentheses `(…)`".to_owned(),
    }
}

/// Says in plain words what serde's visitors say they expect; what settings say themselves stays as it is.
pub(super) fn expectation(expected: &str) -> String {
    let expected = expected
        .strip_prefix("a nonzero ")
        .map_or((expected, 0), |rest| (rest, 1));
    let (expected, lowest) = expected;
    let range = |highest: &str| format!("a whole number from {lowest} to {highest}");
    let plain = match expected {
        "u8" => return range("255"),
        "u16" => return range("65535"),
        "u32" => return range("4294967295"),
        "u64" | "usize" | "u128" if lowest == 0 => "a whole number, 0 or more",
        "u64" | "usize" | "u128" => "a whole number, 1 or more",
        "i8" => "a whole number from -128 to 127",
        "i16" => "a whole number from -32768 to 32767",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "i64" | "isize" | "i128" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "`true` or `false`",
        "a string" | "a borrowed string" => "a text in quotes",
        "a character" => "a character in single quotes",
        "a sequence" => "a list `[…]`",
        "a map" => "a map `{key: value}`",
        "unit" => "empty parentheses `()`",
        other if other.starts_with("struct ") || other.starts_with("struct variant ") => {
            "fields in parentheses `(name: …)`"
        }
        other
            if other.starts_with("tuple struct ")
                || other.starts_with("a tuple")
                || other.starts_with("an array") =>
        {
            "values in parentheses `(…)`"
        }
        other if other.starts_with("enum ") => "a name",
        other => other,
    };
    plain.to_owned()
}

/// Where a field belongs that stands beside what should hold it.
pub(super) fn belongs_into(field: &str, known: &[&str]) -> Option<&'static str> {
    match field {
        "day" if known.contains(&"hours") => {
            Some("it belongs into `hours`: `hours: (from: \"9s\", to: \"17s\", day: \"24s\")`")
        }
        _ => None,
    }
}

/// How a value of that name is written, for those whose parts have no names of their own.
pub(super) fn example(name: &str) -> Option<&'static str> {
    const EXAMPLES: [(&str, &str); 7] = [
        ("At", "At(\"20s\", Crash(\"broker-1\"))"),
        ("During", "During(\"20s\", \"30s\", Crash(\"broker-1\"))"),
        ("AnyOf", "AnyOf(\"broker\", 1)"),
        ("Crash", "Crash(\"broker-1\")"),
        ("Heal", "Heal(Cuts)"),
        ("AtLeast", "AtLeast(\"lag.max\", 1000)"),
        ("AtMost", "AtMost(\"messages.lost\", 0)"),
    ];
    let found = EXAMPLES.iter().find(|(known, _)| *known == name);
    found.map(|(_, example)| *example)
}
