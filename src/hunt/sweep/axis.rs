//! Settings that a sweep varies: `--vary path=a,b,c`.

use serde::{Deserialize, Serialize};

/// A setting and the values it takes, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Its path, as `--set` has it.
    pub path: String,
    /// Its values, as `--set` has them.
    pub values: Vec<String>,
}

/// At most so many settings are varied.
pub const AXES_MAX: usize = 2;
/// More settings than this together are a slip of the finger.
pub const CELLS_MAX: usize = 4096;

impl Axis {
    /// Reads `path=a,b,c`. A comma within brackets or quotes belongs to a value. The error is a clause.
    pub fn parse(text: &str) -> Result<Self, String> {
        let usage = "write a setting and its values, as in `duration=30s,60s,90s`";
        let (path, values) = text.split_once('=').ok_or(usage)?;
        let values = split(values);
        if path.trim().is_empty() {
            return Err(usage.to_owned());
        }
        if let Some(at) = values.iter().position(|v| v.is_empty()) {
            return Err(format!("the {} value is empty; {usage}", nth(at + 1)));
        }
        if let Some((_, twice)) = values
            .iter()
            .enumerate()
            .find(|(at, v)| values[..*at].contains(v))
        {
            return Err(format!("`{twice}` is there twice"));
        }
        Ok(Self {
            path: path.trim().to_owned(),
            values,
        })
    }

    /// The argument of `--set` for one of the values.
    pub fn set(&self, value: usize) -> String {
        format!("{}={}", self.path, self.values[value])
    }

    /// The last word of the path: what to call it where there is little room.
    pub fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }
}

impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.path, self.values.join(","))
    }
}

fn nth(number: usize) -> String {
    let ending = match number {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// The pieces between commas that stand in no brackets and no quotes.
fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0_i32, false, false);
    for c in text.chars() {
        match c {
            ',' if depth == 0 && !quoted => {
                pieces.push(String::new());
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces.iter().map(|p| p.trim().to_owned()).collect()
}

/// The settings of each cell: every value of the first axis with every value of the second, the second moving faster. Without
/// an axis there is one cell that changes nothing.
pub fn cells(axes: &[Axis]) -> Vec<Vec<String>> {
    let mut cells = vec![Vec::new()];
    for axis in axes {
        let with = |cell: &Vec<String>| {
            let values = 0..axis.values.len();
            values
                .map(|value| [cell.as_slice(), &[axis.set(value)]].concat())
                .collect::<Vec<_>>()
        };
        cells = cells.iter().flat_map(with).collect();
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Axis::parse(text).unwrap().values
    }

    #[test]
    fn commas_part_values_but_not_within_one() {
        assert_eq!(values("duration=30s, 60s"), ["30s", "60s"]);
        assert_eq!(values("a.b=1"), ["1"]);
        let lists = r#"x=[1,2],Zipf(n: 3, s: 1.1),"a,b","quote \" and, comma""#;
        let expected = [
            "[1,2]",
            "Zipf(n: 3, s: 1.1)",
            r#""a,b""#,
            r#""quote \" and, comma""#,
        ];
        assert_eq!(values(lists), expected);
        // What is behind the first sign belongs to the value.
        assert_eq!(Axis::parse("a=b=c").unwrap().path, "a");
        assert_eq!(values("a=b=c"), ["b=c"]);
        for wrong in ["", "duration", "=1,2", "a=", "a=1,,2", "a=1,2,", "a=1,2,1"] {
            assert!(Axis::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cells_are_all_values_with_all_values() {
        let axis = |text| Axis::parse(text).unwrap();
        assert_eq!(cells(&[]), [Vec::<String>::new()]);
        assert_eq!(cells(&[axis("a=1,2")]), [["a=1"], ["a=2"]]);
        let both = cells(&[axis("a=1,2"), axis("b=x,y,z")]);
        assert_eq!(both.len(), 6);
        assert_eq!(both[1], ["a=1", "b=y"]);
        assert_eq!(both[3], ["a=2", "b=x"]);
    }
}
