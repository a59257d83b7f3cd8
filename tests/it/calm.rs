//! Safety, then liveness: a scenario that says when nothing goes wrong any more.

use splitbrain::checks::{Expect, Property};
use splitbrain::hunt::{self, Loaded, Session};
use splitbrain::sim::{Fact, Observer, Record};

use super::liveness::answers;

/// Three brokers with three copies, and what goes wrong.
fn shop(topic: &str, faults: &str, calm: &str, expect: &str) -> String {
    format!(
        r#"(
        title: "calm", seed: 11, duration: "70s",
        nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing", count: 2)],
        systems: [Kafka(name: "events", nodes: "broker", replica_lag_time_max_ms: "5s", broker_session_timeout_ms: "3s",
            topics: [(name: "orders", partitions: 2, replication_factor: 3, {topic})])],
        workloads: [
            Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("100/s"), request_timeout_ms: "3s",
                delivery_timeout_ms: "30s"),
            ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders", service_time: Constant("1ms"),
                auto_offset_reset: Earliest, session_timeout_ms: "6s", request_timeout_ms: "5s"),
        ],
        faults: [{faults}],
        {calm}
        expect: [{expect}],
    )"#
    )
}

fn load(text: &str) -> Loaded {
    Loaded::from_text("calm.ron", text, &[])
        .and_then(hunt::complete)
        .unwrap_or_else(|document| panic!("{}", document.render(false)))
}

/// When faults began and ended, ns.
#[derive(Default)]
struct Times {
    began: Vec<(u64, u32)>,
    ended: Vec<(u64, u32)>,
}

impl Observer for Times {
    fn record(&mut self, record: &Record) {
        match record.fact {
            Fact::FaultBegan { fault, .. } => self.began.push((record.at, fault)),
            Fact::FaultEnded { fault } => self.ended.push((record.at, fault)),
            _ => {}
        }
    }
}

fn run(text: &str) -> (Session, Times) {
    let mut session = Session::new(std::sync::Arc::new(load(text)), hunt::Options::default());
    let mut times = Times::default();
    while session.advance_with(u64::MAX, u64::MAX, &mut times) {}
    (session, times)
}

const SECOND: u64 = splitbrain::sim::SECOND;

const STORM: &str = r#"Random(rate: "20/m", lasting: "8s", fault: Crash(AnyOf("broker", 1))),
    Every(every: "7s", lasting: "3s", fault: Isolate(AnyOf("broker", 1))),
    At("25s", Pause("billing-1"))"#;

#[test]
fn no_fault_begins_or_lasts_from_the_calm_on() {
    let calm = r#"calm: (at: "30s", within: "30s"),"#;
    let (session, times) = run(&shop("min_insync_replicas: 1", STORM, calm, ""));
    let heal = 3;
    let plain = |times: &[(u64, u32)]| -> Vec<u64> {
        let others = times.iter().filter(|t| t.1 != heal);
        others.map(|t| t.0).collect()
    };
    let (began, ended) = (plain(&times.began), plain(&times.ended));
    assert!(
        began.len() > 5 && began.iter().all(|at| *at < 30 * SECOND),
        "{began:?}"
    );
    assert_eq!(ended.iter().max(), Some(&(30 * SECOND)));
    assert_eq!(times.began.last(), Some(&(30 * SECOND, heal)));
    let at_work = session.sim().faults().at_work();
    assert_eq!(at_work.count(), 0);
    // What it demands is met, though it stands nowhere.
    assert_eq!(answers(&session), ["met"; 2]);
    let expect = &session.scenario().expect;
    assert!(
        matches!(expect[1], Expect::Holds(Property::Converges { .. })),
        "{expect:?}"
    );
}

#[test]
fn without_the_calm_the_same_run_is_not_well_in_time() {
    let expect = r#"Recovers(within: "30s"), Holds(Converges(within: "30s"))"#;
    let (session, _) = run(&shop("min_insync_replicas: 1", STORM, "", expect));
    assert!(
        answers(&session).iter().all(|a| a != "met"),
        "{:?}",
        answers(&session)
    );
}

#[test]
fn a_minority_may_stay_broken_and_the_majority_converges() {
    let faults = r#"At("20s", Crash("broker-1")), At("25s", Isolate("broker-2")), At("26s", Crash("billing-1"))"#;
    let calm = r#"calm: (at: "30s", heal: Majority, within: "30s"),"#;
    let (session, times) = run(&shop("min_insync_replicas: 1", faults, calm, ""));
    // One of three brokers is a minority, and began first; one of two consumers is not.
    assert_eq!(times.ended, [(30 * SECOND, 1), (30 * SECOND, 2)]);
    let at_work: Vec<u32> = session.sim().faults().at_work().map(|a| a.fault).collect();
    assert_eq!(at_work, [0]);
    assert_eq!(answers(&session), ["met"; 2]);
}

#[test]
fn who_was_made_leader_while_cut_off_and_appended_nothing_follows_again() {
    // Broker 2 is elected a moment after it is cut off; when it hears of it, broker 3 leads.
    let faults = r#"At("20s", Crash("broker-1")), At("21s", Isolate("broker-2"))"#;
    let calm = r#"calm: (at: "30s", heal: Majority, within: "30s"),"#;
    let (session, _) = run(&shop("min_insync_replicas: 1", faults, calm, ""));
    assert_eq!(answers(&session), ["met"; 2]);
}

#[test]
fn what_needs_all_copies_does_not_converge_without_the_minority() {
    let faults = r#"At("20s", Crash("broker-1"))"#;
    let with = |heal: &str| {
        let calm = format!(r#"calm: (at: "30s", heal: {heal}, within: "30s"),"#);
        let (session, _) = run(&shop("min_insync_replicas: 3", faults, &calm, ""));
        answers(&session)
    };
    // No write goes on with two of three: the producers keep theirs back, and give them up.
    let stuck = with("Majority");
    assert!(stuck[0].starts_with("not met"), "{stuck:?}");
    assert_eq!(with("All"), ["met"; 2]);
}

#[test]
fn a_calm_that_comes_too_late_is_explained() {
    let text = shop(
        "min_insync_replicas: 1",
        "",
        r#"calm: (at: "60s", within: "30s"),"#,
        "",
    );
    let document = Loaded::from_text("calm.ron", &text, &[]).unwrap_err();
    let said = document.render(false);
    assert!(
        said.contains("the run ends before this time is up"),
        "{said}"
    );
    let late = shop(
        "min_insync_replicas: 1",
        r#"At("50s", Crash("broker-1"))"#,
        r#"calm: (at: "30s", within: "30s"),"#,
        "",
    );
    let said = Loaded::from_text("calm.ron", &late, &[])
        .unwrap()
        .document
        .render(false);
    assert!(
        said.contains("the run is calm by then, so it never happens"),
        "{said}"
    );
}
