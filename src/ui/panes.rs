//! What keys do in single panes of the dashboard.

use ratatui::crossterm::event::KeyCode;

use super::detail;
use super::entry;
use super::glyphs;
use super::keymap::{Action, Binding, Context, bind, ch, ctrl, key};
use super::layout::{self, Pane};
use super::model::{Model, Overlay, Sort, contains};
use super::screens::injector::Aim;
use super::text;
use super::update::{Effect, moved};
use super::view::MarkKind;
use super::widgets::timeline;
use super::widgets::topology::{self, Item, Scene};

use Context::{Detail, Events, Queues, Time, Topology};

#[rustfmt::skip]
pub(super) const KEYS: &[Binding] = &[
    bind(Topology, &[ch('o')], Action::Group, "", "open or close the group of the selected node (Enter opens it too)"),
    bind(Topology, &[ch('O')], Action::AllGroups, "", "open all groups; close all; as there is room"),
    bind(Topology, &[ch('t')], Action::Zones, "", "a box for each zone, or nodes by name"),
    bind(Topology, &[ch('L')], Action::Link, "", "the next link of the selected node; i then does something to the link"),
    bind(Queues, &[ch('o')], Action::Sort, "sort", "sort by the next column, or as in the scenario"),
    bind(Queues, &[ch('O')], Action::SortBack, "", "sort the other way round"),
    bind(Queues, &[ch('/')], Action::Filter, "", "show only rows that contain a text"),
    bind(Events, &[ch('n')], Action::NextFound, "", "the next (older) event that contains what is looked for"),
    bind(Events, &[ch('N')], Action::PreviousFound, "", "the one before (newer)"),
    bind(Events, &[ch('t')], Action::Kinds, "", "show only faults, failovers, alerts, findings or notes; all"),
    bind(Events, &[ch('o')], Action::OfThis, "", "show only what names the node or queue of the selected event; all"),
    bind(Time, &[ch('}')], Action::LanesDown, "", "the lanes below: who led, what was in force"),
    bind(Time, &[ch('{')], Action::LanesUp, "", "the lanes above"),
    bind(Detail, &[key(KeyCode::PageDown), ctrl('d')], Action::PageDown, "", "down a page"),
    bind(Detail, &[key(KeyCode::PageUp), ctrl('u')], Action::PageUp, "", "up a page"),
];

/// What is chosen in single panes, beside what is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Whether queues are sorted the other way round.
    pub is_sorted_back: bool,
    /// Only rows of queues that contain this are shown.
    pub rows: String,
    /// What is looked for in the log.
    pub search: String,
    /// Which events are shown.
    pub kinds: Kinds,
    /// The first lane of the line of time.
    pub lane: usize,
    /// The first line of what is shown in detail.
    pub detail: usize,
    /// The node that is selected, and which of its links: the nodes at its ends, from the sender.
    pub link: Option<(usize, (usize, usize))>,
}

/// Which events the log shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kinds {
    /// All.
    #[default]
    All,
    /// What was hurt, cut, and came back.
    Faults,
    /// Roles that changed hands.
    Failovers,
    /// What may go wrong.
    Alerts,
    /// Properties that broke.
    Findings,
    /// What is to know.
    Notes,
}

impl Kinds {
    /// The ones after these.
    fn next(self) -> Self {
        match self {
            Self::All => Self::Faults,
            Self::Faults => Self::Failovers,
            Self::Failovers => Self::Alerts,
            Self::Alerts => Self::Findings,
            Self::Findings => Self::Notes,
            Self::Notes => Self::All,
        }
    }

    /// Whether an event of a kind is one of these.
    pub fn has(self, kind: MarkKind) -> bool {
        match self {
            Self::All => true,
            Self::Faults => matches!(kind, MarkKind::Fault | MarkKind::Cut | MarkKind::Heal),
            Self::Failovers => kind == MarkKind::Leader,
            Self::Alerts => kind == MarkKind::Alert,
            Self::Findings => kind == MarkKind::Finding,
            Self::Notes => kind == MarkKind::Note,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Faults => "faults",
            Self::Failovers => "failovers",
            Self::Alerts => "alerts",
            Self::Findings => "findings",
            Self::Notes => "notes",
        }
    }
}

/// What an action does in the pane that has the keys; none where it means there what it means everywhere.
pub(super) fn update(model: &mut Model, action: Action) -> Option<Effect> {
    match model.focus {
        Pane::Topology => in_topology(model, action),
        Pane::Queues => in_queues(model, action),
        Pane::Events => in_events(model, action),
        Pane::Time => in_time(model, action),
        Pane::Heatmap | Pane::Latency => None,
    }
}

/// The topology as it is drawn, and the size of the pane's inside.
pub(super) fn scene(model: &Model) -> (Scene<'_>, (u16, u16)) {
    let (w, h) = model.size;
    let area = layout::layout(w, h, model.zoomed()).and_then(|l| l.area(Pane::Topology));
    let inside = area.map_or((0, 0), |a| {
        (a.width.saturating_sub(2), a.height.saturating_sub(2))
    });
    let scene = Scene {
        topology: &model.frame.topology,
        groups: &model.groups,
        now_ns: model.frame.header.now_ns,
        selected: model.selection(Pane::Topology),
        link: link(model),
    };
    (scene, inside)
}

fn in_topology(model: &mut Model, action: Action) -> Option<Effect> {
    let at = Pane::Topology.index();
    match action {
        Action::Down
        | Action::Up
        | Action::PageDown
        | Action::PageUp
        | Action::Top
        | Action::Bottom => {
            let items = items(model);
            let is_in = |node: usize| items.iter().position(|item| item.contains(&node));
            let item = moved(model.selected[at].and_then(is_in), items.len(), action);
            model.selected[at] = item.and_then(|i| items[i].first().copied());
        }
        Action::Group => toggle(model),
        Action::Link => next_link(model),
        Action::Back if link(model).is_some() => model.panes.link = None,
        Action::Open => {
            let node = model.selected[at]?;
            let items = items(model);
            let item = items.iter().find(|item| item.contains(&node));
            // Of a node by itself there is more to see.
            item.filter(|item| item.len() > 1)?;
            toggle(model);
        }
        Action::AllGroups => {
            let items = items(model);
            let said = model.groups.toggle_all(&model.frame.topology, &items);
            said.clone_into(&mut model.notice);
        }
        Action::Zones => model
            .groups
            .turn(&model.frame.topology)
            .clone_into(&mut model.notice),
        _ => return None,
    }
    Some(Effect::None)
}

fn items(model: &Model) -> Vec<Item> {
    let (scene, size) = scene(model);
    topology::items(scene, size)
}

/// The link that is selected, while the node is that it was selected at.
pub(super) fn link(model: &Model) -> Option<(usize, usize)> {
    let (node, ends) = model.panes.link?;
    let edges = &model.frame.topology.edges;
    let is_there = edges.iter().any(|e| (e.from, e.to) == ends);
    (model.selection(Pane::Topology) == Some(node) && is_there).then_some(ends)
}

/// The next link of the selected node; behind the last one none.
fn next_link(model: &mut Model) {
    let Some(node) = model.selection(Pane::Topology) else {
        "select a node first".clone_into(&mut model.notice);
        return;
    };
    let edges = model.frame.topology.edges.iter();
    let own = edges.filter(|e| e.from == node || e.to == node);
    let own: Vec<(usize, usize)> = own.map(|e| (e.from, e.to)).collect();
    let now = link(model).and_then(|ends| own.iter().position(|own| *own == ends));
    let next = own.get(now.map_or(0, |now| now + 1));
    model.panes.link = next.map(|ends| (node, *ends));
    if own.is_empty() {
        "nothing has gone to or from this node yet".clone_into(&mut model.notice);
    }
}

/// What is said of the selected link, in so many cells.
pub(super) fn link_remark(model: &Model, room: usize) -> String {
    let topology = &model.frame.topology;
    let Some((from, to)) = link(model) else {
        return String::new();
    };
    let edge = topology.edges.iter().find(|e| (e.from, e.to) == (from, to));
    let (Some(edge), Some(from), Some(to)) =
        (edge, topology.nodes.get(from), topology.nodes.get(to))
    else {
        return String::new();
    };
    let how = match (edge.cut, edge.impaired) {
        (true, _) => format!(" {} cut", glyphs::CUT),
        (false, true) => format!(" {} impaired", glyphs::IMPAIRED),
        (false, false) => String::new(),
    };
    let ends = format!("{} {} {}", from.name, glyphs::RIGHT, to.name);
    let rate = text::rate(edge.per_s);
    let all = [format!("link {ends} {rate}/s{how}"), format!("link {ends}")];
    let fits = all.into_iter().find(|said| text::width(said) <= room);
    fits.unwrap_or_else(|| text::cut(&ends, room))
}

/// What is selected among the nodes: a link, a group of them, or one.
pub(super) fn aim(model: &Model, node: usize) -> Aim {
    let topology = &model.frame.topology;
    let named = |node: usize| topology.nodes.get(node).map(|n| format!("\"{}\"", n.name));
    if let Some((from, to)) = link(model)
        && let (Some(from), Some(to)) = (named(from), named(to))
    {
        return Aim::Link(from, to);
    }
    let items = items(model);
    let item = items.iter().find(|item| item.contains(&node));
    let target = match item {
        Some(item) if item.len() > 1 => {
            let each: Vec<String> = item.iter().filter_map(|&node| named(node)).collect();
            Some(
                model
                    .groups
                    .target(topology, item)
                    .unwrap_or_else(|| format!("Nodes([{}])", each.join(", "))),
            )
        }
        _ => named(node),
    };
    target.map_or(Aim::Nobody, Aim::Target)
}

fn toggle(model: &mut Model) {
    let items = items(model);
    model.notice = match model.selection(Pane::Topology) {
        Some(node) => model.groups.toggle(&model.frame.topology, &items, node),
        None => "select a node or group first".into(),
    };
}

fn in_queues(model: &mut Model, action: Action) -> Option<Effect> {
    let at = Pane::Queues.index();
    match action {
        Action::SortBack => model.panes.is_sorted_back = !model.panes.is_sorted_back,
        Action::Filter => model.overlay = Overlay::Filter,
        Action::Back if model.selected[at].is_none() && !model.panes.rows.is_empty() => {
            model.panes.rows.clear();
        }
        _ => return None,
    }
    Some(Effect::None)
}

fn in_events(model: &mut Model, action: Action) -> Option<Effect> {
    let at = Pane::Events.index();
    match action {
        Action::NextFound | Action::PreviousFound => find(model, action == Action::NextFound),
        Action::Kinds => {
            model.panes.kinds = model.panes.kinds.next();
            model.selected[at] = None;
        }
        Action::OfThis if !model.filter.is_empty() => {
            model.filter.clear();
            model.selected[at] = None;
        }
        Action::OfThis => {
            let subject =
                model.selected[at].and_then(|i| model.events().get(i).map(|e| e.subject.clone()));
            match subject {
                Some(subject) => {
                    model.filter = subject;
                    model.selected[at] = None;
                }
                None => model.notice = "select an event first".into(),
            }
        }
        Action::Back if model.selected[at].is_none() && !model.panes.search.is_empty() => {
            model.panes.search.clear();
        }
        Action::Back
            if model.selected[at].is_none()
                && model.filter.is_empty()
                && model.panes.kinds != Kinds::All =>
        {
            model.panes.kinds = Kinds::All;
        }
        _ => return None,
    }
    Some(Effect::None)
}

/// The numbers of the events that contain what is looked for.
fn hits(model: &Model) -> Vec<usize> {
    let wanted = model.panes.search.to_lowercase();
    let events = model.events();
    let hits = (0..events.len()).filter(|&i| !wanted.is_empty() && contains(events[i], &wanted));
    hits.collect()
}

/// To the next event that contains what is looked for, or to the one before; with nothing to look for, by a line.
fn find(model: &mut Model, older: bool) {
    let at = Pane::Events.index();
    let here = model.selected[at];
    if model.panes.search.is_empty() {
        let action = if older { Action::Down } else { Action::Up };
        model.selected[at] = moved(here, model.events().len(), action);
        return;
    }
    let hits = hits(model);
    let next = if older {
        hits.iter().find(|&&hit| here.is_none_or(|at| hit > at))
    } else {
        hits.iter()
            .rev()
            .find(|&&hit| here.is_none_or(|at| hit < at))
    };
    match next {
        Some(&hit) => model.selected[at] = Some(hit),
        None if hits.is_empty() => model.notice = "no event contains this".into(),
        None => model.notice = format!("no {} one", if older { "older" } else { "newer" }),
    }
}

fn in_time(model: &mut Model, action: Action) -> Option<Effect> {
    let (w, h) = model.size;
    let area = layout::layout(w, h, model.zoomed()).and_then(|l| l.area(Pane::Time));
    let rows = area.map_or(0, |a| a.height.saturating_sub(2));
    let most = timeline::lanes_hidden(&model.frame.timeline, rows);
    let lane = model.panes.lane.min(most);
    model.panes.lane = match action {
        Action::LanesDown => (lane + 1).min(most),
        Action::LanesUp => lane.saturating_sub(1),
        _ => return None,
    };
    Some(Effect::None)
}

/// Scrolls what is shown in detail, if the action does that; any other shows it from its beginning.
pub(super) fn scroll_detail(model: &mut Model, action: Action) -> bool {
    const PAGE: usize = 10;
    let (w, h) = model.size;
    let lines = detail::lines(model, w.saturating_sub(12).min(100)).len();
    let most = lines.saturating_sub(usize::from(h.saturating_sub(4)));
    let from = model.panes.detail;
    model.panes.detail = match action {
        Action::PageDown => (from + PAGE).min(most),
        Action::PageUp => from.min(most).saturating_sub(PAGE),
        _ => {
            model.panes.detail = 0;
            return false;
        }
    };
    true
}

/// A text that is typed, in cells at most.
const TYPED_MAX: usize = 60;

/// Takes what is typed; gives whether there is an end of it, and the text is kept.
fn typed(text: &mut String, action: Action) -> Option<bool> {
    match action {
        Action::Back => {
            text.clear();
            return Some(false);
        }
        Action::Open => return Some(true),
        _ => {
            entry::edit(text, action, TYPED_MAX);
        }
    }
    None
}

/// While a filter of the pane is asked for.
pub(super) fn in_filter(model: &mut Model, action: Action) -> Effect {
    let (text, pane) = match model.focus {
        Pane::Queues => (&mut model.panes.rows, Pane::Queues),
        _ => (&mut model.filter, Pane::Events),
    };
    if typed(text, action).is_some() {
        model.overlay = Overlay::None;
    }
    model.selected[pane.index()] = None;
    Effect::None
}

/// While it is asked what to look for: the newest event with it is selected.
pub(super) fn in_search(model: &mut Model, action: Action) -> Effect {
    if typed(&mut model.panes.search, action).is_some() {
        model.overlay = Overlay::None;
    }
    model.selected[Pane::Events.index()] = hits(model).first().copied();
    Effect::None
}

/// How the table of queues is sorted, which way, and what is left out.
pub(super) fn rows_remark(model: &Model) -> String {
    let choices = &model.panes;
    let mut said = Vec::new();
    if model.sort != Sort::Scenario || choices.is_sorted_back {
        let is_down = (model.sort != Sort::Name) != choices.is_sorted_back;
        let sign = if is_down {
            glyphs::FALLING
        } else {
            glyphs::RISING
        };
        said.push(format!("{} {sign}", model.sort.word()));
    }
    let is_typed = model.overlay == Overlay::Filter && model.focus == Pane::Queues;
    if is_typed || !choices.rows.is_empty() {
        let cursor = if is_typed { "_" } else { "" };
        let hidden = model.frame.queues.len() - model.rows().len();
        said.push(format!("only {}{cursor}, {hidden} hidden", choices.rows));
    }
    said.join("  ")
}

/// Which events are shown, what is looked for, and how many are left out.
pub(super) fn events_remark(model: &Model) -> String {
    let choices = &model.panes;
    let is_open = |overlay: Overlay| model.overlay == overlay && model.focus == Pane::Events;
    let cursor = |overlay| if is_open(overlay) { "_" } else { "" };
    let mut said = Vec::new();
    if choices.kinds != Kinds::All {
        said.push(format!("only {}", choices.kinds.word()));
    }
    if is_open(Overlay::Filter) || !model.filter.is_empty() {
        said.push(format!("only {}{}", model.filter, cursor(Overlay::Filter)));
    }
    if is_open(Overlay::Search) || !choices.search.is_empty() {
        let hits = hits(model);
        let at = model.selection(Pane::Events);
        let at = at.and_then(|at| hits.iter().position(|&hit| hit == at));
        let at = at.map_or_else(String::new, |at| format!("{} of ", at + 1));
        let cursor = cursor(Overlay::Search);
        said.push(format!("/{}{cursor} {at}{}", choices.search, hits.len()));
    }
    let hidden = model.frame.events.len() - model.events().len();
    if hidden > 0 {
        said.push(format!("{} hidden", text::count(hidden as u64)));
    }
    said.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixture;
    use crate::ui::update::update;

    fn press(model: &mut Model, keys: &[Action]) {
        keys.iter().for_each(|&key| drop(update(model, key)));
    }

    fn write(model: &mut Model, text: &str) {
        text.chars()
            .for_each(|c| drop(update(model, Action::Type(c))));
    }

    #[test]
    fn a_search_goes_from_hit_to_hit_and_hides_nothing() {
        let mut m = fixture::model(120, 40);
        let all = m.events().len();
        press(&mut m, &[Action::Search]);
        write(&mut m, "ORDERS/0");
        press(&mut m, &[Action::Open]);
        assert_eq!(m.events().len(), all);
        // A new leader of orders/0, and the order in it that broke.
        assert_eq!(m.selection(Pane::Events), Some(0));
        assert!(
            events_remark(&m).contains("1 of 2"),
            "{}",
            events_remark(&m)
        );
        press(&mut m, &[Action::NextFound]);
        assert_eq!(m.selection(Pane::Events), Some(1));
        press(&mut m, &[Action::NextFound]);
        assert_eq!(m.selection(Pane::Events), Some(1));
        assert!(m.notice.contains("no older"));
        press(&mut m, &[Action::PreviousFound]);
        assert_eq!(m.selection(Pane::Events), Some(0));
        press(&mut m, &[Action::Back, Action::Back]);
        assert_eq!(m.panes.search, "");
    }

    #[test]
    fn kinds_of_events_are_shown_alone_and_the_others_counted() {
        let mut m = fixture::model(120, 40);
        press(&mut m, &[Action::Focus(Pane::Events)]);
        let all = m.events().len();
        let mut seen = 0;
        for word in ["faults", "failovers", "alerts", "findings", "notes"] {
            press(&mut m, &[Action::Kinds]);
            let shown = m.events().len();
            assert!(shown > 0 && shown < all, "{word}");
            let remark = events_remark(&m);
            assert!(remark.contains(word), "{remark}");
            assert!(
                remark.contains(&format!("{} hidden", all - shown)),
                "{remark}"
            );
            seen += shown;
        }
        assert_eq!(seen, all, "each is of one kind");
        press(&mut m, &[Action::Kinds]);
        assert_eq!((m.events().len(), events_remark(&m)), (all, String::new()));
    }

    #[test]
    fn the_log_of_what_is_selected_is_shown_alone() {
        let mut m = fixture::model(120, 40);
        press(
            &mut m,
            &[Action::Focus(Pane::Events), Action::Down, Action::OfThis],
        );
        assert_eq!(m.filter, "broker-2");
        assert!(m.events().iter().all(|e| e.subject == "broker-2"));
        press(&mut m, &[Action::OfThis]);
        assert_eq!(m.events().len(), m.frame.events.len());
    }

    #[test]
    fn queues_are_sorted_by_every_column_in_both_directions() {
        let mut m = fixture::model(120, 40);
        press(&mut m, &[Action::Focus(Pane::Queues)]);
        let depths = |m: &Model| -> Vec<u64> { m.rows().iter().map(|r| r.depth).collect() };
        press(&mut m, &[Action::Sort]);
        assert_eq!(depths(&m), [812, 640, 44, 39, 3]);
        press(&mut m, &[Action::SortBack]);
        assert_eq!(depths(&m), [3, 39, 44, 640, 812]);
        assert!(
            rows_remark(&m).contains("by depth ▲"),
            "{}",
            rows_remark(&m)
        );
        press(&mut m, &[Action::SortBack]);
        let mut words = vec![m.sort.word()];
        while m.sort != Sort::Scenario {
            press(&mut m, &[Action::Sort]);
            words.push(m.sort.word());
            if m.sort == Sort::In {
                let rates: Vec<f64> = m.rows().iter().map(|r| r.in_per_s).collect();
                assert!(rates.is_sorted_by(|a, b| a >= b), "{rates:?}");
            }
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 8, "a word for each column: {words:?}");
    }

    #[test]
    fn a_filter_in_the_queues_filters_those() {
        let mut m = fixture::model(120, 40);
        press(&mut m, &[Action::Focus(Pane::Queues), Action::Filter]);
        write(&mut m, "lag");
        press(&mut m, &[Action::Open]);
        assert_eq!(m.focus, Pane::Queues);
        assert_eq!(m.rows().len(), 1);
        assert_eq!(m.events().len(), m.frame.events.len());
        assert!(rows_remark(&m).contains("4 hidden"), "{}", rows_remark(&m));
        press(&mut m, &[Action::Back]);
        assert_eq!(m.rows().len(), 5);
    }

    #[test]
    fn lanes_scroll_to_the_last_and_back() {
        let mut m = fixture::model(120, 40);
        let lane = m.frame.timeline.lanes[0].clone();
        m.frame.timeline.lanes = (0..9)
            .map(|n| crate::ui::view::Lane {
                name: format!("leads orders/{n}"),
                ..lane.clone()
            })
            .collect();
        press(&mut m, &[Action::Focus(Pane::Time)]);
        let shown = |m: &Model| -> String {
            let picture = crate::ui::snapshots::picture(m);
            picture
                .content
                .iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect()
        };
        assert!(shown(&m).contains("leads orders/0") && !shown(&m).contains("leads orders/8"));
        press(&mut m, &[Action::LanesDown; 20]);
        assert!(shown(&m).contains("leads orders/8") && !shown(&m).contains("leads orders/0"));
        assert!(shown(&m).contains("-9 of 9"));
        press(&mut m, &[Action::LanesUp; 20]);
        assert!(shown(&m).contains("leads orders/0"));
    }

    #[test]
    fn a_long_detail_scrolls() {
        let mut m = fixture::model(80, 24);
        press(
            &mut m,
            &[Action::Focus(Pane::Queues), Action::Down, Action::Open],
        );
        m.facts = (0..60)
            .map(|n| crate::ui::view::Fact {
                name: format!("fact {n}"),
                value: "so".into(),
            })
            .collect();
        let shown = |m: &Model| -> String {
            let picture = crate::ui::snapshots::picture(m);
            picture
                .content
                .iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect()
        };
        assert!(!shown(&m).contains("fact 59"));
        press(&mut m, &[Action::PageDown; 12]);
        assert!(shown(&m).contains("fact 59"), "{}", shown(&m));
        press(&mut m, &[Action::PageUp; 12]);
        assert!(shown(&m).contains("orders/0"));
    }
}
