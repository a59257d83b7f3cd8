//! Clusters of brokers with a scripted client: what a person who knows Kafka expects.

use super::super::batch::Sequence;
use super::super::protocol::{Acks, EpochQuery, Error, OffsetQuery, Request, Response};
use super::bench::{Bench, QUEUE, RECORD_BYTES, crash, cut, ms};
use crate::sim::record::Gone;
use crate::sim::{Fact, MS};

const THREE: &str = "replication_factor: 3, min_insync_replicas: 2";

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

#[test]
fn a_leader_that_is_cut_off_goes_on_alone_until_it_hears_of_its_successor() {
    let mut bench = Bench::new(3, THREE);
    for peer in ["b2", "b3", "events-controller"] {
        bench.fault(1_000, 40_000, cut("b1", peer, false));
    }
    let before = bench.produce(500, 1, Acks::All);
    let alone_one = bench.produce(20_000, 1, Acks::One);
    let successor = bench.produce(21_000, 2, Acks::All);
    let alone_read = bench.consume(22_000, 1, 0, 0);
    let old_epoch = bench.consume(22_000, 2, 0, 0);
    let new_epoch = bench.consume(22_000, 2, 0, 1);
    let unknown_epoch = bench.consume(22_000, 1, 0, 1);
    let alone_all = bench.produce(23_000, 1, Acks::All);
    let mut run = bench.run(40_000);
    assert_eq!(run.produced(before), Some(Ok(0)));
    assert_eq!(
        run.produced(alone_one),
        Some(Ok(1)),
        "it does not know better"
    );
    assert_eq!(run.produced(successor), Some(Ok(1)));
    assert_eq!(
        run.consumed(alone_read),
        Some(Ok(vec![0])),
        "committed before the cut"
    );
    assert_eq!(run.consumed(old_epoch), Some(Err(Error::FencedLeaderEpoch)));
    assert_eq!(run.consumed(new_epoch), Some(Ok(vec![0, 1])));
    assert_eq!(
        run.consumed(unknown_epoch),
        Some(Err(Error::UnknownLeaderEpoch))
    );
    run.until(60_000);
    // It hears of its successor at 41 s, before the 30 s of the request are over.
    assert_eq!(
        run.produced(alone_all),
        Some(Err(Error::NotLeaderOrFollower))
    );
    let mut gone = run.gone(1, Gone::Truncated);
    gone.sort_unstable();
    assert_eq!(gone, [1, 3]);
    for broker in 1..=3 {
        assert_eq!(run.log(broker), [0, 2]);
    }
}

#[test]
fn a_write_that_replicas_do_not_confirm_times_out() {
    let mut bench = Bench::new(3, THREE);
    bench.fault(1_000, 0, cut("b1", "b2", false));
    bench.fault(1_000, 0, cut("b1", "b3", false));
    bench.fault(1_000, 0, cut("b1", "events-controller", false));
    let line = bench.produce(2_000, 1, Acks::All);
    let run = bench.run(40_000);
    assert_eq!(run.produced(line), Some(Err(Error::RequestTimedOut)));
    let answered = run.answer(line).unwrap().0;
    assert!((ms(32_000)..ms(32_002)).contains(&answered));
}

// A broker serves one connection's requests one after another: the second write waits until the first is answered.
#[test]
fn one_connection_is_served_in_order() {
    let mut bench = Bench::new(2, "replication_factor: 2, min_insync_replicas: 1");
    bench.fault(1_000, 0, crash("b2"));
    let waits = bench.produce(2_000, 1, Acks::All);
    let behind = bench.produce(2_001, 1, Acks::One);
    let run = bench.run(12_000);
    let (first, second) = (run.answer(waits).unwrap().0, run.answer(behind).unwrap().0);
    assert!(first > ms(9_000) && second >= first);
    assert_eq!(run.produced(waits), Some(Ok(0)));
    assert_eq!(run.produced(behind), Some(Ok(1)));
}

#[allow(clippy::unnecessary_wraps, reason = "as a batch wants it")]
fn sequence(base: u32) -> Option<Sequence> {
    Some(Sequence {
        producer_id: 77,
        producer_epoch: 0,
        base,
    })
}

// FIDELITY.md, Kafka: "Idempotent producer, lost acknowledgement, retry → one copy", and the same over a failover.
#[test]
fn a_batch_that_is_sent_again_is_stored_once_even_by_the_next_leader() {
    let mut bench = Bench::new(3, THREE);
    let batch = bench.batch(0, sequence(0), RECORD_BYTES);
    let send =
        |bench: &mut Bench, at, to| bench.produce_batch(at, to, Acks::All, QUEUE, batch.clone());
    let first = send(&mut bench, 100, 1);
    let again = send(&mut bench, 200, 1);
    bench.fault(1_000, 0, crash("b1"));
    let elsewhere = send(&mut bench, 15_000, 2);
    let gap = bench.batch(0, sequence(2), RECORD_BYTES);
    let gap = bench.produce_batch(16_000, 2, Acks::All, QUEUE, gap);
    let run = bench.run(20_000);
    for line in [first, again, elsewhere] {
        assert_eq!(run.produced(line), Some(Ok(0)));
    }
    assert_eq!(
        run.produced(gap),
        Some(Err(Error::OutOfOrderSequenceNumber))
    );
    assert_eq!(run.log(2), [0]);
}

#[test]
fn a_restarted_leader_still_knows_what_it_has() {
    let mut bench = Bench::new(1, "");
    let batch = bench.batch(0, sequence(0), RECORD_BYTES);
    let first = bench.produce_batch(100, 1, Acks::One, QUEUE, batch.clone());
    bench.fault(1_000, 1_000, crash("b1"));
    let again = bench.produce_batch(20_000, 1, Acks::One, QUEUE, batch);
    let run = bench.run(25_000);
    assert_eq!(run.produced(first), Some(Ok(0)));
    assert_eq!(run.produced(again), Some(Ok(0)));
    assert_eq!(run.log(1), [0]);
}

#[test]
fn questions_about_offsets_and_epochs() {
    let mut bench = Bench::new(3, THREE);
    for n in 0..3 {
        bench.produce(100 + n, 1, Acks::All);
    }
    bench.fault(1_000, 0, crash("b1"));
    bench.produce(15_000, 2, Acks::All);
    let query = |earliest| OffsetQuery {
        queue: QUEUE,
        earliest,
    };
    let offsets = Request::ListOffsets([query(true), query(false)].into());
    let offsets = bench.ask(16_000, 2, offsets);
    let epoch = |epoch| EpochQuery {
        queue: QUEUE,
        current_leader_epoch: 1,
        epoch,
    };
    let ends = Request::OffsetsForLeaderEpoch([epoch(0), epoch(1), epoch(2)].into());
    let ends = bench.ask(16_000, 2, ends);
    let metadata = bench.ask(16_000, 3, Request::Metadata);
    let run = bench.run(17_000);
    let Some((_, Response::ListOffsets(found))) = run.answer(offsets) else {
        panic!("no answer");
    };
    assert_eq!(found[..], [(QUEUE, Ok(0)), (QUEUE, Ok(4))]);
    let Some((_, Response::OffsetsForLeaderEpoch(found))) = run.answer(ends) else {
        panic!("no answer");
    };
    let found: Vec<_> = found.iter().map(|e| (e.epoch, e.end)).collect();
    assert_eq!(found, [(Some(0), 3), (Some(1), 4), (None, 0)]);
    let Some((_, Response::Metadata(found))) = run.answer(metadata) else {
        panic!("no answer");
    };
    assert_eq!(found.leaders.get(0), Some(&(Some(Bench::broker(2)), 1)));
}

#[test]
fn a_fetch_beyond_the_log_is_out_of_range() {
    let mut bench = Bench::new(1, "");
    bench.produce(100, 1, Acks::One);
    let beyond = bench.consume(200, 1, 2, 0);
    let run = bench.run(1_000);
    assert_eq!(run.consumed(beyond), Some(Err(Error::OffsetOutOfRange)));
}

#[test]
fn a_broker_that_restarts_at_once_is_out_until_its_old_session_is_over() {
    let mut bench = Bench::new(1, "");
    bench.fault(4_500, 100, crash("b1"));
    let early = bench.produce(8_000, 1, Acks::One);
    let late = bench.produce(20_000, 1, Acks::One);
    let run = bench.run(21_000);
    assert_eq!(run.produced(early), Some(Err(Error::NotLeaderOrFollower)));
    assert_eq!(run.produced(late), Some(Ok(0)));
    // Its last heartbeat was at 4 s.
    let elections = run.elections();
    assert_eq!(elections[1].1, None);
    assert_eq!(elections[1].0, 13_000);
    assert_eq!(elections[2].1, Some(Bench::broker(1)));
    assert!((13_000..20_000).contains(&elections[2].0));
}

#[test]
fn without_a_controller_leaders_go_on_but_nobody_is_replaced() {
    let mut bench = Bench::new(3, THREE);
    bench.fault(1_000, 30_000, crash("events-controller"));
    bench.fault(5_000, 0, crash("b1"));
    let goes_on = bench.produce(2_000, 1, Acks::All);
    let nobody = bench.produce(30_000, 2, Acks::One);
    let later = bench.produce(45_000, 2, Acks::All);
    let run = bench.run(50_000);
    assert_eq!(run.produced(goes_on), Some(Ok(0)));
    assert_eq!(run.produced(nobody), Some(Err(Error::NotLeaderOrFollower)));
    assert_eq!(run.produced(later), Some(Ok(1)));
    let elections = run.elections();
    // Back at 31 s, it gives every broker a whole session.
    assert!((40_000..40_010).contains(&elections[1].0), "{elections:?}");
}

#[test]
fn a_broker_without_room_on_its_disk_stops() {
    let mut bench = Bench::new(1, "");
    bench.world.nodes[0].host.disk.capacity = crate::sim::units::Size::from_bytes(400);
    let lines: Vec<u32> = (0..3)
        .map(|n| bench.produce(100 + n * 10, 1, Acks::One))
        .collect();
    let run = bench.run(1_000);
    assert_eq!(
        run.produced(lines[1]),
        Some(Ok(1)),
        "two times 161 bytes fit"
    );
    assert_ne!(run.produced(lines[2]), Some(Ok(2)));
    let halted = |r: &crate::sim::Record| matches!(r.fact, Fact::Halted { code: 104 });
    let at: Vec<u64> = run
        .records
        .iter()
        .filter(|r| halted(r))
        .map(|r| r.at / MS)
        .collect();
    assert_eq!(at, [120]);
}

#[test]
fn the_same_run_twice_is_the_same() {
    let digest = || {
        let mut bench = Bench::new(3, THREE);
        for n in 0..50 {
            bench.produce(100 + n * 20, 1, Acks::All);
        }
        bench.fault(500, 5_000, crash("b2"));
        let mut run = bench.run(700);
        let mut copy = run.sim.clone();
        run.until(20_000);
        copy.run_until(ms(20_000), &mut ());
        assert_eq!(
            run.sim.digest(),
            copy.digest(),
            "a checkpoint goes on alike"
        );
        run.sim.digest().clone()
    };
    assert_eq!(digest(), digest());
}
