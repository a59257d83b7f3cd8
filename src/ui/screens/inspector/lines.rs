//! What the panes of the inspector say, line by line.

use crate::ui::glyphs;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::{
    BeliefRow, Came, Edge, HandledRow, Inspected, InspectedPart, LastEvent, MailRow, Topology,
};

/// A line: what it is about, what it says, and how that looks. The name is empty where the line before goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub name: String,
    pub value: String,
    /// The column of the value.
    pub at: u16,
    pub role: Role,
}

/// When more values than this are gone, as when a process dies, they are counted.
const GONE_MAX: usize = 6;

/// Cells for what a line is about: more where there is room, so that fewer names have a line of their own.
fn names(width: u16) -> u16 {
    if width >= 50 { 18 } else { 15 }
}

/// A line, or several where it is too long; under a name that is too long what it says has the lines below.
fn push(out: &mut Vec<Line>, width: u16, name: &str, value: &str, role: Role) {
    let mut name = name.to_owned();
    let names = names(width);
    let mut at = names + 2;
    if text::width(&name) > usize::from(names) && !value.is_empty() {
        out.push(Line {
            name: std::mem::take(&mut name),
            value: String::new(),
            at,
            role,
        });
        at = 3;
    }
    let room = usize::from(width.saturating_sub(at)).max(8);
    for value in text::wrap(value, room) {
        out.push(Line {
            name: std::mem::take(&mut name),
            value,
            at,
            role,
        });
    }
    if !name.is_empty() {
        head(out, name, role);
    }
}

/// A line that is a name alone.
fn head(out: &mut Vec<Line>, name: String, role: Role) {
    out.push(Line {
        name,
        value: String::new(),
        at: 0,
        role,
    });
}

/// Who it sends to and hears from, and how much.
fn say_links(out: &mut Vec<Line>, width: u16, topology: &Topology, node: usize) {
    let of = |e: &&Edge| e.from == node || e.to == node;
    for edge in topology.edges.iter().filter(of) {
        let (word, other) = if edge.from == node {
            ("sends to", edge.to)
        } else {
            ("hears from", edge.from)
        };
        let Some(other) = topology.nodes.get(other) else {
            continue;
        };
        let (how, role) = match (edge.cut, edge.impaired) {
            (true, _) => (format!(" {} cut", glyphs::CUT), Role::Bad),
            (false, true) => (format!(" {} impaired", glyphs::IMPAIRED), Role::Warn),
            (false, false) => (String::new(), Role::Plain),
        };
        let value = format!("{} {}/s{how}", other.name, text::rate(edge.per_s));
        push(out, width, word, &value, role);
    }
}

/// So many of the things that it is right about stand first, beside those that it is wrong about; the rest stands last.
const RIGHT_FIRST: usize = 2;

/// How it stands: first what it believes, and of that what it is wrong about.
pub(super) fn state(
    known: &Inspected,
    (topology, node): (&Topology, usize),
    width: u16,
) -> Vec<Line> {
    let mut out = Vec::new();
    let (wrong, right): (Vec<&BeliefRow>, Vec<&BeliefRow>) =
        known.beliefs.iter().partition(|b| b.differs || b.in_vain);
    let (first, rest) = right.split_at(right.len().min(RIGHT_FIRST));
    for belief in wrong.iter().chain(first) {
        say_belief(&mut out, width, belief);
    }
    let several = known.parts.len() > 2;
    let (machine, processes): (Vec<&InspectedPart>, Vec<&InspectedPart>) = known
        .parts
        .iter()
        .partition(|p| p.word.starts_with("machine"));
    for part in processes {
        say_part(&mut out, width, part, several);
    }
    for (i, timer) in known.timers.iter().enumerate() {
        let name = if i == 0 { "timers" } else { "" };
        let when = timer.next_ns.map_or_else(
            || "held back".to_owned(),
            |ns| format!("{}s", text::moment(ns)),
        );
        let many = if timer.count > 1 {
            format!(", the first of {}", text::count(timer.count as u64))
        } else {
            String::new()
        };
        let value = format!("{} {when}{many}", timer.name);
        push(&mut out, width, name, &value, Role::Plain);
    }
    for part in machine {
        say_part(&mut out, width, part, several);
    }
    for (i, mail) in known.inbox.iter().enumerate() {
        let name = if i == 0 { "messages" } else { "" };
        push(&mut out, width, name, &say_mail(mail), Role::Plain);
    }
    for belief in rest {
        say_belief(&mut out, width, belief);
    }
    say_links(&mut out, width, topology, node);
    out
}

fn say_part(out: &mut Vec<Line>, width: u16, part: &InspectedPart, with_name: bool) {
    if with_name {
        head(out, format!("{}  {}", part.name, part.word), Role::Strong);
    }
    for (at, (name, value)) in part.rows.iter().enumerate() {
        let role = if at == 0 && !part.is_alive {
            Role::Bad
        } else {
            Role::Plain
        };
        push(out, width, name, value, role);
    }
}

fn say_belief(out: &mut Vec<Line>, width: u16, belief: &BeliefRow) {
    let about = match &belief.who {
        Some(who) => format!("{}, by {who}", belief.about),
        None => belief.about.clone(),
    };
    let (sign, role) = match (&belief.truth, belief.differs) {
        (_, true) => (glyphs::BAD, Role::Bad),
        (Some(_), false) if belief.in_vain => (glyphs::ALERT, Role::Warn),
        (Some(_), false) => (glyphs::GOOD, Role::Plain),
        (None, false) => (glyphs::OPEN, Role::Plain),
    };
    let mut say = |at: u16, what: &str| {
        let room = usize::from(width.saturating_sub(at)).max(8);
        let lines = text::wrap(what, room).into_iter();
        out.extend(lines.map(|value| Line {
            name: String::new(),
            value,
            at,
            role,
        }));
    };
    let believes = &belief.believes;
    if belief.in_vain {
        say(1, &format!("{sign} {about}"));
        let truth = belief.truth.as_deref().unwrap_or_default();
        return say(3, &format!("as believed: {truth}"));
    }
    if !belief.differs {
        return say(1, &format!("{sign} {about}: {believes}"));
    }
    say(1, &format!("{sign} {about}"));
    say(3, &format!("believes {believes}"));
    if let Some(truth) = &belief.truth {
        say(3, &format!("truth is {truth}"));
    }
}

fn say_mail(mail: &MailRow) -> String {
    let many = if mail.count > 1 {
        format!("{} x ", text::count(mail.count as u64))
    } else {
        String::new()
    };
    format!("{many}{} from {}: {}", mail.word, mail.from, mail.place)
}

/// What the last event changed.
pub(super) fn changed(known: &Inspected, width: u16) -> Vec<Line> {
    let mut out = Vec::new();
    let Some(last) = &known.last else {
        return out;
    };
    let row = &last.row;
    let at = format!("at {}s  event #{}", text::moment(row.at_ns), row.event);
    head(&mut out, at, Role::Strong);
    push(&mut out, width, word(row.came), &what(row), Role::Plain);
    push(&mut out, width, "caused by", &cause(row), Role::Plain);
    if last.changed.is_empty() {
        push(&mut out, width, "changed", "nothing that shows", Role::Dim);
    }
    let gone = last.changed.iter().filter(|c| c.2.is_none()).count();
    for (name, before, after) in &last.changed {
        let value = match (before, after) {
            (Some(before), Some(after)) => format!("{before} → {after}"),
            (None, Some(after)) => format!("now {after}"),
            (Some(before), None) if gone <= GONE_MAX => format!("no more (was {before})"),
            (_, None) => continue,
        };
        push(&mut out, width, name, &value, Role::Traffic);
    }
    if gone > GONE_MAX {
        let value = format!("{gone} values that it had");
        push(&mut out, width, "no more", &value, Role::Traffic);
    }
    say_deeds(&mut out, width, last);
    out
}

fn say_deeds(out: &mut Vec<Line>, width: u16, last: &LastEvent) {
    for (i, (sign, name)) in last.timers.iter().enumerate() {
        let value = match sign {
            '=' => format!("{name} set anew"),
            sign => format!("{sign}{name}"),
        };
        push(
            out,
            width,
            if i == 0 { "timers" } else { "" },
            &value,
            Role::Plain,
        );
    }
    for (i, (word, to, count)) in last.sent.iter().enumerate() {
        let many = if *count > 1 {
            format!("{count} x ")
        } else {
            String::new()
        };
        let value = format!("{many}{word} to {to}");
        push(
            out,
            width,
            if i == 0 { "sent" } else { "" },
            &value,
            Role::Plain,
        );
    }
    for (i, told) in last.told.iter().enumerate() {
        push(
            out,
            width,
            if i == 0 { "told" } else { "" },
            told,
            Role::Plain,
        );
    }
}

/// A word for what kind of event it was.
pub(super) fn word(came: Came) -> &'static str {
    match came {
        Came::Message => "recv",
        Came::Timer => "self",
        Came::Life => "life",
        Came::Fault => "fault",
    }
}

/// What an event was, and who sent it.
pub(super) fn what(row: &HandledRow) -> String {
    match &row.from {
        Some(from) => format!("{} from {from}", row.text),
        None => row.text.clone(),
    }
}

/// Where an event comes from.
pub(super) fn cause(row: &HandledRow) -> String {
    match row.cause {
        0 => "the scenario".to_owned(),
        cause => format!("#{cause}"),
    }
}
