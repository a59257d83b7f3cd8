//! Draws the map. A share is a shade and a number, never a colour alone.

use ratatui::buffer::Buffer;

use super::{HELPED, Map};
use crate::ui::glyphs;
use crate::ui::keymap::{Action, Context, name_for};
use crate::ui::layout::{HEIGHT_MIN, WIDTH_MIN};
use crate::ui::pen::{Pen, scroll};
use crate::ui::style::Role;
use crate::ui::view::MapCell;
use crate::ui::widgets::footer;
use crate::ui::{help, screen, text};

/// Lines for what is selected, with their frame.
const DETAIL: u16 = 6;
/// Lines above the first line of the map: the head of the screen, the frame, the values of the columns.
const ABOVE: u16 = 3;
/// Columns of a share: `[▓ 100%]`.
const SHARE: u16 = 8;
/// A value of a setting is not wider.
const VALUE_MAX: u16 = 24;

/// What of the map is in sight, and where.
struct Place {
    /// Columns of the values of the lines.
    label: u16,
    /// Columns of a cell.
    wide: u16,
    first_row: usize,
    rows: usize,
    first_column: usize,
    columns: usize,
}

impl Place {
    fn of(map: &Map, width: u16, height: u16) -> Self {
        let view = &map.view;
        let widest = |values: &[String]| {
            let widths = values.iter().map(|v| text::width(v));
            widths.max().unwrap_or(0).min(usize::from(VALUE_MAX)) as u16
        };
        let name = text::width(&view.rows.name).min(usize::from(VALUE_MAX)) as u16;
        let label = widest(&view.rows.values).max(name) + 3;
        let wide = widest(&view.columns.values).max(SHARE) + 1;
        let inside = width.saturating_sub(2 + label);
        let columns = usize::from((inside / wide).max(1)).min(view.columns.values.len());
        let rows =
            usize::from(height.saturating_sub(ABOVE + DETAIL + 2)).min(view.rows.values.len());
        Self {
            label,
            wide,
            first_row: scroll(map.row, view.rows.values.len(), rows),
            rows,
            first_column: scroll(map.column, view.columns.values.len(), columns),
            columns,
        }
    }
}

/// The line and column of the cell that is drawn there.
pub(super) fn cell_at(map: &Map, x: u16, y: u16) -> Option<(usize, usize)> {
    let place = Place::of(map, map.size.0, map.size.1);
    let row = usize::from(y.checked_sub(ABOVE)?);
    let column = usize::from(x.checked_sub(1 + place.label)? / place.wide);
    let is_there = row < place.rows && column < place.columns;
    is_there.then_some((place.first_row + row, place.first_column + column))
}

/// Draws all of it.
pub fn draw(map: &Map, buffer: &mut Buffer) {
    let area = buffer.area;
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        screen::too_small(buffer, map.look);
        return screen::finish(buffer, map.look);
    }
    let mut pen = Pen::new(buffer, area, map.look).behind(map.help.is_some());
    draw_head(map, &mut pen);
    let body = area.height - 2;
    draw_cells(map, &mut pen.part(0, 1, area.width, body - DETAIL));
    draw_detail(map, &mut pen.part(0, 1 + body - DETAIL, area.width, DETAIL));
    let mut foot = pen.part(0, area.height - 1, area.width, 1);
    if map.notice.is_empty() {
        footer::draw(&mut foot, &map.contexts());
    } else {
        footer::say(&mut foot, &map.notice);
    }
    if let Some(line) = map.help {
        let width = area.width.min(90);
        let over = pen.part((area.width - width) / 2, 1, width, area.height - 2);
        let mut over = over.behind(false);
        help::draw(&mut over, HELPED, line);
    }
    screen::finish(buffer, map.look);
}

fn draw_head(map: &Map, pen: &mut Pen<'_>) {
    let (done, all) = map.view.runs;
    let x = pen.text(1, 0, "Map", Role::Strong);
    let runs = if done == all {
        format!("{} runs", text::count(all))
    } else {
        format!("{} of {} runs", text::count(done), text::count(all))
    };
    let end = pen.width() - 1;
    let room = usize::from(end.saturating_sub(x + 3)).saturating_sub(text::width(&runs));
    pen.text(x + 2, 0, &text::cut(&map.view.scenario, room), Role::Plain);
    pen.text_right(end, 0, &runs, Role::Dim);
}

fn draw_cells(map: &Map, pen: &mut Pen<'_>) {
    let view = &map.view;
    let place = Place::of(map, map.size.0, map.size.1);
    let Some(asked) = map.asked() else {
        return;
    };
    let key = name_for(Context::Map, Action::NextChoice);
    let remark = match view.questions.len() {
        1 => String::new(),
        many => format!("question {} of {many}: {key}", map.question + 1),
    };
    let mut inner = pen.frame(&asked.label, &remark, true);
    let label = usize::from(place.label - 3);
    inner.text(2, 0, &text::cut(&view.rows.name, label), Role::Dim);
    let columns = place.first_column..place.first_column + place.columns;
    for (at, column) in columns.clone().enumerate() {
        let end = place.label + place.wide * (at as u16 + 1) - 1;
        let value = text::cut(&view.columns.values[column], usize::from(place.wide) - 1);
        let role = if column == map.column {
            Role::Focus
        } else {
            Role::Dim
        };
        inner.text_right(end, 0, &value, role);
    }
    for (y, row) in (1..).zip(place.first_row..place.first_row + place.rows) {
        let is_here = row == map.row;
        let role = if is_here { Role::Focus } else { Role::Plain };
        if is_here {
            inner.sign(0, y, glyphs::RIGHT, Role::Focus);
        }
        inner.text(2, y, &text::cut(&view.rows.values[row], label), role);
        for (at, column) in columns.clone().enumerate() {
            let Some(cell) = asked.cells.get(row * view.columns.values.len() + column) else {
                continue;
            };
            let end = place.label + place.wide * (at as u16 + 1) - 1;
            let is_selected = is_here && column == map.column;
            draw_share(&mut inner, end, y, cell, is_selected);
        }
    }
    draw_columns_name(map, &place, &mut inner);
}

/// The name of the columns' setting, below the map, and what of it is out of sight.
fn draw_columns_name(map: &Map, place: &Place, inner: &mut Pen<'_>) {
    let (rows, columns) = map.view.size();
    let y = place.rows as u16 + 1;
    if y >= inner.height() {
        return;
    }
    let mut said = Vec::new();
    if !map.view.columns.name.is_empty() {
        said.push(format!("columns: {}", map.view.columns.name));
    }
    if place.columns < columns {
        said.push(format!(
            "{} of {columns} columns are in sight",
            place.columns
        ));
    }
    if place.rows < rows {
        said.push(format!("{} of {rows} lines are in sight", place.rows));
    }
    inner.text(2, y, &said.join("   "), Role::Dim);
}

/// A share that ends at a column; the selected one stands in brackets.
fn draw_share(pen: &mut Pen<'_>, end: u16, y: u16, cell: &MapCell, is_selected: bool) {
    let role = match cell.share() {
        _ if cell.count == 0 => Role::Dim,
        few if few < 0.5 => Role::Warn,
        _ => Role::Bad,
    };
    let shown = if cell.of == 0 {
        "-".to_owned()
    } else {
        format!("{} {:>4}", shade(cell), cell.percent)
    };
    pen.text_right(end - 1, y, &shown, role);
    if is_selected {
        pen.sign(end - 1, y, ']', Role::Focus);
        pen.sign(end - SHARE, y, '[', Role::Focus);
    }
}

fn shade(cell: &MapCell) -> char {
    let shade = match cell.share() {
        _ if cell.count == 0 => return glyphs::NOTE,
        share if share <= 0.25 => 1,
        share if share <= 0.5 => 2,
        share if share <= 0.75 => 3,
        _ => 4,
    };
    glyphs::SHADES[shade]
}

/// What is selected, how sure its share is, and what Enter runs.
fn draw_detail(map: &Map, pen: &mut Pen<'_>) {
    let view = &map.view;
    let mut inner = pen.frame("Selected", "", false);
    let Some(cell) = map.cell() else { return };
    let settings = [(&view.rows, map.row), (&view.columns, map.column)];
    let settings = settings.iter().filter(|(axis, _)| !axis.name.is_empty());
    let settings = settings.map(|(axis, at)| format!("{} = {}", axis.name, axis.values[*at]));
    let settings: Vec<String> = settings.collect();
    let settings = match settings.as_slice() {
        [] => "nothing varies".to_owned(),
        some => some.join("   "),
    };
    inner.text(1, 0, &settings, Role::Strong);
    let (low, high) = cell.interval;
    let share = format!(
        "{} of {} seeds, {:.1} %; 95 % interval {:.1} to {:.1} %",
        text::count(cell.count),
        text::count(cell.of),
        cell.share() * 100.0,
        low * 100.0,
        high * 100.0
    );
    inner.text(1, 1, &share, Role::Plain);
    let key = name_for(Context::Map, Action::Open);
    inner.text(1, 2, &format!("{key} runs seed {}", cell.seed), Role::Plain);
    inner.text(1, 3, &cell.command, Role::Dim);
}
