//! The least busy of a few chosen at random.

use crate::sim::stream::Stream;

use super::Candidate;

/// More choices than this are as good as all.
pub(super) const CHOICES_MAX: usize = 16;

/// The place of the least busy of `d` different candidates, all sets and all orders of them equally likely; of equally busy ones
/// the one that was chosen first.
pub(super) fn pick(d: usize, able: &[Candidate], stream: &mut Stream) -> usize {
    let d = d.clamp(1, CHOICES_MAX).min(able.len());
    // Chosen places in ascending order.
    let mut chosen = [0; CHOICES_MAX];
    let mut best = None;
    for count in 0..d {
        // One of those not chosen yet: count past the chosen ones.
        let mut place = stream.below((able.len() - count) as u64) as usize;
        let mut at = 0;
        while at < count && chosen[at] <= place {
            place += 1;
            at += 1;
        }
        chosen.copy_within(at..count, at + 1);
        chosen[at] = place;
        let busy = able[place].outstanding;
        if best.is_none_or(|(least, _)| busy < least) {
            best = Some((busy, place));
        }
    }
    best.map_or(0, |(_, place)| place)
}
