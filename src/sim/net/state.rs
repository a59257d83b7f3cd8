//! What a link is like at a moment: its plan, and what faults make of it.

use super::Effect;
use super::plan::LinkPlan;
use crate::sim::SECOND;
use crate::sim::dist::Sampler;

/// What a link is like now.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// Of the network.
    pub version: u32,
    /// Nothing about it but its latency and its bandwidth matters.
    pub plain: bool,
    pub cut: bool,
    pub slow_milli: u64,
    pub delays: Vec<Sampler>,
    pub loss: f64,
    pub swallow: f64,
    pub duplicate: f64,
    pub reorder: f64,
    pub reorder_by_ns: u64,
    pub ns_per_mib: u64,
}

impl State {
    /// What the effects make of a link that is planned so, in a version of the network.
    pub fn new<'a>(
        version: u32,
        plan: &LinkPlan,
        effects: impl Iterator<Item = &'a Effect>,
    ) -> Self {
        let mut state = Self {
            version,
            plain: false,
            cut: false,
            slow_milli: 1000,
            delays: Vec::new(),
            loss: plan.loss.p(),
            swallow: 0.0,
            duplicate: plan.duplicate.p(),
            reorder: plan.reorder.p(),
            reorder_by_ns: (2.0 * plan.latency.mean_ns()) as u64,
            ns_per_mib: plan.bandwidth.map_or(0, |b| ns_per_mib(b.bytes())),
        };
        effects.for_each(|effect| state.suffer(effect));
        state.plain = !state.cut
            && state.slow_milli == 1000
            && state.delays.is_empty()
            && [state.loss, state.swallow, state.duplicate, state.reorder] == [0.0; 4];
        state
    }

    fn suffer(&mut self, effect: &Effect) {
        let either = |a: f64, b: f64| 1.0 - (1.0 - a) * (1.0 - b);
        match effect {
            Effect::Cut => self.cut = true,
            Effect::SlowMilli(n) => {
                self.slow_milli = self.slow_milli.saturating_mul(*n) / 1000;
            }
            Effect::Delay(dist) => self.delays.push(dist.compile()),
            Effect::Loss(p) => self.loss = either(self.loss, *p),
            Effect::Swallow(p) => self.swallow = either(self.swallow, *p),
            Effect::Duplicate(p) => self.duplicate = either(self.duplicate, *p),
            Effect::Reorder(p, by_ns) => {
                self.reorder = either(self.reorder, *p);
                self.reorder_by_ns = self.reorder_by_ns.max(*by_ns);
            }
            Effect::Bandwidth(bytes) => {
                self.ns_per_mib = self.ns_per_mib.max(ns_per_mib(*bytes));
            }
        }
    }

    /// The version in which nothing but the latency matters; 0: none.
    pub fn plain_in(&self) -> u32 {
        if self.plain && self.ns_per_mib == 0 {
            self.version
        } else {
            0
        }
    }
}

fn ns_per_mib(bytes_per_second: u64) -> u64 {
    (u128::from(SECOND) * 1_048_576 / u128::from(bytes_per_second.max(1))) as u64
}
