//! W1 on the kernel: M/M/1 in one process. Two events a customer, one when it comes and one when it leaves; λ = 0.9 and
//! µ = 1 a microsecond, so that a customer stays 10 µs on average.

use std::collections::VecDeque;

use splitbrain::sim::dist::{Dist, Sampler};
use splitbrain::sim::host::{HostPlan, Survival};
use splitbrain::sim::names::{Names, NodeName, ProcessName};
use splitbrain::sim::stream::Stream;
use splitbrain::sim::units::Duration;
use splitbrain::sim::{Ctx, NodeId, NodePlan, Pid, Process, Sim, Token, WorldPlan};

const ARRIVES: u16 = 0;
const LEAVES: u16 = 1;

/// Customers, and the server whom they wait for.
#[derive(Clone)]
pub struct Counter {
    gap: Sampler,
    service: Sampler,
    stream: Stream,
    /// When those that are here came, ns.
    came: VecDeque<u64>,
    /// How many left.
    pub served: u64,
    /// How long they stayed in all, ns.
    pub stayed_ns: u64,
}

impl Process for Counter {
    type Message = ();

    fn start(&mut self, ctx: &mut Ctx<'_, ()>) {
        ctx.timer(self.gap.sample(&mut self.stream), Token::of(ARRIVES));
    }

    fn message(&mut self, _: Pid, (): (), _: &mut Ctx<'_, ()>) {}

    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_, ()>) {
        if token.kind == ARRIVES {
            self.came.push_back(ctx.now());
            ctx.timer(self.gap.sample(&mut self.stream), Token::of(ARRIVES));
            if self.came.len() > 1 {
                return;
            }
        } else if let Some(came) = self.came.pop_front() {
            self.served += 1;
            self.stayed_ns += ctx.now() - came;
        }
        if !self.came.is_empty() {
            ctx.timer(self.service.sample(&mut self.stream), Token::of(LEAVES));
        }
    }

    fn crash(&mut self, _: &Survival, _: &mut Ctx<'_, ()>) {}
}

fn exponential(mean_ns: u64) -> Sampler {
    let mean = Duration::from_ns(mean_ns);
    Dist::Exponential { mean }.compile()
}

/// The counter before the first customer.
pub fn mm1() -> Sim<Counter> {
    let name = "counter".to_owned();
    let mut plan = WorldPlan::default();
    plan.nodes.push(NodePlan {
        name: NodeName {
            name: name.clone(),
            zone: None,
        },
        host: HostPlan::default(),
    });
    let mut names = Names::default();
    names.processes.push(ProcessName {
        name,
        node: NodeId(0),
        system: String::new(),
        part: "",
        layer: 0,
    });
    let counter = Counter {
        gap: exponential(1_111),
        service: exponential(1_000),
        stream: Stream::named(1, "bench", "counter"),
        came: VecDeque::new(),
        served: 0,
        stayed_ns: 0,
    };
    Sim::new(1, plan, names, vec![counter])
}
