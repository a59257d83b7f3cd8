//! What became of what users asked for: whether all of it took effect, in time, once.
//!
//! A task whose effects may be repeated can never be forgotten: two bytes are kept for each. When it was asked for is
//! kept only until it is settled. Both lie in histories, so that clones of a run share them.

use crate::sim::call::Answer;
use crate::sim::history::History;
use crate::sim::names::FlowName;
use crate::sim::{Names, Task};

use super::Latency;
use crate::sim::windows::Windows;

/// The low bits of a task's state say which effects happened.
const EFFECTS: u16 = 0xff;
/// It was asked for.
const ASKED: u16 = 1 << 8;
/// Its user was told that it is done, or will be.
const ACCEPTED: u16 = 1 << 9;
/// Its user was told that it failed, or gave up.
const REFUSED: u16 = 1 << 10;
/// It took effect too late.
const LATE: u16 = 1 << 11;
/// It was accepted, and has been without all its effects for too long.
const LOST: u16 = 1 << 12;

/// Tasks are numbered one after another. A number that is so far off is a mistake, and no reason to use up the memory.
const GAP_MAX: usize = 1 << 20;

/// What became of the tasks of one stream.
#[derive(Clone, Debug, Default)]
pub struct FlowTasks {
    /// All effects as bits.
    all: u16,
    late_after_ns: u64,
    lost_after_ns: u64,
    /// By number.
    states: History<u16, 256>,
    /// When those were asked for that are not settled, ns, from number `settled` on.
    asked_at: History<u64>,
    settled: usize,
    /// When tasks were accepted that lacked effects then, ns, and their numbers.
    accepted_at: History<(u64, u32)>,
    /// Asked for.
    pub asked: u64,
    /// Answered well.
    pub accepted: u64,
    /// Answered badly, or given up.
    pub refused: u64,
    /// Answered well, and all effects happened.
    pub complete: u64,
    /// Of those: later than allowed.
    pub late: u64,
    /// Answered well, but without all effects for longer than allowed.
    pub lost: u64,
    /// Answered badly, but some effects happened.
    pub half_done: u64,
    /// Answered badly, but all effects happened.
    pub unwanted: u64,
    /// Effects that happened, again counted again.
    pub effects: u64,
    /// Of those: that had happened before for the same task.
    pub doubled: u64,
    /// From asking to the last effect, unless the user had been told of a failure before.
    pub latency: Latency,
    /// Tasks that were complete in time, over time.
    pub windows: Windows,
}

impl FlowTasks {
    fn new(flow: &FlowName) -> Self {
        let effects = flow.effects.len().min(FlowName::EFFECTS_MAX);
        Self {
            all: (1 << effects) - 1,
            late_after_ns: flow.late_after_ns,
            lost_after_ns: flow.lost_after_ns,
            ..Self::default()
        }
    }

    /// Neither complete nor refused nor lost.
    pub fn open(&self) -> u64 {
        self.asked
            .saturating_sub(self.complete + self.refused + self.lost)
    }

    fn asked(&mut self, number: usize, at: u64) {
        if number >= self.states.len() + GAP_MAX {
            return;
        }
        // Several users may number their tasks in turn.
        while self.states.len() <= number {
            self.states.push_back(0);
            self.asked_at.push_back(0);
        }
        let Some(state) = self.states.get_mut(number) else {
            return;
        };
        *state |= ASKED;
        self.asked += 1;
        self.windows.ask(at);
        let young = number.checked_sub(self.settled);
        if let Some(asked_at) = young.and_then(|young| self.asked_at.get_mut(young)) {
            *asked_at = at;
        }
    }

    fn answered(&mut self, number: usize, good: bool, at: u64) -> Progress {
        let mut progress = Progress::default();
        let Some(&was) = self.states.get(number) else {
            return progress;
        };
        if was & (ACCEPTED | REFUSED) != 0 {
            return progress;
        }
        let is_complete = was & EFFECTS == self.all;
        if good {
            self.accepted += 1;
            self.become_state(number, was | ACCEPTED);
            if is_complete {
                progress.is_in_time = self.completed(was, at);
            } else {
                self.accepted_at.push_back((at, number as u32));
            }
        } else {
            self.refused += 1;
            self.become_state(number, was | REFUSED);
            self.unwanted += u64::from(is_complete);
            self.half_done += u64::from(!is_complete && was & EFFECTS != 0);
        }
        self.settle(number);
        progress
    }

    fn effect(&mut self, number: usize, effect: u8, at: u64) -> Progress {
        let mut progress = Progress::default();
        self.effects += 1;
        let Some(&was) = self.states.get(number) else {
            return progress;
        };
        let bit = 1_u16.checked_shl(u32::from(effect)).unwrap_or(0) & self.all;
        if was & bit != 0 {
            self.doubled += 1;
            return progress;
        }
        let mut state = was | bit;
        let is_complete = bit != 0 && state & EFFECTS == self.all;
        if state & REFUSED != 0 {
            let was_half_done = was & EFFECTS != 0;
            self.unwanted += u64::from(is_complete);
            self.half_done += u64::from(!is_complete && bit != 0);
            self.half_done -= u64::from(was_half_done && bit != 0);
        } else if is_complete {
            let young = number.checked_sub(self.settled);
            let asked_at = young.and_then(|young| self.asked_at.get(young));
            let ns = at - asked_at.copied().unwrap_or(at);
            self.latency.record(ns, 1);
            progress.took_ns = Some(ns);
            if ns > self.late_after_ns {
                state |= LATE;
            }
            if state & ACCEPTED != 0 {
                self.lost -= u64::from(state & LOST != 0);
                state &= !LOST;
                progress.is_in_time = self.completed(state, at);
            }
        }
        self.become_state(number, state);
        self.settle(number);
        progress
    }

    /// Whether it was in time.
    fn completed(&mut self, state: u16, at: u64) -> bool {
        self.complete += 1;
        let is_late = state & LATE != 0;
        if is_late {
            self.late += 1;
        } else {
            self.windows.do_well(at);
        }
        !is_late
    }

    fn become_state(&mut self, number: usize, state: u16) {
        if let Some(place) = self.states.get_mut(number) {
            *place = state;
        }
    }

    fn is_settled(&self, state: u16) -> bool {
        state & REFUSED != 0 || (state & ACCEPTED != 0 && state & EFFECTS == self.all)
    }

    /// Forgets when the oldest were asked for, once nobody needs to know.
    fn settle(&mut self, number: usize) {
        if number != self.settled {
            return;
        }
        while let Some(&state) = self.states.get(self.settled)
            && self.is_settled(state)
        {
            self.asked_at.pop_front();
            self.settled += 1;
        }
    }

    /// Finds out which are lost by now.
    fn look(&mut self, now: u64) {
        while let Some(&(at, number)) = self.accepted_at.front() {
            let number = number as usize;
            let state = self.states.get(number).copied().unwrap_or(0);
            if state & EFFECTS != self.all {
                if now - at < self.lost_after_ns {
                    return;
                }
                self.lost += 1;
                self.become_state(number, state | LOST);
            }
            self.accepted_at.pop_front();
        }
    }
}

/// What an answer or an effect meant for its task.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// So long it took until all effects had happened, ns.
    took_ns: Option<u64>,
    /// It is complete now, and in time.
    is_in_time: bool,
}

/// What became of all tasks of a run.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    /// By flow; `None` for those that have no effects.
    flows: Vec<Option<Box<FlowTasks>>>,
    /// From asking to the last effect, unless the user had been told of a failure before.
    pub latency: Latency,
    /// Tasks that were complete in time, over time.
    pub windows: Windows,
}

impl Tasks {
    pub(super) fn new(names: &Names) -> Self {
        let new =
            |flow: &FlowName| (!flow.effects.is_empty()).then(|| Box::new(FlowTasks::new(flow)));
        Self {
            flows: names.flows.iter().map(new).collect(),
            ..Self::default()
        }
    }

    /// Those of one stream, by its place; `None` if nothing has to take effect there.
    pub fn of(&self, flow: usize) -> Option<&FlowTasks> {
        self.flows.get(flow)?.as_deref()
    }

    /// A sum over all streams; `None` if none has effects.
    pub fn sum(&self, of: impl Fn(&FlowTasks) -> u64) -> Option<u64> {
        let flows = self.flows.iter().flatten();
        flows.map(|flow| of(flow)).reduce(|a, b| a + b)
    }

    #[inline]
    fn of_mut(&mut self, task: Task) -> Option<&mut FlowTasks> {
        self.flows.get_mut(task.flow.index())?.as_deref_mut()
    }

    #[inline]
    pub(super) fn asked(&mut self, task: Task, at: u64) {
        if let Some(flow) = self.of_mut(task) {
            flow.asked(task.number as usize, at);
            self.windows.ask(at);
        }
    }

    #[inline]
    pub(super) fn answered(&mut self, task: Task, how: Answer, at: u64) {
        if let Some(flow) = self.of_mut(task) {
            let progress = flow.answered(task.number as usize, how.is_good(), at);
            self.make(progress, at);
        }
    }

    #[inline]
    pub(super) fn effect(&mut self, task: Task, effect: u8, at: u64) {
        if let Some(flow) = self.of_mut(task) {
            let progress = flow.effect(task.number as usize, effect, at);
            self.make(progress, at);
        }
    }

    fn make(&mut self, progress: Progress, at: u64) {
        if let Some(ns) = progress.took_ns {
            self.latency.record(ns, 1);
        }
        if progress.is_in_time {
            self.windows.do_well(at);
        }
    }

    #[cold]
    pub(super) fn disturb(&mut self, at: u64) {
        self.windows.disturb(at);
        let flows = self.flows.iter_mut().flatten();
        flows.for_each(|flow| flow.windows.disturb(at));
    }

    /// Finds out which are lost by now.
    pub(super) fn look(&mut self, now: u64) {
        let flows = self.flows.iter_mut().flatten();
        flows.for_each(|flow| flow.look(now));
    }
}
