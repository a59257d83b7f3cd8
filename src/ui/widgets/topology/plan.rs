//! Where cards stand: as boxes where there is room, as single lines otherwise, as groups where there are too many.

use crate::ui::style::Role;
use crate::ui::text;
use crate::ui::view::Topology;

use super::cards::{self, Card, Deck};
use super::groups::By;
use super::{Item, Scene, layers, opened, zones};

/// How cards are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As boxes with at most this many lines inside.
    Boxes(u16),
    /// Each in one line.
    Lines,
    /// Each with its name in a line, and below it what it does, in at most so many lines.
    Stacks(u16),
    /// Nodes in one line, groups with at most so many lines below their name.
    Mixed(u16),
}

/// What may be cut so that columns fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// No text.
    Nothing,
    /// Texts of boxes, to two thirds; lines may lose what stands after the name.
    Texts,
    /// The names of lines too, to their ends and what tells them apart.
    Names,
}

/// A card and its rectangle.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// What is drawn.
    pub card: Card,
    /// Which layer it stands in.
    pub layer: usize,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Placed {
    /// The row at which links meet it.
    pub fn row(&self) -> u16 {
        self.y + u16::from(self.height > 1)
    }
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// How cards are drawn.
    pub mode: Mode,
    /// The cards.
    pub placed: Vec<Placed>,
    /// First column and width of each layer.
    pub columns: Vec<(u16, u16)>,
    /// Nodes that are shown only as part of a group.
    pub grouped: usize,
    /// Rows taken by the titles of the layers.
    pub head: u16,
    /// What can be selected, in the order in which it is shown, also where it has no room now.
    pub items: Vec<Item>,
    /// The boxes of zones.
    pub frames: Vec<Frame>,
}

/// The box of a zone, as wide as the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Its first row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// What it is.
    pub title: String,
    /// The worst that is in it, in one sign.
    pub sign: char,
    /// The style of that.
    pub role: Role,
}

/// In a layer with more nodes than this, single lines say less than a group.
const LINES_MAX: usize = 16;
/// Of a line whose name is cut, at least so many cells are left: five of the name, and its sign.
const SHORT_NAME: usize = 7;
/// Least room between layers of boxes.
const GAP_MIN: u16 = 6;
/// Least room between layers of lines.
const LINES_GAP_MIN: u16 = 4;
/// Most room between layers: longer lines are only longer.
const GAP_MAX: u16 = 30;

/// The best plan for a rectangle; none where not even groups fit.
pub fn plan(scene: Scene<'_>, width: u16, height: u16) -> Option<Plan> {
    match (scene.groups.by, &scene.groups.open) {
        (By::Name, None) => by_room(scene, width, height),
        (By::Name, Some(_)) => opened::plan(scene, width, height),
        (By::Zone, _) => {
            zones::plan(scene, width, height).or_else(|| opened::plan(scene, width, height))
        }
    }
}

/// Each node by itself where there is room, groups where there is none.
fn by_room(scene: Scene<'_>, width: u16, height: u16) -> Option<Plan> {
    let (topology, now_ns) = (scene.topology, scene.now_ns);
    let layers = ordered(topology);
    if layers.is_empty() {
        return None;
    }
    let modes = [
        (Mode::Boxes(3), Cut::Texts),
        (Mode::Boxes(2), Cut::Texts),
        (Mode::Boxes(1), Cut::Texts),
        (Mode::Lines, Cut::Nothing),
        (Mode::Stacks(1), Cut::Texts),
        (Mode::Lines, Cut::Texts),
    ];
    // A short name says more of a node than a group that it is lost in.
    let short = (Mode::Lines, Cut::Names);
    let few = layers.iter().all(|l| l.len() <= LINES_MAX);
    let plain = || -> Vec<Vec<Card>> {
        let one = |&i: &usize| cards::single(topology, i, now_ns);
        layers.iter().map(|l| l.iter().map(one).collect()).collect()
    };
    if few {
        let cards = plain();
        for (mode, cut) in modes.into_iter().chain([short]) {
            if let Some(plan) = fit(topology, &cards, mode, cut, (width, height)) {
                return Some(plan);
            }
        }
    }
    let [boxes @ .., _, _, _] = modes;
    let groups = [
        (Mode::Stacks(6), Cut::Texts),
        (Mode::Stacks(4), Cut::Texts),
        (Mode::Stacks(2), Cut::Texts),
        (Mode::Stacks(4), Cut::Names),
        (Mode::Stacks(2), Cut::Names),
        (Mode::Stacks(1), Cut::Names),
        short,
    ];
    let deck = Deck::new(scene, &layers);
    let by_name = partly(scene, &layers, &deck, height);
    let roomy = [(Mode::Boxes(5), Cut::Texts)];
    for (mode, cut) in roomy.into_iter().chain(boxes).chain(groups) {
        let cards = by_name(mode);
        if let Some(plan) = fit(topology, &cards, mode, cut, (width, height)) {
            return Some(plan);
        }
    }
    for (mode, cut) in groups {
        let most = most_cards(mode, height);
        let merge = |layer: Vec<Card>| {
            if rows(&layer, mode) <= height {
                return layer;
            }
            cards::at_most(topology, layer, most)
        };
        let cards: Vec<Vec<Card>> = by_name(mode).into_iter().map(merge).collect();
        // One card for all says less than several with fewer lines each.
        let plan = fit(topology, &cards, mode, cut, (width, height)).filter(|_| most > 1);
        if plan.is_some() {
            return plan;
        }
    }
    let cards: Vec<Vec<Card>> = layers
        .iter()
        .map(|l| match l[..] {
            [one] => vec![cards::single(topology, one, now_ns)],
            _ => vec![cards::all_in_one(topology, l)],
        })
        .collect();
    fit(topology, &cards, Mode::Lines, Cut::Texts, (width, height))
}

/// The layers, each in an order in which few links cross.
pub fn ordered(topology: &Topology) -> Vec<Vec<usize>> {
    let mut layers = layers::layers(topology);
    let links: Vec<(usize, usize)> = topology.edges.iter().map(|e| (e.from, e.to)).collect();
    layers::order(&mut layers, &links, topology.nodes.len());
    layers
}

/// Groups by name in those layers that do not fit otherwise.
fn partly<'a>(
    scene: Scene<'a>,
    layers: &'a [Vec<usize>],
    deck: &'a Deck,
    height: u16,
) -> impl Fn(Mode) -> Vec<Vec<Card>> + 'a {
    move |mode| {
        let cards = |(layer, groups): (&Vec<usize>, &Vec<Card>)| {
            if layer.len() > LINES_MAX {
                return groups.clone();
            }
            let one = |&i: &usize| cards::single(scene.topology, i, scene.now_ns);
            let single: Vec<Card> = layer.iter().map(one).collect();
            if rows(&single, mode) <= height {
                single
            } else {
                groups.clone()
            }
        };
        layers.iter().zip(&deck.groups).map(cards).collect()
    }
}

/// How many groups have room one below the other.
fn most_cards(mode: Mode, height: u16) -> u16 {
    match mode {
        Mode::Boxes(lines) => height / (2 + lines),
        Mode::Stacks(lines) | Mode::Mixed(lines) => height / (1 + lines),
        Mode::Lines => height,
    }
}

/// How many rows a card takes.
pub fn card_height(card: &Card, mode: Mode) -> u16 {
    match mode {
        Mode::Mixed(_) | Mode::Stacks(_) if card.is_rest => 1,
        Mode::Mixed(_) if card.members.len() == 1 => 1,
        Mode::Boxes(lines) => 2 + (card.lines.len() as u16).clamp(1, lines),
        Mode::Lines => 1,
        Mode::Mixed(lines) => 1 + lines.min(card.lines_below()),
        Mode::Stacks(lines) if card.members.len() > 1 => 1 + lines.min(card.lines_below()),
        Mode::Stacks(_) => 1 + u16::from(!card.lines.is_empty()),
    }
}

/// How many rows cards take one below the other.
pub fn rows(cards: &[Card], mode: Mode) -> u16 {
    let sum: usize = cards
        .iter()
        .map(|c| usize::from(card_height(c, mode)))
        .sum();
    u16::try_from(sum).unwrap_or(u16::MAX)
}

fn card_width(card: &Card, mode: Mode) -> usize {
    let title = text::width(&card.title) + 2;
    let lines = |n: usize| card.lines.iter().take(n).map(|l| text::width(head(l)));
    match mode {
        Mode::Boxes(n) => {
            let zone = if card.zone.is_empty() {
                0
            } else {
                text::width(&card.zone) + 7
            };
            let inside = lines(usize::from(n)).max().unwrap_or(0).max(title);
            (inside + 4).max(zone + 2)
        }
        Mode::Lines => title + lines(1).next().map_or(0, |w| w + 1),
        Mode::Mixed(_) if card_height(card, mode) == 1 => {
            title + lines(1).next().map_or(0, |w| w + 1)
        }
        Mode::Stacks(n) | Mode::Mixed(n) => {
            lines(usize::from(n)).max().map_or(0, |w| w + 1).max(title)
        }
    }
}

/// A line without its list of names, which may be left out.
pub fn head(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(head, _)| head)
}

/// Cards one below the other in the columns of their layers; none where they have no room.
pub fn fit(
    topology: &Topology,
    cards: &[Vec<Card>],
    mode: Mode,
    cut: Cut,
    (width, height): (u16, u16),
) -> Option<Plan> {
    let boxes = matches!(mode, Mode::Boxes(_));
    let titled = topology.layer_titles.len() == cards.len() && boxes;
    let head = u16::from(titled);
    let room = height.checked_sub(head)?;
    if cards.iter().any(|layer| rows(layer, mode) > room) {
        return None;
    }
    let columns = columns(cards, mode, cut, width)?;
    let mut placed = Vec::new();
    for (layer, (cards, &(x, w))) in cards.iter().zip(&columns).enumerate() {
        let spare = room - rows(cards, mode);
        let between = (spare / (cards.len() as u16 + 1)).min(if boxes { 2 } else { 1 });
        let used = between * (cards.len() as u16).saturating_sub(1);
        let mut y = head + (spare.saturating_sub(used)) / 2;
        if !boxes {
            y = head;
        }
        for card in cards {
            let h = card_height(card, mode);
            placed.push(Placed {
                card: card.clone(),
                layer,
                x,
                y,
                width: w,
                height: h,
            });
            y += h + between;
        }
    }
    let items: Vec<Item> = placed.iter().map(|p| p.card.members.clone()).collect();
    let grouped = items.iter().map(Vec::len).filter(|&n| n > 1).sum();
    Some(Plan {
        items,
        frames: Vec::new(),
        mode,
        placed,
        columns,
        grouped,
        head,
    })
}

/// First column and width of each layer, with no more cut than may be.
pub fn columns(cards: &[Vec<Card>], mode: Mode, cut: Cut, width: u16) -> Option<Vec<(u16, u16)>> {
    let gaps = (cards.len() as u16).checked_sub(1)?;
    let wanted: Vec<u16> = cards
        .iter()
        .map(|layer| {
            let widest = layer.iter().map(|c| card_width(c, mode)).max();
            widest.unwrap_or(0).min(30) as u16
        })
        .collect();
    let boxes = matches!(mode, Mode::Boxes(_));
    let around = if boxes { 6 } else { 2 };
    let longest = match cut {
        Cut::Names => SHORT_NAME,
        _ if boxes => 18,
        _ => 12,
    };
    let names: Vec<u16> = cards
        .iter()
        .map(|layer| {
            let widest = layer.iter().map(|c| text::width(&c.title) + around).max();
            widest.unwrap_or(0).clamp(6, longest) as u16
        })
        .collect();
    let least = gaps * if boxes { GAP_MIN } else { LINES_GAP_MIN };
    let mut widths = wanted.clone();
    let mut total: u16 = widths.iter().sum();
    while total + least > width {
        // The widest column that has more than its names gives way.
        let at = (0..widths.len())
            .filter(|&i| widths[i] > names[i])
            .max_by_key(|&i| widths[i])?;
        widths[at] -= 1;
        total -= 1;
    }
    let lost: u16 = wanted.iter().sum::<u16>() - total;
    if cut == Cut::Nothing && lost > 0 || boxes && lost * 3 > wanted.iter().sum::<u16>() {
        return None;
    }
    // A margin of one on both sides where there is room for it.
    let inner = if total + least + 2 <= width {
        width - 2
    } else {
        width
    };
    let gap = (inner - total).checked_div(gaps).unwrap_or(0).min(GAP_MAX);
    let mut x = (width - total - gap * gaps) / 2;
    Some(
        widths
            .into_iter()
            .map(|w| {
                let at = (x, w);
                x += w + gap;
                at
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Groups;
    use super::*;
    use crate::ui::pen::Pen;
    use crate::ui::style::Look;
    use crate::ui::view::{Edge, NodeCard, NodeState};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    /// Nodes of three layers, each linked with all of the next.
    fn three_layers(names: [(&str, usize); 3]) -> Topology {
        let mut topology = Topology::default();
        let mut before = 0..0;
        for (name, count) in names {
            let first = topology.nodes.len();
            for number in 1..=count {
                topology.nodes.push(NodeCard {
                    name: format!("{name}-{number}"),
                    group: name.to_string(),
                    ..NodeCard::default()
                });
            }
            for (from, to) in before.flat_map(|a| (first..first + count).map(move |b| (a, b))) {
                topology.edges.push(Edge {
                    from,
                    to,
                    ..Edge::default()
                });
            }
            before = first..first + count;
        }
        topology
    }

    fn drawn(topology: &Topology, width: u16, height: u16) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let area = buffer.area;
        let mut pen = Pen::new(&mut buffer, area, Look::default());
        super::super::draw(&mut pen, Scene::new(topology, &Groups::default(), 0));
        buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    #[test]
    fn nodes_with_long_names_are_told_apart_where_their_rows_fit() {
        let topology = three_layers([("frontend", 2), ("kafka-broker", 5), ("payments", 2)]);
        for width in [32, 36, 42] {
            let text = drawn(&topology, width, 7);
            let groups = Groups::default();
            let plan = plan(Scene::new(&topology, &groups, 0), width, 7);
            assert_eq!(plan.map(|p| p.grouped), Some(0));
            for number in 1..=5 {
                assert!(text.contains(&format!("r-{number} ")), "{width}: {text}");
            }
        }
    }

    #[test]
    fn a_crowd_is_told_by_name_with_what_is_wrong() {
        // Sixty nodes of twelve kinds in seven rows.
        let mut topology = three_layers([("web", 60), ("broker", 20), ("billing", 3)]);
        for (i, node) in topology.nodes[..60].iter_mut().enumerate() {
            node.group = format!("team{}", i / 5);
            node.name = format!("team{}-{}", i / 5, i % 5);
        }
        for down in [23, 70] {
            topology.nodes[down].state = NodeState::Down { since_ns: 0 };
        }
        let text = drawn(&topology, 42, 7);
        for part in [
            "team4 ×5 ✗",
            "1 down",
            "others ×55 ●",
            "r ×20 ✗",
            "billing-1",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn more_nodes_than_rows_are_a_group() {
        let topology = three_layers([("frontend", 2), ("kafka-broker", 9), ("payments", 2)]);
        let groups = Groups::default();
        let plan = plan(Scene::new(&topology, &groups, 0), 42, 7);
        assert!(plan.is_some_and(|p| p.grouped >= 9));
    }
}
