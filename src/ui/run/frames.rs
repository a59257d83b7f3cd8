//! When the next frame may be drawn. A run that plays is drawn thirty times a second; what a person did is drawn at once, and the
//! frame after it comes so much later. So there are never more than thirty frames a second, and one beside them.

use std::time::Duration;

/// Between two frames, on the average.
pub(super) const FRAME: Duration = Duration::from_millis(33);

/// Times are since the screen opened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frames {
    /// Thirty frames a second have the next one here.
    due: Duration,
}

impl Frames {
    /// How long until a frame may be drawn; one that shows what a person did may come before its time.
    pub(super) fn until(&self, now: Duration, is_pressed: bool) -> Duration {
        let ahead = if is_pressed { FRAME } else { Duration::ZERO };
        self.due.saturating_sub(now + ahead)
    }

    /// A frame is drawn now.
    pub(super) fn drawn(&mut self, now: Duration) {
        self.due = self.due.max(now) + FRAME;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn what_a_person_did_is_drawn_at_once_and_the_next_frame_comes_so_much_later() {
        let mut frames = Frames::default();
        frames.drawn(ms(100));
        assert_eq!(frames.until(ms(101), false), ms(32));
        assert_eq!(frames.until(ms(101), true), Duration::ZERO);
        frames.drawn(ms(101));
        assert_eq!(frames.until(ms(101), false), ms(65));
        // A second key within the same frame waits for its turn.
        assert_eq!(frames.until(ms(102), true), ms(31));
        assert_eq!(frames.until(ms(133), true), Duration::ZERO);
    }

    #[test]
    fn a_flood_of_keys_makes_thirty_frames_a_second() {
        let mut frames = Frames::default();
        let mut drawn = 0;
        for now in 0..10_000 {
            if frames.until(ms(now), true).is_zero() {
                frames.drawn(ms(now));
                drawn += 1;
            }
        }
        // 10 s, and one beside them.
        assert_eq!(drawn, 10_000 / 33 + 2);
    }

    #[test]
    fn time_in_which_nothing_was_drawn_is_not_saved_up() {
        let mut frames = Frames::default();
        frames.drawn(ms(9_000));
        assert_eq!(frames.until(ms(9_000), false), FRAME);
    }
}
