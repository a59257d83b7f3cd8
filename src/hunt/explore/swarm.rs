//! Random schedules, each by a profile of its own: which kinds of fault it uses at all, how many, how long, how close
//! together. A test that may do everything does everything a little; one that leaves most of it out gets further with the rest
//! (A. Groce, C. Zhang, E. Eide, Y. Chen and J. Regehr, "Swarm Testing", ISSTA 2012).

use super::schedule::{Entry, Schedule};
use super::space::Space;
use crate::sim::stream::Stream;

/// So often a profile is drawn before nothing is said to be found.
const TRIES: usize = 16;

/// A schedule by chance.
pub(super) fn schedule(space: &mut Space, stream: &mut Stream) -> Option<Schedule> {
    (0..TRIES).find_map(|_| profile(space, stream))
}

fn profile(space: &mut Space, stream: &mut Stream) -> Option<Schedule> {
    let mut kinds = space.kinds.clone();
    kinds.retain(|_| stream.chance(0.5));
    if kinds.is_empty() {
        kinds.extend(stream.pick(&space.kinds));
    }
    let count = 1 + stream.below(space.faults_max as u64);
    // Together, or all over the run.
    let window = space.window_ns();
    let (from, within) = if stream.chance(0.5) {
        (space.from_ns, window)
    } else {
        (space.moment(stream), window / 8)
    };
    let mut entries: Vec<Entry> = Vec::new();
    for _ in 0..count {
        let kind = *stream.pick(&kinds)?;
        let at = from + stream.below(within.max(1));
        // Often the same one again: what is struck twice is hit while it recovers.
        let whom = entries.first().and_then(|e| e.strike.whom.clone());
        let whom = whom.filter(|_| stream.chance(0.5));
        entries.extend(space.entry(kind, whom.as_deref(), at, stream));
    }
    space.schedule(entries)
}
