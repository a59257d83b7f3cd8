//! Which brokers get the copies of a partition.

/// Chooses brokers for `partitions` partitions with `copies` copies each: round the zones, and within a zone round its
/// brokers, beginning one further with each partition (Kafka's `StripedReplicaPlacer`, with its random beginnings at 0 and
/// without its reshuffling, so that a person can foresee it). The first broker of each is the preferred leader.
pub(in super::super) fn spread(
    zones: &[Option<String>],
    partitions: u32,
    copies: usize,
) -> Vec<Vec<usize>> {
    let mut names: Vec<&Option<String>> = zones.iter().collect();
    names.sort();
    names.dedup();
    let racks: Vec<Vec<usize>> = names
        .iter()
        .map(|name| (0..zones.len()).filter(|&b| zones[b] == **name).collect())
        .collect();
    let copies = copies.min(zones.len());
    let one = |partition: usize| {
        let mut taken = vec![0; racks.len()];
        let mut chosen = Vec::with_capacity(copies);
        let mut rack = partition % racks.len().max(1);
        while chosen.len() < copies {
            let brokers = &racks[rack];
            if taken[rack] < brokers.len() {
                // Each rack begins one broker further when its turn to be the first comes round again.
                let from = partition / gap(racks.len());
                chosen.push(brokers[(from + taken[rack]) % brokers.len()]);
                taken[rack] += 1;
            }
            rack = (rack + 1) % racks.len();
        }
        chosen
    };
    (0..partitions as usize).map(one).collect()
}

/// After so many partitions every rack has been the first once.
fn gap(racks: usize) -> usize {
    racks.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(names: &[&str]) -> Vec<Option<String>> {
        names.iter().map(|n| Some((*n).to_owned())).collect()
    }

    #[test]
    fn without_zones_each_broker_leads_in_turn() {
        let placed = spread(&[None, None, None], 4, 3);
        assert_eq!(
            placed,
            [vec![0, 1, 2], vec![1, 2, 0], vec![2, 0, 1], vec![0, 1, 2]]
        );
    }

    #[test]
    fn copies_stand_in_different_zones_as_far_as_there_are_zones() {
        let zones = zones(&["a", "a", "b", "b", "c", "c"]);
        for replicas in spread(&zones, 12, 3) {
            let mut seen: Vec<_> = replicas.iter().map(|&b| zones[b].clone()).collect();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 3, "{replicas:?}");
        }
    }

    #[test]
    fn leaders_and_copies_are_spread_evenly() {
        let zones = zones(&["a", "a", "b", "b", "c", "c"]);
        let placed = spread(&zones, 12, 2);
        for broker in 0..6 {
            let leads = placed.iter().filter(|r| r[0] == broker).count();
            let holds = placed.iter().filter(|r| r.contains(&broker)).count();
            assert_eq!((leads, holds), (2, 4), "broker {broker}");
        }
    }

    #[test]
    fn no_broker_has_two_copies_even_if_zones_are_uneven() {
        let zones = zones(&["a", "b", "b", "b"]);
        for replicas in spread(&zones, 8, 4) {
            let mut sorted = replicas.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
        }
    }
}
