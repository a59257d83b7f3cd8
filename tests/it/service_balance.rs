//! Balancing through services against the mean-field limit of many replicas: with d choices the share of replicas with at least k
//! requests is λ^((d^k − 1)/(d − 1)) (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001; Vvedenskaya,
//! Dobrushin and Karpelevich, 1996). Nothing takes time but work.

use splitbrain::hunt::Loaded;
use splitbrain::sim::call::CallFact;
use splitbrain::sim::{Fact, Observer, Record, SECOND};

const SERVICE_NS: f64 = 10e6;
const REPLICAS: u32 = 200;
const LOAD: f64 = 0.9;
/// The queues have filled by then: a queue of one server that picks at random needs 1/(1 − √λ)² = 380 service times, two
/// choices far fewer.
const WARM_UP_NS: u64 = 8 * SECOND;
const BATCHES: usize = 20;
/// Two-sided 99.9 % quantile of Student's t with 19 degrees of freedom.
const T: f64 = 3.883;

/// The mean times of answers in each batch, in service times.
struct Batches(Vec<(f64, u64)>);

impl Observer for Batches {
    fn record(&mut self, record: &Record) {
        if let Fact::Call(CallFact::Answered { ns, .. }) = record.fact
            && let Some(since) = record.at.checked_sub(WARM_UP_NS)
            && let Some((sum, count)) = self.0.get_mut((since / SECOND) as usize)
        {
            *sum += ns as f64 / SERVICE_NS;
            *count += 1;
        }
    }
}

/// The mean time of a request in service times, and half of its 99.9 % interval.
fn sojourn(balance: &str) -> (f64, f64) {
    let per_second = LOAD * f64::from(REPLICAS) / (SERVICE_NS / 1e9);
    let seconds = WARM_UP_NS / SECOND + BATCHES as u64;
    let text = format!(
        r#"(
        title: "balance", seed: 4711, duration: "{seconds}s", nodes: [(name: "web"), (name: "app")],
        network: (latency: "0ns", loopback: "0ns"),
        systems: [Service(name: "s", nodes: "app", per_node: {REPLICAS}, threads: 1,
                          handlers: [(name: "do", steps: [Work(Exponential(mean: "10ms"))])])],
        workloads: [Requests(name: "users", nodes: "web", to: "s/do", arrivals: Poisson("{per_second}/s"),
                             client: (balance: {balance}))],
    )"#
    );
    let loaded =
        Loaded::from_text("balance", &text, &[]).unwrap_or_else(|d| panic!("{}", d.render(false)));
    let mut batches = Batches(vec![(0.0, 0); BATCHES]);
    let sim = &mut loaded.plan.build(loaded.scenario.seed);
    sim.run_until(loaded.plan.duration_ns, &mut batches);
    let means: Vec<f64> = batches.0.iter().map(|(sum, n)| sum / *n as f64).collect();
    let mean = means.iter().sum::<f64>() / BATCHES as f64;
    let squares: f64 = means.iter().map(|m| (m - mean).powi(2)).sum();
    let deviation = (squares / (BATCHES - 1) as f64).sqrt();
    (mean, T * deviation / (BATCHES as f64).sqrt())
}

/// The limit, by Little's law: requests at a replica over what comes to it.
fn limit(d: i32) -> f64 {
    let share = |k| LOAD.powf(f64::from(d.pow(k) - 1) / f64::from(d - 1));
    (1..=6).map(share).sum::<f64>() / LOAD
}

#[test]
fn requests_take_as_long_as_the_mean_field_says() {
    for d in [2, 3] {
        let (mean, half) = sojourn(&format!("PowerOfChoices(d: {d})"));
        let expected = limit(d);
        // The limit is that of infinitely many: of n, the mean is off by some 1/n of it (Gast and Van Houdt, 2017).
        let margin = half + 2.0 * expected / f64::from(REPLICAS);
        assert!(
            (mean - expected).abs() <= margin && half < 0.05 * expected,
            "{d} choices: {mean} ± {half}, {expected} in the limit"
        );
    }
}

#[test]
fn two_choices_are_far_better_than_one() {
    // One random choice is M/M/1 each: 1/(1 − 0.9) = 10 service times.
    let (random, half) = sojourn("Random");
    assert!(
        (random - 10.0).abs() <= half && half < 1.0,
        "{random} ± {half}"
    );
    assert!(limit(2) < 0.3 * random);
}
