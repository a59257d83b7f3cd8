//! Little's law in every built-in scenario with messages: the mean number of messages on their way is the rate at which they end
//! their way times the mean time they take. Exactly: the time that all messages spent on their way is that of those that ended plus
//! that of those that have not.

use std::sync::Arc;

use splitbrain::hunt::{self, Options, Session};
use splitbrain::scenario::library;

#[test]
fn littles_law_holds_in_every_built_in_scenario_with_messages() {
    for scenario in library::ALL {
        let loaded =
            hunt::load(scenario.name, &[]).unwrap_or_else(|e| panic!("{}: {e:?}", scenario.name));
        let mut session = Session::new(Arc::new(loaded), Options::default());
        session.run();
        let watch = session.watch().unwrap();
        // Queues may be there for another style of the same scenario, without a message in them.
        if watch
            .metrics
            .metric("messages.produced")
            .is_none_or(|m| m.value == 0.0)
        {
            continue;
        }
        let metric = |name: &str| {
            watch
                .metrics
                .metric(name)
                .unwrap_or_else(|| panic!("no {name}"))
                .value
        };
        let seconds = session.end_ns() as f64 / 1e9;
        let (number, rate, time) = (
            metric("little.number"),
            metric("little.rate"),
            metric("little.time") / 1e9,
        );
        assert!(
            rate > 0.5 && time > 0.0,
            "{}: nothing to see",
            scenario.name
        );
        // What the messages that are still on their way have spent so far, at the most.
        let open = metric("messages.in_flight") * metric("latency.in_system.max") / 1e9 / seconds;
        let slack = 1e-6 * number + open;
        let gap = number - rate * time;
        assert!(
            gap > -1e-6 * number && gap <= slack,
            "{}: L = {number}, λW = {}, open ≤ {open}",
            scenario.name,
            rate * time
        );
    }
}
