//! Lineage: the life of one message or request as a space-time diagram, to whom its end is owed, the list of all that went
//! wrong, and for any event what it comes from and what comes of it.

mod choose;
mod descent;
mod diagram;

use ratatui::crossterm::event::KeyCode;

use super::{Screen, Seen};
use crate::ui::engine::{Answer, Query, Until};
use crate::ui::entry::Typed;
use crate::ui::keymap::{Action, Binding, Context, bind, ch, ctrl, key};
use crate::ui::pen::Pen;
use crate::ui::spots::Spot;
use crate::ui::style::Role;
use crate::ui::update::{Effect, moved};
use crate::ui::view::lineage::{About, Among, Candidate, Known, Lineage as Life, RowWhat};
use crate::ui::view::{QueueRow, RowKind};

/// Its keys.
#[rustfmt::skip]
pub const KEYS: &[Binding] = &[
    bind(Context::Lineage, &[key(KeyCode::Down), ch('j')], Action::Down, "event", "the next event of the diagram, or the next line"),
    bind(Context::Lineage, &[key(KeyCode::Up), ch('k')], Action::Up, "event", "the event before, or the line before"),
    bind(Context::Lineage, &[key(KeyCode::Right), ch('l')], Action::LaneOn, "lane", "the next lane"),
    bind(Context::Lineage, &[key(KeyCode::Left), ch('h')], Action::LaneBack, "lane", "the lane before"),
    bind(Context::Lineage, &[key(KeyCode::Enter)], Action::Open, "inspect", "what the selected event comes from and what comes of it; in the list, follow the message"),
    bind(Context::Lineage, &[key(KeyCode::Tab), key(KeyCode::BackTab)], Action::NextPane, "pane", "the diagram gets the keys, or what is said below it"),
    bind(Context::Lineage, &[ch('a')], Action::All, "all messages", "the messages and requests that went wrong"),
    bind(Context::Lineage, &[ch('v')], Action::Sort, "verdict", "in the list, only those with one verdict, then with the next"),
    bind(Context::Lineage, &[ch('n')], Action::NextFound, "next anomaly", "the next that went wrong"),
    bind(Context::Lineage, &[ch('N')], Action::PreviousFound, "", "the one before that went wrong"),
    bind(Context::Lineage, &[ch('/')], Action::Filter, "find", "find messages by key, by queue and offset (orders/0@417), or by name"),
    bind(Context::Lineage, &[ch('t')], Action::GoThere, "go there", "take the run to the selected event"),
    bind(Context::Lineage, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Context::Lineage, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Context::Lineage, &[ch('g')], Action::Top, "", "to the first line"),
    bind(Context::Lineage, &[ch('G')], Action::Bottom, "", "to the last line"),
    bind(Context::Lineage, &[key(KeyCode::Esc), ch('w')], Action::Back, "back", "back, or close"),
];

/// Columns of a list that is kept whole.
const WHOLE_WIDTH: u16 = 160;
/// Columns and rows that are kept at most.
const WHOLE_MAX: (u16, u16) = (4_000, 5_000);
/// The longest text that is looked for.
const TEXT_MAX: usize = 60;

/// The screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Lineage {
    /// What is asked about; what was asked before lies below it.
    pages: Vec<Page>,
    /// What is looked for, while it is typed.
    typed: Option<Typed>,
}

/// One thing that is asked about, and where one looks at it.
#[derive(Clone, Debug, PartialEq)]
struct Page {
    about: About,
    row: usize,
    lane: Option<usize>,
    /// The first line of what is said below a diagram, while that has the keys.
    told: Option<usize>,
    /// In a list: only those with this verdict.
    verdict: Option<String>,
    /// In a list: of what it is.
    of: String,
    /// In a list: only those whose names contain this.
    named: String,
}

impl Page {
    fn new(about: About) -> Self {
        Self {
            about,
            row: 0,
            lane: None,
            told: None,
            verdict: None,
            of: String::new(),
            named: String::new(),
        }
    }
}

impl Lineage {
    /// About something.
    pub fn new(about: About) -> Self {
        Self {
            pages: vec![Page::new(about)],
            typed: None,
        }
    }

    /// About what went wrong in a queue, or with a service.
    pub fn of_row(row: &QueueRow) -> Self {
        let (among, of) = match row.kind {
            RowKind::Waiting => (
                Among::Service(row.queue),
                format!("Requests for which {} was called", row.name),
            ),
            RowKind::Depth | RowKind::Lag => {
                // A group's row stands for the queue that it reads.
                let queue = row.name.rsplit(' ').next().unwrap_or(&row.name);
                (Among::Queue(row.queue), format!("Messages of {queue}"))
            }
        };
        let page = Page {
            of,
            ..Page::new(About::AllTrouble(among))
        };
        Self {
            pages: vec![page],
            typed: None,
        }
    }

    fn page(&self) -> &Page {
        // There is always one.
        &self.pages[self.pages.len() - 1]
    }

    fn page_mut(&mut self) -> &mut Page {
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    fn open(&mut self, about: About) -> Effect {
        self.pages.push(Page::new(about));
        Effect::None
    }

    /// The one of this number among those that went wrong.
    fn go_to_found(&mut self, nth: usize) -> Effect {
        let page = Page::new(About::Trouble(nth));
        match self.page().about {
            About::Trouble(_) => *self.page_mut() = page,
            _ => self.pages.push(page),
        }
        Effect::None
    }

    fn back(&mut self) -> Effect {
        if self.pages.len() > 1 {
            self.pages.pop();
            return Effect::None;
        }
        Effect::Close
    }

    fn type_text(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        let Some(mut text) = self.typed.take() else {
            return Effect::None;
        };
        match action {
            Action::Open => return self.find(seen, text.trim()),
            Action::Back => return Effect::None,
            _ => {
                text.edit(action, TEXT_MAX);
            }
        }
        self.typed = Some(text);
        Effect::None
    }

    /// Looks for what was typed; what names nothing is a part of a name.
    fn find(&mut self, seen: Seen<'_>, text: &str) -> Effect {
        if let Some(about) = about(seen, text) {
            return self.open(about);
        }
        if !matches!(self.page().about, About::AllTrouble(_)) {
            self.pages.push(Page::new(About::AllTrouble(Among::All)));
        }
        text.clone_into(&mut self.page_mut().named);
        Effect::None
    }

    /// Enter.
    fn inspect(&mut self, seen: Seen<'_>) -> Effect {
        let page = self.page();
        let about = match known(seen) {
            Some(Known::Life(life)) => {
                let event = life.rows.get(page.row).map(|row| row.event);
                event.map(About::Event)
            }
            Some(Known::Choice(all)) => {
                let rows = choose::shown(all, page.verdict.as_deref(), &page.named);
                rows.get(page.row).map(|row| About::Thing(row.what))
            }
            Some(Known::Event(descent)) => descent::target(descent, page.row),
            _ => None,
        };
        match about {
            Some(about) if self.pages.len() < 20 => self.open(about),
            _ => Effect::None,
        }
    }

    /// The event that is selected.
    fn event(&self, seen: Seen<'_>) -> Option<u64> {
        let row = self.page().row;
        match known(seen)? {
            Known::Life(life) => life.rows.get(row).map(|row| row.event),
            Known::Event(descent) => match descent::target(descent, row)? {
                About::Event(event) => Some(event),
                _ => None,
            },
            _ => None,
        }
    }

    fn lines(&self, seen: Seen<'_>) -> usize {
        let page = self.page();
        match known(seen) {
            Some(Known::Life(life)) => life.rows.len(),
            Some(Known::Choice(all)) => {
                choose::shown(all, page.verdict.as_deref(), &page.named).len()
            }
            Some(Known::Event(descent)) => descent::lines(descent).len(),
            _ => 0,
        }
    }

    /// The next lane, or the one before: the next row that touches it is selected.
    fn lane(&mut self, seen: Seen<'_>, forward: bool) -> Effect {
        let Some(Known::Life(life)) = known(seen) else {
            return Effect::None;
        };
        let Some(last) = life.lanes.len().checked_sub(1) else {
            return Effect::None;
        };
        let page = self.page_mut();
        let now = page
            .lane
            .or_else(|| life.rows.get(page.row).map(|r| r.lane));
        let now = now.unwrap_or(0).min(last);
        let next = if forward {
            (now + 1).min(last)
        } else {
            now.saturating_sub(1)
        };
        page.lane = Some(next);
        if let Some(row) = nearest_on(life, next, page.row) {
            page.row = row;
        }
        Effect::None
    }

    fn next_verdict(&mut self, seen: Seen<'_>) {
        let Some(Known::Choice(all)) = known(seen) else {
            return;
        };
        let mut words: Vec<&str> = all.rows.iter().map(|r: &Candidate| &*r.verdict).collect();
        words.sort_unstable();
        words.dedup();
        let page = self.page_mut();
        let at = page
            .verdict
            .as_deref()
            .and_then(|v| words.iter().position(|w| *w == v));
        let next = at.map_or(0, |at| at + 1);
        page.verdict = words.get(next).map(|w| (*w).to_owned());
        page.row = 0;
    }
}

/// The row nearest to another that touches a lane.
fn nearest_on(life: &Life, lane: usize, row: usize) -> Option<usize> {
    let touches = |i: &usize| {
        let r = &life.rows[*i];
        r.lane == lane || matches!(r.what, RowWhat::Hop { to, .. } if to == lane)
    };
    let all = (0..life.rows.len()).filter(touches);
    all.min_by_key(|i| i.abs_diff(row))
}

/// What is known of what was asked.
fn known(seen: Seen<'_>) -> Option<&Known> {
    match seen.answer {
        Some(Answer::Lineage(known)) => Some(known),
        _ => None,
    }
}

/// What a text names: an event `#31877`, the message at an offset `orders/0@417`, the messages with a key `17`.
pub(super) fn about(seen: Seen<'_>, text: &str) -> Option<About> {
    if let Some(event) = text.strip_prefix('#') {
        return event.parse().ok().map(About::Event);
    }
    if let Some((queue, offset)) = text.split_once('@') {
        let rows = seen.frame.queues.iter();
        let mut rows = rows.filter(|row| row.kind == RowKind::Depth);
        let row = rows.clone().find(|row| row.name == queue);
        let row = row.or_else(|| rows.find(|row| row.name.contains(queue)))?;
        return Some(About::Offset(row.queue as u32, offset.parse().ok()?));
    }
    text.parse().ok().map(About::Key)
}

impl Screen for Lineage {
    fn context(&self) -> Context {
        if self.typed.is_some() {
            Context::Entry
        } else {
            Context::Lineage
        }
    }

    fn is_typing(&self) -> bool {
        self.typed.is_some()
    }

    fn query(&self) -> Option<Query> {
        Some(Query::Lineage(self.page().about.clone()))
    }

    fn update(&mut self, seen: Seen<'_>, action: Action) -> Effect {
        if self.typed.is_some() {
            return self.type_text(seen, action);
        }
        match action {
            Action::Back => self.back(),
            Action::Open => self.inspect(seen),
            Action::All => self.open(About::AllTrouble(Among::All)),
            Action::NextFound | Action::PreviousFound => {
                let place = match known(seen) {
                    Some(Known::Life(life)) => life.place,
                    _ => None,
                };
                let nth = match (place, action) {
                    (None, _) => 0,
                    (Some((at, _)), Action::NextFound) => at + 1,
                    (Some((at, of)), _) => at + of.max(1) - 1,
                };
                self.go_to_found(nth)
            }
            Action::Filter => {
                self.typed = Some(Typed::default());
                Effect::None
            }
            Action::GoThere => {
                let event = self.event(seen);
                event.map_or(Effect::None, |event| Effect::Seek(Until::Event(event)))
            }
            Action::NextPane => {
                let is_life = matches!(known(seen), Some(Known::Life(_)));
                let page = self.page_mut();
                page.told = (page.told.is_none() && is_life).then_some(0);
                Effect::None
            }
            Action::LaneOn => self.lane(seen, true),
            Action::LaneBack => self.lane(seen, false),
            Action::Sort => {
                self.next_verdict(seen);
                Effect::None
            }
            _ => {
                let lines = self.lines(seen);
                let page = self.page_mut();
                if let (Some(told), Some(Known::Life(life))) = (page.told, known(seen)) {
                    let last = diagram::told_last(life, seen.working, seen.size);
                    page.told = moved(Some(told.min(last)), last + 1, action);
                    return Effect::None;
                }
                if let Some(row) = moved(Some(page.row), lines, action) {
                    page.row = row;
                    page.lane = None;
                }
                Effect::None
            }
        }
    }

    fn whole(&self, seen: Seen<'_>) -> Option<(u16, u16)> {
        let page = self.page();
        let (width, rows) = match known(seen)? {
            Known::Life(life) => diagram::whole(life, seen.working),
            Known::Choice(all) => {
                let rows = choose::shown(all, page.verdict.as_deref(), &page.named);
                (WHOLE_WIDTH, rows.len() + 3)
            }
            Known::Event(descent) => (WHOLE_WIDTH, descent::lines(descent).len() + 2),
            Known::Nothing(_) => return None,
        };
        let rows = u16::try_from(rows).unwrap_or(u16::MAX);
        Some((width.min(WHOLE_MAX.0), rows.min(WHOLE_MAX.1)))
    }

    fn point(&mut self, _: Seen<'_>, spot: Spot) {
        if self.typed.is_some() {
            return;
        }
        let page = self.page_mut();
        if spot.part == 1 {
            page.told = page.told.or(Some(0));
            return;
        }
        page.told = None;
        if let Some(row) = spot.line {
            (page.row, page.lane) = (row, None);
        }
    }

    fn draw(&self, seen: Seen<'_>, pen: &mut Pen<'_>) {
        let page = self.page();
        match known(seen) {
            Some(Known::Life(life)) => {
                diagram::draw(pen, life, page.row, page.lane, page.told, seen.working);
            }
            Some(Known::Choice(all)) => {
                choose::draw(
                    pen,
                    all,
                    page.verdict.as_deref(),
                    (&page.of, &page.named),
                    page.row,
                );
            }
            Some(Known::Event(descent)) => descent::draw(pen, descent, page.row, seen.working),
            Some(Known::Nothing(why)) => {
                let mut inner = pen.frame("Lineage", "", true);
                inner.text(1, 0, why, Role::Plain);
            }
            None => {
                let mut inner = pen.frame("Lineage", "", true);
                let share = seen.working.unwrap_or(0.0) * 100.0;
                inner.text(
                    1,
                    0,
                    &format!("running the past again, closer … {share:.0}%"),
                    Role::Dim,
                );
            }
        }
        if let Some(text) = &self.typed {
            let y = pen.height().saturating_sub(1);
            let mut line = pen.part(1, y, u16::MAX, 1);
            line.text(
                0,
                0,
                &format!(
                    " find key, #event, orders/0@offset or name: {} ",
                    text.shown(TEXT_MAX + 1)
                ),
                Role::Strong,
            );
        }
    }
}

#[cfg(test)]
mod tests;
