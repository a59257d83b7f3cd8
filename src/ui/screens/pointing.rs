//! What the mouse does on screens over the dashboard, for the tests of each.

use ratatui::style::Modifier;

use crate::ui::keymap::Action;
use crate::ui::model::Model;
use crate::ui::snapshots::picture;
use crate::ui::update::{Effect, update};

/// Where a text stands on the screen, first from above; its row as it is drawn, and whether it is highlighted.
fn find(model: &Model, text: &str) -> Option<((u16, u16), bool)> {
    let drawn = picture(model);
    for y in 1..model.size.1 - 1 {
        let row: Vec<&str> = (0..model.size.0).map(|x| drawn[(x, y)].symbol()).collect();
        let at = (0..row.len()).find(|&x| row[x..].concat().starts_with(text));
        if let Some(x) = at {
            let cell = &drawn[(x as u16, y)];
            return Some(((x as u16, y), cell.modifier.contains(Modifier::REVERSED)));
        }
    }
    None
}

fn place(model: &Model, text: &str) -> (u16, u16) {
    let found = find(model, text);
    found.unwrap_or_else(|| panic!("`{text}` is not there")).0
}

/// Presses on each of these texts: the line where it stands is highlighted then, and pressing a second time does what Enter does.
pub(in crate::ui) fn pressed_lines_open(model: &Model, texts: &[&str]) {
    for text in texts {
        let mut model = model.clone();
        let (x, y) = place(&model, text);
        assert_eq!(update(&mut model, Action::Click(x, y)), Effect::None);
        let (_, highlighted) = find(&model, text).expect("it is still there");
        assert!(highlighted, "`{text}` is pressed");
        let mut entered = model.clone();
        let effect = update(&mut entered, Action::Open);
        assert_eq!(update(&mut model, Action::DoubleClick(x, y)), effect);
        assert_eq!(model.screens, entered.screens, "`{text}` is opened");
        assert_eq!(model.overlay, entered.overlay);
    }
    // Beside what is drawn there is nothing.
    let mut beside = model.clone();
    for (x, y) in [(0, 0), (model.size.0 - 1, model.size.1 - 1), (9_999, 9_999)] {
        update(&mut beside, Action::Click(x, y));
        assert_eq!(update(&mut beside, Action::DoubleClick(x, y)), Effect::None);
        assert_eq!(beside.screens, model.screens);
    }
}

/// Turns the wheel over a text: that is as if the key for down had been pressed three times where it stands.
pub(in crate::ui) fn wheel_moves(model: &Model, text: &str) {
    let (x, y) = place(model, text);
    let mut wheeled = model.clone();
    update(&mut wheeled, Action::WheelDown(x, y));
    let mut pressed = wheeled.clone();
    assert_ne!(wheeled.screens, model.screens, "the wheel over `{text}`");
    (0..3).for_each(|_| drop(update(&mut pressed, Action::Up)));
    update(&mut wheeled, Action::WheelUp(x, y));
    assert_eq!(wheeled.screens, pressed.screens);
}
