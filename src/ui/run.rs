//! The loop of a screen: keys, the run, drawing. At most thirty frames a second, none when nothing changes; the run
//! moves in slices short enough that a key never waits for it.

use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ratatui::crossterm::event::{
    self, Event, KeyCode, KeyEvent, KeyEventKind, MouseButton, MouseEventKind,
};

use super::engine::{Engine, Progress, Until};
use super::keymap::{self, Action, Context};
use super::model::{Model, speed_index};
use super::picker::{self, Entry, Picked, Picker};
use super::screen;
use super::style::Look;
use super::term::Terminal;
use super::update::{Effect, update};

/// Between two frames at least.
const FRAME: Duration = Duration::from_millis(33);
/// For how long the run may move before keys are looked at again.
const SLICE: Duration = Duration::from_millis(8);
/// Events between two looks at the clock.
const CHUNK: u32 = 1024;
/// How often signals are looked at while nothing happens.
const IDLE: Duration = Duration::from_millis(100);
/// Over how much time the reached speed is measured.
const MEASURE: Duration = Duration::from_millis(500);

/// Why a screen was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The person wants to end.
    Quit,
    /// The person wants the screen before.
    Back,
    /// This signal told the program to end.
    Killed(i32),
}

/// How a screen starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How it looks.
    pub look: Look,
    /// Virtual seconds per second; infinite for as fast as the machine can.
    pub speed: f64,
    /// Whether there is a screen to go back to.
    pub has_parent: bool,
}

/// Shows a run until it is left.
pub fn dashboard(
    terminal: &mut Terminal,
    engine: &mut dyn Engine,
    options: &Options,
) -> io::Result<Leave> {
    let mut model = Model::new(engine.frame(), options.look, options.speed);
    model.has_parent = options.has_parent;
    model.size = terminal.size()?;
    let mut show = Show::new(engine, model);
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
        show.move_on();
        show.draw(terminal)?;
    }
}

/// Lets the person choose a scenario; the one at `selected` is offered first.
pub fn pick(
    terminal: &mut Terminal,
    entries: Vec<Entry>,
    selected: usize,
    options: &Options,
) -> io::Result<Picked> {
    let mut picker = Picker::new(entries, options.look, speed_index(options.speed));
    picker.select(selected);
    picker.size = terminal.size()?;
    let mut dirty = true;
    loop {
        if let Some(signal) = terminal.told_to_end() {
            return Ok(Picked::Leave(Leave::Killed(signal)));
        }
        if terminal.told_to_stop() {
            terminal.suspend()?;
            dirty = true;
        }
        if dirty {
            terminal.draw(|frame| picker::draw(&picker, frame.buffer_mut()))?;
            dirty = false;
        }
        if !event::poll(IDLE)? {
            continue;
        }
        dirty = true;
        match input(event::read()?, &picker.contexts()) {
            Input::Size(w, h) => picker.size = (w, h),
            Input::Action(Action::Suspend) => terminal.suspend()?,
            Input::Action(action) => {
                if let Some(picked) = picker.update(action, by_chance) {
                    return Ok(picked);
                }
            }
            Input::None => dirty = false,
        }
    }
}

/// What came from the terminal.
enum Input {
    Action(Action),
    Size(u16, u16),
    None,
}

fn input(event: Event, contexts: &[Context]) -> Input {
    let action = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            panic_if_asked(key);
            keymap::action(contexts, key)
        }
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Action::Click(mouse.column, mouse.row)),
            MouseEventKind::ScrollDown => Some(Action::Down),
            MouseEventKind::ScrollUp => Some(Action::Up),
            _ => None,
        },
        Event::Resize(w, h) => return Input::Size(w, h),
        _ => None,
    };
    action.map_or(Input::None, Input::Action)
}

/// For the test that a panic leaves the terminal clean: F12 panics where `SPLITBRAIN_TEST_PANIC` is set.
fn panic_if_asked(key: KeyEvent) {
    let asked = key.code == KeyCode::F(12) && std::env::var_os("SPLITBRAIN_TEST_PANIC").is_some();
    assert!(!asked, "asked to panic by SPLITBRAIN_TEST_PANIC");
}

/// A seed that nobody chose; short, because people read seeds to one another.
fn by_chance() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let ns = now.map_or(0, |d| d.as_nanos() as u64);
    ((ns / 1000) ^ u64::from(std::process::id())) % 1_000_000
}

/// Where the run stood when its pace was set: from here it follows the clock.
#[derive(Clone, Copy)]
struct Anchor {
    wall: Instant,
    virtual_ns: u64,
}

/// A run on the screen.
struct Show<'a> {
    engine: &'a mut dyn Engine,
    model: Model,
    anchor: Anchor,
    measured: Anchor,
    goal: Option<Until>,
    /// Whether the run has more to do than it had time for.
    behind: bool,
    dirty: bool,
    drawn: Option<Instant>,
}

impl<'a> Show<'a> {
    fn new(engine: &'a mut dyn Engine, model: Model) -> Self {
        let anchor = Anchor {
            wall: Instant::now(),
            virtual_ns: engine.now_ns(),
        };
        Self {
            engine,
            model,
            anchor,
            measured: anchor,
            goal: None,
            behind: false,
            dirty: true,
            drawn: None,
        }
    }

    fn here(&self) -> Anchor {
        Anchor {
            wall: Instant::now(),
            virtual_ns: self.engine.now_ns(),
        }
    }

    fn moving(&self) -> bool {
        !self.model.playback.paused && !self.model.playback.ended
    }

    /// How long to wait for a key: until the next frame is due, or hardly at all while the run has work to do.
    fn patience(&self) -> Duration {
        if self.goal.is_some() || self.behind {
            return Duration::ZERO;
        }
        if !self.moving() && !self.dirty {
            return IDLE;
        }
        self.drawn
            .map_or(Duration::ZERO, |at| FRAME.saturating_sub(at.elapsed()))
    }

    fn keys(&mut self, terminal: &mut Terminal) -> io::Result<Option<Leave>> {
        let mut patience = self.patience();
        // A flood of input must not keep the run from moving.
        for _ in 0..64 {
            if !event::poll(patience)? {
                break;
            }
            patience = Duration::ZERO;
            match input(event::read()?, &self.model.contexts()) {
                Input::Size(w, h) => {
                    self.model.size = (w, h);
                    self.dirty = true;
                }
                Input::Action(action) => {
                    // Actions that move from where the run stands must know where that is.
                    self.refresh();
                    let effect = update(&mut self.model, action);
                    self.dirty = true;
                    if let Some(leave) = self.effect(terminal, effect)? {
                        return Ok(Some(leave));
                    }
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
                self.end_seek();
                self.model.playback.measured = None;
                self.anchor = self.here();
                self.measured = self.anchor;
            }
            Effect::Seek(until) => {
                self.seek(until);
                // At once: a key that was pressed right after counts from there.
                self.move_on();
            }
            Effect::Restart(seed) => self.restart(seed),
            Effect::RestartByChance => self.restart(by_chance()),
            Effect::Mouse(on) => terminal.set_mouse(on)?,
            Effect::Suspend => self.suspend(terminal)?,
            Effect::Back => return Ok(Some(Leave::Back)),
            Effect::Quit => return Ok(Some(Leave::Quit)),
        }
        Ok(None)
    }

    fn suspend(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        terminal.suspend()?;
        self.model.size = terminal.size()?;
        // Time in the shell is no time of the run.
        self.anchor = self.here();
        self.measured = self.anchor;
        self.dirty = true;
        Ok(())
    }

    fn restart(&mut self, seed: u64) {
        self.engine.restart(seed);
        self.end_seek();
        self.model.playback.ended = false;
        self.model.playback.paused = false;
        self.model.show(self.engine.frame());
        self.anchor = self.here();
        self.measured = self.anchor;
    }

    /// Goes to a place. One that lies behind is reached by running on from a moment before it.
    fn seek(&mut self, until: Until) {
        let from = (self.engine.now_ns(), self.engine.events());
        self.engine.leap(until);
        if (self.engine.now_ns(), self.engine.events()) != from {
            self.model.playback.ended = false;
        }
        let stays_live = matches!(until, Until::Time(_)) && self.moving();
        self.model.playback.paused = !stays_live;
        self.model.playback.seeking = true;
        self.goal = Some(until);
    }

    fn end_seek(&mut self) {
        self.goal = None;
        self.model.playback.seeking = false;
    }

    /// Lets the run move for one slice.
    fn move_on(&mut self) {
        if let Some(goal) = self.goal {
            let progress = self.slice(goal);
            if progress != Progress::More {
                self.end_seek();
                self.anchor = self.here();
                self.measured = self.anchor;
            }
            if progress == Progress::Ended {
                self.end(goal == Until::NextMark);
            }
            self.dirty = true;
        } else if self.moving() {
            self.follow_clock();
        }
    }

    fn end(&mut self, no_mark: bool) {
        self.model.playback.ended = true;
        self.model.playback.paused = true;
        if no_mark {
            self.model.notice = "no further mark: the run is at its end".into();
        }
    }

    fn follow_clock(&mut self) {
        let target = self.target_ns();
        if target <= self.engine.now_ns() && target < self.engine.end_ns() {
            self.behind = false;
            return;
        }
        let progress = self.slice(Until::Time(target));
        self.dirty = true;
        self.behind = progress == Progress::More;
        if self.behind {
            // What the machine could not do in time is not owed: the run is slower than asked, and says so.
            self.anchor = self.here();
        }
        if progress == Progress::Ended {
            self.end(false);
        }
        self.measure();
    }

    fn target_ns(&self) -> u64 {
        let speed = self.model.playback.speed;
        let end = self.engine.end_ns();
        if speed.is_infinite() {
            return end;
        }
        let ahead = self.anchor.wall.elapsed().as_nanos() as f64 * speed;
        self.anchor.virtual_ns.saturating_add(ahead as u64).min(end)
    }

    fn measure(&mut self) {
        let wall = self.measured.wall.elapsed();
        if wall < MEASURE {
            return;
        }
        let virtual_ns = self
            .engine
            .now_ns()
            .saturating_sub(self.measured.virtual_ns);
        let reached = virtual_ns as f64 / wall.as_nanos() as f64;
        let asked = self.model.playback.speed;
        self.model.playback.measured = (reached < asked * 0.9).then_some(reached);
        self.measured = self.here();
    }

    fn slice(&mut self, until: Until) -> Progress {
        let start = Instant::now();
        loop {
            let progress = self.engine.run(until, CHUNK);
            if progress != Progress::More || start.elapsed() >= SLICE {
                return progress;
            }
        }
    }

    fn draw(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        let due = self.drawn.is_none_or(|at| at.elapsed() >= FRAME);
        if !self.dirty || !due {
            return Ok(());
        }
        self.refresh();
        self.drawn = Some(Instant::now());
        self.dirty = false;
        let model = &self.model;
        terminal.draw(|frame| screen::draw(model, frame.buffer_mut()))
    }
}
