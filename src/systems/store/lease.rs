//! Leases: who may fill a key that is missing.
//!
//! Nishtala and others, "Scaling Memcache at Facebook" (NSDI 2013), section 3.2.1. A client that misses gets a token with which it may
//! set the key later. Deleting the key makes the token void, so that a value that was read before a change cannot stand in the cache
//! after it (a stale set). And a token is handed out once in 10 seconds for each key; who misses meanwhile is told to come again
//! shortly, when the value will mostly be there: so a hot key that goes missing is read from the database once (a thundering herd
//! otherwise).
//!
//! The paper does not say how long a token is good. Here it is until the next may be handed out.

use std::collections::VecDeque;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::seconds;
use crate::sim::units::Duration;
use crate::systems::index::Index;

/// Leases for keys that are missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseSettings {
    /// A token is handed out once in this time for each key (the paper: 10 s).
    #[serde(default = "seconds::<10>")]
    pub every: Duration,
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self {
            every: seconds::<10>(),
        }
    }
}

impl LeaseSettings {
    /// Looks for mistakes; `at` is where these settings stand.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.every.is_zero() {
            let why = "with a token for everybody nobody waits";
            out.push(Complaint::error(at.field("every"), why).help("10s is usual"));
        }
    }
}

/// The right to fill one key once. No two are alike in a run of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(NonZeroU64);

impl Token {
    /// As a message bears it. 0 is none.
    pub fn number(self) -> u32 {
        self.0.get() as u32
    }

    /// The token of a message.
    pub fn from_number(number: u32) -> Option<Self> {
        NonZeroU64::new(u64::from(number)).map(Self)
    }
}

/// The tokens that are good.
#[derive(Clone, Debug)]
pub(super) struct Leases {
    every_ns: u64,
    tokens: Index<Token>,
    /// When each was handed out, ns, and for which key; the oldest in front. Those that are void are still in it.
    since: VecDeque<(u64, u64, Token)>,
    next: NonZeroU64,
}

impl Leases {
    pub fn new(settings: &LeaseSettings) -> Self {
        Self {
            every_ns: settings.every.ns(),
            tokens: Index::default(),
            since: VecDeque::new(),
            next: NonZeroU64::MIN,
        }
    }

    /// A token for a key that is missing, if none is out.
    pub fn grant(&mut self, now: u64, key: u64) -> Option<Token> {
        self.expire(now);
        if self.tokens.get(key).is_some() {
            return None;
        }
        let token = Token(self.next);
        self.next = self.next.saturating_add(1);
        self.tokens.insert(key, token);
        self.since.push_back((now, key, token));
        Some(token)
    }

    /// Takes a token back. Returns whether it is good.
    pub fn redeem(&mut self, now: u64, key: u64, token: Token) -> bool {
        self.expire(now);
        let good = self.tokens.get(key) == Some(token);
        if good {
            self.tokens.remove(key);
        }
        good
    }

    /// The key's token is void.
    pub fn revoke(&mut self, key: u64) {
        self.tokens.remove(key);
    }

    /// All tokens are void.
    pub fn clear(&mut self) {
        self.tokens.clear();
        self.since.clear();
    }

    fn expire(&mut self, now: u64) {
        while let Some(&(at, key, token)) = self.since.front()
            && now.saturating_sub(at) >= self.every_ns
        {
            if self.tokens.get(key) == Some(token) {
                self.tokens.remove(key);
            }
            self.since.pop_front();
        }
    }
}
