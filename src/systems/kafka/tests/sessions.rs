//! Fetch sessions (KIP-227): what nobody has anything to say about is not said, and a session that breaks is opened anew.

use super::super::protocol::Acks;
use super::bench::{Bench, Run, at, crash, ms};
use crate::sim::NodeId;
use crate::sim::fault::{Action, LinkDuplicating, LinkLossy, Of};
use crate::sim::units::Chance;

/// Bytes that the second broker has sent the first.
fn asked_bytes(run: &Run) -> u64 {
    let links = run.sim.network().links().iter();
    let way = |l: &&crate::sim::net::Link| (l.from(), l.to()) == (NodeId(1), NodeId(0));
    links.filter(way).map(|l| l.traffic().bytes).sum()
}

/// What an idle follower sends its leader in ten seconds.
fn idle_bytes(partitions: u32) -> u64 {
    let topic = format!("partitions: {partitions}, replication_factor: 2");
    let mut run = Bench::new(2, &topic).run(10_000);
    let before = asked_bytes(&run);
    run.until(20_000);
    asked_bytes(&run) - before
}

#[test]
fn idle_partitions_cost_no_traffic() {
    assert_eq!(idle_bytes(2), idle_bytes(200));
    assert!(idle_bytes(2) > 0, "it asks all the same");
}

/// The follower has all that was produced, and is in sync.
fn copies_everything(bench: &mut Bench) {
    for n in 0..20 {
        bench.produce(5_000 + 500 * n, 1, Acks::One);
    }
    let run = bench.run(60_000);
    assert_eq!(run.log(1).len(), 20);
    assert_eq!(run.log(1), run.log(2));
    assert_eq!(run.in_sync(), [], "nobody ever left");
}

#[test]
fn a_session_outlives_requests_that_are_lost() {
    let mut bench = Bench::new(2, "replication_factor: 2");
    let lossy = LinkLossy {
        from: at("b2"),
        to: at("b1"),
        loss: Chance::from_p(0.3),
        of: Of::Messages,
        one_way: true,
    };
    bench.fault(4_000, 20_000, Action::LinkLossy(lossy));
    copies_everything(&mut bench);
}

#[test]
fn a_request_that_comes_twice_breaks_no_copy() {
    let mut bench = Bench::new(2, "replication_factor: 2");
    let twice = LinkDuplicating {
        from: at("b2"),
        to: at("b1"),
        share: Chance::from_p(0.5),
        one_way: true,
    };
    bench.fault(4_000, 20_000, Action::LinkDuplicating(twice));
    copies_everything(&mut bench);
}

/// The leader forgot the session when it died, and only it may have led: there is nobody else to lead.
#[test]
fn a_leader_that_starts_anew_is_told_everything_again() {
    let mut bench = Bench::new(2, "partitions: 3, replication_factor: 2");
    bench.produce(1_000, 1, Acks::All);
    bench.fault(2_000, 100, crash("b1"));

    let line = bench.produce(30_000, 2, Acks::All);
    let run = bench.run(40_000);
    let (at_ns, _) = run.answer(line).expect("it is answered");
    assert!(at_ns < ms(30_010), "both copy again");
    assert_eq!(run.log(1), run.log(2));
}
