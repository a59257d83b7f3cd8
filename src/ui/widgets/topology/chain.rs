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
struct Links(BTreeMap<(usize, usize), (u32, u32, bool)>);

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
        Self(links)
    }

    /// Whom a line sends to, and how the links are. Answers go the other way: they are not told.
    fn targets(&self, lines: &[Line], from: usize) -> Vec<(String, char, Role)> {
        let layer = lines[from].layer;
        let ahead = (0..lines.len()).filter(|&l| lines[l].layer > layer);
        let beside = (0..lines.len()).filter(|&l| lines[l].layer == layer && l != from);
        let target = |to: usize| {
            let &(all, cut, worse) = self.0.get(&(from, to))?;
            let (sign, role) = if cut == all {
                ('╳', Role::Bad)
            } else if cut > 0 || worse {
                ('≈', Role::Warn)
            } else {
                (glyphs::RIGHT, Role::Dim)
            };
            Some((lines[to].card.title.clone(), sign, role))
        };
        ahead.chain(beside).filter_map(target).collect()
    }
}

/// As many as fit, each with the sign of its link; the rest are counted.
fn draw_targets(pen: &mut Pen<'_>, (mut x, y): (u16, u16), targets: &[(String, char, Role)]) {
    let end = pen.width();
    for (at, (name, sign, role)) in targets.iter().enumerate() {
        let rest = targets.len() - at;
        let more = format!("+{rest}");
        // Room stays to say how many there are beside it.
        let behind = if rest > 1 { more.len() as u16 + 1 } else { 0 };
        if x + 2 + text::width(name) as u16 + behind > end {
            if x + more.len() as u16 <= end {
                pen.text(x, y, &more, Role::Dim);
            }
            return;
        }
        pen.sign(x, y, *sign, *role);
        x = pen.text(x + 2, y, name, Role::Plain) + 1;
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
    fn with_room_for_columns_there_are_columns() {
        let topology = shop().topology;
        assert!(drawn(&topology, 110, 20).join("").contains('┌'), "boxes");
    }
}
