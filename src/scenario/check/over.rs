//! Claims over many seeds: whether they can be put to the test, and whether they claim what they seem to.

use crate::scenario::schema::{OverSettings, Scenario};
use crate::sim::complaint::{Complaint, Path};

/// More seeds than this are surely a slip of the pen.
const SEEDS_MAX: u32 = 1_000_000;

/// What is wrong or doubtful with `over` and `control_over`.
pub fn over<E>(scenario: &Scenario<E>, out: &mut Vec<Complaint>) {
    let given = [
        ("over", scenario.over),
        ("control_over", scenario.control_over),
    ];
    for (field, over) in given {
        let at = Path::root().field(field);
        out.extend(over.and_then(|over| mistake(over, &at)));
    }
}

fn mistake(over: OverSettings, at: &Path) -> Option<Complaint> {
    let (seeds, share) = (at.field("seeds"), at.field("at_least"));
    if over.seeds == 0 {
        let complaint = Complaint::error(seeds, "over no seeds nothing is claimed");
        return Some(complaint.help("write how many: seeds: 100"));
    }
    if over.seeds > SEEDS_MAX {
        let message = format!("{} seeds are too many to be run", over.seeds);
        let complaint = Complaint::error(seeds, message);
        return Some(complaint.help(format!("at most {SEEDS_MAX}")));
    }
    if over.at_least.is_never() {
        let complaint =
            Complaint::error(share, "that at least none of the runs is so says nothing");
        return Some(complaint.help("say how many must be: at_least: \"95%\""));
    }
    too_few(over).map(|enough| {
        let (given, all) = (over.at_least, over.seeds);
        let message = format!("{given} of {all} seeds are all of them");
        Complaint::warning(share, message).help(enough)
    })
}

/// Where fewer than all are asked for, and none may fail all the same: with how many seeds one may.
fn too_few(over: OverSettings) -> Option<String> {
    let may_fail = 1.0 - over.at_least.p();
    let all_but_one = f64::from(over.seeds - 1) / f64::from(over.seeds);
    if may_fail <= 0.0 || all_but_one >= over.at_least.p() {
        return None;
    }
    // Rounding may make it one seed too many or too few, never another thought.
    let enough = (1.0 / may_fail).round();
    let enough = format!("with {enough} seeds one of them may fail; without `at_least`, none may");
    Some(enough)
}
