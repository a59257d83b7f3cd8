//! The digest: a fingerprint of all that happened. Two runs are the same when their digests are.
//!
//! Every dispatched event and every record is folded in, two words at a time, by a 64×64→128 bit multiplication; events and
//! records each into a state of their own, so that records may be folded some time after their events. At the end of
//! each simulated second both are kept as one, so that two runs which differ can be bisected to their first different second.
//! It is made to notice accidents, not to resist an adversary.

use super::SECOND;

/// The digest of a run so far, and its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    events: u64,
    records: u64,
    chain: Vec<u64>,
    /// The end of the second that is going on, ns.
    closes_at: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Self {
            events: 0x5b11_7b2a_1a5e_ed01,
            records: 0x2c6d_0f5e_93a4_b817,
            chain: Vec::new(),
            closes_at: SECOND,
        }
    }
}

impl Digest {
    /// Folds two words of an event in.
    #[inline]
    pub fn words(&mut self, a: u64, b: u64) {
        self.events = fold(self.events, a, b);
    }

    /// Folds two words of a record in.
    #[inline]
    pub fn record_words(&mut self, a: u64, b: u64) {
        self.records = fold(self.records, a, b);
    }

    /// Whether a second ends before or at `time`.
    #[inline]
    pub fn is_over(&self, time: u64) -> bool {
        self.closes_at <= time
    }

    /// The simulation moves on to `time`: closes the seconds that end before or at it. All records of before are folded in.
    pub fn advance(&mut self, time: u64) {
        while self.closes_at <= time {
            self.chain.push(self.value());
            self.closes_at = self.closes_at.saturating_add(SECOND);
        }
    }

    /// The fingerprint so far.
    pub fn value(&self) -> u64 {
        fold(self.events, self.records, 0)
    }

    /// The fingerprint at the end of each whole simulated second, from the first.
    pub fn chain(&self) -> &[u64] {
        &self.chain
    }
}

/// Folds two words into a state, which goes on beside the product, so that no word can wipe it out.
#[inline]
fn fold(state: u64, a: u64, b: u64) -> u64 {
    let product = u128::from(state ^ a) * u128::from(b ^ 0xf39c_c060_5ced_c835);
    (product as u64) ^ ((product >> 64) as u64) ^ state.rotate_left(23)
}

/// The first second (counted from 0) in which two chains differ, `None` if one is a prefix of the other.
pub fn first_difference(a: &[u64], b: &[u64]) -> Option<usize> {
    // A digest that once differs differs for ever, so the place could be bisected; a scan of 8-byte words is as good.
    a.iter().zip(b).position(|(x, y)| x != y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_zeroes_matter() {
        let fold = |words: &[(u64, u64)]| {
            let mut digest = Digest::default();
            words.iter().for_each(|w| digest.words(w.0, w.1));
            digest.value()
        };
        assert_ne!(fold(&[(1, 2)]), fold(&[(2, 1)]));
        assert_ne!(fold(&[(1, 2), (3, 4)]), fold(&[(3, 4), (1, 2)]));
        assert_ne!(fold(&[(0, 0)]), fold(&[(0, 0), (0, 0)]));
        assert_ne!(fold(&[]), fold(&[(0, 0)]));
    }

    #[test]
    fn the_chain_has_one_link_per_second() {
        let mut digest = Digest::default();
        digest.words(7, 0);
        digest.advance(2 * SECOND + 1);
        digest.words(8, 0);
        digest.advance(3 * SECOND);
        assert_eq!(digest.chain().len(), 3);
        assert_eq!(digest.chain()[0], digest.chain()[1]);
        assert_ne!(digest.chain()[1], digest.chain()[2]);
        let mut other = digest.clone();
        other.chain[1] ^= 1;
        assert_eq!(first_difference(digest.chain(), other.chain()), Some(1));
    }
}
