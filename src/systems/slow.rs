//! A service that gets slower the more it has to do.
//!
//! Threads wait for the same locks, share caches, memory and connections: each request in flight makes the others slower. Up to
//! some number that does not matter; beyond it, service time grows in a straight line, the contention of Gunther's universal
//! scalability law ("Guerrilla Capacity Planning", 2007, chapter 4). Where it grows faster than threads are added, more requests in
//! flight mean fewer answers: the congestion collapse that limits of concurrency are against.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::fault::Factor;
use crate::sim::units::Chance;

/// How much slower a replica is with many requests in flight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlowDown {
    /// So many requests in flight do not disturb one another.
    pub beyond: u32,
    /// By which part of the service time each further one makes it longer.
    pub per_request: Chance,
    /// It does not get slower than this; `None`: there is no end.
    #[serde(default)]
    pub at_most: Option<Factor>,
}

impl SlowDown {
    /// How many times longer a service takes with so many requests in flight, itself among them.
    pub fn factor(&self, in_flight: u32) -> f64 {
        let further = in_flight.saturating_sub(self.beyond);
        let factor = 1.0 + self.per_request.p() * f64::from(further);
        self.at_most.map_or(factor, |most| factor.min(most.0))
    }

    /// A service time of `ns` with so many requests in flight, ns.
    pub fn stretch(&self, ns: u64, in_flight: u32) -> u64 {
        if in_flight <= self.beyond {
            return ns;
        }
        (ns as f64 * self.factor(in_flight)) as u64
    }

    /// Looks for mistakes; `at` is where these settings stand.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.per_request.is_never() {
            let why = "with 0% nothing gets slower";
            out.push(Complaint::error(at.field("per_request"), why));
        }
        if let Some(most) = self.at_most {
            most.check(&at.field("at_most"), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(at_most: Option<f64>) -> SlowDown {
        SlowDown {
            beyond: 10,
            per_request: Chance::from_p(0.25),
            at_most: at_most.map(Factor),
        }
    }

    #[test]
    fn service_gets_longer_in_a_straight_line_beyond_a_number() {
        let table = [
            (0, 1.0),
            (1, 1.0),
            (10, 1.0),
            (11, 1.25),
            (14, 2.0),
            (50, 11.0),
        ];
        for (in_flight, factor) in table {
            assert_eq!(slow(None).factor(in_flight), factor, "{in_flight}");
        }
        assert_eq!(slow(None).stretch(1_000, 10), 1_000);
        assert_eq!(slow(None).stretch(1_000, 14), 2_000);
    }

    #[test]
    fn and_not_longer_than_the_most() {
        assert_eq!(slow(Some(3.0)).factor(17), 2.75);
        assert_eq!(slow(Some(3.0)).factor(18), 3.0);
        assert_eq!(slow(Some(3.0)).factor(u32::MAX), 3.0);
    }

    #[test]
    fn settings_that_slow_nothing_are_named() {
        let complaints = |slow: SlowDown| {
            let mut out = Vec::new();
            slow.check(&Path::root().field("slow"), &mut out);
            out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
        };
        assert!(complaints(slow(Some(2.0))).is_empty());
        assert_eq!(complaints(slow(Some(1.0))), ["slow.at_most"]);
        let never = SlowDown {
            per_request: Chance::NEVER,
            ..slow(None)
        };
        assert_eq!(complaints(never), ["slow.per_request"]);
    }
}
