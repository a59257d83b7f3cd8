//! How the picker is drawn.

use ratatui::buffer::Buffer;

use super::{Asking, Entry, PART_PREVIEW, Picker};
use crate::ui::glyphs;
use crate::ui::help;
use crate::ui::keymap::{Action, Context, name_for};
use crate::ui::layout::{HEIGHT_MIN, WIDTH_MIN, share};
use crate::ui::model::speed_text;
use crate::ui::pen::Pen;
use crate::ui::screen;
use crate::ui::spots::Spots;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::widgets::{footer, preview};

/// From this height on, seed and speed have a frame of their own.
const ROOMY: u16 = 30;
/// The list is not narrower than this.
const LIST_MIN: u16 = 24;
/// Cells beside a name: the frame, what stands before it, the sign of a mistake.
const NAME_ROOM: u16 = 7;
/// A title of which less than this would be seen says nothing.
const TITLE_MIN: u16 = 16;

/// The names, and the titles beside them where there is room: the rest is for what plays.
pub(super) fn list_width(picker: &Picker, width: u16) -> u16 {
    let widest = |of: fn(&Entry) -> &str| {
        let widths = picker.entries.iter().map(|e| text::width(of(e)));
        widths.max().unwrap_or(0).min(usize::from(u16::MAX / 4)) as u16
    };
    let names = widest(|e| &e.name) + NAME_ROOM;
    let titles = widest(|e| &e.title).max(TITLE_MIN) + 2;
    let wide = share(width, 42, 100);
    if wide >= names + 2 + TITLE_MIN {
        wide.min(names + titles)
    } else {
        names.clamp(LIST_MIN, share(width, 2, 5))
    }
}

/// Draws the picker.
pub fn draw(picker: &Picker, buffer: &mut Buffer) {
    draw_noting(picker, buffer, None);
}

/// Draws it, and notes what is drawn where.
pub(super) fn draw_noting(picker: &Picker, buffer: &mut Buffer, spots: Option<&Spots>) {
    let area = buffer.area;
    let look = picker.look;
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        screen::too_small(buffer, look);
        return screen::finish(buffer, look);
    }
    let mut pen = Pen::new(buffer, area, look);
    if let Some(spots) = spots {
        pen = pen.noting(spots);
    }
    pen = pen.behind(picker.help.is_some());
    draw_head(picker, &mut pen);
    let body = body_height(area.height);
    let options = area.height - 2 - body;
    let list = list_width(picker, area.width);
    draw_list(picker, &mut pen.part(0, 1, list, body));
    draw_preview(picker, &mut pen.part(list, 1, area.width - list, body));
    draw_options(picker, &mut pen.part(0, 1 + body, area.width, options));
    let mut foot = pen.part(0, area.height - 1, area.width, 1);
    if picker.notice.is_empty() {
        footer::draw(&mut foot, &picker.contexts());
    } else {
        footer::say(&mut foot, &picker.notice);
    }
    if let Some(line) = picker.help {
        let width = area.width.min(90);
        // What is below it is out of reach.
        pen.part_is(0);
        let mut over = pen
            .part((area.width - width) / 2, 1, width, area.height - 2)
            .behind(false);
        help::draw(&mut over, help::PICKER, line);
    }
    screen::finish(buffer, look);
}

/// Rows for the list.
pub(super) fn body_height(height: u16) -> u16 {
    let options = if height < ROOMY { 1 } else { 3 };
    height.saturating_sub(2 + options)
}

fn draw_head(picker: &Picker, pen: &mut Pen<'_>) {
    pen.text(1, 0, "Choose a scenario", Role::Strong);
    let (text, role) = match (picker.asking, picker.filter.is_empty()) {
        (Asking::Filter, _) => (format!("/{}_", picker.filter), Role::Strong),
        (_, true) => {
            let key = name_for(Context::Picker, Action::Filter);
            (format!("{key} to filter"), Role::Dim)
        }
        (_, false) => (format!("/{}", picker.filter), Role::Strong),
    };
    let end = pen.width() - 1;
    pen.text_right(end, 0, &text, role);
}

/// A line of the list: a heading, or an entry by its place among those shown.
pub(super) enum Line<'a> {
    Heading(&'a str),
    Entry(usize, &'a Entry),
}

fn draw_list(picker: &Picker, pen: &mut Pen<'_>) {
    let shown = picker.shown();
    let lines = picker.lines(&shown);
    let rows = usize::from(pen.height().saturating_sub(2));
    let first = picker.first_line(&lines, rows);
    let remark = if lines.len() > rows {
        format!("{} of {}", picker.selected + 1, shown.len())
    } else {
        String::new()
    };
    let room = usize::from(pen.width().saturating_sub(NAME_ROOM));
    let names = shown.iter().map(|&i| text::width(&picker.entries[i].name));
    let names = names.max().unwrap_or(0).min(room);
    let titles = room >= names + 2 + usize::from(TITLE_MIN);
    let columns = Columns { names, titles };
    let mut inner = pen.frame(
        "Scenarios",
        &remark,
        picker.asking != Asking::Seed && !picker.reads,
    );
    if lines.is_empty() {
        inner.text(1, 0, "no scenario contains this text", Role::Dim);
    }
    for (y, line) in lines.iter().skip(first).take(rows).enumerate() {
        draw_entry(&mut inner, y as u16, line, columns, picker.selected);
    }
}

/// How a line of the list is given out.
#[derive(Clone, Copy)]
struct Columns {
    /// Cells of the longest name.
    names: usize,
    /// Whether there is room for titles.
    titles: bool,
}

fn draw_entry(pen: &mut Pen<'_>, y: u16, line: &Line<'_>, columns: Columns, selected: usize) {
    match line {
        Line::Heading(title) => {
            pen.text(1, y, title, Role::Title);
        }
        Line::Entry(i, entry) => {
            pen.row_is(y, 0, *i);
            let name = text::cut_middle(&entry.name, columns.names);
            let name = text::left(&name, columns.names);
            let x = pen.text(3, y, &name, Role::Plain) + 1;
            match &entry.error {
                Some(error) if columns.titles => {
                    pen.text(x + 1, y, &format!("{} {error}", glyphs::BAD), Role::Bad);
                }
                Some(_) => pen.sign(x, y, glyphs::BAD, Role::Bad),
                None if columns.titles => {
                    pen.text(x + 1, y, &entry.title, Role::Dim);
                }
                None => {}
            }
            if *i == selected {
                pen.sign(1, y, glyphs::RIGHT, Role::Strong);
                pen.restyle_row(y, Role::Selected);
            }
        }
    }
}

fn draw_preview(picker: &Picker, pen: &mut Pen<'_>) {
    pen.part_is(PART_PREVIEW);
    let focused = picker.reads && picker.asking == Asking::Nothing;
    let Some((_, entry)) = picker.current() else {
        pen.frame("Preview", "", focused);
        return;
    };
    let live = picker.live.as_ref();
    let remark = live.map_or_else(String::new, preview::remark);
    let title = format!("Preview  {}", entry.name);
    let mut inner = pen.frame(&title, &remark, focused);
    let (w, h) = (inner.width(), inner.height());
    let page = Page::of(entry, (w, h));
    draw_lines(&mut inner.part(0, 0, w, page.head_rows), &page.head, 0);
    if let (Some(live), Some(shares)) = (live, page.shares) {
        preview::draw(&mut inner.part(0, page.head_rows, w, h), live, shares);
    }
    draw_lines(
        &mut inner.part(0, page.above, w, h),
        &page.about,
        picker.from,
    );
}

/// What the preview of a scenario has, and where in it.
pub(super) struct Page {
    head: Vec<(String, Role)>,
    head_rows: u16,
    /// Of what plays, if it can.
    shares: Option<preview::Shares>,
    pub(super) about: Vec<(String, Role)>,
    /// Rows above what it is about.
    above: u16,
    height: u16,
}

impl Page {
    /// Of an entry, in so many columns and rows.
    pub(super) fn of(entry: &Entry, (w, h): (u16, u16)) -> Self {
        let width = usize::from(w.saturating_sub(2));
        let head = lines(&[(entry.title.as_str(), Role::Strong)], width);
        let mut parts: Vec<(&str, Role)> = Vec::new();
        let mistakes = format!("{} it has mistakes:", glyphs::BAD);
        if let Some(error) = &entry.error {
            parts.extend([(mistakes.as_str(), Role::Bad), (error, Role::Bad)]);
            parts.push(("", Role::Plain));
        }
        parts.extend(entry.preview.iter().map(|l| (l.as_str(), Role::Plain)));
        let about = lines(&parts, width);
        let head_rows = if entry.title.is_empty() {
            0
        } else {
            (head.len() as u16).min(2)
        };
        let room = h.saturating_sub(head_rows);
        let plays = entry.plays_from_ns.is_some();
        let shares = plays.then(|| preview::Shares::new(room, about.len() as u16));
        let above = head_rows + shares.map_or(0, preview::Shares::rows);
        Self {
            head,
            head_rows,
            shares,
            about,
            above: above + u16::from(above > 0 && h >= above + 4),
            height: h,
        }
    }

    /// Rows for what it is about.
    pub(super) fn rows(&self) -> u16 {
        self.height.saturating_sub(self.above)
    }
}

/// Texts, wrapped where they are too long. One that fits keeps its spaces: they put a caret below what it points at.
fn lines(parts: &[(&str, Role)], width: usize) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    for &(value, role) in parts {
        if text::width(value) <= width {
            lines.push((value.to_string(), role));
        } else {
            let wrapped = text::wrap(value, width);
            lines.extend(wrapped.into_iter().map(|l| (l, role)));
        }
    }
    lines
}

/// As many lines as there is room for, from one on, and how many there are above and below.
fn draw_lines(pen: &mut Pen<'_>, lines: &[(String, Role)], from: usize) {
    let rows = usize::from(pen.height());
    if lines.len() <= rows {
        for (y, (line, role)) in (0..).zip(lines) {
            pen.text(1, y, line, *role);
        }
        return;
    }
    let shown = rows.saturating_sub(1);
    let from = from.min(lines.len() - shown);
    for (y, (line, role)) in (0..).zip(&lines[from..from + shown]) {
        pen.text(1, y, line, *role);
    }
    let more = match (from, lines.len() - from - shown) {
        (0, below) => format!("+{below} more lines"),
        (above, 0) => format!("+{above} above"),
        (above, below) => format!("+{above} above +{below} below"),
    };
    pen.text(1, shown as u16, &more, Role::Dim);
}

fn draw_options(picker: &Picker, pen: &mut Pen<'_>) {
    let asked = picker.asking == Asking::Seed;
    let (w, h) = (pen.width(), pen.height());
    let mut inner = if h < 3 {
        pen.part(0, 0, w, h)
    } else {
        pen.frame("Seed and speed", "", asked)
    };
    // What cannot be read names no seed.
    let readable = picker.current().filter(|(_, e)| e.error.is_none());
    let own = readable.map_or_else(String::new, |(_, e)| format!(" ({})", e.seed));
    let own = format!("the scenario's own{own}");
    let chance = name_for(Context::Entry, Action::RandomSeed);
    let (seed, note) = match (picker.asking, picker.seed.as_str()) {
        (Asking::Seed, "") => (
            "_".to_owned(),
            format!("  empty: {own}; {chance} by chance"),
        ),
        (Asking::Seed, typed) => (format!("{typed}_"), format!("  {chance} by chance")),
        (_, "") => (own, String::new()),
        (_, chosen) => (chosen.to_owned(), format!("  not {own}")),
    };
    let x = inner.text(1, 0, "seed ", Role::Dim);
    let x = inner.text(x, 0, &seed, Role::Strong);
    inner.text(x, 0, &note, Role::Dim);
    let speed = format!("speed {}", speed_text(picker.speed));
    let end = inner.width().saturating_sub(1);
    inner.text_right(end, 0, &speed, Role::Strong);
}
