//! Hand-written histories of requests whose numbers are evident.

use super::*;
use crate::sim::call::{Answer, CallEnd, CallFact, Look, NoCall, Shed, Switch};
use crate::sim::names::{FlowName, NodeName, ProcessName, ServiceName};
use crate::sim::{FlowId, NodeId, Pid, SECOND, ServiceId, Task};

const MS: u64 = crate::sim::MS;
pub(crate) const PAY: ServiceId = ServiceId(0);
pub(crate) const CACHE: ServiceId = ServiceId(1);
pub(crate) const PAY_1: Pid = Pid(1);
pub(crate) const PAY_2: Pid = Pid(2);
pub(crate) const USER: Pid = Pid(0);
/// The flow whose tasks have two effects: late after 2 s, lost after 10 s.
const ORDERS: FlowId = FlowId(0);
/// The flow without effects.
const LOOKS: FlowId = FlowId(1);

fn names() -> Arc<Names> {
    let mut names = Names::default();
    for (at, name) in (0u32..).zip(["user", "payment-1", "payment-2"]) {
        names.nodes.push(NodeName {
            name: format!("node-{name}"),
            zone: None,
        });
        names.processes.push(ProcessName {
            name: name.into(),
            node: NodeId(at),
            system: "shop".into(),
            part: "part",
            layer: 0,
        });
    }
    names.services.push(ServiceName {
        name: "payment".into(),
        part: "service",
        replicas: vec![PAY_1, PAY_2],
        running: 1,
        threads: Some(8),
    });
    names.services.push(ServiceName {
        name: "cache".into(),
        part: "cache",
        replicas: vec![USER],
        running: 1,
        threads: None,
    });
    for (name, effects) in [("customers", &["payment", "driver"][..]), ("visitors", &[])] {
        names.flows.push(FlowName {
            name: name.into(),
            effects: effects.iter().map(|e| (*e).to_owned()).collect(),
            late_after_ns: 2 * SECOND,
            lost_after_ns: 10 * SECOND,
        });
    }
    Arc::new(names)
}

/// A run that is told record by record.
pub(crate) struct Run {
    ledger: Ledger,
    pub metrics: Metrics,
}

impl Run {
    pub fn new() -> Self {
        let ledger = Ledger::new(names());
        let metrics = Metrics::new(ledger.names());
        Self { ledger, metrics }
    }

    pub fn tell(&mut self, at: u64, pid: Pid, fact: Fact) -> &mut Self {
        let record = Record {
            at,
            event: 1,
            cause: 0,
            pid,
            fact,
        };
        self.metrics.advance(at, &self.ledger);
        self.ledger.apply(&record, &mut |_, _, _| {});
        self.metrics.apply(&record, &self.ledger);
        self
    }

    pub fn call(&mut self, at: u64, pid: Pid, fact: CallFact) -> &mut Self {
        self.tell(at, pid, Fact::Call(fact))
    }

    pub fn ask(&mut self, at: u64, task: Task) -> &mut Self {
        self.call(at, USER, CallFact::Asked { task })
    }

    pub fn answer(&mut self, at: u64, task: Task, how: Answer, ns: u64) -> &mut Self {
        self.call(at, USER, CallFact::Answered { task, how, ns })
    }

    pub fn effect(&mut self, at: u64, task: Task, effect: u8) -> &mut Self {
        self.call(at, PAY_1, CallFact::Effect { task, effect })
    }

    pub fn load(&mut self, at: u64, pid: Pid, waiting: u32, busy: u32) -> &mut Self {
        let service = PAY;
        let fact = CallFact::Load {
            service,
            waiting,
            busy,
        };
        self.call(at, pid, fact)
    }

    pub fn finish(&mut self, at: u64) -> &mut Self {
        self.metrics.finish(at, &self.ledger);
        self
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.metrics.metric(name).map(|a| a.value)
    }

    fn expect(&self, all: &[(&str, f64)]) {
        for (name, value) in all {
            assert_eq!(self.get(name), Some(*value), "{name}");
        }
    }
}

pub(crate) fn order(number: u32) -> Task {
    Task {
        flow: ORDERS,
        number,
    }
}

#[test]
fn requests_are_counted_by_how_they_ended() {
    let mut run = Run::new();
    let look = |number| Task {
        flow: LOOKS,
        number,
    };
    for number in 0..6 {
        run.ask(0, look(number));
    }
    run.ask(0, order(0));
    run.answer(10 * MS, look(0), Answer::Ok, 10 * MS)
        .answer(20 * MS, look(1), Answer::Degraded, 20 * MS)
        .answer(30 * MS, look(2), Answer::Failed, 30 * MS)
        .answer(40 * MS, look(3), Answer::Rejected, 40 * MS)
        .answer(SECOND, look(4), Answer::TimedOut, SECOND)
        .answer(SECOND, order(0), Answer::Ok, SECOND)
        .finish(2 * SECOND);
    run.expect(&[
        ("requests.asked", 7.0),
        ("requests.ok", 2.0),
        ("requests.degraded", 1.0),
        ("requests.failed", 1.0),
        ("requests.rejected", 1.0),
        ("requests.timed_out", 1.0),
        ("requests.open", 1.0),
        ("throughput.requests", 3.5),
        ("throughput.goodput", 1.5),
        ("goodput.ratio", 3.0 / 7.0),
        ("flow.visitors.asked", 6.0),
        ("flow.visitors.open", 1.0),
        ("flow.visitors.goodput.ratio", 2.0 / 6.0),
        // Bad answers have no part in it.
        ("flow.visitors.latency.max", 20.0 * MS as f64),
        ("latency.request.max", SECOND as f64),
        ("flow.customers.ok", 1.0),
    ]);
    assert_eq!(run.get("flow.visitors.orders.lost"), None, "no effects");
    assert_eq!(run.get("messages.produced"), None, "no queues");
    assert_eq!(run.metrics.requests.heatmap.failed_between(0..SECOND), 2);
    assert_eq!(
        run.metrics.requests.heatmap.failed_between(0..2 * SECOND),
        3
    );
}

#[test]
fn recovery_is_counted_from_the_last_disturbance() {
    let mut run = Run::new();
    for (number, second) in (0..).zip(0..40) {
        if second == 10 || second == 12 {
            run.tell(second * SECOND, PAY_1, Fact::Crashed { power: false });
        }
        let task = order(number);
        // From 10 to 23 all fail: of the windows 12-17, 17-22, 22-27, 27-32, 32-37, the third has 3 good ones of 5.
        let how = match second {
            10..24 => Answer::Failed,
            _ => Answer::Ok,
        };
        run.ask(second * SECOND, task);
        if how.is_good() {
            // Complete in time only from 30 on: after half a second, before that after three.
            let took = if second < 30 { 3 * SECOND } else { SECOND / 2 };
            run.answer(second * SECOND, task, how, 0);
            if second >= 30 {
                run.effect(second * SECOND + took, task, 0)
                    .effect(second * SECOND + took, task, 1);
            }
        } else {
            run.answer(second * SECOND, task, how, 0);
        }
    }
    run.finish(40 * SECOND);
    run.expect(&[
        ("goodput.worst_after", 0.0),
        ("goodput.best_after", 1.0),
        ("recovery.time", 15.0 * SECOND as f64),
        ("flow.customers.recovery.time", 15.0 * SECOND as f64),
        // 27-32 has two of five; 32-37 has all.
        ("orders.goodput.best_after", 1.0),
        ("orders.goodput.worst_after", 0.0),
        ("orders.recovery.time", 20.0 * SECOND as f64),
    ]);
}

#[test]
fn an_order_is_complete_late_or_lost() {
    let mut run = Run::new();
    for number in 0..4 {
        run.ask(0, order(number));
        run.answer(MS, order(number), Answer::Ok, MS);
    }
    // 0 in time; 1 too late; 2 half; 3 not at all.
    run.effect(SECOND, order(0), 0)
        .effect(2 * SECOND, order(0), 1)
        .effect(SECOND, order(1), 1)
        .effect(2 * SECOND + 1, order(1), 0)
        .effect(SECOND, order(2), 0)
        .finish(10 * SECOND);
    run.expect(&[
        ("orders.accepted", 4.0),
        ("orders.complete", 2.0),
        ("orders.late", 1.0),
        ("orders.lost", 0.0),
        ("orders.open", 2.0),
        ("orders.effects", 5.0),
        ("orders.effects.doubled", 0.0),
        ("latency.complete.max", (2 * SECOND + 1) as f64),
    ]);
    // Ten seconds after they were accepted, at 1 ms.
    run.finish(10 * SECOND + MS);
    run.expect(&[("orders.lost", 2.0), ("orders.open", 0.0)]);
    // One comes after all.
    run.effect(20 * SECOND, order(2), 1).finish(21 * SECOND);
    run.expect(&[
        ("orders.lost", 1.0),
        ("orders.late", 2.0),
        ("orders.complete", 3.0),
        ("flow.customers.orders.lost", 1.0),
        ("flow.customers.latency.complete.max", 20.0 * SECOND as f64),
    ]);
}

#[test]
fn effects_of_what_was_refused_are_told_apart() {
    let mut run = Run::new();
    for number in 0..5 {
        run.ask(0, order(number));
    }
    // 0: all effects, then the user gives up. 1: one effect, then an error. 2: nothing, an error.
    // 3: an error, then both effects. 4: an error, then one.
    run.effect(MS, order(0), 0).effect(MS, order(0), 1);
    run.effect(MS, order(1), 0);
    run.answer(SECOND, order(0), Answer::TimedOut, SECOND);
    for number in 1..5 {
        run.answer(SECOND, order(number), Answer::Failed, SECOND);
    }
    run.effect(2 * SECOND, order(3), 1)
        .effect(2 * SECOND, order(4), 1);
    run.expect(&[("orders.half_done", 3.0), ("orders.unwanted", 1.0)]);
    run.effect(3 * SECOND, order(3), 0).finish(60 * SECOND);
    run.expect(&[
        ("orders.half_done", 2.0),
        ("orders.unwanted", 2.0),
        ("orders.accepted", 0.0),
        ("orders.complete", 0.0),
        ("orders.lost", 0.0),
        ("orders.open", 0.0),
    ]);
}

#[test]
fn an_effect_that_happens_again_is_seen_however_late() {
    let mut run = Run::new();
    for number in 0..3000 {
        let at = u64::from(number) * MS;
        run.ask(at, order(number));
        run.effect(at, order(number), 0)
            .effect(at, order(number), 1)
            .answer(at, order(number), Answer::Ok, 0);
    }
    let mut copy = Run {
        ledger: run.ledger.clone(),
        metrics: run.metrics.clone(),
    };
    run.effect(100 * SECOND, order(0), 1)
        .effect(100 * SECOND, order(0), 1)
        .effect(100 * SECOND, order(2999), 0);
    run.expect(&[("orders.effects.doubled", 3.0), ("orders.complete", 3000.0)]);
    copy.finish(100 * SECOND);
    copy.expect(&[("orders.effects.doubled", 0.0), ("orders.late", 0.0)]);
}

#[test]
fn numbers_may_come_in_any_order_and_nonsense_is_not_counted() {
    let mut run = Run::new();
    run.ask(0, order(3)).ask(0, order(0));
    for number in [0, 3] {
        run.effect(MS, order(number), 0)
            .effect(MS, order(number), 1);
        run.answer(SECOND, order(number), Answer::Ok, SECOND);
    }
    run.expect(&[("orders.complete", 2.0), ("orders.open", 0.0)]);
    run.effect(SECOND, order(0), 200)
        .effect(SECOND, order(7), 0)
        .effect(SECOND, Task::NONE, 0)
        .ask(SECOND, order(u32::MAX))
        .answer(SECOND, Task::NONE, Answer::Ok, 0)
        .finish(60 * SECOND);
    run.expect(&[
        ("orders.complete", 2.0),
        ("orders.effects.doubled", 0.0),
        ("orders.accepted", 2.0),
        ("orders.lost", 0.0),
    ]);
}

#[test]
fn calls_are_counted_by_attempt_and_by_end() {
    let mut run = Run::new();
    let task = order(0);
    let called = |attempt, hedge| CallFact::Called {
        service: PAY,
        task,
        attempt,
        hedge,
        call: 0,
    };
    let returned = |end, ns| CallFact::Returned {
        service: PAY,
        task,
        end,
        call: 0,
        ns,
    };
    let not_called = |why| CallFact::NotCalled {
        service: PAY,
        task,
        why,
    };
    for fact in [
        called(0, false),
        returned(CallEnd::TimedOut, SECOND),
        called(1, false),
        called(1, true),
        returned(CallEnd::Ok, 30 * MS),
        returned(CallEnd::Superseded, 30 * MS),
        called(0, false),
        returned(CallEnd::Rejected, MS),
        not_called(NoCall::NoBudget),
        not_called(NoCall::BreakerOpen),
        not_called(NoCall::BreakerOpen),
    ] {
        run.call(MS, USER, fact);
    }
    run.expect(&[
        ("service.payment.calls", 2.0),
        ("service.payment.attempts", 4.0),
        ("service.payment.retries", 1.0),
        ("service.payment.hedges", 1.0),
        ("service.payment.amplification", 2.0),
        ("service.payment.calls.ok", 1.0),
        ("service.payment.calls.rejected", 1.0),
        ("service.payment.calls.timed_out", 1.0),
        ("service.payment.calls.superseded", 1.0),
        ("service.payment.not_called", 3.0),
        ("service.payment.not_called.breaker_open", 2.0),
        ("service.payment.latency.call.max", 30.0 * MS as f64),
        ("calls.made", 2.0),
        ("calls.amplification", 2.0),
        ("calls.not_made", 3.0),
        ("service.cache.calls", 0.0),
    ]);
    assert_eq!(run.get("service.cache.amplification"), None);
}

#[test]
fn the_load_of_a_service_is_that_of_its_replicas() {
    let mut run = Run::new();
    // 1 s: 3 wait and 4 are held at the first; from 2 s on as many at the second; at 4 s the first dies.
    run.load(SECOND, PAY_1, 3, 4).load(2 * SECOND, PAY_2, 1, 4);
    run.expect(&[
        ("service.payment.waiting.now", 4.0),
        ("service.payment.busy.now", 8.0),
    ]);
    assert_eq!(
        run.metrics.services.services[0].load_of(PAY_2),
        Some((1, 4))
    );
    run.tell(4 * SECOND, PAY_1, Fact::Crashed { power: false });
    run.finish(5 * SECOND);
    run.expect(&[
        ("service.payment.waiting.now", 1.0),
        ("service.payment.waiting.max", 4.0),
        ("service.payment.waiting.max_at", 2.0 * SECOND as f64),
        // 0 + 3 + 4 + 4 + 1 over five seconds.
        ("service.payment.waiting.mean", 12.0 / 5.0),
        // 0 + 4 + 8 + 8 + 4 over five seconds.
        ("service.payment.busy.mean", 24.0 / 5.0),
        ("service.payment.utilisation", 24.0 / 5.0 / 8.0),
        ("service.payment.busy.max", 8.0),
        ("threads.held_max", 8.0),
        ("threads.held_max_at", 2.0 * SECOND as f64),
    ]);
    assert_eq!(run.get("service.cache.utilisation"), None, "no limit");
    // Whoever the plan does not name counts too.
    run.load(5 * SECOND, Pid(7), 10, 0);
    run.expect(&[("service.payment.waiting.now", 11.0)]);
}

#[test]
fn threads_that_come_and_go_count_for_as_long_as_they_are_there() {
    let mut run = Run::new();
    let room = |was, is| CallFact::Room {
        service: PAY,
        was,
        is,
    };
    run.load(0, PAY_1, 0, 2);
    // Of eight, then of six for two seconds, then of eight again.
    run.call(2 * SECOND, PAY_1, room(4, 2));
    run.call(4 * SECOND, PAY_1, room(2, 4));
    run.finish(8 * SECOND);
    let mean = (8.0 * 2.0 + 6.0 * 2.0 + 8.0 * 4.0) / 8.0;
    run.expect(&[("service.payment.utilisation", 2.0 / mean)]);
}

#[test]
fn what_only_lends_is_known_by_what_it_lends() {
    let mut run = Run::new();
    // Three come, one of them waits; two go.
    run.load(MS, PAY_1, 0, 1)
        .load(2 * MS, PAY_1, 0, 2)
        .load(3 * MS, PAY_1, 1, 2)
        .load(4 * MS, PAY_1, 0, 2)
        .load(5 * MS, PAY_1, 0, 1)
        .finish(SECOND + MS);
    let pool = &run.metrics.services.services[0];
    assert_eq!((pool.in_per_s(), pool.out_per_s()), (3.0, 2.0));
}

#[test]
fn work_that_nobody_waits_for_and_work_that_is_not_done() {
    let mut run = Run::new();
    let served = |ok, useful, waited_ns| CallFact::Served {
        service: PAY,
        task: order(0),
        ok,
        useful,
        waited_ns,
    };
    let shed = |why| CallFact::Shed {
        service: PAY,
        task: order(0),
        why,
    };
    for fact in [
        served(true, true, MS),
        served(true, false, 3 * MS),
        served(false, true, 2 * MS),
        shed(Shed::QueueFull),
        shed(Shed::QueueFull),
        shed(Shed::Died),
    ] {
        run.call(MS, PAY_1, fact);
    }
    run.expect(&[
        ("service.payment.served", 3.0),
        ("service.payment.served.failed", 1.0),
        ("service.payment.served.useless", 1.0),
        ("served.useless", 1.0),
        ("service.payment.latency.wait.mean", 2.0 * MS as f64),
        ("service.payment.shed", 3.0),
        ("service.payment.shed.queue_full", 2.0),
        ("shed.total", 3.0),
        ("shed.died", 1.0),
    ]);
    run.finish(SECOND + MS);
    let payment = &run.metrics.services.services[0];
    assert_eq!((payment.in_per_s(), payment.out_per_s()), (6.0, 3.0));
}

#[test]
fn breakers_replicas_and_caches() {
    let mut run = Run::new();
    let breaker = |state| CallFact::Breaker {
        service: PAY,
        state,
    };
    let judged = |well| CallFact::Judged {
        service: PAY,
        replica: PAY_1,
        well,
    };
    let looked = |look| CallFact::Looked {
        service: CACHE,
        look,
    };
    let scaled = |was, running| CallFact::Scaled {
        service: PAY,
        was,
        running,
    };
    // One caller's: open from 1 to 3 s, again from 4 s on; another's: from 4 to 5 s, when its process dies.
    run.call(SECOND, USER, breaker(Switch::Open))
        .call(3 * SECOND, USER, breaker(Switch::HalfOpen))
        .call(4 * SECOND, USER, breaker(Switch::Open))
        .call(4 * SECOND, PAY_2, breaker(Switch::Open))
        .tell(5 * SECOND, PAY_2, Fact::Crashed { power: false });
    run.call(5 * SECOND, USER, judged(false))
        .call(6 * SECOND, USER, judged(true));
    // Of the two that are there one serves, until it is said otherwise.
    run.expect(&[
        ("service.payment.replicas.now", 1.0),
        ("service.payment.replicas.max", 1.0),
    ]);
    run.call(6 * SECOND, PAY_1, scaled(1, 3))
        .call(7 * SECOND, PAY_1, scaled(3, 2));
    let looks = [Look::Hit, Look::Hit, Look::Hit, Look::Miss, Look::Expired];
    // Who waits for the fetch of another has missed before.
    for look in looks.into_iter().chain([Look::Waited]) {
        run.call(7 * SECOND, USER, looked(look));
    }
    run.finish(10 * SECOND);
    run.expect(&[
        ("service.payment.breaker.opened", 3.0),
        ("breakers.opened", 3.0),
        ("service.payment.breaker.open_total", 9.0 * SECOND as f64),
        ("service.payment.judged.unhealthy", 1.0),
        ("service.payment.replicas.now", 2.0),
        ("service.payment.replicas.max", 3.0),
        ("service.cache.lookups", 5.0),
        ("service.cache.hits", 3.0),
        ("service.cache.hit_ratio", 0.6),
        ("cache.hit_ratio", 0.6),
    ]);
    assert_eq!(run.get("service.payment.hit_ratio"), None);
}

#[test]
fn a_run_has_numbers_of_what_is_in_it_only() {
    let shop = Run::new();
    let begins_with = |names: &[String], word: &str| names.iter().any(|n| n.starts_with(word));
    let of_shop = shop.metrics.metric_names();
    for word in [
        "requests.",
        "orders.",
        "calls.",
        "flow.customers.",
        "service.payment.",
    ] {
        assert!(begins_with(&of_shop, word), "{word}");
    }
    for word in ["messages.", "lag.", "queue."] {
        assert!(!begins_with(&of_shop, word), "{word}");
    }
    let of_broker = Metrics::new(&crate::sim::ledger::script::names(1)).metric_names();
    assert!(begins_with(&of_broker, "messages."));
    for word in ["requests.", "orders.", "calls.", "latency.request."] {
        assert!(!begins_with(&of_broker, word), "{word}");
    }
}
