//! What a client knows of the replicas of a service, and which of them gets the next attempt.

use std::sync::Arc;

use crate::sim::Pid;
use crate::sim::stream::Stream;
use crate::systems::Ctx;

use super::super::client::ClientSettings;
use super::super::directory::Directory;
use super::super::{Balancer, Candidate};

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
    /// What it said last of its load.
    load: u16,
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
    able: Vec<Candidate>,
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
            able: Vec::with_capacity(count),
            stream: Stream::named(seed, "balance", entity),
        }
    }

    /// All that was known is gone.
    pub fn forget(&mut self, directory: &Directory) {
        self.known.fill(Replica::default());
        self.running = directory.running as usize;
        self.balancer = Balancer::new(&self.settings.balance, self.pids.len() as u32);
    }

    /// Which replica gets the next attempt.
    pub fn pick(&mut self, now: u64, key: u32) -> Pick {
        let mut until = u64::MAX;
        self.able.clear();
        for (index, replica) in (0u32..).zip(&self.known[..self.running]) {
            if replica.held_until > now {
                until = until.min(replica.held_until);
                continue;
            }
            self.able.push(Candidate {
                index,
                outstanding: replica.outstanding,
            });
        }
        match self.balancer.pick(&self.able, key, &mut self.stream) {
            Some(place) => Pick::Replica(self.able[place].index),
            None if until < u64::MAX => Pick::Hold(until),
            None => Pick::Nobody,
        }
    }

    /// An attempt went out.
    pub fn sent(&mut self, replica: u32) {
        self.known[replica as usize].outstanding += 1;
    }

    /// An attempt is over. `counts`: it says something about the replica.
    pub fn ended(&mut self, replica: u32, _ok: bool, _counts: bool, _ctx: &mut Ctx<'_>) {
        let of = &mut self.known[replica as usize];
        of.outstanding = of.outstanding.saturating_sub(1);
    }

    /// It said how much it has to do.
    pub fn loaded(&mut self, replica: u32, load: u16) {
        self.known[replica as usize].load = load;
    }

    /// Nothing is sent to it for a while.
    pub fn hold(&mut self, replica: u32, until: u64) {
        let of = &mut self.known[replica as usize];
        of.held_until = of.held_until.max(until);
    }

    /// The first so many serve from now on.
    pub fn members(&mut self, running: u32) {
        self.running = (running as usize).min(self.pids.len());
    }

    /// An answer to a health check.
    pub fn pong(&mut self, _from: Pid, _number: u32, _ctx: &mut Ctx<'_>) {}

    /// Its connection broke.
    pub fn disconnected(&mut self, _replica: u32, _ctx: &mut Ctx<'_>) {}

    /// Does what is due; when something is due again.
    pub fn tend(&mut self, _ctx: &mut Ctx<'_>) -> Option<u64> {
        None
    }

    /// How many replicas it would call now, and how many there are.
    pub fn able(&self) -> (usize, usize) {
        (self.running, self.pids.len())
    }
}
