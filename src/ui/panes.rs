//! What keys do in single panes of the dashboard.

use super::keymap::{Action, Binding, Context, bind, ch};
use super::layout::{self, Pane};
use super::model::Model;
use super::update::{Effect, moved};
use super::widgets::topology::{self, Item, Scene};

use Context::{Queues, Topology};

#[rustfmt::skip]
pub(super) const KEYS: &[Binding] = &[
    bind(Topology, &[ch('o')], Action::Group, "", "open or close the group of the selected node (Enter opens it too)"),
    bind(Topology, &[ch('O')], Action::AllGroups, "", "open all groups; close all; as there is room"),
    bind(Topology, &[ch('t')], Action::Zones, "", "a box for each zone, or nodes by name"),
    bind(Queues, &[ch('o')], Action::Sort, "sort", "sort by depth, age, name or as in the scenario"),
];

/// What an action does in the pane that has the keys; none where it means there what it means everywhere.
pub(super) fn update(model: &mut Model, action: Action) -> Option<Effect> {
    match model.focus {
        Pane::Topology => in_topology(model, action),
        _ => None,
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

fn toggle(model: &mut Model) {
    let items = items(model);
    model.notice = match model.selection(Pane::Topology) {
        Some(node) => model.groups.toggle(&model.frame.topology, &items, node),
        None => "select a node or group first: j k".into(),
    };
}
