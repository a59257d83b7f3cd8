//! W3 on the kernel: ten producers, a leader with two followers that must both have a message before it is acknowledged,
//! and a consumer that commits. Nine events a message, lognormal hops (median 500 µs, σ 0.5), 10,000 messages a second
//! from each producer.

use hdrhistogram::Histogram;
use splitbrain::sim::dist::{Dist, Sampler};
use splitbrain::sim::host::{HostPlan, Survival};
use splitbrain::sim::names::{Names, NodeName, ProcessName};
use splitbrain::sim::net::{LinkPlan, NetworkPlan};
use splitbrain::sim::stream::Stream;
use splitbrain::sim::units::Duration;
use splitbrain::sim::{
    Ctx, Fact, NodeId, NodePlan, Observer, Pid, Process, Record, Sim, Token, WorldPlan,
};

/// How many producers there are.
pub const PRODUCERS: u32 = 10;
/// Time between two messages of a producer, ns.
pub const GAP_NS: u64 = 100_000;
/// More messages than can be on their way at once: a power of two.
pub const WINDOW: usize = 1 << 14;

const LEADER: Pid = Pid(PRODUCERS);
const FOLLOWERS: [Pid; 2] = [Pid(PRODUCERS + 1), Pid(PRODUCERS + 2)];
const CONSUMER: Pid = Pid(PRODUCERS + 3);
const BYTES: u32 = 100;
const ACKED: u16 = 1;

/// The time of a hop: p99 of a lognormal with median 500 µs and σ 0.5 is 500 µs · exp(0.5 · 2.3263).
pub fn hop() -> Dist {
    Dist::LogNormal {
        median: Duration::from_us(500),
        p99: Duration::from_ns(1_600_000),
    }
}

/// The time between two messages.
pub fn gap() -> Sampler {
    let mean = Duration::from_ns(GAP_NS);
    Dist::Exponential { mean }.compile()
}

/// What they say to one another; each with when the message was made.
#[derive(Clone, Copy)]
pub enum Word {
    /// A producer to the leader.
    Produce(u64),
    /// The leader to a follower, with the message's number.
    Copy(u32),
    /// A follower to the leader.
    Copied(u32),
    /// The leader to the producer.
    Stored(u64),
    /// The leader to the consumer.
    Deliver(u32),
    /// The consumer to the leader.
    Commit(u32),
}

/// A message at the leader.
#[derive(Clone, Copy, Default)]
pub struct Pending {
    from: u32,
    copies: u32,
    born_ns: u64,
}

/// A process of the pipeline.
#[derive(Clone)]
pub enum Part {
    /// Makes messages.
    Producer(Box<Stream>, Sampler),
    /// Orders them: what waits, the next number, how far the consumer has come.
    Leader(Vec<Pending>, u32, u32),
    /// Copies them.
    Follower,
    /// Reads them.
    Consumer,
}

impl Process for Part {
    type Message = Word;

    fn start(&mut self, ctx: &mut Ctx<'_, Word>) {
        self.timer(Token::of(0), ctx);
    }

    fn message(&mut self, from: Pid, word: Word, ctx: &mut Ctx<'_, Word>) {
        // Each word comes to one part only.
        match word {
            Word::Produce(born_ns) => {
                let Self::Leader(window, next, _) = self else {
                    return;
                };
                let number = *next;
                *next += 1;
                window[number as usize % WINDOW] = Pending {
                    from: from.0,
                    copies: 0,
                    born_ns,
                };
                for follower in FOLLOWERS {
                    ctx.send(follower, Word::Copy(number), BYTES);
                }
            }
            Word::Copied(number) => {
                let Self::Leader(window, ..) = self else {
                    return;
                };
                let pending = &mut window[number as usize % WINDOW];
                pending.copies += 1;
                if pending.copies == 2 {
                    let (to, born_ns) = (Pid(pending.from), pending.born_ns);
                    ctx.send(to, Word::Stored(born_ns), BYTES);
                    ctx.send(CONSUMER, Word::Deliver(number), BYTES);
                }
            }
            Word::Commit(number) => {
                if let Self::Leader(_, _, committed) = self {
                    *committed = (*committed).max(number);
                }
            }
            Word::Copy(number) => ctx.send(LEADER, Word::Copied(number), BYTES),
            Word::Deliver(number) => ctx.send(LEADER, Word::Commit(number), BYTES),
            Word::Stored(born_ns) => ctx.record(Fact::Note {
                code: ACKED,
                a: 0,
                b: ctx.now() - born_ns,
            }),
        }
    }

    fn timer(&mut self, _: Token, ctx: &mut Ctx<'_, Word>) {
        if let Self::Producer(stream, gap) = self {
            let after = gap.sample(stream);
            ctx.timer(after, Token::of(0));
            ctx.send(LEADER, Word::Produce(ctx.now()), BYTES);
        }
    }

    fn crash(&mut self, _: &Survival, _: &mut Ctx<'_, Word>) {}
}

/// Keeps how long each message took.
pub struct Latencies(pub Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        // The bounds are valid ones.
        Self(Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("valid bounds"))
    }
}

impl Observer for Latencies {
    #[inline]
    fn record(&mut self, record: &Record) {
        if let Fact::Note { code: ACKED, b, .. } = record.fact {
            self.0.saturating_record(b);
        }
    }
}

/// The pipeline at its beginning.
pub fn pipeline() -> Sim<Part> {
    let mut plan = WorldPlan {
        network: NetworkPlan {
            link: LinkPlan {
                latency: hop(),
                ..LinkPlan::default()
            },
            ..NetworkPlan::default()
        },
        ..WorldPlan::default()
    };
    let mut names = Names::default();
    let mut processes = Vec::new();
    for pid in 0..=CONSUMER.0 {
        let name = format!("n{pid}");
        plan.nodes.push(NodePlan {
            name: NodeName {
                name: name.clone(),
                zone: None,
            },
            host: HostPlan::default(),
        });
        names.processes.push(ProcessName {
            name: name.clone(),
            node: NodeId(pid),
            system: String::new(),
            part: "",
            layer: 0,
        });
        processes.push(match Pid(pid) {
            LEADER => {
                let window = vec![Pending::default(); WINDOW];
                Part::Leader(window, 0, 0)
            }
            CONSUMER => Part::Consumer,
            p if FOLLOWERS.contains(&p) => Part::Follower,
            _ => Part::Producer(Box::new(Stream::named(1, "bench", &name)), gap()),
        });
    }
    Sim::new(1, plan, names, processes)
}
