//! Which replica of a service gets a call.

mod choices;
mod ring;
mod weighted;

#[cfg(test)]
mod mean_field_tests;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::count;
use crate::sim::stream::Stream;

use choices::CHOICES_MAX;
use ring::Ring;
use weighted::Weighted;

/// How calls are shared out among the replicas of a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Balance {
    /// One after the other. Each client begins at a random one, as gRPC's `round_robin` does, so that clients that start
    /// together do not move in step.
    #[default]
    RoundRobin,
    /// Any, all equally likely.
    Random,
    /// The one to which this client has the fewest calls under way. Of several the next in turn, as nginx's `least_conn` and
    /// `HAProxy`'s `leastconn` do: always the first would make one replica do all the work of a client that is seldom busy.
    LeastBusy,
    /// Of `d` different ones chosen at random the one with the fewest calls under way (Envoy's `LEAST_REQUEST` with its
    /// `choice_count`; M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001). Of equal ones any.
    PowerOfChoices {
        /// How many are looked at.
        #[serde(default = "count::<2>")]
        d: u32,
    },
    /// In turn, each as often as its weight says, and spread evenly: nginx's smooth weighted round robin.
    Weighted {
        /// The weight of each replica, in their order.
        weights: Vec<u32>,
    },
    /// By the key of the call, on a ring: the same key goes to the same replica, and if one is not able, only its keys move
    /// (D. Karger et al., "Consistent Hashing and Random Trees", 1997). A share differs from the mean by about
    /// 1 / √`virtual_nodes`.
    ConsistentHash {
        /// Points of each replica on the ring (ketama: 160).
        #[serde(default = "ketama_points")]
        virtual_nodes: u32,
    },
}

/// More points than this on a ring are a slip.
const VIRTUAL_NODES_MAX: u32 = 10_000;
/// So that no sum of weights overflows.
const WEIGHT_MAX: u32 = 1_000_000;

impl Balance {
    /// By key, with the usual number of points on the ring.
    pub fn consistent_hash() -> Self {
        Self::ConsistentHash {
            virtual_nodes: ketama_points(),
        }
    }

    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        match self {
            Self::RoundRobin | Self::Random | Self::LeastBusy => {}
            Self::PowerOfChoices { d } => {
                if !(1..=CHOICES_MAX as u32).contains(d) {
                    let why = format!("{d} choices: from 1 to {CHOICES_MAX} are possible");
                    out.push(Complaint::error(at.field("d"), why));
                }
            }
            Self::Weighted { weights } => {
                for (index, weight) in weights.iter().enumerate() {
                    if !(1..=WEIGHT_MAX).contains(weight) {
                        let why = format!("{weight} is not from 1 to {WEIGHT_MAX}");
                        let field = at.field("weights").index(index);
                        out.push(Complaint::error(field, why));
                    }
                }
            }
            Self::ConsistentHash { virtual_nodes } => {
                if !(1..=VIRTUAL_NODES_MAX).contains(virtual_nodes) {
                    let why = format!("{virtual_nodes} is not from 1 to {VIRTUAL_NODES_MAX}");
                    out.push(Complaint::error(at.field("virtual_nodes"), why));
                }
            }
        }
    }

    /// Says what does not fit a service of so many replicas.
    pub fn check_replicas(&self, replicas: u32, at: &Path, out: &mut Vec<Complaint>) {
        if let Self::Weighted { weights } = self
            && weights.len() != replicas as usize
        {
            let why = format!("{} weights for {replicas} replicas", weights.len());
            out.push(Complaint::error(at.field("weights"), why).rests_on(&["nodes"]));
        }
    }
}

/// A replica that may get a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its number in the service, from 0.
    pub index: u32,
    /// Calls of this client to it that are under way.
    pub outstanding: u32,
}

/// Shares out the calls of one client.
#[derive(Clone, Debug)]
pub struct Balancer(Kind);

#[derive(Clone, Debug)]
enum Kind {
    RoundRobin(Turn),
    Random,
    LeastBusy(Turn),
    PowerOfChoices(usize),
    Weighted(Weighted),
    ConsistentHash(Ring),
}

impl Balancer {
    /// For a service of so many replicas.
    pub fn new(settings: &Balance, replicas: u32) -> Self {
        Self(match settings {
            Balance::RoundRobin => Kind::RoundRobin(Turn::default()),
            Balance::Random => Kind::Random,
            Balance::LeastBusy => Kind::LeastBusy(Turn::default()),
            Balance::PowerOfChoices { d } => Kind::PowerOfChoices(*d as usize),
            Balance::Weighted { weights } => Kind::Weighted(Weighted::new(weights, replicas)),
            Balance::ConsistentHash { virtual_nodes } => {
                Kind::ConsistentHash(Ring::new(replicas, *virtual_nodes))
            }
        })
    }

    /// The place in `able` of the replica that gets the next call; `None` if there is none. `able` is in the order of the
    /// replicas' numbers; `key` matters to consistent hashing only.
    pub fn pick(&mut self, able: &[Candidate], key: u32, stream: &mut Stream) -> Option<usize> {
        if able.is_empty() {
            return None;
        }
        Some(match &mut self.0 {
            Kind::RoundRobin(turn) => {
                let place = turn.next(able, stream);
                turn.took(able[place]);
                place
            }
            Kind::Random => stream.below(able.len() as u64) as usize,
            Kind::LeastBusy(turn) => {
                let (behind, ahead) = able.split_at(turn.next(able, stream));
                let in_turn = (behind.len()..able.len()).zip(ahead);
                let in_turn = in_turn.chain(behind.iter().enumerate());
                // Of equal ones the first.
                let (place, _) = in_turn.min_by_key(|(_, c)| c.outstanding)?;
                turn.took(able[place]);
                place
            }
            Kind::PowerOfChoices(d) => choices::pick(*d, able, stream),
            Kind::Weighted(weighted) => weighted.pick(able),
            Kind::ConsistentHash(ring) => ring.pick(able, key)?,
        })
    }
}

/// Whose turn it is.
#[derive(Clone, Debug, Default)]
struct Turn {
    /// The replica that was last, once there was one.
    last: Option<u32>,
}

impl Turn {
    /// The place of the first replica after the last one, in a circle; at first of any.
    fn next(&self, able: &[Candidate], stream: &mut Stream) -> usize {
        match self.last {
            Some(last) => able.partition_point(|c| c.index <= last) % able.len(),
            None => stream.below(able.len() as u64) as usize,
        }
    }

    fn took(&mut self, candidate: Candidate) {
        self.last = Some(candidate.index);
    }
}

const fn ketama_points() -> u32 {
    160
}
