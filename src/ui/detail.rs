//! One thing in full: the selected queue or event. What a pane had to cut is whole here.

use super::keymap::{Action, Context, name_for};
use super::layout::Pane;
use super::model::Model;
use super::pen::Pen;
use super::style::Role;
use super::text;
use super::view::RowKind;
use super::widgets::{mark_role, mark_sign, spark};

/// A line of the detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is about; empty where the line before goes on.
    pub name: String,
    /// What it says.
    pub value: String,
    /// Its style.
    pub role: Role,
}

/// Cells for what a line is about: `high watermark`.
const NAMES: usize = 16;

/// The lines about what is selected, for a width.
pub fn lines(model: &Model, width: u16) -> Vec<Line> {
    let at = model.selection(model.focus).unwrap_or(0);
    let rows = match model.focus {
        Pane::Queues => queue(model, at, width),
        Pane::Events => event(model, at),
        Pane::Topology | Pane::Heatmap | Pane::Latency | Pane::Time => Vec::new(),
    };
    let room = usize::from(width).saturating_sub(NAMES + 2).max(10);
    let mut out = Vec::new();
    for (name, value, role) in rows {
        let wrapped = text::wrap(&value, room);
        let count = wrapped.len();
        for (i, value) in wrapped.into_iter().enumerate() {
            let name = if i == 0 { name.clone() } else { String::new() };
            out.push(Line { name, value, role });
        }
        if count == 0 {
            out.push(Line {
                name,
                value: String::new(),
                role,
            });
        }
    }
    out
}

type Row = (String, String, Role);

fn row(name: &str, value: impl Into<String>, role: Role) -> Row {
    (name.to_string(), value.into(), role)
}

/// What the system says of it.
fn facts(model: &Model) -> impl Iterator<Item = Row> + '_ {
    let facts = model.facts.iter();
    facts.map(|f| row(&f.name, f.value.clone(), Role::Plain))
}

fn queue(model: &Model, at: usize, width: u16) -> Vec<Row> {
    let rows = model.rows();
    let Some(queue) = rows.get(at) else {
        return Vec::new();
    };
    let cells = usize::from(width).saturating_sub(NAMES + 2).min(80);
    let peak = queue.trend.iter().copied().max().unwrap_or(0);
    let trend = spark::sparkline(&queue.trend, cells, model.look.glyphs);
    let oldest = queue.oldest_ns.map_or_else(|| "-".into(), text::age);
    let is_service = queue.kind == RowKind::Waiting;
    let what = if is_service { "service" } else { "queue" };
    let mut rows = vec![
        row(what, queue.name.clone(), Role::Strong),
        row(queue.kind.word(), text::count(queue.depth), Role::Strong),
        row("oldest", oldest, Role::Plain),
        row(
            "in",
            format!("{}/s", text::rate(queue.in_per_s)),
            Role::Plain,
        ),
        row(
            "out",
            format!("{}/s", text::rate(queue.out_per_s)),
            Role::Plain,
        ),
        row("trend", trend.trim_start(), Role::Series),
        row(
            "",
            format!(
                "last {}, peak {}",
                text::span(queue.trend_ns),
                text::count(peak)
            ),
            Role::Dim,
        ),
    ];
    if is_service {
        // Nobody knows when those came that wait in its replicas.
        rows.remove(2);
    }
    rows.extend(facts(model));
    rows
}

fn event(model: &Model, at: usize) -> Vec<Row> {
    let events = model.events();
    let Some(event) = events.get(at) else {
        return Vec::new();
    };
    let mut rows = vec![
        row(
            "when",
            format!("{}s", text::moment(event.at_ns)),
            Role::Plain,
        ),
        row("event", format!("#{}", event.event), Role::Plain),
        row("subject", event.subject.clone(), Role::Strong),
        row(
            "what",
            format!("{} {}", mark_sign(event.kind), event.word),
            mark_role(event.kind),
        ),
        row("", event.text.clone(), Role::Plain),
    ];
    if !event.cause.is_empty() {
        rows.push(row("caused by", event.cause.clone(), Role::Plain));
    }
    if !event.detail.is_empty() {
        rows.push(row("explanation", event.detail.clone(), Role::Plain));
    }
    rows
}

/// Draws the lines from one on; what does not fit is counted, and keys scroll to it.
pub fn draw(pen: &mut Pen<'_>, lines: &[Line], from: usize) {
    pen.clear();
    let rows = usize::from(pen.height().saturating_sub(2));
    let from = from.min(lines.len().saturating_sub(rows));
    let shown = &lines[from..(from + rows).min(lines.len())];
    let key = |action| name_for(Context::Detail, action);
    let closes = format!("{} closes", key(Action::Back));
    let remark = if shown.len() < lines.len() {
        let last = from + shown.len();
        let (down, up) = (key(Action::PageDown), key(Action::PageUp));
        let all = lines.len();
        format!("{}-{last} of {all}, {down} {up}  {closes}", from + 1)
    } else {
        closes
    };
    let mut inner = pen.frame("Detail", &remark, true);
    for (y, line) in shown.iter().enumerate() {
        inner.text(1, y as u16, &line.name, Role::Dim);
        inner.text(1 + NAMES as u16, y as u16, &line.value, line.role);
    }
}
