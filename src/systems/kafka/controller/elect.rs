//! Fencing, elections, in-sync replicas.

use crate::sim::{Fact, Pid, Token};

use super::super::Ctx;
use super::super::protocol::{AlterIsr, Error, MetadataRecord, PartitionState};
use super::super::{notes, rules};
use super::{Controller, kind};

/// The outcome of an election: who leads, who is in sync, and whether nothing can be lost by it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Outcome {
    leader: Option<Pid>,
    isr: Vec<Pid>,
    clean: bool,
}

/// Elects: the present leader if it may go on, else the first replica in the order of assignment that is in sync and
/// active; else, if allowed, the first active one, which then is the only one in sync; else nobody. The last in-sync
/// replicas stay so even while they are dead, for they alone have everything (Kafka's `PartitionChangeBuilder`).
fn elect(p: &PartitionState, active: impl Fn(Pid) -> bool, unclean: bool) -> Outcome {
    let isr: Vec<Pid> = p.isr.iter().copied().filter(|&r| active(r)).collect();
    let stays = p.leader.filter(|l| isr.contains(l));
    let first = p.replicas.iter().copied().find(|r| isr.contains(r));
    if let Some(leader) = stays.or(first) {
        return Outcome {
            leader: Some(leader),
            isr,
            clean: true,
        };
    }
    match p.replicas.iter().copied().find(|&r| active(r)) {
        Some(leader) if unclean => Outcome {
            leader: Some(leader),
            isr: vec![leader],
            clean: false,
        },
        _ => Outcome {
            leader: None,
            isr: p.isr.clone(),
            clean: true,
        },
    }
}

impl Controller {
    /// A broker has not been heard of in time: it may neither lead nor be in sync.
    pub(super) fn fence(&mut self, index: usize, ctx: &mut Ctx<'_>) {
        self.set_fenced(index, true, ctx);
        self.replace(self.cluster.brokers[index], ctx);
    }

    /// A broker may not lead or be in sync any more: others take its place.
    pub(super) fn replace(&mut self, broker: Pid, ctx: &mut Ctx<'_>) {
        for place in 0..self.partitions.len() {
            if self.partitions[place].isr.contains(&broker) {
                self.choose(place, ctx);
            }
        }
    }

    /// A broker has caught up with the metadata: it may lead what nobody leads.
    pub(super) fn unfence(&mut self, index: usize, ctx: &mut Ctx<'_>) {
        self.set_fenced(index, false, ctx);
        let broker = self.cluster.brokers[index];
        for place in 0..self.partitions.len() {
            let p = &self.partitions[place];
            if p.leader.is_none() && p.replicas.contains(&broker) {
                self.choose(place, ctx);
            }
        }
    }

    fn set_fenced(&mut self, index: usize, fenced: bool, ctx: &mut Ctx<'_>) {
        let broker = self.cluster.brokers[index];
        self.brokers[index].fenced = fenced;
        self.log(MetadataRecord::Broker { broker, fenced });
        let code = if fenced {
            notes::FENCED
        } else {
            notes::UNFENCED
        };
        ctx.record(Fact::Note {
            code,
            a: broker.0,
            b: 0,
        });
    }

    /// Elects anew, and removes inactive replicas from the in-sync ones.
    fn choose(&mut self, place: usize, ctx: &mut Ctx<'_>) {
        let p = &self.partitions[place];
        let topic = self.cluster.topic_of(p.queue);
        let unclean = topic.is_some_and(|t| t.settings.unclean_leader_election_enable);
        let outcome = elect(p, |pid| self.is_active(pid), unclean);
        let any = self.cluster.left_out.has(rules::ELECT_FROM_ISR);
        let outcome = if any { self.any(place) } else { outcome };
        self.change(place, outcome, ctx);
    }

    /// The last active replica in the order of assignment leads, whoever is in sync, and all who are active count as in sync.
    #[cold]
    fn any(&self, place: usize) -> Outcome {
        let p = &self.partitions[place];
        let active = p.replicas.iter().copied().filter(|&r| self.is_active(r));
        let isr: Vec<Pid> = active.collect();
        Outcome {
            leader: isr.last().copied(),
            isr: if isr.is_empty() { p.isr.clone() } else { isr },
            clean: true,
        }
    }

    fn change(&mut self, place: usize, outcome: Outcome, ctx: &mut Ctx<'_>) {
        let p = &mut self.partitions[place];
        let new_leader = p.leader != outcome.leader;
        let members = (p.isr.len(), outcome.isr.len());
        if !new_leader && p.isr == outcome.isr {
            return;
        }
        p.isr = outcome.isr;
        p.leader = outcome.leader;
        p.partition_epoch += 1;
        let raises = !self.cluster.left_out.has(rules::RAISE_LEADER_EPOCH);
        p.leader_epoch += u32::from(new_leader && raises);
        if new_leader {
            ctx.record(Fact::Elected {
                queue: p.queue,
                leader: p.leader,
                epoch: p.leader_epoch,
                clean: outcome.clean,
            });
        }
        if members.0 != members.1 {
            ctx.record(Fact::InSync {
                queue: p.queue,
                members: members.1 as u32,
                of: p.replicas.len() as u32,
                grew: members.1 > members.0,
            });
        }
        let state = p.clone();
        self.elections += u64::from(new_leader);
        self.log(MetadataRecord::Partition(state));
    }

    /// A leader wants the in-sync replicas changed (KIP-497; the eligibility of members is KIP-841's).
    pub(super) fn alter(
        &mut self,
        from: Pid,
        wish: &AlterIsr,
        ctx: &mut Ctx<'_>,
    ) -> Result<PartitionState, Error> {
        let place = wish.queue.0.wrapping_sub(self.cluster.first.0) as usize;
        let p = self
            .partitions
            .get(place)
            .ok_or(Error::UnknownTopicOrPartition)?;
        if wish.leader_epoch != p.leader_epoch || p.leader != Some(from) {
            return Err(if wish.leader_epoch > p.leader_epoch {
                Error::NotController
            } else {
                Error::FencedLeaderEpoch
            });
        }
        if wish.partition_epoch != p.partition_epoch || !wish.isr.contains(&from) {
            return Err(Error::InvalidUpdateVersion);
        }
        let known = |pid: &Pid| p.replicas.contains(pid) && self.is_active(*pid);
        if !wish.isr.iter().all(known) {
            return Err(Error::IneligibleReplica);
        }
        let outcome = Outcome {
            leader: p.leader,
            isr: wish.isr.clone(),
            clean: true,
        };
        self.change(place, outcome, ctx);
        Ok(self.partitions[place].clone())
    }

    pub(super) fn balance_later(&self, ctx: &mut Ctx<'_>) {
        let settings = &self.cluster.settings;
        if settings.auto_leader_rebalance_enable {
            let every = settings.leader_imbalance_check_interval_seconds.ns();
            ctx.timer(every, Token::of(kind::BALANCE));
        }
    }

    /// Gives leadership to preferred leaders that are in sync.
    pub(super) fn balance(&mut self, ctx: &mut Ctx<'_>) {
        for place in 0..self.partitions.len() {
            let p = &self.partitions[place];
            let Some(&preferred) = p.replicas.first() else {
                continue;
            };
            let any = self.cluster.left_out.has(rules::ELECT_FROM_ISR);
            let may = (any || p.isr.contains(&preferred)) && self.is_active(preferred);
            if may && p.leader != Some(preferred) {
                let outcome = Outcome {
                    leader: Some(preferred),
                    isr: p.isr.clone(),
                    clean: true,
                };
                self.change(place, outcome, ctx);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::QueueId;

    const A: Pid = Pid(0);
    const B: Pid = Pid(1);
    const C: Pid = Pid(2);

    fn partition(isr: &[Pid], leader: Option<Pid>) -> PartitionState {
        PartitionState {
            queue: QueueId(0),
            replicas: vec![A, B, C],
            isr: isr.to_vec(),
            leader,
            leader_epoch: 0,
            partition_epoch: 0,
        }
    }

    #[test]
    fn the_first_in_sync_replica_in_the_order_of_assignment_leads() {
        let p = partition(&[A, C, B], Some(A));
        let outcome = elect(&p, |r| r != A, false);
        assert_eq!(outcome.leader, Some(B));
        assert_eq!(outcome.isr, [C, B]);
        assert!(outcome.clean);
    }

    #[test]
    fn a_follower_that_dies_leaves_the_leader_in_place() {
        let p = partition(&[A, B, C], Some(B));
        let outcome = elect(&p, |r| r != A, false);
        assert_eq!(outcome.leader, Some(B));
        assert_eq!(outcome.isr, [B, C]);
    }

    #[test]
    fn without_an_in_sync_replica_nobody_leads_and_the_last_one_stays_in_sync() {
        let p = partition(&[A], Some(A));
        let outcome = elect(&p, |r| r != A, false);
        assert_eq!(outcome.leader, None);
        assert_eq!(outcome.isr, [A]);
    }

    #[test]
    fn an_unclean_election_takes_the_first_active_replica_alone() {
        let p = partition(&[A], Some(A));
        let outcome = elect(&p, |r| r != A, true);
        assert_eq!(outcome.leader, Some(B));
        assert_eq!(outcome.isr, [B]);
        assert!(!outcome.clean);
        let outcome = elect(&p, |_| false, true);
        assert_eq!(outcome.leader, None, "nobody is there");
    }
}
