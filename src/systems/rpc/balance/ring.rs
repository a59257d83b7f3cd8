//! Consistent hashing.

use std::sync::Arc;

use crate::sim::stream::mix;

use super::Candidate;

/// Points on a circle of 2⁶⁴ places. A key belongs to the replica of the first point at or after its own place.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    /// Place and replica, in the order of places. It never changes, so that clones share it.
    points: Arc<[(u64, u32)]>,
}

/// Keeps the places of keys and of points apart.
const KEY: u64 = 0x6b65_795f_706c_6163;

impl Ring {
    pub(super) fn new(replicas: u32, virtual_nodes: u32) -> Self {
        let mut points: Vec<(u64, u32)> = (0..replicas)
            .flat_map(|replica| {
                let first = mix(u64::from(replica) + 1);
                (0..virtual_nodes)
                    .map(move |node| (mix(first.wrapping_add(u64::from(node))), replica))
            })
            .collect();
        points.sort_unstable();
        Self {
            points: points.into(),
        }
    }

    /// The place in `able` of the replica to which `key` belongs if those that are not able have no points.
    pub(super) fn pick(&self, able: &[Candidate], key: u32) -> Option<usize> {
        let place = mix(u64::from(key) ^ KEY);
        let first = self.points.partition_point(|&(point, _)| point < place);
        let (before, after) = self.points.split_at(first);
        after
            .iter()
            .chain(before)
            .find_map(|&(_, replica)| able.binary_search_by_key(&replica, |c| c.index).ok())
    }
}
