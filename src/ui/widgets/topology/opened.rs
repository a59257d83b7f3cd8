//! Layers in which a person opened and closed groups. A layer with more than has room shows a part of it around the
//! selected node, and what lies above and below as a card each: nothing is left out silently.

use super::cards::{self, Card};
use super::plan::{self, Cut, Mode, Plan, card_height};
use super::{Item, Scene};

/// How layers are drawn of which all has room, what says most first.
const WHOLE: [(Mode, Cut); 10] = [
    (Mode::Boxes(5), Cut::Texts),
    (Mode::Boxes(3), Cut::Texts),
    (Mode::Boxes(2), Cut::Texts),
    (Mode::Boxes(1), Cut::Texts),
    (Mode::Lines, Cut::Nothing),
    (Mode::Mixed(6), Cut::Texts),
    (Mode::Mixed(4), Cut::Texts),
    (Mode::Mixed(2), Cut::Texts),
    (Mode::Lines, Cut::Texts),
    (Mode::Lines, Cut::Names),
];

/// How those are drawn of which a part has room.
const PARTS: [(Mode, Cut); 4] = [
    (Mode::Mixed(4), Cut::Texts),
    (Mode::Lines, Cut::Texts),
    (Mode::Mixed(4), Cut::Names),
    (Mode::Lines, Cut::Names),
];

/// The best plan for a rectangle; none where columns have no room.
pub(super) fn plan(scene: Scene<'_>, width: u16, height: u16) -> Option<Plan> {
    let layers = plan::ordered(scene.topology);
    let deck = cards::Deck::new(scene, &layers);
    let mut closed: Vec<Vec<Card>> = Vec::new();
    // Where the room decides, all are open or all are closed.
    let tries: &[bool] = match scene.groups.open {
        Some(_) => &[false],
        None => &[true, false],
    };
    for &by_room in tries {
        let of = |at: usize| layer_cards(scene, &layers[at], &deck.groups[at], by_room);
        let layers: Vec<Vec<Card>> = (0..layers.len()).map(of).collect();
        for (mode, cut) in WHOLE {
            let plan = plan::fit(scene.topology, &layers, mode, cut, (width, height));
            if plan.is_some() {
                return plan;
            }
        }
        closed = layers;
    }
    for (mode, cut) in PARTS {
        let layers = closed.iter().cloned();
        let parts: Vec<Vec<Card>> = layers
            .map(|cards| part(scene, cards, mode, height))
            .collect();
        if let Some(mut plan) = plan::fit(scene.topology, &parts, mode, cut, (width, height)) {
            plan.items = items(&closed);
            return Some(plan);
        }
    }
    None
}

/// What each card stands for, layer by layer.
pub(super) fn items(layers: &[Vec<Card>]) -> Vec<Item> {
    let cards = layers.iter().flatten();
    cards.map(|card| card.members.clone()).collect()
}

/// The cards of a layer: nodes of open groups by themselves, others together. `by_room` stands for those that nobody
/// opened or closed.
pub(super) fn layer_cards(
    scene: Scene<'_>,
    layer: &[usize],
    groups: &[Card],
    by_room: bool,
) -> Vec<Card> {
    let key = |i: usize| scene.groups.key(&scene.topology.nodes[i]);
    let is_open = |i: usize| scene.groups.is_open(key(i)).unwrap_or(by_room);
    let mut cards = Vec::new();
    for group in groups {
        match group.members[..] {
            [first, _, ..] if !is_open(first) => cards.push(group.clone()),
            [first, ..] => {
                let of_group = layer.iter().filter(|&&i| key(i) == key(first));
                cards.extend(of_group.map(|&i| cards::single(scene.topology, i, scene.now_ns)));
            }
            [] => {}
        }
    }
    cards
}

/// As many cards as have room in so many rows, around the one with the selected node; those above and below come
/// together in a card each.
pub(super) fn part(scene: Scene<'_>, cards: Vec<Card>, mode: Mode, rows: u16) -> Vec<Card> {
    let heights: Vec<usize> = cards
        .iter()
        .map(|card| usize::from(card_height(card, mode)))
        .collect();
    let (rows, count) = (usize::from(rows), cards.len());
    if heights.iter().sum::<usize>() <= rows {
        return cards;
    }
    let members =
        |cards: &[Card]| -> Vec<usize> { cards.iter().flat_map(|c| c.members.clone()).collect() };
    // A card, and one above and below it.
    if rows < 3 {
        return vec![cards::rest(scene.topology, "", members(&cards))];
    }
    let is_selected = |card: &Card| scene.selected.is_some_and(|s| card.members.contains(&s));
    let at = cards.iter().position(is_selected).unwrap_or(0);
    let (mut from, mut to) = (at, at + 1);
    let fits = |from: usize, to: usize| {
        let more = usize::from(from > 0) + usize::from(to < count);
        heights[from..to].iter().sum::<usize>() + more <= rows
    };
    let mut grows = true;
    while grows {
        grows = false;
        if to < count && fits(from, to + 1) {
            (to, grows) = (to + 1, true);
        }
        if from > 0 && fits(from - 1, to) {
            (from, grows) = (from - 1, true);
        }
    }
    if !fits(from, to) {
        // A group of several lines that has no room with what is around it: its first line has.
        return part(scene, cards, Mode::Lines, rows as u16);
    }
    let mut out = Vec::new();
    if from > 0 {
        out.push(cards::rest(
            scene.topology,
            "above",
            members(&cards[..from]),
        ));
    }
    out.extend_from_slice(&cards[from..to]);
    if to < count {
        out.push(cards::rest(scene.topology, "below", members(&cards[to..])));
    }
    out
}
