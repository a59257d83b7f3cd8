//! Rules of protocols that are left out, and what becomes of it: that each of them is there for something, and that whoever
//! looks for failures finds what it protects from.

mod by_hand;
mod scenes;
mod search;

use std::sync::Arc;

use splitbrain::checks::Verdict;
use splitbrain::hunt::{
    Expectation, Intervention, Loaded, Options, Outcome, Session, intervention,
};
use splitbrain::scenario::Files;
use splitbrain::systems::rules::{LeftOut, Rule};

/// A rule by its name.
fn rule(word: &str) -> Rule {
    let found = splitbrain::systems::rules().find(|r| r.word == word);
    found.unwrap_or_else(|| panic!("there is no rule {word}"))
}

/// A scenario whose systems do without a rule.
fn without(text: &str, rule: Option<Rule>) -> Arc<Loaded> {
    let loaded = Loaded::from_parts("scene", text, &[], Files::Given(&[]));
    let mut loaded = loaded
        .map_err(|d| d.render(false))
        .expect("a good scenario");
    loaded.plan.left_out = rule.map_or_else(LeftOut::default, LeftOut::only);
    Arc::new(loaded)
}

/// What breaks in a run with some more faults: properties, and expectations of metrics that are not met.
fn broken(loaded: &Arc<Loaded>, seed: u64, faults: &[&str]) -> Vec<String> {
    let entries: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let read = intervention::read(loaded, &entries);
    let mut deeds: Vec<Intervention> = read.map_err(|d| d.render(false)).expect("good faults");
    deeds.sort_by_key(|d| d.at_ns);
    let options = Options {
        seed: Some(seed),
        ..Options::default()
    };
    let mut session = Session::new(Arc::clone(loaded), options);
    session.follow(&deeds.into());
    session.advance(u64::MAX, u64::MAX);
    let watch = session.watch().expect("it is watched");
    let broken = watch
        .checks
        .verdicts()
        .filter_map(|(property, verdict)| match verdict {
            Verdict::Broken(_) => Some(property.to_string()),
            _ => None,
        });
    let outcome = Outcome::of(&session).expect("it is watched");
    let metrics = outcome
        .expectations
        .iter()
        .filter(|e| e.expect.metric().is_some() && !Expectation::is_met(e));
    broken
        .chain(metrics.map(|e| e.expect.to_string()))
        .collect()
}
