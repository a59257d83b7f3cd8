//! Hedged requests: if an answer takes long, the same is asked of another replica, and the first answer counts.

mod recent;

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::count;
use crate::sim::units::{Chance, Duration};

use recent::Recent;

/// More attempts than this at the same time are a slip.
const EXTRA_MAX: u32 = 100;

/// Whether and when a call that is under way is made once more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Hedge {
    /// Never.
    #[default]
    None,
    /// After a fixed time, and again after the same time (gRPC's `hedgingPolicy`, proposal A6; its `hedgingDelay` of 0 asks all
    /// at once).
    After {
        /// The time after which another attempt is made.
        delay: Duration,
        /// Attempts besides the first (gRPC's `maxAttempts` counts that too).
        #[serde(default = "count::<1>")]
        max_extra: u32,
    },
    /// After the time within which a share of the last 1000 answers came, and again after the same time (J. Dean and
    /// L. A. Barroso, "The Tail at Scale", 2013: the 95th percentile, which limits the additional load to about 5 %). Before
    /// there are 100 answers nothing is hedged.
    Percentile {
        /// That share.
        #[serde(default = "ninety_five")]
        percentile: Chance,
        /// Attempts besides the first.
        #[serde(default = "count::<1>")]
        max_extra: u32,
    },
}

impl Hedge {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let (Self::After { max_extra, .. } | Self::Percentile { max_extra, .. }) = *self else {
            return;
        };
        if !(1..=EXTRA_MAX).contains(&max_extra) {
            let why = format!("{max_extra} is not from 1 to {EXTRA_MAX}");
            out.push(Complaint::error(at.field("max_extra"), why));
        }
        if let Self::Percentile { percentile, .. } = *self
            && percentile.is_never()
        {
            let why = "every answer takes longer than the 0th percentile: use After(delay: \"0s\")";
            out.push(Complaint::error(at.field("percentile"), why));
        }
    }
}

/// Says when to hedge.
#[derive(Clone, Debug)]
pub struct Hedger(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Never,
    After { delay_ns: u64, max_extra: u32 },
    Percentile { recent: Recent, max_extra: u32 },
}

impl Hedger {
    /// One that has seen no answer.
    pub fn new(settings: &Hedge) -> Self {
        Self(match *settings {
            Hedge::None => Kind::Never,
            Hedge::After { delay, max_extra } => Kind::After {
                delay_ns: delay.ns(),
                max_extra,
            },
            Hedge::Percentile {
                percentile,
                max_extra,
            } => Kind::Percentile {
                recent: Recent::new(percentile.p()),
                max_extra,
            },
        })
    }

    /// How long after the last attempt of a call another one is made, if by then there is no answer. `extra` attempts were made
    /// besides the first. `None`: no further one.
    pub fn delay_ns(&self, extra: u32) -> Option<u64> {
        match &self.0 {
            Kind::Never => None,
            Kind::After {
                delay_ns,
                max_extra,
            } => (extra < *max_extra).then_some(*delay_ns),
            Kind::Percentile { recent, max_extra } => {
                recent.percentile_ns().filter(|_| extra < *max_extra)
            }
        }
    }

    /// An attempt was answered after so long.
    pub fn on_answer(&mut self, took_ns: u64) {
        if let Kind::Percentile { recent, .. } = &mut self.0 {
            recent.note(took_ns);
        }
    }
}

const fn ninety_five() -> Chance {
    Chance::from_p(0.95)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::MS;

    fn hedger(text: &str) -> Hedger {
        Hedger::new(&ron::from_str(text).unwrap())
    }

    #[test]
    fn a_fixed_delay_holds_for_each_further_attempt() {
        let delays = |text: &str| {
            let hedger = hedger(text);
            [0, 1, 2].map(|extra| hedger.delay_ns(extra))
        };
        assert_eq!(delays("None"), [None; 3]);
        assert_eq!(
            delays("After(delay: \"20ms\")"),
            [Some(20 * MS), None, None]
        );
        assert_eq!(
            delays("After(delay: \"20ms\", max_extra: 2)"),
            [Some(20 * MS), Some(20 * MS), None]
        );
    }

    #[test]
    fn a_percentile_follows_the_latest_answers() {
        let mut hedger = hedger("Percentile()");
        let near = |delay: Option<u64>, ms: u64| {
            let delay = delay.unwrap();
            // Never less than the exact percentile, and within 1/32 above it.
            assert!((ms * MS..=ms * MS * 33 / 32).contains(&delay), "{delay}");
        };
        for ms in 1..100 {
            hedger.on_answer(ms * MS);
        }
        assert_eq!(hedger.delay_ns(0), None);
        hedger.on_answer(100 * MS);
        near(hedger.delay_ns(0), 95);
        assert_eq!(hedger.delay_ns(1), None);
        // The service becomes ten times slower: 1000 answers later that is all it knows.
        for ms in 1..=1000 {
            hedger.on_answer(10 * ms * MS);
        }
        near(hedger.delay_ns(0), 9500);
    }

    #[test]
    fn impossible_settings_are_named() {
        let complaints = |text: &str| {
            let mut out = Vec::new();
            let settings: Hedge = ron::from_str(text).unwrap();
            settings.check(&Path::root().field("hedge"), &mut out);
            out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(complaints("None"), [""; 0]);
        assert_eq!(complaints("After(delay: \"0s\")"), [""; 0]);
        assert_eq!(
            complaints("After(delay: \"1s\", max_extra: 0)"),
            ["hedge.max_extra"]
        );
        assert_eq!(
            complaints("Percentile(percentile: \"0%\")"),
            ["hedge.percentile"]
        );
    }
}
