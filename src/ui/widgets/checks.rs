//! The properties that are watched, and whether they hold; at the end the scenario's expectations, and whether they are met.

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{Answer, CheckRow, Verdict};

/// Whether somebody must see this one: what is broken, and what is not as the scenario says.
pub fn is_bad(check: &CheckRow) -> bool {
    match check.answer {
        Some(answer) => answer != Answer::Met,
        None => check.verdict == Verdict::Broken,
    }
}

/// The checks in the order in which they matter: what is bad first, then what the scenario expects.
pub fn by_weight(checks: &[CheckRow]) -> Vec<&CheckRow> {
    let mut rows: Vec<&CheckRow> = checks.iter().collect();
    rows.sort_by_key(|c| match (c.answer, c.verdict) {
        (Some(Answer::NotMet), _) => (0, None),
        (Some(Answer::Unknown), _) => (1, None),
        (None, Verdict::Broken) => (2, c.first_broken_ns),
        (Some(Answer::Met), _) => (3, None),
        (None, Verdict::Open) => (4, None),
        (None, Verdict::Holds) => (5, None),
    });
    rows
}

/// Draws checks, one to a row; where there are more than rows, the last row says how many.
pub fn draw(pen: &mut Pen<'_>, checks: &[CheckRow]) {
    let rows = usize::from(pen.height());
    let checks = by_weight(checks);
    let bad = checks.iter().filter(|c| is_bad(c)).count();
    let answered = checks.iter().filter(|c| c.answer.is_some()).count();
    // Where all that is bad or expected is seen, the rest may be left out: the foot of the screen says so.
    let shown = if checks.len() <= rows {
        checks.len()
    } else if bad + answered > 0 && bad.max(answered) <= rows {
        rows
    } else {
        rows.saturating_sub(1)
    };
    for (y, check) in checks[..shown].iter().enumerate() {
        line(pen, y as u16, check);
    }
    if shown < rows.min(checks.len()) {
        more(pen, shown as u16, &checks[shown..]);
    }
}

/// What is left out.
fn more(pen: &mut Pen<'_>, y: u16, rest: &[&CheckRow]) {
    let count = |answer| rest.iter().filter(|c| c.answer == Some(answer)).count();
    let broken = |c: &&&CheckRow| c.answer.is_none() && is_bad(c);
    let mut more = format!("+{} more", rest.len());
    for (n, word) in [
        (count(Answer::NotMet), "not met"),
        (count(Answer::Unknown), "unknown"),
        (rest.iter().filter(broken).count(), "broken"),
        (count(Answer::Met), "met"),
    ] {
        if n > 0 {
            more = format!("{more}, {n} {word}");
        }
    }
    if more.ends_with("more") {
        more.push_str(" checks");
    }
    let role = if rest.iter().any(|c| is_bad(c)) {
        Role::Bad
    } else {
        Role::Dim
    };
    pen.text(1, y, &more, role);
}

fn line(pen: &mut Pen<'_>, y: u16, check: &CheckRow) {
    let (sign, role) = match (check.answer, check.verdict) {
        (Some(Answer::Met), _) | (None, Verdict::Holds) => (glyphs::GOOD, Role::Good),
        (Some(Answer::NotMet), _) | (None, Verdict::Broken) => (glyphs::BAD, Role::Bad),
        (Some(Answer::Unknown), _) => (glyphs::OPEN, Role::Warn),
        (None, Verdict::Open) => (glyphs::OPEN, Role::Dim),
    };
    pen.sign(1, y, sign, role);
    let end = pen.width().saturating_sub(1);
    let name_width = text::width(&check.name) as u16;
    let forms = words(check);
    let fits = |form: &&String| 3 + name_width + 2 + text::width(form) as u16 <= end;
    let state = forms
        .iter()
        .find(fits)
        .or(forms.last())
        .cloned()
        .unwrap_or_default();
    let w = text::width(&state) as u16;
    let room = end.saturating_sub(3 + w + 1);
    let name_role = if is_bad(check) {
        Role::Strong
    } else {
        Role::Plain
    };
    if room >= 12 {
        // The end of an expectation is the number that it compares with.
        let name = text::cut_middle(&check.name, usize::from(room));
        pen.text(3, y, &name, name_role);
        pen.text_right(end, y, &state, role);
    } else {
        pen.text(3, y, &check.name, name_role);
    }
}

/// How it stands, in words, from the longest form to the shortest.
fn words(check: &CheckRow) -> Vec<String> {
    if let Some(answer) = check.answer {
        return answer_words(check, answer);
    }
    match (check.verdict, check.first_broken_ns) {
        (Verdict::Holds, _) => vec!["holds".into()],
        (Verdict::Open, _) => vec!["open".into()],
        (Verdict::Broken, None) => vec!["broken".into()],
        (Verdict::Broken, Some(at)) => {
            let times = times(check.count);
            let at = text::moment(at);
            let stated = if check.expected_to_break {
                ", as stated"
            } else {
                ""
            };
            vec![
                format!("broken {times}first {at}s{stated}"),
                format!("broken {at}s{stated}"),
                format!("broken {at}s"),
                format!("{at}s"),
            ]
        }
    }
}

fn answer_words(check: &CheckRow, answer: Answer) -> Vec<String> {
    let word = match answer {
        Answer::Met => "met",
        Answer::NotMet => "not met",
        Answer::Unknown => "unknown",
    };
    let mut forms = Vec::new();
    if let Some(at) = check.first_broken_ns {
        let at = text::moment(at);
        let times = times(check.count);
        forms.push(format!("{word}, broken {times}first {at}s"));
        forms.push(format!("{word}, broken {at}s"));
    } else if !check.measured.is_empty() {
        forms.push(format!("{word}: {}", check.measured));
        let value = check.measured.trim_start_matches("it is ");
        forms.push(format!("{word}: {value}"));
    }
    forms.push(word.to_owned());
    forms
}

/// How often something broke, where that is more than once.
fn times(count: u64) -> String {
    if count > 1 {
        format!("{} times, ", text::short_count(count))
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn drawn(checks: &[CheckRow], width: u16, height: u16) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        draw(&mut Pen::new(&mut buffer, area, Look::default()), checks);
        let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        (0..height).map(line).collect()
    }

    fn expected(name: &str, answer: Answer, measured: &str) -> CheckRow {
        CheckRow {
            name: name.into(),
            answer: Some(answer),
            measured: measured.into(),
            ..CheckRow::default()
        }
    }

    #[test]
    fn at_the_end_each_expectation_says_whether_it_is_met_and_what_was_measured() {
        let holds = CheckRow {
            name: "one leader per epoch".into(),
            ..CheckRow::default()
        };
        let all = [
            holds,
            expected("messages.lost at most 0", Answer::Met, "it is 0"),
            expected("lag.max at most 500", Answer::NotMet, "it is 5,680"),
        ];
        let lines = drawn(&all, 60, 2);
        assert!(lines[0].contains("lag.max at most 500"), "{lines:?}");
        assert!(lines[0].contains("not met: it is 5,680"), "{lines:?}");
        assert!(lines[1].contains("messages.lost at most 0"), "{lines:?}");
        assert!(lines[1].contains(" met: it is 0"), "{lines:?}");
        // Of three rows to one, what is left out is counted.
        assert!(drawn(&all, 60, 1)[0].contains("+3 more, 1 not met, 1 met"));
        // Neither the bound nor the value is ever cut.
        for width in 26..60 {
            let first = &drawn(&all, width, 3)[0];
            assert!(
                first.contains("500") && first.contains("not met"),
                "{first}"
            );
        }
    }
}
