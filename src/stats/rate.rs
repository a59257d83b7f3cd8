//! How fast a counter grows now.

use super::INTERVAL_NS;

/// So many intervals are looked back: a second.
const LAST: usize = 10;

/// By how much a counter grew in each of the last intervals. There are some for each queue, so it needs no memory of its own
/// beside that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    total: u64,
    /// How many intervals have ended.
    ended: u64,
    grown: [u32; LAST],
}

impl Rate {
    /// An interval ended with the counter at this.
    pub(super) fn push(&mut self, counter: u64) {
        let grown = counter.saturating_sub(self.total);
        self.total = counter;
        self.grown[(self.ended % LAST as u64) as usize] = u32::try_from(grown).unwrap_or(u32::MAX);
        self.ended += 1;
    }

    /// Growth per second of virtual time, over the last second; 0 before the first interval has ended.
    pub fn per_s(&self) -> f64 {
        let count = self.ended.min(LAST as u64);
        if count == 0 {
            return 0.0;
        }
        let sum: u64 = self.grown.iter().map(|g| u64::from(*g)).sum();
        sum as f64 * 1e9 / (count * INTERVAL_NS) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_last_second_or_of_what_there_was() {
        let mut rate = Rate::default();
        assert_eq!(rate.per_s(), 0.0);
        rate.push(30);
        rate.push(50);
        assert_eq!(rate.per_s(), 250.0, "50 in two tenths of a second");
        for tenth in 1..=100 {
            rate.push(50 + 7 * tenth);
        }
        assert_eq!(rate.per_s(), 70.0, "the beginning counts no more");
        (0..10).for_each(|_| rate.push(750));
        assert_eq!(rate.per_s(), 0.0, "nothing came for a second");
    }
}
