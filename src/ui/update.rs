//! What an action does to the dashboard. Pure: what concerns the run or the terminal comes out as an effect.

use super::comfort::{self, Wish};
use super::engine::{Order, Until};
use super::help;
use super::keymap::{self, Action, Binding, Context};
use super::layout::{self, Pane};
use super::model::{Model, Overlay, REAL_TIME, SPEEDS, faster, slower};
use super::mouse;
use super::panes;
use super::screens::breaks::BreakList;
use super::screens::compare::Compare;
use super::screens::goto::Goto;
use super::screens::inspector::Inspector;
use super::screens::lineage::Lineage;
use super::screens::palette::Palette;
use super::screens::{Open, forks, injector};
use super::view::lineage::About;
use super::view::{QueueRow, RowKind};

/// What has to be done beyond the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The speed changed, or the run stopped or goes on.
    Pace,
    /// The run goes to a place on, or back, and stands there.
    Seek(Until),
    /// It goes nowhere, and stands where it was before.
    Cancel,
    /// The run begins again with a seed, and plays or stands as the model says.
    Restart(u64),
    /// The same with a seed by chance.
    RestartByChance,
    /// Mouse reports are wanted, or no more.
    Mouse(bool),
    /// To the shell and back.
    Suspend,
    /// Another screen opens over this one.
    Open(Box<Open>),
    /// The innermost screen closes.
    Close,
    /// It closes, and another opens in its place.
    Instead(Box<Open>),
    /// It closes, and this is done as if its key had been pressed in that place.
    Act(Context, Action),
    /// It closes, and the run goes to a place.
    Leave(Until),
    /// To the dashboard's log, with the events that name this.
    Log(String),
    /// A person wants something done to the run.
    Order(Order),
    /// A person wants something that concerns no run.
    Wish(Wish),
    /// Back to the screen before.
    Back,
    /// The program ends.
    Quit,
}

/// What an action does.
pub fn update(model: &mut Model, action: Action) -> Effect {
    let asked = model.notice == leaving();
    model.notice.clear();
    match action {
        Action::Interrupt => return Effect::Quit,
        Action::Suspend => return Effect::Suspend,
        Action::Cancel => {
            model.playback.waiting.clear();
            return Effect::Cancel;
        }
        _ => {}
    }
    if let Some(effect) = comfort::update(model, action).or_else(|| with_mouse(model, action)) {
        return effect;
    }
    let effect = match model.overlay.clone() {
        Overlay::Help(line) => in_help(model, action, line),
        Overlay::Detail if panes::scroll_detail(model, action) => Effect::None,
        Overlay::Detail => in_detail(model, action),
        Overlay::Seed(text) => in_seed(model, action, text),
        Overlay::Filter => panes::in_filter(model, action),
        Overlay::Search => panes::in_search(model, action),
        Overlay::None if model.screens.is_empty() => on_dashboard(model, action, asked),
        Overlay::None => in_screen(model, action),
    };
    // Whoever goes elsewhere does not want to go on from where the run was going.
    if moves(&effect) {
        model.playback.waiting.clear();
    }
    effect
}

/// What the mouse does, if the action is one of it.
fn with_mouse(model: &mut Model, action: Action) -> Option<Effect> {
    let effect = match action {
        Action::Click(x, y) => mouse::press(model, (x, y)),
        Action::Drag(x, y) => mouse::drag(model, (x, y)),
        Action::DoubleClick(x, y) if mouse::is_on_line(model, (x, y)) => {
            update(model, Action::Open)
        }
        Action::DoubleClick(..) => Effect::None,
        Action::WheelDown(x, y) | Action::WheelUp(x, y) => {
            let down = matches!(action, Action::WheelDown(..));
            let Some((step, times)) = mouse::wheel(model, (x, y), down) else {
                return Some(Effect::None);
            };
            (1..times).for_each(|_| drop(update(model, step)));
            update(model, step)
        }
        _ => return None,
    };
    if moves(&effect) {
        model.playback.waiting.clear();
    }
    Some(effect)
}

fn moves(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Pace
            | Effect::Seek(_)
            | Effect::Restart(_)
            | Effect::RestartByChance
            | Effect::Order(_)
    )
}

/// What the innermost screen does with an action: those that move the run and those that mean the same everywhere are
/// not its own.
fn in_screen(model: &mut Model, action: Action) -> Effect {
    let Some(mut open) = model.screens.pop() else {
        return Effect::None;
    };
    let contexts = open.contexts();
    let effect = match action {
        Action::Help => {
            model.overlay = Overlay::Help(0);
            Effect::None
        }
        Action::Quit if contexts[0] != Context::Detail => Effect::Quit,
        Action::Goto if contexts.contains(&Context::Travel) => opened(Goto::default()),
        Action::Palette if contexts.contains(&Context::Travel) => opened(palette(&contexts)),
        _ if contexts.contains(&Context::Travel) && is_travel(action) => travel(model, action),
        _ => open.update(model.seen(), action),
    };
    model.screens.push(open);
    settle(model, effect)
}

/// Opens and closes screens; everything else is for others.
fn settle(model: &mut Model, effect: Effect) -> Effect {
    match effect {
        Effect::Open(open) => {
            model.screens.push(*open);
            Effect::None
        }
        Effect::Close => {
            model.screens.pop();
            Effect::None
        }
        Effect::Instead(open) => {
            model.screens.pop();
            model.screens.push(*open);
            Effect::None
        }
        Effect::Act(context, action) => {
            model.screens.pop();
            act(model, context, action)
        }
        Effect::Leave(until) => {
            model.screens.pop();
            Effect::Seek(until)
        }
        Effect::Log(name) => {
            model.screens.clear();
            show_events_of(model, name);
            Effect::None
        }
        other => other,
    }
}

/// The palette with what can be done in some places.
fn palette(contexts: &[Context]) -> Palette {
    let none = [
        Context::Entry,
        Context::Detail,
        Context::Help,
        Context::Palette,
    ];
    let contexts: Vec<Context> = contexts
        .iter()
        .copied()
        .filter(|c| !none.contains(c))
        .collect();
    Palette::new(help::bindings(&contexts).into_iter())
}

fn open_palette(model: &mut Model) -> Effect {
    let screen = palette(&model.help_contexts());
    open_screen(model, screen)
}

/// The selected node, as the scenario language has it.
fn target(model: &Model) -> Option<String> {
    let at = model
        .selection(Pane::Topology)
        .filter(|_| model.focus == Pane::Topology)?;
    let node = model.frame.topology.nodes.get(at)?;
    Some(format!("\"{}\"", node.name))
}

fn opened(screen: impl Into<Open>) -> Effect {
    Effect::Open(Box::new(screen.into()))
}

/// Opens a screen over what is there.
pub fn open_screen(model: &mut Model, screen: impl Into<Open>) -> Effect {
    model.overlay = Overlay::None;
    model.screens.push(screen.into());
    Effect::None
}

fn is_travel(action: Action) -> bool {
    matches!(
        action,
        Action::Pause
            | Action::StepOn
            | Action::StepBack
            | Action::NextMark
            | Action::PreviousMark
            | Action::SecondOn
            | Action::SecondBack
            | Action::End
            | Action::Restart
            | Action::Faster
            | Action::Slower
            | Action::SpeedReset
    )
}

/// What movements do that waited for the run to get where they count from, now that it stands there.
pub fn arrived(model: &mut Model) -> Effect {
    let mut effect = Effect::None;
    let mut waiting = std::mem::take(&mut model.playback.waiting).into_iter();
    while let Some(&action) = waiting.as_slice().first() {
        if !is_known(model.playback.goal, action) {
            break;
        }
        waiting.next();
        effect = travel(model, action);
        if let Effect::Seek(goal) = effect {
            model.playback.goal = Some(goal);
        }
    }
    model.playback.waiting = waiting.collect();
    effect
}

fn on_dashboard(model: &mut Model, action: Action, asked: bool) -> Effect {
    if let Some(effect) = panes::update(model, action) {
        return effect;
    }
    match action {
        _ if is_travel(action) => travel(model, action),
        Action::Goto => open_screen(model, Goto::default()),
        Action::Lineage => open_lineage(model),
        Action::Forks => open_screen(model, forks::Forks::default()),
        Action::Palette => open_palette(model),
        Action::Inject => open_screen(model, injector::Injector::new(target(model))),
        Action::Compare => open_screen(model, Compare::choosing()),
        Action::Breaks => open_screen(model, BreakList::default()),
        Action::Fork => Effect::Order(Order::Fork),
        Action::Undo => Effect::Order(Order::Undo),
        Action::Seed => open(model, Overlay::Seed(String::new())),
        Action::RandomSeed => begin(model, Effect::RestartByChance),
        Action::NextPane => turn(model, 1),
        Action::PreviousPane => turn(model, Pane::ALL.len() - 1),
        Action::Focus(pane) => {
            model.focus = pane;
            Effect::None
        }
        Action::Down
        | Action::Up
        | Action::PageDown
        | Action::PageUp
        | Action::Top
        | Action::Bottom => {
            let at = model.focus.index();
            model.selected[at] = moved(model.selected[at], model.lines(), action);
            Effect::None
        }
        Action::Open => open_selected(model),
        Action::Back => back(model, asked),
        Action::Zoom => {
            model.zoom = model.zoomed().is_none();
            if !model.zoom {
                leave_hidden_pane(model);
            }
            Effect::None
        }
        Action::Sort => {
            model.sort = model.sort.next();
            Effect::None
        }
        Action::Scale => {
            model.log_counts = !model.log_counts;
            Effect::None
        }
        Action::LatencyOf => {
            model.latency_of = (model.latency_of + 1) % (model.frame.other_latencies.len() + 1);
            Effect::None
        }
        Action::Filter => {
            model.focus = Pane::Events;
            open(model, Overlay::Filter)
        }
        Action::Search => {
            model.focus = Pane::Events;
            open(model, Overlay::Search)
        }
        Action::Help => open(model, Overlay::Help(0)),
        Action::Mouse => {
            model.mouse = !model.mouse;
            model.notice = format!("mouse {}", if model.mouse { "on" } else { "off" });
            Effect::Mouse(model.mouse)
        }
        Action::Quit => Effect::Quit,
        // The rest means something on other screens alone.
        _ => Effect::None,
    }
}

/// Of the event or mark that is selected what it comes from, of a queue the messages that went wrong in it; otherwise the worst
/// of all messages.
fn open_lineage(model: &mut Model) -> Effect {
    let at = model.selection(model.focus);
    let event = match (model.focus, at) {
        (Pane::Events, Some(at)) => model.events().get(at).map(|e| e.event),
        (Pane::Time, Some(at)) => model.frame.timeline.marks.get(at).map(|m| m.event),
        _ => None,
    };
    if let (Pane::Queues, Some(at)) = (model.focus, at)
        && let Some(row) = model.rows().get(at)
    {
        let name = row.name.clone();
        return open_screen(model, Lineage::of_queue(name));
    }
    let about = event.map_or(About::Trouble(0), About::Event);
    open_screen(model, Lineage::new(about))
}

fn open(model: &mut Model, overlay: Overlay) -> Effect {
    model.overlay = overlay;
    Effect::None
}

fn turn(model: &mut Model, by: usize) -> Effect {
    let (w, h) = model.size;
    let shown = layout::layout(w, h, None);
    let count = Pane::ALL.len();
    let mut at = model.focus.index();
    for _ in 0..count {
        at = (at + by) % count;
        let visible = model.zoom
            || shown
                .as_ref()
                .is_none_or(|l| l.area(Pane::ALL[at]).is_some());
        if visible {
            break;
        }
    }
    model.focus = Pane::ALL[at];
    Effect::None
}

/// A pane that only zoom can show loses the keys when the zoom ends.
fn leave_hidden_pane(model: &mut Model) {
    if model.zoomed().is_some() {
        model.focus = Pane::Topology;
    }
}

/// The selected line after a movement over `total` lines.
pub fn moved(selected: Option<usize>, total: usize, action: Action) -> Option<usize> {
    let last = total.checked_sub(1)?;
    let at = match (action, selected) {
        (Action::Top, _) | (Action::Down | Action::PageDown, None) => 0,
        (Action::Bottom, _) | (Action::Up | Action::PageUp, None) => last,
        (Action::Down, Some(at)) => at + 1,
        (Action::Up, Some(at)) => at.saturating_sub(1),
        (Action::PageDown, Some(at)) => at + 10,
        (Action::PageUp, Some(at)) => at.saturating_sub(10),
        (_, selected) => return selected,
    };
    Some(at.min(last))
}

fn open_selected(model: &mut Model) -> Effect {
    match (model.focus, model.selection(model.focus)) {
        (Pane::Time, Some(at)) => {
            let mark = model.frame.timeline.marks.get(at);
            mark.map_or(Effect::None, |m| Effect::Seek(Until::Event(m.event)))
        }
        (Pane::Topology, Some(node)) => open_screen(model, Inspector::of_node(node)),
        (_, Some(_)) => open(model, Overlay::Detail),
        (_, None) => on_dashboard(model, Action::Zoom, false),
    }
}

/// A run that nobody recorded is gone when its dashboard is left: that takes a second press.
fn leaving() -> String {
    let back = keymap::name_for(Context::Dashboard, Action::Back);
    format!("{back} again: back to the picker, without this run")
}

fn back(model: &mut Model, asked: bool) -> Effect {
    let at = model.focus.index();
    if model.selected[at].is_some() {
        model.selected[at] = None;
    } else if model.focus == Pane::Events && !model.filter.is_empty() {
        model.filter.clear();
    } else if model.zoomed().is_some() {
        model.zoom = false;
        leave_hidden_pane(model);
    } else if model.has_parent && asked {
        return Effect::Back;
    } else if model.has_parent {
        model.notice = leaving();
    }
    Effect::None
}

/// A run that somebody asks for plays, whatever the one before did.
fn begin(model: &mut Model, restart: Effect) -> Effect {
    model.overlay = Overlay::None;
    model.playback.paused = false;
    restart
}

/// Whether it is known from where a movement counts while the run is on its way to a goal: by its time or by its event,
/// whichever the movement needs.
fn is_known(goal: Option<Until>, action: Action) -> bool {
    let by_time = match action {
        Action::SecondOn | Action::SecondBack => true,
        // The next mark is looked for from where the run stands; and it knows no other marks than those before that.
        Action::NextMark | Action::PreviousMark => return goal.is_none(),
        Action::StepOn | Action::StepBack => false,
        _ => return true,
    };
    match goal {
        None => true,
        Some(Until::Time(_)) => by_time,
        Some(Until::Event(_)) => !by_time,
        Some(Until::NextMark) => false,
    }
}

/// From where a movement counts, as a time in ns and an event: while the run is on its way to a place that a key asked
/// for, the next key counts from that place, so that none is lost however quickly they come. Only what is known of that
/// place may be used ([`is_known`]).
fn departure(model: &Model) -> (u64, u64) {
    let header = &model.frame.header;
    match model.playback.goal {
        Some(Until::Time(ns)) => (ns.min(header.end_ns), header.events),
        Some(Until::Event(event)) => (header.now_ns, event),
        Some(Until::NextMark) | None => (header.now_ns, header.events),
    }
}

fn travel(model: &mut Model, action: Action) -> Effect {
    const SECOND_NS: u64 = 1_000_000_000;
    let relative = !is_known(Some(Until::NextMark), action);
    let waits = !model.playback.waiting.is_empty() || !is_known(model.playback.goal, action);
    if relative && waits {
        model.playback.waiting.push(action);
        return Effect::None;
    }
    let (now_ns, event) = departure(model);
    let header = &model.frame.header;
    let play = &mut model.playback;
    match action {
        Action::Pause => {
            if play.ended {
                let restart = keymap::name_for(Context::Travel, Action::Restart);
                model.notice = format!("the run is at its end: {restart} restarts it");
                return Effect::None;
            }
            play.paused = !play.paused;
            Effect::Pace
        }
        Action::Faster => {
            play.speed = faster(play.speed);
            Effect::Pace
        }
        Action::Slower => {
            play.speed = slower(play.speed);
            Effect::Pace
        }
        Action::SpeedReset => {
            play.speed = SPEEDS[REAL_TIME];
            Effect::Pace
        }
        Action::StepOn => Effect::Seek(Until::Event(event + 1)),
        Action::StepBack => Effect::Seek(Until::Event(event.saturating_sub(1))),
        Action::NextMark => Effect::Seek(Until::NextMark),
        Action::PreviousMark => {
            let marks = &model.frame.timeline.marks;
            let before = marks.iter().rev().find(|m| m.event < event);
            Effect::Seek(before.map_or(Until::Time(0), |m| Until::Event(m.event)))
        }
        Action::SecondOn => Effect::Seek(Until::Time(now_ns.saturating_add(SECOND_NS))),
        Action::SecondBack => Effect::Seek(Until::Time(now_ns.saturating_sub(SECOND_NS))),
        Action::End => Effect::Seek(Until::Time(header.end_ns)),
        Action::Restart => {
            // One that stands because it is at its end plays again; one that was paused stays so.
            play.paused &= !play.ended;
            Effect::Restart(header.seed)
        }
        _ => Effect::None,
    }
}

fn in_help(model: &mut Model, action: Action, line: usize) -> Effect {
    match action {
        Action::Back | Action::Quit => open(model, Overlay::None),
        Action::Open => {
            model.overlay = Overlay::None;
            match help::bindings(&model.help_contexts()).get(line) {
                Some(binding) => run_from_help(model, binding),
                None => Effect::None,
            }
        }
        _ => {
            let at = moved(Some(line), model.lines(), action).unwrap_or(0);
            open(model, Overlay::Help(at))
        }
    }
}

/// Does what a line of the help says, as if its key had been pressed on the dashboard.
fn run_from_help(model: &mut Model, binding: &Binding) -> Effect {
    act(model, binding.context, binding.action)
}

/// Does what an action does in a place.
fn act(model: &mut Model, context: Context, action: Action) -> Effect {
    if let Some(effect) = comfort::update(model, action) {
        return effect;
    }
    if !model.screens.is_empty() {
        return match action {
            Action::Interrupt => Effect::Quit,
            Action::Suspend => Effect::Suspend,
            _ => in_screen(model, action),
        };
    }
    match context {
        Context::Topology => model.focus = Pane::Topology,
        Context::Queues => model.focus = Pane::Queues,
        Context::Latency => model.focus = Pane::Latency,
        Context::Events => model.focus = Pane::Events,
        Context::Time => model.focus = Pane::Time,
        Context::Dashboard | Context::Travel | Context::Always => {}
        other => {
            model.notice = format!("this key works only here: {}", other.title());
            return Effect::None;
        }
    }
    match action {
        Action::Interrupt => Effect::Quit,
        Action::Suspend => Effect::Suspend,
        _ => on_dashboard(model, action, false),
    }
}

fn in_detail(model: &mut Model, action: Action) -> Effect {
    match action {
        Action::Back => open(model, Overlay::None),
        Action::Quit => Effect::Quit,
        Action::Help => open(model, Overlay::Help(0)),
        Action::Open => {
            let effect = go_there(model);
            model.overlay = Overlay::None;
            effect
        }
        _ => {
            let at = model.focus.index();
            model.selected[at] = moved(model.selected[at], model.lines(), action);
            Effect::None
        }
    }
}

/// To the moment of the event that is shown; to what happened to the node or queue.
fn go_there(model: &mut Model) -> Effect {
    let at = model.selection(model.focus).unwrap_or(0);
    let name = match model.focus {
        Pane::Events => {
            let event = model.events().get(at).map(|e| e.event);
            return event.map_or(Effect::None, |event| Effect::Seek(Until::Event(event)));
        }
        Pane::Queues => {
            let rows = model.rows();
            let row = rows.get(at).copied();
            // A group's row stands for the queue that it reads.
            let depth = |r: &&QueueRow| r.kind == RowKind::Depth;
            let of = row.map(|row| {
                if row.kind != RowKind::Lag {
                    return row;
                }
                model
                    .frame
                    .queues
                    .iter()
                    .filter(depth)
                    .find(|r| r.queue == row.queue)
                    .unwrap_or(row)
            });
            of.map(|r| r.name.clone())
        }
        _ => None,
    };
    if let Some(name) = name {
        show_events_of(model, name);
    }
    Effect::None
}

/// To the events that name something.
fn show_events_of(model: &mut Model, name: String) {
    model.filter = name;
    model.focus = Pane::Events;
    model.selected[Pane::Events.index()] = None;
}

fn in_seed(model: &mut Model, action: Action, mut text: String) -> Effect {
    match action {
        Action::Back => return open(model, Overlay::None),
        Action::RandomSeed => return begin(model, Effect::RestartByChance),
        Action::Open => match text.parse::<u64>() {
            Ok(seed) => return begin(model, Effect::Restart(seed)),
            Err(_) if text.is_empty() => return open(model, Overlay::None),
            Err(_) => model.notice = format!("a seed is a whole number up to {}", u64::MAX),
        },
        Action::Type(c) if c.is_ascii_digit() && text.len() < 20 => text.push(c),
        Action::Type(_) => model.notice = "a seed has only digits".into(),
        Action::Erase => {
            text.pop();
        }
        _ => {}
    }
    open(model, Overlay::Seed(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::engine::{Engine, Progress};
    use crate::ui::fixture;

    fn model() -> Model {
        fixture::model(120, 40)
    }

    #[test]
    fn stepping_names_the_event() {
        let mut m = model();
        m.frame.header.events = 100;
        assert_eq!(
            update(&mut m, Action::StepOn),
            Effect::Seek(Until::Event(101))
        );
        assert_eq!(
            update(&mut m, Action::StepBack),
            Effect::Seek(Until::Event(99))
        );
    }

    #[test]
    fn keys_that_come_during_a_seek_count_from_its_goal() {
        const SECOND_NS: u64 = 1_000_000_000;
        let mut m = model();
        let mut press = |action| {
            let effect = update(&mut m, action);
            if let Effect::Seek(goal) = effect {
                m.playback.goal = Some(goal);
            }
            effect
        };
        // The run has not moved yet, and stands at 12.48 s.
        let seconds = |n: u64| Effect::Seek(Until::Time(n * SECOND_NS + 480_000_000));
        assert_eq!(press(Action::SecondOn), seconds(13));
        assert_eq!(press(Action::SecondOn), seconds(14));
        assert_eq!(press(Action::SecondOn), seconds(15));
        assert_eq!(press(Action::SecondBack), seconds(14));
        press(Action::End);
        press(Action::SecondOn);
        let end_ns = fixture::frame().header.end_ns;
        let back = Effect::Seek(Until::Time(end_ns - SECOND_NS));
        assert_eq!(
            press(Action::SecondBack),
            back,
            "nothing lies after the end"
        );
        let mut m = model();
        update(&mut m, Action::StepOn);
        let events = fixture::frame().header.events;
        m.playback.goal = Some(Until::Event(events + 1));
        let second = update(&mut m, Action::StepOn);
        assert_eq!(second, Effect::Seek(Until::Event(events + 2)));
    }

    /// A dashboard whose keys move a run in which every event takes a millisecond and every hundredth makes a mark, and
    /// what it does when the run arrives.
    struct Travel {
        model: Model,
        run: fixture::Fake,
    }

    impl Travel {
        fn at_ms(events: u64) -> Self {
            let mut travel = Self {
                model: model(),
                run: fixture::Fake::new(1),
            };
            travel.run.events = events;
            travel.model.playback.paused = true;
            travel.model.show(travel.run.frame());
            travel
        }

        fn press(&mut self, action: Action) {
            let effect = update(&mut self.model, action);
            self.obey(effect);
        }

        fn obey(&mut self, effect: Effect) {
            match effect {
                Effect::Seek(goal) => self.model.playback.goal = Some(goal),
                Effect::Pace => self.model.playback.goal = None,
                _ => {}
            }
        }

        /// Lets the run get half a second nearer.
        fn go_on(&mut self) {
            if let Some(goal) = self.model.playback.goal {
                self.run.leap(goal);
                self.run.run(goal, 500);
                self.model.show(self.run.frame());
            }
        }

        /// Where the run stands when nothing is left to do, ms.
        fn end(&mut self) -> u64 {
            while let Some(goal) = self.model.playback.goal {
                self.run.leap(goal);
                while self.run.run(goal, 500) == Progress::More {}
                self.model.show(self.run.frame());
                self.model.playback.goal = None;
                let effect = arrived(&mut self.model);
                self.obey(effect);
            }
            self.run.events
        }
    }

    #[test]
    fn a_key_that_counts_from_a_place_yet_unknown_waits_until_the_run_is_there() {
        use Action::{End, NextMark, Pause, PreviousMark, SecondBack, SecondOn, StepBack, StepOn};
        let cases: [(&[Action], u64); 9] = [
            (&[NextMark, NextMark], 10_200),
            (&[NextMark, NextMark, NextMark, StepOn, SecondOn], 11_301),
            (&[NextMark, SecondOn, SecondOn], 12_100),
            (&[NextMark, StepBack, StepBack], 10_098),
            (&[SecondOn, NextMark], 11_100),
            (&[StepBack, SecondOn], 11_049),
            (&[End, StepBack], 29_999),
            (&[NextMark, NextMark, End], 30_000),
            // Whoever stops it wants no more of it.
            (&[NextMark, NextMark, Pause], 10_050),
        ];
        for (keys, expected) in cases {
            let mut travel = Travel::at_ms(10_050);
            keys.iter().for_each(|&key| travel.press(key));
            assert_eq!(travel.end(), expected, "{keys:?}");
        }
        // Nor does it count from the middle of the way.
        let mut mark = fixture::frame().timeline.marks[0];
        mark.event = 2_000;
        let mut travel = Travel::at_ms(4_000);
        travel.model.frame.timeline.marks = vec![mark];
        travel.press(PreviousMark);
        travel.go_on();
        travel.press(SecondOn);
        assert_eq!(travel.end(), 3_000);
        let mut travel = Travel::at_ms(4_000);
        travel.press(End);
        travel.go_on();
        travel.press(StepBack);
        travel.press(SecondBack);
        assert_eq!(travel.end(), 28_999);
    }

    #[test]
    fn a_paused_run_stands_at_its_start_and_an_ended_one_plays_again() {
        let mut m = model();
        m.playback.paused = true;
        update(&mut m, Action::Restart);
        assert!(m.playback.paused);
        m.playback.ended = true;
        update(&mut m, Action::Restart);
        assert!(!m.playback.paused);
        m.playback.paused = true;
        update(&mut m, Action::RandomSeed);
        assert!(!m.playback.paused, "another run was asked for");
    }

    #[test]
    fn from_the_detail_of_a_node_or_queue_one_gets_to_its_events() {
        for (pane, name) in [(Pane::Topology, "web-1"), (Pane::Queues, "orders/0")] {
            let mut m = model();
            m.focus = pane;
            update(&mut m, Action::Down);
            update(&mut m, Action::Open);
            if pane == Pane::Topology {
                assert!(matches!(m.screens[..], [Open::Inspector(_)]));
                update(&mut m, Action::Log);
            } else {
                assert_eq!(m.overlay, Overlay::Detail);
                update(&mut m, Action::Open);
            }
            assert_eq!((m.overlay.clone(), m.focus), (Overlay::None, Pane::Events));
            assert_eq!(m.filter, name);
        }
    }

    #[test]
    fn the_mark_before_is_strictly_before() {
        let mut m = model();
        let last = *m.frame.timeline.marks.last().expect("marks");
        m.frame.header.events = last.event;
        let before = m.frame.timeline.marks[m.frame.timeline.marks.len() - 2];
        assert_eq!(
            update(&mut m, Action::PreviousMark),
            Effect::Seek(Until::Event(before.event))
        );
    }

    #[test]
    fn speeds_stop_at_both_ends() {
        let mut m = model();
        for _ in 0..40 {
            update(&mut m, Action::Faster);
        }
        assert!(m.playback.speed.is_infinite());
        for _ in 0..40 {
            update(&mut m, Action::Slower);
        }
        assert_eq!(m.playback.speed, 0.1);
        update(&mut m, Action::SpeedReset);
        assert_eq!(m.playback.speed, 1.0);
    }

    #[test]
    fn keys_go_from_any_speed_to_the_next_of_those_they_have() {
        for (asked, above, below) in [
            (8.0, 10.0, 5.0),
            (10.0, 20.0, 5.0),
            (0.15, 0.2, 0.1),
            (3000.0, f64::INFINITY, 1000.0),
        ] {
            for (key, reached) in [(Action::Faster, above), (Action::Slower, below)] {
                let mut m = model();
                m.playback.speed = asked;
                assert_eq!(update(&mut m, key), Effect::Pace);
                assert_eq!(m.playback.speed, reached, "from {asked}");
            }
        }
    }

    #[test]
    fn a_seed_is_typed_and_accepted() {
        let mut m = model();
        update(&mut m, Action::Seed);
        for c in "12x3".chars() {
            update(&mut m, Action::Type(c));
        }
        update(&mut m, Action::Erase);
        update(&mut m, Action::Type('7'));
        assert_eq!(update(&mut m, Action::Open), Effect::Restart(127));
    }

    #[test]
    fn a_seed_too_large_is_refused_with_a_reason() {
        let mut m = model();
        update(&mut m, Action::Seed);
        for _ in 0..20 {
            update(&mut m, Action::Type('9'));
        }
        assert_eq!(update(&mut m, Action::Open), Effect::None);
        assert!(m.notice.contains("18446744073709551615"));
        assert!(matches!(m.overlay, Overlay::Seed(_)));
    }

    #[test]
    fn a_filter_keeps_what_contains_it() {
        let mut m = model();
        let all = m.events().len();
        update(&mut m, Action::Filter);
        for c in "crash".chars() {
            update(&mut m, Action::Type(c));
        }
        let kept = m.events();
        assert!(!kept.is_empty() && kept.len() < all);
        assert!(kept.iter().all(|e| e.word.contains("CRASH")));
        update(&mut m, Action::Back);
        assert_eq!(m.events().len(), all);
    }

    #[test]
    fn escape_undoes_one_thing_at_a_time() {
        let mut m = model();
        m.has_parent = true;
        update(&mut m, Action::Zoom);
        update(&mut m, Action::Down);
        assert_eq!(update(&mut m, Action::Back), Effect::None);
        assert!(m.zoom && m.selection(m.focus).is_none());
        assert_eq!(update(&mut m, Action::Back), Effect::None);
        assert!(!m.zoom);
        assert_eq!(update(&mut m, Action::Back), Effect::None);
        assert!(m.notice.contains("again"), "it asks first");
        update(&mut m, Action::Down);
        update(&mut m, Action::Back);
        assert_eq!(update(&mut m, Action::Back), Effect::None, "asked anew");
        assert_eq!(update(&mut m, Action::Back), Effect::Back);
    }

    #[test]
    fn tab_visits_every_pane_that_is_shown() {
        let mut m = model();
        let mut seen = vec![m.focus];
        for _ in 0..5 {
            update(&mut m, Action::NextPane);
            seen.push(m.focus);
        }
        assert_eq!(seen, Pane::ALL);
        let mut small = fixture::model(80, 24);
        for _ in 0..12 {
            update(&mut small, Action::NextPane);
            assert_eq!(small.zoomed(), None, "{:?}", small.focus);
        }
    }

    #[test]
    fn a_line_of_the_help_does_what_its_key_does() {
        for (line, binding) in help::bindings(help::DASHBOARD).iter().enumerate() {
            let on_dashboard = [Context::Dashboard, Context::Always].contains(&binding.context);
            let mut by_help = model();
            by_help.overlay = Overlay::Help(line);
            let effect = update(&mut by_help, Action::Open);
            let mut by_key = model();
            if on_dashboard {
                assert_eq!(
                    effect,
                    update(&mut by_key, binding.action),
                    "{}",
                    binding.meaning
                );
                assert_eq!(by_help, by_key, "{}", binding.meaning);
            }
        }
    }

    #[test]
    fn a_selected_event_stays_selected_when_others_come() {
        let mut m = model();
        m.focus = Pane::Events;
        update(&mut m, Action::Down);
        update(&mut m, Action::Down);
        let chosen = m.events()[1].clone();
        let mut frame = m.frame.clone();
        let mut newer = frame.events[0].clone();
        newer.event += 1;
        frame.events.insert(0, newer);
        m.show(frame);
        assert_eq!(m.selection(Pane::Events), Some(2));
        assert_eq!(*m.events()[2], chosen);
    }
}
