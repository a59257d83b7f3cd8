//! The distribution of a metric over very many seeds, in little memory: like a HDR histogram, but over floating point numbers.
//!
//! A bucket holds the numbers that agree in their first bits, and keeps the largest of them. So a quantile is a number that was
//! seen, exact where few different ones were, and else at most 0.8 % too high. If there were too many buckets, each becomes as
//! wide as two.

/// Bits behind the leading one that the numbers of a bucket share, to begin with.
const BITS: u32 = 7;
/// Bits of a floating point number behind its leading one.
const MANTISSA_BITS: u32 = 52;

/// A value and the seed that had it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The value.
    pub value: f64,
    /// The first seed that had it.
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    key: i64,
    count: u64,
    max: f64,
}

/// How often which values were seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    /// In the order of the values.
    buckets: Vec<Bucket>,
    buckets_max: usize,
    /// So many of the lowest bits are not looked at.
    shift: u32,
    count: u64,
    range: Option<(Seen, Seen)>,
}

/// The bits of a number as a whole number, in the same order as the numbers.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

impl Sketch {
    /// Of nothing yet, and never with more buckets than this, but with at least two.
    pub fn new(buckets_max: usize) -> Self {
        Self {
            buckets: Vec::new(),
            buckets_max: buckets_max.max(2),
            shift: MANTISSA_BITS - BITS,
            count: 0,
            range: None,
        }
    }

    /// Adds what a seed had: a finite number.
    pub fn add(&mut self, seed: u64, value: f64) {
        self.count += 1;
        let seen = Seen { value, seed };
        let (low, high) = self.range.get_or_insert((seen, seen));
        if value < low.value {
            *low = seen;
        }
        if value > high.value {
            *high = seen;
        }
        let key = ordered(value) >> self.shift;
        match self.buckets.binary_search_by_key(&key, |b| b.key) {
            Ok(at) => {
                let bucket = &mut self.buckets[at];
                bucket.count += 1;
                bucket.max = bucket.max.max(value);
            }
            Err(at) => {
                let (count, max) = (1, value);
                self.buckets.insert(at, Bucket { key, count, max });
                while self.buckets.len() > self.buckets_max {
                    self.coarsen();
                }
            }
        }
    }

    /// Makes of two neighbours one.
    fn coarsen(&mut self) {
        self.shift += 1;
        self.buckets.iter_mut().for_each(|b| b.key >>= 1);
        self.buckets.dedup_by(|next, kept| {
            let same = next.key == kept.key;
            if same {
                kept.count += next.count;
                kept.max = next.max;
            }
            same
        });
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The least and the greatest, each with the first seed that had it.
    pub fn range(&self) -> Option<(Seen, Seen)> {
        self.range
    }

    /// The least value that so many of a hundred do not exceed. `None` of nothing.
    pub fn percentile(&self, percent: u64) -> Option<f64> {
        let rank = (u128::from(self.count) * u128::from(percent))
            .div_ceil(100)
            .max(1);
        let mut below = 0;
        let bucket = self.buckets.iter().find(|bucket| {
            below += u128::from(bucket.count);
            below >= rank
        });
        bucket.map(|b| b.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(buckets: usize, values: &[f64]) -> Sketch {
        let mut sketch = Sketch::new(buckets);
        (0..).zip(values).for_each(|(seed, v)| sketch.add(seed, *v));
        sketch
    }

    /// The nearest rank: the least value that at least so many of a hundred do not exceed.
    fn exact(values: &[f64], percent: usize) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
    }

    proptest! {
        #[test]
        fn a_percentile_is_seen_and_at_most_a_128th_too_high(
            values in prop::collection::vec(prop_oneof![
                -1e6..1e6_f64, (0..300_u32).prop_map(f64::from), 1e-9..1e12_f64, Just(0.0),
            ], 1..300),
            percent in 0..=100_usize,
        ) {
            let got = sketch(usize::MAX, &values).percentile(percent as u64).unwrap();
            let exact = exact(&values, percent);
            prop_assert!(values.contains(&got));
            prop_assert!(exact <= got && got - exact <= exact.abs().max(got.abs()) / 128.0, "{} {}", exact, got);
        }

        #[test]
        fn it_never_has_more_buckets_and_keeps_its_ends(
            values in prop::collection::vec(-1e18..1e18_f64, 1..300), buckets in 2..40_usize,
        ) {
            let sketch = sketch(buckets, &values);
            prop_assert!(sketch.buckets.len() <= buckets);
            prop_assert_eq!(sketch.buckets.iter().map(|b| b.count).sum::<u64>(), values.len() as u64);
            let (low, high) = sketch.range().unwrap();
            prop_assert_eq!(low.value, exact(&values, 0));
            prop_assert_eq!(high.value, exact(&values, 100));
            prop_assert_eq!(sketch.percentile(100), Some(high.value));
            prop_assert_eq!(values[low.seed as usize], low.value);
        }
    }

    #[test]
    fn small_counts_are_exact() {
        let values: Vec<f64> = (0..=255).map(f64::from).collect();
        let sketch = sketch(512, &values);
        for percent in 0..=100 {
            assert_eq!(
                sketch.percentile(percent as u64),
                Some(exact(&values, percent))
            );
        }
        assert_eq!(Sketch::new(9).percentile(50), None);
        assert_eq!(Sketch::new(9).range(), None);
    }
}
