//! What can be seen of few and of many nodes, and what opening and closing groups does to it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{By, Groups, Item, Scene, draw, items};
use crate::ui::fixture;
use crate::ui::pen::Pen;
use crate::ui::style::Look;
use crate::ui::view::Topology;

fn drawn(scene: Scene<'_>, (width, height): (u16, u16)) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let area = buffer.area;
    draw(&mut Pen::new(&mut buffer, area, Look::default()), scene);
    let rows = (0..height).map(|y| {
        let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        row + "\n"
    });
    rows.collect()
}

fn crowd(count: usize) -> Topology {
    fixture::crowd(count).topology
}

const SIZES: [(u16, u16); 4] = [(42, 7), (61, 20), (105, 30), (198, 56)];

fn all_open(topology: &Topology, by: By) -> Groups {
    let mut groups = Groups {
        by,
        ..Groups::default()
    };
    let closed: Vec<Item> = vec![(0..topology.nodes.len()).collect()];
    groups.toggle_all(topology, &closed);
    groups
}

#[test]
fn every_node_can_be_selected_at_every_size() {
    for count in [5, 50, 500] {
        let topology = crowd(count);
        for by in [By::Name, By::Zone] {
            let by_room = Groups {
                by,
                ..Groups::default()
            };
            for groups in [by_room, all_open(&topology, by)] {
                for size in SIZES {
                    let scene = Scene::new(&topology, &groups, 0);
                    let mut nodes: Vec<usize> = items(scene, size).concat();
                    nodes.sort_unstable();
                    assert_eq!(nodes, (0..count).collect::<Vec<_>>(), "{by:?} {size:?}");
                }
            }
        }
    }
}

#[test]
fn the_selected_node_is_always_in_the_picture() {
    let topology = crowd(500);
    for by in [By::Name, By::Zone] {
        let groups = all_open(&topology, by);
        for size in SIZES {
            for node in (0..500).step_by(31) {
                let scene = Scene {
                    selected: Some(node),
                    ..Scene::new(&topology, &groups, 0)
                };
                let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
                let area = buffer.area;
                let mut pen = Pen::new(&mut buffer, area, Look::default());
                let mut spots = Vec::new();
                super::draw_spots(&mut pen, scene, &mut spots);
                let is_drawn = spots.iter().any(|spot| spot.1 == node);
                assert!(is_drawn, "{node} {by:?} {size:?}\n{}", drawn(scene, size));
            }
        }
    }
}

#[test]
fn the_selected_link_stands_out_without_colour_in_every_crowd() {
    const HEAVY: [char; 6] = ['━', '┃', '┏', '┓', '┗', '┛'];
    for count in [5, 50, 500] {
        let topology = crowd(count);
        for (by, is_open) in [(By::Name, false), (By::Name, true), (By::Zone, false)] {
            let groups = if is_open {
                all_open(&topology, by)
            } else {
                Groups {
                    by,
                    ..Groups::default()
                }
            };
            for size in SIZES {
                for edge in topology.edges.iter().step_by(1 + topology.edges.len() / 12) {
                    let scene = Scene {
                        selected: Some(edge.from),
                        ..Scene::new(&topology, &groups, 0)
                    };
                    let chosen = Scene {
                        link: Some((edge.from, edge.to)),
                        ..scene
                    };
                    let of_both =
                        |item: &Item| item.contains(&edge.from) && item.contains(&edge.to);
                    let is_inside = items(scene, size).iter().any(of_both);
                    let before = drawn(scene, size);
                    let after = drawn(chosen, size);
                    let stands_out = after.contains(HEAVY) && !before.contains(HEAVY);
                    assert_ne!(is_inside, stands_out, "{edge:?} {by:?} {size:?}\n{after}");
                }
            }
        }
    }
}

#[test]
fn what_has_no_room_is_counted_with_the_worst_of_it() {
    let topology = crowd(500);
    let groups = all_open(&topology, By::Name);
    let scene = Scene {
        selected: Some(80),
        ..Scene::new(&topology, &groups, 0)
    };
    let text = drawn(scene, (105, 30));
    // A column of 166 nodes with 28 rows of them: those above and those below are the rest.
    let number = |word: &str| -> usize {
        let line = text.lines().find(|l| l.contains(word)).expect(word);
        let before = line.split(word).next().expect("a number");
        before
            .rsplit('+')
            .next()
            .and_then(|n| n.trim().parse().ok())
            .expect("a number")
    };
    let seen = (0..166).filter(|i| text.contains(&format!("web-{i} ")));
    assert_eq!(
        number(" above") + number(" below") + seen.count(),
        166,
        "{text}"
    );
    let above = text.lines().find(|l| l.contains(" above")).expect("a line");
    assert!(above.contains('✗') && above.contains("down"), "{above}");
}

#[test]
fn a_closed_group_says_its_worst_first_then_who_leads_and_what_passes() {
    let mut topology = crowd(30);
    topology.nodes[12].rank = crate::ui::view::Rank::Leader;
    let mut groups = Groups::default();
    let nodes: Vec<Item> = (0..30).map(|i| vec![i]).collect();
    // All are open: all close.
    groups.toggle_all(&topology, &nodes);
    let text = drawn(Scene::new(&topology, &groups, 0), (105, 30));
    let at = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("{part} in {text}"))
    };
    assert!(at("broker ×10") > 0);
    assert!(at("broker-12 leads") > 0, "{text}");
    assert!(at("◌ 1 slow") < at("broker-12 leads"));
    // Ten nodes of the first layer send 40 to each of three brokers, and get nothing.
    assert!(at("out 1200/s") > 0, "{text}");
    assert!(at("in 1200/s out 900/s") > 0, "{text}");
}

#[test]
fn opening_a_group_leaves_the_others_as_they_are() {
    let topology = crowd(500);
    let mut groups = Groups::default();
    let size = (105, 30);
    let before = items(Scene::new(&topology, &groups, 0), size);
    assert_eq!(before.len(), 3, "a group for each layer");
    groups.toggle(&topology, &before, before[1][0]);
    let after = items(Scene::new(&topology, &groups, 0), size);
    assert_eq!(after.len(), 2 + 166);
    assert_eq!((&after[0], after.last()), (&before[0], before.last()));
    groups.toggle(&topology, &after, 200);
    assert_eq!(items(Scene::new(&topology, &groups, 0), size), before);
}

#[test]
fn all_groups_open_then_close_then_follow_the_room() {
    let topology = crowd(500);
    let mut groups = Groups::default();
    let count = |groups: &Groups| items(Scene::new(&topology, groups, 0), (105, 30)).len();
    for expected in [500, 3, 3] {
        let shown = items(Scene::new(&topology, &groups, 0), (105, 30));
        groups.toggle_all(&topology, &shown);
        assert_eq!(count(&groups), expected);
    }
    assert_eq!(groups, Groups::default());
}

#[test]
fn zones_are_boxes_around_their_nodes() {
    let topology = crowd(12);
    let mut groups = Groups::default();
    groups.turn(&topology);
    let text = drawn(Scene::new(&topology, &groups, 0), (105, 40));
    let line = |part: &str| {
        let line = text.lines().position(|l| l.contains(part));
        line.unwrap_or_else(|| panic!("{part} in {text}"))
    };
    let heads = ["zone a: 4 nodes", "zone b: 4 nodes", "zone c: 4 nodes"].map(line);
    assert!(heads.is_sorted());
    for (i, node) in topology.nodes.iter().enumerate() {
        let zone = i % 3;
        let at = line(&format!("{} ", node.name));
        assert!(at > heads[zone], "{text}");
        assert!(zone == 2 || at < heads[zone + 1], "{text}");
    }
    // A closed zone has its nodes of each layer in one card.
    let shown = items(Scene::new(&topology, &groups, 0), (105, 40));
    groups.toggle(&topology, &shown, 0);
    let shown = items(Scene::new(&topology, &groups, 0), (105, 40));
    assert!(shown.len() < 12 && shown.concat().len() == 12, "{shown:?}");
    assert!(drawn(Scene::new(&topology, &groups, 0), (105, 40)).contains("zone a: 4 nodes"));
}

#[test]
fn without_zones_there_are_no_boxes_of_them() {
    let mut topology = crowd(12);
    topology.nodes.iter_mut().for_each(|n| n.zone.clear());
    let mut groups = Groups::default();
    assert!(groups.turn(&topology).contains("no zones"));
    assert_eq!(groups, Groups::default());
}
