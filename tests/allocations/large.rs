//! What large clusters take: each part of one as much as in a small one.

use std::sync::Arc;

use allocation_counter::AllocationInfo;
use splitbrain::hunt::{Loaded, Options, Session, doubts};
use splitbrain::scenario::Files;
use splitbrain::sim::MS;

use super::cluster::cluster;

fn load(topics: u32) -> Loaded {
    Loaded::from_parts("cluster", &cluster(topics), &[], Files::Nowhere).expect("it loads")
}

/// What loading, checking and building a cluster take, and starting it.
fn cost(topics: u32) -> [AllocationInfo; 2] {
    let mut session = None;
    let build = allocation_counter::measure(|| {
        let loaded = load(topics);
        assert_eq!(doubts(&loaded).len(), 1, "of its only controller");
        session = Some(Session::new(Arc::new(loaded), Options::default()));
    });
    let start = allocation_counter::measure(|| session.as_mut().unwrap().run_to(20 * MS));
    assert!(session.unwrap().sim().events() > u64::from(topics) * 200);
    [build, start]
}

#[test]
fn twice_the_cluster_takes_twice_the_memory() {
    for (once, twice) in cost(10).iter().zip(cost(20)) {
        let pieces = twice.count_total as f64 / once.count_total as f64;
        assert!(pieces < 2.2, "{pieces}: {once:?}, {twice:?}");
        let bytes = twice.bytes_max as f64 / once.bytes_max as f64;
        assert!(bytes < 2.3, "{bytes}: {once:?}, {twice:?}");
    }
}

#[test]
fn a_thousand_brokers_with_ten_thousand_clients_fit_into_half_a_gigabyte() {
    let [build, start] = cost(100);
    let bytes = build.bytes_max + start.bytes_max;
    assert!(bytes < 1 << 29, "{build:?}, {start:?}");
}
