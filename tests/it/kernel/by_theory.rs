//! The CPU against queueing theory: mean times in the system, with confidence intervals from batch means.

use splitbrain::sim::dist::{Dist, Sampler};
use splitbrain::sim::host::{HostPlan, Survival};
use splitbrain::sim::names::{Names, NodeName, ProcessName};
use splitbrain::sim::net::{LinkPlan, NetworkPlan};
use splitbrain::sim::stream::Stream;
use splitbrain::sim::units::Duration;
use splitbrain::sim::{Cost, Ctx, NodeId, NodePlan, Pid, Process, SECOND, Sim, Token, WorldPlan};

#[derive(Clone)]
enum Queue {
    Source {
        gap: Sampler,
        stream: Stream,
    },
    Server {
        service: Sampler,
        stream: Stream,
        times_ns: Vec<u64>,
    },
}

impl Process for Queue {
    /// When it arrives.
    type Message = u64;

    fn cost(&mut self, _: &u64, _: u64) -> Cost {
        match self {
            Self::Source { .. } => Cost::FREE,
            // At least 1 ns: what costs nothing needs no core.
            Self::Server {
                service, stream, ..
            } => Cost::cpu(service.sample(stream).max(1)),
        }
    }

    fn start(&mut self, ctx: &mut Ctx<'_, u64>) {
        self.timer(Token::of(0), ctx);
    }

    fn message(&mut self, _: Pid, arrived: u64, ctx: &mut Ctx<'_, u64>) {
        if let Self::Server { times_ns, .. } = self {
            times_ns.push(ctx.now() - arrived);
        }
    }

    fn timer(&mut self, _: Token, ctx: &mut Ctx<'_, u64>) {
        if let Self::Source { gap, stream } = self {
            let after = gap.sample(stream);
            ctx.timer(after, Token::of(0));
            ctx.send(Pid(1), ctx.now(), 1);
        }
    }

    fn crash(&mut self, _: &Survival, _: &mut Ctx<'_, u64>) {}
}

/// Times in the system, in mean service times (1 ms), of a queue with `cores` servers at a load.
fn run(seed: u64, cores: u32, load: f64, service: Dist) -> Vec<f64> {
    let gap = Duration::from_ns((1e6 / (load * f64::from(cores))) as u64);
    let host = HostPlan {
        cores,
        ..HostPlan::default()
    };
    let node = |name: &str| NodePlan {
        name: NodeName {
            name: name.to_owned(),
            zone: None,
        },
        host: host.clone(),
    };
    let process = |name: &str, node| ProcessName {
        name: name.to_owned(),
        node: NodeId(node),
        system: String::new(),
        part: "",
        layer: 0,
    };
    let names = Names {
        processes: vec![process("source", 0), process("server", 1)],
        ..Names::default()
    };
    let plan = WorldPlan {
        nodes: vec![node("a"), node("b")],
        network: NetworkPlan {
            link: LinkPlan {
                latency: Dist::ZERO,
                ..LinkPlan::default()
            },
            ..NetworkPlan::default()
        },
        faults: Vec::new(),
    };
    let source = Queue::Source {
        gap: Dist::Exponential { mean: gap }.compile(),
        stream: Stream::named(seed, "gap", "source"),
    };
    let server = Queue::Server {
        service: service.compile(),
        stream: Stream::named(seed, "service", "server"),
        times_ns: Vec::new(),
    };
    let mut sim = Sim::new(seed, plan, names, vec![source, server]);
    sim.run_until(400 * SECOND, &mut ());
    match &sim.processes()[1] {
        Queue::Server { times_ns, .. } => times_ns.iter().map(|&t| t as f64 / 1e6).collect(),
        Queue::Source { .. } => Vec::new(),
    }
}

/// The mean and its half-width at 99.9 % (t of 29 degrees of freedom: 3.66), from 30 batches after a warm-up.
fn mean_of(times: &[f64]) -> (f64, f64) {
    let times = &times[times.len() / 10..];
    let size = times.len() / 30;
    let means: Vec<f64> = times
        .chunks_exact(size)
        .take(30)
        .map(|batch| batch.iter().sum::<f64>() / size as f64)
        .collect();
    let mean = means.iter().sum::<f64>() / 30.0;
    let variance = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / 29.0;
    (mean, 3.66 * (variance / 30.0).sqrt())
}

fn exponential() -> Dist {
    Dist::Exponential {
        mean: Duration::from_ms(1),
    }
}

#[track_caller]
fn agrees(times: &[f64], expected: f64) {
    let (mean, half) = mean_of(times);
    assert!(
        (mean - expected).abs() < half,
        "{mean} ± {half}, not {expected}"
    );
    // An interval so wide that anything fits would prove nothing.
    assert!(half < expected * 0.08, "± {half}");
}

#[test]
fn one_server_with_exponential_service() {
    // M/M/1: W = 1 / (µ - λ).
    agrees(&run(1, 1, 0.7, exponential()), 1.0 / 0.3);
    agrees(&run(2, 1, 0.3, exponential()), 1.0 / 0.7);
}

#[test]
fn one_server_with_constant_service() {
    // M/D/1 (Pollaczek and Khinchine): W = 1 + ρ / (2 (1 - ρ)).
    let constant = Dist::Constant(Duration::from_ms(1));
    agrees(&run(3, 1, 0.7, constant), 1.0 + 0.7 / 0.6);
}

#[test]
fn one_server_with_erlang_service() {
    // M/G/1 with SCV 1/4: W = 1 + ρ (1 + ¼) / (2 (1 - ρ)).
    let erlang = Dist::Erlang {
        k: 4,
        mean: Duration::from_ms(1),
    };
    agrees(&run(4, 1, 0.7, erlang), 1.0 + 0.7 * 1.25 / 0.6);
}

#[test]
fn several_servers_with_exponential_service() {
    // M/M/c: W = 1 + C(c, a) / (c - a), with Erlang's C from his B by recursion.
    for (cores, load) in [(3_u32, 0.8), (8, 0.8)] {
        let a = load * f64::from(cores);
        let b = (1..=cores).fold(1.0, |b, n| a * b / (f64::from(n) + a * b));
        let waits = b / (1.0 - load * (1.0 - b));
        let expected = 1.0 + waits / (f64::from(cores) - a);
        agrees(&run(5, cores, load, exponential()), expected);
    }
}
