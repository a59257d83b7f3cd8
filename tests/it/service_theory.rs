//! Queueing theory with services and their users: over a network without latency, the time from asking to the answer is the sojourn
//! time of a queue, or of a network of queues, for which there are formulas (Kleinrock, "Queueing Systems" I and II; Cobham's formula
//! for priorities; Jackson's theorem for open networks; mean value analysis, Reiser and Lavenberg 1980, for closed ones; Nelson and
//! Tantawi 1988 for the fork and join of two queues).

use splitbrain::scenario::Loaded;
use splitbrain::sim::call::{Answer, CallFact};
use splitbrain::sim::{Fact, FlowId, Observer, Record};

/// Mean service time of every queue here, ns: the unit of the formulas.
const SERVICE_NS: f64 = 10e6;
const WORK: &str = r#"Work(Exponential(mean: "10ms"))"#;
/// The first part of the answers is left out: the queues fill.
const WARM_UP: f64 = 0.05;
const BATCHES: usize = 40;
/// Two-sided 99.9 % quantile of Student's t with 39 degrees of freedom.
const T: f64 = 3.558;

/// How requests ended, in the order of their ends, and how many attempts there were.
#[derive(Default)]
struct Ends {
    ends: Vec<(FlowId, Answer, u64)>,
    attempts: u64,
}

impl Observer for Ends {
    fn record(&mut self, record: &Record) {
        match record.fact {
            Fact::Call(CallFact::Answered { task, how, ns }) => {
                self.ends.push((task.flow, how, ns));
            }
            Fact::Call(CallFact::Called { .. }) => self.attempts += 1,
            _ => {}
        }
    }
}

/// So many requests to `s/do`: the settings of `s`, more services, and the users.
fn run(service: &str, more: &str, users: &[&str]) -> Ends {
    let users: String = (0..)
        .zip(users)
        .map(|(nth, user)| {
            format!(r#"Requests(name: "u{nth}", nodes: "web", to: "s/do", {user}),"#)
        })
        .collect();
    let text = format!(
        r#"(
        title: "theory", seed: 4321, duration: "24h", nodes: [(name: "app"), (name: "web")],
        network: (latency: "0ns", loopback: "0ns"),
        systems: [Service(name: "s", nodes: "app", {service}), {more}],
        workloads: [{users}],
    )"#
    );
    let loaded = Loaded::<()>::from_text("theory", &text, &[])
        .unwrap_or_else(|d| panic!("{}", d.render(false)));
    let mut sim = loaded.plan.build(loaded.scenario.seed);
    let mut ends = Ends::default();
    sim.run_until(loaded.plan.duration_ns, &mut ends);
    ends
}

/// Users who ask so often per service time, until there were so many requests.
fn poisson(load: f64, count: u32) -> String {
    let per_second = load * 1e9 / SERVICE_NS;
    format!(r#"arrivals: Poisson("{per_second}/s"), count: {count}"#)
}

/// A service with so many threads that does nothing but work.
fn worker(threads: u32, work: &str) -> String {
    format!(r#"threads: {threads}, handlers: [(name: "do", steps: [{work}])]"#)
}

impl Ends {
    /// The times of a flow's good answers, in service times.
    fn times(&self, flow: u16) -> Vec<f64> {
        let of = self
            .ends
            .iter()
            .filter(|(f, how, _)| f.0 == flow && how.is_good());
        of.map(|&(_, _, ns)| ns as f64 / SERVICE_NS).collect()
    }

    /// Which part of all was turned away, one after the other.
    fn losses(&self) -> Vec<f64> {
        let lost = self.ends.iter().map(|(_, how, _)| *how == Answer::Rejected);
        lost.map(|lost| f64::from(u8::from(lost))).collect()
    }
}

/// The mean is what theory says, within its 99.9 % interval from batch means, which is narrow enough to say something.
fn assert_mean(name: &str, values: &[f64], expected: f64) {
    let steady = &values[(values.len() as f64 * WARM_UP) as usize..];
    let size = steady.len() / BATCHES;
    let batches = steady.chunks_exact(size).take(BATCHES);
    let means: Vec<f64> = batches
        .map(|b| b.iter().sum::<f64>() / size as f64)
        .collect();
    let mean = means.iter().sum::<f64>() / BATCHES as f64;
    let squares = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>();
    let half = T * (squares / (BATCHES - 1) as f64 / BATCHES as f64).sqrt();
    let said = format!("{name}: {mean:.4} ± {half:.4}, theory says {expected:.4}");
    assert!((mean - expected).abs() <= half, "{said}");
    assert!(half < 0.15 * expected, "too wide to say anything: {said}");
}

#[test]
fn threads_are_the_servers_of_m_m_c() {
    // W = 1 + C(c, a) / (c − a), with Erlang's C.
    for (threads, load, waits) in [(1, 0.8, 0.8), (2, 1.5, 0.642_857), (5, 4.0, 0.554_113)] {
        let ends = run(&worker(threads, WORK), "", &[&poisson(load, 200_000)]);
        let expected = 1.0 + waits / (f64::from(threads) - load);
        assert_mean(&format!("M/M/{threads}"), &ends.times(0), expected);
    }
}

#[test]
fn a_blocking_service_and_another_are_the_same_where_nothing_but_work_is_done() {
    let other = format!("blocking: false, {}", worker(2, WORK));
    let ends = run(&other, "", &[&poisson(1.5, 200_000)]);
    assert_mean("M/M/2", &ends.times(0), 1.0 + 0.642_857 / 0.5);
}

#[test]
fn what_work_is_like_counts_as_pollaczek_and_khinchine_say() {
    // W = 1 + ρ (1 + c²) / (2 (1 − ρ)), with c² the squared coefficient of variation of the service time.
    let constant = r#"Work(Constant("10ms"))"#;
    // Uniform from 0 to 20 ms: c² = 1/3.
    let uniform = r#"Work(Uniform(min: "0ns", max: "20ms"))"#;
    for (work, variation) in [(constant, 0.0), (uniform, 1.0 / 3.0), (WORK, 1.0)] {
        let ends = run(&worker(1, work), "", &[&poisson(0.7, 200_000)]);
        let expected = 1.0 + 0.7 * (1.0 + variation) / (2.0 * 0.3);
        assert_mean(work, &ends.times(0), expected);
    }
}

#[test]
fn the_mean_is_the_same_whoever_is_next_if_nobody_knows_how_long_it_takes() {
    for discipline in ["Fifo", "Lifo", "Priority"] {
        let service = format!("queue: (discipline: {discipline}), {}", worker(1, WORK));
        let ends = run(&service, "", &[&poisson(0.7, 200_000)]);
        assert_mean(discipline, &ends.times(0), 1.0 / 0.3);
    }
}

#[test]
fn a_limit_of_the_queue_loses_what_m_m_1_k_loses() {
    for (load, places) in [(0.8, 5_i32), (1.5, 4)] {
        let service = format!("queue: (limit: {}), {}", places - 1, worker(1, WORK));
        let ends = run(&service, "", &[&poisson(load, 200_000)]);
        let weights: Vec<f64> = (0..=places).map(|n| f64::powi(load, n)).collect();
        let sum: f64 = weights.iter().sum();
        let full = weights[places as usize] / sum;
        let present: f64 = (0..)
            .zip(&weights)
            .map(|(n, w)| f64::from(n) * w / sum)
            .sum();
        assert_mean("lost", &ends.losses(), full);
        // Little's law for those that are served.
        let expected = present / (load * (1.0 - full));
        assert_mean("sojourn", &ends.times(0), expected);
    }
}

#[test]
fn priorities_wait_as_cobham_says() {
    let service = format!("queue: (discipline: Priority), {}", worker(1, WORK));
    let important = poisson(0.3, 120_000) + ", priority: 1";
    let others = poisson(0.5, 200_000) + ", priority: 2";
    let ends = run(&service, "", &[&important, &others]);
    // What is left of the request at work: (0.3 + 0.5) × E[S²] / 2.
    let residual = 0.8;
    assert_mean("first", &ends.times(0), 1.0 + residual / 0.7);
    assert_mean("second", &ends.times(1), 1.0 + residual / (0.7 * 0.2));
}

#[test]
fn a_chain_of_services_is_a_network_of_jackson() {
    let front = format!(
        r#"blocking: false, threads: 1, handlers: [(name: "do", steps: [{WORK}, Call("b/do")])]"#
    );
    let middle = format!(
        r#"Service(name: "b", nodes: "app", blocking: false, threads: 2,
            handlers: [(name: "do", steps: [{WORK}, Sometimes("50%", [Call("c/do")])])]),"#
    );
    let last = format!(r#"Service(name: "c", nodes: "app", {}),"#, worker(1, WORK));
    let ends = run(&front, &(middle + &last), &[&poisson(0.6, 200_000)]);
    // M/M/1 at 0.6, M/M/2 at 0.6 (with C(2, 0.6) = 0.138462), and for a half M/M/1 at 0.3.
    let expected = 1.0 / 0.4 + (1.0 + 0.138_462 / 1.4) + 0.5 / 0.7;
    assert_mean("Jackson", &ends.times(0), expected);
}

#[test]
fn users_who_wait_for_their_answers_are_a_closed_network() {
    // They think for five service times.
    let think = 5.0;
    for clients in [2_u32, 6, 12] {
        let users = format!(
            r#"arrivals: ClosedLoop(clients: {clients}, think: Exponential(mean: "50ms")), count: 150000"#
        );
        let ends = run(&worker(1, WORK), "", &[&users]);
        let (mut present, mut time) = (0.0, 0.0);
        for n in 1..=clients {
            time = 1.0 + present;
            present = f64::from(n) / (time + think) * time;
        }
        assert_mean(&format!("{clients} clients"), &ends.times(0), time);
    }
}

#[test]
fn two_calls_at_once_are_a_fork_and_a_join() {
    let steps = r#"Parallel(branches: [[Call("a/do")], [Call("b/do")]])"#;
    let front = format!(r#"blocking: false, handlers: [(name: "do", steps: [{steps}])]"#);
    let part = |name: &str| {
        format!(
            r#"Service(name: "{name}", nodes: "app", {}),"#,
            worker(1, WORK)
        )
    };
    for load in [0.4, 0.7] {
        let ends = run(
            &front,
            &(part("a") + &part("b")),
            &[&poisson(load, 200_000)],
        );
        let expected = (12.0 - load) / 8.0 / (1.0 - load);
        assert_mean(
            &format!("fork and join at {load}"),
            &ends.times(0),
            expected,
        );
    }
}

#[test]
fn retries_multiply_calls_as_often_as_they_fail() {
    // With n retries and failures of a share p: (1 − p^(n+1)) / (1 − p) calls for each request.
    for (share, attempts) in [(0.1, 3), (0.5, 4), (0.9, 10)] {
        let percent = share * 100.0;
        let service = format!(r#"handlers: [(name: "do", steps: [Fail("{percent}%")])]"#);
        let requests = 20_000;
        let client = format!(r#", client: (retry: Fixed(attempts: {attempts}, delay: "1ms"))"#);
        let ends = run(&service, "", &[&(poisson(1.0, requests) + &client)]);
        let per_request = ends.attempts as f64 / f64::from(requests);
        let expected = (1.0 - f64::powi(share, attempts)) / (1.0 - share);
        // The attempts of a request differ by at most `attempts` from their mean: five standard errors and more.
        let allowed = 2.5 * f64::from(attempts) / f64::from(requests).sqrt();
        assert!(
            (per_request - expected).abs() < allowed,
            "{per_request} {expected}"
        );
        let failed = ends
            .ends
            .iter()
            .filter(|(_, how, _)| *how == Answer::Failed)
            .count();
        let failures = f64::powi(share, attempts);
        let error = (failures * (1.0 - failures) / f64::from(requests)).sqrt();
        let found = failed as f64 / f64::from(requests);
        assert!((found - failures).abs() < 4.0 * error, "{found} {failures}");
    }
}
