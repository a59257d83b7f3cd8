//! The properties that are watched, and whether they hold.

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{CheckRow, Verdict};

/// The checks in the order in which they matter: broken ones first.
pub fn by_weight(checks: &[CheckRow]) -> Vec<&CheckRow> {
    let mut rows: Vec<&CheckRow> = checks.iter().collect();
    rows.sort_by_key(|c| match c.verdict {
        Verdict::Broken => (0, c.first_broken_ns),
        Verdict::Open => (1, None),
        Verdict::Holds => (2, None),
    });
    rows
}

/// Draws checks, one to a row; where there are more than rows, the last row says how many.
pub fn draw(pen: &mut Pen<'_>, checks: &[CheckRow]) {
    let rows = usize::from(pen.height());
    let checks = by_weight(checks);
    let broken = checks
        .iter()
        .filter(|c| c.verdict == Verdict::Broken)
        .count();
    // Where all that is broken is seen, the rest may be left out: the foot of the screen says so.
    let shown = if checks.len() <= rows {
        checks.len()
    } else if broken > 0 && broken <= rows {
        rows
    } else {
        rows.saturating_sub(1)
    };
    for (y, check) in checks[..shown].iter().enumerate() {
        line(pen, y as u16, check);
    }
    if shown < rows.min(checks.len()) {
        let rest = &checks[shown..];
        let broken = rest.iter().filter(|c| c.verdict == Verdict::Broken).count();
        let mut more = format!("+{} more checks", rest.len());
        if broken > 0 {
            more = format!("{more}, {broken} broken");
        }
        let role = if broken > 0 { Role::Bad } else { Role::Dim };
        pen.text(1, shown as u16, &more, role);
    }
}

fn line(pen: &mut Pen<'_>, y: u16, check: &CheckRow) {
    let (sign, role) = match check.verdict {
        Verdict::Holds => (glyphs::GOOD, Role::Good),
        Verdict::Broken => (glyphs::BAD, Role::Bad),
        Verdict::Open => (glyphs::OPEN, Role::Dim),
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
    let name_role = if check.verdict == Verdict::Broken {
        Role::Strong
    } else {
        Role::Plain
    };
    if room >= 12 {
        pen.text(3, y, &text::cut(&check.name, usize::from(room)), name_role);
        pen.text_right(end, y, &state, role);
    } else {
        pen.text(3, y, &check.name, name_role);
    }
}

/// How it stands, in words, from the longest form to the shortest.
fn words(check: &CheckRow) -> Vec<String> {
    match (check.verdict, check.first_broken_ns) {
        (Verdict::Holds, _) => vec!["holds".into()],
        (Verdict::Open, _) => vec!["open".into()],
        (Verdict::Broken, None) => vec!["broken".into()],
        (Verdict::Broken, Some(at)) => {
            let at = text::moment(at);
            let times = if check.count > 1 {
                format!("{} times, ", text::short_count(check.count))
            } else {
                String::new()
            };
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
