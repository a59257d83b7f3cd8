//! Draws the list of messages and requests to follow.

use crate::ui::pen::{Pen, scroll};
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::lineage::{Candidate, Candidates};

/// Those with a verdict, if one is asked for, and with a name that contains a text.
pub(super) fn shown<'a>(
    all: &'a Candidates,
    verdict: Option<&str>,
    named: &str,
) -> Vec<&'a Candidate> {
    let rows = all.rows.iter();
    rows.filter(|r| verdict.is_none_or(|v| r.verdict == v) && r.name.contains(named))
        .collect()
}

/// What is said of those that are not listed.
pub(super) fn more(count: u64) -> String {
    match count {
        0 => String::new(),
        count => format!(", +{} more", text::count(count)),
    }
}

/// Draws it.
pub(super) fn draw(
    pen: &mut Pen<'_>,
    all: &Candidates,
    verdict: Option<&str>,
    (of, named): (&str, &str),
    row: usize,
) {
    let rows = shown(all, verdict, named);
    let height = usize::from(pen.height().saturating_sub(3));
    let at = row.min(rows.len().saturating_sub(1));
    let first = scroll(at, rows.len(), height);
    let last = (first + height).min(rows.len());
    let mut title = "Messages and requests that went wrong".to_owned();
    if !of.is_empty() {
        of.clone_into(&mut title);
    }
    if let Some(verdict) = verdict {
        title = format!("{title}: {verdict}");
    }
    if !named.is_empty() {
        title = format!("{title}  with {named}");
    }
    let (first_row, count) = ((first + 1).min(last), text::count(rows.len() as u64));
    let remark = format!("{first_row}-{last} of {count}{}", more(all.more));
    pen.part_is(0);
    let mut inner = pen.frame(&title, &remark, true);
    let width = inner.width();
    let name = width.saturating_sub(40).max(20);
    let columns = [1, name + 2, name + 16, name + 29];
    for (x, title) in columns
        .into_iter()
        .zip(["message", "verdict", "at", "took"])
    {
        inner.text(x, 0, title, Role::Dim);
    }
    if rows.is_empty() {
        inner.text(1, 1, "none", Role::Dim);
    }
    for (y, i) in (1_u16..).zip(first..last) {
        let row = rows[i];
        inner.row_is(y, 0, i);
        let short = text::cut_middle(&row.name, usize::from(name));
        inner.text(columns[0], y, &short, Role::Plain);
        let role = match row.verdict.as_str() {
            "once" => Role::Good,
            "lost" => Role::Bad,
            "on its way" => Role::Dim,
            _ => Role::Warn,
        };
        inner.text(columns[1], y, &row.verdict, role);
        inner.text(columns[2], y, &text::moment(row.at_ns), Role::Plain);
        let took = row.took_ns.map_or_else(|| "-".to_owned(), text::span);
        inner.text(columns[3], y, &took, Role::Plain);
        if i == at {
            inner.restyle_row(y, Role::Selected);
        }
    }
}
