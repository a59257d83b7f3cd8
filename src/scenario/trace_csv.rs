//! Arrival times from a CSV file.
//!
//! The first line names the columns; the column `at` holds each arrival's time from the workload's begin, as a duration
//! (`"1.5s"`) or as a bare number of seconds, which is what other programs write. Other columns are ignored, rows may come
//! in any order, lines that begin with `#` are comments.

use crate::sim::units::Duration;

/// The arrival times of a CSV text, in nanoseconds, rising. An error bears the line (from 1) where the mistake is.
pub fn trace_from_csv(text: &str) -> Result<Vec<u64>, (u64, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| (1, error.to_string()))?;
    let line = line_of(text, headers.position());
    let column = headers
        .iter()
        .position(|name| name == "at")
        .ok_or_else(|| {
            (
                line,
                "the first line must name the columns, one of them \"at\"".to_owned(),
            )
        })?;
    let mut times_ns = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(text, &error))?;
        let line = line_of(text, record.position());
        let at = record.get(column).unwrap_or_default();
        times_ns.push(time_ns(at).map_err(|why| (line, why))?);
    }
    if times_ns.is_empty() {
        return Err((line, "the file has no arrivals".to_owned()));
    }
    times_ns.sort_unstable();
    Ok(times_ns)
}

fn time_ns(at: &str) -> Result<u64, String> {
    let bare = at.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let time: Duration = if bare {
        format!("{at}s").parse()?
    } else {
        at.parse()?
    };
    Ok(time.ns())
}

/// The line on which a record begins. The reader's position is where it began to look: blank lines and comments come in
/// between.
fn line_of(text: &str, position: Option<&csv::Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = usize::try_from(position.byte())
        .ok()
        .and_then(|byte| text.get(byte..))
        .unwrap_or_default();
    let skipped = rest
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with('#'))
        .count();
    position.line() + skipped as u64
}

fn broken(text: &str, error: &csv::Error) -> (u64, String) {
    let line = line_of(text, error.position());
    let why = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("this line has {len} columns, the first has {expected_len}")
        }
        _ => error.to_string(),
    };
    (line, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_seconds_in_any_order() {
        let text =
            "\u{feff}# orders of a Monday\nid, at ,total\n1,1.5s,10\n2,0.25,\"a,b\"\n3, 10us ,7\n";
        assert_eq!(
            trace_from_csv(text),
            Ok(vec![10_000, 250_000_000, 1_500_000_000])
        );
    }

    #[test]
    fn mistakes_bear_their_line() {
        let error = |text: &str| trace_from_csv(text).unwrap_err();
        let columns = "the first line must name the columns, one of them \"at\"";
        assert_eq!(error(""), (1, columns.to_owned()));
        assert_eq!(error("time\n5s\n"), (1, columns.to_owned()));
        assert_eq!(error("at\n"), (1, "the file has no arrivals".to_owned()));
        assert_eq!(error("at\n5s\n\n# late\nsoon\n").0, 5);
        assert_eq!(error("# columns\r\nat\r\n\r\nsoon\r\n").0, 4);
        assert_eq!(
            error("at\n-5\n"),
            (2, "a duration cannot be negative".to_owned())
        );
        assert_eq!(
            error("at,x\n1,2\n3\n"),
            (3, "this line has 1 columns, the first has 2".to_owned())
        );
        assert_eq!(error("at\n1\n1e3\n").0, 3);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(at)?[\\PC\\n,\"0-9.]*") {
            let _ = trace_from_csv(&text);
        }
    }
}
