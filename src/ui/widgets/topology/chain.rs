//! Where more layers stand one behind another than columns have room: a line for each node, in the order of the layers, with
//! what it does and whom it sends to.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;

use super::cards::{Card, Deck};
use super::plan::{self, Mode, Plan, head};
use super::{Item, Left, Scene, Spots, fitting, opened};

/// With so few layers columns say more, even if names are cut.
const LAYERS_MIN: usize = 4;
/// More of what a node does is not shown.
const DOES_MAX: usize = 16;
/// Less room for names of others than this says nothing.
const TARGETS_MIN: usize = 8;

/// A line: which card, in which layer.
pub(super) struct Line {
    card: Card,
    layer: usize,
}

/// The lines that are shown, and what there is to select, also where it has no room now.
pub(super) struct Chain {
    lines: Vec<Line>,
    pub(super) items: Vec<Item>,
}

/// The lines, if columns cannot show the layers with whole names and lines have room.
pub(super) fn chain(scene: Scene<'_>, plan: Option<&Plan>, height: u16) -> Option<Chain> {
    let is_cut = |plan: &Plan| {
        let cut = |p: &plan::Placed| text::width(&p.card.title) + 2 > usize::from(p.width);
        let is_lines = matches!(plan.mode, Mode::Lines | Mode::Mixed(_));
        is_lines && plan.placed.iter().any(cut)
    };
    if plan.is_some_and(|plan| !is_cut(plan)) {
        return None;
    }
    let layers = plan::ordered(scene.topology);
    if layers.len() < LAYERS_MIN {
        return None;
    }
    let deck = Deck::new(scene, &layers);
    let cards = |by_room: bool| -> Vec<Vec<Card>> {
        let layers = layers.iter().zip(&deck.groups);
        layers
            .map(|(layer, groups)| opened::layer_cards(scene, layer, groups, by_room))
            .collect()
    };
    let fits = |all: &[Vec<Card>]| all.iter().map(Vec::len).sum::<usize>() <= usize::from(height);
    let mut all = cards(true);
    if !fits(&all) {
        all = cards(false);
    }
    // Where nobody opened a group and even groups have no room, columns show the layers in cards of many.
    if !fits(&all) && scene.groups.open.is_none() && plan.is_some() {
        return None;
    }
    let items = opened::items(&all);
    let layer_of = |card: &Card| {
        let first = card.members.first();
        let layers = all.iter();
        let mut layers = layers.map(|cards| cards.iter().any(|c| c.members.first() == first));
        layers.position(|is_here| is_here).unwrap_or(0)
    };
    let flat: Vec<Card> = all.iter().flatten().cloned().collect();
    let lines = opened::part(scene, flat, Mode::Lines, height).into_iter();
    let lines = lines.map(|card| Line {
        layer: layer_of(&card),
        card,
    });
    Some(Chain {
        lines: lines.collect(),
        items,
    })
}

/// Draws the lines, with an empty one between layers where there is room.
pub(super) fn draw(pen: &mut Pen<'_>, scene: Scene<'_>, chain: &Chain, spots: &mut Spots) -> Left {
    let lines = &chain.lines;
    let (width, height) = (usize::from(pen.width()), usize::from(pen.height()));
    let layers = lines.last().map_or(0, |l| l.layer + 1);
    let is_airy = lines.len() + layers <= height + 1;
    let widest = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or(0);
    let name = widest(&|l| text::width(&l.card.title)).min(width / 2);
    let does = widest(&|l| l.card.lines.first().map_or(0, |l| text::width(head(l))));
    let room = width.saturating_sub(name + 4);
    let does = does.min(DOES_MAX).min(room.saturating_sub(TARGETS_MIN + 3));
    let links = Links::new(scene, lines);
    for (number, line) in lines.iter().enumerate() {
        let y = (number + if is_airy { line.layer } else { 0 }) as u16;
        let card = &line.card;
        let at = Rect::new(0, y, pen.width(), 1);
        spots.extend(card.members.first().map(|&node| (at, node)));
        let chosen = scene.selected.is_some_and(|s| card.members.contains(&s));
        let role = if chosen { Role::Selected } else { Role::Strong };
        pen.sign(0, y, card.sign, card.role);
        pen.text(2, y, &text::cut_middle(&card.title, name), role);
        let x = (name + 3) as u16;
        if let Some(first) = card.lines.first() {
            let role = match card.role {
                Role::Bad | Role::Warn => card.role,
                _ => Role::Plain,
            };
            pen.text(x, y, &fitting(first, does), role);
        }
        let x = x + does as u16 + 1;
        draw_targets(pen, (x, y), &links.targets(lines, number));
    }
    let members = lines.iter().map(|l| l.card.members.len());
    Left {
        boxes: true,
        grouped: members.filter(|n| *n > 1).sum(),
        hidden: 0,
    }
}

/// How many links go from one line to another; how many of them are cut, and whether one is worse than it should be.
struct Links {
    all: BTreeMap<(usize, usize), (u32, u32, bool)>,
    /// The lines at the ends of the selected one, from the sender.
    chosen: Option<(usize, usize)>,
}

/// A line that another sends to, and how the link is.
struct Target {
    name: String,
    sign: char,
    role: Role,
    is_chosen: bool,
}

impl Links {
    fn new(scene: Scene<'_>, lines: &[Line]) -> Self {
        let mut line_of = vec![None; scene.topology.nodes.len()];
        for (number, line) in lines.iter().enumerate() {
            let members = line.card.members.iter();
            members.for_each(|&node| line_of[node] = Some(number));
        }
        let line_of = |node: usize| line_of.get(node).copied().flatten();
        let mut links: BTreeMap<(usize, usize), (u32, u32, bool)> = BTreeMap::new();
        for edge in &scene.topology.edges {
            if let (Some(from), Some(to)) = (line_of(edge.from), line_of(edge.to)) {
                let (all, cut, worse) = links.entry((from, to)).or_default();
                *all += 1;
                *cut += u32::from(edge.cut);
                *worse |= edge.impaired;
            }
        }
        let chosen = scene
            .link
            .and_then(|(a, b)| Some((line_of(a)?, line_of(b)?)));
        Self {
            all: links,
            chosen: chosen.filter(|(a, b)| a != b),
        }
    }

    /// Whom a line sends to. Answers go the other way: of them only the selected one is told. That comes first, so that it is
    /// never one of those that have no room.
    fn targets(&self, lines: &[Line], from: usize) -> Vec<Target> {
        let layer = lines[from].layer;
        let chosen = self.chosen.filter(|ends| ends.0 == from).map(|ends| ends.1);
        let others = || (0..lines.len()).filter(|&l| Some(l) != chosen);
        let ahead = others().filter(|&l| lines[l].layer > layer);
        let beside = others().filter(|&l| lines[l].layer == layer && l != from);
        let target = |to: usize| {
            let &(all, cut, worse) = self.all.get(&(from, to))?;
            let (sign, role) = if cut == all {
                (glyphs::CUT, Role::Bad)
            } else if cut > 0 || worse {
                (glyphs::IMPAIRED, Role::Warn)
            } else {
                (glyphs::RIGHT, Role::Dim)
            };
            Some(Target {
                name: lines[to].card.title.clone(),
                sign,
                role,
                is_chosen: Some(to) == chosen,
            })
        };
        let all = chosen.into_iter().chain(ahead).chain(beside);
        all.filter_map(target).collect()
    }
}

/// As many as fit, each with the sign of its link; the rest are counted.
fn draw_targets(pen: &mut Pen<'_>, (mut x, y): (u16, u16), targets: &[Target]) {
    let end = pen.width();
    for (at, target) in targets.iter().enumerate() {
        let rest = targets.len() - at;
        let more = format!("+{rest}");
        // Room stays to say how many there are beside it.
        let behind = if rest > 1 { more.len() as u16 + 1 } else { 0 };
        let heavy = u16::from(target.is_chosen);
        if x + heavy + 2 + text::width(&target.name) as u16 + behind > end {
            if x + more.len() as u16 <= end {
                pen.text(x, y, &more, Role::Dim);
            }
            return;
        }
        let (mut role, mut name) = (target.role, Role::Plain);
        if target.is_chosen {
            pen.sign(x, y, glyphs::SPAN, Role::Focus);
            (role, name) = (Role::Focus, Role::Focus);
        }
        x += heavy;
        pen.sign(x, y, target.sign, role);
        x = pen.text(x + 2, y, &target.name, name) + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Groups;
    use super::*;
    use crate::ui::fixture_services::shop;
    use crate::ui::style::Look;
    use crate::ui::view::Topology;
    use ratatui::buffer::Buffer;

    fn drawn(topology: &Topology, width: u16, height: u16) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        let mut pen = Pen::new(&mut buffer, area, Look::default());
        super::super::draw(&mut pen, Scene::new(topology, &Groups::default(), 0));
        let rows = 0..height;
        rows.map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect())
            .collect()
    }

    #[test]
    fn a_long_chain_keeps_whole_names_and_says_who_calls_whom() {
        let topology = shop().topology;
        let rows = drawn(&topology, 61, 8);
        let of = |name: &str| {
            let mut rows = rows.iter();
            rows.find(|r| r.chars().skip(2).collect::<String>().starts_with(name))
        };
        let orders = of("orders-1").expect("a line of its own");
        for part in ["32 busy", "≈ payment-1", "▸ payment-2"] {
            assert!(orders.contains(part), "{part}: {orders}");
        }
        assert!(of("users-1").is_some_and(|r| r.contains("▸ gateway-1 ▸ gateway-2")));
        let places = ["users-1", "gateway-2", "orders-1", "drivers-1", "ledger-1"].map(|name| {
            let mut names = rows.iter().map(|r| r.chars().skip(2).collect::<String>());
            names.position(|r| r.starts_with(name))
        });
        assert!(places.is_sorted(), "as they stand one behind another");
    }

    #[test]
    fn replicas_come_together_where_lines_are_few() {
        let rows = drawn(&shop().topology, 42, 7);
        let all = rows.join("\n");
        assert!(all.contains("gateway ×2"), "{all}");
        assert!(all.contains("payment ×2"), "{all}");
        assert!(all.contains("slow"), "{all}");
    }

    #[test]
    fn the_selected_link_is_marked_among_the_targets_of_its_sender() {
        let topology = shop().topology;
        let name = |i: usize| topology.nodes[i].name.as_str();
        for edge in &topology.edges {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 61, 8));
            let area = buffer.area;
            let groups = Groups::default();
            let scene = Scene {
                selected: Some(edge.from),
                link: Some((edge.from, edge.to)),
                ..Scene::new(&topology, &groups, 0)
            };
            super::super::draw(&mut Pen::new(&mut buffer, area, Look::default()), scene);
            let rows: Vec<String> = (0..8)
                .map(|y| (0..61).map(|x| buffer[(x, y)].symbol()).collect())
                .collect();
            let of = rows.iter().find(|r| r.contains('━')).expect("it is marked");
            let (sender, rest) = of.split_once('━').expect("it is marked");
            assert!(sender.contains(name(edge.from)), "{of}");
            let receiver: String = rest.chars().skip(2).collect();
            assert!(receiver.starts_with(name(edge.to)), "{of}");
        }
    }

    #[test]
    fn with_room_for_columns_there_are_columns() {
        let topology = shop().topology;
        assert!(drawn(&topology, 110, 20).join("").contains('┌'), "boxes");
    }
}
