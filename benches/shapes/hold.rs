//! W2 on the kernel: the hold model. So many timers are set, and each that fires is set again.

use splitbrain::sim::dist::{Dist, Sampler};
use splitbrain::sim::host::{HostPlan, Survival};
use splitbrain::sim::names::{Names, NodeName, ProcessName};
use splitbrain::sim::stream::Stream;
use splitbrain::sim::units::Duration;
use splitbrain::sim::{Ctx, NodeId, NodePlan, Pid, Process, Sim, Token, WorldPlan};

/// Sets its timers.
#[derive(Clone)]
pub struct Holder {
    pending: u64,
    gap: Sampler,
    stream: Stream,
}

impl Process for Holder {
    type Message = ();

    fn start(&mut self, ctx: &mut Ctx<'_, ()>) {
        for _ in 0..self.pending {
            self.timer(Token::of(0), ctx);
        }
    }

    fn message(&mut self, _: Pid, (): (), _: &mut Ctx<'_, ()>) {}

    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_, ()>) {
        ctx.timer(self.gap.sample(&mut self.stream), token);
    }

    fn crash(&mut self, _: &Survival, _: &mut Ctx<'_, ()>) {}
}

/// So many timers, each of a millisecond on average.
pub fn hold(pending: u64) -> Sim<Holder> {
    let name = "holder".to_owned();
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
    let mean = Duration::from_ns(1_000_000);
    let holder = Holder {
        pending,
        gap: Dist::Exponential { mean }.compile(),
        stream: Stream::named(1, "bench", "holder"),
    };
    Sim::new(1, plan, names, vec![holder])
}
