//! How many calls may be under way at once, and who waits for a place. A connection pool is the same thing: its connections are
//! the places.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;

/// More places than this are a slip.
const CALLS_MAX: u32 = 1_000_000;

/// Settings of a bulkhead. Names and defaults are resilience4j's (documentation, "Bulkhead", semaphore bulkhead); waiting calls
/// enter in the order in which they came, as with its `fairCallHandlingStrategyEnabled`, which is on by default.
///
/// As a pool: `HikariCP` has `maximumPoolSize` 10 and `connectionTimeout` 30 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BulkheadSettings {
    /// So many calls are under way at most.
    pub max_concurrent_calls: u32,
    /// How long a call waits for a place; 0: not at all.
    pub max_wait_duration: Duration,
    /// So many calls wait at most (Envoy's circuit breakers call it `max_pending_requests`); `None`: no limit.
    pub max_waiting: Option<u32>,
}

impl Default for BulkheadSettings {
    fn default() -> Self {
        Self {
            max_concurrent_calls: 25,
            max_wait_duration: Duration::ZERO,
            max_waiting: None,
        }
    }
}

impl BulkheadSettings {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if !(1..=CALLS_MAX).contains(&self.max_concurrent_calls) {
            let why = format!("{} is not from 1 to {CALLS_MAX}", self.max_concurrent_calls);
            out.push(Complaint::error(at.field("max_concurrent_calls"), why));
        }
        if self.max_waiting.is_some_and(|most| most > 0) && self.max_wait_duration.is_zero() {
            let why = "nobody waits: `max_wait_duration` is 0s";
            let complaint = Complaint::warning(at.field("max_waiting"), why);
            out.push(complaint.rests_on_own(at, &["max_wait_duration"]));
        }
    }
}

/// What becomes of a call that wants to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It has a place.
    Entered,
    /// It waits, until a place is handed to its ticket or it expires.
    Waits,
    /// There is no place, and none to wait in.
    Full,
}

/// A number of places, and the calls that wait for one.
#[derive(Clone, Debug)]
pub struct Bulkhead {
    places: u32,
    wait_ns: u64,
    waiting_max: usize,
    busy: u32,
    /// Tickets with the moments until which they wait, which rise.
    waiting: VecDeque<(u64, u64)>,
}

impl Bulkhead {
    /// A bulkhead that nobody has entered.
    pub fn new(settings: &BulkheadSettings) -> Self {
        let wait_ns = settings.max_wait_duration.ns();
        let waiting_max = settings
            .max_waiting
            .map_or(usize::MAX, |most| most as usize);
        Self {
            places: settings.max_concurrent_calls,
            wait_ns,
            waiting_max: if wait_ns == 0 { 0 } else { waiting_max },
            busy: 0,
            waiting: VecDeque::new(),
        }
    }

    /// A call wants to enter. Its `ticket` tells it from others that wait.
    pub fn enter(&mut self, now: u64, ticket: u64) -> Entry {
        // While a place is free nobody waits but those who have waited too long: `leave` hands it on.
        if self.busy < self.places {
            self.busy += 1;
            Entry::Entered
        } else if self.waiting.len() < self.waiting_max {
            let until = now.saturating_add(self.wait_ns);
            self.waiting.push_back((ticket, until));
            Entry::Waits
        } else {
            Entry::Full
        }
    }

    /// A call that entered is over. Its place goes to the ticket that waited longest and has not waited too long; that one has
    /// entered.
    pub fn leave(&mut self, now: u64) -> Option<u64> {
        let first = self.waiting.iter().position(|&(_, until)| now <= until);
        let entered = first.and_then(|place| self.waiting.remove(place));
        if entered.is_none() {
            self.busy = self.busy.saturating_sub(1);
        }
        entered.map(|(ticket, _)| ticket)
    }

    /// Takes out the tickets that have waited too long, and adds them to `out`.
    pub fn expire(&mut self, now: u64, out: &mut Vec<u64>) {
        while let Some(&(ticket, until)) = self.waiting.front()
            && until <= now
        {
            self.waiting.pop_front();
            out.push(ticket);
        }
    }

    /// A call that waits gives up; whether it did wait.
    pub fn cancel(&mut self, ticket: u64) -> bool {
        // Those who give up have mostly waited longest: they stand in front.
        let place = self.waiting.iter().position(|&(t, _)| t == ticket);
        place.is_some_and(|place| self.waiting.remove(place).is_some())
    }

    /// The moment at which somebody will have waited too long, ns.
    pub fn alarm(&self) -> Option<u64> {
        self.waiting.front().map(|&(_, until)| until)
    }

    /// Calls that are under way.
    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// Calls that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many may be under way.
    pub fn places(&self) -> u32 {
        self.places
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::SECOND;

    fn bulkhead(text: &str) -> Bulkhead {
        Bulkhead::new(&ron::from_str(text).unwrap())
    }

    #[test]
    fn by_default_25_enter_and_nobody_waits() {
        let mut all = bulkhead("()");
        let entries: Vec<Entry> = (0..26).map(|ticket| all.enter(0, ticket)).collect();
        assert!(entries[..25].iter().all(|&e| e == Entry::Entered));
        assert_eq!(entries[25], Entry::Full);
        assert_eq!((all.busy(), all.waiting(), all.alarm()), (25, 0, None));
        assert_eq!(all.leave(0), None);
        assert_eq!(all.enter(0, 26), Entry::Entered);
    }

    #[test]
    fn places_go_to_who_waited_longest() {
        let mut pool = bulkhead("(max_concurrent_calls: 1, max_wait_duration: \"2s\")");
        assert_eq!(pool.enter(0, 7), Entry::Entered);
        for (now, ticket) in [(0, 9), (SECOND / 2, 8), (SECOND, 6)] {
            assert_eq!(pool.enter(now, ticket), Entry::Waits);
        }
        assert_eq!(pool.alarm(), Some(2 * SECOND));
        assert_eq!(pool.leave(SECOND), Some(9));
        assert!(pool.cancel(8));
        assert!(!pool.cancel(8));
        assert_eq!((pool.busy(), pool.waiting()), (1, 1));
        assert_eq!(pool.leave(3 * SECOND), Some(6));
        assert_eq!(pool.leave(3 * SECOND), None);
        assert_eq!((pool.busy(), pool.waiting()), (0, 0));
    }

    #[test]
    fn who_waited_too_long_gets_no_place() {
        let mut pool = bulkhead("(max_concurrent_calls: 1, max_wait_duration: \"2s\")");
        pool.enter(0, 1);
        pool.enter(0, 2);
        pool.enter(SECOND, 3);
        pool.enter(SECOND, 4);
        let mut gone = Vec::new();
        pool.expire(2 * SECOND - 1, &mut gone);
        assert!(gone.is_empty());
        // Not expired yet by name, but too late.
        assert_eq!(pool.leave(2 * SECOND + 1), Some(3));
        pool.expire(3 * SECOND, &mut gone);
        assert_eq!(gone, [2, 4]);
        assert_eq!(pool.alarm(), None);
    }

    #[test]
    fn the_queue_has_a_limit() {
        let text = "(max_concurrent_calls: 1, max_wait_duration: \"2s\", max_waiting: Some(2))";
        let mut pool = bulkhead(text);
        let entries: Vec<Entry> = (0..4).map(|ticket| pool.enter(0, ticket)).collect();
        let expected = [Entry::Entered, Entry::Waits, Entry::Waits, Entry::Full];
        assert_eq!(entries, expected);
    }

    proptest! {
        /// Against a list of who is where.
        #[test]
        fn no_call_is_lost_and_places_are_never_exceeded(
            places in 1_u32..4, most in 0_u32..4,
            steps in proptest::collection::vec((0_u64..3, 0_u8..4), 1..300),
        ) {
            let mut pool = Bulkhead::new(&BulkheadSettings {
                max_concurrent_calls: places,
                max_wait_duration: Duration::from_ns(5),
                max_waiting: Some(most),
            });
            let (mut now, mut inside, mut queue) = (0, 0_u32, Vec::new());
            for (ticket, (wait, step)) in steps.into_iter().enumerate() {
                let ticket = ticket as u64;
                now += wait;
                match step {
                    0 | 1 => match pool.enter(now, ticket) {
                        Entry::Entered => {
                            prop_assert!(queue.iter().all(|&(_, until)| until < now));
                            inside += 1;
                        }
                        Entry::Waits => queue.push((ticket, now + 5)),
                        Entry::Full => prop_assert!(inside == places && queue.len() == most as usize),
                    },
                    2 if inside > 0 => {
                        let next = queue.iter().position(|&(_, until)| now <= until);
                        let next = next.map(|place| queue.remove(place).0);
                        inside -= u32::from(next.is_none());
                        prop_assert_eq!(pool.leave(now), next);
                    }
                    _ => {
                        let mut gone = Vec::new();
                        pool.expire(now, &mut gone);
                        let expected: Vec<u64> =
                            queue.iter().filter(|w| w.1 <= now).map(|w| w.0).collect();
                        queue.retain(|w| w.1 > now);
                        prop_assert_eq!(gone, expected);
                    }
                }
                prop_assert!(inside <= places);
                prop_assert_eq!((pool.busy(), pool.waiting()), (inside, queue.len()));
            }
        }
    }
}
