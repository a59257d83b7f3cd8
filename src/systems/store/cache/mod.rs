//! What a cache node holds: as many entries as there is room for, each for as long as it is good, the least recently used makes
//! room for a new one. As memcached does it: an entry that is too old goes when somebody asks for it, or when its turn comes to make
//! room (memcached, `doc/protocol.txt` and `doc/new_lru.txt`).
//!
//! What was filled together does not go together where the time of each entry is shortened at random (AWS, "Caching challenges and
//! strategies", Amazon Builders' Library).
//!
//! A value is only a version: a number by which its owner can tell how old it is.

#[cfg(test)]
mod tests;

use crate::sim::complaint::{Complaint, Path};
use crate::sim::stream::Stream;
use crate::sim::units::Duration;

use super::CacheSettings;
use super::lease::{Leases, Token};
use super::lru::Lru;

/// More entries than this are a slip.
const CAPACITY_MAX: u32 = 100_000_000;

impl CacheSettings {
    /// Looks for mistakes in what it holds and for how long; `at` is where these settings stand.
    pub(super) fn check_entries(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.capacity == 0 || self.capacity > CAPACITY_MAX {
            let why = format!(
                "capacity must be from 1 to {CAPACITY_MAX} entries, not {}",
                self.capacity
            );
            out.push(Complaint::error(at.field("capacity"), why));
        }
        if self.ttl.is_some_and(Duration::is_zero) {
            let why = "an entry that is good for no time is never found";
            out.push(Complaint::error(at.field("ttl"), why));
        }
        if self.ttl.is_none() && !self.ttl_jitter.is_never() {
            let why = "without a ttl there is nothing to shorten";
            let complaint = Complaint::error(at.field("ttl_jitter"), why);
            out.push(complaint.rests_on_own(at, &["ttl"]));
        }
        if let Some(lease) = &self.lease {
            lease.check(&at.field("lease"), out);
        }
    }
}

/// What a cache answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The entry is there.
    Hit {
        /// How long ago it was put, ns.
        age_ns: u64,
        /// What was put.
        version: u64,
    },
    /// There is none.
    Miss(Fill),
    /// There was one, which was too old.
    Expired(Fill),
}

/// What somebody who missed may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Read the value and put it: there are no leases.
    Free,
    /// Read the value and put it with this token.
    Lease(Token),
    /// Come again shortly: another is at it.
    Wait,
}

/// What happened to a cache since it was made; a crash does not set it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Gets that found an entry.
    pub hits: u64,
    /// Gets that found none.
    pub misses: u64,
    /// Gets that found one that was too old.
    pub expired: u64,
    /// Of the gets that found no good entry, those that were told to wait.
    pub waits: u64,
    /// Entries put.
    pub puts: u64,
    /// Entries that were not put, because their token was void.
    pub refused: u64,
    /// Entries that made room for others.
    pub evicted: u64,
    /// Entries that were invalidated.
    pub invalidated: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    version: u64,
    /// When it was put, ns.
    at: u64,
    /// From when on it is too old, ns.
    until: u64,
}

/// The memory of a running cache node.
#[derive(Clone, Debug)]
pub struct Cache {
    capacity: usize,
    /// How long an entry is good, ns; `u64::MAX`: without end.
    ttl_ns: u64,
    jitter: f64,
    entries: Lru<Entry>,
    leases: Option<Leases>,
    counters: Counters,
}

impl Cache {
    /// An empty cache.
    pub fn new(settings: &CacheSettings) -> Self {
        Self {
            capacity: settings.capacity.max(1) as usize,
            ttl_ns: settings.ttl.map_or(u64::MAX, Duration::ns),
            jitter: settings.ttl_jitter.p(),
            entries: Lru::default(),
            leases: settings.lease.as_ref().map(Leases::new),
            counters: Counters::default(),
        }
    }

    /// Looks for a key, which is a use of it. Times must not fall from call to call.
    pub fn get(&mut self, now: u64, key: u64) -> Found {
        match self.entries.peek(key) {
            Some(entry) if now < entry.until => {
                self.counters.hits += 1;
                self.entries.touch(key);
                Found::Hit {
                    age_ns: now.saturating_sub(entry.at),
                    version: entry.version,
                }
            }
            Some(_) => {
                self.counters.expired += 1;
                self.entries.remove(key);
                Found::Expired(self.fill(now, key))
            }
            None => {
                self.counters.misses += 1;
                Found::Miss(self.fill(now, key))
            }
        }
    }

    fn fill(&mut self, now: u64, key: u64) -> Fill {
        let Some(leases) = &mut self.leases else {
            return Fill::Free;
        };
        if let Some(token) = leases.grant(now, key) {
            return Fill::Lease(token);
        }
        self.counters.waits += 1;
        Fill::Wait
    }

    /// How long an entry is good.
    pub fn ttl(&self) -> Option<Duration> {
        (self.ttl_ns != u64::MAX).then(|| Duration::from_ns(self.ttl_ns))
    }

    /// How long an entry is good that is put from now on.
    pub fn set_ttl(&mut self, ttl: Option<Duration>) {
        self.ttl_ns = ttl.map_or(u64::MAX, Duration::ns);
    }

    /// Puts a value, whatever there is; a lease of the key is void. The stream is drawn from once, and only with a `ttl_jitter`.
    pub fn put(&mut self, now: u64, key: u64, version: u64, stream: &mut Stream) {
        if let Some(leases) = &mut self.leases {
            leases.revoke(key);
        }
        self.store(now, key, version, stream);
    }

    /// Puts a value if the token is good: the key was not invalidated since, nobody else put it, and it is not too old. Returns
    /// whether it was put. Without leases no token is good.
    pub fn put_leased(
        &mut self,
        now: u64,
        key: u64,
        version: u64,
        token: Token,
        stream: &mut Stream,
    ) -> bool {
        let leases = self.leases.as_mut();
        let good = leases.is_some_and(|leases| leases.redeem(now, key, token));
        if good {
            self.store(now, key, version, stream);
        } else {
            self.counters.refused += 1;
        }
        good
    }

    fn store(&mut self, now: u64, key: u64, version: u64, stream: &mut Stream) {
        let entry = Entry {
            version,
            at: now,
            until: now.saturating_add(self.lifetime_ns(stream)),
        };
        self.counters.puts += 1;
        let grew = self.entries.put(key, entry);
        if grew
            && self.entries.len() > self.capacity
            && let Some(oldest) = self.entries.oldest()
        {
            self.entries.remove(oldest);
            self.counters.evicted += 1;
        }
    }

    fn lifetime_ns(&self, stream: &mut Stream) -> u64 {
        if self.jitter == 0.0 || self.ttl_ns == u64::MAX {
            return self.ttl_ns;
        }
        let shorter = self.ttl_ns as f64 * self.jitter * stream.unit();
        self.ttl_ns.saturating_sub(shorter as u64)
    }

    /// The key's value changed elsewhere: its entry goes, and its lease is void. Returns whether there was an entry.
    pub fn invalidate(&mut self, key: u64) -> bool {
        if let Some(leases) = &mut self.leases {
            leases.revoke(key);
        }
        let gone = self.entries.remove(key).is_some();
        self.counters.invalidated += u64::from(gone);
        gone
    }

    /// The node crashed: it comes back empty.
    pub fn crash(&mut self) {
        self.entries.clear();
        if let Some(leases) = &mut self.leases {
            leases.clear();
        }
    }

    /// How many entries there are, those that are too old and were not asked for among them.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }
}
