//! The choice of a scenario, with a preview, a seed and a speed.

mod draw;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::comfort::{self, Came, Comfort, Wish};
use super::entry;
use super::help;
use super::keymap::{Action, Context};
use super::model::{REAL_TIME, SPEEDS};
use super::pen::scroll;
use super::preview::{Choice, Live};
use super::run::Leave;
use super::spots::{Spot, Spots};
use super::style::Look;
use super::update::moved;
use crate::hunt::command::Command;

pub use draw::draw;
use draw::{Line, Page, body_height, draw_noting, list_width};

/// A scenario to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its name, which is what a command would take.
    pub name: String,
    /// The heading under which it stands. Entries of a heading follow one another.
    pub group: String,
    /// What it is about, in a few words.
    pub title: String,
    /// What it is about, in lines that may be wrapped. An empty line stays empty.
    pub preview: Vec<String>,
    /// The seed that it names.
    pub seed: u64,
    /// From where its preview plays, virtual time in ns; none where it stands still.
    pub plays_from_ns: Option<u64>,
    /// Why it cannot be run: the first mistake, in one line.
    pub error: Option<String>,
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Picked {
    /// This scenario.
    Run {
        /// Its place among the entries.
        entry: usize,
        /// The seed, where another than the scenario's own was chosen.
        seed: Option<u64>,
        /// Virtual seconds per second.
        speed: f64,
    },
    /// None.
    Leave(Leave),
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asking {
    #[default]
    Nothing,
    Filter,
    Seed,
}

/// The picker.
#[derive(Clone, Debug)]
pub struct Picker {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What plays of the selected scenario.
    pub live: Option<Live>,
    entries: Vec<Entry>,
    look: Look,
    filter: String,
    asking: Asking,
    selected: usize,
    /// The entry that was selected when a filter was begun.
    before: Option<usize>,
    /// Whether the preview has the keys, and its first line.
    reads: bool,
    from: usize,
    seed: String,
    speed: usize,
    held: bool,
    help: Option<usize>,
    comfort: Comfort,
    notice: String,
    /// What was pressed last.
    pressed: Option<Spot>,
}

impl Picker {
    /// A picker with the first scenario selected.
    pub fn new(entries: Vec<Entry>, look: Look, speed: usize) -> Self {
        Self {
            size: (80, 24),
            live: None,
            entries,
            look,
            filter: String::new(),
            asking: Asking::Nothing,
            selected: 0,
            before: None,
            reads: false,
            from: 0,
            seed: String::new(),
            speed: speed.min(SPEEDS.len() - 1),
            held: false,
            help: None,
            comfort: Comfort::default(),
            notice: String::new(),
            pressed: None,
        }
    }

    /// Selects the entry at a place.
    pub fn select(&mut self, at: usize) {
        self.selected = at.min(self.entries.len().saturating_sub(1));
    }

    /// Takes other scenarios. The one that was selected stays so, if it is still there.
    pub fn renew(&mut self, entries: Vec<Entry>) {
        let name = self.current().map(|(_, entry)| entry.name.clone());
        self.entries = entries;
        let shown = self.shown();
        let same = shown
            .iter()
            .position(|&at| Some(&self.entries[at].name) == name.as_ref());
        let last = shown.len().saturating_sub(1);
        self.selected = same.unwrap_or(self.selected.min(last));
    }

    /// Where keys go.
    pub fn contexts(&self) -> Vec<Context> {
        let inner = match (self.help, self.asking) {
            _ if self.comfort.saving => Context::Save,
            (Some(_), _) => Context::Help,
            (None, Asking::Nothing) => Context::Picker,
            (None, _) => Context::Entry,
        };
        vec![inner, Context::Always]
    }

    /// The entries that pass the filter, by their place.
    fn shown(&self) -> Vec<usize> {
        let wanted = self.filter.to_lowercase();
        let passes = |e: &Entry| {
            [&e.name, &e.title, &e.group]
                .iter()
                .any(|t| t.to_lowercase().contains(&wanted))
        };
        (0..self.entries.len())
            .filter(|&i| passes(&self.entries[i]))
            .collect()
    }

    fn current(&self) -> Option<(usize, &Entry)> {
        let at = *self.shown().get(self.selected)?;
        Some((at, &self.entries[at]))
    }

    /// What shall play: the selected scenario, with the seed that it would run with.
    pub fn wanted(&self) -> Option<Choice> {
        let (entry, selected) = self.current()?;
        let from_ns = selected.plays_from_ns?;
        let seed = self.seed.parse().ok();
        Some(Choice {
            entry,
            seed,
            from_ns,
        })
    }

    /// Whether the person wants what plays to stand.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Whether the selected scenario cannot be read.
    pub fn has_mistake(&self) -> bool {
        self.current()
            .is_some_and(|(_, entry)| entry.error.is_some())
    }

    /// How it looks.
    pub fn look(&self) -> Look {
        self.look
    }

    /// The chosen speed, in virtual seconds per second.
    pub fn speed(&self) -> f64 {
        SPEEDS[self.speed]
    }

    /// Says something at the foot of the screen.
    pub fn say(&mut self, notice: &str) {
        notice.clone_into(&mut self.notice);
    }

    /// The command that runs the selected scenario.
    pub fn command(&self) -> Option<String> {
        let (_, entry) = self.current()?;
        let command = Command {
            scenario: &entry.name,
            seed: self.seed.parse().unwrap_or(entry.seed),
            control: false,
            set: &[],
            until: None,
        };
        entry.error.is_none().then(|| command.to_string())
    }

    /// What an action that concerns no scenario does; see [`Comfort::update`].
    pub fn comfort(&mut self, action: Action) -> Option<Option<Wish>> {
        let action = self.meant(action);
        let (mut comfort, mut look) = (self.comfort, self.look);
        let mut notice = String::new();
        let name = || self.current().map(|(_, entry)| entry.name.clone());
        let done = comfort.update(action, &mut look, name, &mut notice);
        (self.comfort, self.look) = (comfort, look);
        if done.is_some() {
            self.notice = notice;
        }
        done
    }

    /// What a line of the help does that concerns no scenario, when that is chosen; else the action itself.
    fn meant(&mut self, action: Action) -> Action {
        let line = self.help.filter(|_| action == Action::Open);
        let chosen = line.and_then(|line| help::bindings(help::PICKER).get(line).copied());
        match chosen {
            Some(binding)
                if comfort::KEYS
                    .iter()
                    .any(|b| b.action == binding.action && b.context == binding.context) =>
            {
                self.help = None;
                binding.action
            }
            _ => action,
        }
    }

    /// Takes what came of a wish.
    pub fn came(&mut self, came: Came) {
        self.notice = came.notice;
        self.comfort.asked_to_keep = came.asks;
    }

    /// What an action does; `chance` gives a seed that nobody chose.
    pub fn update(&mut self, action: Action, chance: impl Fn() -> u64) -> Option<Picked> {
        self.notice.clear();
        if action == Action::Interrupt {
            return Some(Picked::Leave(Leave::Quit));
        }
        let action = match action {
            Action::WheelDown(x, y) | Action::WheelUp(x, y) => {
                let down = matches!(action, Action::WheelDown(..));
                let step = if down { Action::Down } else { Action::Up };
                let spot = self.spot_at((x, y));
                if self.help.is_none() && spot.is_some_and(|spot| spot.part == PART_PREVIEW) {
                    self.scroll(step);
                    return None;
                }
                if self.help.is_none() {
                    self.reads = false;
                }
                step
            }
            Action::Click(x, y) => {
                self.press((x, y));
                return None;
            }
            Action::DoubleClick(..) if self.is_on_line() => Action::Open,
            other => other,
        };
        if let Some(line) = self.help {
            return self.in_help(action, line, chance);
        }
        match self.asking {
            Asking::Nothing => self.on_list(action, chance),
            Asking::Filter => self.in_filter(action),
            Asking::Seed => self.in_seed(action, chance),
        }
    }

    fn in_help(&mut self, action: Action, line: usize, chance: impl Fn() -> u64) -> Option<Picked> {
        let bindings = help::bindings(help::PICKER);
        match action {
            Action::Back | Action::Quit => self.help = None,
            Action::Open => {
                self.help = None;
                let binding = bindings.get(line)?;
                if binding.context != Context::Entry {
                    return self.update(binding.action, chance);
                }
            }
            _ => self.help = moved(Some(line), bindings.len(), action),
        }
        None
    }

    fn on_list(&mut self, action: Action, chance: impl Fn() -> u64) -> Option<Picked> {
        match action {
            Action::Quit => return Some(Picked::Leave(Leave::Quit)),
            Action::Open => return self.open(),
            Action::Filter => {
                self.before = self.current().map(|(at, _)| at);
                self.asking = Asking::Filter;
            }
            Action::Seed => self.asking = Asking::Seed,
            Action::RandomSeed => self.seed = chance().to_string(),
            Action::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Action::Slower => self.speed = self.speed.saturating_sub(1),
            Action::SpeedReset => self.speed = REAL_TIME,
            Action::Pause => self.held = !self.held,
            Action::Help => self.help = Some(0),
            Action::NextPane => self.reads = !self.reads,
            Action::Back if self.reads => self.reads = false,
            Action::Back => self.drop_filter(self.current().map(|(at, _)| at)),
            _ if self.reads => self.scroll(action),
            _ => {
                let total = self.shown().len();
                let before = self.selected;
                self.selected = moved(Some(before), total, action).unwrap_or(0);
                if self.selected != before {
                    self.from = 0;
                }
            }
        }
        None
    }

    /// Moves the text of the preview.
    fn scroll(&mut self, action: Action) {
        let (width, height) = self.size;
        let list = list_width(self, width);
        let inside = (
            width.saturating_sub(list + 2),
            body_height(height).saturating_sub(2),
        );
        let Some((_, entry)) = self.current() else {
            return;
        };
        let page = Page::of(entry, inside);
        let last = page.about.len().saturating_sub(usize::from(page.rows()));
        // The line that tells of what is cut takes one.
        let last = if last > 0 { last + 1 } else { 0 };
        let from = self.from.min(last);
        self.from = moved(Some(from), last + 1, action).unwrap_or(0);
    }

    /// The mouse was pressed: what is drawn in the cell is selected.
    fn press(&mut self, cell: (u16, u16)) {
        self.pressed = self.spot_at(cell);
        match (self.pressed.and_then(|spot| spot.line), &mut self.help) {
            (Some(line), Some(help)) => *help = line,
            (Some(line), None) => {
                (self.selected, self.from, self.reads) = (line, 0, false);
            }
            (None, None) => {
                self.reads = self.pressed.is_some_and(|spot| spot.part == PART_PREVIEW);
            }
            (None, Some(_)) => {}
        }
    }

    /// What a cell of the screen stands for: as it was drawn.
    fn spot_at(&self, cell: (u16, u16)) -> Option<Spot> {
        let (width, height) = self.size;
        let spots = Spots::default();
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        draw_noting(self, &mut buffer, Some(&spots));
        spots.at(cell)
    }

    /// Whether what was pressed last is a line that can be opened.
    fn is_on_line(&self) -> bool {
        self.pressed.is_some_and(|spot| spot.line.is_some())
    }

    fn lines(&self, shown: &[usize]) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        let mut heading = None;
        for (i, &at) in shown.iter().enumerate() {
            let entry = &self.entries[at];
            if heading != Some(&entry.group) {
                heading = Some(&entry.group);
                lines.push(Line::Heading(&entry.group));
            }
            lines.push(Line::Entry(i, entry));
        }
        lines
    }

    /// The number of the first line that is shown in so many rows.
    fn first_line(&self, lines: &[Line<'_>], rows: usize) -> usize {
        let is_selected = |l: &Line<'_>| matches!(l, Line::Entry(i, _) if *i == self.selected);
        let selected = lines.iter().position(is_selected).unwrap_or(0);
        scroll(selected, lines.len(), rows)
    }

    fn open(&mut self) -> Option<Picked> {
        let (at, entry) = self.current()?;
        if let Some(error) = &entry.error {
            self.notice = format!("{}: {error}", entry.name);
            return None;
        }
        let Ok(seed) = self.seed.parse::<u64>().map(Some).or_else(|e| {
            if self.seed.is_empty() {
                Ok(None)
            } else {
                Err(e)
            }
        }) else {
            self.notice = format!("a seed is a whole number up to {}", u64::MAX);
            return None;
        };
        Some(Picked::Run {
            entry: at,
            seed,
            speed: SPEEDS[self.speed],
        })
    }

    fn in_filter(&mut self, action: Action) -> Option<Picked> {
        match action {
            Action::Back => {
                self.asking = Asking::Nothing;
                self.drop_filter(self.before);
            }
            Action::Open => self.asking = Asking::Nothing,
            _ => {
                entry::edit(&mut self.filter, action, FILTER_MAX);
                self.selected = 0;
            }
        }
        None
    }

    /// Shows all scenarios again, with this entry selected.
    fn drop_filter(&mut self, selected: Option<usize>) {
        self.filter.clear();
        self.selected = selected.unwrap_or(0);
    }

    fn in_seed(&mut self, action: Action, chance: impl Fn() -> u64) -> Option<Picked> {
        match action {
            Action::Back => {
                self.seed.clear();
                self.asking = Asking::Nothing;
            }
            Action::Open => self.asking = Asking::Nothing,
            Action::RandomSeed => self.seed = chance().to_string(),
            _ => {
                if let Err(why) = entry::edit_digits(&mut self.seed, action, SEED_MAX) {
                    why.clone_into(&mut self.notice);
                }
            }
        }
        None
    }
}

/// Cells of a filter, and digits of a seed.
const FILTER_MAX: usize = 40;
const SEED_MAX: usize = 20;
/// What the mouse can point at beside the lines of the list.
const PART_PREVIEW: usize = 1;
#[cfg(test)]
mod tests;
