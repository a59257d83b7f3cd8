//! What concerns no run and is the same on every screen: themes, what is copied, screens that are kept, settings that are
//! kept.

use std::io;
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;

use super::keymap::{Action, Binding, Context, bind, ch, key};
use super::layout::Pane;
use super::model::Model;
use super::settings::Settings;
use super::settings::keep::{Kept, keep};
use super::shot::{Form, file, svg, text};
use super::style::{Look, Theme};
use super::term::Terminal;
use super::update::Effect;

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Always, &[ch('y')], Action::Copy, "", "copy the name of what is selected"),
    bind(Context::Always, &[ch('Y')], Action::CopyCommand, "", "copy the command that runs what is on the screen"),
    bind(Context::Always, &[ch('S')], Action::Save, "", "save the screen as text or as a picture (SVG)"),
    bind(Context::Always, &[ch('T')], Action::Theme, "", "another theme: dark, light, mono, colour-blind"),
    bind(Context::Always, &[ch('K')], Action::Keep, "", "keep theme, mouse, speed and order for the next time"),
    bind(Context::Save, &[ch('t')], Action::SaveText, "save as text", "save the screen as text"),
    bind(Context::Save, &[ch('s')], Action::SavePicture, "as SVG", "save the screen as a picture (SVG)"),
    bind(Context::Save, &[key(KeyCode::Esc)], Action::Back, "cancel", "save nothing"),
];

/// What a person wants that the model cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// This text where it can be pasted from.
    Copy(String),
    /// The command that runs what is on the screen there.
    CopyCommand,
    /// The screen in a file.
    Save(Form),
    /// The settings in force for the next time; `true` if what somebody wrote may be replaced.
    Keep(bool),
}

/// What a screen keeps for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comfort {
    /// Whether it is asked how the screen is to be saved.
    pub saving: bool,
    /// Whether the person was asked to say once more that the settings are to be kept.
    pub asked_to_keep: bool,
}

impl Comfort {
    /// What an action means here: a wish or nothing to wish for; `None` where it means something to others. `selected` is the
    /// name of what is selected. What is to be said is written to `notice`.
    pub fn update(
        &mut self,
        action: Action,
        look: &mut Look,
        selected: impl FnOnce() -> Option<String>,
        notice: &mut String,
    ) -> Option<Option<Wish>> {
        let saving = std::mem::take(&mut self.saving);
        let again = std::mem::take(&mut self.asked_to_keep);
        let wish = match action {
            Action::Back if saving => None,
            Action::SaveText => Some(Wish::Save(Form::Text)),
            Action::SavePicture => Some(Wish::Save(Form::Svg)),
            Action::Save => {
                self.saving = true;
                None
            }
            Action::Theme => {
                look.theme = look.theme.next();
                *notice = format!("theme {}", look.theme.name());
                None
            }
            Action::Copy => {
                let name = selected();
                if name.is_none() {
                    "nothing is selected that could be copied".clone_into(notice);
                }
                name.map(Wish::Copy)
            }
            Action::CopyCommand => Some(Wish::CopyCommand),
            Action::Keep => Some(Wish::Keep(again)),
            _ => return None,
        };
        Some(wish)
    }
}

/// What an action means on the dashboard and the screens over it, if it is one of these.
pub fn update(model: &mut Model, action: Action) -> Option<Effect> {
    let mut comfort = model.comfort;
    let mut look = model.look;
    let mut notice = std::mem::take(&mut model.notice);
    let done = comfort.update(action, &mut look, || selected(model), &mut notice);
    (model.comfort, model.look, model.notice) = (comfort, look, notice);
    done.map(|wish| wish.map_or(Effect::None, Effect::Wish))
}

/// The name of what is selected: of a node or queue its own, of an event and of a mark the number of the event.
fn selected(model: &Model) -> Option<String> {
    let frame = &model.frame;
    if let Some(open) = model.screens.last() {
        return open.copied(model.seen());
    }
    let at = model.selection(model.focus)?;
    match model.focus {
        Pane::Topology => frame.topology.nodes.get(at).map(|n| n.name.clone()),
        Pane::Queues => {
            let rows = model.rows();
            rows.get(at).map(|row| row.name.clone())
        }
        Pane::Events => model.events().get(at).map(|e| format!("#{}", e.event)),
        Pane::Time => {
            let mark = frame.timeline.marks.get(at);
            mark.map(|m| format!("#{}", m.event))
        }
        Pane::Heatmap | Pane::Latency => None,
    }
}

/// What a wish needs of the screen that has it.
pub struct Desk<'a> {
    /// The command that runs what is shown, or why there is none.
    pub command: Result<String, String>,
    /// What a file of this screen is called.
    pub name: String,
    /// Draws the screen.
    pub draw: &'a dyn Fn(&mut Buffer),
    /// Columns and rows.
    pub size: (u16, u16),
    /// With these colours.
    pub theme: Theme,
    /// The settings in force.
    pub settings: Settings,
    /// Where they are kept.
    pub folder: Option<&'a Path>,
}

/// What came of a wish.
pub struct Came {
    /// What is to be said.
    pub notice: String,
    /// Whether the person is to be asked once more.
    pub asks: bool,
}

/// Does what a person wishes.
pub fn fulfil(wish: Wish, desk: &Desk<'_>, terminal: &mut Terminal) -> io::Result<Came> {
    let notice = match wish {
        Wish::Copy(text) => copied(&text, terminal)?,
        Wish::CopyCommand => match &desk.command {
            Ok(command) => copied(command, terminal)?,
            Err(why) => why.clone(),
        },
        Wish::Save(form) => saved(form, desk, Path::new(""))
            .map_or_else(|why| why, |path| format!("saved {}", path.display())),
        Wish::Keep(again) => return Ok(kept(desk, again)),
    };
    Ok(Came {
        notice,
        asks: false,
    })
}

/// Terminals do not say whether they do it: so what was copied stands there to be selected, too.
fn copied(text: &str, terminal: &mut Terminal) -> io::Result<String> {
    Ok(if terminal.copy(text)? {
        format!("copied: {text}")
    } else {
        "this is too long to be copied".to_owned()
    })
}

fn saved(form: Form, desk: &Desk<'_>, folder: &Path) -> Result<PathBuf, String> {
    let area = ratatui::layout::Rect::new(0, 0, desk.size.0, desk.size.1);
    let mut buffer = Buffer::empty(area);
    (desk.draw)(&mut buffer);
    let kept = match form {
        Form::Text => text(&buffer),
        Form::Svg => svg::svg(&buffer, desk.theme),
    };
    file::write(folder, &desk.name, form, &kept)
}

fn kept(desk: &Desk<'_>, again: bool) -> Came {
    let Some(folder) = desk.folder else {
        return Came {
            notice: "nobody knows where settings are kept: set SPLITBRAIN_CONFIG_DIR".to_owned(),
            asks: false,
        };
    };
    let (notice, asks) = match keep(folder, &desk.settings, again) {
        Ok(Kept::Written(path, None)) => (format!("kept in {}", path.display()), false),
        Ok(Kept::Written(path, Some(copy))) => {
            let name = copy.file_name().unwrap_or_default().to_string_lossy();
            let path = path.display();
            (format!("kept in {path}; what it held is in {name}"), false)
        }
        Ok(Kept::Asks(why)) => (
            format!("config.ron {why}: once more replaces it, and keeps a copy"),
            true,
        ),
        Err(why) => (why, false),
    };
    Came { notice, asks }
}

/// What a file of a run's screen is called.
pub fn name(model: &Model) -> String {
    let header = &model.frame.header;
    file::name(&header.scenario, header.seed, header.now_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;
    use crate::ui::update::update;

    #[test]
    fn a_screen_is_saved_as_what_is_asked_for() {
        let mut model = fixture::model(120, 40);
        assert_eq!(update(&mut model, Action::Save), Effect::None);
        assert_eq!(model.contexts()[0], Context::Save);
        let effect = update(&mut model, Action::SaveText);
        assert_eq!(effect, Effect::Wish(Wish::Save(Form::Text)));
        assert_ne!(model.contexts()[0], Context::Save);
        // Esc saves nothing, and closes nothing else.
        update(&mut model, Action::Help);
        let open = model.overlay.clone();
        update(&mut model, Action::Save);
        assert_eq!(update(&mut model, Action::Back), Effect::None);
        assert_eq!(model.overlay, open);
        assert_ne!(model.contexts()[0], Context::Save);
    }

    #[test]
    fn to_keep_settings_is_confirmed_only_by_the_very_next_key() {
        let mut model = fixture::model(120, 40);
        let keep = |again| Effect::Wish(Wish::Keep(again));
        assert_eq!(update(&mut model, Action::Keep), keep(false));
        model.comfort.asked_to_keep = true;
        assert_eq!(update(&mut model, Action::Keep), keep(true));
        model.comfort.asked_to_keep = true;
        update(&mut model, Action::Theme);
        assert_eq!(update(&mut model, Action::Keep), keep(false));
    }

    #[test]
    fn the_name_of_what_is_selected_is_copied() {
        let mut model = fixture::model(120, 40);
        for pane in [Pane::Topology, Pane::Queues, Pane::Events, Pane::Time] {
            model.focus = pane;
            model.selected = [None; 6];
            assert_eq!(update(&mut model, Action::Copy), Effect::None);
            assert!(model.notice.contains("nothing is selected"));
            model.selected[pane.index()] = Some(0);
            let Effect::Wish(Wish::Copy(text)) = update(&mut model, Action::Copy) else {
                panic!("{pane:?}");
            };
            assert!(!text.is_empty());
            assert_eq!(
                text.starts_with('#'),
                matches!(pane, Pane::Events | Pane::Time)
            );
        }
    }

    #[test]
    fn themes_change_on_every_screen() {
        let mut model = fixture::model(120, 40);
        for open in [None, Some(Action::Help), Some(Action::Forks)] {
            open.map(|action| update(&mut model, action));
            let before = model.look.theme;
            update(&mut model, Action::Theme);
            assert_eq!(model.look.theme, before.next());
            assert!(model.notice.contains(model.look.theme.name()));
        }
    }
}
