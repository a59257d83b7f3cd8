//! Queueing theory, with the producers, brokers and consumers that users have. A producer sends to a topic of one
//! partition over a network without latency, to a broker that costs nothing; one consumer works through it. What a message
//! spends between its making and the end of its processing is then the sojourn time of a queue, for which there are
//! formulas (Kleinrock, "Queueing Systems" I; Pollaczek–Khinchine for M/G/1; Erlang C for M/M/c).
//!
//! The queue with a limited number of places is on the other side of the topic: the producer's buffer has room for so many
//! messages, and a broker with one I/O thread takes its time for each. What finds the buffer full is refused.

use splitbrain::hunt::Loaded;
use splitbrain::sim::record::Why;
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

/// A broker with one I/O thread, which takes an exponential time for a message, and a producer with room for so many.
struct LossQueue {
    load: f64,
    places: u32,
    messages: u64,
}

/// What became of each message of a queue with losses.
#[derive(Default)]
struct Losses {
    /// When it came.
    came: Vec<u64>,
    /// When it left, acknowledged or at once because it was refused.
    left: Vec<u64>,
    refused: Vec<bool>,
    /// Arrivals and departures: the time, and how many are there after it.
    present: Vec<(u64, u32)>,
    there: u32,
}

impl Observer for Losses {
    fn record(&mut self, record: &Record) {
        match record.fact {
            Fact::Produced { .. } => {
                self.came.push(record.at);
                self.left.push(u64::MAX);
                self.refused.push(false);
                self.there += 1;
            }
            Fact::Acked { span, .. } => self.leave(span.first, record.at, false),
            Fact::Refused { span, why, .. } => {
                assert_eq!(why, Why::BufferFull);
                self.leave(span.first, record.at, true);
            }
            _ => return,
        }
        self.present.push((record.at, self.there));
    }
}

impl Losses {
    fn leave(&mut self, number: u32, at: u64, refused: bool) {
        self.left[number as usize] = at;
        self.refused[number as usize] = refused;
        self.there -= 1;
    }

    /// Share of the arrivals that were refused.
    fn blocked(&self) -> (f64, f64) {
        let share = |&r: &bool| if r { 1.0 } else { 0.0 };
        let values: Vec<f64> = self.refused.iter().skip(WARM_UP).map(share).collect();
        batch_means(&values)
    }

    /// Mean time in the system of those that were not refused, in units of the service time.
    fn sojourn(&self) -> (f64, f64) {
        let all = self.came.iter().zip(&self.left).zip(&self.refused);
        let values: Vec<f64> = all
            .skip(WARM_UP)
            .filter(|(_, refused)| !**refused)
            .map(|((came, left), _)| (left - came) as f64 / SERVICE_NS)
            .collect();
        batch_means(&values)
    }

    /// Mean number in the system over time, from as many stretches of equal length as there are batches.
    fn number(&self) -> (f64, f64) {
        let (from, to) = (self.came[WARM_UP], self.came[self.came.len() - 1]);
        let length = (to - from) / BATCHES as u64;
        let mut areas = vec![0.0; BATCHES];
        for pair in self.present.windows(2) {
            let ((begin, there), (end, _)) = (pair[0], pair[1]);
            let mut at = begin.max(from);
            while at < end {
                let stretch = ((at - from) / length) as usize;
                let Some(area) = areas.get_mut(stretch) else {
                    break;
                };
                let until = end.min(from + (stretch as u64 + 1) * length);
                *area += (until - at) as f64 * f64::from(there);
                at = until;
            }
        }
        let means: Vec<f64> = areas.iter().map(|a| a / length as f64).collect();
        batch_means(&means)
    }
}

fn losses(queue: &LossQueue) -> Losses {
    let LossQueue {
        load,
        places,
        messages,
    } = queue;
    let rate = per_second(*load, 1);
    let seconds = (*messages as f64 / rate) as u64 * 11 / 10 + 60;
    // A message of 100 bytes with a header of 61 takes one place.
    let memory = places * 161;
    let text = format!(
        r#"(
        title: "theory", seed: 1234, duration: "{seconds}s",
        nodes: [(name: "broker"), (name: "app")],
        network: (latency: "0ns", loopback: "0ns"),
        systems: [Kafka(
            name: "k", nodes: "broker", topics: [(name: "t", partitions: 1)], num_io_threads: 1,
            request_time: Exponential(mean: "10ms"), request_time_per_kib: "0ns", offsets_topic_num_partitions: 1,
        )],
        workloads: [Producer(
            name: "p", nodes: "app", to: "k/t", arrivals: Poisson("{rate}/s"), start: "10s", count: {messages},
            message_size: "100B", batch_size: "0B", linger_ms: "0ms", buffer_memory: "{memory}B", max_block_ms: "0ms",
            acks: One, enable_idempotence: false, max_in_flight_requests_per_connection: 1,
            metadata_max_age_ms: "10000000s",
        )],
    )"#
    );
    let loaded =
        Loaded::from_text("theory", &text, &[]).unwrap_or_else(|d| panic!("{}", d.render(false)));
    let sim = &mut loaded.plan.build(loaded.scenario.seed);
    let mut losses = Losses::default();
    sim.run_until(loaded.plan.duration_ns, &mut losses);
    assert_eq!((losses.came.len() as u64, losses.there), (*messages, 0));
    losses
}

/// Chance that an arrival finds all places taken, and mean number there, of M/M/1/K (Kleinrock I, section 3.6).
fn m_m_1_k_theory(load: f64, places: u32) -> (f64, f64) {
    let weight = |n: u32| load.powi(n as i32);
    let all: f64 = (0..=places).map(weight).sum();
    let number: f64 = (0..=places).map(|n| f64::from(n) * weight(n)).sum();
    (weight(places) / all, number / all)
}

#[test]
fn m_m_1_k() {
    // FIDELITY: M/M/1/5 at load 1 → blocked .166667, L 2.5.
    let known = m_m_1_k_theory(1.0, 5);
    assert!((known.0 - 0.166_667).abs() < 1e-6 && (known.1 - 2.5).abs() < 1e-12);
    for (load, places) in [(1.0, 5), (0.8, 3), (2.0, 2), (0.6, 1)] {
        let queue = LossQueue {
            load,
            places,
            messages: 200_000,
        };
        let seen = losses(&queue);
        let theory = |places| {
            let (blocked, number) = m_m_1_k_theory(load, places);
            // Little's law over those that get in.
            let sojourn = number / (load * (1.0 - blocked));
            [blocked, number, sojourn]
        };
        let (right, more, fewer) = (theory(places), theory(places + 1), theory(places - 1));
        let measured = [seen.blocked(), seen.number(), seen.sojourn()];
        for (nth, name) in ["blocked", "L", "W"].into_iter().enumerate() {
            let (mean, half) = measured[nth];
            let holds = |expected: f64| (mean - expected).abs() <= half;
            assert!(
                holds(right[nth]),
                "{name} of M/M/1/{places} at {load}: {mean:.4} ± {half:.4}, theory says {:.4}",
                right[nth]
            );
            // The interval tells one place more or fewer from the right number.
            assert!(
                !holds(more[nth]) && !holds(fewer[nth]),
                "{name}: ± {half:.4} says little"
            );
        }
    }
}
