//! The kernel: takes the next event, lets the process it concerns handle it, and tells the observers.
//!
//! A run is a pure function of the plan and the seed: whoever calls [`Sim::step`], in portions of whatever size, sees the
//! same records and gets the same digest.

use std::sync::Arc;

use super::digest::Digest;
use super::event::{Caused, Event, Rare};
use super::fault::{FaultPlan, Faults};
use super::host::Host;
use super::names::{FaultName, Names};
use super::net::Network;
use super::process::Process;
use super::record::Observer;
use super::world::{Core, PORTION, WorldPlan};
use super::{NodeId, Pid};

/// How a stretch of a run ended that somebody could stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Played {
    /// So many events have happened.
    More,
    /// Nothing more happens until then.
    Over,
    /// It was told to stop.
    Stopped,
}

/// A simulation: a world and the processes in it. `Clone` is a checkpoint.
#[derive(Clone, Debug)]
pub struct Sim<P: Process> {
    pub(super) core: Core<P::Message>,
    pub(super) processes: Vec<P>,
    pub(super) faults: Faults,
    digest: Digest,
    /// The moment at which it stands, if nothing has happened at it: it was told to run up to there, and no event was there.
    quiet_ns: Option<u64>,
}

impl<P: Process> Sim<P> {
    /// A world at time 0. The processes start, in their order, with the first steps. `names.processes` must describe them
    /// one by one; `names.nodes` is filled from the plan.
    pub fn new(seed: u64, plan: WorldPlan, mut names: Names, processes: Vec<P>) -> Self {
        names.nodes = plan.nodes.iter().map(|n| n.name.clone()).collect();
        let fault_name = |f: &FaultPlan| FaultName {
            label: f.label(),
            line: f.line,
            mends: f.action.mends(),
            lasts: f.action.lasts(),
        };
        names.faults = plan.faults.iter().map(fault_name).collect();
        let (faults, core) = (
            plan.faults,
            Core::new(seed, plan.nodes, plan.network, names),
        );
        let faults = Faults::new(seed, faults);
        let mut sim = Self {
            core,
            processes,
            faults,
            digest: Digest::default(),
            quiet_ns: None,
        };
        for pid in 0..sim.processes.len() as u32 {
            let to = Pid(pid);
            sim.core.schedule(0, Rare::Start { to, life: 0 }.into());
        }
        sim.schedule_faults();
        sim
    }

    /// True virtual time, ns.
    pub fn now(&self) -> u64 {
        self.core.now
    }

    /// How many events have happened.
    pub fn events(&self) -> u64 {
        self.core.event
    }

    /// When the next event happens, `None` if nothing will.
    pub fn next_time(&self) -> Option<u64> {
        self.core.queue.next_time()
    }

    /// The digest so far.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What things are called.
    pub fn names(&self) -> &Arc<Names> {
        &self.core.names
    }

    /// The processes, by [`Pid`].
    pub fn processes(&self) -> &[P] {
        &self.processes
    }

    /// Whether a process lives.
    pub fn is_alive(&self, pid: Pid) -> bool {
        self.core.tenants[pid.index()].alive()
    }

    /// A machine.
    pub fn host(&self, node: NodeId) -> &Host<P::Message, Caused<P::Message>> {
        &self.core.hosts[node.index()]
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.core.net
    }

    /// How many messages are on their way now on each of the network's links, also those that wait until they are sent
    /// again. It looks through all that is going to happen: for a picture, not for each event.
    pub fn on_their_way(&self) -> Vec<u32> {
        let mut counts = vec![0; self.core.net.links().len()];
        let parked = self.core.hosts.iter().flat_map(|host| &host.parked);
        for caused in self.core.queue.iter().chain(parked) {
            if let Event::Arrive { link, .. } = caused.event {
                counts[link as usize] += 1;
            }
        }
        for (link, waiting) in self.core.stalls.waiting() {
            counts[link as usize] += waiting;
        }
        counts
    }

    /// The processes of a node.
    pub fn residents(&self, node: NodeId) -> &[Pid] {
        self.core.residents.of(node)
    }

    /// The faults.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Lets one event happen. `false` if there was none at or before `until` (true time, ns).
    #[inline]
    pub fn step<O: Observer>(&mut self, until: u64, observer: &mut O) -> bool {
        self.play(until, 1, observer)
    }

    /// Lets at most `events` events happen, none after `until`. `true` if it stopped because of `events`. The observer has
    /// seen everything when this returns; it is told in portions, which is quicker than event by event.
    pub fn play<O: Observer>(&mut self, until: u64, events: u64, observer: &mut O) -> bool {
        let last = self.core.event.saturating_add(events);
        loop {
            let more = self.portion(until, last, O::PORTION);
            self.hand_over(observer);
            if !more || self.core.event == last {
                return more;
            }
        }
    }

    /// The same as [`Sim::play`], but the observer is told after each event that made records, and asked whether to stop there:
    /// then the run stands exactly behind that event.
    pub fn play_until<O: Observer>(
        &mut self,
        until: u64,
        events: u64,
        observer: &mut O,
        mut stops: impl FnMut(&mut O) -> bool,
    ) -> Played {
        let last = self.core.event.saturating_add(events);
        while self.core.event < last {
            let more = self.portion(until, self.core.event + 1, PORTION);
            if !self.core.records.is_empty() {
                self.hand_over(observer);
                if stops(observer) {
                    return Played::Stopped;
                }
            }
            if !more {
                return Played::Over;
            }
        }
        Played::More
    }

    /// Lets events happen up to that number, as long as they made fewer records than `room`. `false` if none is left at or
    /// before `until`.
    #[inline(never)]
    fn portion(&mut self, until: u64, last: u64, room: usize) -> bool {
        let mut more = true;
        while self.core.event < last {
            if self.core.attention {
                self.end_halted();
                if self.core.records.len() >= self.core.folded + PORTION {
                    self.fold();
                    if self.core.records.len() >= room {
                        break;
                    }
                }
                if self.core.frozen {
                    more = self.happen_if_awake(until);
                    if more {
                        continue;
                    }
                    break;
                }
            }
            let Some((time, place)) = self.core.queue.due(until) else {
                more = false;
                break;
            };
            // A timer is fired from where it waits. All others are taken out first: a message would be copied once more.
            if let Some(&Caused {
                cause,
                event:
                    Event::Timer {
                        to,
                        incarnation,
                        token,
                    },
            }) = self.core.queue.look(&place)
            {
                self.core.queue.forget(place);
                self.begin(time, cause);
                self.fire(to, incarnation, token);
            } else if let Some(Caused { cause, event }) = self.core.queue.take(place) {
                self.begin(time, cause);
                self.act(event);
            }
        }
        self.end_halted();
        more
    }

    /// Lets everything happen up to and including a moment.
    pub fn run_until<O: Observer>(&mut self, until: u64, observer: &mut O) {
        while self.play(until, u64::MAX, observer) {}
        self.digest.advance(until);
        if until > self.core.now {
            self.core.now = until;
            self.quiet_ns = Some(until);
        }
    }

    /// Whether nothing has happened at the moment at which it stands.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet_ns == Some(self.core.now)
    }

    /// An event begins that nothing scheduled.
    pub(super) fn begin_by_hand(&mut self, at_ns: u64) {
        self.quiet_ns = None;
        self.begin(at_ns.max(self.core.now), 0);
    }

    /// It is over, and its records are handed over.
    pub(super) fn end_by_hand<O: Observer>(&mut self, observer: &mut O) {
        self.end_halted();
        self.hand_over(observer);
    }

    #[inline]
    fn begin(&mut self, time: u64, cause: u64) {
        if self.digest.is_over(time) {
            self.close_second(time);
        }
        self.core.now = time;
        self.core.event += 1;
        self.core.cause = cause;
        self.digest.words(time, cause);
    }

    #[cold]
    #[inline(never)]
    fn close_second(&mut self, time: u64) {
        self.core.queue.check_sequence();
        self.fold();
        self.digest.advance(time);
    }

    fn fold(&mut self) {
        for record in &self.core.records[self.core.folded..] {
            record.fold(&mut self.digest);
        }
        self.core.folded = self.core.records.len();
    }

    #[inline]
    fn hand_over<O: Observer>(&mut self, observer: &mut O) {
        self.fold();
        observer.take(&mut self.core.records);
        debug_assert!(self.core.records.is_empty(), "an observer takes all");
        self.core.folded = 0;
    }

    /// Processes that ended by themselves with the last event are gone.
    fn end_halted(&mut self) {
        while let Some((pid, code)) = self.core.halted.pop() {
            self.end(pid, code);
        }
        self.core.attention = self.core.frozen;
    }

    /// Lets an event happen where some machine may be frozen: what comes to it waits there.
    #[cold]
    #[inline(never)]
    fn happen_if_awake(&mut self, until: u64) -> bool {
        let Some((time, caused)) = self.core.queue.pop_until(until) else {
            return false;
        };
        self.begin(time, caused.cause);
        if self.core.look.is_some() {
            self.happen_in_sight(caused);
        } else {
            self.act_if_awake(caused);
        }
        true
    }

    /// What an event does, or it waits where its machine is frozen.
    #[inline]
    pub(super) fn act_if_awake(&mut self, caused: Caused<P::Message>) {
        let node = caused
            .event
            .process()
            .map(|to| self.core.tenants[to.index()].node);
        match node.map(|node| &mut self.core.hosts[node.index()]) {
            Some(host) if host.is_frozen() => host.parked.push_back(caused),
            _ => {
                self.see(&caused);
                self.act_later(caused.event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::host::Survival;
    use crate::sim::{Ctx, SECOND, Token};

    #[derive(Clone)]
    struct Idle;

    impl Process for Idle {
        type Message = ();

        fn start(&mut self, _: &mut Ctx<'_, ()>) {}
        fn message(&mut self, _: Pid, (): (), _: &mut Ctx<'_, ()>) {}
        fn timer(&mut self, _: Token, _: &mut Ctx<'_, ()>) {}
        fn crash(&mut self, _: &Survival, _: &mut Ctx<'_, ()>) {}
    }

    #[test]
    #[should_panic(expected = "550 thousand million events")]
    fn too_many_events_are_noticed_where_few_are_pending() {
        let mut sim = Sim::<Idle>::new(1, WorldPlan::default(), Names::default(), Vec::new());
        sim.core.queue.age(550_000_000_000);
        for second in 0..3 {
            // A wait that is no more: nothing comes of it.
            let event = Rare::Resend { stall: 0 }.into();
            sim.core.schedule(second * SECOND, event);
        }
        sim.run_until(3 * SECOND, &mut ());
    }
}
