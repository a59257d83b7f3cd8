//! The map of a sweep: the share of seeds that fail, by setting. Enter opens the seed that shows a cell best as a run.

mod draw;
#[cfg(test)]
mod tests;

use ratatui::crossterm::event::KeyCode;

use super::comfort::{Came, Comfort, Wish};
use super::help;
use super::keymap::{Action, Binding, Context, bind, ch, ctrl, key};
use super::run::Leave;
use super::style::Look;
use super::update::moved;
use super::view::{MapCell, MapQuestion, TippingMap};

pub use draw::draw;

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Map, &[key(KeyCode::Enter)], Action::Open, "run it", "run the seed that shows the selected settings best"),
    bind(Context::Map, &[key(KeyCode::Left), ch('h')], Action::FieldBefore, "move", "a column to the left"),
    bind(Context::Map, &[key(KeyCode::Down), ch('j')], Action::Down, "move", "a line down"),
    bind(Context::Map, &[key(KeyCode::Up), ch('k')], Action::Up, "move", "a line up"),
    bind(Context::Map, &[key(KeyCode::Right), ch('l')], Action::NextField, "move", "a column to the right"),
    bind(Context::Map, &[key(KeyCode::Tab), ch('t')], Action::NextChoice, "question", "the next question: seeds that fail, an expectation, a property"),
    bind(Context::Map, &[key(KeyCode::BackTab)], Action::ChoiceBefore, "", "the question before"),
    bind(Context::Map, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Context::Map, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Context::Map, &[ch('g'), key(KeyCode::Home)], Action::Top, "", "to the first line"),
    bind(Context::Map, &[ch('G'), key(KeyCode::End)], Action::Bottom, "", "to the last line"),
];

/// What the help lists.
const HELPED: &[Context] = &[Context::Map, Context::Always];

/// What came of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// This seed of this cell is to run.
    Run {
        /// The place of the cell.
        cell: usize,
        /// The seed.
        seed: u64,
    },
    /// The screen is left.
    Leave(Leave),
}

/// The map on the screen.
#[derive(Clone, Debug)]
pub struct Map {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    view: TippingMap,
    look: Look,
    row: usize,
    column: usize,
    question: usize,
    help: Option<usize>,
    comfort: Comfort,
    notice: String,
}

impl Map {
    /// A map with the first cell selected.
    pub fn new(view: TippingMap, look: Look) -> Self {
        Self {
            size: (80, 24),
            view,
            look,
            row: 0,
            column: 0,
            question: 0,
            help: None,
            comfort: Comfort::default(),
            notice: String::new(),
        }
    }

    /// Where keys go.
    pub fn contexts(&self) -> Vec<Context> {
        let inner = match self.help {
            _ if self.comfort.saving => Context::Save,
            Some(_) => Context::Help,
            None => Context::Map,
        };
        vec![inner, Context::Always]
    }

    /// How it looks.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Takes another look.
    pub fn set_look(&mut self, look: Look) {
        self.look = look;
    }

    /// Says something at the foot of the screen.
    pub fn say(&mut self, notice: &str) {
        notice.clone_into(&mut self.notice);
    }

    /// The command that runs what Enter would run.
    pub fn command(&self) -> Option<String> {
        self.cell().map(|cell| cell.command.clone())
    }

    fn asked(&self) -> Option<&MapQuestion> {
        self.view.questions.get(self.question)
    }

    /// The place of the selected cell.
    fn at(&self) -> usize {
        self.row * self.view.columns.values.len() + self.column
    }

    fn cell(&self) -> Option<&MapCell> {
        self.asked()?.cells.get(self.at())
    }

    /// What an action that concerns no map does; see [`Comfort::update`].
    pub fn comfort(&mut self, action: Action) -> Option<Option<Wish>> {
        let (mut comfort, mut look) = (self.comfort, self.look);
        let mut notice = String::new();
        let name = || self.command();
        let done = comfort.update(action, &mut look, name, &mut notice);
        (self.comfort, self.look) = (comfort, look);
        if done.is_some() {
            self.notice = notice;
        }
        done
    }

    /// Takes what came of a wish.
    pub fn came(&mut self, came: Came) {
        self.notice = came.notice;
        self.comfort.asked_to_keep = came.asks;
    }

    /// What an action does.
    pub fn update(&mut self, action: Action) -> Option<Chosen> {
        self.notice.clear();
        if let Some(line) = self.help.filter(|_| action != Action::Interrupt) {
            return self.in_help(action, line);
        }
        let (rows, columns) = self.view.size();
        let questions = self.view.questions.len();
        match action {
            Action::Quit | Action::Interrupt => return Some(Chosen::Leave(Leave::Quit)),
            Action::Open => return self.open(),
            Action::Help => self.help = Some(0),
            Action::NextField => self.column = (self.column + 1).min(columns.saturating_sub(1)),
            Action::FieldBefore => self.column = self.column.saturating_sub(1),
            Action::NextChoice => self.question = (self.question + 1) % questions.max(1),
            Action::ChoiceBefore => {
                self.question = (self.question + questions.max(1) - 1) % questions.max(1);
            }
            Action::WheelDown(..) => {
                self.row = moved(Some(self.row), rows, Action::Down).unwrap_or(0);
            }
            Action::WheelUp(..) => self.row = moved(Some(self.row), rows, Action::Up).unwrap_or(0),
            Action::Click(x, y) => self.press(x, y),
            Action::DoubleClick(x, y) => {
                self.press(x, y);
                return self.open();
            }
            _ => self.row = moved(Some(self.row), rows, action).unwrap_or(0),
        }
        None
    }

    fn in_help(&mut self, action: Action, line: usize) -> Option<Chosen> {
        let bindings = help::bindings(HELPED);
        match action {
            Action::Back | Action::Quit => self.help = None,
            Action::Open => {
                self.help = None;
                return self.update(bindings.get(line)?.action);
            }
            _ => self.help = moved(Some(line), bindings.len(), action),
        }
        None
    }

    fn open(&mut self) -> Option<Chosen> {
        let cell = self.cell()?;
        if cell.of == 0 {
            self.say("there is no run with these settings yet");
            return None;
        }
        Some(Chosen::Run {
            cell: self.at(),
            seed: cell.seed,
        })
    }

    /// Selects the cell that is drawn there.
    fn press(&mut self, x: u16, y: u16) {
        if let Some((row, column)) = draw::cell_at(self, x, y) {
            (self.row, self.column) = (row, column);
        }
    }
}
