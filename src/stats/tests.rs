//! Hand-written histories whose numbers are evident. In a [`Script`] each line is a millisecond after the one before.

use super::*;
use crate::sim::amount::Unit;
use crate::sim::ledger::script::*;
use crate::sim::record::{Drop, Fact, Gone, Outcome};
use crate::sim::{MS, Pid, SECOND};

/// Metrics with the ledger they read.
struct Measured {
    ledger: Ledger,
    metrics: Metrics,
}

impl Measured {
    fn new(groups: u32) -> Self {
        let ledger = Ledger::new(names(groups));
        let metrics = Metrics::new(ledger.names());
        Self { ledger, metrics }
    }

    fn take(&mut self, record: &Record) {
        self.metrics.advance(record.at, &self.ledger);
        let latency = &mut self.metrics.latency;
        let mut took = |hop, ns, count| latency.took(hop, ns, count);
        self.ledger.apply(record, &mut took);
        self.metrics.apply(record, &self.ledger);
    }

    fn of(script: &Script) -> Self {
        let mut all = Self::new(1);
        script.records.iter().for_each(|r| all.take(r));
        all
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.metrics.metric(name).map(|a| a.value)
    }
}

fn good() -> Script {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 1)
        .store(B1, 0, 1, 0)
        .show(B1, 1, 1)
        .ack(0, 1);
    s.hand(C1, 0, 1, 0).process(C1, 0, 1, 0).commit(1);
    s
}

#[test]
fn the_way_of_one_message() {
    let m = Measured::of(&good());
    let ms = |name: &str| m.get(name).map(|ns| ns / MS as f64);
    // Made at 2 ms, stored at 3, visible at 4, acknowledged at 5, handed over at 6, done at 7.
    assert_eq!(ms("latency.end_to_end.max"), Some(5.0));
    assert_eq!(ms("latency.end_to_end.mean"), Some(5.0));
    assert_eq!(ms("latency.stored.max"), Some(1.0));
    assert_eq!(ms("latency.visible.max"), Some(1.0));
    assert_eq!(ms("latency.acked.max"), Some(3.0));
    assert_eq!(ms("latency.handed.max"), Some(2.0));
    assert_eq!(ms("latency.processed.max"), Some(1.0));
    for (name, value) in [
        ("messages.produced", 1.0),
        ("messages.bytes", 100.0),
        ("messages.delivered", 1.0),
        ("messages.acked", 1.0),
        ("messages.in_flight", 0.0),
        ("messages.lost", 0.0),
        ("messages.duplicated", 0.0),
        ("lag.max", 1.0),
        ("lag.now", 0.0),
        ("depth.max", 1.0),
        ("depth.now", 0.0),
        ("queue.events/orders/0.in", 1.0),
        ("queue.events/orders/0.out", 1.0),
        ("group.group-0.delivered", 1.0),
    ] {
        assert_eq!(m.get(name), Some(value), "{name}");
    }
    assert_eq!(ms("lag.max_at"), Some(4.0));
}

#[test]
fn nothing_measured_is_no_number() {
    let m = Measured::new(1);
    assert_eq!(m.get("latency.end_to_end.p99"), None);
    assert_eq!(m.get("messages.lost"), Some(0.0));
    assert_eq!(m.get("no.such.metric"), None);
    assert_eq!(m.get("queue.no/such/0.depth.max"), None);
}

#[test]
fn losses_and_failovers() {
    let mut s = Script::default();
    let elected = |clean| Fact::Elected {
        queue: QUEUE,
        leader: Some(B2),
        epoch: 1,
        clean,
    };
    s.lead(B1, 0)
        .produce(0, 4)
        .store(B1, 0, 4, 0)
        .follow(B2, 0, 1, 0)
        .ack(0, 4);
    // Crashes at 9 ms; the next one leads at 11 ms.
    s.crash(B1).tell(B1, elected(false)).lead(B2, 1);
    let m = Measured::of(&s);
    assert_eq!(m.get("messages.lost"), Some(3.0));
    assert_eq!(m.get("messages.lost_acked"), Some(3.0));
    assert_eq!(m.get("failovers.count"), Some(1.0));
    assert_eq!(m.get("failovers.unclean"), Some(1.0));
    assert_eq!(m.get("failovers.leaderless_total"), Some(2.0 * MS as f64));
    assert_eq!(m.get("failovers.leaderless_max"), Some(2.0 * MS as f64));
    assert_eq!(m.get("nodes.crashes"), Some(1.0));
    assert_eq!(m.get("node.node-b1.crashes"), Some(1.0));
    // A clean change back counts, but not as unclean.
    s.tell(B2, elected(true)).lead(B1, 2);
    let m = Measured::of(&s);
    assert_eq!(m.get("failovers.count"), Some(2.0));
    assert_eq!(m.get("failovers.unclean"), Some(1.0));
}

#[test]
fn a_time_without_a_leader_counts_before_it_ends() {
    let mut s = Script::default();
    s.lead(B1, 0).crash(B1);
    let mut m = Measured::of(&s);
    m.metrics.advance(SECOND, &m.ledger);
    let expected = (SECOND - 2 * MS) as f64;
    assert_eq!(m.get("failovers.leaderless_max"), Some(expected));
    assert_eq!(m.get("nodes.down_total"), Some(expected));
    assert_eq!(m.get("failovers.count"), Some(0.0));
}

#[test]
fn a_frozen_leader_does_not_lead() {
    let node = crate::sim::NodeId(0);
    let mut s = Script::default();
    s.lead(B1, 0).tell(Record::NOBODY, Fact::Paused { node });
    s.tell(Record::NOBODY, Fact::Resumed { node });
    let m = Measured::of(&s);
    assert_eq!(m.get("failovers.leaderless_total"), Some(MS as f64));
    assert_eq!(m.get("nodes.paused_total"), Some(MS as f64));
}

#[test]
fn groups_and_copies_in_sync() {
    let group = GROUP;
    let queue = QUEUE;
    let in_sync = |members, grew| Fact::InSync {
        queue,
        members,
        of: 3,
        grew,
    };
    let evicted = |silent| Fact::Evicted {
        group,
        member: C1,
        silent,
    };
    let mut s = Script::default();
    s.tell(B1, in_sync(2, false)).tell(B1, in_sync(1, false));
    s.tell(B1, in_sync(2, true)).tell(B1, in_sync(3, true));
    s.tell(B1, evicted(true)).tell(B1, evicted(false));
    s.tell(
        B1,
        Fact::RebalanceBegan {
            group,
            generation: 1,
            members: 2,
        },
    );
    s.tell(
        B1,
        Fact::Rebalanced {
            group,
            generation: 2,
            members: 2,
        },
    );
    let m = Measured::of(&s);
    for (name, value) in [
        ("isr.shrinks", 2.0),
        ("isr.expands", 2.0),
        ("isr.short_total", 3.0 * MS as f64),
        ("groups.evictions", 2.0),
        ("groups.evictions_silent", 1.0),
        ("groups.rebalances", 1.0),
        ("groups.rebalancing_total", MS as f64),
        ("group.group-0.evictions", 2.0),
    ] {
        assert_eq!(m.get(name), Some(value), "{name}");
    }
}

#[test]
fn refusals_duplicates_and_outcomes() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 3)
        .store(B1, 0, 2, 0)
        .ack(0, 2)
        .refuse(2, 1);
    s.hand(C1, 0, 2, 0).process(C1, 0, 2, 0).crash(C1);
    s.hand(C2, 0, 2, 0).process(C2, 0, 1, 0);
    s.tell(
        C2,
        Fact::Processed {
            group: GROUP,
            queue: QUEUE,
            span: span(1, 1),
            offset: 1,
            outcome: Outcome::DeadLettered,
        },
    );
    s.tell(
        P1,
        Fact::Dropped {
            to: B2,
            why: Drop::Cut,
        },
    );
    let m = Measured::of(&s);
    for (name, value) in [
        ("messages.refused", 1.0),
        ("messages.refused.timed_out", 1.0),
        ("messages.expired", 1.0),
        ("messages.delivered", 2.0),
        ("messages.duplicated", 2.0),
        ("messages.dead_lettered", 1.0),
        ("network.dropped.cut", 1.0),
    ] {
        assert_eq!(m.get(name), Some(value), "{name}");
    }
}

#[test]
fn what_a_group_passes_over_is_told_apart_from_what_the_log_lost() {
    let reset = |offset| Fact::Reset {
        group: GROUP,
        queue: QUEUE,
        offset,
    };
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 6)
        .store(B1, 0, 6, 0)
        .follow(B2, 0, 4, 0)
        .ack(0, 6);
    // As a group does that begins at the end.
    s.tell(C1, reset(3));
    let numbers = |s: &Script| {
        let m = Measured::of(s);
        let names = ["lost", "passed_over", "lost_acked", "delivered"];
        names.map(|name| m.get(&format!("messages.{name}")).unwrap() as u64)
    };
    assert_eq!(numbers(&s), [3, 3, 0, 0]);
    // The next leader lacks the last two.
    s.crash(B1).lead(B2, 1);
    assert_eq!(numbers(&s), [5, 3, 2, 0]);
    // The group goes back: what it passed over was still there, what the log lost was not.
    s.tell(C1, reset(0)).hand(C1, 0, 4, 0).process(C1, 0, 4, 0);
    assert_eq!(numbers(&s), [2, 0, 2, 4]);
}

#[test]
fn the_state_counts_agree_with_the_account() {
    let mut s = good();
    s.produce(1, 6).store(B1, 1, 4, 1).ack(1, 4).refuse(5, 1);
    s.unstore(B1, 1, 1, 1, Gone::Expired)
        .hand(C1, 2, 1, 2)
        .commit(3)
        .crash(C1);
    let m = Measured::of(&s);
    let account = m.ledger.account();
    let get = |name: &str| m.get(name).unwrap() as u64;
    assert_eq!(get("messages.produced"), account.produced);
    assert_eq!(get("messages.delivered"), account.delivered);
    assert_eq!(get("messages.lost"), account.lost);
    // What a group passed over is lost to it, and not to the log.
    assert_eq!(get("messages.passed_over"), 1);
    assert_eq!(get("messages.lost_acked"), 0);
    assert_eq!(get("messages.expired"), account.expired);
    assert_eq!(get("messages.in_flight"), account.in_flight);
    // Removed and refused; handed, committed and dropped; two stored and one with its producer.
    assert_eq!(
        (account.expired, account.lost, account.in_flight),
        (2, 1, 3)
    );
}

#[test]
fn little_s_law_holds_once_all_have_left() {
    // Two messages overlap for a millisecond: made at 2 and 3 ms, done at 6 and 8 ms.
    let mut s = Script::default();
    s.lead(B1, 0).produce(0, 2).store(B1, 0, 2, 0).ack(0, 2);
    s.process(C1, 0, 1, 0)
        .tell(B1, Fact::Started { incarnation: 1 });
    s.process(C1, 1, 1, 1);
    let m = Measured::of(&s);
    let (l, lambda) = (
        m.get("little.number").unwrap(),
        m.get("little.rate").unwrap(),
    );
    let w = m.get("little.time").unwrap();
    assert_eq!(w, 4.5 * MS as f64);
    assert_eq!(lambda, 250.0);
    assert_eq!(l, 9.0 / 8.0);
    assert!((l - lambda * w / 1e9).abs() < 1e-12);
}

#[test]
fn quantiles_keep_three_digits() {
    let mut latency = Latency::default();
    (1..=1000).for_each(|ms| latency.record(ms * MS, 1));
    let near = |share: f64, ms: f64| {
        let ns = latency.quantile_ns(share).unwrap() as f64;
        assert!(
            (ns / (ms * MS as f64) - 1.0).abs() <= 0.001,
            "{share}: {ns}"
        );
    };
    near(0.5, 500.0);
    near(0.99, 990.0);
    near(0.999, 999.0);
    assert_eq!(latency.max_ns(), Some(1000 * MS));
    assert_eq!(latency.mean_ns(), Some(500.5 * MS as f64));
    let buckets = latency.log_buckets(MS, 1000 * MS, 3);
    assert_eq!(buckets.iter().sum::<u64>(), 1000);
    // One to ten, to a hundred, to a thousand.
    assert!(
        buckets[0].abs_diff(9) <= 1 && buckets[1].abs_diff(90) <= 1,
        "{buckets:?}"
    );
}

#[test]
fn the_heatmap_keeps_every_message_and_its_size() {
    let mut map = Heatmap::default();
    let mut total = 0;
    for at in 0..10_000 {
        map.record(at * 100 * MS, (at + 1) * MS);
        total += 1;
        assert!(map.columns() <= heatmap::COLUMNS);
    }
    let mut sum = 0;
    for column in 0..map.columns() {
        for row in 0..heatmap::ROWS {
            sum += u64::from(map.count(column, row));
        }
    }
    assert_eq!(sum, total);
    assert!(map.columns() as u64 * map.width_ns() >= 999 * SECOND);
    assert_eq!(map.between(0..u64::MAX, 0..u64::MAX), total);
    for row in 2..heatmap::ROWS {
        assert!(Heatmap::row_from_ns(row) > Heatmap::row_from_ns(row - 1));
    }
    // 1 ms lies in the row that begins at 3/4 of 2^20 ns or above, and below the next.
    let mut one = Heatmap::default();
    one.record(0, MS);
    let row = (0..heatmap::ROWS).find(|&r| one.count(0, r) == 1).unwrap();
    assert!(Heatmap::row_from_ns(row) <= MS && MS < Heatmap::row_from_ns(row + 1));
}

#[test]
fn intervals_do_not_depend_on_when_one_looks() {
    let mut s = Script::default();
    s.lead(B1, 0);
    for number in 0..200 {
        let offset = u64::from(number);
        s.produce(number, 1)
            .store(B1, number, 1, offset)
            .show(B1, offset + 1, offset + 1);
    }
    let mut once = Measured::new(1);
    let mut often = Measured::new(1);
    for record in &s.records {
        once.take(record);
        often.take(record);
        often.metrics.advance(record.at, &often.ledger);
        often.metrics.advance(record.at + MS / 2, &often.ledger);
    }
    for m in [&mut once, &mut often] {
        m.metrics.advance(SECOND, &m.ledger);
    }
    let series = |m: &Measured| -> Vec<u32> { m.metrics.in_flight.values().collect() };
    assert_eq!(series(&once), series(&often));
    assert_eq!(once.metrics.little, often.metrics.little);
    // Intervals end at 100 ms … 900 ms: what happens at a second may still come.
    assert_eq!(once.metrics.in_flight.values().len(), 9);
    // Three lines to a message, the first is the leader's: at 100 ms, 33 have been made.
    assert_eq!(once.metrics.in_flight.values().next(), Some(33));
    // After a long silence only the last minute is kept.
    once.metrics.advance(1_000_000 * SECOND, &once.ledger);
    assert_eq!(once.metrics.in_flight.values().len(), series::KEPT);
}

#[test]
fn the_oldest_that_waits() {
    let mut s = Script::default();
    s.lead(B1, 0)
        .produce(0, 1)
        .store(B1, 0, 1, 0)
        .show(B1, 1, 1)
        .ack(0, 1);
    let mut m = Measured::of(&s);
    m.metrics.advance(SECOND + MS, &m.ledger);
    // Made at 2 ms; the last interval ended at one second.
    assert_eq!(m.get("oldest.max"), Some((SECOND - 2 * MS) as f64));
    m.metrics.finish(SECOND + MS, &m.ledger);
    assert_eq!(m.get("latency.in_system.max"), Some((SECOND - MS) as f64));
}

#[test]
fn names_are_unique_and_lead_to_their_metric() {
    let m = Measured::of(&good());
    let mut seen = std::collections::BTreeSet::new();
    for metric in m.metrics.all() {
        assert!(
            seen.insert(metric.name.clone()),
            "{} is there twice",
            metric.name
        );
        let found = m.metrics.metric(&metric.name);
        assert_eq!(found, Some(metric.amount), "{}", metric.name);
        assert!(metric.amount.value.is_finite() && !metric.meaning.is_empty());
    }
    assert!(seen.contains("queue.events/orders/0.depth.max"));
    let (definition, _) = m.metrics.find("latency.end_to_end.p99").unwrap();
    assert_eq!(definition.unit, Unit::Time);
}

#[test]
fn strangers_do_no_harm() {
    let mut s = Script::default();
    s.tell(Pid(99), Fact::Crashed { power: true });
    s.tell(
        Pid(99),
        Fact::Leads {
            queue: crate::sim::QueueId(77),
            epoch: 1,
        },
    );
    s.process(Pid(99), 5, 5, 1 << 40).commit(1 << 40);
    let m = Measured::of(&s);
    assert_eq!(m.get("messages.delivered"), Some(0.0));
}

#[test]
fn late_messages_count_and_those_late_for_their_key_count_once_more() {
    let mut s = Script::default();
    s.lead(B1, 0);
    for (number, key) in [(0, 7), (1, 8), (2, 7)] {
        s.produce_key(number, Some(key));
    }
    // They are stored, and so delivered, the wrong way round.
    s.store(B1, 2, 1, 0).store(B1, 1, 1, 1).store(B1, 0, 1, 2);
    s.show(B1, 3, 3);
    for (number, offset) in [(2, 0), (1, 1), (0, 2)] {
        s.hand(C1, number, 1, offset).process(C1, number, 1, offset);
    }
    let m = Measured::of(&s);
    // 1 and 0 come after 2; only 0 has its key.
    assert_eq!(m.get("messages.reordered"), Some(2.0));
    assert_eq!(m.get("messages.reordered_by_key"), Some(1.0));
    let in_order = Measured::of(&good());
    assert_eq!(in_order.get("messages.reordered_by_key"), Some(0.0));
}
