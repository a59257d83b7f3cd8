//! The map of a sweep, from what its runs come to.

use crate::hunt::sweep::axis::Axis;
use crate::hunt::sweep::question::Question;
use crate::hunt::sweep::{Head, Sums};
use crate::ui::view::{MapAxis, MapCell, MapQuestion, TippingMap};

/// The map.
pub fn map(head: &Head, sums: &Sums) -> TippingMap {
    let axis = |at: usize| match head.vary.get(at) {
        Some(axis) => named(axis),
        None => MapAxis {
            name: String::new(),
            values: vec![String::new()],
        },
    };
    let questions = Question::all(head, sums).into_iter();
    let items = head.items();
    TippingMap {
        scenario: head.scenario.clone(),
        runs: (sums.all.seeds, items.end - items.start),
        rows: axis(0),
        columns: axis(1),
        questions: questions.map(|q| question(head, sums, q)).collect(),
    }
}

fn named(axis: &Axis) -> MapAxis {
    MapAxis {
        name: axis.name().to_owned(),
        values: axis.values.clone(),
    }
}

fn question(head: &Head, sums: &Sums, question: Question) -> MapQuestion {
    let cells = sums.cells.iter().enumerate().map(|(at, cell)| {
        let share = question.share(cell);
        let seed = question.telling(head, cell);
        MapCell {
            count: share.count,
            of: share.of,
            percent: share.percent(),
            interval: share.interval(),
            seed,
            command: head.command(at, seed),
        }
    });
    MapQuestion {
        label: question.label(head),
        cells: cells.collect(),
    }
}
