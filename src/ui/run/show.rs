//! A run on the terminal: the dashboard and the screens over it.

use std::io;
use std::time::{Duration, Instant};

use super::frames::Frames;
use super::input::{Clicks, Input};
use super::{KEYS_MAX, LOOK, Leave, Options, by_chance};
use crate::ui::comfort::{self, Desk, Wish};
use crate::ui::engine::{Engine, Order, Query, Reloaded, Until, Working};
use crate::ui::model::Model;
use crate::ui::pace::{Anchor, Moved, Pace, SLICE};
use crate::ui::screen;
use crate::ui::screens::Open;
use crate::ui::screens::notice::Notice;
use crate::ui::seek::Seek;
use crate::ui::settings::Speed;
use crate::ui::term::Terminal;
use crate::ui::text;
use crate::ui::update::{Effect, arrived, update};

/// For how long what is asked may be worked on before keys are looked at again.
const ASK_SLICE: Duration = Duration::from_millis(8);
/// Events between two looks at the clock, where what runs is watched closely.
const ASK_CHUNK: u32 = 2048;
/// The title of what is told of a file that cannot be read again.
const WRONG_FILE: &str = "The file has mistakes: this run stays as it was";
/// Over how much time the reached speed is measured.
const MEASURE: Duration = Duration::from_millis(500);

/// Shows a run until it is left. What is chosen on it stands in the options then.
pub fn dashboard(
    terminal: &mut Terminal,
    engine: &mut dyn Engine,
    options: &mut Options,
) -> io::Result<Leave> {
    let settings = options.settings;
    let mut model = Model::new(engine.frame(), options.look, settings.speed.times());
    model.has_parent = options.has_parent;
    model.size = terminal.size()?;
    (model.sort, model.log_counts) = (settings.sort, settings.log_counts);
    model.mouse = settings.mouse;
    if settings.mouse != terminal.has_mouse() {
        terminal.set_mouse(settings.mouse)?;
    }
    if !options.troubles.is_empty() {
        let troubles = std::mem::take(&mut options.troubles);
        let notice = Notice::new("Your files are not used: they have mistakes", troubles);
        model.screens.push(notice.into());
    }
    let mut show = Show::new(engine, model, options);
    loop {
        if let Some(signal) = terminal.told_to_end() {
            return Ok(Leave::Killed(signal));
        }
        if terminal.told_to_stop() {
            show.suspend(terminal)?;
        }
        if let Some(leave) = show.keys(terminal)? {
            return Ok(leave);
        }
        if show.is_pressed {
            show.draw(terminal)?;
        }
        show.reload();
        show.move_on();
        show.inquire();
        show.draw(terminal)?;
    }
}

/// A run on the screen.
struct Show<'a> {
    engine: &'a mut dyn Engine,
    model: Model,
    options: &'a mut Options,
    clicks: Clicks,
    opened: Instant,
    pace: Pace,
    /// The way it is on.
    seek: Option<Seek>,
    measured: Anchor,
    dirty: bool,
    /// Whether a person did something that is not seen yet.
    is_pressed: bool,
    frames: Frames,
    /// What the run was asked last, and at which event and moment it stood.
    asked: Option<(Query, u64, u64)>,
    /// Whether the answer is not all there.
    is_asked: bool,
    /// When the file of the scenario was looked at last.
    looked: Instant,
}

impl<'a> Show<'a> {
    fn new(engine: &'a mut dyn Engine, model: Model, options: &'a mut Options) -> Self {
        let opened = Instant::now();
        let here = Anchor::new(engine, &|| opened.elapsed());
        Self {
            engine,
            model,
            options,
            clicks: Clicks::default(),
            opened,
            pace: Pace::new(here),
            seek: None,
            measured: here,
            dirty: true,
            is_pressed: false,
            frames: Frames::default(),
            asked: None,
            is_asked: false,
            looked: opened,
        }
    }

    fn here(&self) -> Anchor {
        Anchor::new(self.engine, &|| self.opened.elapsed())
    }

    /// From now on the run follows the clock, and its speed is measured anew.
    fn follow(&mut self) {
        self.model.playback.goal = None;
        (self.seek, self.model.seeking) = (None, None);
        self.measured = self.here();
        self.pace.follow(self.measured);
    }

    fn moving(&self) -> bool {
        !self.model.playback.paused && !self.model.playback.ended
    }

    /// How long to wait for a key: until the next frame is due, or not at all while the run has work to do. Where nothing
    /// moves and no file can change, there is no limit.
    fn patience(&self) -> Option<Duration> {
        // The run may have moved while an answer was worked out.
        let is_behind = self.is_asked || self.wanted() != self.asked;
        if self.pace.is_pressed() || is_behind {
            return Some(Duration::ZERO);
        }
        if !self.moving() && !self.dirty {
            let is_watched = self.engine.has_files();
            return is_watched.then(|| LOOK.saturating_sub(self.looked.elapsed()));
        }
        Some(self.until_frame())
    }

    fn until_frame(&self) -> Duration {
        self.frames.until(self.opened.elapsed(), self.is_pressed)
    }

    /// For how long something may be worked on: what a person did is seen as soon as a frame may be drawn.
    fn slice(&self, most: Duration) -> Duration {
        if self.is_pressed {
            most.min(self.until_frame())
        } else {
            most
        }
    }

    fn keys(&mut self, terminal: &mut Terminal) -> io::Result<Option<Leave>> {
        let mut patience = self.patience();
        for _ in 0..KEYS_MAX {
            let Some(event) = terminal.next(patience)? else {
                break;
            };
            patience = Some(Duration::ZERO);
            match self.clicks.input(event, &self.model.contexts()) {
                Input::Size(w, h) => {
                    self.model.size = (w, h);
                    terminal.forget()?;
                    self.dirty = true;
                }
                Input::Action(action) => {
                    // Actions that move from where the run stands must know where that is.
                    self.refresh();
                    self.know_choices();
                    let effect = update(&mut self.model, action);
                    self.note();
                    (self.dirty, self.is_pressed) = (true, true);
                    if let Some(leave) = self.effect(terminal, effect)? {
                        return Ok(Some(leave));
                    }
                }
                Input::Typed(text) => {
                    self.know_choices();
                    text.into_iter()
                        .for_each(|c| drop(update(&mut self.model, c)));
                    (self.dirty, self.is_pressed) = (true, true);
                }
                Input::None => {}
            }
        }
        Ok(None)
    }

    fn refresh(&mut self) {
        if self.model.frame.header.events != self.engine.events()
            || self.model.frame.header.now_ns != self.engine.now_ns()
        {
            self.model.show(self.engine.frame());
        }
    }

    fn effect(&mut self, terminal: &mut Terminal, effect: Effect) -> io::Result<Option<Leave>> {
        match effect {
            Effect::None => {}
            Effect::Pace => {
                self.model.playback.measured = None;
                self.follow();
            }
            Effect::Seek(until) => {
                self.seek(until);
                self.move_on();
            }
            Effect::StepBoth(back) => {
                let moment = self.engine.moment_of_either(back);
                if let Some(ns) = moment {
                    self.seek(Until::Time(ns));
                    // Whoever goes step by step wants to look.
                    self.model.playback.paused = true;
                    self.move_on();
                }
            }
            Effect::Cancel => self.cancel(),
            Effect::Restart(seed) => self.restart(seed),
            Effect::RestartByChance => self.restart(by_chance()),
            Effect::Mouse(on) => terminal.set_mouse(on)?,
            Effect::Suspend => self.suspend(terminal)?,
            Effect::Order(order) => self.obey(&order),
            Effect::Wish(wish) => self.fulfil(terminal, wish)?,
            // Those are the model's own.
            Effect::Open(_)
            | Effect::Close
            | Effect::Instead(_)
            | Effect::Act(..)
            | Effect::Leave(_)
            | Effect::Log(_) => {}
            Effect::Back => return Ok(Some(Leave::Back)),
            Effect::Quit => return Ok(Some(Leave::Quit)),
        }
        Ok(None)
    }

    /// Notes what was chosen on the screen.
    fn note(&mut self) {
        let model = &self.model;
        self.options.looks(model.look);
        let settings = &mut self.options.settings;
        (settings.sort, settings.log_counts) = (model.sort, model.log_counts);
        settings.mouse = model.mouse;
        if let Some(speed) = Speed::from_times(model.playback.speed) {
            settings.speed = speed;
        }
    }

    fn fulfil(&mut self, terminal: &mut Terminal, wish: Wish) -> io::Result<()> {
        let model = &self.model;
        // What is kept is not cut where the terminal ends.
        let whole = matches!(wish, Wish::Save(_)).then(|| model.whole());
        let whole = whole.flatten();
        let kept = whole.as_ref().unwrap_or(model);
        let desk = Desk {
            command: self.engine.command(),
            name: comfort::name(model),
            draw: &|buffer| screen::draw(kept, buffer),
            size: kept.size,
            theme: model.look.theme,
            settings: self.options.settings,
            folder: self.options.folder.as_deref(),
        };
        let came = comfort::fulfil(wish, &desk, terminal)?;
        self.model.notice = came.notice;
        self.model.comfort.asked_to_keep = came.asks;
        Ok(())
    }

    /// Has done to the run what a person wants.
    fn obey(&mut self, order: &Order) {
        match self.engine.obey(order) {
            Ok(said) => {
                self.model.notice = said;
                self.model.screens.retain(|s| !s.closes_when_done());
            }
            Err(mut why) if why.len() == 1 => self.model.notice = why.remove(0),
            Err(why) => self
                .model
                .screens
                .push(Notice::new("This cannot be", why).into()),
        }
        self.asked = None;
        self.model.playback.ended = self.engine.now_ns() >= self.engine.end_ns();
        self.model.show(self.engine.frame());
        self.follow();
    }

    /// Looks at the file of the scenario now and then: what it says now is played to the same moment.
    fn reload(&mut self) {
        if self.looked.elapsed() < LOOK || !self.engine.has_files() {
            return;
        }
        self.looked = Instant::now();
        let at = self.engine.now_ns();
        let reloaded = self.engine.reload();
        if reloaded == Reloaded::Same {
            return;
        }
        let is_old = |open: &Open| matches!(open, Open::Notice(n) if n.title == WRONG_FILE);
        self.model.screens.retain(|open| !is_old(open));
        self.dirty = true;
        match reloaded {
            Reloaded::Same => {}
            Reloaded::Wrong(lines) => {
                let notice = Notice::new(WRONG_FILE, lines);
                self.model.screens.push(notice.into());
            }
            Reloaded::Again(said) => {
                self.asked = None;
                self.model.playback.ended = false;
                self.model.show(self.engine.frame());
                // Whoever cancels this way is at the beginning of the new run.
                self.follow();
                self.seek(Until::Time(at.min(self.engine.end_ns())));
                self.model.notice = said;
            }
        }
    }

    /// What the innermost screen wants to know, of the event and the moment at which the run stands.
    fn wanted(&self) -> Option<(Query, u64, u64)> {
        let query = self.model.query()?;
        Some((query, self.engine.events(), self.engine.now_ns()))
    }

    /// What there is to choose from is known when a key comes that chooses, however quickly it does: it takes no running.
    fn know_choices(&mut self) {
        let query = self.model.query();
        if !matches!(query, Some(Query::Choices | Query::Settings(_))) {
            return;
        }
        let is_asked = self.asked.as_ref().map(|asked| &asked.0) == query.as_ref();
        if !is_asked || self.model.answer.is_none() {
            self.inquire();
            self.model.answer = self.engine.answer();
        }
    }

    /// Works for a moment on what the innermost screen wants to know. A run that moves is asked anew when its answer is
    /// there, not before.
    fn inquire(&mut self) {
        let wanted = self.wanted();
        let is_new = wanted.as_ref().map(|w| &w.0) != self.asked.as_ref().map(|a| &a.0);
        if is_new || wanted != self.asked && !self.is_asked {
            if is_new {
                self.model.answer = None;
            }
            self.engine.ask(wanted.as_ref().map(|w| &w.0));
            self.is_asked = wanted.is_some();
            self.asked = wanted;
        }
        if !self.is_asked {
            return;
        }
        let start = Instant::now();
        loop {
            match self.engine.work(ASK_CHUNK) {
                Working::Idle => {
                    self.is_asked = false;
                    self.model.working = None;
                    break;
                }
                Working::More(share) => self.model.working = Some(share),
            }
            if start.elapsed() >= self.slice(ASK_SLICE) {
                break;
            }
        }
        self.dirty = true;
    }

    fn suspend(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        terminal.suspend()?;
        self.model.size = terminal.size()?;
        // Time in the shell is no time of the run.
        if self.pace.goal().is_none() {
            self.follow();
        }
        self.dirty = true;
        Ok(())
    }

    fn restart(&mut self, seed: u64) {
        self.engine.restart(seed);
        self.model.playback.ended = false;
        self.model.show(self.engine.frame());
        self.follow();
    }

    /// Goes to a place. One that lies behind is reached by running on from a moment before it.
    fn seek(&mut self, until: Until) {
        let from = (self.engine.now_ns(), self.engine.events());
        if self.seek.is_none() {
            self.engine.hold();
        }
        self.engine.leap(until);
        if (self.engine.now_ns(), self.engine.events()) != from {
            self.model.playback.ended = false;
        }
        let stays_live = matches!(until, Until::Time(_)) && self.moving();
        self.model.playback.paused = !stays_live;
        self.model.playback.goal = Some(until);
        self.pace.seek(until);
        self.seek = Some(match self.seek {
            Some(seek) => seek.then(until, self.engine),
            None => Seek::new(until, self.engine, self.opened.elapsed()),
        });
    }

    /// Back to where the run stood before it went anywhere.
    fn cancel(&mut self) {
        if self.seek.is_none() {
            return;
        }
        self.engine.cancel();
        let now_ns = self.engine.now_ns();
        self.model.playback.paused = true;
        self.model.playback.ended = now_ns >= self.engine.end_ns();
        self.model.show(self.engine.frame());
        self.model.notice = format!("cancelled: back at {}s", text::moment(now_ns));
        self.follow();
    }

    /// Lets the run move for one slice.
    fn move_on(&mut self) {
        let goal = self.pace.goal();
        if goal.is_none() && !self.moving() {
            return;
        }
        let speed = self.model.playback.speed;
        let opened = self.opened;
        let clock = || opened.elapsed();
        let slice = self.slice(SLICE);
        let moved = self.pace.move_for(slice, self.engine, speed, &clock);
        self.dirty |= moved != Moved::No;
        let seek = self.seek.as_ref();
        self.model.seeking = seek.and_then(|s| s.bar(self.engine, clock()));
        if matches!(moved, Moved::Arrived | Moved::Ended) && goal.is_some() {
            self.follow();
        }
        if moved == Moved::Broke {
            self.stop();
        }
        if moved == Moved::Ended {
            self.end(goal);
        }
        if goal.is_some() && self.pace.goal().is_none() {
            self.go_on();
        }
        if goal.is_none() && moved != Moved::No {
            self.measure();
        }
    }

    /// It stands where it was told to go: keys may have waited for that.
    fn go_on(&mut self) {
        if self.model.playback.waiting.is_empty() {
            return;
        }
        self.refresh();
        if let Effect::Seek(until) = arrived(&mut self.model) {
            self.seek(until);
        }
    }

    /// It stands at a breakpoint, wherever it was to go.
    fn stop(&mut self) {
        let play = &mut self.model.playback;
        play.waiting.clear();
        play.paused = true;
        play.ended = self.engine.now_ns() >= self.engine.end_ns();
        self.follow();
        self.model.notice = self.engine.stopped().unwrap_or_default();
    }

    /// It is at its end, whether or not it has come to where it was to go.
    fn end(&mut self, goal: Option<Until>) {
        self.model.playback.ended = true;
        self.model.playback.paused = true;
        if let Some(word) = self.engine.last_word() {
            self.model.notice = word;
            return;
        }
        let last = self.engine.events();
        match goal {
            Some(Until::NextMark) => {
                self.model.notice = "no further mark: the run is at its end".into();
            }
            Some(Until::Event(wanted)) if wanted > last => {
                let last = text::count(last);
                self.model.notice = format!("no event #{wanted}: the run ends after {last}");
            }
            _ => {}
        }
    }

    fn measure(&mut self) {
        let here = self.here();
        let past = here.at.saturating_sub(self.measured.at);
        if past < MEASURE {
            return;
        }
        let virtual_ns = here.virtual_ns.saturating_sub(self.measured.virtual_ns);
        let reached = virtual_ns as f64 / past.as_nanos() as f64;
        let asked = self.model.playback.speed;
        self.model.playback.measured = (reached < asked * 0.9).then_some(reached);
        self.measured = here;
    }

    fn draw(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        if !self.dirty || !self.until_frame().is_zero() {
            return Ok(());
        }
        self.refresh();
        let engine = &*self.engine;
        let subject = self.model.subject();
        self.model.facts = subject.map_or_else(Vec::new, |s| engine.inspect(s));
        if self.asked.is_some() {
            self.model.answer = engine.answer().or(self.model.answer.take());
        }
        self.frames.drawn(self.opened.elapsed());
        (self.dirty, self.is_pressed) = (false, false);
        let model = &self.model;
        terminal.draw(|frame| screen::draw(model, frame.buffer_mut()))
    }
}
