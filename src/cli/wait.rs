//! Waiting for work that goes on as long as there is time, or for so many runs, and tells how far it is.

use std::time::Instant;

use super::ends::Ends;
use super::progress::Progress;
use crate::sim::units::Duration;

/// How long it is worked if nobody says it.
const BUDGET: Duration = Duration::from_secs(60);

/// Waits, as long as there is time and no signal.
pub struct Wait {
    budget: Option<Duration>,
    runs: Option<u64>,
    /// When it began.
    pub start: Instant,
    /// Tells how far it is.
    pub progress: Progress,
    /// Signals to end.
    pub ends: Ends,
}

impl Wait {
    /// From now on for so long, in real time, or for so many runs. A number of runs is enough of an end.
    pub fn begin(budget: Option<Duration>, runs: Option<u64>, ends: Ends) -> Self {
        let start = Instant::now();
        let usual = runs.is_none().then_some(BUDGET);
        Self {
            budget: budget.or(usual),
            runs,
            start,
            progress: Progress::on_stderr(start),
            ends,
        }
    }

    /// Tells after so many runs how far it is, if it is time to; whether there is more time.
    pub fn look(&mut self, runs: u64, words: impl FnOnce() -> String) -> bool {
        let (done, all) = self.share(runs);
        self.progress.look(done.min(all), all, words);
        done < all
    }

    fn share(&self, runs: u64) -> (u64, u64) {
        match (self.budget, self.runs) {
            (Some(budget), _) => {
                let spent = self.start.elapsed().as_millis();
                (
                    u64::try_from(spent).unwrap_or(u64::MAX),
                    budget.ns() / 1_000_000,
                )
            }
            (None, all) => (runs, all.unwrap_or(u64::MAX)),
        }
    }
}
