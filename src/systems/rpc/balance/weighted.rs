//! nginx's smooth weighted round robin.

use super::Candidate;

/// With each pick every able replica gains its weight, the one with the most is taken and loses what all have gained. So over a
/// round each is taken as often as its weight says, and turns of one replica are spread (nginx, "Upstream: smooth weighted
/// round-robin balancing", 1.3.1).
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    /// Weight and gain of each replica.
    replicas: Box<[(i64, i64)]>,
}

impl Weighted {
    pub(super) fn new(weights: &[u32], replicas: u32) -> Self {
        let weight = |index: usize| weights.get(index).map_or(1, |&w| i64::from(w));
        Self {
            replicas: (0..replicas as usize).map(|i| (weight(i), 0)).collect(),
        }
    }

    pub(super) fn pick(&mut self, able: &[Candidate]) -> usize {
        let (mut all, mut most, mut best) = (0, i64::MIN, 0);
        for (place, candidate) in able.iter().enumerate() {
            let (weight, gain) = &mut self.replicas[candidate.index as usize];
            all += *weight;
            *gain += *weight;
            if *gain > most {
                (most, best) = (*gain, place);
            }
        }
        self.replicas[able[best].index as usize].1 -= all;
        best
    }
}
