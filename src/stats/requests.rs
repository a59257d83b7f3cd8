//! Requests, as the users see them who ask: how they are answered, how soon, and how well after a disturbance.

use crate::sim::call::Answer;
use crate::sim::{FlowId, Names, Task};

use super::{Heatmap, Latency, Series};
use crate::sim::windows::Windows;

/// One stream of requests.
#[derive(Clone, Debug, Default)]
pub struct FlowStats {
    /// How many were asked for.
    pub asked: u64,
    /// The number behind the highest that was asked for. Several users number theirs in turn: not each below it need be there.
    pub numbered: u64,
    /// How many ended, by [`Answer`].
    pub answers: [u64; Answer::ALL.len()],
    /// How long the good answers took.
    pub latency: Latency,
    /// Good answers over time.
    pub windows: Windows,
}

impl FlowStats {
    /// How many ended in a way.
    pub fn ended(&self, how: Answer) -> u64 {
        self.answers[how as usize]
    }

    /// Good answers.
    pub fn good(&self) -> u64 {
        let good = Answer::ALL.into_iter().filter(|a| a.is_good());
        good.map(|a| self.ended(a)).sum()
    }

    /// Neither answered nor given up.
    pub fn open(&self) -> u64 {
        self.asked.saturating_sub(self.answers.iter().sum())
    }
}

/// All requests of a run.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// By [`FlowId`].
    pub flows: Vec<FlowStats>,
    /// How long the good answers took.
    pub latency: Latency,
    /// Good answers over time.
    pub windows: Windows,
    /// How long good answers took over time, and how many were bad.
    pub heatmap: Heatmap,
    /// How many were open at the end of each interval.
    pub open_trend: Series,
    /// Good answers in each interval.
    pub good_trend: Series,
}

impl Requests {
    pub(super) fn new(names: &Names) -> Self {
        Self {
            flows: vec![FlowStats::default(); names.flows.len()],
            ..Self::default()
        }
    }

    #[inline]
    pub(super) fn asked(&mut self, task: Task, at: u64) {
        if let Some(flow) = self.flows.get_mut(task.flow.index()) {
            flow.asked += 1;
            flow.numbered = flow.numbered.max(u64::from(task.number) + 1);
            flow.windows.ask(at);
            self.windows.ask(at);
        }
    }

    #[inline]
    pub(super) fn answered(&mut self, flow: FlowId, how: Answer, ns: u64, at: u64) {
        let Some(flow) = self.flows.get_mut(flow.index()) else {
            return;
        };
        flow.answers[how as usize] += 1;
        if how.is_good() {
            flow.latency.record(ns, 1);
            flow.windows.do_well(at);
            self.latency.record(ns, 1);
            self.windows.do_well(at);
            self.heatmap.record(at, ns);
        } else {
            self.heatmap.fail(at);
        }
    }

    #[cold]
    pub(super) fn disturb(&mut self, at: u64) {
        self.windows.disturb(at);
        self.flows.iter_mut().for_each(|f| f.windows.disturb(at));
    }

    pub(super) fn tick(&mut self) {
        let open = self.sum(FlowStats::open);
        let good = self.sum(FlowStats::good);
        self.open_trend.push(open);
        self.good_trend.push_since(good);
    }

    /// A sum over all streams.
    pub fn sum(&self, of: impl Fn(&FlowStats) -> u64) -> u64 {
        self.flows.iter().map(of).sum()
    }

    /// How many ended in a way.
    pub fn ended(&self, how: Answer) -> u64 {
        self.sum(|f| f.ended(how))
    }
}
