//! Load shedding: a replica that has enough to do turns further requests away at the door, so that those it takes are answered in
//! time, and the others know at once (Beyer and others, "Site Reliability Engineering", chapter 21 "Handling Overload": criticality,
//! and chapter 22, "Load Shedding and Graceful Degradation").

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};

/// When a replica turns requests away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadShedding {
    /// With so many requests in flight, waiting or worked on, a further one is turned away.
    pub max_in_flight: u32,
    /// Requests of this priority, and more important ones, are let in all the same, as far as the queue has room for them; `None`: no
    /// request is.
    #[serde(default)]
    pub keep_priority: Option<u8>,
}

impl LoadShedding {
    /// Whether a request of that priority is turned away while so many are in flight.
    pub fn turns_away(&self, in_flight: u32, priority: u8) -> bool {
        let kept = self.keep_priority.is_some_and(|keep| priority <= keep);
        in_flight >= self.max_in_flight && !kept
    }

    /// Looks for mistakes; `at` is where these settings stand. The replica has so many threads.
    pub fn check(&self, threads: u32, at: &Path, out: &mut Vec<Complaint>) {
        if self.max_in_flight == 0 {
            let why = "with 0 in flight every request is turned away";
            out.push(Complaint::error(at.field("max_in_flight"), why));
        } else if self.max_in_flight < threads {
            let why = format!(
                "only {} of the {threads} threads of a replica can be busy, unless others have a priority that is kept",
                self.max_in_flight
            );
            out.push(Complaint::warning(at.field("max_in_flight"), why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_important_enough_passes_a_full_replica() {
        let all = LoadShedding {
            max_in_flight: 10,
            keep_priority: None,
        };
        assert!(!all.turns_away(9, 5));
        assert!(all.turns_away(10, 0));
        let some = LoadShedding {
            keep_priority: Some(1),
            ..all
        };
        let turned_away = [0, 1, 2].map(|priority| some.turns_away(10, priority));
        assert_eq!(turned_away, [false, false, true]);
    }
}
