//! Each setting does what it says: changed, it changes what a person can see.

use super::super::protocol::{Acks, Error};
use super::bench::{Bench, QUEUE, RECORD_BYTES, Run, crash, cut, ms};
use crate::sim::record::Gone;
use crate::sim::units::{Duration, Size};
use crate::sim::{MS, NodeId};

const TWO: &str = "replication_factor: 2";

/// When the follower of two leaves the in-sync replicas, whose requests do not get through from 10 s on.
fn left_at(lag_max_s: Option<u64>) -> u64 {
    let mut bench = Bench::new(2, TWO);
    if let Some(lag_max) = lag_max_s {
        bench.settings.replica_lag_time_max_ms = Duration::from_secs(lag_max);
    }
    bench.fault(10_000, 0, cut("b2", "b1", true));
    bench.produce(10_100, 1, Acks::One);
    let run = bench.run(60_000);
    run.in_sync()[0].0
}

#[test]
fn replica_lag_time_max_is_checked_twice_within_it() {
    // Out after 1 to 1.5 times the setting: it is looked at each half of it.
    assert!((40_000..=55_100).contains(&left_at(None)));
    assert!((14_000..=16_100).contains(&left_at(Some(4))));
}

#[test]
fn a_follower_comes_back_in_sync_when_it_has_caught_up() {
    let mut bench = Bench::new(2, TWO);
    bench.fault(1_000, 60_000, cut("b2", "b1", false));
    bench.produce(2_000, 1, Acks::One);
    let run = bench.run(80_000);
    let sizes: Vec<u32> = run.in_sync().iter().map(|i| i.1).collect();
    assert_eq!(sizes, [1, 2]);
    assert!((61_000..65_000).contains(&run.in_sync()[1].0));
}

/// When the follower knows that the first record is committed.
fn told_at(wait_ms: u64) -> u64 {
    let mut bench = Bench::new(2, TWO);
    bench.settings.replica_fetch_wait_max_ms = Duration::from_ms(wait_ms);
    bench.produce(1_000, 1, Acks::All);
    let told = |r: &Run| r.real_broker(2).high_watermark_of(QUEUE) == 1;
    bench.start().first_ms(3_000, told).unwrap()
}

#[test]
fn replica_fetch_wait_max_delays_news_of_the_high_watermark() {
    // The follower's fetch waits so long at an idle leader, from about 1001.6 ms on.
    assert!((1_500..1_505).contains(&told_at(500)));
    assert!((1_100..1_105).contains(&told_at(100)));
}

#[test]
fn replica_fetch_min_bytes_lets_a_follower_wait_for_more() {
    let time = |min: u64, wait_ms: u64| {
        let mut bench = Bench::new(2, TWO);
        bench.settings.replica_fetch_min_bytes = Size::from_bytes(min);
        bench.settings.replica_fetch_wait_max_ms = Duration::from_ms(wait_ms);
        let line = bench.produce(1_000, 1, Acks::All);
        (bench.run(5_000).answer(line).unwrap().0 - ms(1_000)) / MS
    };
    assert_eq!(time(1, 2_000), 2);
    assert!(time(1_000, 2_000) > 100, "the record alone is not enough");
}

/// How long the follower takes for 20 records that it lacks, ms.
fn catch_up(change: impl Fn(&mut Bench)) -> u64 {
    let mut bench = Bench::new(2, TWO);
    change(&mut bench);
    bench.fault(500, 1_000, cut("b1", "b2", true));
    for n in 0..20 {
        bench.produce(1_000 + n, 1, Acks::One);
    }
    let mut run = bench.start();
    let begun = run.first_ms(20_000, |r| !r.log(2).is_empty()).unwrap();
    run.first_ms(20_000, |r| r.log(2).len() == 20).unwrap() - begun
}

#[test]
fn replica_fetch_limits_take_one_batch_at_a_time() {
    // A round trip takes 1 ms: one for each batch where only one fits.
    assert_eq!(catch_up(|_| {}), 0);
    let one = Size::from_bytes(161);
    assert!((19..25).contains(&catch_up(|b| b.settings.replica_fetch_max_bytes = one)));
    let all = |b: &mut Bench| b.settings.replica_fetch_response_max_bytes = one;
    assert!((19..25).contains(&catch_up(all)));
}

#[test]
fn replica_fetch_backoff_spaces_out_attempts_at_a_dead_leader() {
    let attempts = |backoff_ms: u64| {
        let mut bench = Bench::new(2, TWO);
        bench.settings.replica_fetch_backoff_ms = Duration::from_ms(backoff_ms);
        bench.fault(1_000, 0, crash("b1"));
        let run = bench.run(7_000);
        run.refused(Bench::broker(2), Bench::broker(1), 1_000..6_000)
    };
    assert!((4..=5).contains(&attempts(1_000)));
    assert!((22..=25).contains(&attempts(200)));
}

/// When the leader is replaced that dies at 3.9 s.
fn replaced_at(change: impl Fn(&mut Bench)) -> u64 {
    let mut bench = Bench::new(2, TWO);
    change(&mut bench);
    bench.fault(3_900, 0, crash("b1"));
    bench.run(40_000).elections()[1].0
}

#[test]
fn sessions_and_heartbeats_decide_when_a_dead_leader_is_replaced() {
    // The session counts from the last heartbeat.
    assert_eq!(replaced_at(|_| {}), 2_000 + 9_000);
    let session = |b: &mut Bench| b.settings.broker_session_timeout_ms = Duration::from_secs(20);
    assert_eq!(replaced_at(session), 2_000 + 20_000);
    let often = |b: &mut Bench| b.settings.broker_heartbeat_interval_ms = Duration::from_ms(500);
    assert_eq!(replaced_at(often), 3_500 + 9_000);
}

/// Elections after a leader has died and come back, up to 800 s.
fn after_a_return(change: impl Fn(&mut Bench)) -> Vec<(u64, u32)> {
    let mut bench = Bench::new(2, TWO);
    change(&mut bench);
    bench.fault(5_000, 20_000, crash("b1"));
    let run = bench.run(800_000);
    run.elections()
        .iter()
        .map(|e| (e.0, e.1.unwrap().0 + 1))
        .collect()
}

#[test]
fn the_preferred_leader_gets_its_partitions_back_if_that_is_wanted() {
    let elections = after_a_return(|_| {});
    assert_eq!(elections[2], (300_000, 1));
    let soon = |b: &mut Bench| {
        b.settings.leader_imbalance_check_interval_seconds = Duration::from_secs(60);
    };
    assert_eq!(after_a_return(soon)[2], (60_000, 1));
    let never = |b: &mut Bench| b.settings.auto_leader_rebalance_enable = false;
    assert_eq!(after_a_return(never).len(), 2);
}

/// How long 8 requests at once take, with 10 ms of work each, ms.
fn eight_requests(threads: u32) -> u64 {
    let mut bench = Bench::new(1, "");
    bench.settings.num_io_threads = threads;
    bench.settings.request_time = crate::sim::dist::Dist::Constant(Duration::from_ms(10));
    let lines: Vec<u32> = (0..8).map(|_| bench.produce(100, 1, Acks::One)).collect();
    let run = bench.run(1_000);
    let last = lines.iter().map(|&l| run.answer(l).unwrap().0).max();
    (last.unwrap() - ms(100)) / MS
}

#[test]
fn num_io_threads_serve_requests_at_once() {
    assert_eq!(eight_requests(8), 11);
    assert_eq!(eight_requests(4), 21);
    assert_eq!(eight_requests(1), 81);
}

#[test]
fn request_time_per_kib_makes_large_requests_slow() {
    let time = |bytes: u32| {
        let mut bench = Bench::new(1, "");
        bench.settings.request_time_per_kib = Duration::from_us(100);
        let batch = bench.batch(0, None, bytes);
        let line = bench.produce_batch(100, 1, Acks::One, QUEUE, batch);
        (bench.run(1_000).answer(line).unwrap().0 - ms(100)) / 100_000
    };
    // 100 KiB more make 10 ms more, and the disk takes 0.2 ms for them.
    assert!((100..=103).contains(&(time(RECORD_BYTES + (100 << 10)) - time(RECORD_BYTES))));
}

#[test]
fn message_max_bytes_is_the_largest_batch() {
    let mut bench = Bench::new(1, "");
    bench.settings.message_max_bytes = Size::from_bytes(161);
    let fits = bench.produce(100, 1, Acks::One);
    let batch = bench.batch(0, None, RECORD_BYTES + 1);
    let large = bench.produce_batch(200, 1, Acks::One, QUEUE, batch);
    let run = bench.run(1_000);
    assert_eq!(run.produced(fits), Some(Ok(0)));
    assert_eq!(run.produced(large), Some(Err(Error::MessageTooLarge)));
}

/// The first offset that is left at both replicas after 100 records in 100 s, and then silence until a time.
fn first_left(topic: &str, check_s: u64, until_s: u64) -> [u64; 2] {
    let mut bench = Bench::new(2, &format!("replication_factor: 2, {topic}"));
    bench.settings.log_retention_check_interval_ms = Duration::from_secs(check_s);
    for n in 1..=100 {
        bench.produce(n * 1_000, 1, Acks::One);
    }
    let run = bench.run(until_s * 1_000);
    let gone = run.gone(1, Gone::Expired);
    let start = run.real_broker(1).log_of(QUEUE).start();
    assert_eq!(gone, (0..start as u32).collect::<Vec<_>>());
    [1, 2].map(|b| run.real_broker(b).log_of(QUEUE).start())
}

#[test]
fn retention_removes_whole_segments_at_every_replica_when_it_is_checked() {
    // Ten batches of 161 bytes make a segment.
    let segments = "segment_bytes: \"1610B\"";
    assert_eq!(first_left(segments, 10, 200), [0, 0], "a week");
    let bytes = format!("{segments}, retention_bytes: \"5000B\"");
    // 16100 bytes in segments of 1610: six go before less than 5000 would be left (8 × 1610 = 12880 > 11100).
    assert_eq!(first_left(&bytes, 10, 200), [60, 60]);
    let age = format!("{segments}, retention_ms: \"50s\"");
    // At 120 s, what is older than 70 s: the segments of 1–10 s … 51–60 s are; that of 61–70 s just not.
    assert_eq!(first_left(&age, 120, 130), [60, 60]);
    assert_eq!(first_left(&age, 140, 130), [0, 0], "not checked yet");
    let old = "segment_ms: \"20s\", retention_ms: \"50s\"";
    // Segments of 21 records: those of 1–21 s and 22–42 s are old, that of 43–63 s is too.
    assert_eq!(first_left(old, 120, 130), [63, 63]);
}

#[test]
fn the_controller_runs_where_it_is_told() {
    let mut bench = Bench::new(2, "");
    let own = bench.run(100);
    let home = |run: &Run| {
        let names = run.sim.names().clone();
        names.processes[run.cluster.controller.index()].node
    };
    assert_eq!(own.sim.names().node(home(&own)), "events-controller");
    bench.settings.controller = Some("b2".to_owned());
    assert_eq!(home(&bench.run(100)), NodeId(1));
}

#[test]
fn topics_are_laid_out_as_they_are_described() {
    let mut bench = Bench::new(3, "partitions: 4, replication_factor: 2");
    bench.settings.offsets_topic_num_partitions = 7;
    bench.settings.offsets_topic_replication_factor = 5;
    let run = bench.run(100);
    let names = run.sim.names();
    assert_eq!(names.queues.len(), 4 + 7);
    assert_eq!(names.queue(QUEUE), "events/orders/0");
    assert_eq!(names.queues[3].family, "events/orders");
    let own = &names.queues[4];
    assert_eq!(own.name, "events/__consumer_offsets/0");
    assert!(own.internal);
    assert_eq!(own.copies, 3, "not more than there are brokers");
    assert_eq!(names.queues[0].copies, 2);
    bench.settings.offsets_topic_replication_factor = 2;
    assert_eq!(bench.run(100).sim.names().queues[4].copies, 2);
    let holders: Vec<usize> = (0..4)
        .map(|n| {
            let queue = crate::sim::QueueId(n);
            (1..=3).filter(|&b| run.real_broker(b).has(queue)).count()
        })
        .collect();
    assert_eq!(holders, [2; 4]);
}

#[test]
fn a_broker_that_leads_partitions_of_two_topics_tells_them_apart() {
    use super::super::super::Inspect;
    let leads = |run: &Run| run.real_broker(1).badge(run.sim.names()).lines[0].clone();
    let mut bench = Bench::new(1, "partitions: 2");
    assert_eq!(leads(&bench.run(100)), "leads 0 1");
    let mut other = bench.settings.topics[0].clone();
    other.name = "refunds".to_owned();
    bench.settings.topics.push(other);
    assert_eq!(leads(&bench.run(100)), "leads orders 0 1, refunds 0 1");
}

#[test]
fn an_assignment_of_replicas_is_followed() {
    let bench = Bench::new(3, "replication_factor: 2, replica_assignment: [[3, 1]]");
    let run = bench.run(100);
    assert_eq!(run.elections()[0].1, Some(Bench::broker(3)));
    assert!(run.real_broker(1).has(QUEUE));
    assert!(!run.real_broker(2).has(QUEUE));
}
