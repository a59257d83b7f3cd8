//! What a client knows of the replicas of a service, and which of them gets the next attempt.

use std::sync::Arc;

use crate::sim::Pid;
use crate::sim::stream::Stream;
use crate::systems::Ctx;

use super::super::client::ClientSettings;
use super::super::directory::Directory;
use super::super::{Balancer, Candidate};
use super::watch::Watch;

/// Who gets an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pick {
    /// The replica of that place.
    Replica(u32),
    /// Nobody before that moment, ns.
    Hold(u64),
    /// Nobody.
    Nobody,
}

#[derive(Clone, Debug, Default)]
struct Replica {
    /// Attempts that are on their way.
    outstanding: u32,
    /// Nothing is sent to it before, ns.
    held_until: u64,
}

/// The replicas of a service.
#[derive(Clone, Debug)]
pub(super) struct Replicas {
    settings: Arc<ClientSettings>,
    pids: Vec<Pid>,
    known: Vec<Replica>,
    /// The first so many serve.
    running: usize,
    balancer: Balancer,
    watch: Watch,
    able: Vec<Candidate>,
    /// Who does not get the next attempt, if others can.
    avoided: Vec<u32>,
    stream: Stream,
}

impl Replicas {
    pub fn new(
        settings: &Arc<ClientSettings>,
        directory: &Directory,
        seed: u64,
        entity: &str,
    ) -> Self {
        let count = directory.replicas.len();
        Self {
            settings: Arc::clone(settings),
            pids: directory.replicas.clone(),
            known: vec![Replica::default(); count],
            running: directory.running as usize,
            balancer: Balancer::new(&settings.balance, count as u32),
            watch: Watch::new(settings, directory.service, &directory.replicas),
            able: Vec::with_capacity(count),
            avoided: Vec::new(),
            stream: Stream::named(seed, "balance", entity),
        }
    }

    /// All that was known is gone.
    pub fn forget(&mut self, directory: &Directory) {
        self.known.fill(Replica::default());
        self.running = directory.running as usize;
        self.balancer = Balancer::new(&self.settings.balance, self.pids.len() as u32);
        self.watch = Watch::new(&self.settings, directory.service, &self.pids);
    }

    /// The process starts.
    pub fn start(&mut self, now: u64) {
        self.watch.start(now);
    }

    /// The next attempt goes to another replica than this one, if there is one.
    pub fn avoid(&mut self, replica: u32) {
        self.avoided.push(replica);
    }

    /// Which replica gets the next attempt.
    pub fn pick(&mut self, now: u64, key: u32) -> Pick {
        let mut until = self.gather(now, true);
        if self.watch.is_on() {
            let least = self.settings.healthy_panic_threshold.0.p() * self.running as f64;
            let well = (0..self.running as u32).filter(|&r| self.watch.is_well(r, now));
            if (well.count() as f64) < least {
                until = self.gather(now, false);
            }
        }
        if !self.avoided.is_empty() {
            let avoided = std::mem::take(&mut self.avoided);
            if self.able.iter().any(|c| !avoided.contains(&c.index)) {
                self.able.retain(|c| !avoided.contains(&c.index));
            }
            self.avoided = avoided;
            self.avoided.clear();
        }
        match self.balancer.pick(&self.able, key, &mut self.stream) {
            Some(place) => {
                let replica = self.able[place].index;
                self.watch.picked(replica, now);
                Pick::Replica(replica)
            }
            None if until < u64::MAX => Pick::Hold(until),
            None => Pick::Nobody,
        }
    }

    /// Gathers who may be called; when the first of those that are held back may be again.
    fn gather(&mut self, now: u64, only_well: bool) -> u64 {
        let mut until = u64::MAX;
        self.able.clear();
        let watched = only_well && self.watch.is_on();
        for (index, replica) in (0u32..).zip(&self.known[..self.running]) {
            if watched && !self.watch.is_well(index, now) {
                continue;
            }
            if replica.held_until > now {
                until = until.min(replica.held_until);
                continue;
            }
            self.able.push(Candidate {
                index,
                outstanding: replica.outstanding,
            });
        }
        until
    }

    /// An attempt went out.
    pub fn sent(&mut self, replica: u32) {
        self.known[replica as usize].outstanding += 1;
    }

    /// An attempt is over. `counts`: it says something about the replica.
    pub fn ended(&mut self, replica: u32, ok: bool, counts: bool, ctx: &mut Ctx<'_>) {
        let of = &mut self.known[replica as usize];
        of.outstanding = of.outstanding.saturating_sub(1);
        if counts && self.watch.is_on() {
            self.watch.result(replica, ok, ctx);
        }
    }

    /// Nothing is sent to it for a while.
    pub fn hold(&mut self, replica: u32, until: u64) {
        let of = &mut self.known[replica as usize];
        of.held_until = of.held_until.max(until);
    }

    /// The first so many serve from now on.
    pub fn members(&mut self, running: u32, ctx: &mut Ctx<'_>) {
        self.running = (running as usize).min(self.pids.len());
        self.watch.members(self.running as u32, ctx);
    }

    /// An answer to a health check.
    pub fn pong(&mut self, from: Pid, number: u32, ctx: &mut Ctx<'_>) {
        self.watch.pong(from, number, ctx);
    }

    /// Its connection broke.
    pub fn disconnected(&mut self, replica: u32, ctx: &mut Ctx<'_>) {
        self.watch.disconnected(replica, ctx);
    }

    /// Does what is due; when something is due again.
    pub fn tend(&mut self, ctx: &mut Ctx<'_>) -> Option<u64> {
        self.watch.tend(self.running, ctx)
    }

    /// Of those that serve as far as it knows, whether it calls each; and how many they are.
    pub fn judged(&self, now: u64) -> (impl Iterator<Item = (Pid, bool)> + '_, u32) {
        let pids = (0u32..).zip(&self.pids[..self.running]);
        let watched = self.watch.is_on();
        let well = move |replica| !watched || self.watch.is_well(replica, now);
        let judged = pids.map(move |(replica, &pid)| (pid, well(replica)));
        (judged, self.running as u32)
    }

    /// How many replicas it would call now, and how many there are.
    pub fn able(&self) -> (usize, usize) {
        (self.watch.well(self.running), self.running)
    }
}
