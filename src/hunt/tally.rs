//! What many runs come to: counts, shares and how sure they are. It is built up seed by seed and does not grow with them.

use super::parallel::Panic;
use super::sweep::SeedOutcome;
use crate::checks::{Outcome as Answer, Property};
use crate::sim::digest::Digest;

/// The normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// How often something was so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// So many times.
    pub count: u64,
    /// Of so many.
    pub of: u64,
}

impl Share {
    /// The share itself, 0 to 1; of nothing, 0.
    pub fn value(self) -> f64 {
        self.count as f64 / self.of.max(1) as f64
    }

    /// In whole percent. What is not never is not 0, and what is not always is not 100: `<1%`, `>99%`.
    pub fn percent(self) -> String {
        match (self.value() * 100.0, self.count) {
            (p, 1..) if p < 0.5 => "<1%".to_owned(),
            (p, count) if p >= 99.5 && count < self.of => ">99%".to_owned(),
            (p, _) => format!("{p:.0}%"),
        }
    }

    /// Between what the true share lies with 95 % confidence, by Wilson's score interval (E. B. Wilson, "Probable inference,
    /// the law of succession, and statistical inference", 1927). Of nothing, nothing is known.
    pub fn interval(self) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.of as f64, self.value());
        let centre = p + Z * Z / (2.0 * n);
        let width = Z * ((p * (1.0 - p) + Z * Z / (4.0 * n)) / n).sqrt();
        let scale = 1.0 + Z * Z / n;
        let low = ((centre - width) / scale).max(0.0);
        let high = ((centre + width) / scale).min(1.0);
        // Where it was always or never so, the bound is that share itself; rounding must not move it.
        let low = if self.count == 0 { 0.0 } else { low };
        (low, if self.count == self.of { 1.0 } else { high })
    }
}

/// How often an expectation got which answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// It was met.
    pub met: u64,
    /// It was not.
    pub not_met: u64,
    /// It could not be said.
    pub unknown: u64,
}

/// The sum of many runs, in the order of their seeds.
#[derive(Clone, Debug)]
pub struct Tally {
    /// How many seeds.
    pub seeds: u64,
    /// How many were what the scenario promised.
    pub passed: u64,
    /// How many panicked.
    pub panicked: u64,
    /// By expectation, in the scenario's order.
    pub answers: Vec<Answers>,
    /// With how many seeds a property broke, for those that broke at all, in the order in which they first did.
    pub broken: Vec<(Property, u64)>,
    /// How many events in all.
    pub events: u64,
    digest: Digest,
}

impl Tally {
    /// Of no run yet, with so many expectations.
    pub fn new(expectations: usize) -> Self {
        Self {
            seeds: 0,
            passed: 0,
            panicked: 0,
            answers: vec![Answers::default(); expectations],
            broken: Vec::new(),
            events: 0,
            digest: Digest::default(),
        }
    }

    /// Adds the next seed.
    pub fn add(&mut self, seed: u64, result: &Result<SeedOutcome, Panic>) {
        self.seeds += 1;
        self.digest.words(seed, 0);
        let Ok(outcome) = result else {
            self.panicked += 1;
            return self.digest.words(0, 0);
        };
        self.digest.words(outcome.digest, 0);
        self.passed += u64::from(outcome.met);
        self.events += outcome.events;
        for (sum, answer) in self.answers.iter_mut().zip(&outcome.answers) {
            match answer {
                Answer::Met => sum.met += 1,
                Answer::NotMet(_) => sum.not_met += 1,
                Answer::Unknown(_) => sum.unknown += 1,
            }
        }
        for broken in &outcome.broken {
            match self.broken.iter_mut().find(|(p, _)| *p == broken.property) {
                Some((_, seeds)) => *seeds += 1,
                None => self.broken.push((broken.property, 1)),
            }
        }
    }

    /// How many were not what the scenario promised, without those that panicked.
    pub fn failed(&self) -> u64 {
        self.seeds - self.passed - self.panicked
    }

    /// How many runs there are to judge by: one that panicked says nothing.
    pub fn judged(&self) -> u64 {
        self.seeds - self.panicked
    }

    /// The fingerprint of all: of the seeds and the digests of their runs.
    pub fn digest(&self) -> u64 {
        self.digest.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // From R.G. Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
        for (count, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let (l, h) = Share { count, of }.interval();
            assert!(
                (l - low).abs() < 5e-5 && (h - high).abs() < 5e-5,
                "{count} of {of}: {l} to {h}"
            );
        }
    }

    #[test]
    fn percent_tell_seldom_from_never() {
        let percent = |count, of| Share { count, of }.percent();
        assert_eq!(percent(0, 1000), "0%");
        assert_eq!(percent(4, 1000), "<1%");
        assert_eq!(percent(6, 1000), "1%");
        assert_eq!(percent(504, 1000), "50%");
        assert_eq!(percent(996, 1000), ">99%");
        assert_eq!(percent(1000, 1000), "100%");
    }

    #[test]
    fn intervals_hold_their_share_and_do_not_leave_0_to_1() {
        for of in 0..200 {
            for count in 0..=of {
                let share = Share { count, of };
                let (low, high) = share.interval();
                assert!((0.0..=share.value()).contains(&low), "{share:?}: {low}");
                assert!((share.value()..=1.0).contains(&high), "{share:?}: {high}");
                assert!(low < high, "{share:?}");
            }
        }
        assert_eq!(Share { count: 0, of: 9 }.interval().0, 0.0);
        assert_eq!(Share { count: 9, of: 9 }.interval().1, 1.0);
    }
}
