//! The mean of paired differences, and how sure it is.
//!
//! Both variants run with the same seeds (common random numbers): of each seed only the difference counts, so that what a
//! seed does to both does not blur what the change does.

use crate::stats::Better;

/// With fewer pairs than this, differences that are all alike say nothing: the sign test could not tell them from chance
/// either (2 · 2⁻⁶ = 3 %).
const PAIRS_MIN: u64 = 6;

/// Two-sided 95 % quantiles of Student's t with 1 to 30 degrees of freedom: NIST/SEMATECH e-Handbook of Statistical Methods,
/// 1.3.6.7.2, column 0.975.
const T95: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
];

/// The normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// The two-sided 95 % quantile of Student's t with so many degrees of freedom: the table, and behind it the expansion of
/// Abramowitz and Stegun, 26.7.5, which is there exact to four digits.
fn t95(freedom: u64) -> f64 {
    let tabled = usize::try_from(freedom).ok().and_then(|f| f.checked_sub(1));
    if let Some(t) = tabled.and_then(|place| T95.get(place)) {
        return *t;
    }
    let (z3, z5) = (Z * Z * Z, Z * Z * Z * Z * Z);
    let n = freedom as f64;
    Z + (z3 + Z) / (4.0 * n) + (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / (96.0 * n * n)
}

/// Differences B − A, one from each seed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paired {
    pairs: u64,
    mean: f64,
    /// The sum of the squared distances from the mean (Welford).
    squares: f64,
}

/// What can be said of a metric after many seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Nothing: the interval contains 0, or there are too few seeds.
    No,
    /// A is better.
    A,
    /// B is better.
    B,
    /// It is lower with B, and neither is better for it.
    Lower,
    /// It is higher with B, and neither is better for it.
    Higher,
}

impl Call {
    /// Its words.
    pub fn words(self) -> &'static str {
        match self {
            Self::No => "no call",
            Self::A => "A is better",
            Self::B => "B is better",
            Self::Lower => "lower with B",
            Self::Higher => "higher with B",
        }
    }
}

impl Paired {
    /// Takes in the difference of one more seed.
    pub fn add(&mut self, difference: f64) {
        self.pairs += 1;
        let off = difference - self.mean;
        self.mean += off / self.pairs as f64;
        self.squares += off * (difference - self.mean);
    }

    /// The same with A and B exchanged.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self {
            mean: -self.mean,
            ..self
        }
    }

    /// How many there are.
    pub fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Their mean; of none, `None`.
    pub fn mean(&self) -> Option<f64> {
        (self.pairs > 0).then_some(self.mean)
    }

    /// Between what the true mean lies with 95 % confidence; `None` with fewer than two.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let freedom = self.pairs.checked_sub(1).filter(|f| *f > 0)?;
        let variance = (self.squares / freedom as f64).max(0.0);
        let half = t95(freedom) * (variance / self.pairs as f64).sqrt();
        Some((self.mean - half, self.mean + half))
    }

    /// What can be said.
    pub fn call(&self, better: Better) -> Call {
        let Some((low, high)) = self.interval() else {
            return Call::No;
        };
        let contains_0 = low <= 0.0 && high >= 0.0;
        if contains_0 || (low >= high && self.pairs < PAIRS_MIN) {
            return Call::No;
        }
        match (better, self.mean < 0.0) {
            (Better::Neither, true) => Call::Lower,
            (Better::Neither, false) => Call::Higher,
            (Better::Lower, true) | (Better::Higher, false) => Call::B,
            (Better::Lower, false) | (Better::Higher, true) => Call::A,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::stream::Stream;

    fn paired(differences: &[f64]) -> Paired {
        let mut paired = Paired::default();
        differences.iter().for_each(|d| paired.add(*d));
        paired
    }

    #[test]
    fn quantiles_are_students() {
        // From the same table of NIST, column 0.975, rows that are not used.
        for (freedom, expected) in [(40, 2.021), (60, 2.000), (80, 1.990), (100, 1.984)] {
            let t = t95(freedom);
            assert!((t - expected).abs() < 6e-4, "{freedom}: {t}");
        }
        assert!((t95(1_000_000) - Z).abs() < 1e-5);
        assert!((1..200).all(|f| t95(f) > t95(f + 1)), "it falls");
    }

    /// The chance that Student's t lies within ±t, by adding up its density over an angle: with x = √n·tan φ it is
    /// proportional to cos^(n−1) φ, which has no tails to cut off.
    fn chance_within(t: f64, freedom: u64) -> f64 {
        const CELLS: u32 = 200_000;
        let n = freedom as f64;
        let upto = |end: f64| -> f64 {
            let cell = end / f64::from(CELLS);
            let middle = |i| (f64::from(i) + 0.5) * cell;
            let density = |i| libm::pow(libm::cos(middle(i)), n - 1.0) * cell;
            (0..CELLS).map(density).sum()
        };
        upto(libm::atan(t / n.sqrt())) / upto(std::f64::consts::FRAC_PI_2)
    }

    #[test]
    fn each_quantile_holds_95_of_100() {
        for freedom in (1..=30).chain([31, 35, 50, 99, 199]) {
            let chance = chance_within(t95(freedom), freedom);
            // The table has three digits behind the point.
            assert!((chance - 0.95).abs() < 6e-5, "{freedom}: {chance}");
        }
    }

    #[test]
    fn an_interval_is_that_of_the_textbook() {
        // Student's own data ("The probable error of a mean", 1908): the additional hours of sleep by the use of two drugs,
        // ten patients. The mean difference is 1.58 with the interval 0.70 to 2.46.
        let differences = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let paired = paired(&differences);
        assert!((paired.mean().unwrap() - 1.58).abs() < 1e-9);
        let (low, high) = paired.interval().unwrap();
        assert!((low - 0.70).abs() < 0.005 && (high - 2.46).abs() < 0.005);
        assert_eq!(paired.call(Better::Higher), Call::B);
        assert_eq!(paired.call(Better::Lower), Call::A);
        assert_eq!(paired.call(Better::Neither), Call::Higher);
    }

    #[test]
    fn nothing_is_said_of_few_seeds_or_of_no_difference() {
        assert_eq!(paired(&[]).mean(), None);
        assert_eq!(paired(&[3.0]).interval(), None);
        assert_eq!(paired(&[3.0]).call(Better::Lower), Call::No);
        assert_eq!(paired(&[1.0; 5]).call(Better::Lower), Call::No);
        assert_eq!(paired(&[1.0; 6]).call(Better::Lower), Call::A);
        assert_eq!(paired(&[0.0; 100]).call(Better::Lower), Call::No);
        assert_eq!(
            paired(&[1.0, -1.0, 2.0, -2.0]).call(Better::Lower),
            Call::No
        );
    }

    /// A number that is nearly normal, with mean 0 and variance 1: the sum of twelve uniform ones, less six.
    fn normal(stream: &mut Stream) -> f64 {
        (0..12).map(|_| stream.unit()).sum::<f64>() - 6.0
    }

    #[test]
    fn nineteen_of_twenty_intervals_hold_the_truth() {
        const TRIALS: u32 = 2_000;
        for (truth, pairs) in [(0.0, 5), (3.0, 20), (-0.2, 60)] {
            let mut stream = Stream::named(7, "paired", "synthetic");
            let held = (0..TRIALS).filter(|_| {
                let mut paired = Paired::default();
                for _ in 0..pairs {
                    // What a seed does to both is far larger than what the change does.
                    let both = 100.0 * normal(&mut stream);
                    let (a, b) = (both, both + truth + normal(&mut stream));
                    paired.add(b - a);
                }
                let (low, high) = paired.interval().unwrap();
                (low..=high).contains(&truth)
            });
            let held = f64::from(held.count() as u32) / f64::from(TRIALS);
            // 95 % with its own 99.9 % interval for so many trials: ±3.29·√(0.95·0.05/2000).
            assert!((held - 0.95).abs() < 0.016, "{truth}, {pairs}: {held}");
        }
    }
}
