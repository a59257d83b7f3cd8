//! What a built-in scenario claims is true of any seed, not of its own by luck. Here those scenarios that are quick to run;
//! `.ci/scenarios` verifies all of them with the seeds that they say.

use std::sync::Arc;

use splitbrain::hunt::{self, Options, Outcome, Session};

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
