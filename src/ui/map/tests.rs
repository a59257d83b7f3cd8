use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::hunt::tally::Share;
use crate::ui::snapshots::check;
use crate::ui::view::MapAxis;

fn axis(name: &str, values: &[&str]) -> MapAxis {
    MapAxis {
        name: name.to_owned(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    }
}

fn question(label: &str, counts: &[u64]) -> MapQuestion {
    let cells = (0..).zip(counts).map(|(at, count)| MapCell {
        count: *count,
        of: 200,
        percent: Share {
            count: *count,
            of: 200,
        }
        .percent(),
        interval: (*count as f64 / 250.0, (*count as f64 + 20.0) / 220.0),
        seed: 40 + at,
        command: format!(
            "splitbrain run retry-storm --seed {} --set duration=20s",
            40 + at
        ),
    });
    MapQuestion {
        label: label.to_owned(),
        cells: cells.collect(),
    }
}

fn map() -> Map {
    let view = TippingMap {
        scenario: "retry-storm".to_owned(),
        runs: (2400, 2400),
        rows: axis("max_attempts", &["1", "2", "3", "5"]),
        columns: axis("timeout", &["100ms", "250ms", "1s"]),
        questions: vec![
            question(
                "seeds that fail",
                &[0, 0, 0, 3, 0, 0, 90, 44, 1, 200, 151, 80],
            ),
            question(
                "breaks: recovers within 15s",
                &[0, 0, 0, 0, 0, 0, 9, 4, 0, 20, 15, 8],
            ),
        ],
    };
    Map::new(view, Look::default())
}

fn picture(map: &mut Map, width: u16, height: u16) -> Buffer {
    map.size = (width, height);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(map, &mut buffer);
    buffer
}

/// Actions of which nothing comes but another view.
fn press(map: &mut Map, actions: &[Action]) {
    for action in actions {
        assert_eq!(map.update(*action), None);
    }
}

#[test]
fn the_map_at_three_sizes() {
    for (w, h) in [(80, 24), (120, 40), (200, 60)] {
        let mut m = map();
        press(&mut m, &[Action::Bottom, Action::NextField]);
        let shown = picture(&mut m, w, h);
        check(&format!("map_{w}x{h}"), &shown);
    }
}

#[test]
fn enter_runs_the_seed_of_the_selected_cell() {
    let mut m = map();
    let run = |cell, seed| Some(Chosen::Run { cell, seed });
    assert_eq!(m.update(Action::Open), run(0, 40));
    for action in [Action::Down, Action::Down, Action::NextField] {
        assert_eq!(m.update(action), None);
    }
    assert_eq!(m.update(Action::Open), run(7, 47));
    assert!(m.command().is_some_and(|c| c.contains("--seed 47")));
    // Nothing is beyond the edges.
    (0..9).for_each(|_| press(&mut m, &[Action::Down, Action::NextField]));
    assert_eq!(m.update(Action::Open), run(11, 51));
    (0..9).for_each(|_| press(&mut m, &[Action::Up, Action::FieldBefore]));
    assert_eq!(m.update(Action::Open), run(0, 40));
    assert_eq!(m.update(Action::Quit), Some(Chosen::Leave(Leave::Quit)));
}

#[test]
fn questions_follow_one_another_and_the_cell_stays() {
    let mut m = map();
    press(&mut m, &[Action::Down, Action::NextChoice]);
    assert_eq!(m.asked().unwrap().label, "breaks: recovers within 15s");
    assert_eq!(m.at(), 3);
    m.update(Action::NextChoice);
    assert_eq!(m.asked().unwrap().label, "seeds that fail");
    m.update(Action::ChoiceBefore);
    assert_eq!(m.asked().unwrap().label, "breaks: recovers within 15s");
}

#[test]
fn the_mouse_selects_the_cell_under_it() {
    for (w, h) in [(60, 16), (80, 24), (120, 40)] {
        let mut m = map();
        let shown = picture(&mut m, w, h);
        // Where 45% is written.
        let rows: Vec<String> = (0..h)
            .map(|y| (0..w).map(|x| shown[(x, y)].symbol()).collect())
            .collect();
        let found = (0..).zip(&rows).find_map(|(y, row)| {
            let at = row.find("45%")?;
            Some((row[..at].chars().count() as u16, y))
        });
        let (x, y) = found.unwrap();
        m.update(Action::Click(x, y));
        assert_eq!(m.at(), 6, "{w}x{h}");
        m.update(Action::Click(0, 0));
        assert_eq!(m.at(), 6, "there is no cell");
    }
}

#[test]
fn no_size_is_too_small_and_no_map_too_large() {
    let values: Vec<String> = (0..90).map(|v| "x".repeat(v)).collect();
    let large = TippingMap {
        rows: MapAxis {
            name: "a name that is very long ".repeat(9),
            values: values.clone(),
        },
        columns: MapAxis {
            name: "b".to_owned(),
            values: values[..40].to_vec(),
        },
        questions: vec![question("seeds that fail", &[7; 3600])],
        ..TippingMap::default()
    };
    for view in [large, TippingMap::default()] {
        let mut m = Map::new(view, Look::default());
        for w in (1..200).step_by(7) {
            for h in (1..60).step_by(3) {
                picture(&mut m, w, h);
                m.update(Action::Down);
                m.update(Action::NextField);
                m.update(Action::Click(w / 2, h / 2));
            }
        }
        m.update(Action::Help);
        picture(&mut m, 80, 24);
    }
}
