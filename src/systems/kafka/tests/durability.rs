//! What is lost, and what is not: the known answers about acknowledged records.

use super::super::protocol::{Acks, Error};
use super::super::settings::Truncation;
use super::bench::{Bench, Run, crash, cut, power_loss};
use crate::sim::record::Gone;

fn sorted(mut numbers: Vec<u32>) -> Vec<u32> {
    numbers.sort_unstable();
    numbers
}

// FIDELITY.md, Kafka: "acks=1 and the leader dies before a fetch → exactly its unreplicated acknowledged records are lost".
#[test]
fn acks_one_loses_exactly_what_only_the_dead_leader_had() {
    let mut bench = Bench::new(3, "replication_factor: 3");
    let safe = bench.produce(100, 1, Acks::One);
    bench.fault(900, 1_000, cut("b1", "b2", true));
    bench.fault(900, 1_000, cut("b1", "b3", true));
    let lost: Vec<u32> = (0..3)
        .map(|n| bench.produce(1_000 + n, 1, Acks::One))
        .collect();
    bench.fault(1_200, 20_000, crash("b1"));
    let after = bench.produce(15_000, 2, Acks::One);
    let run = bench.run(60_000);
    for (line, offset) in [(safe, 0), (lost[0], 1), (lost[2], 3), (after, 1)] {
        assert_eq!(
            run.produced(line),
            Some(Ok(offset)),
            "all were acknowledged"
        );
    }
    assert_eq!(sorted(run.gone(1, Gone::Truncated)), [1, 2, 3]);
    for broker in 1..=3 {
        assert_eq!(run.log(broker), [0, 4]);
    }
}

/// KIP-101, scenario 1, with three replicas: everybody has message 1 but nobody except the leader knows that it is
/// committed. The leader dies; its successor dies before the third replica could ask it for anything.
fn scenario_1(truncation: Truncation) -> Run {
    let mut bench = Bench::new(3, "replication_factor: 3, min_insync_replicas: 1");
    bench.settings.truncation = truncation;
    bench.produce(1_000, 1, Acks::All);
    let line = bench.produce(3_000, 1, Acks::All);
    bench.fault(3_100, 50_000, crash("b1"));
    bench.fault(5_000, 50_000, cut("b2", "b3", false));
    bench.fault(15_000, 40_000, crash("b2"));
    let run = bench.run(100_000);
    assert_eq!(run.produced(line), Some(Ok(1)), "acknowledged by all");
    let elections = run.elections();
    let who: Vec<_> = elections.iter().map(|e| e.1).collect();
    assert_eq!(who, [1, 2, 3].map(|n| Some(Bench::broker(n))));
    assert!(elections.iter().all(|e| e.2), "no unclean election");
    run
}

#[test]
fn kip_101_scenario_1_truncating_to_the_high_watermark_loses_a_committed_record() {
    let run = scenario_1(Truncation::HighWatermark);
    for broker in 1..=3 {
        assert_eq!(run.log(broker), [0]);
    }
    assert_eq!(run.gone(3, Gone::Truncated), [1]);
}

#[test]
fn kip_101_scenario_1_truncating_by_leader_epoch_loses_nothing() {
    let run = scenario_1(Truncation::LeaderEpoch);
    for broker in 1..=3 {
        assert_eq!(run.log(broker), [0, 1]);
        assert!(run.gone(broker, Gone::Truncated).is_empty());
    }
}

/// KIP-101, scenario 2: both machines lose power. Message 1 had reached the disk of the leader (written back in the second
/// that ended at 34 s) but not yet that of the follower (written a millisecond later, in the next second). The follower
/// comes back first, leads, and takes message 2 for the same offset.
fn scenario_2(truncation: Truncation) -> Run {
    let mut bench = Bench::new(2, "replication_factor: 2");
    bench.settings.truncation = truncation;
    bench.produce(1_000, 1, Acks::All);
    let line = bench.produce(3_999, 1, Acks::All);
    bench.fault(34_500, 40_000, power_loss("b1"));
    bench.fault(34_500, 30_000, power_loss("b2"));
    let other = bench.produce(72_000, 2, Acks::One);
    let run = bench.run(100_000);
    assert_eq!(run.produced(line), Some(Ok(1)));
    assert_eq!(run.produced(other), Some(Ok(1)), "the same offset");
    assert_eq!(run.gone(2, Gone::Unsynced), [1]);
    assert!(run.gone(1, Gone::Unsynced).is_empty());
    assert_eq!(run.log(2), [0, 2]);
    run
}

#[test]
fn kip_101_scenario_2_truncating_to_the_high_watermark_lets_logs_diverge() {
    let run = scenario_2(Truncation::HighWatermark);
    assert_eq!(
        run.log(1),
        [0, 1],
        "offset 1 is another message than its leader's"
    );
}

#[test]
fn kip_101_scenario_2_truncating_by_leader_epoch_makes_logs_agree() {
    let run = scenario_2(Truncation::LeaderEpoch);
    assert_eq!(run.log(1), [0, 2]);
    assert_eq!(run.gone(1, Gone::Truncated), [1]);
}

/// KIP-966, "last replica standing": followers fail one after the other, then the last in-sync replica loses power.
fn last_replica_standing(topic: &str) -> Run {
    let mut bench = Bench::new(
        3,
        &format!("replication_factor: 3, min_insync_replicas: 2{topic}"),
    );
    let line = bench.produce(1_000, 1, Acks::All);
    bench.fault(2_000, 20_000, crash("b2"));
    bench.fault(2_500, 20_000, crash("b3"));
    bench.fault(15_000, 25_000, power_loss("b1"));
    let nobody = bench.produce(35_000, 2, Acks::One);
    let run = bench.run(80_000);
    assert_eq!(run.produced(line), Some(Ok(0)), "all three had it");
    assert_eq!(run.produced(nobody), Some(Err(Error::NotLeaderOrFollower)));
    assert!(run.elections().iter().all(|e| e.2), "no unclean election");
    run
}

#[test]
fn kip_966_a_power_loss_of_the_last_in_sync_replica_loses_what_others_had() {
    let run = last_replica_standing("");
    for broker in 1..=3 {
        assert!(run.log(broker).is_empty());
    }
    assert_eq!(run.gone(1, Gone::Unsynced), [0]);
    assert_eq!(run.gone(2, Gone::Truncated), [0]);
    assert_eq!(run.gone(3, Gone::Truncated), [0]);
}

#[test]
fn flushing_every_message_or_often_enough_survives_the_power_loss() {
    for topic in [", flush_messages: 1", ", flush_ms: \"2s\""] {
        let run = last_replica_standing(topic);
        for broker in 1..=3 {
            assert_eq!(run.log(broker), [0], "{topic}");
        }
    }
}

/// The follower is out of sync when the leader dies.
fn out_of_sync(topic: &str) -> (Run, u32) {
    let mut bench = Bench::new(2, &format!("replication_factor: 2{topic}"));
    bench.produce(1_000, 1, Acks::All);
    bench.fault(2_000, 70_000, cut("b1", "b2", false));
    bench.produce(3_000, 1, Acks::One);
    bench.fault(50_000, 40_000, crash("b1"));
    let after = bench.produce(70_000, 2, Acks::One);
    let mut run = bench.run(80_000);
    assert_eq!(run.in_sync()[0].1, 1, "the follower left first");
    run.until(130_000);
    (run, after)
}

#[test]
fn a_clean_election_waits_for_the_in_sync_replica() {
    let (run, after) = out_of_sync("");
    assert_eq!(run.produced(after), Some(Err(Error::NotLeaderOrFollower)));
    let who: Vec<_> = run.elections().iter().map(|e| e.1).collect();
    let first = Some(Bench::broker(1));
    assert_eq!(who, [first, None, first]);
    assert_eq!(run.log(1), [0, 1]);
    assert_eq!(run.log(2), [0, 1]);
}

#[test]
fn an_unclean_election_goes_on_at_once_and_loses_the_rest() {
    let (run, after) = out_of_sync(", unclean_leader_election_enable: true");
    assert_eq!(run.produced(after), Some(Ok(1)));
    let elections = run.elections();
    assert_eq!(elections[1].1, Some(Bench::broker(2)));
    assert!(!elections[1].2);
    assert_eq!(run.log(1), [0, 2]);
    assert_eq!(run.log(2), [0, 2]);
    assert_eq!(run.gone(1, Gone::Truncated), [1]);
}
