//! What an action does to the dashboard. Pure: what concerns the run or the terminal comes out as an effect.

use super::comfort::{self, Wish};
use super::engine::{Order, Until};
use super::entry;
use super::help;
use super::keymap::{self, Action, Binding, Context};
use super::layout::{self, Pane};
use super::model::{Model, Overlay, REAL_TIME, SPEEDS, faster, slower};
use super::mouse;
use super::panes;
use super::screens::breaks::BreakList;
use super::screens::compare::Compare;
use super::screens::goto::Goto;
use super::screens::injector::Aim;
use super::screens::inspector::Inspector;
use super::screens::leaving::{Exit, Leaving};
use super::screens::lineage::Lineage;
use super::screens::palette::Palette;
use super::screens::{Open, forks, injector};
use super::view::lineage::About;
use super::view::{Frame, QueueRow, RowKind};

/// What has to be done beyond the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The speed changed, or the run stopped or goes on.
    Pace,
    /// The run goes to a place on, or back, and stands there.
    Seek(Until),
    /// Two runs beside each other go on, or back, to the next moment of either.
    StepBoth(bool),
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
            | Effect::StepBoth(_)
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
        Action::Quit => leave(&model.frame, Exit::Quit),
        Action::Goto if contexts.contains(&Context::Travel) => opened(Goto::default()),
        Action::Palette if contexts.contains(&Context::Travel) => {
            opened(palette(&contexts, aim(model)))
        }
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
fn palette(contexts: &[Context], aim: Aim) -> Palette {
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
    let all = help::bindings(&contexts).into_iter();
    Palette::new(all.filter(|b| b.action != Action::Palette), aim)
}

fn open_palette(model: &mut Model) -> Effect {
    let screen = palette(&model.help_contexts(), aim(model));
    open_screen(model, screen)
}

/// What is selected in the pane that has the keys, for whoever does something to it.
fn aim(model: &Model) -> Aim {
    let at = model.selection(model.focus);
    match (model.focus, at) {
        (Pane::Topology, Some(at)) => panes::aim(model, at),
        (Pane::Queues, Some(at)) => {
            let rows = model.rows();
            rows.get(at).map_or(Aim::Nobody, |row| match row.kind {
                RowKind::Waiting => Aim::Named(row.name.clone()),
                RowKind::Depth => Aim::Queue(row.name.clone()),
                // It is named after the group and the queue that the group reads.
                RowKind::Lag => {
                    let mut all = model.frame.queues.iter();
                    let queue = all.find(|r| r.kind == RowKind::Depth && r.queue == row.queue);
                    queue.map_or(Aim::Nobody, |q| Aim::Queue(q.name.clone()))
                }
            })
        }
        _ => Aim::Nobody,
    }
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
        Action::Inject => open_screen(model, injector::Injector::new(aim(model))),
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
        Action::Quit => {
            let effect = leave(&model.frame, Exit::Quit);
            settle(model, effect)
        }
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
        let screen = Lineage::of_row(row);
        return open_screen(model, screen);
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

/// Out of the run: at once, or after a question where what was done by hand would be lost.
fn leave(frame: &Frame, exit: Exit) -> Effect {
    match Leaving::asks(frame, exit) {
        Some(question) => opened(question),
        None => exit.effect(),
    }
}

/// A run that nobody recorded is gone when its dashboard is left: that takes a second press.
fn leaving() -> String {
    let back = keymap::name_for(Context::Dashboard, Action::Back);
    format!("{back} again: back to where this run was chosen, without it")
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
    } else if model.has_parent && (asked || Leaving::asks(&model.frame, Exit::Back).is_some()) {
        let effect = leave(&model.frame, Exit::Back);
        return settle(model, effect);
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
        Action::Quit => {
            model.overlay = Overlay::None;
            let effect = leave(&model.frame, Exit::Quit);
            settle(model, effect)
        }
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

/// The digits of the longest seed.
const SEED_MAX: usize = 20;

fn in_seed(model: &mut Model, action: Action, mut text: String) -> Effect {
    match action {
        Action::Back => return open(model, Overlay::None),
        Action::RandomSeed => return begin(model, Effect::RestartByChance),
        Action::Open => match text.parse::<u64>() {
            Ok(seed) => return begin(model, Effect::Restart(seed)),
            Err(_) if text.is_empty() => return open(model, Overlay::None),
            Err(_) => model.notice = format!("a seed is a whole number up to {}", u64::MAX),
        },
        _ => {
            if let Err(why) = entry::edit_digits(&mut text, action, SEED_MAX) {
                why.clone_into(&mut model.notice);
            }
        }
    }
    open(model, Overlay::Seed(text))
}

#[cfg(test)]
mod tests;
