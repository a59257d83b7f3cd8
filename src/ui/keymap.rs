//! The one table of keys. Dispatch, the help screen, the hints at the foot of a screen and the README's table all come
//! from it, so that none can say what another does not do.

use std::sync::OnceLock;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::comfort;
use super::keys::{Keymap, names};
use super::layout::Pane;
use super::map;
use super::panes;
use super::screens;
use super::style::GlyphSet;

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Stop or go on.
    Pause,
    /// One event on.
    StepOn,
    /// One event back.
    StepBack,
    /// To the next mark.
    NextMark,
    /// To the mark before this moment.
    PreviousMark,
    /// One second on.
    SecondOn,
    /// One second back.
    SecondBack,
    /// To the end of the run.
    End,
    /// From the start again, with the same seed.
    Restart,
    /// Faster.
    Faster,
    /// Slower.
    Slower,
    /// Real time.
    SpeedReset,
    /// Ask for a seed.
    Seed,
    /// A seed by chance.
    RandomSeed,
    /// The next pane gets the keys.
    NextPane,
    /// The pane before gets the keys.
    PreviousPane,
    /// This pane gets the keys.
    Focus(Pane),
    /// Down a line.
    Down,
    /// Up a line.
    Up,
    /// Down a page.
    PageDown,
    /// Up a page.
    PageUp,
    /// To the first line.
    Top,
    /// To the last line.
    Bottom,
    /// Open what is selected.
    Open,
    /// Close what is open.
    Back,
    /// One pane over the whole screen, or all of them.
    Zoom,
    /// Another order of the queues.
    Sort,
    /// Linear or logarithmic counts.
    Scale,
    /// Another latency, where a run has several.
    LatencyOf,
    /// Ask for a text to filter by.
    Filter,
    /// The help screen.
    Help,
    /// Mouse on or off.
    Mouse,
    /// Leave.
    Quit,
    /// Leave at once, whatever is open.
    Interrupt,
    /// Stop the program until the shell continues it.
    Suspend,
    /// A character of a text that is asked for.
    Type(char),
    /// Remove the last character.
    Erase,
    /// Remove the last word.
    EraseWord,
    /// Remove all that was typed.
    EraseAll,
    /// Remove the character behind the cursor.
    EraseNext,
    /// The cursor of a text to the left, to the right, to its beginning, to its end.
    CursorLeft,
    /// See [`Action::CursorLeft`].
    CursorRight,
    /// See [`Action::CursorLeft`].
    CursorStart,
    /// See [`Action::CursorLeft`].
    CursorEnd,
    /// The mouse was pressed at this column and row.
    Click(u16, u16),
    /// The forks of the run.
    Forks,
    /// Leave the run here with a fork.
    Fork,
    /// Back to where the fork left its parent.
    Undo,
    /// Another name for what is selected.
    Rename,
    /// The next event that comes to what is looked at.
    NextEvent,
    /// The event before that came to it.
    EventBefore,
    /// The next node.
    NextNode,
    /// The node before.
    NodeBefore,
    /// Another process of the node, or all.
    Process,
    /// To what caused it.
    Cause,
    /// The log of what is looked at.
    Log,
    /// Crash what is looked at.
    CrashIt,
    /// Bring it back.
    RestartIt,
    /// Cut it off.
    CutIt,
    /// Make it slow.
    SlowIt,
    /// The life of the message that is selected, or what an event comes from and what comes of it.
    Lineage,
    /// All messages.
    All,
    /// Take the run to what is selected.
    GoThere,
    /// The next lane.
    LaneOn,
    /// The lane before.
    LaneBack,
    /// The next that was found.
    NextFound,
    /// The one before that was found.
    PreviousFound,
    /// Write it as a recording.
    SaveRecording,
    /// Write it as a scenario.
    SaveScenario,
    /// Write all that was done by hand.
    SaveAll,
    /// Do something to the run.
    Inject,
    /// Every action and every thing, by name.
    Palette,
    /// Where the run shall stop.
    Breaks,
    /// One more.
    Add,
    /// Switch off what is selected, or on again.
    Turn,
    /// Do away with what is selected.
    Remove,
    /// The next field.
    NextField,
    /// Ask for a moment.
    Goto,
    /// Go nowhere, and stand where the run stood before.
    Cancel,
    /// Another theme.
    Theme,
    /// Copy what is selected.
    Copy,
    /// Copy the command that runs what is on the screen.
    CopyCommand,
    /// Save the screen.
    Save,
    /// As text.
    SaveText,
    /// As a picture.
    SavePicture,
    /// Keep the settings.
    Keep,
    /// The mouse was pressed twice at this column and row.
    DoubleClick(u16, u16),
    /// It moved here while it was pressed.
    Drag(u16, u16),
    /// Its wheel was turned towards the person here.
    WheelDown(u16, u16),
    /// Or away.
    WheelUp(u16, u16),
    /// The field before.
    FieldBefore,
    /// The next that can stand in a field.
    NextChoice,
    /// The one before.
    ChoiceBefore,
    /// Another run beside this one.
    Compare,
    /// To where two runs part.
    FirstDifference,
    /// Exchange the two.
    SwapSides,
    /// Both with more seeds.
    MoreSeeds,
    /// To the next mark of either.
    MarkOfEither,
    /// To the mark of either before this moment.
    MarkBeforeOfEither,
    /// The next link of the selected node.
    Link,
    /// To the next moment of either of two runs.
    StepBoth,
    /// To the moment of either before.
    StepBothBack,
    /// Open or close a group.
    Group,
    /// Open or close all groups.
    AllGroups,
    /// By zone, or by name.
    Zones,
    /// The other way round.
    SortBack,
    /// Ask for a text to look for.
    Search,
    /// Another kind of events.
    Kinds,
    /// Only what is of this one.
    OfThis,
    /// The lanes below.
    LanesDown,
    /// The lanes above.
    LanesUp,
}

/// Where a key means something. What is open comes before the pane that has the keys, that before the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Everywhere.
    Always,
    /// Where the run can be moved.
    Travel,
    /// On the dashboard.
    Dashboard,
    /// In the pane of the nodes.
    Topology,
    /// In the pane of the queues.
    Queues,
    /// In the pane of the latencies.
    Latency,
    /// In the log.
    Events,
    /// In the line of time.
    Time,
    /// While one thing is shown in detail.
    Detail,
    /// In the help screen.
    Help,
    /// While a text is asked for.
    Entry,
    /// In the picker of scenarios.
    Picker,
    /// On the screen of the forks.
    Forks,
    /// Where something is done to the run.
    Injector,
    /// Where everything is found by its name.
    Palette,
    /// On the screen of the breakpoints.
    Breaks,
    /// On the screen of a node.
    Inspector,
    /// On the screen of a message.
    Lineage,
    /// While the run is on a long way.
    Seek,
    /// While it is asked how the screen is to be saved.
    Save,
    /// On the screen of two runs.
    Compare,
    /// Where it is chosen what a run is compared with.
    Beside,
    /// Where a setting is chosen and changed.
    Setting,
    /// On the map of a sweep.
    Map,
    /// Where there is something to read.
    Notice,
    /// Where it is asked whether something may be lost.
    Leaving,
}

impl Context {
    /// All of them, in the order of the help screen.
    pub const ALL: [Self; 26] = [
        Self::Travel,
        Self::Seek,
        Self::Dashboard,
        Self::Topology,
        Self::Queues,
        Self::Latency,
        Self::Events,
        Self::Time,
        Self::Detail,
        Self::Forks,
        Self::Injector,
        Self::Palette,
        Self::Breaks,
        Self::Inspector,
        Self::Lineage,
        Self::Compare,
        Self::Beside,
        Self::Setting,
        Self::Notice,
        Self::Entry,
        Self::Help,
        Self::Picker,
        Self::Map,
        Self::Save,
        Self::Leaving,
        Self::Always,
    ];

    /// For headings.
    pub fn title(self) -> &'static str {
        match self {
            Self::Always => "Everywhere",
            Self::Travel => "Moving the run",
            Self::Seek => "On a long way",
            Self::Forks => "Forks",
            Self::Injector => "Doing something to the run",
            Self::Palette => "Everything by name",
            Self::Breaks => "Breakpoints",
            Self::Inspector => "Inspector",
            Self::Lineage => "Lineage",
            Self::Compare => "Comparison",
            Self::Beside => "Choosing what to compare with",
            Self::Setting => "Changing a setting",
            Self::Notice => "Something to read",
            Self::Dashboard => "Dashboard",
            Self::Topology => "Topology pane",
            Self::Queues => "Queues pane",
            Self::Latency => "Latency pane",
            Self::Events => "Events pane",
            Self::Time => "Time pane",
            Self::Detail => "Detail",
            Self::Help => "Help",
            Self::Entry => "Entering text",
            Self::Picker => "Scenario picker",
            Self::Map => "Map of a sweep",
            Self::Save => "Saving the screen",
            Self::Leaving => "Leaving what is not saved",
        }
    }
}

/// A key, with or without Ctrl. Shift is part of the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// Whether Ctrl is held.
    pub ctrl: bool,
}

impl Key {
    /// Whether it is text where text is asked for.
    pub fn is_character(&self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// Any of these keys.
    pub keys: &'static [Key],
    /// Does this.
    pub action: Action,
    /// One or two words for the foot of the screen; empty where it isn't shown there.
    pub hint: &'static str,
    /// A sentence for the help.
    pub meaning: &'static str,
}

pub(super) const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

pub(super) const fn ch(c: char) -> Key {
    key(KeyCode::Char(c))
}

pub(super) const fn ctrl(c: char) -> Key {
    Key {
        code: KeyCode::Char(c),
        ctrl: true,
    }
}

pub(super) const fn bind(
    context: Context,
    keys: &'static [Key],
    action: Action,
    hint: &'static str,
    meaning: &'static str,
) -> Binding {
    Binding {
        context,
        keys,
        action,
        hint,
        meaning,
    }
}

use Context::{Always, Dashboard, Detail, Entry, Help, Latency, Picker, Travel};

/// All keys: those of the dashboard, and each screen's own.
const TABLES: &[&[Binding]] = &[
    KEYS,
    panes::KEYS,
    screens::forks::KEYS,
    screens::injector::KEYS,
    screens::palette::KEYS,
    screens::breaks::KEYS,
    screens::inspector::KEYS,
    screens::lineage::KEYS,
    comfort::KEYS,
    screens::compare::KEYS,
    screens::notice::KEYS,
    screens::leaving::KEYS,
    map::KEYS,
];

/// The table of the program.
pub fn shipped() -> &'static [Binding] {
    static SHIPPED: OnceLock<Vec<Binding>> = OnceLock::new();
    SHIPPED.get_or_init(|| TABLES.concat())
}

/// What a person has instead.
static OWN: OnceLock<Keymap> = OnceLock::new();

/// From now on all screens have the keys of this table. Only the first one counts.
pub fn install(own: Keymap) {
    let _ = OWN.set(own);
}

/// All keys, as they are for this person.
pub fn all() -> &'static [Binding] {
    OWN.get().map_or_else(shipped, |own| own.bindings())
}

#[rustfmt::skip]
const KEYS: &[Binding] = &[
    bind(Travel, &[ch(' ')], Action::Pause, "pause", "pause, or go on"),
    bind(Travel, &[ch('.')], Action::StepOn, "step", "one event on"),
    bind(Travel, &[ch(',')], Action::StepBack, "step", "one event back"),
    bind(Travel, &[ch(']')], Action::NextMark, "mark", "run to the next mark: fault, failover, finding"),
    bind(Travel, &[ch('[')], Action::PreviousMark, "mark", "back to the mark before this moment"),
    bind(Travel, &[ch('+'), ch('=')], Action::Faster, "speed", "faster, up to as fast as the machine can"),
    bind(Travel, &[ch('-')], Action::Slower, "speed", "slower, down to a tenth of real time"),
    bind(Travel, &[key(KeyCode::Backspace)], Action::SpeedReset, "", "real time again"),
    bind(Travel, &[key(KeyCode::Right), ch('l')], Action::SecondOn, "1s", "one second on"),
    bind(Travel, &[key(KeyCode::Left), ch('h')], Action::SecondBack, "1s", "one second back"),
    bind(Travel, &[key(KeyCode::Home), ch('r')], Action::Restart, "restart", "from the start, with the same seed"),
    bind(Travel, &[ch('#')], Action::Goto, "", "go to a moment: 12.48s, +2s, #31877 (an event), 50%, end"),
    bind(Travel, &[key(KeyCode::End)], Action::End, "", "run to the end"),
    bind(Context::Seek, &[key(KeyCode::Esc)], Action::Cancel, "", "cancel: the run is back where it stood before, paused"),
    bind(Dashboard, &[ch('s')], Action::Seed, "seed", "choose a seed and start again"),
    bind(Dashboard, &[key(KeyCode::Tab)], Action::NextPane, "pane", "the next pane gets the keys"),
    bind(Dashboard, &[key(KeyCode::BackTab)], Action::PreviousPane, "", "the pane before gets the keys"),
    bind(Dashboard, &[ch('1')], Action::Focus(Pane::Topology), "", "pane 1: nodes and links"),
    bind(Dashboard, &[ch('2')], Action::Focus(Pane::Queues), "", "pane 2: queues, totals and checks"),
    bind(Dashboard, &[ch('3')], Action::Focus(Pane::Heatmap), "", "pane 3: latency over time"),
    bind(Dashboard, &[ch('4')], Action::Focus(Pane::Latency), "", "pane 4: latency and its percentiles"),
    bind(Dashboard, &[ch('5')], Action::Focus(Pane::Events), "", "pane 5: what happened"),
    bind(Dashboard, &[ch('6')], Action::Focus(Pane::Time), "", "pane 6: the run as a line of time"),
    bind(Dashboard, &[key(KeyCode::Enter)], Action::Open, "open", "what is selected in detail; with nothing selected, zoom"),
    bind(Dashboard, &[key(KeyCode::Esc)], Action::Back, "back", "drop the selection, the filter, the zoom; then, pressed twice, back to the picker or map"),
    bind(Dashboard, &[ch('z')], Action::Zoom, "zoom", "this pane over the whole screen, or all panes"),
    bind(Dashboard, &[ch('j'), key(KeyCode::Down)], Action::Down, "", "down a line"),
    bind(Dashboard, &[ch('k'), key(KeyCode::Up)], Action::Up, "", "up a line"),
    bind(Dashboard, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Dashboard, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Dashboard, &[ch('g')], Action::Top, "", "to the first line"),
    bind(Dashboard, &[ch('G')], Action::Bottom, "", "to the last line"),
    bind(Travel, &[ch(':')], Action::Palette, "all", "everything by name: what can be done, nodes, queues, messages, marks, branches, scenarios, moments"),
    bind(Dashboard, &[ch('i')], Action::Inject, "inject", "do something to the run: a fault, more traffic, another setting"),
    bind(Dashboard, &[ch('f')], Action::Fork, "fork", "leave the run here with a fork, to go on with from this moment"),
    bind(Dashboard, &[ch('F')], Action::Forks, "", "the forks of the run"),
    bind(Dashboard, &[ch('u')], Action::Undo, "", "undo: back to where this fork left its parent"),
    bind(Dashboard, &[ch('b')], Action::Breaks, "", "breakpoints: where the run shall stop"),
    bind(Dashboard, &[ch('w')], Action::Lineage, "why", "why: what the selected event comes from, or the messages that went wrong"),
    bind(Dashboard, &[ch('c')], Action::Compare, "compare", "another run beside this one: its control, a branch, a setting, a seed"),
    bind(Dashboard, &[ch('/')], Action::Search, "search", "look for a text in the events; in the queues, show only rows with it"),
    bind(Dashboard, &[ch('&')], Action::Filter, "", "show only events that contain a text"),
    bind(Dashboard, &[ch('m')], Action::Mouse, "", "mouse on or off (off lets the terminal select text)"),
    bind(Latency, &[ch('y')], Action::Scale, "scale", "counts linear or logarithmic"),
    bind(Latency, &[ch('t')], Action::LatencyOf, "", "where a run has both: of requests, or of messages"),
    bind(Detail, &[key(KeyCode::Enter)], Action::Open, "go there", "go to the moment of this event, or to the events of this node or queue"),
    bind(Detail, &[key(KeyCode::Esc)], Action::Back, "close", "close"),
    bind(Detail, &[ch('j'), key(KeyCode::Down)], Action::Down, "move", "the next one"),
    bind(Detail, &[ch('k'), key(KeyCode::Up)], Action::Up, "move", "the one before"),
    bind(Entry, &[key(KeyCode::Enter)], Action::Open, "accept", "accept"),
    bind(Entry, &[key(KeyCode::Esc)], Action::Back, "cancel", "cancel"),
    bind(Entry, &[key(KeyCode::Left)], Action::CursorLeft, "", "the cursor to the left, in what is longer than a word"),
    bind(Entry, &[key(KeyCode::Right)], Action::CursorRight, "", "the cursor to the right"),
    bind(Entry, &[key(KeyCode::Home), ctrl('a')], Action::CursorStart, "", "the cursor to the beginning"),
    bind(Entry, &[key(KeyCode::End), ctrl('e')], Action::CursorEnd, "", "the cursor to the end"),
    bind(Entry, &[key(KeyCode::Backspace)], Action::Erase, "", "remove the character before the cursor"),
    bind(Entry, &[key(KeyCode::Delete)], Action::EraseNext, "", "remove the character behind it"),
    bind(Entry, &[ctrl('w')], Action::EraseWord, "", "remove the word before it"),
    bind(Entry, &[ctrl('u')], Action::EraseAll, "", "remove all that was typed"),
    bind(Entry, &[key(KeyCode::Tab)], Action::RandomSeed, "", "when a seed is asked for: one by chance"),
    bind(Help, &[ch('j'), key(KeyCode::Down)], Action::Down, "move", "down a line"),
    bind(Help, &[ch('k'), key(KeyCode::Up)], Action::Up, "move", "up a line"),
    bind(Help, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Help, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Help, &[ch('g')], Action::Top, "", "to the first line"),
    bind(Help, &[ch('G')], Action::Bottom, "", "to the last line"),
    bind(Help, &[key(KeyCode::Enter)], Action::Open, "do it", "do what the selected line says"),
    bind(Help, &[key(KeyCode::Esc), ch('?'), ch('q')], Action::Back, "close", "close the help"),
    bind(Picker, &[ch('j'), key(KeyCode::Down)], Action::Down, "move", "the next scenario"),
    bind(Picker, &[ch('k'), key(KeyCode::Up)], Action::Up, "move", "the scenario before"),
    bind(Picker, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down ten lines"),
    bind(Picker, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up ten lines"),
    bind(Picker, &[ch('g'), key(KeyCode::Home)], Action::Top, "", "to the first scenario"),
    bind(Picker, &[ch('G'), key(KeyCode::End)], Action::Bottom, "", "to the last scenario"),
    bind(Picker, &[key(KeyCode::Tab), key(KeyCode::BackTab)], Action::NextPane, "pane", "the keys scroll the preview, or go through the list again"),
    bind(Picker, &[key(KeyCode::Enter)], Action::Open, "run", "run the selected scenario"),
    bind(Picker, &[ch(' ')], Action::Pause, "hold", "hold the preview, or let it go on"),
    bind(Picker, &[ch('/')], Action::Filter, "filter", "show only scenarios that contain a text"),
    bind(Picker, &[key(KeyCode::Esc)], Action::Back, "", "back to the list; drop the filter"),
    bind(Picker, &[ch('s')], Action::Seed, "seed", "choose the seed"),
    bind(Picker, &[ch('r')], Action::RandomSeed, "random seed", "a seed by chance"),
    bind(Picker, &[ch('+'), ch('=')], Action::Faster, "speed", "start faster"),
    bind(Picker, &[ch('-')], Action::Slower, "speed", "start slower"),
    bind(Picker, &[key(KeyCode::Backspace)], Action::SpeedReset, "", "start in real time"),
    bind(Always, &[ch('?')], Action::Help, "help", "all keys; Enter does what the selected line says"),
    bind(Always, &[ch('q')], Action::Quit, "quit", "quit; asks where what was done by hand is not saved"),
    bind(Always, &[ctrl('c')], Action::Interrupt, "", "quit at once, whatever is not saved"),
    bind(Always, &[ctrl('z')], Action::Suspend, "", "back to the shell; `fg` goes on here"),
];

/// What a key does where these contexts are open, the innermost first. In a context that asks for text, a character
/// that is bound in no inner context is part of the text.
pub fn action(contexts: &[Context], event: KeyEvent) -> Option<Action> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let blocked = event
        .modifiers
        .intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META);
    if blocked {
        return None;
    }
    let key = Key {
        code: event.code,
        ctrl: control,
    };
    for &context in contexts {
        let found = all()
            .iter()
            .find(|b| b.context == context && b.keys.contains(&key));
        if let Some(binding) = found {
            return Some(binding.action);
        }
        if let (Entry, KeyCode::Char(c), false) = (context, event.code, control) {
            return Some(Action::Type(c));
        }
    }
    None
}

/// The name of a key as people write it.
pub fn key_name(key: Key) -> String {
    let name = match key.code {
        KeyCode::Char(' ') => "space".to_string(),
        KeyCode::Char(c) if key.ctrl => c.to_uppercase().to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Left => "←".into(),
        KeyCode::Right => "→".into(),
        KeyCode::Up => "↑".into(),
        KeyCode::Down => "↓".into(),
        KeyCode::BackTab => "Shift-Tab".into(),
        KeyCode::PageUp => "PgUp".into(),
        KeyCode::PageDown => "PgDn".into(),
        other => names::key_text(Key {
            code: other,
            ctrl: false,
        }),
    };
    if key.ctrl {
        format!("Ctrl-{name}")
    } else {
        name
    }
}

/// Names of keys as they are read where only ASCII may be shown: the sign for an arrow there is a key of its own.
pub fn spelled(names: &str, glyphs: GlyphSet) -> String {
    if glyphs != GlyphSet::Ascii {
        return names.to_owned();
    }
    let arrows = [("←", "Left"), ("→", "Right"), ("↑", "Up"), ("↓", "Down")];
    let spelled = |names: String, (arrow, word)| names.replace(arrow, word);
    arrows.into_iter().fold(names.to_owned(), spelled)
}

/// The names of all keys of a binding.
pub fn key_names(binding: &Binding) -> String {
    let names: Vec<String> = binding.keys.iter().map(|&k| key_name(k)).collect();
    names.join(" ")
}

/// The name of the first key that does this in a context, as a sentence names it.
pub fn name_for(context: Context, wanted: Action) -> String {
    let line = all()
        .iter()
        .find(|b| b.context == context && b.action == wanted);
    let key = line.and_then(|b| b.keys.first());
    key.map_or_else(|| "(no key)".to_owned(), |&key| key_name(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn a_key_means_one_thing_in_a_context() {
        let mut seen: Vec<(Context, Key)> = Vec::new();
        for binding in all() {
            assert!(!binding.keys.is_empty() && !binding.meaning.is_empty());
            for &key in binding.keys {
                assert!(
                    !seen.contains(&(binding.context, key)),
                    "{} twice in {:?}",
                    key_name(key),
                    binding.context
                );
                seen.push((binding.context, key));
            }
        }
    }

    #[test]
    fn arrows_are_words_where_their_signs_would_be_other_keys() {
        assert_eq!(spelled("→ ← l", GlyphSet::Ascii), "Right Left l");
        assert_eq!(spelled("Ctrl-↑ ↓", GlyphSet::Ascii), "Ctrl-Up Down");
        assert_eq!(spelled("→ ← l", GlyphSet::Block), "→ ← l");
    }

    #[test]
    fn every_context_has_a_place_in_the_help() {
        for binding in all() {
            assert!(Context::ALL.contains(&binding.context));
        }
    }

    #[test]
    fn the_innermost_context_wins() {
        let q = press(KeyCode::Char('q'));
        assert_eq!(action(&[Dashboard, Always], q), Some(Action::Quit));
        assert_eq!(action(&[Help, Always], q), Some(Action::Back));
        assert_eq!(action(&[Entry, Always], q), Some(Action::Type('q')));
    }

    #[test]
    fn ctrl_c_is_never_text() {
        let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(action(&[Entry, Always], ctrl_c), Some(Action::Interrupt));
    }
}
