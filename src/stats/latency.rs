//! How long messages took.

use std::cell::{Cell, OnceCell};

use hdrhistogram::Histogram;

use crate::sim::history::Shared;
use crate::sim::ledger::Hop;

/// The longest time that is told apart, ns: an hour. Longer ones count as that (but [`Latency::max_ns`] is exact).
const HIGHEST_NS: u64 = 3_600 * crate::sim::SECOND;

/// Significant decimal digits of a time.
const DIGITS: u8 = 3;

/// So many bits of a time are told apart: 1024 steps between a power of two and the next are three digits.
const STEP_BITS: u32 = 10;

/// So many times are noted before they are put into their cells.
const NOTED: usize = 256;

/// A distribution of times with three digits, from 1 ns to an hour.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    /// The cells are those of the histogram, which is made of them when somebody asks: a value costs some instructions
    /// here, and there are several for each message.
    cells: Shared<Cells>,
    /// The last ones, each with its cell and how often: so that whether clones share the cells is asked now and then only.
    noted: Vec<(u32, u32)>,
    count: u64,
    sum: u128,
    max: u64,
    histogram: Made,
    found: Cell<Option<Found>>,
}

/// Where a share was found last: the next question about it has only what came since to look at.
#[derive(Clone, Copy, Debug)]
struct Found {
    share: f64,
    cell: usize,
    /// So many times lie in the cells before that.
    below: u64,
    /// So many of those that are noted were looked at.
    noted: usize,
}

/// The histogram, once it was made. A clone makes its own.
#[derive(Debug, Default)]
struct Made(OnceCell<Box<Histogram<u64>>>);

impl Clone for Made {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// How many times lie in each cell.
#[derive(Clone, Debug, Default)]
struct Cells {
    /// The first cell that has a count here.
    first: usize,
    counts: Vec<u32>,
}

impl Cells {
    #[inline]
    fn add(&mut self, cell: usize, count: u32) {
        let at = cell.wrapping_sub(self.first);
        match self.counts.get_mut(at) {
            Some(cell) => *cell = cell.saturating_add(count),
            None => self.grow(cell, count),
        }
    }

    #[cold]
    fn grow(&mut self, cell: usize, count: u32) {
        // Whole powers of two, so that it happens seldom.
        let step = (1 << STEP_BITS) - 1;
        if self.counts.is_empty() {
            self.first = cell & !step;
        }
        if cell < self.first {
            let more = self.first - (cell & !step);
            self.counts.splice(0..0, std::iter::repeat_n(0, more));
            self.first -= more;
        }
        let at = cell - self.first;
        if at >= self.counts.len() {
            self.counts.resize((at | step) + 1, 0);
        }
        self.counts[at] = self.counts[at].saturating_add(count);
    }

    fn at(&self, cell: usize) -> u64 {
        let count = self.counts.get(cell.wrapping_sub(self.first));
        count.map_or(0, |&count| u64::from(count))
    }

    /// How many times lie in the cells before one.
    fn below(&self, cell: usize) -> u64 {
        let cells = cell.saturating_sub(self.first).min(self.counts.len());
        self.counts[..cells].iter().map(|&n| u64::from(n)).sum()
    }

    /// The last with a count before one.
    fn before(&self, cell: usize) -> Option<usize> {
        let cells = cell.saturating_sub(self.first).min(self.counts.len());
        let at = self.counts[..cells].iter().rposition(|&n| n > 0)?;
        Some(self.first + at)
    }

    /// The first with a count behind one.
    fn after(&self, cell: usize) -> Option<usize> {
        let from = (cell + 1).saturating_sub(self.first);
        let rest = self.counts.get(from..)?;
        Some(self.first + from + rest.iter().position(|&n| n > 0)?)
    }

    /// Those with a count, each with it.
    fn iter(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        let counts = (self.first..).zip(self.counts.iter().copied());
        counts.filter(|(_, count)| *count > 0)
    }
}

/// Which cell a time lies in.
#[inline]
fn cell(ns: u64) -> usize {
    let shift = (ns | 1).ilog2().saturating_sub(STEP_BITS);
    ((u64::from(shift) << STEP_BITS) + (ns >> shift)) as usize
}

/// The least time of a cell, ns.
fn least(cell: usize) -> u64 {
    let shift = (cell as u64 >> STEP_BITS).saturating_sub(1);
    (cell as u64 - (shift << STEP_BITS)) << shift
}

/// How many of those that are noted lie in some cells.
fn noted(noted: &[(u32, u32)], is_there: impl Fn(usize) -> bool) -> u64 {
    let there = noted.iter().filter(|(cell, _)| is_there(*cell as usize));
    there.map(|&(_, count)| u64::from(count)).sum()
}

impl Latency {
    /// `count` messages took `ns`.
    #[inline]
    pub fn record(&mut self, ns: u64, count: u32) {
        self.sum += u128::from(ns) * u128::from(count);
        self.max = self.max.max(ns);
        self.count += u64::from(count);
        if self.histogram.0.get().is_some() {
            self.histogram = Made::default();
        }
        if self.noted.len() >= NOTED {
            self.put_into_cells();
        }
        self.noted.push((cell(ns.min(HIGHEST_NS)) as u32, count));
    }

    #[cold]
    #[inline(never)]
    fn put_into_cells(&mut self) {
        self.found.set(None);
        let cells = &mut *self.cells;
        for (cell, count) in self.noted.drain(..) {
            cells.add(cell as usize, count);
        }
    }

    fn histogram(&self) -> Option<&Histogram<u64>> {
        if self.count == 0 {
            return None;
        }
        Some(
            self.histogram
                .0
                .get_or_init(|| Box::new(self.to_histogram())),
        )
    }

    fn to_histogram(&self) -> Histogram<u64> {
        let Ok(mut histogram) = Histogram::new_with_bounds(1, HIGHEST_NS, DIGITS) else {
            unreachable!("the bounds are in order");
        };
        let noted = self.noted.iter().map(|&(cell, n)| (cell as usize, n));
        for (cell, count) in self.cells.iter().chain(noted) {
            histogram.saturating_record_n(least(cell), u64::from(count));
        }
        histogram
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean, ns, exact; `None` of none.
    pub fn mean_ns(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum as f64 / count as f64)
    }

    /// The longest, ns, exact; `None` of none.
    pub fn max_ns(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.max)
    }

    /// The time that a share of them (above 0, to 1) did not exceed, ns, with three digits; `None` of none.
    pub fn quantile_ns(&self, share: f64) -> Option<u64> {
        let found = match self.found.get() {
            Some(found) if found.share == share => self.find_on(found),
            _ => self.find(share)?,
        };
        self.found.set(Some(found));
        Some((least(found.cell + 1) - 1).min(self.max))
    }

    fn find(&self, share: f64) -> Option<Found> {
        let cell = cell(self.histogram()?.value_at_quantile(share));
        Some(Found {
            share,
            cell,
            below: self.cells.below(cell) + noted(&self.noted, |c| c < cell),
            noted: self.noted.len(),
        })
    }

    /// Goes from where a share was found to where it is now: to the first cell with which so many times are reached.
    fn find_on(&self, mut found: Found) -> Found {
        let new = &self.noted[found.noted..];
        found.below += noted(new, |c| c < found.cell);
        found.noted = self.noted.len();
        let wanted = (found.share.min(1.0) * self.count as f64).ceil() as u64;
        let wanted = wanted.max(1);
        loop {
            let here = self.cells.at(found.cell) + noted(&self.noted, |c| c == found.cell);
            if found.below >= wanted {
                let before = self.noted.iter().map(|n| n.0 as usize);
                let before = before.filter(|c| *c < found.cell).max();
                let Some(cell) = before.max(self.cells.before(found.cell)) else {
                    return found;
                };
                found.cell = cell;
                found.below -= self.cells.at(cell) + noted(&self.noted, |c| c == cell);
            } else if found.below + here < wanted {
                let after = self.noted.iter().map(|n| n.0 as usize);
                let after = after
                    .filter(|c| *c > found.cell)
                    .chain(self.cells.after(found.cell));
                let Some(cell) = after.min() else {
                    return found;
                };
                found.below += here;
                found.cell = cell;
            } else {
                return found;
            }
        }
    }

    /// How many took at least `from` and less than `to` ns.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        match self.histogram() {
            Some(h) if from < to => h.count_between(from, to - 1),
            _ => 0,
        }
    }

    /// Counts in `buckets` steps of equal factor from `from_ns` to `to_ns`; what lies outside is in the first or last.
    pub fn log_buckets(&self, from_ns: u64, to_ns: u64, buckets: usize) -> Vec<u64> {
        let mut counts = vec![0; buckets];
        let Some(histogram) = self.histogram() else {
            return counts;
        };
        if buckets == 0 || from_ns == 0 || to_ns <= from_ns {
            return counts;
        }
        let scale = buckets as f64 / libm::log(to_ns as f64 / from_ns as f64);
        for value in histogram.iter_recorded() {
            let ns = value.value_iterated_to().max(1) as f64;
            let place = libm::floor(libm::log(ns / from_ns as f64) * scale);
            let place = (place.max(0.0) as usize).min(buckets - 1);
            counts[place] += value.count_since_last_iteration();
        }
        counts
    }
}

/// The distributions of a run.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    /// From the application that makes a message until a group ended with it for the first time.
    pub end_to_end: Latency,
    hops: [Latency; Hop::ALL.len()],
}

impl Latencies {
    /// `count` messages took so long for a stretch of their way, each for the first time.
    #[inline]
    pub fn took(&mut self, hop: Hop, ns: u64, count: u32) {
        self.hops[hop as usize].record(ns, count);
    }

    /// One stretch of the way.
    pub fn of(&self, hop: Hop) -> &Latency {
        &self.hops[hop as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_are_those_of_the_histogram() {
        let bounds = Histogram::<u64>::new_with_bounds(1, HIGHEST_NS, DIGITS).unwrap();
        let mut ns = 1;
        while ns < HIGHEST_NS {
            for ns in [ns - 1, ns, ns + 1, ns + ns / 3] {
                let least = least(cell(ns));
                assert_eq!(least, bounds.lowest_equivalent(ns), "of {ns}");
                assert_eq!(cell(least), cell(ns));
                assert_ne!(cell(bounds.next_non_equivalent(ns)), cell(ns), "after {ns}");
            }
            ns = ns * 9 / 8 + 1;
        }
    }

    #[test]
    fn a_share_is_found_again_after_each_time_as_the_histogram_finds_it() {
        let mut stream = crate::sim::stream::Stream::named(5, "times", "");
        for share in [0.001, 0.5, 0.9, 0.99, 1.0] {
            let (mut asked, mut all) = (Latency::default(), Latency::default());
            for n in 0..600 {
                // They come in waves, so that what is found moves up and down.
                let wave = 1_u64 << (n / 40 % 7 * 3);
                let ns = wave * (1 + stream.below(5000));
                let count = 1 + stream.below(3) as u32;
                asked.record(ns, count);
                all.record(ns, count);
                let histogram = all.to_histogram();
                let expected = histogram.value_at_quantile(share).min(all.max);
                assert_eq!(asked.quantile_ns(share), Some(expected), "{share} {n}");
            }
        }
    }

    #[test]
    fn what_comes_after_a_question_counts_too() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile_ns(0.5), None);
        latency.record(10, 1);
        assert_eq!(latency.quantile_ns(1.0), Some(10));
        latency.record(2 * HIGHEST_NS, 3);
        assert_eq!(
            latency.quantile_ns(0.5),
            Some(HIGHEST_NS | 0x7fff_ffff).map(|h| h.min(2 * HIGHEST_NS))
        );
        assert_eq!(
            (latency.count(), latency.max_ns()),
            (4, Some(2 * HIGHEST_NS))
        );
        assert_eq!(latency.between(0, 11), 1);
    }
}
