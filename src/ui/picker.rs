//! The choice of a scenario, with a preview, a seed and a speed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::comfort::{self, Came, Comfort, Wish};
use super::entry;
use super::glyphs;
use super::help;
use super::keymap::{Action, Context, name_for};
use super::layout::{HEIGHT_MIN, WIDTH_MIN, share};
use super::model::{REAL_TIME, SPEEDS, speed_text};
use super::pen::{Pen, scroll};
use super::preview::{Choice, Live};
use super::run::Leave;
use super::screen;
use super::spots::{Spot, Spots};
use super::style::{Look, Role};
use super::text;
use super::update::moved;
use super::widgets::{footer, preview};
use crate::hunt::command::Command;

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
            Action::Filter => self.asking = Asking::Filter,
            Action::Seed => self.asking = Asking::Seed,
            Action::RandomSeed => self.seed = chance().to_string(),
            Action::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Action::Slower => self.speed = self.speed.saturating_sub(1),
            Action::SpeedReset => self.speed = REAL_TIME,
            Action::Pause => self.held = !self.held,
            Action::Help => self.help = Some(0),
            Action::NextPane => self.reads = !self.reads,
            Action::Back if self.reads => self.reads = false,
            Action::Back => self.filter.clear(),
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
                self.filter.clear();
                self.asking = Asking::Nothing;
            }
            Action::Open => self.asking = Asking::Nothing,
            _ => {
                entry::edit(&mut self.filter, action, FILTER_MAX);
            }
        }
        self.selected = 0;
        None
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
/// From this height on, seed and speed have a frame of their own.
const ROOMY: u16 = 30;
/// The list is not narrower than this.
const LIST_MIN: u16 = 24;
/// Cells beside a name: the frame, what stands before it, the sign of a mistake.
const NAME_ROOM: u16 = 7;
/// A title of which less than this would be seen says nothing.
const TITLE_MIN: u16 = 16;

/// The names, and the titles beside them where there is room: the rest is for what plays.
fn list_width(picker: &Picker, width: u16) -> u16 {
    let widest = |of: fn(&Entry) -> &str| {
        let widths = picker.entries.iter().map(|e| text::width(of(e)));
        widths.max().unwrap_or(0).min(usize::from(u16::MAX / 4)) as u16
    };
    let names = widest(|e| &e.name) + NAME_ROOM;
    let titles = widest(|e| &e.title).max(TITLE_MIN) + 2;
    let wide = share(width, 42, 100);
    if wide >= names + 2 + TITLE_MIN {
        wide.min(names + titles)
    } else {
        names.clamp(LIST_MIN, share(width, 2, 5))
    }
}

/// Draws the picker.
pub fn draw(picker: &Picker, buffer: &mut Buffer) {
    draw_noting(picker, buffer, None);
}

/// Draws it, and notes what is drawn where.
fn draw_noting(picker: &Picker, buffer: &mut Buffer, spots: Option<&Spots>) {
    let area = buffer.area;
    let look = picker.look;
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        screen::too_small(buffer, look);
        return screen::finish(buffer, look);
    }
    let mut pen = Pen::new(buffer, area, look);
    if let Some(spots) = spots {
        pen = pen.noting(spots);
    }
    pen = pen.behind(picker.help.is_some());
    draw_head(picker, &mut pen);
    let body = body_height(area.height);
    let options = area.height - 2 - body;
    let list = list_width(picker, area.width);
    draw_list(picker, &mut pen.part(0, 1, list, body));
    draw_preview(picker, &mut pen.part(list, 1, area.width - list, body));
    draw_options(picker, &mut pen.part(0, 1 + body, area.width, options));
    let mut foot = pen.part(0, area.height - 1, area.width, 1);
    if picker.notice.is_empty() {
        footer::draw(&mut foot, &picker.contexts());
    } else {
        footer::say(&mut foot, &picker.notice);
    }
    if let Some(line) = picker.help {
        let width = area.width.min(90);
        // What is below it is out of reach.
        pen.part_is(0);
        let mut over = pen
            .part((area.width - width) / 2, 1, width, area.height - 2)
            .behind(false);
        help::draw(&mut over, help::PICKER, line);
    }
    screen::finish(buffer, look);
}

/// Rows for the list.
fn body_height(height: u16) -> u16 {
    let options = if height < ROOMY { 1 } else { 3 };
    height.saturating_sub(2 + options)
}

fn draw_head(picker: &Picker, pen: &mut Pen<'_>) {
    pen.text(1, 0, "Choose a scenario", Role::Strong);
    let (text, role) = match (picker.asking, picker.filter.is_empty()) {
        (Asking::Filter, _) => (format!("/{}_", picker.filter), Role::Strong),
        (_, true) => {
            let key = name_for(Context::Picker, Action::Filter);
            (format!("{key} to filter"), Role::Dim)
        }
        (_, false) => (format!("/{}", picker.filter), Role::Strong),
    };
    let end = pen.width() - 1;
    pen.text_right(end, 0, &text, role);
}

/// A line of the list: a heading, or an entry by its place among those shown.
enum Line<'a> {
    Heading(&'a str),
    Entry(usize, &'a Entry),
}

fn draw_list(picker: &Picker, pen: &mut Pen<'_>) {
    let shown = picker.shown();
    let lines = picker.lines(&shown);
    let rows = usize::from(pen.height().saturating_sub(2));
    let first = picker.first_line(&lines, rows);
    let remark = if lines.len() > rows {
        format!("{} of {}", picker.selected + 1, shown.len())
    } else {
        String::new()
    };
    let room = usize::from(pen.width().saturating_sub(NAME_ROOM));
    let names = shown.iter().map(|&i| text::width(&picker.entries[i].name));
    let names = names.max().unwrap_or(0).min(room);
    let titles = room >= names + 2 + usize::from(TITLE_MIN);
    let columns = Columns { names, titles };
    let mut inner = pen.frame(
        "Scenarios",
        &remark,
        picker.asking != Asking::Seed && !picker.reads,
    );
    if lines.is_empty() {
        inner.text(1, 0, "no scenario contains this text", Role::Dim);
    }
    for (y, line) in lines.iter().skip(first).take(rows).enumerate() {
        draw_entry(&mut inner, y as u16, line, columns, picker.selected);
    }
}

/// How a line of the list is given out.
#[derive(Clone, Copy)]
struct Columns {
    /// Cells of the longest name.
    names: usize,
    /// Whether there is room for titles.
    titles: bool,
}

fn draw_entry(pen: &mut Pen<'_>, y: u16, line: &Line<'_>, columns: Columns, selected: usize) {
    match line {
        Line::Heading(title) => {
            pen.text(1, y, title, Role::Title);
        }
        Line::Entry(i, entry) => {
            pen.row_is(y, 0, *i);
            let name = text::cut_middle(&entry.name, columns.names);
            let name = text::left(&name, columns.names);
            let x = pen.text(3, y, &name, Role::Plain) + 1;
            match &entry.error {
                Some(error) if columns.titles => {
                    pen.text(x + 1, y, &format!("{} {error}", glyphs::BAD), Role::Bad);
                }
                Some(_) => pen.sign(x, y, glyphs::BAD, Role::Bad),
                None if columns.titles => {
                    pen.text(x + 1, y, &entry.title, Role::Dim);
                }
                None => {}
            }
            if *i == selected {
                pen.sign(1, y, glyphs::RIGHT, Role::Strong);
                pen.restyle_row(y, Role::Selected);
            }
        }
    }
}

fn draw_preview(picker: &Picker, pen: &mut Pen<'_>) {
    pen.part_is(PART_PREVIEW);
    let focused = picker.reads && picker.asking == Asking::Nothing;
    let Some((_, entry)) = picker.current() else {
        pen.frame("Preview", "", focused);
        return;
    };
    let live = picker.live.as_ref();
    let remark = live.map_or_else(String::new, preview::remark);
    let title = format!("Preview  {}", entry.name);
    let mut inner = pen.frame(&title, &remark, focused);
    let (w, h) = (inner.width(), inner.height());
    let page = Page::of(entry, (w, h));
    draw_lines(&mut inner.part(0, 0, w, page.head_rows), &page.head, 0);
    if let (Some(live), Some(shares)) = (live, page.shares) {
        preview::draw(&mut inner.part(0, page.head_rows, w, h), live, shares);
    }
    draw_lines(
        &mut inner.part(0, page.above, w, h),
        &page.about,
        picker.from,
    );
}

/// What the preview of a scenario has, and where in it.
struct Page {
    head: Vec<(String, Role)>,
    head_rows: u16,
    /// Of what plays, if it can.
    shares: Option<preview::Shares>,
    about: Vec<(String, Role)>,
    /// Rows above what it is about.
    above: u16,
    height: u16,
}

impl Page {
    /// Of an entry, in so many columns and rows.
    fn of(entry: &Entry, (w, h): (u16, u16)) -> Self {
        let width = usize::from(w.saturating_sub(2));
        let head = lines(&[(entry.title.as_str(), Role::Strong)], width);
        let mut parts: Vec<(&str, Role)> = Vec::new();
        let mistakes = format!("{} it has mistakes:", glyphs::BAD);
        if let Some(error) = &entry.error {
            parts.extend([(mistakes.as_str(), Role::Bad), (error, Role::Bad)]);
            parts.push(("", Role::Plain));
        }
        parts.extend(entry.preview.iter().map(|l| (l.as_str(), Role::Plain)));
        let about = lines(&parts, width);
        let head_rows = if entry.title.is_empty() {
            0
        } else {
            (head.len() as u16).min(2)
        };
        let room = h.saturating_sub(head_rows);
        let plays = entry.plays_from_ns.is_some();
        let shares = plays.then(|| preview::Shares::new(room, about.len() as u16));
        let above = head_rows + shares.map_or(0, preview::Shares::rows);
        Self {
            head,
            head_rows,
            shares,
            about,
            above: above + u16::from(above > 0 && h >= above + 4),
            height: h,
        }
    }

    /// Rows for what it is about.
    fn rows(&self) -> u16 {
        self.height.saturating_sub(self.above)
    }
}

/// Texts, wrapped where they are too long. One that fits keeps its spaces: they put a caret below what it points at.
fn lines(parts: &[(&str, Role)], width: usize) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    for &(value, role) in parts {
        if text::width(value) <= width {
            lines.push((value.to_string(), role));
        } else {
            let wrapped = text::wrap(value, width);
            lines.extend(wrapped.into_iter().map(|l| (l, role)));
        }
    }
    lines
}

/// As many lines as there is room for, from one on, and how many there are above and below.
fn draw_lines(pen: &mut Pen<'_>, lines: &[(String, Role)], from: usize) {
    let rows = usize::from(pen.height());
    if lines.len() <= rows {
        for (y, (line, role)) in (0..).zip(lines) {
            pen.text(1, y, line, *role);
        }
        return;
    }
    let shown = rows.saturating_sub(1);
    let from = from.min(lines.len() - shown);
    for (y, (line, role)) in (0..).zip(&lines[from..from + shown]) {
        pen.text(1, y, line, *role);
    }
    let more = match (from, lines.len() - from - shown) {
        (0, below) => format!("+{below} more lines"),
        (above, 0) => format!("+{above} above"),
        (above, below) => format!("+{above} above +{below} below"),
    };
    pen.text(1, shown as u16, &more, Role::Dim);
}

fn draw_options(picker: &Picker, pen: &mut Pen<'_>) {
    let asked = picker.asking == Asking::Seed;
    let (w, h) = (pen.width(), pen.height());
    let mut inner = if h < 3 {
        pen.part(0, 0, w, h)
    } else {
        pen.frame("Seed and speed", "", asked)
    };
    // What cannot be read names no seed.
    let readable = picker.current().filter(|(_, e)| e.error.is_none());
    let own = readable.map_or_else(String::new, |(_, e)| format!(" ({})", e.seed));
    let own = format!("the scenario's own{own}");
    let chance = name_for(Context::Entry, Action::RandomSeed);
    let (seed, note) = match (picker.asking, picker.seed.as_str()) {
        (Asking::Seed, "") => (
            "_".to_owned(),
            format!("  empty: {own}; {chance} by chance"),
        ),
        (Asking::Seed, typed) => (format!("{typed}_"), format!("  {chance} by chance")),
        (_, "") => (own, String::new()),
        (_, chosen) => (chosen.to_owned(), format!("  not {own}")),
    };
    let x = inner.text(1, 0, "seed ", Role::Dim);
    let x = inner.text(x, 0, &seed, Role::Strong);
    inner.text(x, 0, &note, Role::Dim);
    let speed = format!("speed {}", speed_text(picker.speed));
    let end = inner.width().saturating_sub(1);
    inner.text_right(end, 0, &speed, Role::Strong);
}

#[cfg(test)]
mod tests;
