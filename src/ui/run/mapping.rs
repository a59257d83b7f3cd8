//! The map of a sweep on the terminal.

use std::io;
use std::time::Duration;

use super::input::{Clicks, Input};
use super::{KEYS_MAX, Leave, Options};
use crate::ui::comfort::{self, Desk};
use crate::ui::keymap::Action;
use crate::ui::map::{self, Chosen, Map};
use crate::ui::term::Terminal;

/// Lets the person look at a map until something is to run, or the screen is left. The map stays as it was left.
pub fn map_of(terminal: &mut Terminal, map: &mut Map, options: &mut Options) -> io::Result<Chosen> {
    map.size = terminal.size()?;
    map.set_look(options.look);
    if options.settings.mouse != terminal.has_mouse() {
        terminal.set_mouse(options.settings.mouse)?;
    }
    if !options.troubles.is_empty() {
        map.say("your files have mistakes and are not used: a run says which");
    }
    let (mut clicks, mut dirty) = (Clicks::default(), true);
    loop {
        if let Some(signal) = terminal.told_to_end() {
            return Ok(Chosen::Leave(Leave::Killed(signal)));
        }
        if terminal.told_to_stop() {
            terminal.suspend()?;
            map.size = terminal.size()?;
            dirty = true;
        }
        if dirty {
            terminal.draw(|frame| map::draw(map, frame.buffer_mut()))?;
            dirty = false;
        }
        // Nothing moves by itself.
        let mut patience = None;
        for _ in 0..KEYS_MAX {
            let Some(event) = terminal.next(patience)? else {
                break;
            };
            patience = Some(Duration::ZERO);
            match clicks.input(event, &map.contexts()) {
                Input::Size(w, h) => map.size = (w, h),
                Input::Action(Action::Suspend) => {
                    terminal.suspend()?;
                    map.size = terminal.size()?;
                }
                Input::Action(action) if fulfilled(terminal, map, options, action)? => {}
                Input::Action(action) => {
                    if let Some(chosen) = map.update(action) {
                        return Ok(chosen);
                    }
                }
                Input::Typed(_) | Input::None => continue,
            }
            dirty = true;
        }
    }
}

/// What concerns no map; `false` if the action is none of that.
fn fulfilled(
    terminal: &mut Terminal,
    map: &mut Map,
    options: &mut Options,
    action: Action,
) -> io::Result<bool> {
    let Some(wish) = map.comfort(action) else {
        return Ok(false);
    };
    options.looks(map.look());
    let Some(wish) = wish else {
        return Ok(true);
    };
    let shown = &*map;
    let desk = Desk {
        command: shown
            .command()
            .ok_or_else(|| "there is nothing to run".to_owned()),
        name: "splitbrain-map".to_owned(),
        draw: &|buffer| map::draw(shown, buffer),
        size: shown.size,
        theme: shown.look().theme,
        settings: options.settings,
        folder: options.folder.as_deref(),
    };
    let came = comfort::fulfil(wish, &desk, terminal)?;
    map.came(came);
    Ok(true)
}
