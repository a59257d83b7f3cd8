//! Two runs beside each other: the run that is shown, and the same without its fault, with another seed or setting, or a
//! branch of it. Both stand at the same moment; whatever moves the run moves both.

mod choose;
mod draw;
mod setting;
mod table;
#[cfg(test)]
mod tests;

use ratatui::crossterm::event::KeyCode;

use super::{Screen, Seen};
use crate::ui::engine::{Answer, Query, Until};
use crate::ui::entry;
use crate::ui::keymap::{Action, Binding, Context, bind, ch, ctrl, key};
use crate::ui::pen::Pen;
use crate::ui::spots::Spot;
use crate::ui::update::{Effect, moved};
use crate::ui::view::{Compared, Comparing, Parted, With};

use choose::{Chooser, Chosen};
use table::Order;

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Compare, &[ch('d')], Action::FirstDifference, "first difference", "go to where the two runs part"),
    bind(Context::Compare, &[ch('v')], Action::SwapSides, "swap", "exchange A and B"),
    bind(Context::Compare, &[ch('o')], Action::Zoom, "one pane", "this pane over the whole screen, or all of them"),
    bind(Context::Compare, &[ch('r')], Action::MoreSeeds, "100 seeds", "run both with a hundred more seeds, beside the screen"),
    bind(Context::Compare, &[ch('c')], Action::Compare, "other", "compare with something else"),
    bind(Context::Compare, &[ch(']')], Action::MarkOfEither, "mark", "to the next mark of either run"),
    bind(Context::Compare, &[ch('[')], Action::MarkBeforeOfEither, "mark", "back to the mark of either run before this moment"),
    bind(Context::Compare, &[ch('.')], Action::StepBoth, "step", "both on to the next moment at which something happens in either"),
    bind(Context::Compare, &[ch(',')], Action::StepBothBack, "step", "both back to the moment before"),
    bind(Context::Compare, &[ch('s')], Action::Sort, "sort", "sort by how much they differ, as the table has them, by name, or by what is sure"),
    bind(Context::Compare, &[ch('/')], Action::Filter, "filter", "show only metrics whose names contain a text"),
    bind(Context::Compare, &[key(KeyCode::Tab), key(KeyCode::BackTab)], Action::NextPane, "pane", "the other pane gets the keys"),
    bind(Context::Compare, &[ch('j'), key(KeyCode::Down)], Action::Down, "", "down"),
    bind(Context::Compare, &[ch('k'), key(KeyCode::Up)], Action::Up, "", "up"),
    bind(Context::Compare, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Context::Compare, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Context::Compare, &[ch('g')], Action::Top, "", "to the first line"),
    bind(Context::Compare, &[ch('G')], Action::Bottom, "", "to the last line"),
    bind(Context::Compare, &[key(KeyCode::Esc)], Action::Back, "back", "drop the filter, then close"),
    bind(Context::Beside, &[key(KeyCode::Enter)], Action::Open, "choose", "compare with what is selected"),
    bind(Context::Beside, &[ch('j'), key(KeyCode::Down)], Action::Down, "move", "the next line"),
    bind(Context::Beside, &[ch('k'), key(KeyCode::Up)], Action::Up, "move", "the line before"),
    bind(Context::Beside, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Context::Beside, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Context::Beside, &[ch('g')], Action::Top, "", "to the first line"),
    bind(Context::Beside, &[ch('G')], Action::Bottom, "", "to the last line"),
    bind(Context::Beside, &[key(KeyCode::Esc), ch('c')], Action::Back, "back", "close, and compare with nothing else"),
    bind(Context::Setting, &[key(KeyCode::Enter)], Action::Open, "choose", "change the selected setting; compare with what it shall be"),
    bind(Context::Setting, &[key(KeyCode::Down)], Action::Down, "move", "the next setting"),
    bind(Context::Setting, &[key(KeyCode::Up)], Action::Up, "move", "the setting before"),
    bind(Context::Setting, &[key(KeyCode::PageDown)], Action::PageDown, "", "down ten lines"),
    bind(Context::Setting, &[key(KeyCode::PageUp)], Action::PageUp, "", "up ten lines"),
    bind(Context::Setting, &[key(KeyCode::Right)], Action::NextChoice, "value", "the next that it can be, where those are a few names"),
    bind(Context::Setting, &[key(KeyCode::Left)], Action::ChoiceBefore, "value", "the one before"),
    bind(Context::Setting, &[key(KeyCode::Esc)], Action::Back, "back", "another setting; then drop what was typed, then close"),
];

/// Cells of a filter.
const FILTER_MAX: usize = 60;
/// So many seeds more with each press.
const SEEDS: u64 = 100;

/// A pane that has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    /// The two runs.
    Sides,
    /// Metric by metric.
    #[default]
    Table,
}

/// What the mouse can point at beside the panes.
const PART_CHOICES: usize = 2;

/// The screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// What the run is compared with, while that is being chosen.
    chooser: Option<Chooser>,
    /// What it is compared with.
    asked: Option<Comparing>,
    pane: Pane,
    zoom: bool,
    /// The first line of the sides, and the selected one of the table.
    at: [usize; 2],
    order: Order,
    filter: String,
    /// Whether the filter is being typed.
    typing: bool,
}

impl Compare {
    /// Asks with what first.
    pub fn choosing() -> Self {
        Self {
            chooser: Some(Chooser::default()),
            asked: None,
            pane: Pane::default(),
            zoom: false,
            at: [0; 2],
            order: Order::default(),
            filter: String::new(),
            typing: false,
        }
    }

    /// With this.
    pub fn with(with: With) -> Self {
        let mut screen = Self::choosing();
        screen.compare(with);
        screen
    }

    fn compare(&mut self, with: With) {
        self.chooser = None;
        self.at = [0; 2];
        self.asked = Some(Comparing {
            with,
            seeds: 0,
            swapped: false,
        });
    }

    fn known(seen: Seen<'_>) -> Option<&Compared> {
        match seen.answer {
            Some(Answer::Compared(Ok(known))) => Some(known),
            _ => None,
        }
    }

    /// Why there is nothing to compare with.
    fn refused(seen: Seen<'_>) -> Option<&[String]> {
        match seen.answer {
            Some(Answer::Compared(Err(why))) => Some(why),
            _ => None,
        }
    }

    fn choose(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        let Some(chooser) = &mut self.chooser else {
            return Effect::None;
        };
        let known = match seen.answer {
            Some(Answer::Settings(known)) => Some(&**known),
            _ => None,
        };
        match chooser.update(&seen.frame.forks, known, action) {
            Chosen::Nothing => Effect::None,
            Chosen::Left if self.asked.is_none() => Effect::Close,
            Chosen::Left => {
                self.chooser = None;
                Effect::None
            }
            Chosen::With(with) => {
                self.compare(with);
                Effect::None
            }
        }
    }

    fn type_filter(&mut self, action: Action) -> Effect {
        match action {
            Action::Open => self.typing = false,
            Action::Back => {
                self.typing = false;
                self.filter.clear();
            }
            _ => {
                entry::edit(&mut self.filter, action, FILTER_MAX);
            }
        }
        self.at[1] = 0;
        Effect::None
    }

    fn scroll(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        let lines = match (Self::known(seen), Self::refused(seen)) {
            (Some(known), _) if self.pane == Pane::Sides => {
                draw::sides_last(self, known, seen.size) + 1
            }
            (Some(known), _) => table::rows(known, self.order, &self.filter).len(),
            (None, Some(why)) => why.len(),
            (None, None) => 0,
        };
        let pane = self.pane as usize;
        let at = self.at[pane].min(lines.saturating_sub(1));
        self.at[pane] = moved(Some(at), lines, action).unwrap_or(0);
        Effect::None
    }

    fn more_seeds(&mut self, seen: Seen<'_>) -> Effect {
        let begun = Self::known(seen).and_then(|known| known.seeds);
        if let (Some(asked), Some((done, begun))) = (&mut self.asked, begun)
            && done >= begun
        {
            asked.seeds = begun + SEEDS;
        }
        Effect::None
    }
}

/// The next mark of either, as far as they are known; then on to the next of the run that is shown.
fn mark_after(known: &Compared) -> Until {
    let after = known.sides.iter().filter_map(|side| {
        let next = side.marks.partition_point(|m| m.at_ns <= known.now_ns);
        side.marks.get(next).map(|mark| mark.at_ns)
    });
    after.min().map_or(Until::NextMark, Until::Time)
}

fn mark_before(known: &Compared) -> Option<u64> {
    let before = known.sides.iter().filter_map(|side| {
        let next = side.marks.partition_point(|m| m.at_ns < known.now_ns);
        Some(side.marks.get(next.checked_sub(1)?)?.at_ns)
    });
    before.max()
}

impl Screen for Compare {
    fn context(&self) -> Context {
        let chooser = self.chooser.as_ref();
        if chooser.is_some_and(|chooser| chooser.setting().is_some()) {
            Context::Setting
        } else if self.typing || chooser.is_some_and(Chooser::is_typing) {
            Context::Entry
        } else if chooser.is_some() {
            Context::Beside
        } else {
            Context::Compare
        }
    }

    fn is_typing(&self) -> bool {
        matches!(self.context(), Context::Entry | Context::Setting)
    }

    fn travels(&self) -> bool {
        self.chooser.is_none()
    }

    fn popup(&self, size: (u16, u16)) -> Option<(u16, u16)> {
        let chooser = self.chooser.as_ref()?;
        self.asked.is_none().then(|| chooser.size(size))
    }

    fn query(&self) -> Option<Query> {
        if let Some(entry) = self.chooser.as_ref().and_then(Chooser::setting) {
            return Some(Query::Settings(entry.path().map(str::to_owned)));
        }
        self.asked.clone().map(Query::Compare)
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        if self.chooser.is_some() {
            return self.choose(seen, action);
        }
        if self.typing {
            return self.type_filter(action);
        }
        match action {
            Action::Back if !self.filter.is_empty() => {
                self.filter.clear();
                return Effect::None;
            }
            Action::Back => return Effect::Close,
            Action::Compare => {
                self.chooser = Some(Chooser::default());
                return Effect::None;
            }
            Action::Zoom => {
                self.zoom = !self.zoom;
                return Effect::None;
            }
            Action::NextPane => {
                self.pane = match self.pane {
                    Pane::Sides => Pane::Table,
                    Pane::Table => Pane::Sides,
                };
                return Effect::None;
            }
            Action::Sort => {
                self.order = self.order.next();
                return Effect::None;
            }
            Action::Filter => {
                (self.typing, self.pane) = (true, Pane::Table);
                return Effect::None;
            }
            Action::SwapSides => {
                if let Some(asked) = &mut self.asked {
                    asked.swapped = !asked.swapped;
                }
                return Effect::None;
            }
            Action::MoreSeeds => return self.more_seeds(seen),
            Action::StepBoth => return Effect::StepBoth(false),
            Action::StepBothBack => return Effect::StepBoth(true),
            _ => {}
        }
        match (Self::known(seen), action) {
            (Some(known), Action::FirstDifference) => match &known.parted {
                Parted::At(at) => Effect::Seek(Until::Time(at.at_ns)),
                _ => Effect::None,
            },
            (Some(known), Action::MarkOfEither) => Effect::Seek(mark_after(known)),
            (Some(known), Action::MarkBeforeOfEither) => {
                mark_before(known).map_or(Effect::None, |ns| Effect::Seek(Until::Time(ns)))
            }
            _ => self.scroll(seen, action),
        }
    }

    fn point(&mut self, _: Seen<'_>, spot: Spot) {
        match (&mut self.chooser, spot.part) {
            (Some(chooser), PART_CHOICES) => chooser.point(spot.line),
            (None, part) if part != PART_CHOICES => {
                self.pane = [Pane::Sides, Pane::Table][part.min(1)];
                if let Some(line) = spot.line {
                    self.at[self.pane as usize] = line;
                }
            }
            _ => {}
        }
    }

    fn opens(&self, spot: Spot) -> bool {
        spot.part == PART_CHOICES && spot.line.is_some()
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        let known = match seen.answer {
            Some(Answer::Settings(known)) => Some(&**known),
            _ => None,
        };
        match &self.chooser {
            Some(chooser) if self.asked.is_none() => {
                choose::draw(chooser, &seen.frame.forks, known, pen);
            }
            Some(chooser) => {
                draw::draw(
                    self,
                    seen,
                    &mut pen.part(0, 0, u16::MAX, u16::MAX).behind(true),
                );
                let (width, height) = chooser.size((pen.width(), pen.height()));
                let (x, y) = ((pen.width() - width) / 2, (pen.height() - height) / 2);
                let mut part = pen.part(x, y, width, height);
                part.clear();
                choose::draw(chooser, &seen.frame.forks, known, &mut part);
            }
            None => draw::draw(self, seen, pen),
        }
    }
}
