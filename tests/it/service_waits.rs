//! How long requests wait for a thread, against queueing theory: the waits themselves and their chance where `service_theory`
//! looks at the whole time of a request, more kinds of service times, and networks in which requests come back. Formulas:
//! Kleinrock, "Queueing Systems" I and II (Erlang C, Pollaczek–Khinchine); Jackson, "Networks of Waiting Lines" (1957);
//! Reiser and Lavenberg, "Mean-Value Analysis of Closed Multichain Queuing Networks" (1980). Nothing takes time but work.

use std::sync::Arc;

use splitbrain::hunt::Loaded;
use splitbrain::sim::call::{Answer, CallFact};
use splitbrain::sim::{Fact, Names, Observer, Record, SECOND, ServiceId};

/// Mean service time of most queues here, ns: the unit of the formulas.
const SERVICE_NS: f64 = 10e6;
/// What happens before is left out: the queue fills.
const WARM_UP_NS: u64 = 60 * SECOND;
const BATCHES: usize = 40;
/// Two-sided 99.9 % quantile of Student's t with 39 degrees of freedom.
const T: f64 = 3.558;

/// What became of requests, in order.
#[derive(Default)]
struct Seen {
    names: Option<Arc<Names>>,
    /// Whose, how, and after how many service times.
    answers: Vec<(String, Answer, f64)>,
    /// At which service, and how many service times it waited for a thread.
    waits: Vec<(ServiceId, f64)>,
    seconds: f64,
}

impl Observer for Seen {
    fn record(&mut self, record: &Record) {
        if record.at < WARM_UP_NS {
            return;
        }
        match record.fact {
            Fact::Call(CallFact::Answered { task, how, ns }) => {
                let names = self.names.as_ref().expect("it was told the names");
                let flow = names.flows[task.flow.index()].name.clone();
                self.answers.push((flow, how, ns as f64 / SERVICE_NS));
            }
            Fact::Call(CallFact::Served {
                service, waited_ns, ..
            }) => self.waits.push((service, waited_ns as f64 / SERVICE_NS)),
            _ => {}
        }
    }
}

impl Seen {
    fn waits(&self, service: &str) -> Vec<f64> {
        let services = &self.names.as_ref().expect("it was told the names").services;
        let at = services.iter().position(|s| s.name == service);
        let at = at.expect("there is such a service");
        let of = self.waits.iter().filter(|(s, _)| s.index() == at);
        of.map(|(_, wait)| *wait).collect()
    }

    fn sojourns(&self, flow: &str) -> Vec<f64> {
        let good = |(name, how, _): &&(String, Answer, f64)| name == flow && *how == Answer::Ok;
        self.answers.iter().filter(good).map(|a| a.2).collect()
    }
}

fn play(seconds: u64, systems: &str, workloads: &str) -> Seen {
    let text = format!(
        r#"(
        title: "theory", seed: 1234, duration: "{seconds}s",
        nodes: [(name: "web"), (name: "on-front"), (name: "on-a"), (name: "on-b")],
        network: (latency: "0ns", loopback: "0ns"),
        systems: [{systems}],
        workloads: [{workloads}],
    )"#
    );
    let loaded =
        Loaded::from_text("theory", &text, &[]).unwrap_or_else(|d| panic!("{}", d.render(false)));
    let sim = &mut loaded.plan.build(loaded.scenario.seed);
    let mut seen = Seen {
        names: Some(Arc::clone(sim.names())),
        seconds: seconds as f64 - WARM_UP_NS as f64 / 1e9,
        ..Seen::default()
    };
    sim.run_until(loaded.plan.duration_ns, &mut seen);
    seen
}

/// A service of that name, on a node of its own.
fn service(name: &str, settings: &str, steps: &str) -> String {
    format!(
        r#"Service(name: "{name}", nodes: "on-{name}", {settings} handlers: [(name: "do", steps: [{steps}])]),"#
    )
}

fn users(name: &str, to: &str, per_second: f64, more: &str) -> String {
    format!(
        r#"Requests(name: "{name}", nodes: "web", to: "{to}/do", arrivals: Poisson("{per_second}/s"), {more}),"#
    )
}

/// Requests a second that offer so much work.
fn per_second(offered: f64) -> f64 {
    offered * 1e9 / SERVICE_NS
}

const EXPONENTIAL: &str = r#"Work(Exponential(mean: "10ms"))"#;

/// How much a run of so many requests sees, and for how long it has to run.
fn one_queue(offered: f64, requests: f64, settings: &str, work: &str) -> Seen {
    let rate = per_second(offered);
    let seconds = (requests / rate) as u64 + WARM_UP_NS / SECOND;
    play(
        seconds,
        &service("a", settings, work),
        &users("u", "a", rate, ""),
    )
}

/// The mean with the half width of its 99.9 % interval from batch means.
fn batch_means(values: &[f64]) -> (f64, f64) {
    let size = values.len() / BATCHES;
    let batches = values.chunks_exact(size).take(BATCHES);
    let means: Vec<f64> = batches
        .map(|b| b.iter().sum::<f64>() / size as f64)
        .collect();
    let mean = means.iter().sum::<f64>() / BATCHES as f64;
    let squares = means.iter().map(|m| (m - mean) * (m - mean));
    let variance = squares.sum::<f64>() / (BATCHES - 1) as f64;
    (mean, T * (variance / BATCHES as f64).sqrt())
}

fn assert_mean(name: &str, values: &[f64], expected: f64) {
    let (mean, half) = batch_means(values);
    println!("{name}: {mean:.4} ± {half:.4}, theory {expected:.4}");
    assert!(
        (mean - expected).abs() <= half,
        "{name}: {mean:.4} ± {half:.4}, theory says {expected:.4}"
    );
    // An interval that holds everything proves nothing.
    assert!(
        half < 0.15 * expected,
        "{name}: ± {half:.4} is too wide to say anything about {expected:.4}"
    );
}

fn assert_wait_chance(name: &str, waits: &[f64], expected: f64) {
    let waited: Vec<f64> = waits
        .iter()
        .map(|&w| f64::from(u8::from(w > 0.0)))
        .collect();
    assert_mean(name, &waited, expected);
}

#[test]
fn m_m_1() {
    for (load, requests) in [(0.5, 100e3), (0.8, 400e3)] {
        let seen = one_queue(load, requests, "threads: 1,", EXPONENTIAL);
        let name = format!("M/M/1 at {load}");
        let waits = seen.waits("a");
        assert_mean(&format!("{name}, Wq"), &waits, load / (1.0 - load));
        assert_mean(
            &format!("{name}, W"),
            &seen.sojourns("u"),
            1.0 / (1.0 - load),
        );
        assert_wait_chance(&format!("{name}, P(wait)"), &waits, load);
    }
}

#[test]
fn m_m_c() {
    // Erlang's C, and Wq = C / (c − a).
    for (threads, offered, chance, wait) in [
        (2, 1.5, 0.642_857, 1.285_714),
        (5, 4.0, 0.554_113, 0.554_113),
    ] {
        let settings = format!("threads: {threads},");
        let waits = one_queue(offered, 600e3, &settings, EXPONENTIAL).waits("a");
        assert_mean(&format!("M/M/{threads}, Wq"), &waits, wait);
        assert_wait_chance(&format!("M/M/{threads}, P(wait)"), &waits, chance);
    }
}

#[test]
fn m_m_1_k() {
    // One is served and four wait. All six states are equally likely at λ = µ: one in six is turned away, there are 2.5 in the
    // mean, and by Little's law those who get in stay for 2.5 / (5/6) = 3.
    let seen = one_queue(1.0, 100e3, "threads: 1, queue: (limit: 4),", EXPONENTIAL);
    let rejected = |how| f64::from(u8::from(how == Answer::Rejected));
    let turned_away: Vec<f64> = seen.answers.iter().map(|a| rejected(a.1)).collect();
    assert_mean("M/M/1/5, blocked", &turned_away, 1.0 / 6.0);
    assert_mean("M/M/1/5, W", &seen.sojourns("u"), 3.0);
}

#[test]
fn m_g_1() {
    // Wq = ρ (1 + c²) / (2 (1 − ρ)).
    let waiting = |load: f64, scv: f64| load * (1.0 + scv) / (2.0 * (1.0 - load));
    // Balanced means: p = (1 + √((c²−1)/(c²+1)))/2 with c² = 4, means 10 ms/(2p) and 10 ms/(2(1−p)).
    let hyper = r#"Mixture(of: [("88.729833462%", Exponential(mean: "5635083ns")), ("11.270166538%", Exponential(mean: "44364917ns"))])"#;
    for (name, work, load, scv, requests) in [
        ("M/D/1", r#"Constant("10ms")"#, 0.5, 0.0, 40e3),
        ("M/D/1", r#"Constant("10ms")"#, 0.8, 0.0, 100e3),
        ("M/E2/1", r#"Erlang(k: 2, mean: "10ms")"#, 0.7, 0.5, 80e3),
        ("M/H2/1", hyper, 0.8, 4.0, 400e3),
    ] {
        let seen = one_queue(load, requests, "threads: 1,", &format!("Work({work})"));
        let name = format!("{name} at {load}, Wq");
        assert_mean(&name, &seen.waits("a"), waiting(load, scv));
    }
}

/// Two stations with one thread each, and who calls them; the work of each, and what is done with them.
fn network(steps: &str, b: &str, load: &str, seconds: u64) -> Seen {
    let clients = r#"threads: 100000, clients: [(to: "a"), (to: "b")],"#;
    let systems = service("front", clients, steps)
        + &service("a", "threads: 1,", EXPONENTIAL)
        + &service("b", "threads: 1,", b);
    play(seconds, &systems, load)
}

#[test]
fn an_open_network() {
    // Each goes to A, then to B, and half of them once more to A: A gets 1.5 λ, B gets λ. Jackson: each station is an M/M/1
    // queue of its own, although what comes to A is not Poisson.
    let steps = r#"Call("a/do"), Call("b/do"), Sometimes("50%", [Call("a/do")])"#;
    let rate = per_second(0.5);
    let load = users("u", "front", rate, "");
    let seen = network(steps, r#"Work(Exponential(mean: "12ms"))"#, &load, 3_000);
    let (at_a, at_b) = (1.0 / (1.0 - 0.75), 1.2 / (1.0 - 0.6));
    assert_mean("A, Wq", &seen.waits("a"), at_a - 1.0);
    assert_mean("B, Wq", &seen.waits("b"), at_b - 1.2);
    assert_mean("the way through", &seen.sojourns("u"), 1.5 * at_a + at_b);
}

#[test]
fn a_closed_network() {
    // Ten users think for 100 ms and go to A (10 ms) and B (8 ms). Mean value analysis: who comes finds as many there as there
    // would be in the mean with one user less.
    let (users, think, demands) = (10, 10.0, [1.0, 0.8]);
    let mut queues = [0.0; 2];
    let (mut response, mut throughput) = (0.0, 0.0);
    for n in 1..=users {
        let times = [0, 1].map(|k| demands[k] * (1.0 + queues[k]));
        response = times[0] + times[1];
        throughput = f64::from(n) / (think + response);
        queues = times.map(|t| throughput * t);
    }
    let load = format!(
        r#"Requests(name: "u", nodes: "web", to: "front/do",
            arrivals: ClosedLoop(clients: {users}, think: Exponential(mean: "100ms")))"#
    );
    let steps = r#"Call("a/do"), Call("b/do")"#;
    let seen = network(steps, r#"Work(Exponential(mean: "8ms"))"#, &load, 2_000);
    let sojourns = seen.sojourns("u");
    assert_mean("response time", &sojourns, response);
    let per_service_time = sojourns.len() as f64 / seen.seconds * SERVICE_NS / 1e9;
    // 130 000 of them: the standard error is below 0.3 %.
    assert!(
        (per_service_time / throughput - 1.0).abs() < 0.01,
        "{per_service_time} {throughput}"
    );
}
