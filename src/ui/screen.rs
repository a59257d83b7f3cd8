//! Draws the dashboard.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::detail;
use super::glyphs;
use super::help;
use super::keymap::{Action, Context, name_for};
use super::layout::{HEIGHT_MIN, Layout, Pane, Room, WIDTH_MIN, layout};
use super::model::{Model, Overlay};
use super::pen::Pen;
use super::screens::{Open, Seen};
use super::spots::{Spot, Spots};
use super::style::{GlyphSet, Look, Role};
use super::text;
use super::widgets::{events, footer, header, heatmap, histogram, queues, timeline, topology};

/// Draws all of it.
pub fn draw(model: &Model, buffer: &mut Buffer) {
    let area = buffer.area;
    match layout(area.width, area.height, model.zoomed()) {
        Some(layout) => draw_layout(model, &layout, buffer),
        None => too_small(buffer, model.look),
    }
    finish(buffer, model.look);
}

/// Says what is needed.
pub fn too_small(buffer: &mut Buffer, look: Look) {
    let area = buffer.area;
    let mut pen = Pen::new(buffer, area, look);
    let lines = [
        format!("needs {WIDTH_MIN}x{HEIGHT_MIN}"),
        format!("has {}x{}", area.width, area.height),
        format!("{} quits", name_for(Context::Always, Action::Quit)),
    ];
    let top = area.height.saturating_sub(3) / 2;
    for (y, line) in lines.iter().enumerate() {
        let x = area.width.saturating_sub(text::width(line) as u16) / 2;
        pen.text(x, top + y as u16, line, Role::Strong);
    }
}

/// Turns a finished screen into ASCII where that is asked for.
pub fn finish(buffer: &mut Buffer, look: Look) {
    if look.glyphs != GlyphSet::Ascii {
        return;
    }
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if !symbol.is_ascii() {
            let plain: String = symbol.chars().map(glyphs::to_ascii).collect();
            cell.set_symbol(&plain);
        }
    }
}

fn draw_layout(model: &Model, layout: &Layout, buffer: &mut Buffer) {
    let look = model.look;
    header::draw(
        &mut Pen::new(buffer, layout.header, look),
        &model.frame.header,
        &model.playback,
    );
    let mut left = topology::Left::default();
    // What is open over the panes has the keys; a text that is looked for in one belongs to it.
    let is_behind = !model.screens.is_empty() || is_over(&model.overlay);
    for &(pane, area) in &layout.panes {
        let mut pen = Pen::new(buffer, area, look).behind(is_behind);
        if let Some(l) = draw_pane(model, pane, &mut pen) {
            left = l;
        }
    }
    let missing = missing(model, layout, left);
    footer::remark(
        &mut Pen::new(buffer, layout.remark, look),
        model.size,
        &missing,
        &format!("{} zoom", name_for(Context::Dashboard, Action::Zoom)),
    );
    draw_screens(model, buffer);
    draw_overlay(model, buffer);
    let mut foot = Pen::new(buffer, layout.footer, look);
    if let Some(bar) = &model.seeking {
        footer::seek(&mut foot, bar);
    } else if model.notice.is_empty() {
        footer::draw(&mut foot, &model.contexts());
    } else {
        footer::say(&mut foot, &model.notice);
    }
}

/// What a small screen leaves out.
fn missing(model: &Model, layout: &Layout, left: topology::Left) -> Vec<String> {
    let mut out = Vec::new();
    if layout.room != Room::Small || model.zoomed().is_some() {
        return out;
    }
    for pane in [Pane::Heatmap, Pane::Latency] {
        if layout.area(pane).is_none() {
            out.push(if pane == Pane::Heatmap {
                "heatmap".into()
            } else {
                "latency".into()
            });
        }
    }
    if left.boxes {
        out.push("node boxes".into());
    }
    if left.grouped > 0 {
        out.push("single nodes".into());
    }
    if let Some(area) = layout.area(Pane::Queues) {
        let rows = model.rows();
        let shares = queues_of(model, &rows).shares(area.width - 2, area.height - 2);
        if usize::from(shares.checks) < model.frame.checks.len() {
            out.push("checks that hold".into());
        }
        if shares.totals < queues::total_rows(&model.frame.totals, area.width - 2) {
            out.push("totals".into());
        }
    }
    out
}

fn queues_of<'a>(model: &'a Model, rows: &'a [&'a super::view::QueueRow]) -> queues::Queues<'a> {
    queues::Queues {
        rows,
        totals: &model.frame.totals,
        checks: &model.frame.checks,
        selected: model.selection(Pane::Queues),
    }
}

fn draw_pane(model: &Model, pane: Pane, pen: &mut Pen<'_>) -> Option<topology::Left> {
    let frame = &model.frame;
    let focused = model.focus == pane;
    let title = format!("{} {}", pane.index() + 1, pane.title());
    let inside = (
        pen.width().saturating_sub(2),
        pen.height().saturating_sub(2),
    );
    let remark = remark(model, pane, inside);
    let mut inner = pen.frame(&title, &remark, focused);
    let chosen = if focused { model.selection(pane) } else { None };
    match pane {
        Pane::Topology => {
            let (scene, _) = super::panes::scene(model);
            let scene = topology::Scene {
                selected: chosen,
                ..scene
            };
            return Some(topology::draw(&mut inner, scene));
        }
        Pane::Queues => {
            let rows = model.rows();
            let mut queues = queues_of(model, &rows);
            queues.selected = chosen;
            queues.draw(&mut inner);
        }
        Pane::Heatmap => heatmap::draw(&mut inner, model.latency().1, &frame.timeline.marks),
        Pane::Latency => histogram::draw(&mut inner, model.latency().0, model.log_counts),
        Pane::Events => {
            let lines = model.events();
            let log = events::Log {
                events: &lines,
                selected: chosen,
                is_filtered: lines.len() < frame.events.len(),
                search: &model.panes.search,
            };
            log.draw(&mut inner);
        }
        Pane::Time => {
            let place = timeline::Place {
                now_ns: frame.header.now_ns,
                end_ns: frame.header.end_ns,
                selected: chosen,
                lane: model.panes.lane,
            };
            timeline::draw(&mut inner, &frame.timeline, place);
        }
    }
    None
}

fn remark(model: &Model, pane: Pane, inside: (u16, u16)) -> String {
    match pane {
        Pane::Topology => {
            // Beside the title of the pane.
            super::panes::link_remark(model, usize::from(inside.0).saturating_sub(16))
        }
        Pane::Queues => {
            let rows = model.rows();
            let shown = queues_of(model, &rows).remark(inside.0, inside.1);
            joined([super::panes::rows_remark(model), shown])
        }
        Pane::Heatmap | Pane::Latency => {
            let log = if model.log_counts && pane == Pane::Latency {
                ", log counts"
            } else {
                ""
            };
            format!("{}{log}", model.latency().0.scope)
        }
        Pane::Events => {
            let lines = model.events().len();
            let rows = usize::from(inside.1);
            let first = events::first_shown(lines, rows, model.selection(pane));
            let place = if lines > rows {
                let last = (first + rows).min(lines);
                format!("{}-{last} of {}", first + 1, text::count(lines as u64))
            } else {
                String::new()
            };
            joined([super::panes::events_remark(model), place])
        }
        Pane::Time => {
            let count = model.frame.timeline.marks.len() as u64;
            let s = if count == 1 { "" } else { "s" };
            let timeline = &model.frame.timeline;
            let lanes = timeline::lanes_remark(timeline, inside.1, model.panes.lane);
            format!("{lanes}{} mark{s}", text::count(count))
        }
    }
}

/// What is said, with some room between.
fn joined<const N: usize>(parts: [String; N]) -> String {
    let said = parts.iter().filter(|p| !p.is_empty());
    said.map(String::as_str).collect::<Vec<_>>().join("  ")
}

/// The screens over the dashboard: the last that fills it, and the popups over that.
fn draw_screens(model: &Model, buffer: &mut Buffer) {
    let body = body(buffer.area);
    let room = (body.width, body.height);
    let full = model.screens.iter().rposition(|s| s.popup(room).is_none());
    let shown = &model.screens[full.unwrap_or(0)..];
    for (at, open) in shown.iter().enumerate() {
        let is_behind = at + 1 < shown.len() || is_over(&model.overlay);
        let pen = Pen::new(buffer, place(open, body), model.look).behind(is_behind);
        draw_open(model, open, pen);
    }
}

/// Whether what is open lies over everything.
fn is_over(overlay: &Overlay) -> bool {
    !matches!(overlay, Overlay::None | Overlay::Filter | Overlay::Search)
}

fn draw_open(model: &Model, open: &Open, mut pen: Pen<'_>) {
    pen.clear();
    let seen = Seen {
        size: (pen.width(), pen.height()),
        ..model.seen()
    };
    open.draw(seen, &mut pen);
}

/// The screen but for its first and last row.
fn body(area: Rect) -> Rect {
    Rect {
        y: 1,
        height: area.height.saturating_sub(2),
        ..area
    }
}

/// Where a screen over the dashboard stands.
fn place(open: &Open, body: Rect) -> Rect {
    match open.popup((body.width, body.height)) {
        Some((width, height)) => centred(body, width, height),
        None => body,
    }
}

fn help_place(body: Rect) -> Rect {
    centred(body, body.width.min(90), body.height)
}

/// What a cell stands for in what is open over the dashboard, if that has parts and lines: as it was drawn.
pub fn spot_at(model: &Model, cell: (u16, u16)) -> Option<Spot> {
    let (width, height) = model.size;
    layout(width, height, model.zoomed())?;
    let spots = Spots::default();
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let body = body(buffer.area);
    match (&model.overlay, model.screens.last()) {
        (Overlay::Help(line), _) => {
            let pen = Pen::new(&mut buffer, help_place(body), model.look);
            help::draw(&mut pen.noting(&spots), &model.help_contexts(), *line);
        }
        (Overlay::None, Some(open)) => {
            let pen = Pen::new(&mut buffer, place(open, body), model.look);
            draw_open(model, open, pen.noting(&spots));
        }
        _ => {}
    }
    spots.at(cell)
}

fn draw_overlay(model: &Model, buffer: &mut Buffer) {
    let body = body(buffer.area);
    match &model.overlay {
        Overlay::None | Overlay::Filter | Overlay::Search => {}
        Overlay::Help(line) => {
            help::draw(
                &mut Pen::new(buffer, help_place(body), model.look),
                &model.help_contexts(),
                *line,
            );
        }
        Overlay::Detail => {
            let lines = detail::lines(model, body.width.saturating_sub(12).min(100));
            let height = (lines.len() as u16 + 2).min(body.height);
            let area = centred(body, body.width.saturating_sub(8).min(104), height);
            let from = model.panes.detail;
            detail::draw(&mut Pen::new(buffer, area, model.look), &lines, from);
        }
        Overlay::Seed(typed) => {
            let area = centred(body, 46, 4);
            let mut pen = Pen::new(buffer, area, model.look);
            pen.clear();
            let mut inner = pen.frame("Seed", "", true);
            let x = inner.text(1, 0, "seed ", Role::Plain);
            inner.text(x, 0, &format!("{typed}_"), Role::Strong);
            let key = |action| name_for(Context::Entry, action);
            let (chance, start) = (key(Action::RandomSeed), key(Action::Open));
            let back = key(Action::Back);
            let keys = format!("digits  {chance} by chance  {start} start  {back}");
            inner.text(1, 1, &keys, Role::Dim);
        }
    }
}

fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
