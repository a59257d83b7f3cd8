//! Quantile tables: how an expensive distribution is drawn with a few integer instructions.
//!
//! One random number is a place on the axis of probability. Its upper bits choose a cell, its lower bits a point within the
//! cell, between whose ends the duration is interpolated. From 1/32 to 31/32 the cells are equally wide; nearer to both
//! ends each halving of the distance (an octave) has 32 of its own, so that a cell is never wider than a 32nd of its
//! distance to the end. The last 1/8192 at each end is not tabulated: there the exact quantile is computed, to the last of
//! the 64 bits. Durations rise with the random number everywhere.
//!
//! Cells come from `libm` and basic operations, draws from integers: bit-identical everywhere.

use std::cell::RefCell;
use std::sync::Arc;

use super::sampler::nearest;
use super::shape::{Place, Shape};

/// The body's cells are 2⁻¹⁰ wide.
const BODY_BITS: u32 = 10;
/// The cells of the body, without those 1/32 at both ends that belong to the tails.
const BODY_CELLS: usize = 960;
const BODY_FIRST: u64 = 32;

/// Cells of an octave.
const OCTAVE_BITS: u32 = 5;
/// The octaves of a tail: distances from 2⁵¹ to 2⁵⁹ of 2⁶⁴.
const OCTAVES: u32 = 8;
const OCTAVE_FIRST: u32 = 51;
const TAIL_CELLS: usize = (OCTAVES as usize) << OCTAVE_BITS;

/// How far durations may lie from the exact quantile, in parts of it: within p = 10 % to 90 %, and outside.
const ERROR_MAX: f64 = 1e-4;
const ERROR_MAX_OUTSIDE: f64 = 1e-3;
/// What rounding to whole nanoseconds adds to that.
const ROUNDING_NS: f64 = 1.0;

const TWO_POW_MINUS_64: f64 = 1.0 / (1_u128 << 64) as f64;

/// Durations of the body have so many bits behind the binary point.
const FRACTION_BITS: u32 = 8;
/// Longer durations (two years) are not tabulated.
const BODY_MAX_NS: f64 = (1_u64 << (63 - FRACTION_BITS)) as f64;

/// Durations of a tail have at most this many bits behind the binary point.
const FRACTION_BITS_MAX: i32 = 20;

/// The quantiles of one distribution; 12 KiB, of which nearly all draws need the first two thirds.
#[derive(Debug)]
#[repr(C)] // In this order: what every draw reads lies together.
pub(super) struct Table {
    /// The ends of the body's cells, in 2⁻⁸ ns and half a nanosecond too large.
    body: [u64; BODY_CELLS + 1],
    tail_shift: u32,
    /// The ends of the cells at either end, by their distance from it, in 2⁻ᵗᵃⁱˡ⁻ˢʰⁱᶠᵗ ns and half a nanosecond too large.
    /// Those of the upper end are complements (`!`), so that both rise with the distance.
    tails: [[u64; TAIL_CELLS + 1]; 2],
    shape: Shape,
    min_ns: u64,
    max_ns: u64,
}

impl Table {
    /// The duration in nanoseconds that belongs to a random number.
    #[inline]
    pub fn at(&self, bits: u64) -> u64 {
        match self.at_body(bits) {
            Some(ns) => ns,
            None => self.at_tail(bits),
        }
    }

    /// The same for 15 of 16 numbers.
    #[inline]
    pub fn at_body(&self, bits: u64) -> Option<u64> {
        let cell = (bits >> (64 - BODY_BITS)).wrapping_sub(BODY_FIRST) as usize;
        if cell >= BODY_CELLS {
            return None;
        }
        let (low, high) = (self.body[cell], self.body[cell + 1]);
        // The place within the cell, as a fraction of 64 bits.
        let within = bits << BODY_BITS;
        let part = (u128::from(high - low) * u128::from(within)) >> 64;
        Some((low + part as u64) >> FRACTION_BITS)
    }

    #[inline(never)]
    fn at_tail(&self, bits: u64) -> u64 {
        let upper = bits >> 63 == 1;
        let distance = if upper { !bits } else { bits };
        let octave = distance.checked_ilog2().unwrap_or(0);
        if octave < OCTAVE_FIRST {
            return self.at_end(bits);
        }
        let cell = (u64::from(octave - OCTAVE_FIRST) << OCTAVE_BITS)
            + (distance >> (octave - OCTAVE_BITS))
            - (1 << OCTAVE_BITS);
        let ends = &self.tails[usize::from(upper)];
        let (near, far) = (ends[cell as usize], ends[cell as usize + 1]);
        let within = distance << (64 + OCTAVE_BITS - octave);
        let part = (u128::from(far - near) * u128::from(within)) >> 64;
        let value = near + part as u64;
        (if upper { !value } else { value }) >> self.tail_shift
    }

    /// So near an end that the exact quantile is worth its price.
    #[cold]
    fn at_end(&self, bits: u64) -> u64 {
        exact(&self.shape, bits).clamp(self.min_ns, self.max_ns)
    }

    /// The table of a shape with this support; `None` where the cells would be too coarse for it.
    fn new(shape: Shape, min_ns: u64, max_ns: u64) -> Option<Self> {
        let quantile = |place| shape.quantile(place).clamp(min_ns as f64, max_ns as f64);
        let mut body: [f64; BODY_CELLS + 1] = std::array::from_fn(|end| quantile(body_end(end)));
        let mut tails = [false, true].map(|upper| -> [f64; TAIL_CELLS + 1] {
            std::array::from_fn(|end| quantile(tail_end(end, upper)))
        });
        let fine = body.windows(3).enumerate().all(|(cell, ends)| {
            let outside = !(BODY_CELLS / 12..BODY_CELLS * 11 / 12).contains(&cell);
            straight(
                ends,
                if outside {
                    ERROR_MAX_OUTSIDE
                } else {
                    ERROR_MAX
                },
            )
        }) && tails.iter().flat_map(octaves).all(|octave| {
            let mut threes = octave.windows(3);
            threes.all(|ends| straight(ends, ERROR_MAX_OUTSIDE))
        });
        // What rounding turned round must not fall.
        rise(body.iter_mut());
        rise(tails[0].iter_mut());
        rise(tails[1].iter_mut().rev());
        // The tails' binary point stands as far left as the greatest value lets it.
        let tail_bits = fraction_bits(tails[1][0], 62).min(FRACTION_BITS_MAX);
        if !fine || body[BODY_CELLS] >= BODY_MAX_NS || tail_bits < 0 {
            return None;
        }
        let fixed = |ns: f64, bits: i32| libm::scalbn(ns + 0.5, bits) as u64;
        let tail = |ns: f64| fixed(ns, tail_bits);
        Some(Self {
            body: body.map(|ns| fixed(ns, FRACTION_BITS as i32)),
            tail_shift: tail_bits as u32,
            tails: [tails[0].map(tail), tails[1].map(|ns| !tail(ns))],
            shape,
            min_ns,
            max_ns,
        })
    }
}

/// The exact quantile that belongs to a random number, in whole nanoseconds.
pub(super) fn exact(shape: &Shape, bits: u64) -> u64 {
    let upper = bits >> 63 == 1;
    let distance = if upper { !bits } else { bits };
    let tail = (distance as f64 + 0.5) * TWO_POW_MINUS_64;
    nearest(shape.quantile(Place { tail, upper }))
}

/// Where cell `end` of the body begins.
fn body_end(end: usize) -> Place {
    let p = (BODY_FIRST as f64 + end as f64) / (1_u64 << BODY_BITS) as f64;
    let upper = p > 0.5;
    Place {
        tail: if upper { 1.0 - p } else { p },
        upper,
    }
}

/// Where cell `end` of a tail begins, as seen from the end of the axis.
fn tail_end(end: usize, upper: bool) -> Place {
    let (octave, part) = (end >> OCTAVE_BITS, end & ((1 << OCTAVE_BITS) - 1));
    let distance =
        ((1 << OCTAVE_BITS) + part as u64) << (octave as u32 + OCTAVE_FIRST - OCTAVE_BITS);
    Place {
        tail: distance as f64 * TWO_POW_MINUS_64,
        upper,
    }
}

/// The ends of the cells of each octave, which are equally wide.
fn octaves(tail: &[f64; TAIL_CELLS + 1]) -> impl Iterator<Item = &[f64]> {
    (0..OCTAVES as usize)
        .map(move |octave| &tail[octave << OCTAVE_BITS..=(octave + 1) << OCTAVE_BITS])
}

/// Whether a straight line is near enough to the curve through three ends of cells. In the middle of a cell they are an
/// eighth of the second difference apart.
fn straight(ends: &[f64], error_max: f64) -> bool {
    let bend = (ends[0] - 2.0 * ends[1] + ends[2]).abs();
    0.125 * bend <= error_max * ends[0].min(ends[2]) + ROUNDING_NS
}

fn rise<'a>(values: impl Iterator<Item = &'a mut f64>) {
    let mut least = 0.0_f64;
    for value in values {
        least = least.max(*value);
        *value = least;
    }
}

/// How many bits behind the binary point leave a value below 2^`width`.
fn fraction_bits(value: f64, width: i32) -> i32 {
    width - libm::frexp(value).1
}

/// How many tables are kept for whoever needs the same again.
const KEPT_MAX: usize = 64;

thread_local! {
    /// The tables made last. Equal distributions share one, whoever asks: a thousand brokers do not need a thousand tables.
    /// A table is a pure function of its shape, so that nobody can tell whether it was there; and each thread has its own
    /// list, so that seeds that run side by side have nothing in common.
    static KEPT: RefCell<Vec<Arc<Table>>> = const { RefCell::new(Vec::new()) };
}

/// The table of a shape with this support; `None` where a table would be too coarse for it.
pub(super) fn table(shape: Shape, min_ns: u64, max_ns: u64) -> Option<Arc<Table>> {
    let same = |t: &&Arc<Table>| t.shape == shape && (t.min_ns, t.max_ns) == (min_ns, max_ns);
    KEPT.with_borrow_mut(|kept| {
        if let Some(table) = kept.iter().find(same) {
            return Some(table.clone());
        }
        let table = Arc::new(Table::new(shape, min_ns, max_ns)?);
        if kept.len() == KEPT_MAX {
            kept.remove(0);
        }
        kept.push(table.clone());
        Some(table)
    })
}
