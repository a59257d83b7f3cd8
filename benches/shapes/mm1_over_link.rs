//! W1 over a link on the kernel: one machine makes customers, another serves them on its CPU. Beside what M/M/1 asks for
//! this measures messages and the queue of requests.

use splitbrain::sim::dist::{Dist, Sampler};
use splitbrain::sim::host::{HostPlan, Survival};
use splitbrain::sim::names::{Names, NodeName, ProcessName};
use splitbrain::sim::net::{LinkPlan, NetworkPlan};
use splitbrain::sim::stream::Stream;
use splitbrain::sim::units::Duration;
use splitbrain::sim::{Cost, Ctx, NodeId, NodePlan, Pid, Process, Sim, Token, WorldPlan};

const SERVER: Pid = Pid(1);

/// Makes customers or serves them.
#[derive(Clone)]
pub enum Part {
    /// Makes them, with such gaps.
    Source(Sampler, Box<Stream>),
    /// Serves them, so long each.
    Server(Sampler, Box<Stream>),
}

impl Process for Part {
    type Message = ();

    fn cost(&mut self, (): &(), _: u64) -> Cost {
        match self {
            Self::Server(service, stream) => Cost::cpu(service.sample(stream).max(1)),
            Self::Source(..) => Cost::FREE,
        }
    }

    fn start(&mut self, ctx: &mut Ctx<'_, ()>) {
        self.timer(Token::of(0), ctx);
    }

    fn message(&mut self, _: Pid, (): (), _: &mut Ctx<'_, ()>) {}

    fn timer(&mut self, _: Token, ctx: &mut Ctx<'_, ()>) {
        if let Self::Source(gap, stream) = self {
            let after = gap.sample(stream);
            ctx.timer(after, Token::of(0));
            ctx.send(SERVER, (), 100);
        }
    }

    fn crash(&mut self, _: &Survival, _: &mut Ctx<'_, ()>) {}
}

fn exponential(mean_ns: u64) -> Sampler {
    let mean = Duration::from_ns(mean_ns);
    Dist::Exponential { mean }.compile()
}

/// Both at their beginning; λ = 0.9 and µ = 1 a microsecond.
pub fn world() -> Sim<Part> {
    let mut plan = WorldPlan {
        network: NetworkPlan {
            link: LinkPlan {
                latency: Dist::ZERO,
                ..LinkPlan::default()
            },
            ..NetworkPlan::default()
        },
        ..WorldPlan::default()
    };
    let mut names = Names::default();
    for (i, name) in ["source", "server"].into_iter().enumerate() {
        plan.nodes.push(NodePlan {
            name: NodeName {
                name: name.to_owned(),
                zone: None,
            },
            host: HostPlan {
                cores: 1,
                ..HostPlan::default()
            },
        });
        names.processes.push(ProcessName {
            name: name.to_owned(),
            node: NodeId(i as u32),
            system: String::new(),
            part: "",
            layer: 0,
        });
    }
    let stream = |name: &str| Box::new(Stream::named(1, "bench", name));
    let source = Part::Source(exponential(1_111), stream("source"));
    let server = Part::Server(exponential(1_000), stream("server"));
    Sim::new(1, plan, names, vec![source, server])
}
