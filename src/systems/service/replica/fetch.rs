//! Looks into caches (cache-aside), and what follows: waiting for who has the lease, reading elsewhere, putting what was read.

use std::collections::BTreeMap;

use crate::sim::call::{CallFact, Look};
use crate::sim::{Fact, Token, US};
use crate::systems::Ctx;
use crate::systems::rpc::{Done, Ended};
use crate::systems::slots::Key;

use super::super::program::Cached;
use super::steps::Next;
use super::{Replica, WAIT};

/// What a run that looked into a cache waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// The cache's answer.
    Looks,
    /// The time to look again.
    Naps,
    /// Another run's read of the same key.
    Follows,
    /// The answer of whom it reads from.
    Reads,
    /// The cache, to have put it.
    Puts,
}

/// A run's look.
#[derive(Clone, Copy, Debug)]
struct Fetch {
    of: Cached,
    stage: Stage,
    looked: u32,
    /// Whether others may follow it.
    leads: bool,
    /// What it may put with; `None`: it may not put.
    lease: Option<u32>,
    /// Of what it read.
    stamp: u16,
}

/// A read that others follow: the clients of the cache and of whom it reads from, and the key.
type Flight = (u16, u16, u32);

/// The followers of a read.
#[derive(Clone, Debug, Default)]
struct Followers {
    /// Whether it is read, and only not yet put.
    read: bool,
    waiting: Vec<Key>,
}

/// All looks of a replica.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetches {
    of: BTreeMap<Key, Fetch>,
    flights: BTreeMap<Flight, Followers>,
}

impl Fetches {
    /// Whether a run is at one.
    pub fn has(&self, key: Key) -> bool {
        !self.of.is_empty() && self.of.contains_key(&key)
    }

    /// All are gone with the process.
    pub fn clear(&mut self) {
        self.of.clear();
        self.flights.clear();
    }
}

impl Replica {
    /// A run looks for its key in a cache, or looks again.
    pub(super) fn look(&mut self, key: Key, of: Cached, ctx: &mut Ctx<'_>) -> Next {
        self.release(key);
        let fetch = self.fetches.of.entry(key).or_insert(Fetch {
            of,
            stage: Stage::Looks,
            looked: 0,
            leads: false,
            lease: None,
            stamp: 0,
        });
        fetch.stage = Stage::Looks;
        fetch.looked += 1;
        self.call(key, key, (of.cache, of.get), (0, 0, 0), ctx);
        Next::Waits
    }

    /// A call of it is over.
    pub(super) fn fetched(&mut self, done: Done, ctx: &mut Ctx<'_>) {
        let key = done.ticket;
        let Some(fetch) = self.fetches.of.get(&key).copied() else {
            return;
        };
        match fetch.stage {
            Stage::Looks => match done.ended {
                Ended::Ok => self.fetch_over(key, true, ctx),
                Ended::Missing => self.read(key, Some(done.value), ctx),
                Ended::Leased if fetch.looked < fetch.of.looks => self.nap(key, fetch.of, ctx),
                Ended::Leased | Ended::Degraded | Ended::Badly(_) => self.read(key, None, ctx),
            },
            Stage::Reads => {
                let ok = !matches!(done.ended, Ended::Badly(_));
                if let Some(fetch) = self.fetches.of.get_mut(&key) {
                    fetch.stamp = CallFact::stamp(done.value);
                }
                self.was_read(key, ok, ctx);
            }
            Stage::Puts => {
                self.end_flight(key);
                self.fetch_over(key, true, ctx);
            }
            Stage::Naps | Stage::Follows => {}
        }
    }

    /// It looks again later: its operation is done again.
    fn nap(&mut self, key: Key, of: Cached, ctx: &mut Ctx<'_>) {
        self.set_stage(key, Stage::Naps);
        if let Some(run) = self.runs.get_mut(key) {
            run.at -= 1;
        }
        ctx.timer(of.wait_ns.max(US), Token::with(WAIT, key));
    }

    fn set_stage(&mut self, key: Key, stage: Stage) {
        if let Some(fetch) = self.fetches.of.get_mut(&key) {
            fetch.stage = stage;
        }
    }

    fn flight(&self, key: Key) -> Option<Flight> {
        let fetch = self.fetches.of.get(&key)?;
        let run = self.runs.get(key)?;
        Some((fetch.of.cache, fetch.of.from, run.key))
    }

    /// It is not in the cache: it is read elsewhere, or somebody is followed who does that.
    fn read(&mut self, key: Key, lease: Option<u32>, ctx: &mut Ctx<'_>) {
        let (Some(flight), Some(fetch)) = (self.flight(key), self.fetches.of.get_mut(&key)) else {
            return;
        };
        fetch.lease = lease;
        let of = fetch.of;
        if of.single_flight {
            if let Some(followers) = self.fetches.flights.get_mut(&flight) {
                fetch.stage = Stage::Follows;
                let is_read = followers.read;
                if !is_read {
                    followers.waiting.push(key);
                }
                let service = self.callers[usize::from(of.cache)].directory().service;
                let look = Look::Waited;
                ctx.record(Fact::Call(CallFact::Looked { service, look }));
                if is_read {
                    self.fetch_over(key, true, ctx);
                }
                return;
            }
            fetch.leads = true;
            self.fetches.flights.insert(flight, Followers::default());
        }
        self.set_stage(key, Stage::Reads);
        self.call(key, key, (of.from, of.read), (0, 0, 0), ctx);
    }

    /// It is read, or could not be. Its followers go on, or fail as it does.
    fn was_read(&mut self, key: Key, ok: bool, ctx: &mut Ctx<'_>) {
        let Some(fetch) = self.fetches.of.get(&key).copied() else {
            return;
        };
        let mut followers = Vec::new();
        if fetch.leads
            && let Some(flight) = self.flight(key)
            && let Some(of) = self.fetches.flights.get_mut(&flight)
        {
            of.read = ok;
            followers = std::mem::take(&mut of.waiting);
        }
        if let Some(lease) = fetch.lease.filter(|_| ok) {
            self.set_stage(key, Stage::Puts);
            self.call(
                key,
                key,
                (fetch.of.cache, fetch.of.put),
                (0, lease, fetch.stamp),
                ctx,
            );
        } else {
            self.end_flight(key);
            self.fetch_over(key, ok, ctx);
        }
        for follower in followers {
            self.fetch_over(follower, ok, ctx);
        }
    }

    /// Nobody follows it any more.
    fn end_flight(&mut self, key: Key) {
        if self.fetches.of.get(&key).is_some_and(|f| f.leads)
            && let Some(flight) = self.flight(key)
        {
            self.fetches.flights.remove(&flight);
        }
    }

    fn fetch_over(&mut self, key: Key, ok: bool, ctx: &mut Ctx<'_>) {
        self.fetches.of.remove(&key);
        self.go_on(key, ok, ctx);
    }
}
