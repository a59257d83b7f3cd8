//! Queueing theory, with the producers, brokers and consumers that users have. A producer sends to a topic of one
//! partition over a network without latency, to a broker that costs nothing; one consumer works through it. What a message
//! spends between its making and the end of its processing is then the sojourn time of a queue, for which there are
//! formulas (Kleinrock, "Queueing Systems" I; Pollaczek–Khinchine for M/G/1; Erlang C for M/M/c).

use splitbrain::hunt::Loaded;
use splitbrain::sim::{Fact, Observer, Record};

/// Mean service time of every queue here, ns: the unit of the formulas.
const SERVICE_NS: f64 = 10e6;
/// Messages before this number are left out: the queue fills.
const WARM_UP: usize = 5_000;
const BATCHES: usize = 40;
/// Two-sided 99.9 % quantile of Student's t with 39 degrees of freedom.
const T: f64 = 3.558;

/// When each message was made and when it was done, in the order of making.
#[derive(Default)]
struct Times {
    made: Vec<u64>,
    done: Vec<Option<u64>>,
    refused: usize,
}

impl Observer for Times {
    fn record(&mut self, record: &Record) {
        match record.fact {
            Fact::Produced { span, .. } => {
                assert_eq!(
                    span.first as usize,
                    self.made.len(),
                    "one producer, one lane"
                );
                self.made.push(record.at);
                self.done.push(None);
            }
            Fact::Processed { span, .. } => span
                .numbers()
                .for_each(|n| self.done[n as usize] = Some(record.at)),
            Fact::Refused { span, .. } => self.refused += span.count as usize,
            _ => {}
        }
    }
}

struct Queue {
    per_second: f64,
    messages: u64,
    service: &'static str,
    concurrency: u32,
}

fn times(queue: &Queue) -> Times {
    let Queue {
        per_second,
        messages,
        service,
        concurrency,
    } = queue;
    let seconds = (*messages as f64 / per_second) as u64 + 60;
    let text = format!(
        r#"(
        title: "theory", seed: 1234, duration: "{seconds}s",
        nodes: [(name: "broker"), (name: "app"), (name: "worker")],
        network: (latency: "0ns", loopback: "0ns"),
        systems: [Kafka(
            name: "k", nodes: "broker", topics: [(name: "t", partitions: 1)],
            request_time: "0ns", request_time_per_kib: "0ns", offsets_topic_num_partitions: 1,
        )],
        workloads: [
            Producer(
                name: "p", nodes: "app", to: "k/t", arrivals: Poisson("{per_second}/s"), start: "10s", count: {messages},
                acks: One, enable_idempotence: false, batch_size: "0B", linger_ms: "0ms",
                max_in_flight_requests_per_connection: 1000000,
            ),
            ConsumerGroup(
                name: "g", nodes: "worker", from: "k/t", service_time: {service}, concurrency: {concurrency},
                ordering: None, auto_offset_reset: Earliest,
            ),
        ],
    )"#
    );
    let loaded =
        Loaded::from_text("theory", &text, &[]).unwrap_or_else(|d| panic!("{}", d.render(false)));
    let sim = &mut loaded.plan.build(loaded.scenario.seed);
    let mut times = Times::default();
    sim.run_until(loaded.plan.duration_ns, &mut times);
    assert!(
        times.made.len() as u64 >= messages * 9 / 10,
        "only {} messages were made",
        times.made.len()
    );
    times
}

/// Mean sojourn time in units of the service time, with the half width of its 99.9 % interval from batch means.
fn mean_sojourn(queue: &Queue) -> (f64, f64) {
    let times = times(queue);
    let pairs = times.made.iter().zip(&times.done).skip(WARM_UP);
    let sojourns: Vec<f64> = pairs
        .filter_map(|(m, d)| Some((d.as_ref()? - m) as f64 / SERVICE_NS))
        .collect();
    assert!(
        sojourns.len() * 10 > times.made.len() * 9,
        "most messages are done"
    );
    batch_means(&sojourns)
}

fn batch_means(values: &[f64]) -> (f64, f64) {
    let size = values.len() / BATCHES;
    let means: Vec<f64> = values
        .chunks_exact(size)
        .take(BATCHES)
        .map(|b| b.iter().sum::<f64>() / size as f64)
        .collect();
    let mean = means.iter().sum::<f64>() / BATCHES as f64;
    let variance =
        means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (BATCHES - 1) as f64;
    (mean, T * (variance / BATCHES as f64).sqrt())
}

fn assert_sojourn(name: &str, queue: &Queue, expected: f64) {
    let (mean, half) = mean_sojourn(queue);
    assert!(
        (mean - expected).abs() <= half,
        "{name}: W = {mean:.4} ± {half:.4}, theory says {expected:.4}"
    );
    // An interval that holds everything proves nothing.
    assert!(
        half < 0.15 * expected,
        "{name}: ± {half:.4} is too wide to say anything about {expected:.4}"
    );
}

fn per_second(load: f64, servers: u32) -> f64 {
    load * f64::from(servers) * 1e9 / SERVICE_NS
}

#[test]
fn m_m_1() {
    for (load, messages) in [(0.5, 100_000), (0.8, 400_000)] {
        let queue = Queue {
            per_second: per_second(load, 1),
            messages,
            service: "Exponential(mean: \"10ms\")",
            concurrency: 1,
        };
        assert_sojourn(&format!("M/M/1 at {load}"), &queue, 1.0 / (1.0 - load));
    }
}

#[test]
fn m_d_1() {
    for (load, messages) in [(0.5, 100_000), (0.8, 300_000)] {
        let queue = Queue {
            per_second: per_second(load, 1),
            messages,
            service: "\"10ms\"",
            concurrency: 1,
        };
        assert_sojourn(
            &format!("M/D/1 at {load}"),
            &queue,
            1.0 + load / (2.0 * (1.0 - load)),
        );
    }
}

#[test]
fn m_g_1() {
    // Wq = ρ (1 + c²) / (2 (1 − ρ)), in units of the service time.
    let waiting = |load: f64, scv: f64| load * (1.0 + scv) / (2.0 * (1.0 - load));
    let erlang = Queue {
        per_second: per_second(0.7, 1),
        messages: 200_000,
        service: "Erlang(k: 2, mean: \"10ms\")",
        concurrency: 1,
    };
    assert_sojourn("M/E2/1 at 0.7", &erlang, 1.0 + waiting(0.7, 0.5));
    // Balanced means: p = (1 + √((c²−1)/(c²+1)))/2 with c² = 4, means 10 ms/(2p) and 10 ms/(2(1−p)).
    let hyper = Queue {
        per_second: per_second(0.6, 1),
        messages: 400_000,
        service: "Mixture(of: [(\"88.729833462%\", Exponential(mean: \"5635083ns\")), (\"11.270166538%\", Exponential(mean: \"44364917ns\"))])",
        concurrency: 1,
    };
    assert_sojourn("M/H2/1 at 0.6", &hyper, 1.0 + waiting(0.6, 4.0));
}

#[test]
fn m_m_c() {
    // Wq = C(c, a) / (c − a) in units of the service time, with Erlang's C (FIDELITY: c=2 → .642857, c=5 → .554113).
    for (servers, offered, wait_probability) in [(2, 1.5, 0.642_857), (5, 4.0, 0.554_113)] {
        let queue = Queue {
            per_second: offered * 1e9 / SERVICE_NS,
            messages: 300_000,
            service: "Exponential(mean: \"10ms\")",
            concurrency: servers,
        };
        let waiting = wait_probability / (f64::from(servers) - offered);
        assert_sojourn(&format!("M/M/{servers}"), &queue, 1.0 + waiting);
    }
}
