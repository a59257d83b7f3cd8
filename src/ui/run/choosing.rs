//! The picker on the terminal.

use std::io;
use std::time::{Duration, Instant};

use super::frames::FRAME;
use super::input::{Clicks, Input};
use super::{KEYS_MAX, LOOK, Leave, Options, by_chance};
use crate::ui::comfort::{self, Desk};
use crate::ui::keymap::Action;
use crate::ui::model::speed_index;
use crate::ui::picker::{self, Entry, Picked, Picker};
use crate::ui::preview::{self, Preview};
use crate::ui::settings::Speed;
use crate::ui::term::Terminal;

/// Between two looks at the folder of scenarios, at least.
const LOOK_SELDOM: Duration = Duration::from_secs(2);

/// Gives the scenarios there are, if they are others than before.
pub type Renew<'a> = &'a mut dyn FnMut() -> Option<Vec<Entry>>;

/// Lets the person choose a scenario; the one at `selected` is offered first. `open` starts the run that plays while one
/// is highlighted.
pub fn pick(
    terminal: &mut Terminal,
    entries: Vec<Entry>,
    selected: usize,
    options: &mut Options,
    open: preview::Open<'_>,
    renew: Renew<'_>,
) -> io::Result<Picked> {
    let settings = options.settings;
    let speed = speed_index(settings.speed.times());
    let mut picker = Picker::new(entries, options.look, speed);
    picker.select(selected);
    picker.size = terminal.size()?;
    if settings.mouse != terminal.has_mouse() {
        terminal.set_mouse(settings.mouse)?;
    }
    if !options.troubles.is_empty() {
        picker.say("your files have mistakes and are not used: a run says which");
    }
    let mut choice = Choosing::new(picker, options);
    loop {
        if let Some(signal) = terminal.told_to_end() {
            return Ok(Picked::Leave(Leave::Killed(signal)));
        }
        if terminal.told_to_stop() {
            choice.suspend(terminal)?;
        }
        if let Some(picked) = choice.keys(terminal)? {
            return Ok(picked);
        }
        choice.renew(renew);
        choice.move_on(open);
        choice.draw(terminal)?;
    }
}

/// The picker on the screen.
struct Choosing<'a> {
    picker: Picker,
    options: &'a mut Options,
    clicks: Clicks,
    preview: Preview,
    opened: Instant,
    /// When files were looked at last, and whether that is to be looked at again soon: a change is told when it is seen twice
    /// alike.
    looked: Instant,
    is_second_due: bool,
    dirty: bool,
    drawn: Option<Instant>,
    /// Between two frames at least: more than [`FRAME`] where one takes long, so that keys still come first.
    frame: Duration,
}

impl<'a> Choosing<'a> {
    fn new(picker: Picker, options: &'a mut Options) -> Self {
        Self {
            picker,
            options,
            clicks: Clicks::default(),
            preview: Preview::default(),
            opened: Instant::now(),
            looked: Instant::now(),
            is_second_due: false,
            dirty: true,
            drawn: None,
            frame: FRAME,
        }
    }

    fn until_frame(&self) -> Duration {
        self.drawn
            .map_or(Duration::ZERO, |at| self.frame.saturating_sub(at.elapsed()))
    }

    /// How long to wait for a key; without limit where nothing moves.
    fn patience(&self) -> Option<Duration> {
        let due = self.until_frame();
        let held = self.picker.is_held();
        let until = self.preview.patience(held, self.opened.elapsed(), due);
        // Whoever looks at a mistake is about to mend it; whatever else changes is seen with the next key.
        let looks = self.is_second_due || self.picker.has_mistake();
        let look = looks.then(|| self.until_look());
        let draws = self.dirty.then_some(due);
        [until, look, draws].into_iter().flatten().min()
    }

    /// How long no file is to be looked at.
    fn until_look(&self) -> Duration {
        let spacing = if self.is_second_due {
            LOOK
        } else {
            LOOK_SELDOM
        };
        spacing.saturating_sub(self.looked.elapsed())
    }

    fn keys(&mut self, terminal: &mut Terminal) -> io::Result<Option<Picked>> {
        let mut patience = self.patience();
        for _ in 0..KEYS_MAX {
            let Some(event) = terminal.next(patience)? else {
                break;
            };
            patience = Some(Duration::ZERO);
            match self.clicks.input(event, &self.picker.contexts()) {
                Input::Size(w, h) => {
                    self.picker.size = (w, h);
                    terminal.forget()?;
                }
                Input::Action(Action::Suspend) => self.suspend(terminal)?,
                Input::Action(action) if self.comfort(terminal, action)? => {}
                Input::Action(action) => {
                    if let Some(picked) = self.picker.update(action, by_chance) {
                        return Ok(Some(picked));
                    }
                }
                Input::Typed(text) => {
                    for letter in text {
                        self.picker.update(letter, by_chance);
                    }
                }
                Input::None => continue,
            }
            // What a person does is seen at once.
            (self.dirty, self.frame) = (true, FRAME);
        }
        Ok(None)
    }

    /// Looks now and then whether scenario files were changed, came or went.
    fn renew(&mut self, renew: Renew<'_>) {
        if !self.until_look().is_zero() {
            return;
        }
        self.looked = Instant::now();
        self.is_second_due = !self.is_second_due;
        if let Some(entries) = renew() {
            self.picker.renew(entries);
            self.preview = Preview::default();
            self.dirty = true;
        }
    }

    /// What concerns no scenario; `false` if the action is none of that.
    fn comfort(&mut self, terminal: &mut Terminal, action: Action) -> io::Result<bool> {
        let Some(wish) = self.picker.comfort(action) else {
            return Ok(false);
        };
        self.options.looks(self.picker.look());
        if let Some(speed) = Speed::from_times(self.picker.speed()) {
            self.options.settings.speed = speed;
        }
        let Some(wish) = wish else {
            return Ok(true);
        };
        let picker = &self.picker;
        let desk = Desk {
            command: picker
                .command()
                .ok_or_else(|| "there is nothing to run".to_owned()),
            name: "splitbrain-scenarios".to_owned(),
            draw: &|buffer| picker::draw(picker, buffer),
            size: picker.size,
            theme: picker.look().theme,
            settings: self.options.settings,
            folder: self.options.folder.as_deref(),
        };
        let came = comfort::fulfil(wish, &desk, terminal)?;
        self.picker.came(came);
        Ok(true)
    }

    fn suspend(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        terminal.suspend()?;
        self.picker.size = terminal.size()?;
        self.preview.resume(&|| self.opened.elapsed());
        self.dirty = true;
        Ok(())
    }

    fn move_on(&mut self, open: preview::Open<'_>) {
        let (wanted, held) = (self.picker.wanted(), self.picker.is_held());
        let clock = || self.opened.elapsed();
        self.dirty |= self.preview.step(wanted, held, &clock, open);
    }

    fn draw(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        if !self.dirty || !self.until_frame().is_zero() {
            return Ok(());
        }
        let start = Instant::now();
        self.picker.live = self.preview.live(self.picker.is_held());
        let picker = &self.picker;
        terminal.draw(|frame| picker::draw(picker, frame.buffer_mut()))?;
        self.frame = FRAME.max(start.elapsed() * 3);
        self.drawn = Some(Instant::now());
        self.dirty = false;
        Ok(())
    }
}
