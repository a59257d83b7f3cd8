//! Producers and consumer groups against a cluster: what a person who knows Kafka expects.

use std::collections::BTreeMap;

use splitbrain::scenario::Loaded;
use splitbrain::sim::record::{Outcome, Why};
use splitbrain::sim::{Fact, Pid, QueueId, Record, SECOND};
use splitbrain::systems::Sim;

/// A run, and what was recorded.
pub struct Run {
    pub sim: Sim,
    pub records: Vec<Record>,
}

/// Three brokers, two nodes for producers and two for consumers.
fn scenario(seconds: u64, topic: &str, workloads: &str, faults: &str) -> String {
    format!(
        r#"(
        title: "test", seed: 7, duration: "{seconds}s",
        nodes: [(name: "broker", count: 3), (name: "web", count: 2), (name: "billing", count: 2)],
        systems: [Kafka(name: "events", nodes: "broker", topics: [
            (name: "orders", {topic}), (name: "dead", partitions: 1, replication_factor: 3),
        ])],
        workloads: [{workloads}],
        faults: [{faults}],
    )"#
    )
}

const ONE: &str = "partitions: 1, replication_factor: 3, min_insync_replicas: 2";
const FOUR: &str = "partitions: 4, replication_factor: 3, min_insync_replicas: 2";

fn load(text: &str) -> Result<Loaded<()>, String> {
    Loaded::from_text("test", text, &[]).map_err(|d| d.render(false))
}

fn run(seconds: u64, topic: &str, workloads: &str, faults: &str) -> Run {
    play(&scenario(seconds, topic, workloads, faults))
}

/// Runs a scenario to its end.
pub fn play(text: &str) -> Run {
    let loaded = load(text).unwrap_or_else(|d| panic!("{d}\n{text}"));
    let mut sim = loaded.plan.build(loaded.scenario.seed);
    let mut records = Vec::new();
    sim.run_until(loaded.plan.duration_ns, &mut records);
    Run { sim, records }
}

impl Run {
    pub fn pid(&self, name: &str) -> Pid {
        let names = &self.sim.names().processes;
        let at = names.iter().position(|p| p.name == name).expect(name);
        Pid(at as u32)
    }

    pub fn user(&self, queue: QueueId) -> bool {
        !self.sim.names().queues[queue.index()].internal
    }

    /// How many messages a kind of record speaks of.
    pub fn count(&self, of: impl Fn(&Fact) -> u32) -> u32 {
        self.records.iter().map(|r| of(&r.fact)).sum()
    }

    pub fn acked(&self) -> u32 {
        self.count(|f| {
            if let Fact::Acked { span, .. } = f {
                span.count
            } else {
                0
            }
        })
    }

    pub fn refused(&self, why: Why) -> u32 {
        self.count(|f| match f {
            Fact::Refused { span, why: w, .. } if *w == why => span.count,
            _ => 0,
        })
    }

    /// Numbers of the messages that leaders stored, in the order they did, of the one lane of a test.
    pub fn stored(&self) -> Vec<u32> {
        let mut stored = Vec::new();
        for record in &self.records {
            if let Fact::Stored {
                queue,
                span,
                first_copy: true,
                ..
            } = record.fact
                && self.user(queue)
            {
                stored.extend(span.numbers());
            }
        }
        stored
    }

    /// How often each message was processed with an outcome, by lane and number.
    pub fn processed(&self, wanted: Outcome) -> BTreeMap<(u32, u32), u32> {
        let mut times = BTreeMap::new();
        for record in &self.records {
            if let Fact::Processed { span, outcome, .. } = record.fact
                && outcome == wanted
            {
                for number in span.numbers() {
                    *times.entry((span.lane.0, number)).or_default() += 1;
                }
            }
        }
        times
    }

    /// When members were thrown out: (time, member, silent).
    pub fn evicted(&self) -> Vec<(u64, Pid, bool)> {
        let of = |r: &Record| match r.fact {
            Fact::Evicted { member, silent, .. } => Some((r.at, member, silent)),
            _ => None,
        };
        self.records.iter().filter_map(of).collect()
    }

    pub fn rebalances_after(&self, at: u64) -> usize {
        let is = |r: &&Record| matches!(r.fact, Fact::RebalanceBegan { .. }) && r.at > at;
        self.records.iter().filter(is).count()
    }
}

fn producer(more: &str) -> String {
    format!(r#"Producer(name: "shop", nodes: "web-1", to: "events/orders", start: "5s", {more}),"#)
}

fn group(more: &str) -> String {
    format!(
        r#"ConsumerGroup(name: "pay", nodes: "billing", from: "events/orders", auto_offset_reset: Earliest, {more}),"#
    )
}

const LOST_ANSWERS: &str =
    r#"During("6s", "6500ms", Cut(from: "broker", to: "web", one_way: true))"#;

#[test]
fn a_lost_acknowledgement_makes_two_copies_unless_the_producer_is_idempotent() {
    // FIDELITY.md: "Idempotent producer, lost acknowledgement, retry → one copy".
    for (idempotent, copies) in [(true, 1), (false, 2)] {
        let more = format!(
            "arrivals: Constant(\"20/s\"), count: 100, request_timeout_ms: \"2s\", enable_idempotence: {idempotent}"
        );
        let run = run(40, ONE, &producer(&more), LOST_ANSWERS);
        assert_eq!(run.acked(), 100);
        let mut times = BTreeMap::<u32, u32>::new();
        run.stored()
            .iter()
            .for_each(|&n| *times.entry(n).or_default() += 1);
        assert_eq!(times.len(), 100, "nothing is lost");
        assert_eq!(
            times.values().max(),
            Some(&copies),
            "idempotent: {idempotent}"
        );
    }
}

#[test]
fn retries_with_several_requests_in_flight_reorder_unless_the_producer_is_idempotent() {
    let cut = r#"During("6s", "6500ms", Cut(from: "web", to: "broker"))"#;
    let order = |more: &str| {
        let more = format!(
            "arrivals: Constant(\"50/s\"), count: 200, linger_ms: \"0ms\", request_timeout_ms: \"2s\", {more}"
        );
        let stored = run(40, ONE, &producer(&more), cut).stored();
        let mut seen = stored.clone();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 200, "nothing is lost");
        stored.is_sorted()
    };
    assert!(order("enable_idempotence: true"));
    assert!(!order("enable_idempotence: false"));
    assert!(order(
        "enable_idempotence: false, max_in_flight_requests_per_connection: 1"
    ));
}

#[test]
fn batches_are_given_up_after_the_delivery_timeout() {
    let more = "arrivals: Constant(\"10/s\"), count: 50, request_timeout_ms: \"1s\", delivery_timeout_ms: \"3s\"";
    let cut = r#"During("4s", "60s", Cut(from: "web", to: "broker"))"#;
    let run = run(80, ONE, &producer(more), cut);
    // The first is made at 5.1 s, so that metadata was fetched before the cut.
    assert_eq!(run.refused(Why::TimedOut), 50);
    let first = run
        .records
        .iter()
        .find(|r| matches!(r.fact, Fact::Refused { .. }))
        .expect("refused");
    let (born, timeout) = (5 * SECOND + SECOND / 10, 3 * SECOND);
    assert_eq!(first.at, born + timeout);
}

#[test]
fn a_full_buffer_blocks_the_application_or_refuses() {
    let cut = r#"During("4s", "15s", Cut(from: "web", to: "broker"))"#;
    let with = |block: &str| {
        let more = format!(
            "arrivals: Constant(\"100/s\"), count: 500, batch_size: \"0B\", buffer_memory: \"1610B\", \
             request_timeout_ms: \"1s\", max_block_ms: \"{block}\""
        );
        run(60, ONE, &producer(&more), cut)
    };
    // Ten messages of 100 bytes with a header of 61 fit; those made during the cut do not.
    let blocks = with("60s");
    assert_eq!((blocks.acked(), blocks.refused(Why::BufferFull)), (500, 0));
    let refuses = with("0ms");
    assert_eq!(
        (refuses.acked(), refuses.refused(Why::BufferFull)),
        (10, 490)
    );
}

#[test]
fn what_a_producer_held_dies_with_it() {
    let more = "arrivals: Constant(\"100/s\"), count: 300, linger_ms: \"1s\"";
    let faults = r#"At("6500ms", Crash("web-1")), At("8s", Restart("web-1"))"#;
    let run = run(40, ONE, &producer(more), faults);
    let died = run.refused(Why::Died);
    assert!(
        (40..=60).contains(&died),
        "half a second of messages: {died}"
    );
    assert_eq!(run.acked() + died, 300, "it goes on after its restart");
    // No number is used twice.
    let mut stored = run.stored();
    let all = stored.len();
    stored.sort_unstable();
    stored.dedup();
    assert_eq!(
        (stored.len(), all),
        (300 - died as usize, 300 - died as usize)
    );
}

#[test]
fn linger_and_batch_size_decide_how_many_messages_share_a_request() {
    let batches = |more: &str| {
        let more = format!("arrivals: Constant(\"1000/s\"), count: 1000, {more}");
        let run = run(15, ONE, &producer(&more), "");
        let is = |r: &&Record| matches!(r.fact, Fact::Acked { .. });
        run.records.iter().filter(is).count()
    };
    assert_eq!(batches("batch_size: \"0B\""), 1000);
    // A batch waits for 10 ms, from its first message on: ten or eleven messages.
    assert!((85..=105).contains(&batches("linger_ms: \"10ms\"")));
    // 61 bytes of header and four messages of 100 are 461.
    assert_eq!(batches("linger_ms: \"1s\", batch_size: \"461B\""), 250);
}

#[test]
fn a_silent_consumer_is_evicted_after_its_session_timeout() {
    // FIDELITY.md: "A silent consumer is evicted at 45 s". It spoke last within the 3 s before it died.
    let workloads = producer("arrivals: Constant(\"10/s\")") + &group("");
    let run = run(130, FOUR, &workloads, r#"At("60s", Crash("billing-2"))"#);
    let evicted = run.evicted();
    assert_eq!(evicted.len(), 1, "{evicted:?}");
    let (at, member, silent) = evicted[0];
    assert_eq!((member, silent), (run.pid("pay-2"), true));
    assert!(
        (102 * SECOND..=105 * SECOND + SECOND / 10).contains(&at),
        "{at}"
    );
    // The other one takes over.
    let taken = |r: &&Record| {
        r.at > at && r.pid == run.pid("pay-1") && matches!(r.fact, Fact::Assigned { .. })
    };
    assert_eq!(run.records.iter().filter(taken).count(), 4);
}

#[test]
fn a_consumer_that_does_not_poll_leaves_after_max_poll_interval() {
    // FIDELITY.md: "one that heartbeats but does not poll at 300 s".
    let workloads =
        producer("arrivals: Constant(\"1/s\"), count: 1") + &group("service_time: \"1000s\"");
    let run = run(400, ONE, &workloads, "");
    let handed = run
        .records
        .iter()
        .find(|r| matches!(r.fact, Fact::Handed { .. }))
        .expect("handed");
    let (at, member, silent) = run.evicted()[0];
    assert_eq!((member, silent), (handed.pid, false));
    assert_eq!(at, handed.at + 300 * SECOND);
}

#[test]
fn a_static_member_restarts_without_a_rebalance() {
    // KIP-345.
    let faults = r#"At("60s", Crash("billing-2")), At("70s", Restart("billing-2"))"#;
    for (fixed, rebalances) in [(true, false), (false, true)] {
        let more = format!("static_membership: {fixed}");
        let workloads =
            producer("arrivals: Constant(\"10/s\"), keys: Uniform(n: 100)") + &group(&more);
        let run = run(140, FOUR, &workloads, faults);
        assert_eq!(
            run.rebalances_after(60 * SECOND) > 0,
            rebalances,
            "static: {fixed}"
        );
        let back = run.pid("pay-2");
        let works = |r: &Record| {
            r.pid == back && r.at > 71 * SECOND && matches!(r.fact, Fact::Processed { .. })
        };
        assert!(run.records.iter().any(works), "it works again");
    }
}

#[test]
fn committing_before_loses_and_committing_after_repeats() {
    let faults = r#"At("9s", Crash("billing-1")), At("10s", Restart("billing-1"))"#;
    let with = |commit: &str| {
        let more = format!(
            "service_time: \"10ms\", max_poll_records: 50, commit: {commit}, session_timeout_ms: \"10s\""
        );
        let group = group(&more).replace("\"billing\"", "\"billing-1\"");
        let workloads = producer("arrivals: Constant(\"200/s\"), count: 1000") + &group;
        let run = run(120, ONE, &workloads, faults);
        assert_eq!(run.acked(), 1000);
        let done = run.processed(Outcome::Done);
        (done.len(), done.values().copied().max())
    };
    let (once, times) = with("Some(BeforeProcessing)");
    assert!(
        (950..1000).contains(&once),
        "some of one poll are lost: {once}"
    );
    assert_eq!(times, Some(1));
    assert_eq!(with("Some(AfterProcessing)"), (1000, Some(2)));
}

#[test]
fn a_poison_message_blocks_its_partition_or_is_put_aside() {
    let with = |on_error: &str| {
        let more = format!("on_error: {on_error}, service_time: \"1ms\"");
        let group = group(&more).replace("\"billing\"", "\"billing-1\"");
        let workloads =
            producer("arrivals: Constant(\"50/s\"), count: 200, poison: \"2%\"") + &group;
        run(60, ONE, &workloads, "")
    };
    let dead = with("DeadLetter(to: \"events/dead\", attempts: 2, backoff: \"10ms\")");
    let (done, buried) = (
        dead.processed(Outcome::Done),
        dead.processed(Outcome::DeadLettered),
    );
    assert_eq!(done.len() + buried.len(), 200);
    assert!(!buried.is_empty());
    // Each was tried twice, and each dead letter was stored.
    assert_eq!(dead.processed(Outcome::Failed).len(), buried.len());
    assert_eq!(dead.acked() as usize, 200 + buried.len());

    let skips = with("Skip");
    assert_eq!(skips.processed(Outcome::Skipped).len(), buried.len());
    assert_eq!(skips.processed(Outcome::Done).len(), done.len());

    let blocks = with("Retry(backoff: \"100ms\")");
    let first = buried.keys().next().expect("a poison message").1;
    assert_eq!(blocks.processed(Outcome::Done).len() as u32, first);
    assert!(blocks.processed(Outcome::Failed)[&(0, first)] > 100);
}

#[test]
fn a_consumer_of_several_threads_finishes_what_it_has_and_leaves() {
    for ordering in ["Partition", "Key", "None"] {
        let more =
            format!("concurrency: 4, ordering: {ordering}, service_time: \"300ms\", stop: \"20s\"");
        let workloads = producer("arrivals: Constant(\"20/s\")") + &group(&more);
        let run = run(60, FOUR, &workloads, "");
        let late = |r: &Record| r.at > 30 * SECOND && matches!(r.fact, Fact::Processed { .. });
        assert!(!run.records.iter().any(late), "{ordering}");
        assert_eq!(run.evicted(), [], "{ordering}: it says goodbye");
        let given_back = |r: &&Record| matches!(r.fact, Fact::Revoked { .. });
        assert_eq!(
            run.records.iter().filter(given_back).count(),
            4,
            "{ordering}"
        );
    }
}

#[test]
fn cooperative_members_keep_what_they_have_when_another_joins() {
    // KIP-429: only what moves is given back; eager members give everything back.
    let late = |strategy: &str| {
        let more = format!("partition_assignment_strategy: [{strategy}]");
        let both = group(&format!("{more}, static_membership: true"));
        let workloads = producer("arrivals: Constant(\"10/s\"), keys: Uniform(n: 100)") + &both;
        // The second consumer's machine is cut off at the start.
        let cut = r#"During("0s", "30s", Isolate("billing-2"))"#;
        let run = run(90, FOUR, &workloads, cut);
        let one = run.pid("pay-1");
        let is = |r: &&Record| {
            r.pid == one && r.at > 30 * SECOND && matches!(r.fact, Fact::Revoked { .. })
        };
        run.records.iter().filter(is).count()
    };
    assert_eq!(late("Range"), 4);
    assert_eq!(late("CooperativeSticky"), 2);
}

#[test]
fn a_new_coordinator_goes_on_with_the_stored_positions_and_members() {
    let workloads = producer("arrivals: Constant(\"20/s\"), keys: Uniform(n: 100), count: 1000")
        + &group("commit: Some(AfterProcessing)");
    let faults = r#"At("20s", Crash(CoordinatorOf("pay"))), At("40s", Restart(All))"#;
    let run = run(120, FOUR, &workloads, faults);
    assert_eq!(
        run.rebalances_after(10 * SECOND),
        0,
        "members are known to the new one"
    );
    let done = run.processed(Outcome::Done);
    assert_eq!((done.len(), done.values().copied().max()), (1000, Some(1)));
    let late = |r: &Record| matches!(r.fact, Fact::Committed { .. }) && r.at > 45 * SECOND;
    assert!(run.records.iter().any(late));
}

#[test]
fn settings_that_cannot_be_are_diagnosed() {
    let complaint = |workload: &str| {
        load(&scenario(10, ONE, workload, ""))
            .err()
            .unwrap_or_default()
    };
    let rate = "arrivals: Constant(\"1/s\")";
    for (more, expected) in [
        (
            "acks: One, enable_idempotence: true",
            "an idempotent producer needs acks: All",
        ),
        (
            "max_in_flight_requests_per_connection: 6",
            "5 requests in flight at most, not 6",
        ),
        (
            "retries: 0, enable_idempotence: true",
            "needs retries above 0",
        ),
        (
            "delivery_timeout_ms: \"10s\"",
            "must be at least linger_ms + request_timeout_ms",
        ),
        ("stop: \"1s\"", "would stop at 1s, before it starts at 5s"),
    ] {
        let text = complaint(&producer(&format!("{rate}, {more}")));
        assert!(text.contains(expected), "{more}: {text}");
    }
    for (more, expected) in [
        (
            "heartbeat_interval_ms: \"50s\"",
            "cannot keep a session of 45s alive",
        ),
        (
            "commit: Some(AfterEach), enable_auto_commit: Some(true)",
            "either the application commits",
        ),
        (
            "on_error: DeadLetter(to: \"events/orders\")",
            "dead letters would come back",
        ),
        ("concurrency: 0", "concurrency must be from 1"),
    ] {
        let text = complaint(&group(more));
        assert!(text.contains(expected), "{more}: {text}");
    }
}
