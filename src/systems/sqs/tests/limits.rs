//! Delay, retention, dead letters, limits, and the order of a standard queue, against the Developer Guide.

use super::{Bench, Error, entry, secs};

#[test]
fn a_delayed_message_is_not_seen_before_its_time() {
    let mut bench = Bench::new("delay_seconds: \"15s\"");
    bench.send(0);
    bench.at(14);
    assert_eq!(
        (bench.counts(), bench.queue.visible_below()),
        ((0, 0, 1), 0)
    );
    assert!(bench.receive().is_none());
    bench.at(15);
    assert_eq!(
        (bench.counts(), bench.queue.visible_below()),
        ((1, 0, 0), 1)
    );
    // The visibility timeout begins with the receive, and delays nothing again.
    assert!(bench.receive().is_some());
    bench.at(45);
    assert_eq!(bench.counts(), (1, 0, 0));
}

#[test]
fn what_nobody_deletes_is_kept_for_the_retention_period_in_flight_or_not() {
    let text = "message_retention_period: \"60s\", visibility_timeout: \"10m\"";
    let mut bench = Bench::new(text);
    bench.send(0);
    bench.send(1);
    assert_eq!(bench.numbers(1), [0]);
    bench.at(1);
    bench.send(2);
    bench.at(60);
    assert!(bench.queue.expire(bench.now).is_empty());
    let old = bench.queue.expire(secs(61));
    let old: Vec<u32> = old.iter().map(|m| m.entry.number).collect();
    assert_eq!(old, [0, 1]);
    assert_eq!(bench.queue.expire(secs(63)).len(), 1);
    assert_eq!(bench.counts(), (0, 0, 0));
}

#[test]
fn after_the_most_receives_a_message_is_a_dead_letter() {
    let policy = "redrive_policy: (dead_letter_target: \"dlq\", max_receive_count: 2)";
    let mut bench = Bench::new(policy);
    bench.send(0);
    bench.at(5);
    bench.send(1);
    for n in 1..3 {
        assert_eq!(bench.receive().unwrap().entry.number, 0);
        bench.at(5 + 30 * n);
    }
    // The third receive finds the next message instead.
    let found = bench.queue.receive(1, None, false, bench.now).unwrap();
    assert_eq!(found.messages[0].entry.number, 1);
    assert_eq!(found.dead.len(), 1);
    let dead = found.dead[0];
    assert_eq!((dead.entry.number, dead.receives, dead.sent_at), (0, 2, 0));
    assert_eq!(bench.counts(), (0, 1, 0));
}

#[test]
fn without_a_policy_a_message_comes_back_for_ever() {
    let mut bench = Bench::new("");
    bench.send(0);
    for n in 1..=1000 {
        assert_eq!(bench.receive().unwrap().receive_count, n);
        bench.at(i64::from(n) * 30);
    }
}

#[test]
fn a_full_flight_refuses_short_polls_and_keeps_long_ones_waiting() {
    let mut bench = Bench::new("in_flight_limit: 2");
    for number in 0..3 {
        bench.send(number);
    }
    let batch = bench.batch(10);
    assert_eq!(batch.len(), 2);
    let now = bench.now;
    assert_eq!(
        bench.queue.receive(1, None, true, now),
        Err(Error::OverLimit)
    );
    assert!(bench.receive().is_none());
    assert_eq!(bench.delete(&batch[0]), Ok(true));
    assert_eq!(bench.numbers(10), [2]);
    let mut fifo = Bench::new("fifo_queue: true, in_flight_limit: 1");
    fifo.send_key(0, 1);
    fifo.send_key(1, 2);
    assert_eq!(fifo.numbers(10), [0]);
    let found = fifo.queue.receive(1, None, true, 0).unwrap();
    assert!(found.messages.is_empty(), "no error of a FIFO queue");
}

#[test]
fn the_limits_of_messages_in_flight_are_the_products() {
    assert_eq!(super::settings("").in_flight_max(), 120_000);
    assert_eq!(super::settings("fifo_queue: true").in_flight_max(), 20_000);
}

#[test]
fn a_message_that_is_too_large_is_refused() {
    let mut large = entry(0, None);
    large.bytes = 2049;
    let queue = Bench::new("maximum_message_size: \"2KiB\"").queue;
    assert_eq!(queue.check(&large, true), Err(Error::InvalidParameterValue));
    large.bytes = 2048;
    assert_eq!(queue.check(&large, true), Ok(()));
}

#[test]
fn a_standard_queue_keeps_order_as_well_as_it_can() {
    let order = |servers| {
        let mut bench = Bench::spread("", servers, 7);
        for number in 0..100 {
            bench.send(number);
        }
        let all = (0..10).flat_map(|_| bench.numbers(10));
        all.collect::<Vec<u32>>()
    };
    let sent: Vec<u32> = (0..100).collect();
    assert_eq!(order(1), sent);
    let mut spread = order(4);
    assert_ne!(spread, sent);
    spread.sort_unstable();
    assert_eq!(spread, sent, "each once");
}

#[test]
fn a_short_poll_asks_half_of_the_servers_and_a_long_poll_all() {
    let mut found = 0;
    for seed in 0..400 {
        let mut bench = Bench::spread("", 4, seed);
        bench.send(0);
        let short = bench.queue.receive(1, None, true, 0).unwrap();
        found += short.messages.len();
        assert_eq!(bench.numbers(1).len(), 1 - short.messages.len());
    }
    // 200, give or take four standard deviations of 10.
    assert!((160..=240).contains(&found), "{found} of 400");
}
