//! Nodes and the links between them, with the messages that move along.

mod cards;
mod chain;
mod chosen;
mod groups;
mod layers;
mod opened;
mod plan;
#[cfg(test)]
mod tests;
mod wires;
mod zones;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::glyphs;
use crate::ui::keymap::{Action, Context, name_for};
use crate::ui::layout::share;
use crate::ui::pen::{Pen, scroll};
use crate::ui::style::{Look, Role};
use crate::ui::text;
use crate::ui::view::Topology;

pub use cards::{sign, state_words};
pub use groups::{By, Groups, Item};
use plan::{Mode, Placed, Plan};
use wires::{At, Flow, Grid, Wire};

/// What a drawing left out, for the line that says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Nodes are single lines instead of boxes.
    pub boxes: bool,
    /// So many nodes are seen only as part of a group.
    pub grouped: usize,
    /// So many nodes are not seen at all.
    pub hidden: usize,
}

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The nodes and links.
    pub topology: &'a Topology,
    /// Which groups are open.
    pub groups: &'a Groups,
    /// Now, in virtual time.
    pub now_ns: u64,
    /// The selected node. What does not all have room is shown around it.
    pub selected: Option<usize>,
    /// The selected link: the nodes at its ends, from the sender.
    pub link: Option<(usize, usize)>,
}

impl<'a> Scene<'a> {
    /// A scene in which nothing is selected.
    pub fn new(topology: &'a Topology, groups: &'a Groups, now_ns: u64) -> Self {
        Self {
            topology,
            groups,
            now_ns,
            selected: None,
            link: None,
        }
    }
}

/// Where nodes were drawn, by their number; of a group, its first.
type Spots = Vec<(Rect, usize)>;

/// How a scene is drawn.
enum Arranged {
    /// In columns.
    Plan(Plan),
    /// A line for each.
    Chain(chain::Chain),
    /// Not even columns of groups fit: nodes in lines, the worst first.
    List(Vec<usize>),
}

fn arrange(scene: Scene<'_>, width: u16, height: u16) -> Arranged {
    let plan = plan::plan(scene, width, height);
    if let Some(chain) = chain::chain(scene, plan.as_ref(), height) {
        return Arranged::Chain(chain);
    }
    plan.map_or_else(|| Arranged::List(worst_first(scene)), Arranged::Plan)
}

/// What can be selected in a picture of this size, in the order in which it is shown: nodes, and groups of them.
pub fn items(scene: Scene<'_>, size: (u16, u16)) -> Vec<Item> {
    if scene.topology.nodes.is_empty() {
        return Vec::new();
    }
    match arrange(scene, size.0, size.1) {
        Arranged::Plan(plan) => plan.items,
        Arranged::Chain(chain) => chain.items,
        Arranged::List(nodes) => nodes.into_iter().map(|node| vec![node]).collect(),
    }
}

/// Draws the pane's inside.
pub fn draw(pen: &mut Pen<'_>, scene: Scene<'_>) -> Left {
    draw_spots(pen, scene, &mut Spots::new())
}

/// The node that is drawn in a cell of the pane's inside.
pub fn node_at(scene: Scene<'_>, size: (u16, u16), cell: (u16, u16)) -> Option<usize> {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    let mut pen = Pen::new(&mut buffer, area, Look::default());
    let mut spots = Spots::new();
    draw_spots(&mut pen, scene, &mut spots);
    // What is drawn last lies above.
    let spot = spots.iter().rev().find(|(r, _)| r.contains(cell.into()));
    spot.map(|&(_, node)| node)
}

fn draw_spots(pen: &mut Pen<'_>, scene: Scene<'_>, spots: &mut Spots) -> Left {
    if scene.topology.nodes.is_empty() {
        pen.text(1, 0, "no nodes", Role::Dim);
        return Left::default();
    }
    match arrange(scene, pen.width(), pen.height()) {
        Arranged::Plan(plan) => draw_plan(pen, scene, &plan, spots),
        Arranged::Chain(chain) => chain::draw(pen, scene, &chain, spots),
        Arranged::List(nodes) => draw_list(pen, scene, &nodes, spots),
    }
}

fn draw_plan(pen: &mut Pen<'_>, scene: Scene<'_>, plan: &Plan, spots: &mut Spots) -> Left {
    let (topology, selected, now_ns) = (scene.topology, scene.selected, scene.now_ns);
    let (width, height) = (pen.width(), pen.height());
    plan.frames.iter().for_each(|frame| draw_frame(pen, frame));
    let wires = wires_of(topology, plan, width, height);
    let mut grid = Grid::new(width, height);
    wires.iter().for_each(|w| grid.add(&w.path));
    grid.draw(pen);
    let chosen = chosen::draw(pen, scene, plan, &wires);
    wires::draw_traffic(pen, &wires, now_ns);
    // Where it leads to; what is wrong with it lies over the rest of it.
    for ((x, y), sign) in chosen {
        pen.sign(x, y, sign, Role::Focus);
    }
    draw_titles(pen, topology, plan);
    plan.frames.iter().for_each(|frame| draw_zone(pen, frame));
    for placed in &plan.placed {
        let chosen = selected.is_some_and(|s| placed.card.members.contains(&s));
        let at = Rect::new(placed.x, placed.y, placed.width, placed.height);
        spots.extend(placed.card.members.first().map(|&node| (at, node)));
        match plan.mode {
            Mode::Boxes(_) => draw_box(pen, placed, chosen),
            Mode::Lines | Mode::Stacks(_) | Mode::Mixed(_) => draw_line(pen, placed, chosen),
        }
    }
    let boxes = matches!(plan.mode, Mode::Boxes(_));
    if boxes {
        leave_boxes(pen, &wires, plan);
    }
    Left {
        boxes: !boxes,
        grouped: plan.grouped,
        hidden: 0,
    }
}

fn draw_titles(pen: &mut Pen<'_>, topology: &Topology, plan: &Plan) {
    if plan.head == 0 {
        return;
    }
    for (title, &(x, width)) in topology.layer_titles.iter().zip(&plan.columns) {
        let room = usize::from(width) + 5;
        pen.text(x, 0, &text::cut(title, room), Role::Dim);
    }
}

/// The box of a zone, under everything else.
fn draw_frame(pen: &mut Pen<'_>, frame: &plan::Frame) {
    let mut part = pen.part(0, frame.y, frame.width, frame.height);
    part.frame("", "", false);
}

/// Which zone it is, and the worst that is in it, over the links.
fn draw_zone(pen: &mut Pen<'_>, frame: &plan::Frame) {
    let mut part = pen.part(0, frame.y, frame.width, frame.height);
    let x = part.text(2, 0, &format!(" {} ", frame.title), Role::Title);
    part.sign(x, 0, frame.sign, frame.role);
    part.sign(x + 1, 0, ' ', Role::Border);
}

fn draw_box(pen: &mut Pen<'_>, placed: &Placed, chosen: bool) {
    let card = &placed.card;
    let mut inner = pen.part(placed.x, placed.y, placed.width, placed.height);
    inner.clear();
    let (w, h) = (placed.width, placed.height);
    inner.frame("", "", false);
    let border = match card.role {
        Role::Bad | Role::Warn => card.role,
        _ => Role::Border,
    };
    for x in 0..w {
        let y_of = [0, h - 1];
        for y in y_of {
            let sign = inner.at(x, y).chars().next().unwrap_or(' ');
            inner.sign(x, y, sign, border);
        }
    }
    for y in 1..h - 1 {
        inner.sign(0, y, '│', border);
        inner.sign(w - 1, y, '│', border);
    }
    let room = usize::from(w).saturating_sub(6);
    let name = if chosen { Role::Selected } else { Role::Strong };
    let at = inner.text(1, 0, " ", border);
    let at = inner.text(at, 0, &text::cut_middle(&card.title, room), name);
    let at = inner.text(at, 0, " ", border);
    inner.sign(at, 0, card.sign, card.role);
    inner.sign(at + 1, 0, ' ', border);
    let inside = usize::from(w).saturating_sub(4);
    for (y, line) in card.lines.iter().take(usize::from(h) - 2).enumerate() {
        let role = if y == 0 {
            border_to_text(border)
        } else {
            Role::Plain
        };
        inner.text(2, 1 + y as u16, &fitting(line, inside), role);
    }
    let zone = format!(" zone {} ", card.zone);
    if !card.zone.is_empty() && text::width(&zone) + 2 <= usize::from(w) {
        let end = w - 1;
        inner.text_right(end, h - 1, &zone, Role::Dim);
    }
}

/// A line as it fits: with short amounts, and without its list of names, if they would be cut.
fn fitting(line: &str, room: usize) -> String {
    let short = text::with_short_amounts(line);
    let forms = [line, &short, plan::head(line)];
    let fits = forms.into_iter().find(|form| text::width(form) <= room);
    fits.map_or_else(|| text::cut(plan::head(&short), room), str::to_owned)
}

fn border_to_text(border: Role) -> Role {
    if border == Role::Border {
        Role::Plain
    } else {
        border
    }
}

/// Opens the frames of boxes where lines leave them.
fn leave_boxes(pen: &mut Pen<'_>, wires: &[Wire], plan: &Plan) {
    for wire in wires {
        for &(x, y) in wire.path.first().into_iter().chain(wire.path.last()) {
            let left_of = x.wrapping_sub(1);
            let from = plan
                .placed
                .iter()
                .any(|p| p.x + p.width == x && (p.y..p.y + p.height).contains(&y));
            match pen.at(left_of, y) {
                "│" if from => pen.sign(left_of, y, '├', Role::Border),
                "┘" if from => pen.sign(left_of, y, '┴', Role::Border),
                _ => {}
            }
        }
    }
}

fn draw_line(pen: &mut Pen<'_>, placed: &Placed, chosen: bool) {
    let card = &placed.card;
    let room = usize::from(placed.width);
    let line = card.lines.first().map_or("", String::as_str);
    let name_room = room.saturating_sub(2).max(1);
    let name = if chosen { Role::Selected } else { Role::Strong };
    let mut part = pen.part(placed.x, placed.y, placed.width, placed.height);
    let x = part.text(0, 0, &text::cut_middle(&card.title, name_room), name);
    part.sign(x, 0, ' ', Role::Plain);
    part.sign(x + 1, 0, card.sign, card.role);
    let below = placed.height > 1;
    if below || line_fits(card, room) {
        let role = match card.role {
            Role::Bad | Role::Warn => card.role,
            _ => Role::Plain,
        };
        if below {
            let room = room.saturating_sub(1);
            let lines = card.below(usize::from(placed.height) - 1, room);
            for (y, line) in (1..).zip(lines) {
                let role = if y == 1 { role } else { Role::Plain };
                part.text(1, y, &fitting(&line, room), role);
            }
        } else {
            let at = part.text(x + 2, 0, " ", role);
            let room = room.saturating_sub(usize::from(at));
            part.text(at, 0, &fitting(line, room), role);
        }
    }
}

/// A line of which less than five cells would be left says nothing.
fn line_fits(card: &cards::Card, room: usize) -> bool {
    let name = text::width(&card.title) + 3;
    card.lines
        .first()
        .is_some_and(|l| room >= name + text::width(plan::head(l)).min(5))
}

/// How far to the right a card reaches.
fn end_of(placed: &Placed, mode: Mode) -> u16 {
    if matches!(mode, Mode::Boxes(_)) {
        return placed.x + placed.width;
    }
    let room = usize::from(placed.width);
    let name = text::width(&placed.card.title) + 2;
    let used = if placed.height == 1 && line_fits(&placed.card, room) {
        let line = placed.card.lines.first().map_or(0, |l| text::width(l));
        name + 1 + line
    } else {
        name
    };
    placed.x + used.min(room) as u16
}

/// The links between cards, both directions together.
fn flows(topology: &Topology, plan: &Plan) -> Vec<(usize, usize, Flow)> {
    let mut card_of = vec![usize::MAX; topology.nodes.len()];
    for (i, placed) in plan.placed.iter().enumerate() {
        placed.card.members.iter().for_each(|&m| card_of[m] = i);
    }
    let mut flows: std::collections::BTreeMap<(usize, usize), (Flow, u32, u32)> =
        std::collections::BTreeMap::new();
    for edge in &topology.edges {
        let (Some(&from), Some(&to)) = (card_of.get(edge.from), card_of.get(edge.to)) else {
            continue;
        };
        if from == to {
            continue;
        }
        // From the left to the right; in one layer in the order of the cards.
        let place = |card: usize| (plan.placed[card].layer, card);
        let forward = place(from) < place(to);
        let key = if forward { (from, to) } else { (to, from) };
        let (flow, cuts, all) = flows.entry(key).or_default();
        if forward {
            flow.forward_per_s += edge.per_s;
        } else {
            flow.backward_per_s += edge.per_s;
        }
        flow.impaired |= edge.impaired;
        *cuts += u32::from(edge.cut);
        *all += 1;
    }
    flows
        .into_iter()
        .map(|((a, b), (mut flow, cuts, all))| {
            // Between groups a cut of some links is a worse link; a cut of one link shows as one.
            let single =
                plan.placed[a].card.members.len() == 1 && plan.placed[b].card.members.len() == 1;
            flow.cut = cuts > 0 && (single || cuts == all);
            flow.impaired |= cuts > 0;
            (a, b, flow)
        })
        .collect()
}

fn wires_of(topology: &Topology, plan: &Plan, width: u16, height: u16) -> Vec<Wire> {
    let flows = flows(topology, plan);
    let channels = channels(plan, &flows);
    let mut wires = Vec::new();
    for &(a, b, flow) in &flows {
        let (from, to) = (&plan.placed[a], &plan.placed[b]);
        if from.layer == to.layer {
            continue;
        }
        if to.layer == from.layer + 1 {
            wires.push(across(plan, &flows, &channels, a, b, flow));
        } else {
            wires.extend(around(plan, a, b, flow, height));
        }
    }
    wires.extend(buses(plan, &flows, width));
    wires
}

/// For each card, which of the columns between its layer and the next is its own, and how many there are.
fn channels(plan: &Plan, flows: &[(usize, usize, Flow)]) -> Vec<(u16, u16)> {
    let mut sends = vec![false; plan.placed.len()];
    for &(a, b, _) in flows {
        sends[a] |= plan.placed[b].layer == plan.placed[a].layer + 1;
    }
    let mut counts = vec![0; plan.columns.len()];
    let numbers = plan.placed.iter().zip(&sends).map(|(card, &sends)| {
        counts[card.layer] += u16::from(sends);
        counts[card.layer]
    });
    let numbers: Vec<u16> = numbers.collect();
    let with_count = plan.placed.iter().zip(numbers);
    with_count
        .map(|(card, number)| (number, counts[card.layer]))
        .collect()
}

/// From a card to one in the next layer: along its row, down or up in a column of its own, along the other's row.
fn across(
    plan: &Plan,
    flows: &[(usize, usize, Flow)],
    channels: &[(u16, u16)],
    a: usize,
    b: usize,
    flow: Flow,
) -> Wire {
    let (from, to) = (&plan.placed[a], &plan.placed[b]);
    let start = (end_of(from, plan.mode), from.row());
    let end = (to.x.saturating_sub(1), to.row());
    let (column, width) = plan.columns[from.layer];
    let gap_from = column + width + 2;
    let gap = end.0.saturating_sub(gap_from + 2);
    let (number, of) = channels[a];
    let channel = gap_from + share(gap, number, of + 1);
    let start_x = start.0.min(end.0);
    let path = wires::path(&[
        (start_x, start.1),
        (channel.clamp(start_x, end.0.max(start_x)), start.1),
        (channel.clamp(start_x, end.0.max(start_x)), end.1),
        end,
    ]);
    // Where its own column meets the other's row, no other wire is; nor behind that, if it is the only one there.
    let corner = (channel.clamp(start_x, end.0.max(start_x)), end.1);
    let at_corner = path.iter().rposition(|&at| at == corner).unwrap_or(0);
    let mut others = flows
        .iter()
        .filter(|f| f.1 == b && plan.placed[f.0].layer == from.layer);
    let shared = others.any(|f| f.0 != a && f.2.cut != flow.cut);
    let own = if shared {
        at_corner
    } else {
        usize::midpoint(at_corner, path.len().saturating_sub(1))
    };
    Wire {
        path,
        own,
        flow,
        arrow: true,
        ends: Some((a, b)),
    }
}

/// Past the layers between, below or above their cards; none where there is no room.
fn around(plan: &Plan, a: usize, b: usize, flow: Flow, height: u16) -> Option<Wire> {
    let (from, to) = (&plan.placed[a], &plan.placed[b]);
    let between = || {
        plan.placed
            .iter()
            .filter(|p| (from.layer + 1..to.layer).contains(&p.layer))
    };
    let below = between().map(|p| p.y + p.height).max().unwrap_or(0);
    let above = between().map(|p| p.y).min().unwrap_or(0);
    let row = if below < height {
        below
    } else if above > plan.head {
        above - 1
    } else {
        return None;
    };
    let (column, width) = plan.columns[from.layer];
    let out = column + width + 1;
    let end = (to.x.saturating_sub(1), to.row());
    let into = end.0.saturating_sub(2);
    let start = (end_of(from, plan.mode).min(out), from.row());
    let path = wires::path(&[
        start,
        (out, start.1),
        (out, row),
        (into, row),
        (into, end.1),
        end,
    ]);
    Some(Wire {
        own: path.len() / 2,
        path,
        flow,
        arrow: true,
        ends: Some((a, b)),
    })
}

/// Cards of one layer that talk to one another hang on a line beside them.
fn buses(plan: &Plan, flows: &[(usize, usize, Flow)], width: u16) -> Vec<Wire> {
    let mut wires = Vec::new();
    for layer in 0..plan.columns.len() {
        let peers: Vec<&(usize, usize, Flow)> = flows
            .iter()
            .filter(|f| plan.placed[f.0].layer == layer && plan.placed[f.1].layer == layer)
            .collect();
        let row = |i: usize| bus_row(plan, i);
        let mut members: Vec<usize> = peers.iter().flat_map(|f| [f.0, f.1]).collect();
        members.sort_by_key(|&i| row(i));
        members.dedup();
        for pair in members.windows(2) {
            let (upper, lower) = (pair[0], pair[1]);
            let over = |f: &&&(usize, usize, Flow)| {
                let (a, b) = (row(f.0).min(row(f.1)), row(f.0).max(row(f.1)));
                a <= row(upper) && b >= row(lower)
            };
            let along: Vec<_> = peers.iter().filter(over).collect();
            let flow = Flow {
                forward_per_s: along.iter().map(|f| f.2.forward_per_s).sum(),
                backward_per_s: along.iter().map(|f| f.2.backward_per_s).sum(),
                cut: !along.is_empty() && along.iter().all(|f| f.2.cut),
                impaired: along.iter().any(|f| f.2.cut || f.2.impaired),
            };
            let path = along_bus(plan, (upper, lower), width);
            let x = bus_column(plan, layer, width);
            let out = usize::from(x - end_of(&plan.placed[upper], plan.mode).min(x));
            let down = usize::from(row(lower).abs_diff(row(upper)));
            wires.push(Wire {
                own: usize::midpoint(out + down + 1, out).min(path.len().saturating_sub(1)),
                path,
                flow,
                arrow: false,
                ends: None,
            });
        }
    }
    wires
}

/// The column of the line beside the cards of a layer.
fn bus_column(plan: &Plan, layer: usize, width: u16) -> u16 {
    let (column, w) = plan.columns[layer];
    (column + w + 1).min(width.saturating_sub(1))
}

/// Where a card meets that line: boxes have a row below the one at which other links meet them; lines have not.
fn bus_row(plan: &Plan, card: usize) -> u16 {
    let placed = &plan.placed[card];
    placed.y + placed.height.saturating_sub(1)
}

/// From a card along that line to another of its layer.
fn along_bus(plan: &Plan, (from, to): (usize, usize), width: u16) -> Vec<At> {
    let x = bus_column(plan, plan.placed[from].layer, width);
    let (out, into) = (bus_row(plan, from), bus_row(plan, to));
    let stub = |i: usize| end_of(&plan.placed[i], plan.mode).min(x);
    let mut path = wires::path(&[(stub(from), out), (x, out), (x, into)]);
    path.extend(
        wires::path(&[(x, into), (stub(to), into)])
            .into_iter()
            .skip(1),
    );
    path
}

/// The nodes, those that are not well before the others.
fn worst_first(scene: Scene<'_>) -> Vec<usize> {
    let nodes = &scene.topology.nodes;
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|&i| matches!(sign(&nodes[i]).1, Role::Good | Role::Leader));
    order
}

/// Nodes in lines, in as many columns as fit, and in the last line how many there are beside them.
fn draw_list(pen: &mut Pen<'_>, scene: Scene<'_>, order: &[usize], spots: &mut Spots) -> Left {
    let (width, height) = (pen.width().saturating_sub(1), pen.height());
    let entry = |&i: &usize| {
        let n = &scene.topology.nodes[i];
        let state = state_words(n, scene.now_ns);
        let state = state.or_else(|| n.lines.first().cloned());
        format!("{} {} {}", sign(n).0, n.name, state.unwrap_or_default())
    };
    let widest = order.iter().map(|i| text::width(&entry(i))).max();
    let column = (widest.unwrap_or(1) + 2).min(usize::from(width).max(1)) as u16;
    let columns = usize::from((width / column.max(1)).max(1));
    let rows = order.len().div_ceil(columns);
    let room = usize::from(height);
    let room = if rows > room {
        room.saturating_sub(1)
    } else {
        room
    };
    let at = scene
        .selected
        .and_then(|s| order.iter().position(|&i| i == s));
    let first = columns * at.map_or(0, |at| scroll(at / columns, rows, room));
    let shown = order.len().saturating_sub(first).min(room * columns);
    for (i, index) in order[first..first + shown].iter().enumerate() {
        let (row, at) = (i / columns, i % columns);
        let (x, y) = (1 + at as u16 * column, row as u16);
        spots.push((Rect::new(x, y, column, 1), *index));
        let role = if scene.selected == Some(*index) {
            Role::Selected
        } else {
            sign(&scene.topology.nodes[*index]).1
        };
        let room = usize::from(column).saturating_sub(1);
        pen.text(x, y, &text::cut(&entry(index), room), role);
        match scene.link {
            Some((from, _)) if from == *index => pen.sign(x - 1, y, glyphs::SPAN, Role::Focus),
            Some((_, to)) if to == *index => pen.sign(x - 1, y, glyphs::RIGHT, Role::Focus),
            _ => {}
        }
    }
    let hidden = order.len() - shown;
    if hidden > 0 && height > 0 {
        let zoom = name_for(Context::Dashboard, Action::Zoom);
        let more = format!("+{} more nodes: {zoom} zooms", text::count(hidden as u64));
        pen.text(1, height - 1, &more, Role::Dim);
    }
    Left {
        boxes: true,
        grouped: 0,
        hidden,
    }
}
