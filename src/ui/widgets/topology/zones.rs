//! Zones as boxes, one below the other, with the layers as columns through all of them.

use std::collections::BTreeSet;

use super::cards::{self, Card};
use super::opened;
use super::plan::{self, Cut, Frame, Mode, Placed, Plan, card_height};
use super::{Item, Scene};

const WHOLE: [(Mode, Cut); 6] = [
    (Mode::Boxes(2), Cut::Texts),
    (Mode::Boxes(1), Cut::Texts),
    (Mode::Mixed(4), Cut::Texts),
    (Mode::Mixed(2), Cut::Texts),
    (Mode::Lines, Cut::Texts),
    (Mode::Lines, Cut::Names),
];

const PARTS: [(Mode, Cut); 3] = [
    (Mode::Mixed(2), Cut::Texts),
    (Mode::Lines, Cut::Texts),
    (Mode::Lines, Cut::Names),
];

/// A zone: its name and the cards of each layer.
struct Zone {
    key: String,
    layers: Vec<Vec<Card>>,
}

impl Zone {
    fn rows(&self, mode: Mode) -> u16 {
        let layers = self.layers.iter();
        layers
            .map(|cards| plan::rows(cards, mode))
            .max()
            .unwrap_or(0)
    }
}

/// The best plan for a rectangle; none where nothing stands in a zone, or the boxes of the zones have no room.
pub(super) fn plan(scene: Scene<'_>, width: u16, height: u16) -> Option<Plan> {
    let layers = plan::ordered(scene.topology);
    let nodes = &scene.topology.nodes;
    let mut keys: Vec<&str> = nodes
        .iter()
        .map(|n| n.zone.as_str())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    // What stands nowhere comes last.
    keys.sort_by_key(|key| key.is_empty());
    if keys == [""] {
        return None;
    }
    let tries: &[bool] = match scene.groups.open {
        Some(_) => &[false],
        None => &[true, false],
    };
    let mut closed = Vec::new();
    for &by_room in tries {
        let zone = |key: &&str| zone(scene, &layers, key, by_room);
        let zones: Vec<Zone> = keys.iter().map(zone).collect();
        for (mode, cut) in WHOLE {
            let needed: u32 = zones.iter().map(|z| u32::from(z.rows(mode)) + 2).sum();
            if needed <= u32::from(height)
                && let Some(plan) = placed(scene, &zones, mode, cut, (width, height))
            {
                return Some(plan);
            }
        }
        closed = zones;
    }
    let items = closed
        .iter()
        .flat_map(|z| opened::items(&z.layers))
        .collect();
    for (mode, cut) in PARTS {
        let rows = most_rows(&closed, mode, height)?;
        let part = |zone: &Zone| Zone {
            key: zone.key.clone(),
            layers: zone
                .layers
                .iter()
                .map(|cards| opened::part(scene, cards.clone(), mode, rows))
                .collect(),
        };
        let parts: Vec<Zone> = closed.iter().map(part).collect();
        if let Some(plan) = placed(scene, &parts, mode, cut, (width, height)) {
            return Some(Plan { items, ..plan });
        }
    }
    None
}

/// The most rows that each zone may have, so that all have room.
fn most_rows(zones: &[Zone], mode: Mode, height: u16) -> Option<u16> {
    let needed = |rows: u16| -> u32 {
        let zones = zones.iter();
        zones.map(|z| u32::from(z.rows(mode).min(rows)) + 2).sum()
    };
    (1..=height)
        .rev()
        .find(|&rows| needed(rows) <= u32::from(height))
}

fn zone(scene: Scene<'_>, layers: &[Vec<usize>], key: &str, by_room: bool) -> Zone {
    let nodes = &scene.topology.nodes;
    let is_open = scene.groups.is_open(key).unwrap_or(by_room);
    let cards = |layer: &Vec<usize>| -> Vec<Card> {
        let here: Vec<usize> = layer
            .iter()
            .copied()
            .filter(|&i| nodes[i].zone == key)
            .collect();
        let mut cards = if is_open {
            let nodes = here.iter();
            nodes
                .map(|&i| cards::single(scene.topology, i, scene.now_ns))
                .collect()
        } else {
            cards::grouped(scene.topology, &here, scene.now_ns)
        };
        // The frame says it.
        cards.iter_mut().for_each(|card| card.zone.clear());
        cards
    };
    Zone {
        key: key.to_owned(),
        layers: layers.iter().map(cards).collect(),
    }
}

fn placed(
    scene: Scene<'_>,
    zones: &[Zone],
    mode: Mode,
    cut: Cut,
    (width, height): (u16, u16),
) -> Option<Plan> {
    let layers = zones.first()?.layers.len();
    let column = |layer: usize| -> Vec<Card> {
        zones.iter().flat_map(|z| z.layers[layer].clone()).collect()
    };
    let cards: Vec<Vec<Card>> = (0..layers).map(column).collect();
    let columns = plan::columns(&cards, mode, cut, width.checked_sub(4)?)?;
    let columns: Vec<(u16, u16)> = columns.into_iter().map(|(x, w)| (x + 2, w)).collect();
    let (mut placed, mut frames, mut y) = (Vec::new(), Vec::new(), 0);
    for zone in zones {
        let rows = zone.rows(mode);
        if y + rows + 2 > height {
            return None;
        }
        frames.push(frame(scene, zone, (width, rows + 2), y));
        for (layer, (cards, &(x, w))) in zone.layers.iter().zip(&columns).enumerate() {
            let mut top = y + 1;
            for card in cards {
                let h = card_height(card, mode);
                placed.push(Placed {
                    card: card.clone(),
                    layer,
                    x,
                    y: top,
                    width: w,
                    height: h,
                });
                top += h;
            }
        }
        y += rows + 2;
    }
    let items: Vec<Item> = placed.iter().map(|p| p.card.members.clone()).collect();
    Some(Plan {
        mode,
        grouped: items.iter().map(Vec::len).filter(|&n| n > 1).sum(),
        placed,
        columns,
        head: 0,
        items,
        frames,
    })
}

fn frame(scene: Scene<'_>, zone: &Zone, (width, height): (u16, u16), y: u16) -> Frame {
    let members = zone.layers.iter().flatten().flat_map(|c| c.members.clone());
    let all = cards::rest(scene.topology, "", members.collect());
    let nodes = all.members.len();
    let s = if nodes == 1 { "" } else { "s" };
    Frame {
        y,
        width,
        height,
        title: format!("{}: {nodes} node{s}", scene.groups.name(&zone.key)),
        sign: all.sign,
        role: all.role,
    }
}
