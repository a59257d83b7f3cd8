//! Draws an event: what it comes from, and what comes of it.

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::lineage::{About, Descent, Step};
use crate::ui::widgets::list::Sight;

/// A line of the page.
pub(super) enum Line<'a> {
    Title(String),
    Step(&'a Step),
    About(usize),
    Owed(&'a str),
}

/// All lines, in their order.
pub(super) fn lines(descent: &Descent) -> Vec<Line<'_>> {
    let mut lines = vec![Line::Title(
        "what it comes from, back to the scenario".to_owned(),
    )];
    lines.extend(descent.causes.iter().map(Line::Step));
    lines.extend(descent.owed.iter().map(|o| Line::Owed(o)));
    if !descent.about.is_empty() {
        lines.push(Line::Title("what it is about".to_owned()));
        lines.extend((0..descent.about.len()).map(Line::About));
    }
    let events = text::count(descent.descendants);
    lines.push(Line::Title(format!(
        "what comes of it: {events} events, marks first"
    )));
    lines.extend(descent.effects.iter().map(Line::Step));
    lines
}

/// What Enter opens on a line.
pub(super) fn target(descent: &Descent, row: usize) -> Option<About> {
    match lines(descent).get(row)? {
        Line::Step(step) => Some(About::Event(step.event)),
        Line::About(at) => Some(About::Thing(descent.about[*at].0)),
        Line::Title(_) | Line::Owed(_) => None,
    }
}

/// Draws it.
pub(super) fn draw(pen: &mut Pen<'_>, descent: &Descent, row: usize, working: Option<f64>) {
    let lines = lines(descent);
    let height = usize::from(pen.height().saturating_sub(2));
    let at = row.min(lines.len().saturating_sub(1));
    let sight = Sight::around(at, lines.len(), height);
    let event = descent.causes.first().map_or(0, |c| c.event);
    let mut remark = sight.said();
    if let Some(share) = working {
        remark = format!("{remark}, looking for more {:.0}%", share * 100.0);
    }
    pen.part_is(0);
    let mut inner = pen.frame(&format!("Event #{event}"), &remark, true);
    for (y, i, line) in sight.of(&lines) {
        inner.row_is(y, 0, i);
        match line {
            Line::Title(title) => {
                inner.text(1, y, title, Role::Title);
            }
            Line::Step(step) => draw_step(&mut inner, y, step),
            Line::Owed(owed) => {
                let told = format!("{} it would not have happened without {owed}", glyphs::BAD);
                inner.text(3, y, &told, Role::Bad);
            }
            Line::About(at) => {
                inner.text(3, y, &descent.about[*at].1, Role::Traffic);
            }
        }
        if i == at {
            inner.restyle_row(y, Role::Selected);
        }
    }
}

fn draw_step(pen: &mut Pen<'_>, y: u16, step: &Step) {
    let number = text::left(&format!("#{}", step.event), 11);
    pen.text(3, y, &number, Role::Dim);
    pen.text_right(25, y, &text::moment(step.at_ns), Role::Dim);
    let subject = text::left(&text::cut_middle(&step.subject, 18), 18);
    pen.text(27, y, &subject, Role::Plain);
    let mut what = step.what.clone();
    if step.times > 1 {
        what = format!("{}× {what}", text::count(step.times));
    }
    if step.line == u32::MAX {
        what.push_str("  (by hand)");
    } else if step.line > 0 {
        what = format!("{what}  (line {})", step.line);
    }
    let role = if step.line > 0 {
        Role::Bad
    } else if step.mark {
        Role::Strong
    } else {
        Role::Plain
    };
    pen.text(46, y, &what, role);
}
