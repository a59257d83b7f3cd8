//! What the links are like by the plan, and which plan is which link's.

use std::sync::Arc;

use crate::sim::dist::{Dist, Sampler};
use crate::sim::units::{Chance, Duration, Size};
use crate::sim::{MS, NodeId};

/// The network by the plan.
#[derive(Clone, Debug)]
pub struct NetworkPlan {
    /// Every link, unless a route says otherwise.
    pub link: LinkPlan,
    /// Between processes on one node.
    pub loopback: Dist,
    /// Exceptions: later entries win.
    pub routes: Vec<Route>,
}

impl Default for NetworkPlan {
    fn default() -> Self {
        Self {
            link: LinkPlan::default(),
            loopback: Dist::Constant(Duration::from_us(20)),
            routes: Vec::new(),
        }
    }
}

impl NetworkPlan {
    /// A tick for the event queue, ns: most latencies are some dozens of ticks, so that a message waits in the lowest
    /// level of the wheel, and few share one. It decides how fast a run is, and nothing in it.
    pub(in crate::sim) fn tick_ns(&self) -> u64 {
        const TICKS_PER_LATENCY: f64 = 64.0;
        let means = [&self.link.latency, &self.loopback].map(Dist::mean_ns);
        let mean = means.into_iter().find(|m| *m > 0.0).unwrap_or(0.0);
        ((mean / TICKS_PER_LATENCY) as u64).clamp(256, MS)
    }
}

/// The links from some nodes to some others.
#[derive(Clone, Debug)]
pub struct Route {
    /// Sending nodes, sorted.
    pub from: Vec<NodeId>,
    /// Receiving nodes, sorted.
    pub to: Vec<NodeId>,
    /// What they are like.
    pub link: LinkPlan,
}

/// What a link is like when nothing is wrong.
#[derive(Clone, Debug)]
pub struct LinkPlan {
    /// One way.
    pub latency: Dist,
    /// Share of packets that are lost.
    pub loss: Chance,
    /// Share of messages that arrive twice.
    pub duplicate: Chance,
    /// Share of messages that overtake or fall behind others.
    pub reorder: Chance,
    /// Bytes a second; `None`: as many as one likes.
    pub bandwidth: Option<Size>,
}

impl Default for LinkPlan {
    fn default() -> Self {
        Self {
            latency: Dist::LogNormal {
                median: Duration::from_us(500),
                p99: Duration::from_ms(3),
            },
            loss: Chance::NEVER,
            duplicate: Chance::NEVER,
            reorder: Chance::NEVER,
            bandwidth: None,
        }
    }
}

/// A plan that links share, and what draws its latencies.
#[derive(Debug)]
pub(super) struct Planned {
    pub link: LinkPlan,
    pub latency: Sampler,
}

impl Planned {
    fn new(link: LinkPlan) -> Self {
        Self {
            latency: link.latency.compile(),
            link,
        }
    }
}

/// The places of the plan for links in general, of that for links of a node to itself, and of the first route's.
const GENERAL: usize = 0;
const LOOPBACK: usize = 1;
const ROUTES: usize = 2;

/// All plans of links.
#[derive(Clone, Debug)]
pub(super) struct Plans {
    plan: Arc<NetworkPlan>,
    /// The plans in it.
    all: Arc<[Planned]>,
}

impl Plans {
    pub fn new(plan: NetworkPlan) -> Self {
        let loopback = LinkPlan {
            latency: plan.loopback.clone(),
            loss: Chance::NEVER,
            duplicate: Chance::NEVER,
            reorder: Chance::NEVER,
            bandwidth: None,
        };
        let routes = plan.routes.iter().map(|r| r.link.clone());
        let all = [plan.link.clone(), loopback].into_iter().chain(routes);
        Self {
            all: all.map(Planned::new).collect(),
            plan: Arc::new(plan),
        }
    }

    /// A plan by its number.
    #[inline]
    pub fn at(&self, number: u32) -> &Planned {
        &self.all[number as usize]
    }

    /// The number of a link's plan.
    pub fn number(&self, from: NodeId, to: NodeId) -> u32 {
        if from == to {
            return LOOPBACK as u32;
        }
        let on = |r: &Route| r.from.binary_search(&from).is_ok() && r.to.binary_search(&to).is_ok();
        let route = self.plan.routes.iter().rposition(on);
        route.map_or(GENERAL, |nth| ROUTES + nth) as u32
    }
}
