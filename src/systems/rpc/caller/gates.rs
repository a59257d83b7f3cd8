//! What stands between a call and the network: the breaker, the limits, the pool of connections, the budget of retries.

use crate::sim::call::{CallEnd, NoCall, Switch};

use super::super::client::ClientSettings;
use super::super::{Adaptive, Breaker, Budget, Bulkhead, Entry, Hedger, RateLimit};
use super::Attempt;

/// The gates of a client.
#[derive(Clone, Debug)]
pub(super) struct Gates {
    breaker: Option<Breaker>,
    shown: Switch,
    budget: Option<Budget>,
    bulkhead: Option<Bulkhead>,
    rate: Option<RateLimit>,
    adaptive: Option<Adaptive>,
    hedger: Hedger,
    /// Attempts that are sent and not over.
    in_flight: u32,
}

impl Gates {
    pub fn new(settings: &ClientSettings) -> Self {
        Self {
            breaker: settings.circuit_breaker.as_ref().map(Breaker::new),
            shown: Switch::Closed,
            budget: settings.retry_budget.as_ref().map(Budget::new),
            bulkhead: settings.bulkhead.as_ref().map(Bulkhead::new),
            rate: settings.rate_limiter.as_ref().map(RateLimit::new),
            adaptive: settings.adaptive_limit.as_ref().map(Adaptive::new),
            hedger: Hedger::new(&settings.hedge),
            in_flight: 0,
        }
    }

    /// A call begins.
    pub fn request(&mut self, now: u64) {
        if let Some(budget) = &mut self.budget {
            budget.request(now);
        }
    }

    /// Whether a retry is within the budget; if so, it is taken from it.
    pub fn may_retry(&mut self, now: u64) -> bool {
        self.budget.as_mut().is_none_or(|b| b.may_retry(now))
    }

    /// How long an attempt has to wait before it goes on to [`Gates::enter`]; each that may is followed by that, or by
    /// [`Gates::withdraw`].
    pub fn permit(&mut self, now: u64) -> Result<u64, NoCall> {
        if let Some(breaker) = &mut self.breaker
            && !breaker.try_acquire(now)
        {
            return Err(NoCall::BreakerOpen);
        }
        let wait = match &mut self.rate {
            Some(rate) => rate.reserve(now),
            None => Some(0),
        };
        wait.ok_or_else(|| {
            self.withdraw();
            NoCall::RateLimited
        })
    }

    /// Whether an attempt may go on at once; if so, it is followed as [`Gates::permit`] is.
    pub fn permit_now(&mut self, now: u64) -> bool {
        let is_free = self.rate.as_mut().is_none_or(|rate| rate.is_free(now));
        is_free && self.has_room() && self.permit(now).is_ok()
    }

    /// The attempt will not be made after all.
    pub fn withdraw(&mut self) {
        if let Some(breaker) = &mut self.breaker {
            breaker.release();
        }
    }

    /// Takes a place in the bulkhead.
    pub fn enter(&mut self, now: u64, ticket: u32) -> Entry {
        match &mut self.bulkhead {
            Some(bulkhead) => bulkhead.enter(now, u64::from(ticket)),
            None => Entry::Entered,
        }
    }

    /// Gives the place back; who has it now.
    pub fn leave(&mut self, now: u64) -> Option<u32> {
        let next = self.bulkhead.as_mut()?.leave(now)?;
        Some(next as u32)
    }

    /// A call no longer waits for a place, if it did.
    pub fn cancel(&mut self, ticket: u32) {
        if let Some(bulkhead) = &mut self.bulkhead {
            bulkhead.cancel(u64::from(ticket));
        }
    }

    /// Those who have waited too long for a place.
    pub fn expired(&mut self, now: u64) -> Vec<u32> {
        let mut out = Vec::new();
        if let Some(bulkhead) = &mut self.bulkhead {
            bulkhead.expire(now, &mut out);
        }
        out.into_iter().map(|ticket| ticket as u32).collect()
    }

    /// Whether one more may be in flight by the adaptive limit.
    pub fn has_room(&self) -> bool {
        let limit = self.adaptive.as_ref().map(Adaptive::limit);
        limit.is_none_or(|limit| self.in_flight < limit)
    }

    /// Attempts that are on their way.
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// An attempt goes out.
    pub fn sent(&mut self) {
        self.in_flight += 1;
    }

    /// An attempt is back that will go out again; it keeps what the gates gave it.
    pub fn turned_away(&mut self, took_ns: u64, in_flight: u32) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.on_sample(took_ns, in_flight, true);
        }
    }

    /// An attempt is over.
    pub(super) fn ended(&mut self, now: u64, took_ns: u64, end: CallEnd, attempt: &Attempt) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let ok = end == CallEnd::Ok;
        let superseded = end == CallEnd::Superseded;
        if (ok || superseded) && !attempt.hedge {
            // One that a hedge outran would have taken longer still: without it slow answers would seem rare.
            self.hedger.on_answer(took_ns);
        }
        if superseded {
            // It says nothing about the service.
            return self.withdraw();
        }
        if let Some(breaker) = &mut self.breaker {
            breaker.on_result(now, took_ns, ok);
        }
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.on_sample(took_ns, attempt.in_flight, !ok);
        }
        if let Some(budget) = &mut self.budget {
            if ok {
                budget.success(now);
            } else {
                budget.failure(now);
            }
        }
    }

    /// How long after an attempt another goes out beside it, if so many did already, ns.
    pub fn hedge_delay(&self, hedges: u32) -> Option<u64> {
        self.hedger.delay_ns(hedges)
    }

    /// There is another breaker, or none; whether the old one was shown as anything but closed.
    pub fn replace_breaker(&mut self, breaker: Option<Breaker>) -> bool {
        self.breaker = breaker;
        std::mem::replace(&mut self.shown, Switch::Closed) != Switch::Closed
    }

    /// The breaker's state, if it has changed since this was asked last.
    pub fn switched(&mut self, now: u64) -> Option<Switch> {
        let breaker = self.breaker.as_mut()?;
        breaker.wake(now);
        let state = breaker.state();
        (std::mem::replace(&mut self.shown, state) != state).then_some(state)
    }

    /// When something is due here, ns.
    pub fn alarm(&self) -> Option<u64> {
        let breaker = self.breaker.as_ref().and_then(Breaker::alarm);
        let bulkhead = self.bulkhead.as_ref().and_then(Bulkhead::alarm);
        breaker.into_iter().chain(bulkhead).min()
    }

    /// Places taken and calls that wait for one, if there is a bulkhead.
    pub fn pool(&self) -> Option<(u32, u32, u32)> {
        let bulkhead = self.bulkhead.as_ref()?;
        let waiting = bulkhead.waiting() as u32;
        Some((bulkhead.busy(), waiting, bulkhead.places()))
    }

    /// The breaker's state, if there is one.
    pub fn breaker(&self) -> Option<Switch> {
        self.breaker.as_ref().map(|_| self.shown)
    }

    /// The adaptive limit now, if there is one.
    pub fn limit(&self) -> Option<u32> {
        self.adaptive.as_ref().map(Adaptive::limit)
    }
}
