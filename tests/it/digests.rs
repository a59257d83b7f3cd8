//! The digest of every built-in scenario, committed: a change of the model, of a random stream or of a scenario shows here,
//! and whoever makes one on purpose writes the new digests down and says so in the changelog.

use std::fmt::Write;
use std::sync::Arc;

use splitbrain::hunt::{self, Options, Session};
use splitbrain::scenario::library;

#[test]
fn every_built_in_scenario_has_its_committed_digest() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/digests.txt");
    let committed = std::fs::read_to_string(path).unwrap();
    let mut now = String::new();
    for scenario in library::ALL {
        let loaded =
            hunt::load(scenario.name, &[]).unwrap_or_else(|e| panic!("{}: {e:?}", scenario.name));
        let mut session = Session::new(
            Arc::new(loaded),
            Options {
                unobserved: true,
                ..Options::default()
            },
        );
        session.run();
        let _ = writeln!(
            now,
            "{} {:016x}",
            scenario.name,
            session.sim().digest().value()
        );
    }
    assert!(now == committed, "the digests are now:\n{now}");
}
