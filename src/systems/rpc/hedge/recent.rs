//! A percentile of the latest durations, in bounded memory and without sorting.

/// So many durations count.
const RECENT: usize = 1_000;
/// With fewer there is no percentile.
const RECENT_MIN: u32 = 100;
/// Each doubling of a duration is divided into so many equal parts: what is told is at most 1/32 above the truth.
const PARTS: u64 = 32;
const PARTS_LOG2: u32 = PARTS.ilog2();
const BUCKETS: usize = (64 - PARTS_LOG2 as usize + 1) * PARTS as usize;

/// The latest durations as counts of buckets, with the bucket that holds the percentile. That one moves a little with each
/// duration.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    p: f64,
    /// The buckets of the latest durations, in a circle.
    latest: Box<[u16]>,
    next: usize,
    known: u32,
    counts: Box<[u16]>,
    /// The bucket of the percentile.
    at: usize,
    /// Durations in buckets below it.
    below: u32,
}

impl Recent {
    pub(super) fn new(p: f64) -> Self {
        Self {
            p,
            latest: vec![0; RECENT].into(),
            next: 0,
            known: 0,
            counts: vec![0; BUCKETS].into(),
            at: 0,
            below: 0,
        }
    }

    pub(super) fn note(&mut self, ns: u64) {
        if self.known as usize == RECENT {
            let oldest = usize::from(self.latest[self.next]);
            self.counts[oldest] -= 1;
            self.below -= u32::from(oldest < self.at);
        } else {
            self.known += 1;
        }
        let bucket = bucket(ns);
        self.latest[self.next] = bucket as u16;
        self.next = (self.next + 1) % RECENT;
        self.counts[bucket] += 1;
        self.below += u32::from(bucket < self.at);
        self.settle();
    }

    /// The least duration than which the wanted share is not longer, rounded up to the end of its bucket.
    pub(super) fn percentile_ns(&self) -> Option<u64> {
        (self.known >= RECENT_MIN).then(|| last_of(self.at))
    }

    fn settle(&mut self) {
        // What a product of floats is too much does not make a rank.
        let rank = (self.p * f64::from(self.known) - 1e-9).ceil().max(1.0) as u32;
        while self.below >= rank {
            self.at -= 1;
            self.below -= u32::from(self.counts[self.at]);
        }
        while self.below + u32::from(self.counts[self.at]) < rank {
            self.below += u32::from(self.counts[self.at]);
            self.at += 1;
        }
    }
}

fn bucket(ns: u64) -> usize {
    if ns < PARTS {
        return ns as usize;
    }
    let doublings = ns.ilog2() - PARTS_LOG2;
    let part = (ns >> doublings) - PARTS;
    (u64::from(doublings + 1) * PARTS + part) as usize
}

/// The longest duration of a bucket.
fn last_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let Some(doublings) = (bucket / PARTS).checked_sub(1) else {
        return bucket;
    };
    ((PARTS + bucket % PARTS) << doublings) + ((1 << doublings) - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_cover_all_durations_in_order() {
        for ns in [0, 1, 31, 32, 33, 63, 64, 65, 66, 1 << 40, u64::MAX] {
            let end = last_of(bucket(ns));
            assert!(end >= ns && end - ns <= ns / 32, "{ns}: {end}");
            assert_eq!(bucket(end), bucket(ns));
            if end < u64::MAX {
                assert_eq!(bucket(end + 1), bucket(ns) + 1);
            }
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    proptest! {
        #[test]
        fn it_is_the_percentile_of_a_sorted_list(
            durations in proptest::collection::vec(prop_oneof![0_u64..50, 0_u64..5_000_000_000, any::<u64>()], 100..1500),
            percent in 1_u32..=100,
        ) {
            let mut recent = Recent::new(f64::from(percent) / 100.0);
            durations.iter().for_each(|&ns| recent.note(ns));
            let mut sorted = durations[durations.len().saturating_sub(RECENT)..].to_vec();
            sorted.sort_unstable();
            let rank = (sorted.len() * percent as usize).div_ceil(100);
            prop_assert_eq!(recent.percentile_ns(), Some(last_of(bucket(sorted[rank - 1]))));
        }
    }
}
