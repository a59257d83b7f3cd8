//! Changes of schedules that led to something new.

use super::corpus::{Corpus, Parent};
use super::schedule::{Entry, Schedule};
use super::space::Space;
use crate::sim::MS;
use crate::sim::stream::Stream;

/// No more changes than this at once.
const CHANGES_MAX: u64 = 3;

/// A changed schedule, with the seed of the one that it was made of.
pub(super) fn schedule(
    space: &mut Space,
    corpus: &mut Corpus,
    stream: &mut Stream,
) -> Option<(u64, Schedule)> {
    let parent = corpus.pick(stream)?;
    let mut entries = parent.schedule.entries.clone();
    entries.retain(|e| !e.strike.mends);
    for _ in 0..=stream.below(CHANGES_MAX) {
        change(&mut entries, &parent, space, corpus, stream);
    }
    let changed = space.schedule(entries)?;
    (changed != parent.schedule).then_some((parent.seed, changed))
}

fn change(
    entries: &mut Vec<Entry>,
    parent: &Parent,
    space: &mut Space,
    corpus: &mut Corpus,
    stream: &mut Stream,
) {
    if entries.is_empty() {
        return;
    }
    let at = stream.below(entries.len() as u64) as usize;
    match stream.below(8) {
        0 | 1 => entries[at].at_ns = moment(entries, parent, space, stream),
        2 => {
            let lasting = entries[at].lasting_ns;
            let longer = stream.chance(0.5);
            entries[at].lasting_ns = if longer { lasting * 2 } else { lasting / 2 };
        }
        3 => replace(entries, at, false, space, stream),
        4 => replace(entries, at, true, space, stream),
        5 if entries.len() > 1 => {
            entries.remove(at);
        }
        5..=6 => {
            let moment = moment(entries, parent, space, stream);
            let kind = stream.pick(&space.kinds.clone()).copied();
            let whom = entries[at].strike.whom.clone();
            let whom = whom.filter(|_| stream.chance(0.5));
            entries.extend(kind.and_then(|k| space.entry(k, whom.as_deref(), moment, stream)));
        }
        _ => {
            let other = corpus.pick(stream).map(|p| p.schedule.entries);
            entries.extend(other.and_then(|more| stream.pick(&more).cloned()));
        }
    }
}

/// A moment at which something may be delicate: beside one at which something changed in the run, or one at which a fault
/// begins or ends; sometimes any.
fn moment(entries: &[Entry], parent: &Parent, space: &Space, stream: &mut Stream) -> u64 {
    let bounds = entries.iter().flat_map(|e| [e.at_ns, e.end_ns()]);
    let bounds: Vec<u64> = bounds.collect();
    let near = match stream.below(4) {
        0 => None,
        1 => stream.pick(&bounds),
        _ => stream.pick(&parent.moments),
    };
    let Some(&near) = near else {
        return space.moment(stream);
    };
    let reach = (space.window_ns() / 64).max(2 * MS);
    near.saturating_add(stream.below(2 * reach))
        .saturating_sub(reach / 2)
}

/// Puts another fault in the place of one: of its kind, or of any.
fn replace(entries: &mut [Entry], at: usize, any: bool, space: &mut Space, stream: &mut Stream) {
    let kinds = space.kinds.clone();
    let kind = if any {
        stream.pick(&kinds).copied()
    } else {
        space.kind(entries[at].strike.word)
    };
    let Some(strike) = kind.and_then(|k| space.draw(k, None, stream)) else {
        return;
    };
    let old = &mut entries[at];
    if strike.lasts && !old.strike.lasts {
        old.lasting_ns = space.lasting(stream);
    }
    if !strike.lasts {
        old.lasting_ns = 0;
    }
    old.strike = strike;
}
