//! Where more layers stand one behind another than columns have room: a line for each node, in the order of the layers, with
//! what it does and whom it sends to.

use ratatui::layout::Rect;

use crate::ui::glyphs;
use crate::ui::pen::Pen;
use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::Topology;

use super::cards::{self, Card};
use super::plan::{Mode, Plan, head, ordered};
use super::{Left, Spots, fitting};

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

/// The lines, if columns cannot show the layers with whole names and lines have room.
pub(super) fn lines(
    topology: &Topology,
    plan: Option<&Plan>,
    height: u16,
    now_ns: u64,
) -> Option<Vec<Line>> {
    let layers = ordered(topology);
    let is_cut = |plan: &Plan| {
        let cut = |p: &super::Placed| text::width(&p.card.title) + 2 > usize::from(p.width);
        plan.mode == Mode::Lines && plan.placed.iter().any(cut)
    };
    if layers.len() < LAYERS_MIN || plan.is_some_and(|plan| !is_cut(plan)) {
        return None;
    }
    let single = |layer: &Vec<usize>| {
        let cards = layer.iter();
        cards
            .map(|&i| cards::single(topology, i, now_ns))
            .collect::<Vec<_>>()
    };
    let grouped = |layer: &Vec<usize>| cards::grouped(topology, layer, now_ns);
    let fits = |all: &[Vec<Card>]| all.iter().map(Vec::len).sum::<usize>() <= usize::from(height);
    let all: Vec<Vec<Card>> = layers.iter().map(single).collect();
    let all = if fits(&all) {
        all
    } else {
        layers.iter().map(grouped).collect()
    };
    let lines = |all: Vec<Vec<Card>>| {
        let lines = all.into_iter().enumerate();
        let lines = lines
            .flat_map(|(layer, cards)| cards.into_iter().map(move |card| Line { card, layer }));
        lines.collect()
    };
    fits(&all).then(|| lines(all))
}

/// Draws the lines, with an empty one between layers where there is room.
pub(super) fn draw(
    pen: &mut Pen<'_>,
    topology: &Topology,
    lines: &[Line],
    selected: Option<usize>,
    spots: &mut Spots,
) -> Left {
    let (width, height) = (usize::from(pen.width()), usize::from(pen.height()));
    let layers = lines.last().map_or(0, |l| l.layer + 1);
    let is_airy = lines.len() + layers <= height + 1;
    let widest = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or(0);
    let name = widest(&|l| text::width(&l.card.title)).min(width / 2);
    let does = widest(&|l| l.card.lines.first().map_or(0, |l| text::width(head(l))));
    let room = width.saturating_sub(name + 4);
    let does = does.min(DOES_MAX).min(room.saturating_sub(TARGETS_MIN + 3));
    for (at, line) in lines.iter().enumerate() {
        let y = (at + if is_airy { line.layer } else { 0 }) as u16;
        let card = &line.card;
        let at = Rect::new(0, y, pen.width(), 1);
        spots.extend(card.members.first().map(|&node| (at, node)));
        let chosen = selected.is_some_and(|s| card.members.contains(&s));
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
        draw_targets(pen, (x, y), &targets(topology, lines, line));
    }
    let members = lines.iter().map(|l| l.card.members.len());
    Left {
        boxes: true,
        grouped: members.filter(|n| *n > 1).sum(),
        hidden: 0,
    }
}

/// Whom a card sends to, and how the links are. Answers go the other way: they are not told.
fn targets(topology: &Topology, lines: &[Line], from: &Line) -> Vec<(String, char, Role)> {
    let ahead = lines.iter().filter(|l| l.layer > from.layer);
    let beside = lines.iter().filter(|l| l.layer == from.layer);
    let others = ahead.chain(beside.filter(|l| l.card.members != from.card.members));
    let target = |to: &Line| {
        let between = topology
            .edges
            .iter()
            .filter(|e| from.card.members.contains(&e.from) && to.card.members.contains(&e.to));
        let between: Vec<_> = between.collect();
        if between.is_empty() {
            return None;
        }
        let (sign, role) = if between.iter().all(|e| e.cut) {
            ('╳', Role::Bad)
        } else if between.iter().any(|e| e.cut || e.impaired) {
            ('≈', Role::Warn)
        } else {
            (glyphs::RIGHT, Role::Dim)
        };
        Some((to.card.title.clone(), sign, role))
    };
    others.filter_map(target).collect()
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
    use super::*;
    use crate::ui::fixture_services::shop;
    use crate::ui::style::Look;
    use ratatui::buffer::Buffer;

    fn drawn(topology: &Topology, width: u16, height: u16) -> Vec<String> {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        let mut pen = Pen::new(&mut buffer, area, Look::default());
        super::super::draw(&mut pen, topology, 0, None);
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
