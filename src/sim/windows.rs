//! How much of what is asked for is done well, in windows of time after the last disturbance: whether a system comes back,
//! and when.

use super::SECOND;

/// How long a window is, ns.
pub const WINDOW_NS: u64 = 5 * SECOND;

/// A window in which less than so many of ten are done well is not as it should be.
const GOOD_OF_TEN: u64 = 9;

/// Windows that follow one another from the last disturbance on; from the beginning of the run while there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Windows {
    disturbed_at: Option<u64>,
    /// When the window at hand began, ns.
    begun_at: u64,
    asked: u64,
    good: u64,
    /// The smallest and the largest share of the windows that are over, without the first.
    extremes: Option<(f64, f64)>,
    /// When the first of those windows began since which all were as they should be, ns.
    well_since: Option<u64>,
}

impl Windows {
    /// Something was asked for.
    #[inline]
    pub fn ask(&mut self, at: u64) {
        self.advance(at);
        self.asked += 1;
    }

    /// Something was done well.
    #[inline]
    pub fn do_well(&mut self, at: u64) {
        self.advance(at);
        self.good += 1;
    }

    /// All begins anew.
    pub fn disturb(&mut self, at: u64) {
        *self = Self {
            disturbed_at: Some(at),
            begun_at: at,
            ..Self::default()
        };
    }

    #[inline]
    fn advance(&mut self, at: u64) {
        if at - self.begun_at >= WINDOW_NS {
            self.close(at);
        }
    }

    /// Ends the window at hand. Those between it and `at` had nothing.
    #[cold]
    fn close(&mut self, at: u64) {
        if self.asked > 0 {
            if self.good * 10 >= self.asked * GOOD_OF_TEN {
                self.well_since.get_or_insert(self.begun_at);
            } else {
                self.well_since = None;
            }
            if self.begun_at > self.disturbed_at.unwrap_or(0) {
                // What was asked for in a window may be done in the next one.
                let share = (self.good as f64 / self.asked as f64).min(1.0);
                let (worst, best) = self.extremes.unwrap_or((share, share));
                self.extremes = Some((worst.min(share), best.max(share)));
            }
        }
        self.asked = 0;
        self.good = 0;
        self.begun_at += (at - self.begun_at) / WINDOW_NS * WINDOW_NS;
    }

    fn at(mut self, now: u64) -> Self {
        self.advance(now);
        self
    }

    /// Whether anything was disturbed.
    pub fn is_disturbed(&self) -> bool {
        self.disturbed_at.is_some()
    }

    /// The smallest share of a window up to `now`, without the first one.
    pub fn worst(&self, now: u64) -> Option<f64> {
        self.at(now).extremes.map(|(worst, _)| worst)
    }

    /// The largest share of a window up to `now`, without the first one.
    pub fn best(&self, now: u64) -> Option<f64> {
        self.at(now).extremes.map(|(_, best)| best)
    }

    /// From the last disturbance until the first of the windows since which all were as they should be, ns. `None`: nothing
    /// was disturbed, or the last window was not.
    pub fn recovery_ns(&self, now: u64) -> Option<u64> {
        let well_since = self.at(now).well_since?;
        Some(well_since - self.disturbed_at?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In each second from one on: so many asked for, so many done well.
    fn feed(windows: &mut Windows, seconds: std::ops::Range<u64>, asked: u64, good: u64) {
        for second in seconds {
            (0..asked).for_each(|_| windows.ask(second * SECOND));
            (0..good).for_each(|_| windows.do_well(second * SECOND));
        }
    }

    #[test]
    fn without_a_disturbance_the_first_window_does_not_count() {
        let mut windows = Windows::default();
        feed(&mut windows, 0..5, 10, 1);
        assert_eq!(windows.worst(5 * SECOND), None);
        feed(&mut windows, 5..10, 10, 8);
        assert_eq!(windows.worst(10 * SECOND - 1), None, "it is not over");
        assert_eq!(windows.worst(10 * SECOND), Some(0.8));
        feed(&mut windows, 10..15, 10, 6);
        feed(&mut windows, 15..19, 10, 0);
        let now = 19 * SECOND;
        assert_eq!(
            (windows.worst(now), windows.best(now)),
            (Some(0.6), Some(0.8))
        );
        assert_eq!(windows.recovery_ns(now), None);
    }

    #[test]
    fn recovery_lasts_until_the_windows_that_stay_well() {
        let mut windows = Windows::default();
        feed(&mut windows, 0..12, 10, 10);
        assert!(!windows.is_disturbed());
        windows.disturb(12 * SECOND);
        assert!(windows.is_disturbed());
        // 12 to 17: nothing; 17 to 22: all; 22 to 27: 8 of 10; 27 to 32: 9 of 10.
        feed(&mut windows, 12..17, 10, 0);
        assert_eq!(windows.recovery_ns(17 * SECOND), None);
        feed(&mut windows, 17..22, 10, 10);
        assert_eq!(windows.recovery_ns(22 * SECOND), Some(5 * SECOND));
        feed(&mut windows, 22..27, 10, 8);
        assert_eq!(windows.recovery_ns(27 * SECOND), None, "it fell back");
        feed(&mut windows, 27..32, 10, 9);
        let now = 32 * SECOND;
        assert_eq!(windows.recovery_ns(now), Some(15 * SECOND));
        assert_eq!(
            (windows.worst(now), windows.best(now)),
            (Some(0.8), Some(1.0)),
            "the first window after the disturbance is left out"
        );
        // Nobody asks for anything any more.
        assert_eq!(windows.recovery_ns(99 * SECOND), Some(15 * SECOND));
        assert_eq!(windows.worst(99 * SECOND), Some(0.8));
    }

    #[test]
    fn what_a_disturbance_did_not_touch_recovers_at_once() {
        let mut windows = Windows::default();
        windows.disturb(3 * SECOND);
        feed(&mut windows, 3..8, 10, 10);
        assert_eq!(windows.recovery_ns(8 * SECOND), Some(0));
        // A backlog that is worked off is not more than all.
        feed(&mut windows, 8..13, 10, 30);
        assert_eq!(windows.best(13 * SECOND), Some(1.0));
    }
}
