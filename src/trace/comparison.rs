//! A replay held against its recording while it is played: in portions, back and on again, and perhaps not to its end.

use super::recording::{Recording, Verdict};
use crate::sim::digest::Digest;

/// What is known so far of how a replay compares with its recording.
#[derive(Clone, Debug)]
pub struct Comparison {
    recording: Recording,
    verdict: Verdict,
    /// Digest and number of events at the end of the replay, once it was there.
    end: Option<(u64, u64)>,
}

impl Comparison {
    /// Of a replay that has not begun.
    pub fn new(recording: Recording) -> Self {
        Self {
            recording,
            verdict: Verdict::SameSoFar(0),
            end: None,
        }
    }

    /// What the replay is compared with.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Takes in where the replay stands. Moments before the furthest one are nothing new.
    pub fn look(&mut self, digest: &Digest, events: u64, is_over: bool) {
        if self.end.is_some() {
            return;
        }
        if is_over {
            self.verdict = self.recording.verify(digest, events);
            self.end = Some((digest.value(), events));
            return;
        }
        while let Verdict::SameSoFar(seconds) = self.verdict
            && let Some(now) = digest.chain().get(seconds)
        {
            let recorded = self.recording.chain.get(seconds);
            self.verdict = if recorded.is_some_and(|hex| hex.0 == *now) {
                Verdict::SameSoFar(seconds + 1)
            } else {
                Verdict::DiffersInSecond(seconds)
            };
        }
    }

    /// The verdict on what was played.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Digest and number of events at the end of the replay; `None` if it was not played to there.
    pub fn end(&self) -> Option<(u64, u64)> {
        self.end
    }

    /// The verdict in words.
    pub fn words(&self) -> String {
        match self.verdict {
            Verdict::Same => "the same run".to_owned(),
            Verdict::SameSoFar(0) => "no whole second was played: nothing is compared".to_owned(),
            Verdict::SameSoFar(seconds) => format!("the same as recorded up to second {seconds}"),
            Verdict::DiffersInSecond(second) => {
                let next = second + 1;
                format!("differs from second {second} on (between {second} s and {next} s)")
            }
            Verdict::DiffersAtTheEnd => {
                let last = self.recording.chain.len();
                format!("differs after {last} s: the whole seconds before are the same")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::recording::{FORMAT, Hex};
    use super::*;
    use crate::sim::SECOND;

    /// A run with one event in the middle of each second, which are these, up to the end of the last.
    fn run(events: &[u64]) -> Digest {
        let mut digest = Digest::default();
        for (second, event) in (0..).zip(events) {
            digest.advance(second * SECOND + SECOND / 2);
            digest.words(*event, 0);
            digest.advance((second + 1) * SECOND);
        }
        digest
    }

    fn recorded(events: &[u64]) -> Comparison {
        let digest = run(events);
        Comparison::new(Recording {
            format: FORMAT,
            version: String::new(),
            scenario: String::new(),
            scenario_hash: Hex(0),
            set: Vec::new(),
            control: false,
            seed: 7,
            until_ns: events.len() as u64 * SECOND,
            events: events.len() as u64,
            digest: Hex(digest.value()),
            chain: digest.chain().iter().map(|&d| Hex(d)).collect(),
            text: String::new(),
            interventions: Vec::new(),
            files: Vec::new(),
        })
    }

    #[test]
    fn a_part_is_compared_as_far_as_whole_seconds_were_played() {
        let mut comparison = recorded(&[1, 2, 3, 4]);
        comparison.look(&run(&[]), 0, false);
        assert_eq!(*comparison.verdict(), Verdict::SameSoFar(0));
        let mut digest = run(&[1, 2]);
        comparison.look(&digest, 2, false);
        assert_eq!(*comparison.verdict(), Verdict::SameSoFar(2));
        // What happens in a second that has not ended cannot be compared yet.
        digest.words(99, 0);
        comparison.look(&digest, 3, false);
        assert_eq!(*comparison.verdict(), Verdict::SameSoFar(2));
        assert!(comparison.words().contains("up to second 2"));
        assert_eq!(comparison.end(), None);
    }

    #[test]
    fn what_was_seen_counts_after_going_back() {
        let mut comparison = recorded(&[1, 2, 3, 4]);
        comparison.look(&run(&[1, 2, 3]), 3, false);
        comparison.look(&run(&[1]), 1, false);
        assert_eq!(*comparison.verdict(), Verdict::SameSoFar(3));
        comparison.look(&run(&[1, 2, 3, 4]), 4, true);
        assert_eq!(*comparison.verdict(), Verdict::Same);
        comparison.look(&run(&[1]), 1, false);
        assert_eq!(*comparison.verdict(), Verdict::Same);
    }

    #[test]
    fn the_first_second_that_differs_is_named_before_the_end_and_at_it() {
        let mut comparison = recorded(&[1, 2, 3, 4]);
        comparison.look(&run(&[1, 99, 3]), 3, false);
        assert_eq!(*comparison.verdict(), Verdict::DiffersInSecond(1));
        comparison.look(&run(&[1, 99, 3, 4]), 4, true);
        assert_eq!(*comparison.verdict(), Verdict::DiffersInSecond(1));
        assert!(comparison.end().is_some());
    }

    #[test]
    fn a_recording_with_fewer_seconds_differs_where_it_ends() {
        let mut comparison = recorded(&[1, 2]);
        comparison.look(&run(&[1, 2, 3]), 3, false);
        assert_eq!(*comparison.verdict(), Verdict::DiffersInSecond(2));
    }
}
