//! Clusters of brokers with a scripted client: what a person who knows Kafka expects.

use super::bench::{Bench, at, ms};
use super::protocol::{Acks, Error};
use crate::sim::fault::{Action, Crash};

const THREE: &str = "replication_factor: 3, min_insync_replicas: 2";

fn crash(node: &str) -> Action {
    Action::Crash(Crash(at(node)))
}

#[test]
fn a_healthy_cluster_answers_each_kind_of_acknowledgement() {
    let mut bench = Bench::new(3, THREE);
    let zero = bench.produce(100, 1, Acks::Zero);
    let one = bench.produce(200, 1, Acks::One);
    let all = bench.produce(300, 1, Acks::All);
    let run = bench.run(2_000);
    assert_eq!(run.produced(zero), None, "nobody answers acks=0");
    assert_eq!(run.produced(one), Some(Ok(1)));
    assert_eq!(run.produced(all), Some(Ok(2)));
    for broker in 1..=3 {
        assert_eq!(run.log(broker), [0, 1, 2]);
    }
    // One way takes 0.5 ms: acks=1 is a round trip. acks=all waits until both followers have fetched the record and have
    // asked for what follows it, a round trip more.
    let time = |line: u32, sent: u64| run.answer(line).map(|a| (a.0 - ms(sent)) / 1000);
    assert!((1_000..1_100).contains(&time(one, 200).unwrap()));
    assert!((2_000..2_200).contains(&time(all, 300).unwrap()));
}

#[test]
fn a_consumer_sees_only_what_is_committed_and_waits_for_the_rest() {
    let mut bench = Bench::new(3, THREE);
    bench.produce(100, 1, Acks::One);
    let waits = bench.consume(50, 1, 0, 0);
    let empty = bench.consume(1_000, 1, 1, 0);
    let run = bench.run(3_000);
    assert_eq!(run.consumed(waits), Some(Ok(vec![0])));
    let heard = run.answer(waits).unwrap().0;
    assert!(heard > ms(101), "not before the followers have it");
    assert!(heard < ms(104), "but as soon as they do");
    assert_eq!(run.consumed(empty), Some(Ok(vec![])));
    assert!(run.answer(empty).unwrap().0 > ms(1_500), "after max_wait");
}

// FIDELITY.md, Kafka: "one follower dead → writes go on; two dead, after the ISR shrank → NotEnoughReplicas".
#[test]
fn writes_survive_one_dead_follower_but_not_two() {
    let mut bench = Bench::new(3, THREE);
    bench.fault(1_000, 0, crash("b3"));
    bench.fault(20_000, 0, crash("b2"));
    let before_shrink = bench.produce(2_000, 1, Acks::All);
    let one_dead = bench.produce(15_000, 1, Acks::All);
    let two_dead = bench.produce(35_000, 1, Acks::All);
    let run = bench.run(40_000);
    assert_eq!(run.produced(before_shrink), Some(Ok(0)));
    // The dead follower counts until the controller fences it: its last heartbeat was at 0 s, the session lasts 9 s.
    let answered = run.answer(before_shrink).unwrap().0;
    assert!((ms(9_000)..ms(10_100)).contains(&answered), "{answered}");
    assert_eq!(run.produced(one_dead), Some(Ok(1)));
    assert_eq!(run.produced(two_dead), Some(Err(Error::NotEnoughReplicas)));
    assert_eq!(
        run.in_sync().iter().map(|i| i.1).collect::<Vec<_>>(),
        [2, 1]
    );
}

#[test]
fn a_dead_leader_is_replaced_by_the_next_in_sync_replica_when_its_session_is_over() {
    let mut bench = Bench::new(3, THREE);
    let before = bench.produce(500, 1, Acks::All);
    bench.fault(1_000, 0, crash("b1"));
    let refused = bench.produce(5_000, 2, Acks::All);
    let after = bench.produce(15_000, 2, Acks::All);
    let run = bench.run(20_000);
    assert_eq!(run.produced(before), Some(Ok(0)));
    assert_eq!(run.produced(refused), Some(Err(Error::NotLeaderOrFollower)));
    assert_eq!(run.produced(after), Some(Ok(1)));
    let elections = run.elections();
    assert_eq!(elections[1].1, Some(Bench::broker(2)));
    assert!((9_000..10_100).contains(&elections[1].0));
    assert_eq!(run.log(3), [0, 2]);
}
