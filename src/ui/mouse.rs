//! What the mouse does: what is pressed is selected, and pressed twice it is opened; the wheel moves the part of the screen that
//! is under it; the line of time is a place to go to. What a cell of the dashboard stands for is known here; what is open above
//! it says that itself while it is drawn ([`super::spots`]).

use super::engine::Until;
use super::keymap::Action;
use super::layout::{self, Pane};
use super::model::{Model, Overlay};
use super::panes;
use super::screen;
use super::spots::Spot;
use super::update::Effect;
use super::widgets::{events, queues, timeline, topology};

/// Lines that the wheel moves by.
const WHEEL: usize = 3;

/// A cell of the screen: column and row.
pub type Cell = (u16, u16);

/// What is under a cell: a pane, its inside, and the place in that, if it is not the frame.
struct Under {
    pane: Pane,
    size: (u16, u16),
    cell: Option<Cell>,
}

fn under(model: &Model, (x, y): Cell) -> Option<Under> {
    let (w, h) = model.size;
    let layout = layout::layout(w, h, model.zoomed())?;
    let pane = layout.pane_at(x, y)?;
    let area = layout.area(pane)?;
    let size = (area.width.saturating_sub(2), area.height.saturating_sub(2));
    let inside = |at: u16, from: u16, room: u16| at.checked_sub(from + 1).filter(|a| *a < room);
    let cell = inside(x, area.x, size.0).zip(inside(y, area.y, size.1));
    Some(Under { pane, size, cell })
}

fn is_covered(model: &Model) -> bool {
    !matches!(
        model.overlay,
        Overlay::None | Overlay::Filter | Overlay::Search
    ) || !model.screens.is_empty()
}

/// A cell was pressed. Where a pane has lines, that one is selected; on the line of time, the run goes there.
pub fn press(model: &mut Model, cell: Cell) -> Effect {
    (model.pressed, model.pressed_spot) = (None, None);
    if is_covered(model) {
        let spot = screen::spot_at(model, cell);
        if let Some(spot) = spot {
            point(model, spot);
        }
        model.pressed_spot = spot;
        return Effect::None;
    }
    let Some(under) = under(model, cell) else {
        return Effect::None;
    };
    let line = under.cell.and_then(|cell| line_at(model, &under, cell));
    model.focus = under.pane;
    model.pressed = Some(under.pane);
    if under.pane == Pane::Time {
        return go(model, cell);
    }
    if line.is_some() {
        model.selected[under.pane.index()] = line;
    }
    Effect::None
}

/// What is open takes note of what the mouse points at in it.
fn point(model: &mut Model, spot: Spot) {
    if let Overlay::Help(line) = &mut model.overlay {
        *line = spot.line.unwrap_or(*line);
    } else if let Some(mut open) = model.screens.pop() {
        open.point(model.seen(), spot);
        model.screens.push(open);
    }
}

/// The mouse moved while it was pressed: what began on the line of time goes along it.
pub fn drag(model: &mut Model, cell: Cell) -> Effect {
    if model.pressed == Some(Pane::Time) && !is_covered(model) {
        return go(model, cell);
    }
    Effect::None
}

/// The wheel was turned: gives how many lines the pane under it moves, which then has the keys.
pub fn wheel(model: &mut Model, cell: Cell, down: bool) -> Option<(Action, usize)> {
    let action = if down { Action::Down } else { Action::Up };
    if is_covered(model) {
        if let Some(spot) = screen::spot_at(model, cell) {
            point(model, Spot { line: None, ..spot });
        }
        return Some((action, WHEEL));
    }
    let under = under(model, cell)?;
    model.focus = under.pane;
    if !down && model.selection(under.pane).is_none() {
        // Above the first line there is none.
        return None;
    }
    Some((action, WHEEL))
}

/// Whether a cell that is pressed a second time is one of a line that can be opened.
pub fn is_on_line(model: &Model, cell: Cell) -> bool {
    if is_covered(model) {
        // The line that was selected by the first time may stand elsewhere by now.
        return match (&model.overlay, model.screens.last(), model.pressed_spot) {
            (Overlay::Help(_), _, Some(spot)) => spot.line.is_some(),
            (Overlay::None, Some(open), Some(spot)) => open.opens(spot),
            _ => false,
        };
    }
    let under = under(model, cell);
    under.is_some_and(|under| {
        let line = under.cell.and_then(|cell| line_at(model, &under, cell));
        line.is_some()
    })
}

/// To the moment under a column of the line of time.
fn go(model: &Model, (x, _): Cell) -> Effect {
    let (w, h) = model.size;
    let area = layout::layout(w, h, model.zoomed()).and_then(|l| l.area(Pane::Time));
    let Some(area) = area else {
        return Effect::None;
    };
    let size = (area.width.saturating_sub(2), area.height.saturating_sub(2));
    let column = x.saturating_sub(area.x + 1);
    let frame = &model.frame;
    let time = timeline::time_at(&frame.timeline, frame.header.end_ns, size, column);
    time.map_or(Effect::None, |ns| Effect::Seek(Until::Time(ns)))
}

/// The line of a pane that is drawn in a cell of its inside.
fn line_at(model: &Model, under: &Under, cell: Cell) -> Option<usize> {
    let chosen = model.selection(under.pane);
    // A pane that has no keys does not show what is selected in it.
    let shown = chosen.filter(|_| model.focus == under.pane);
    match under.pane {
        Pane::Topology => {
            let (scene, _) = panes::scene(model);
            let scene = topology::Scene {
                selected: shown,
                ..scene
            };
            topology::node_at(scene, under.size, cell)
        }
        Pane::Queues => {
            let rows = model.rows();
            let queues = queues::Queues {
                rows: &rows,
                totals: &model.frame.totals,
                checks: &model.frame.checks,
                selected: shown,
            };
            queues.row_at(under.size.0, under.size.1, cell.1)
        }
        Pane::Events => {
            let total = model.events().len();
            let first = events::first_shown(total, usize::from(under.size.1), shown);
            let line = first + usize::from(cell.1);
            (line < total).then_some(line)
        }
        Pane::Heatmap | Pane::Latency | Pane::Time => None,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::ui::update::update;
    use crate::ui::{fixture, screen};

    const SIZES: [Cell; 3] = [(80, 24), (120, 40), (200, 60)];

    /// The rows of the screen, a cell each.
    fn drawn(model: &Model) -> Vec<Vec<String>> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.0, model.size.1));
        screen::draw(model, &mut buffer);
        let row = |y| (0..model.size.0).map(move |x| (x, y));
        (0..model.size.1)
            .map(|y| row(y).map(|at| buffer[at].symbol().to_owned()).collect())
            .collect()
    }

    /// Where a text begins inside a pane.
    fn find(model: &Model, pane: Pane, text: &str) -> Vec<Cell> {
        let layout = layout::layout(model.size.0, model.size.1, model.zoomed()).expect("room");
        let Some(area) = layout.area(pane) else {
            return Vec::new();
        };
        let rows = drawn(model);
        let inside = area.inner(ratatui::layout::Margin::new(1, 1));
        let mut found = Vec::new();
        for y in inside.top()..inside.bottom() {
            for x in inside.left()..inside.right() {
                let rest = &rows[usize::from(y)][usize::from(x)..usize::from(inside.right())];
                if rest.concat().starts_with(&format!("{text} ")) {
                    found.push((x, y));
                }
            }
        }
        found
    }

    #[test]
    fn a_node_is_selected_where_its_name_stands() {
        for (w, h) in SIZES {
            let mut model = fixture::model(w, h);
            let names: Vec<String> = {
                let nodes = model.frame.topology.nodes.iter();
                nodes.map(|n| n.name.clone()).collect()
            };
            let mut tried = 0;
            for (node, name) in names.iter().enumerate() {
                for (x, y) in find(&model, Pane::Topology, name) {
                    model.selected[Pane::Topology.index()] = None;
                    update(&mut model, Action::Click(x, y));
                    assert_eq!(
                        model.selection(Pane::Topology),
                        Some(node),
                        "{name} {w}x{h}"
                    );
                    tried += 1;
                }
            }
            assert!(tried > 0, "{w}x{h}");
        }
    }

    #[test]
    fn a_row_is_selected_where_it_stands_and_opened_by_two_clicks() {
        for (w, h) in SIZES {
            for pane in [Pane::Queues, Pane::Events] {
                let mut model = fixture::model(w, h);
                let rows = model.rows();
                let names: Vec<String> = if pane == Pane::Queues {
                    rows.iter().map(|r| r.name.clone()).collect()
                } else {
                    let events = model.events().into_iter();
                    events.map(|e| crate::ui::text::moment(e.at_ns)).collect()
                };
                let mut tried = 0;
                for (line, name) in names.iter().enumerate() {
                    if names.iter().filter(|n| *n == name).count() > 1 {
                        continue;
                    }
                    let Some(&(x, y)) = find(&model, pane, name).first() else {
                        continue;
                    };
                    update(&mut model, Action::Click(x, y));
                    assert_eq!(model.selection(pane), Some(line), "{name} {w}x{h}");
                    update(&mut model, Action::DoubleClick(x, y));
                    assert_eq!(model.overlay, Overlay::Detail);
                    model.overlay = Overlay::None;
                    model.selected = [None; 6];
                    tried += 1;
                }
                assert!(tried > 0, "{pane:?} {w}x{h}");
            }
        }
    }

    #[test]
    fn the_line_of_time_is_a_place_to_go_to_and_along() {
        let mut model = fixture::model(120, 40);
        let layout = layout::layout(120, 40, None).expect("room");
        let area = layout.area(Pane::Time).expect("a pane");
        let mut before = 0;
        let Effect::Seek(Until::Time(first)) = update(&mut model, Action::Click(40, area.y + 1))
        else {
            panic!("nowhere");
        };
        assert!(first > 0 && first < model.frame.header.end_ns);
        for x in 0..200 {
            // Wherever the mouse goes while it is pressed.
            let effect = update(&mut model, Action::Drag(x, 3));
            let Effect::Seek(Until::Time(ns)) = effect else {
                panic!("{effect:?}");
            };
            assert!(ns >= before && ns <= model.frame.header.end_ns);
            before = ns;
        }
        assert_eq!(before, model.frame.header.end_ns);
        update(&mut model, Action::Click(2, 3));
        assert_eq!(
            update(&mut model, Action::Drag(40, area.y + 1)),
            Effect::None
        );
    }

    #[test]
    fn the_wheel_moves_what_is_under_it() {
        let mut model = fixture::model(120, 40);
        let layout = layout::layout(120, 40, None).expect("room");
        let area = layout.area(Pane::Events).expect("a pane");
        let at = (area.x + 3, area.y + 2);
        update(&mut model, Action::WheelUp(at.0, at.1));
        assert_eq!(model.selection(Pane::Events), None);
        update(&mut model, Action::WheelDown(at.0, at.1));
        assert_eq!(model.focus, Pane::Events);
        assert_eq!(model.selection(Pane::Events), Some(WHEEL - 1));
        // Over the help it moves the help.
        update(&mut model, Action::Help);
        update(&mut model, Action::WheelDown(at.0, at.1));
        assert_eq!(model.overlay, Overlay::Help(WHEEL));
    }

    #[test]
    fn the_mouse_can_be_anywhere() {
        for (w, h) in [(60, 16), (59, 15), (80, 24)] {
            for pane in Pane::ALL {
                for zoom in [true, false] {
                    let mut model = fixture::model(w, h);
                    (model.focus, model.zoom) = (pane, zoom);
                    for y in 0..h + 2 {
                        for x in (0..w + 2).step_by(7) {
                            update(&mut model, Action::Click(x, y));
                            update(&mut model, Action::Drag(y, x));
                            update(&mut model, Action::WheelDown(x, y));
                        }
                    }
                }
            }
        }
    }
}
