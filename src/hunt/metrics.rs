//! Whether the metrics that expectations speak of exist and are measured in the unit they are compared with. The scenario
//! language does not know the metrics, so this comes after everything else was found right.

use std::collections::BTreeSet;

use super::Loaded;
use crate::checks::Expect;
use crate::sim::complaint::{Complaint, Path, nearest};
use crate::stats::Metrics;
use crate::systems::Plan;

/// What is wrong with the metrics of the expectations of a scenario and of its control.
pub fn mistakes(loaded: &Loaded) -> Vec<Complaint> {
    let mut out = Vec::new();
    let seed = loaded.scenario.seed;
    check(
        "expect",
        &loaded.scenario.expect,
        &loaded.plan,
        seed,
        &mut out,
    );
    if let Some(control) = &loaded.control {
        check("control", &control.0.expect, &control.1, seed, &mut out);
    }
    out
}

fn check(list: &str, expect: &[Expect], plan: &Plan, seed: u64, out: &mut Vec<Complaint>) {
    // What metrics there are depends on what queues, groups and machines there are: only the simulation names them.
    if expect.iter().all(|e| e.metric().is_none()) {
        return;
    }
    let sim = plan.build(seed);
    let metrics = Metrics::new(sim.names());
    for (i, expectation) in expect.iter().enumerate() {
        let Some((name, _)) = expectation.metric() else {
            continue;
        };
        let at = Path::root().field(list).index(i);
        match metrics.find(name) {
            None => out.push(unknown(name, at.index(0), &metrics)),
            Some((definition, _)) => {
                if let Some(why) = expectation.mismatch(definition.unit) {
                    out.push(Complaint::error(at.index(1), why));
                }
            }
        }
    }
}

/// Says so, and names the nearest metric; else those that begin with the same words; else the words metrics begin with.
fn unknown(name: &str, at: Path, metrics: &Metrics) -> Complaint {
    let names = metrics.metric_names();
    let all = || names.iter().map(String::as_str);
    let complaint = Complaint::error(at, format!("there is no metric `{name}`"));
    if let Some(near) = nearest(name, all()) {
        return complaint.help(format!("did you mean `{near}`?"));
    }
    let begins = name.rsplit_once('.').map_or(name, |(head, _)| head);
    let related: Vec<String> = all()
        .filter(|n| n.strip_prefix(begins).is_some_and(|r| r.starts_with('.')))
        .map(|n| format!("`{n}`"))
        .collect();
    if !related.is_empty() {
        return complaint.help(format!("known here are {}", related.join(", ")));
    }
    let words: BTreeSet<&str> = all().filter_map(|n| n.split('.').next()).collect();
    let words: Vec<String> = words.into_iter().map(|w| format!("`{w}.…`")).collect();
    complaint.help(format!(
        "the names of metrics begin with {}",
        words.join(", ")
    ))
}
