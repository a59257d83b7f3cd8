//! Assignors: how the leader of a group shares partitions among its members. Pure functions of the members.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::sim::QueueId;

use super::cluster::Cluster;
use super::protocol::{Assignor, JoinedMember};

/// Shares the partitions that the members subscribe to; one entry per member, in the order given, its partitions sorted.
pub(super) fn assign(
    assignor: Assignor,
    members: &[JoinedMember],
    cluster: &Cluster,
) -> Vec<(u64, Arc<[QueueId]>)> {
    let topic_of = |q: QueueId| cluster.topic_of(q).map_or(q.0, |t| t.first.0);
    share(assignor, members, topic_of)
}

fn share(
    assignor: Assignor,
    members: &[JoinedMember],
    topic_of: impl Fn(QueueId) -> u32,
) -> Vec<(u64, Arc<[QueueId]>)> {
    let mut shares = match assignor {
        Assignor::Range => range(members, topic_of),
        Assignor::RoundRobin => round_robin(members),
        Assignor::Sticky => sticky(members),
        Assignor::CooperativeSticky => hand_over(members, sticky(members)),
    };
    shares.iter_mut().for_each(|s| s.sort_unstable());
    let ids = members.iter().map(|m| m.member_id);
    ids.zip(shares.into_iter().map(Arc::from)).collect()
}

/// Members in the order that Kafka's assignors see them: by `group.instance.id` first (KIP-345), then by member id.
fn order(members: &[JoinedMember]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&m| {
        let member = &members[m];
        (member.instance.is_none(), member.instance, member.member_id)
    });
    order
}

/// All partitions that anybody subscribes to, sorted. Most members subscribe to the very same.
fn all(members: &[JoinedMember]) -> Vec<QueueId> {
    let mut queues: Vec<QueueId> = Vec::new();
    let mut last: &[QueueId] = &[];
    for member in members {
        if *member.subscription != *last {
            queues.extend(member.subscription.iter());
            last = &member.subscription;
        }
    }
    queues.sort_unstable();
    queues.dedup();
    queues
}

/// Whether all members subscribe to the same.
fn is_uniform(members: &[JoinedMember]) -> bool {
    members
        .windows(2)
        .all(|pair| pair[0].subscription == pair[1].subscription)
}

/// `RangeAssignor`: each topic for itself is cut into runs; the first members get one more where it does not divide evenly.
fn range(members: &[JoinedMember], topic_of: impl Fn(QueueId) -> u32) -> Vec<Vec<QueueId>> {
    let mut shares = vec![Vec::new(); members.len()];
    let mut topics: BTreeMap<u32, Vec<QueueId>> = BTreeMap::new();
    for queue in all(members) {
        topics.entry(topic_of(queue)).or_default().push(queue);
    }
    let order = order(members);
    for queues in topics.values() {
        let wants = |m: &usize| members[*m].subscription.contains(&queues[0]);
        let takers: Vec<usize> = order.iter().copied().filter(wants).collect();
        let (each, more) = (queues.len() / takers.len(), queues.len() % takers.len());
        let mut rest = queues.iter();
        for (nth, &member) in takers.iter().enumerate() {
            let count = each + usize::from(nth < more);
            shares[member].extend(rest.by_ref().take(count));
        }
    }
    shares
}

/// `RoundRobinAssignor`: all partitions in a row, to one member after another.
fn round_robin(members: &[JoinedMember]) -> Vec<Vec<QueueId>> {
    let mut shares = vec![Vec::new(); members.len()];
    let order = order(members);
    let mut turn = 0;
    for queue in all(members) {
        for _ in 0..order.len() {
            let member = order[turn % order.len()];
            turn += 1;
            if members[member].subscription.contains(&queue) {
                shares[member].push(queue);
                break;
            }
        }
    }
    shares
}

/// `StickyAssignor`: as balanced as the subscriptions allow, and otherwise everybody keeps what he has (KIP-54).
fn sticky(members: &[JoinedMember]) -> Vec<Vec<QueueId>> {
    let mut shares = vec![Vec::new(); members.len()];
    let order = order(members);
    let queues = all(members);
    let mut owner: BTreeMap<QueueId, usize> = BTreeMap::new();
    for &member in &order {
        for &queue in members[member].owned.iter() {
            if members[member].subscription.contains(&queue) && !owner.contains_key(&queue) {
                owner.insert(queue, member);
                shares[member].push(queue);
            }
        }
    }
    shares.iter_mut().for_each(|s| s.sort_unstable());
    let mut free = queues;
    free.retain(|q| !owner.contains_key(q));
    if is_uniform(members) {
        level(&order, &mut shares, &free);
    } else {
        deal(members, &order, &mut shares, &free);
    }
    shares
}

/// Hands out what nobody owns, and evens out the rest.
fn deal(members: &[JoinedMember], order: &[usize], shares: &mut [Vec<QueueId>], free: &[QueueId]) {
    for &queue in free {
        let wants = |m: &&usize| members[**m].subscription.contains(&queue);
        if let Some(&least) = order.iter().filter(wants).min_by_key(|&&m| shares[m].len()) {
            shares[least].push(queue);
        }
    }
    balance(members, order, shares);
}

/// The same as [`deal`] where everybody may have everything, without looking at all members for each partition.
fn level(order: &[usize], shares: &mut [Vec<QueueId>], free: &[QueueId]) {
    let len = |shares: &[Vec<QueueId>], nth: usize| shares[order[nth]].len();
    let all = 0..order.len();
    let mut emptiest: BTreeSet<(usize, usize)> = all.map(|n| (len(shares, n), n)).collect();
    for &queue in free {
        let Some((_, nth)) = emptiest.pop_first() else {
            return;
        };
        shares[order[nth]].push(queue);
        emptiest.insert((len(shares, nth), nth));
    }
    let fullest = emptiest.iter().map(|&(len, nth)| (Reverse(len), nth));
    let mut fullest: BTreeSet<(Reverse<usize>, usize)> = fullest.collect();
    while let (Some(&(least, to)), Some(&(Reverse(most), from))) =
        (emptiest.first(), fullest.first())
        && most - least >= 2
        && let Some(queue) = shares[order[from]].pop()
    {
        shares[order[to]].push(queue);
        for (nth, before, after) in [(to, least, least + 1), (from, most, most - 1)] {
            emptiest.remove(&(before, nth));
            emptiest.insert((after, nth));
            fullest.remove(&(Reverse(before), nth));
            fullest.insert((Reverse(after), nth));
        }
    }
}

/// Moves single partitions from the fullest to the emptiest member that may have them, until that helps no more.
fn balance(members: &[JoinedMember], order: &[usize], shares: &mut [Vec<QueueId>]) {
    loop {
        let mut best: Option<(usize, usize, usize, usize)> = None;
        for &to in order {
            for &from in order {
                let gap = shares[from].len().saturating_sub(shares[to].len());
                if gap < 2 || best.is_some_and(|(g, ..)| g >= gap) {
                    continue;
                }
                let may = |q: &QueueId| members[to].subscription.contains(q);
                if let Some(at) = shares[from].iter().rposition(may) {
                    best = Some((gap, from, to, at));
                }
            }
        }
        let Some((_, from, to, at)) = best else {
            return;
        };
        let queue = shares[from].remove(at);
        shares[to].push(queue);
    }
}

/// `CooperativeStickyAssignor`: what has to move is given to nobody yet, so that its owner gives it back first; the
/// rebalance that follows hands it out (KIP-429).
fn hand_over(members: &[JoinedMember], mut shares: Vec<Vec<QueueId>>) -> Vec<Vec<QueueId>> {
    for (at, share) in shares.iter_mut().enumerate() {
        share.retain(|queue| {
            let mut others = members.iter().enumerate().filter(|(m, _)| *m != at);
            members[at].owned.contains(queue) || !others.any(|(_, m)| m.owned.contains(queue))
        });
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Assignor; 4] = [
        Assignor::Range,
        Assignor::RoundRobin,
        Assignor::Sticky,
        Assignor::CooperativeSticky,
    ];

    /// Topics of ten partitions: 0..10, 10..20, …
    fn topic_of(queue: QueueId) -> u32 {
        queue.0 / 10
    }

    fn queues(of: impl IntoIterator<Item = u32>) -> Arc<[QueueId]> {
        of.into_iter().map(QueueId).collect()
    }

    fn member(member_id: u64, subscription: &Arc<[QueueId]>, owned: &[u32]) -> JoinedMember {
        JoinedMember {
            member_id,
            instance: None,
            subscription: Arc::clone(subscription),
            owned: queues(owned.iter().copied()),
        }
    }

    fn fresh(count: u64, subscription: &Arc<[QueueId]>) -> Vec<JoinedMember> {
        (1..=count)
            .map(|id| member(id, subscription, &[]))
            .collect()
    }

    fn sizes(assignor: Assignor, members: &[JoinedMember]) -> Vec<usize> {
        let shares = share(assignor, members, topic_of);
        shares.iter().map(|(_, s)| s.len()).collect()
    }

    #[test]
    fn eight_consumers_on_seven_partitions_leave_one_idle() {
        let members = fresh(8, &queues(0..7));
        for assignor in ALL {
            let sizes = sizes(assignor, &members);
            assert_eq!(sizes.iter().filter(|&&n| n == 1).count(), 7, "{assignor:?}");
            assert_eq!(sizes.iter().filter(|&&n| n == 0).count(), 1, "{assignor:?}");
        }
    }

    #[test]
    fn range_gives_the_first_members_one_more_of_every_topic() {
        // Three topics of three partitions for two members: Range gives 2 + 2 + 2 and 1 + 1 + 1, the others 5 and 4.
        let members = fresh(2, &queues([0, 1, 2, 10, 11, 12, 20, 21, 22]));
        assert_eq!(sizes(Assignor::Range, &members), [6, 3]);
        for assignor in [Assignor::RoundRobin, Assignor::Sticky] {
            assert_eq!(sizes(assignor, &members), [5, 4], "{assignor:?}");
        }
    }

    #[test]
    fn range_follows_the_documented_example() {
        // Kafka's RangeAssignor: two consumers, topics t0 and t1 of three partitions each:
        // C0: [t0p0, t0p1, t1p0, t1p1], C1: [t0p2, t1p2].
        let members = fresh(2, &queues([0, 1, 2, 10, 11, 12]));
        let shares = share(Assignor::Range, &members, topic_of);
        assert_eq!(shares[0].1, queues([0, 1, 10, 11]));
        assert_eq!(shares[1].1, queues([2, 12]));
    }

    #[test]
    fn round_robin_follows_the_documented_example() {
        // Kafka's RoundRobinAssignor: C0: [t0p0, t0p2, t1p1], C1: [t0p1, t1p0, t1p2].
        let members = fresh(2, &queues([0, 1, 2, 10, 11, 12]));
        let shares = share(Assignor::RoundRobin, &members, topic_of);
        assert_eq!(shares[0].1, queues([0, 2, 11]));
        assert_eq!(shares[1].1, queues([1, 10, 12]));
    }

    #[test]
    fn cooperative_takes_away_first_and_gives_in_the_next_round() {
        let subscription = queues(0..4);
        let mut members = vec![
            member(1, &subscription, &[0, 1, 2, 3]),
            member(2, &subscription, &[]),
        ];
        let first = share(Assignor::CooperativeSticky, &members, topic_of);
        assert_eq!((first[0].1.len(), first[1].1.len()), (2, 0));
        members[0].owned = Arc::clone(&first[0].1);
        let second = share(Assignor::CooperativeSticky, &members, topic_of);
        assert_eq!(second[0].1, first[0].1);
        assert_eq!(second[1].1.len(), 2);
        let eager = share(
            Assignor::Sticky,
            &[
                member(1, &subscription, &[0, 1, 2, 3]),
                member(2, &subscription, &[]),
            ],
            topic_of,
        );
        assert_eq!((eager[0].1.len(), eager[1].1.len()), (2, 2));
    }

    #[test]
    fn static_members_keep_their_places_under_new_ids() {
        let subscription = queues(0..4);
        let named = |id: u64, instance: u32| JoinedMember {
            instance: Some(instance),
            ..member(id, &subscription, &[])
        };
        let before = share(Assignor::Range, &[named(1, 0), named(2, 1)], topic_of);
        let after = share(Assignor::Range, &[named(9, 0), named(2, 1)], topic_of);
        assert_eq!(before[0].1, after[0].1);
        assert_eq!(before[1].1, after[1].1);
    }

    /// Members that subscribe to the same topics, with a former assignment in which nobody shares a partition.
    fn any_group() -> impl Strategy<Value = Vec<JoinedMember>> {
        let partitions = prop::collection::vec(1_u32..10, 1..4);
        (partitions, 1_u64..9, prop::collection::vec(0_u64..12, 40)).prop_map(
            |(partitions, count, owners)| {
                let all: Vec<u32> = (0_u32..)
                    .zip(&partitions)
                    .flat_map(|(topic, &n)| (0..n).map(move |p| topic * 10 + p))
                    .collect();
                let subscription = queues(all.iter().copied());
                (0..count)
                    .map(|id| {
                        let owned: Vec<u32> = all
                            .iter()
                            .zip(&owners)
                            .filter(|(_, owner)| **owner == id)
                            .map(|(&q, _)| q)
                            .collect();
                        member(id + 1, &subscription, &owned)
                    })
                    .collect()
            },
        )
    }

    proptest! {
        #[test]
        fn where_all_may_have_all_the_short_way_leads_to_the_same(members in any_group()) {
            let (order, mut short) = (order(&members), Vec::new());
            short.extend(members.iter().map(|m| m.owned.to_vec()));
            let mut long = short.clone();
            let mut free = all(&members);
            free.retain(|q| !short.iter().flatten().any(|owned| owned == q));
            level(&order, &mut short, &free);
            deal(&members, &order, &mut long, &free);
            prop_assert_eq!(short, long);
        }

        #[test]
        fn every_partition_has_exactly_one_owner(members in any_group()) {
            for assignor in [Assignor::Range, Assignor::RoundRobin, Assignor::Sticky] {
                let shares = share(assignor, &members, topic_of);
                let mut given: Vec<QueueId> = shares.iter().flat_map(|(_, s)| s.iter().copied()).collect();
                given.sort_unstable();
                prop_assert_eq!(given, all(&members));
            }
        }

        #[test]
        fn shares_differ_by_one_at_most(members in any_group()) {
            for assignor in [Assignor::RoundRobin, Assignor::Sticky] {
                let sizes = sizes(assignor, &members);
                let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
                prop_assert!(most - least <= 1, "{assignor:?} {sizes:?}");
            }
        }

        #[test]
        fn sticky_moves_no_more_than_balance_needs(members in any_group()) {
            // Whoever owned at most the smaller share keeps all; whoever owned more keeps at least the smaller share.
            let shares = share(Assignor::Sticky, &members, topic_of);
            let floor = all(&members).len() / members.len();
            for (member, (_, share)) in members.iter().zip(&shares) {
                let kept = member.owned.iter().filter(|q| share.contains(q)).count();
                prop_assert!(kept >= member.owned.len().min(floor));
            }
        }

        #[test]
        fn cooperative_never_gives_what_another_still_owns_and_settles_in_two_rounds(members in any_group()) {
            let mut members = members;
            for round in 0..2 {
                let shares = share(Assignor::CooperativeSticky, &members, topic_of);
                for (at, (_, share)) in shares.iter().enumerate() {
                    for (_, other) in members.iter().enumerate().filter(|(m, _)| *m != at) {
                        prop_assert!(share.iter().all(|q| !other.owned.contains(q)), "round {round}");
                    }
                }
                for (member, (_, share)) in members.iter_mut().zip(&shares) {
                    member.owned = Arc::clone(share);
                }
            }
            let owned: BTreeSet<QueueId> = members.iter().flat_map(|m| m.owned.iter().copied()).collect();
            prop_assert_eq!(owned.len(), all(&members).len());
            let sizes: Vec<usize> = members.iter().map(|m| m.owned.len()).collect();
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        }
    }
}
