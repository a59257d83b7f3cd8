//! What a built-in scenario claims is true of any seed, not of its own by luck. Here those scenarios that are quick to run;
//! `.ci/scenarios` verifies all of them with the seeds that they say.

use std::sync::Arc;

use splitbrain::hunt::{self, Options, Outcome, Session};
use splitbrain::scenario::library;

const QUICK: [&str; 12] = [
    "checkout-oversells",
    "connection-pool-exhaustion",
    "food-coordinator-crash",
    "food-lost-dedup-table",
    "gc-death-spiral",
    "gray-failure",
    "health-check-delay",
    "kip-101-divergence",
    "min-insync-lost",
    "poison-record",
    "stale-queue",
    "visibility-timeout-too-short",
];

#[test]
fn every_built_in_scenario_says_of_how_many_seeds_it_speaks() {
    for built_in in library::ALL {
        let loaded = hunt::load(built_in.name, &[]).unwrap();
        let scenario = loaded.scenario;
        let (over, of_control) = (scenario.over.unwrap(), scenario.control_over);
        for claim in [over, of_control.unwrap_or(over)] {
            let (seeds, least) = (claim.seeds, claim.at_least.p());
            let name = built_in.name;
            assert!(seeds >= 50 && least >= 0.95, "{name}: {least} of {seeds}");
        }
    }
}

#[test]
fn a_claim_holds_for_any_seed() {
    for name in QUICK {
        let loaded = hunt::load(name, &[]).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let loaded = Arc::new(loaded);
        for (seed, control) in (101..104).flat_map(|s| [(s, false), (s, true)]) {
            let options = Options {
                seed: Some(seed),
                control,
                ..Options::default()
            };
            let mut session = Session::new(Arc::clone(&loaded), options);
            session.run();
            for expectation in Outcome::of(&session).unwrap().expectations {
                assert!(
                    expectation.is_met(),
                    "{name}, seed {seed}, control {control}: {expectation:?}"
                );
            }
        }
    }
}
