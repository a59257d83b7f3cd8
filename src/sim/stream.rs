//! Named random streams: the only source of randomness of a run.
//!
//! Every purpose of every entity ("latency" of "broker-1→broker-2") draws from a stream of its own, chosen by a stable
//! hash of its *name*. So nobody's draws move when somebody else is added, removed or asks for more: two runs that differ
//! in one setting see common random numbers, which is what makes their comparison sharp.
//!
//! The generator is `ChaCha` with 8 rounds. Its key is the run's seed, its 64-bit stream number the hash of the name; two
//! names of one run meet only if their hashes do (for a million streams: once in about 40 million runs). Everything here
//! is integer arithmetic and IEEE 754 basic operations, bit-identical on every platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::dist::ziggurat;

/// One random stream. Cheap until its first draw: the generator and the draws that are ready (568 bytes) are opened only then. A clone continues with
/// the same draws as the original, and is as cheap: it knows only how many there were.
#[derive(Debug)]
pub struct Stream {
    seed: u64,
    number: u64,
    /// How many draws there were.
    drawn: u64,
    open: Option<Box<Open>>,
}

/// The generator gives words of 32 bits, and a draw takes two.
const WORDS_PER_DRAW: u128 = 2;

/// So many draws are made at once: a power of two.
const READY: usize = 32;

#[derive(Clone, Debug)]
#[repr(C)] // In this order: what every draw looks at lies together.
struct Open {
    /// The draws from the last multiple of so many on.
    ready: [[u8; 8]; READY],
    generator: ChaCha8Rng,
}

impl Clone for Stream {
    fn clone(&self) -> Self {
        Self {
            seed: self.seed,
            number: self.number,
            drawn: self.drawn,
            open: None,
        }
    }
}

impl Stream {
    /// The stream of `entity` for `purpose`, in the run of `seed`.
    pub fn named(seed: u64, purpose: &str, entity: &str) -> Self {
        Self {
            seed,
            number: stream_number(purpose, entity),
            drawn: 0,
            open: None,
        }
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        // Where the next draw is depends on nothing but their number: it need not wait for what is behind the reference.
        let at = self.drawn as usize % READY;
        if at > 0
            && let Some(open) = &self.open
        {
            self.drawn += 1;
            return u64::from_le_bytes(open.ready[at]);
        }
        self.refill_and_draw()
    }

    #[cold]
    #[inline(never)]
    fn refill_and_draw(&mut self) -> u64 {
        let at = self.drawn as usize % READY;
        let (seed, number, first) = (self.seed, self.number, self.drawn - at as u64);
        let open = self.open.get_or_insert_with(|| {
            let mut generator = ChaCha8Rng::from_seed(key(seed));
            generator.set_stream(number);
            generator.set_word_pos(u128::from(first) * WORDS_PER_DRAW);
            Box::new(Open {
                ready: [[0; 8]; READY],
                generator,
            })
        });
        // Little-endian words, the lower one first: the same 64 bits as the generator's own.
        open.generator.fill_bytes(open.ready.as_flattened_mut());
        self.drawn += 1;
        u64::from_le_bytes(open.ready[at])
    }

    /// Uniform in [0, 1): a multiple of 2⁻⁵³.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit_from(self.next_u64())
    }

    /// Uniform in (0, 1): the middle of one of 2⁵² equal cells, so that its logarithm is finite and not zero.
    #[inline]
    pub fn open_unit(&mut self) -> f64 {
        const CELL: f64 = 1.0 / (1_u64 << 52) as f64;
        ((self.next_u64() >> 12) as i64 as f64 + 0.5) * CELL
    }

    /// Uniform over `0..n`, without bias; 0 when `n` is 0.
    ///
    /// D. Lemire, "Fast Random Integer Generation in an Interval" (2019).
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        let mut wide = u128::from(self.next_u64()) * u128::from(n);
        if (wide as u64) < n {
            let reject_below = n.wrapping_neg() % n;
            while (wide as u64) < reject_below {
                wide = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (wide >> 64) as u64
    }

    /// True with probability `p`. Always one draw, so that changing `p` moves no later one.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A standard exponential (mean 1).
    #[inline]
    pub fn exp1(&mut self) -> f64 {
        ziggurat::exponential(self)
    }

    /// One of `items`, all equally likely; `None` when there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = self.below(items.len() as u64);
        items.get(index as usize)
    }

    /// Puts `items` into a random order, all orders equally likely (Fisher and Yates, Durstenfeld's form).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

/// The upper 53 bits as a fraction in [0, 1).
#[inline]
pub(super) fn unit_from(bits: u64) -> f64 {
    const CELL: f64 = 1.0 / (1_u64 << 53) as f64;
    // Signed, because that conversion is one instruction everywhere.
    (bits >> 11) as i64 as f64 * CELL
}

/// The run's key: four steps of `SplitMix64` from the seed, little-endian. Fixed here, and not taken from a library's
/// `seed_from_u64`, so that no upgrade changes what a seed means.
fn key(seed: u64) -> [u8; 32] {
    let mut key = [0; 32];
    let mut state = seed;
    for word in key.chunks_exact_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        word.copy_from_slice(&mix(state).to_le_bytes());
    }
    key
}

/// The stable hash of a stream's name: FNV-1a over the length of `purpose` (8 bytes, little-endian), `purpose` and
/// `entity`, then the `SplitMix64` finalizer, because FNV-1a alone leaves the last bytes in few bits. The length keeps
/// ("ab", "c") and ("a", "bc") apart.
fn stream_number(purpose: &str, entity: &str) -> u64 {
    let length = (purpose.len() as u64).to_le_bytes();
    let bytes = length
        .iter()
        .chain(purpose.as_bytes())
        .chain(entity.as_bytes());
    let fnv = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mix(fnv)
}

/// `SplitMix64`'s finalizer (D. Stafford's variant 13): a bijection that spreads every bit.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, purpose: &str, entity: &str) -> [u64; 4] {
        let mut stream = Stream::named(seed, purpose, entity);
        std::array::from_fn(|_| stream.next_u64())
    }

    #[test]
    fn the_stream_is_chacha8_keyed_by_splitmix64() {
        // SplitMix64 from 1234567: the published reference outputs of S. Vigna's splitmix64.c.
        let expected = [
            6_457_827_717_110_365_317_u64,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        for (word, expected) in key(1_234_567).chunks_exact(8).zip(expected) {
            assert_eq!(word, expected.to_le_bytes());
        }
        let mut direct = ChaCha8Rng::from_seed(key(1_234_567));
        direct.set_stream(stream_number("latency", "broker-1"));
        let mut named = Stream::named(1_234_567, "latency", "broker-1");
        for _ in 0..1000 {
            assert_eq!(named.next_u64(), direct.next_u64());
        }
    }

    #[test]
    fn names_tell_streams_apart() {
        assert_ne!(first(1, "ab", "c"), first(1, "a", "bc"));
        assert_ne!(first(1, "", "abc"), first(1, "abc", ""));
        assert_ne!(first(1, "latency", "a"), first(2, "latency", "a"));
        assert_eq!(first(1, "latency", "a"), first(1, "latency", "a"));
        let mut numbers: Vec<u64> = (0..20_000)
            .map(|i| stream_number("latency", &format!("broker-{i}")))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 20_000);
    }

    #[test]
    fn other_streams_do_not_move_ones_draws() {
        let alone = first(9, "latency", "a");
        let mut other = Stream::named(9, "latency", "b");
        let mut stream = Stream::named(9, "latency", "a");
        for expected in alone {
            for _ in 0..17 {
                other.next_u64();
            }
            assert_eq!(stream.next_u64(), expected);
        }
    }

    #[test]
    fn a_clone_continues_the_same_draws_wherever_it_is_made() {
        let mut stream = Stream::named(3, "x", "y");
        for _ in 0..100 {
            // And so does a clone of one that has not drawn since.
            let mut fork = stream.clone().clone();
            let mut later = stream.clone();
            let draws: Vec<u64> = (0..70).map(|_| later.next_u64()).collect();
            assert_eq!(draws, (0..70).map(|_| fork.next_u64()).collect::<Vec<_>>());
            assert_eq!(stream.next_u64(), draws[0]);
        }
    }

    #[test]
    fn below_is_uniform() {
        // Chi-square with 9 degrees of freedom: 27.9 is its 99.9 % point.
        let mut stream = Stream::named(4, "below", "");
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[stream.below(10) as usize] += 1;
        }
        let chi2: f64 = counts
            .iter()
            .map(|&n| (f64::from(n) - 10_000.0).powi(2) / 10_000.0)
            .sum();
        assert!(chi2 < 27.9, "{chi2}");
        // A range for which multiplication without rejection would give one third twice the weight.
        let n = (1_u64 << 63) + (1 << 62);
        let low = (0..30_000).filter(|_| stream.below(n) < n / 3).count() as f64;
        assert!((low - 10_000.0).abs() < 4.0 * 81.7, "{low}");
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.below(1), 0);
    }

    #[test]
    fn units_stay_in_their_range() {
        assert_eq!(unit_from(0), 0.0);
        assert!(unit_from(u64::MAX) < 1.0);
        let mut stream = Stream::named(5, "unit", "");
        let mut sum = 0.0;
        for _ in 0..100_000 {
            let (unit, open) = (stream.unit(), stream.open_unit());
            assert!((0.0..1.0).contains(&unit) && open > 0.0 && open < 1.0);
            sum += unit + open;
        }
        // 200 000 uniforms: standard error of the mean 0.00065.
        assert!((sum / 200_000.0 - 0.5).abs() < 4.0 * 0.00065, "{sum}");
    }

    #[test]
    fn shuffle_gives_each_order_its_share() {
        let mut stream = Stream::named(6, "shuffle", "");
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..24_000 {
            let mut items = [0, 1, 2, 3];
            stream.shuffle(&mut items);
            *counts.entry(items).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // 23 degrees of freedom: 49.7 is the 99.9 % point.
        let chi2: f64 = counts
            .values()
            .map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0)
            .sum();
        assert!(chi2 < 49.7, "{chi2}");
        assert_eq!(stream.pick::<u8>(&[]), None);
        assert!([7, 8].contains(stream.pick(&[7, 8]).unwrap()));
    }
}
