//! The screens: the picker and the dashboard, on a terminal.

use std::cell::RefCell;
use std::io;

use super::check::complain;
use super::out::say;
use super::{EXIT_MET, EXIT_MISTAKE, Glyphs, Looks, Themes};
use crate::hunt::changes::{self, Changes};
use crate::hunt::sweep::{Head, Sums};
use crate::hunt::{Options, Session, catalogue};
use crate::scenario::LoadError;
use crate::trace::comparison::Comparison;
use crate::trace::recording::Recording;
use crate::ui::adapt::{self, Run};
use crate::ui::map::{Chosen, Map};
use crate::ui::picker::Picked;
use crate::ui::settings::{Settings, Speed, folder};
use crate::ui::{self, GlyphSet, Leave, Look, Terminal, Theme, keymap, keys};

/// Shows a run until the person leaves it; the terminal is as before when this returns. Gives the exit code, and the
/// session as it was left.
pub fn dashboard(session: Session, looks: Looks, speed: Option<Speed>) -> (u8, Session) {
    let mut run = Run::new(session);
    let code = show(&mut run, &mut options(looks, speed));
    (code, run.into_session())
}

fn show(run: &mut Run, options: &mut ui::Options) -> u8 {
    exit(Terminal::enter().and_then(|mut terminal| ui::dashboard(&mut terminal, run, options)))
}

/// Shows a replay until the person leaves it. Gives the exit code, and how what was played compares.
pub fn replay(
    session: Session,
    recording: Recording,
    command: String,
    looks: Looks,
) -> (u8, Option<Comparison>) {
    let mut run = Run::replay(session, recording, command);
    let code = show(&mut run, &mut options(looks, None));
    (code, run.comparison().cloned())
}

/// Lets the person choose scenarios and watch them, until they leave.
pub fn pick(looks: Looks) -> u8 {
    exit(pick_and_show(looks))
}

fn pick_and_show(looks: Looks) -> io::Result<Leave> {
    let mut terminal = Terminal::enter()?;
    let mut options = options(looks, None);
    let mut from = 0;
    loop {
        // Before they are read: what changes meanwhile is read again.
        let mut changes = Changes::since(changes::own_scenarios());
        let all = RefCell::new(catalogue::all());
        let entries = adapt::entries(&all.borrow());
        let mut open = |choice| adapt::open(&all.borrow(), choice);
        let mut renew = || {
            changes.look(changes::own_scenarios()).then(|| {
                catalogue::renew(&mut all.borrow_mut());
                adapt::entries(&all.borrow())
            })
        };
        let picked = ui::pick(
            &mut terminal,
            entries,
            from,
            &mut options,
            &mut open,
            &mut renew,
        )?;
        let (entry, seed, speed) = match picked {
            Picked::Run { entry, seed, speed } => (entry, seed, speed),
            Picked::Leave(leave) => return Ok(leave),
        };
        from = entry;
        let Some(loaded) = all.borrow().get(entry).and_then(|e| e.loaded.clone()) else {
            continue;
        };
        let chosen = Options {
            seed,
            ..Options::default()
        };
        options.settings.speed = Speed::from_times(speed).unwrap_or_default();
        options.has_parent = true;
        let mut run = Run::new(Session::new(loaded, chosen));
        match ui::dashboard(&mut terminal, &mut run, &mut options)? {
            Leave::Back => {}
            leave => return Ok(leave),
        }
    }
}

/// Shows the map of a sweep, and the runs that the person opens from it, until they leave. `open` gives such a run; its error
/// is a sentence.
pub fn map(
    head: &Head,
    sums: &Sums,
    looks: Looks,
    open: impl Fn(usize, u64) -> Result<Session, String>,
) -> u8 {
    exit(map_and_show(head, sums, looks, open))
}

fn map_and_show(
    head: &Head,
    sums: &Sums,
    looks: Looks,
    open: impl Fn(usize, u64) -> Result<Session, String>,
) -> io::Result<Leave> {
    let mut options = options(looks, None);
    let mut terminal = Terminal::enter()?;
    let mut map = Map::new(adapt::map(head, sums), options.look);
    loop {
        let (cell, seed) = match ui::map_of(&mut terminal, &mut map, &mut options)? {
            Chosen::Run { cell, seed } => (cell, seed),
            Chosen::Leave(leave) => return Ok(leave),
        };
        let session = match open(cell, seed) {
            Ok(session) => session,
            Err(why) => {
                map.say(&why);
                continue;
            }
        };
        options.has_parent = true;
        let mut run = Run::new(session);
        match ui::dashboard(&mut terminal, &mut run, &mut options)? {
            Leave::Back => {}
            leave => return Ok(leave),
        }
    }
}

/// How a screen starts: as the command line says, else as the person's settings say. Their keys hold from now on. What is
/// wrong with their files is told here, and by the screen.
fn options(looks: Looks, speed: Option<Speed>) -> ui::Options {
    let folder = folder::folder();
    let mut troubles = Vec::new();
    let mut kept = Settings::default();
    if let Some(folder) = &folder {
        let (settings, wrong_settings) = folder::settings(folder);
        let (keys, wrong_keys) = keys::file::read(folder);
        for why in [wrong_settings, wrong_keys].into_iter().flatten() {
            troubles.extend(lines(&why));
            complain(why);
        }
        kept = settings;
        keymap::install(keys);
    }
    let settings = in_force(looks, speed, kept);
    ui::Options {
        look: Look::themed(settings.glyphs, settings.theme),
        settings,
        folder,
        troubles,
        has_parent: false,
    }
}

/// What is wrong, as a screen shows it.
fn lines(why: &LoadError) -> Vec<String> {
    let text = match why {
        LoadError::NotFound(message) => message.clone(),
        LoadError::Mistakes(document) => document.render(false),
    };
    text.lines().map(str::to_owned).collect()
}

fn in_force(looks: Looks, speed: Option<Speed>, kept: Settings) -> Settings {
    let glyphs = looks.glyphs.map(|glyphs| match glyphs {
        Glyphs::Ascii => GlyphSet::Ascii,
        Glyphs::Block => GlyphSet::Block,
        Glyphs::Braille => GlyphSet::Braille,
    });
    let theme = looks.theme.map(|theme| match theme {
        Themes::Dark => Theme::Dark,
        Themes::Light => Theme::Light,
        Themes::Mono => Theme::Mono,
        Themes::ColourBlind => Theme::ColourBlind,
    });
    Settings {
        glyphs: glyphs.unwrap_or(kept.glyphs),
        theme: theme.unwrap_or(kept.theme),
        speed: speed.unwrap_or(kept.speed),
        ..kept
    }
}

/// The exit code: as shells have it where a signal ended the program.
fn exit(shown: io::Result<Leave>) -> u8 {
    match shown {
        Ok(Leave::Quit | Leave::Back) => EXIT_MET,
        Ok(Leave::Killed(signal)) => u8::try_from(128 + signal).unwrap_or(EXIT_MISTAKE),
        Err(error) => {
            say(format_args!("error: the terminal cannot be used: {error}"));
            EXIT_MISTAKE
        }
    }
}
