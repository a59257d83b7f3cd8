//! One partition on one broker: its log, how much of it is committed, and what its leader knows of the other replicas.
//! The rules of the high watermark and of the in-sync replicas are here, apart from all messages.

use std::collections::VecDeque;

use crate::sim::Pid;
use crate::sim::history::Shared;

use super::super::batch::LogBatch;
use super::super::log::Log;
use super::super::protocol::{EpochEnd, Error, Fetch, FetchPartition, Fetched, FetchedPartition};
use super::super::settings::TopicSettings;
use super::fetch::Reading;
use super::producers::Producers;

/// A replica.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    /// Index of its topic in the cluster.
    pub topic: usize,
    /// How many replicas must be in sync for `acks` all; never more than there are replicas.
    pub min_insync: usize,
    /// How many replicas there are.
    pub copies: usize,
    /// Its log. Survives a crash, as far as the disk keeps it.
    pub log: Shared<Log>,
    /// Everything below is committed, as far as this replica knows.
    pub high_watermark: u64,
    /// The high watermark as last written to the disk (`replication-offset-checkpoint`). Survives a crash.
    pub checkpoint: u64,
    /// The leader epoch it acts in; `None` before it has heard of one.
    pub epoch: Option<u32>,
    /// What it does in it.
    pub part: Part,
    /// What it knows of idempotent producers.
    pub producers: Producers,
    /// Records appended since the last sync.
    pub unflushed: u64,
    /// Times the log was cut back.
    pub truncations: u32,
    /// Where it stands in the fetches from its leader.
    pub copying: Copying,
}

/// What a follower's fetcher has to remember of a partition.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Copying {
    /// It is not asked for after an error.
    pub rests: bool,
    /// The leader must be told where it stands.
    pub changed: bool,
    /// The leader has been told of it in this fetch session.
    pub in_session: bool,
    /// The offset that the leader was last asked for, since it copies from it in this epoch.
    pub asked: Option<u64>,
}

/// What a replica does.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Nothing: nobody leads, or it has just started.
    Idle,
    /// It leads.
    Leader(Box<Leading>),
    /// It copies from a leader.
    Follower(Pid),
}

/// What a leader knows.
#[derive(Clone, Debug)]
pub(super) struct Leading {
    /// Where its epoch begins: a follower that has not got so far is not in sync.
    pub epoch_start: u64,
    /// The in-sync replicas by the controller's last word.
    isr: Vec<Pid>,
    /// The state that word belongs to.
    pub partition_epoch: u32,
    /// The in-sync replicas it has asked the controller for.
    pending: Option<Vec<Pid>>,
    /// The other replicas.
    pub peers: Vec<Peer>,
    /// Writes that wait for the high watermark, by offset.
    pub acks: VecDeque<AckWaiter>,
    /// Consumers' fetches that wait for it: (slot, number).
    pub readers: Vec<(u32, u32)>,
}

/// A write that waits until the high watermark is at `end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct AckWaiter {
    /// Offset behind its last record.
    pub end: u64,
    /// Offset of its first record.
    pub base: u64,
    /// Who waits.
    pub who: Waiter,
}

/// Who waits for a write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waiter {
    /// A produce request: its slot, its number, and which of its batches.
    Client(u32, u32, u32),
    /// The group coordinator, under its ticket.
    Coordinator(u64),
}

/// What a leader knows of a follower.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// Who.
    pub pid: Pid,
    /// Where its log ends: the offset of its last fetch in this epoch.
    pub end: Option<u64>,
    /// When it last had everything that the leader had, by the leader's clock.
    pub caught_up_ns: Option<i64>,
    fetched_ns: i64,
    leader_end_then: u64,
    /// The last high watermark it was told in its fetch session.
    pub told: Option<u64>,
    /// What it last asked for in its fetch session; `None`: nothing.
    pub asked: Option<FetchPartition>,
    /// Whether its session's list of restless partitions has this one.
    pub listed: bool,
    /// Whether it is in sync by the controller's last word.
    pub is_in_sync: bool,
    /// Whether it is in sync by that word or by a wish that the controller may have granted already: the larger set is the one
    /// that is safe to wait for (KIP-497, "maximal ISR").
    may_be_in_sync: bool,
}

impl Peer {
    fn new(pid: Pid, in_sync: bool, clock_ns: i64) -> Self {
        Self {
            pid,
            is_in_sync: in_sync,
            may_be_in_sync: in_sync,
            end: None,
            caught_up_ns: in_sync.then_some(clock_ns),
            fetched_ns: i64::MIN,
            leader_end_then: u64::MAX,
            told: None,
            asked: None,
            listed: false,
        }
    }

    /// It asked for what follows `offset`. It is caught up now if that is the leader's end; or it was when it asked
    /// before, if it has by now all that the leader had then (KIP-16; Kafka's `Replica.updateFetchStateOrThrow`).
    pub fn fetched(&mut self, offset: u64, leader_end: u64, clock_ns: i64) {
        let caught_up = if offset >= leader_end {
            Some(clock_ns)
        } else if offset >= self.leader_end_then {
            Some(self.fetched_ns)
        } else {
            None
        };
        self.caught_up_ns = self.caught_up_ns.max(caught_up);
        self.end = Some(offset);
        self.fetched_ns = clock_ns;
        self.leader_end_then = leader_end;
    }

    /// Whether it counts as caught up: it has everything, or had so not longer than `lag_max_ns` ago.
    pub fn is_caught_up(&self, leader_end: u64, clock_ns: i64, lag_max_ns: u64) -> bool {
        let recently = |at: i64| {
            u64::try_from(clock_ns.saturating_sub(at)).is_ok_and(|ago| ago <= lag_max_ns)
                || at > clock_ns
        };
        self.end == Some(leader_end) || self.caught_up_ns.is_some_and(recently)
    }
}

impl Leading {
    /// A leader begins.
    pub fn new(
        me: Pid,
        replicas: &[Pid],
        isr: Vec<Pid>,
        partition_epoch: u32,
        epoch_start: u64,
        clock_ns: i64,
    ) -> Self {
        let others = replicas.iter().filter(|&&r| r != me);
        Self {
            epoch_start,
            peers: others
                .map(|&r| Peer::new(r, isr.contains(&r), clock_ns))
                .collect(),
            isr,
            partition_epoch,
            pending: None,
            acks: VecDeque::new(),
            readers: Vec::new(),
        }
    }

    /// What it knows of a follower.
    pub fn peer(&self, pid: Pid) -> Option<&Peer> {
        self.peers.iter().find(|p| p.pid == pid)
    }

    /// What it knows of a follower.
    pub fn peer_mut(&mut self, pid: Pid) -> Option<&mut Peer> {
        self.peers.iter_mut().find(|p| p.pid == pid)
    }

    /// The in-sync replicas by the controller's last word.
    pub fn isr(&self) -> &[Pid] {
        &self.isr
    }

    /// The in-sync replicas it has asked the controller for, if it waits for an answer.
    pub fn pending(&self) -> Option<&[Pid]> {
        self.pending.as_deref()
    }

    /// The controller says who is in sync.
    pub fn set_isr(&mut self, isr: &[Pid]) {
        self.isr.clear();
        self.isr.extend_from_slice(isr);
        self.note_in_sync();
    }

    /// It asks the controller for other in-sync replicas, or does not wait for them any more.
    pub fn set_pending(&mut self, pending: Option<Vec<Pid>>) {
        self.pending = pending;
        self.note_in_sync();
    }

    /// Every fetch asks who is in sync, and it hardly ever changes: so each peer knows it of itself.
    fn note_in_sync(&mut self) {
        let wished = self.pending.as_deref().unwrap_or(&[]);
        for peer in &mut self.peers {
            peer.is_in_sync = self.isr.contains(&peer.pid);
            peer.may_be_in_sync = peer.is_in_sync || wished.contains(&peer.pid);
        }
    }

    /// Whether an in-sync replica has nothing behind a high watermark, so that it cannot move.
    pub fn is_held_at(&self, high_watermark: u64) -> bool {
        let has_no_more = |p: &Peer| p.end.is_none_or(|end| end <= high_watermark);
        let mut peers = self.peers.iter();
        peers.any(|p| p.may_be_in_sync && has_no_more(p))
    }

    /// The high watermark that follows from where the logs end: the least end of the in-sync replicas, and of those that
    /// are about to join them. `None` while there are fewer in sync than `min_insync` (Kafka 4's
    /// `Partition.maybeIncrementLeaderHW`; KIP-966).
    pub fn high_watermark(
        &self,
        leader_end: u64,
        min_insync: usize,
        clock_ns: i64,
        lag_max_ns: u64,
        eligible: impl Fn(Pid) -> bool,
    ) -> Option<u64> {
        if self.isr.len() < min_insync {
            return None;
        }
        let counts = |p: &&Peer| {
            p.may_be_in_sync
                || (p.is_caught_up(leader_end, clock_ns, lag_max_ns) && eligible(p.pid))
        };
        let ends = self.peers.iter().filter(counts);
        ends.map(|p| p.end.unwrap_or(0))
            .min()
            .map_or(Some(leader_end), |end| Some(end.min(leader_end)))
    }

    /// The in-sync replicas without those that have fallen behind for longer than `lag_max_ns`; `None` if none has.
    pub fn shrunk(&self, leader_end: u64, clock_ns: i64, lag_max_ns: u64) -> Option<Vec<Pid>> {
        let out = |pid: Pid| {
            self.peers
                .iter()
                .any(|p| p.pid == pid && !p.is_caught_up(leader_end, clock_ns, lag_max_ns))
        };
        let left: Vec<Pid> = self.isr.iter().copied().filter(|&p| !out(p)).collect();
        (left.len() < self.isr.len()).then_some(left)
    }

    /// The in-sync replicas with a follower that has just reached the high watermark and the leader's epoch; `None` if it
    /// is in sync already or not so far.
    pub fn grown(&self, pid: Pid, high_watermark: u64) -> Option<Vec<Pid>> {
        let peer = self.peer(pid)?;
        if peer.may_be_in_sync {
            return None;
        }
        let end = peer.end?;
        (end >= high_watermark && end >= self.epoch_start).then(|| {
            let mut isr = self.isr.clone();
            isr.push(pid);
            isr
        })
    }
}

impl Replica {
    /// An empty one.
    pub fn new(topic: usize, settings: &TopicSettings, replicas: usize) -> Self {
        Self {
            topic,
            min_insync: settings.min_insync(replicas),
            copies: replicas,
            log: Shared::new(Log::new(
                settings.segment_bytes.bytes(),
                settings.segment_ms.ns(),
            )),
            high_watermark: 0,
            checkpoint: 0,
            epoch: None,
            part: Part::Idle,
            producers: Producers::default(),
            unflushed: 0,
            truncations: 0,
            copying: Copying::default(),
        }
    }

    /// The broker died: what is left is on the disk. The high watermark is what the checkpoint says.
    pub fn restart(&mut self) {
        self.checkpoint = self.checkpoint.min(self.log.end());
        self.high_watermark = self.checkpoint.max(self.log.start());
        self.epoch = None;
        self.part = Part::Idle;
        self.producers.rebuild(self.log.batches());
        self.unflushed = 0;
        self.copying = Copying::default();
    }

    /// Whether there is neither a record below `below` for somebody who has everything before an offset, nor anything wrong
    /// with what he has.
    pub fn has_no_more(&self, asked: &FetchPartition, below: u64) -> bool {
        let log = &self.log;
        (below..=log.end()).contains(&asked.offset)
            && asked
                .last_fetched_epoch
                .is_none_or(|e| log.latest_epoch() == Some(e))
    }

    /// Whether it leads in just this epoch, or what is wrong with asking it.
    pub fn leads_in(&self, epoch: u32) -> Result<(), Error> {
        match self.epoch {
            Some(mine) if epoch < mine => Err(Error::FencedLeaderEpoch),
            Some(mine) if epoch > mine => Err(Error::UnknownLeaderEpoch),
            _ if self.leading().is_none() => Err(Error::NotLeaderOrFollower),
            _ => Ok(()),
        }
    }

    /// What a leader answers about its log to somebody who has everything before an offset and may see what lies before
    /// `below`. `told` is the high watermark the asker knows of. Adds to the answer what is new; returns where what it
    /// adds ends.
    pub fn read(
        &self,
        asked: &FetchPartition,
        fetch: &Fetch,
        below: u64,
        told: Option<u64>,
        reading: &mut Reading,
        answer: &mut Fetched,
    ) -> u64 {
        if told == Some(self.high_watermark) && self.has_no_more(asked, below) {
            return asked.offset;
        }
        let log = &self.log;
        let mut news = FetchedPartition {
            queue: asked.queue,
            error: None,
            high_watermark: self.high_watermark,
            log_start: log.start(),
            diverging: None,
            batches: 0,
        };
        if let Some(epoch) = asked.last_fetched_epoch {
            // KIP-595, "Fetch": the asker's last epoch ends earlier here, or is unknown.
            match log.end_of_epoch(epoch) {
                Some((e, end)) if e < epoch || end < asked.offset => {
                    news.diverging = Some(EpochEnd {
                        queue: asked.queue,
                        epoch: Some(e),
                        end,
                        error: None,
                    });
                    reading.urgent = true;
                    answer.partitions.push(news);
                    return asked.offset;
                }
                Some(_) => {}
                None => {
                    reading.refuse(out_of_range(news, log.end()), answer);
                    return asked.offset;
                }
            }
        }
        if asked.offset > log.end() || asked.offset < log.start() {
            reading.refuse(out_of_range(news, log.end()), answer);
            return asked.offset;
        }
        let room = fetch.max_bytes.saturating_sub(answer.bytes);
        let room = room.min(fetch.partition_max_bytes);
        let first = answer.bytes == 0;
        let before = answer.batches.len();
        answer.bytes += log.read(asked.offset, below, room, first, &mut answer.batches);
        news.batches = answer.batches.len() - before;
        if news.batches == 0 && told == Some(self.high_watermark) {
            return asked.offset;
        }
        answer.partitions.push(news);
        if news.batches == 0 {
            return asked.offset;
        }
        answer.batches.last().map_or(asked.offset, LogBatch::end)
    }

    /// Whether it does what it should under a leader.
    pub fn obeys(&self, leader: Option<Pid>, me: Pid) -> bool {
        match (&self.part, leader) {
            (Part::Leader(_), Some(leader)) => leader == me,
            (Part::Follower(of), Some(leader)) => *of == leader,
            (Part::Idle, None) => true,
            _ => false,
        }
    }

    /// What it knows as the leader, if it is.
    pub fn leading(&self) -> Option<&Leading> {
        match &self.part {
            Part::Leader(leading) => Some(leading),
            _ => None,
        }
    }

    /// What it knows as the leader, if it is.
    pub fn leading_mut(&mut self) -> Option<&mut Leading> {
        match &mut self.part {
            Part::Leader(leading) => Some(leading),
            _ => None,
        }
    }
}

/// Where the leader's log ends travels in `diverging`.
#[cold]
fn out_of_range(mut answer: FetchedPartition, end: u64) -> FetchedPartition {
    answer.error = Some(Error::OffsetOutOfRange);
    answer.diverging = Some(EpochEnd {
        queue: answer.queue,
        epoch: None,
        end,
        error: None,
    });
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Pid = Pid(0);
    const B: Pid = Pid(1);
    const C: Pid = Pid(2);
    const LAG: u64 = 30;

    fn leading(isr: &[Pid]) -> Leading {
        Leading::new(A, &[A, B, C], isr.to_vec(), 0, 0, 0)
    }

    fn watermark(l: &Leading, end: u64, clock: i64) -> Option<u64> {
        l.high_watermark(end, 1, clock, LAG, |_| true)
    }

    #[test]
    fn the_high_watermark_is_the_least_end_of_the_in_sync_replicas() {
        let mut l = leading(&[A, B, C]);
        l.peers[0].fetched(7, 10, 1);
        l.peers[1].fetched(4, 10, 1);
        assert_eq!(watermark(&l, 10, 1), Some(4));
        l.peers[1].fetched(9, 10, 2);
        assert_eq!(watermark(&l, 10, 2), Some(7));
        let alone = leading(&[A]);
        assert_eq!(watermark(&alone, 10, 1_000), Some(10));
    }

    // Nobody asks for the high watermark when it is held, so that must never hide one that could move.
    #[test]
    fn a_watermark_that_is_held_could_not_move() {
        let mut held = 0;
        for isr in [&[A][..], &[A, B], &[A, C], &[A, B, C]] {
            for ends in 0..36_u64 {
                for case in 0..10 {
                    let (watermark_now, asks) = (case / 2, case % 2 == 1);
                    let mut l = leading(isr);
                    l.set_pending(asks.then(|| vec![A, B, C]));
                    // 0: it has not fetched yet.
                    l.peers[0].end = (ends % 6).checked_sub(1);
                    l.peers[1].end = (ends / 6).checked_sub(1);
                    if l.is_held_at(watermark_now) {
                        held += 1;
                        assert!(watermark(&l, 4, 1) <= Some(watermark_now), "{l:?}");
                    }
                }
            }
        }
        assert!(held > 100, "{held}");
        assert!(!leading(&[A]).is_held_at(0), "alone, every append moves it");
    }

    #[test]
    fn a_caught_up_follower_outside_holds_the_watermark_back_only_if_it_may_join() {
        let mut l = leading(&[A, B]);
        l.peers[0].fetched(10, 10, 5);
        l.peers[1].fetched(8, 8, 5);
        assert_eq!(watermark(&l, 10, 6), Some(8), "it is about to join");
        let fenced = l.high_watermark(10, 1, 6, LAG, |p| p != C);
        assert_eq!(fenced, Some(10), "a fenced one cannot join");
        assert_eq!(watermark(&l, 10, 36), Some(10), "caught up too long ago");
    }

    #[test]
    fn below_min_insync_the_watermark_stands() {
        let l = leading(&[A]);
        assert_eq!(l.high_watermark(10, 2, 0, LAG, |_| true), None);
    }

    #[test]
    fn an_asked_for_member_counts_before_the_controller_answers() {
        let mut l = leading(&[A]);
        l.set_pending(Some(vec![A, B]));
        l.peers[0].fetched(3, 10, 0);
        assert_eq!(watermark(&l, 10, 1_000), Some(3));
    }

    // KIP-16: what counts is when a follower last had everything, not how many records it lacks.
    #[test]
    fn a_follower_that_keeps_up_with_a_busy_leader_stays_in_sync() {
        let mut l = leading(&[A, B]);
        for t in 0..10 {
            // It always asks for what the leader had at its last fetch, and never for the very end.
            let clock = i64::from(t) * 20;
            l.peers[0].fetched(
                u64::from(t as u32) * 100,
                u64::from(t as u32 + 1) * 100,
                clock,
            );
        }
        assert_eq!(l.shrunk(1_100, 190, LAG), None);
        assert_eq!(l.shrunk(1_100, 190 + 30, LAG), Some(vec![A]));
    }

    #[test]
    fn an_idle_partition_keeps_a_silent_follower_that_has_everything() {
        let mut l = leading(&[A, B]);
        l.peers[0].fetched(5, 5, 0);
        assert_eq!(l.shrunk(5, 1_000_000, LAG), None);
        assert_eq!(l.shrunk(6, 1_000_000, LAG), Some(vec![A]));
    }

    #[test]
    fn a_follower_joins_when_it_has_the_watermark_and_the_beginning_of_the_epoch() {
        let mut l = leading(&[A]);
        l.epoch_start = 8;
        l.peers[0].fetched(6, 10, 0);
        assert_eq!(l.grown(B, 6), None, "before the leader's epoch");
        l.peers[0].fetched(8, 10, 0);
        assert_eq!(l.grown(B, 9), None, "below the high watermark");
        l.peers[0].fetched(9, 10, 0);
        assert_eq!(l.grown(B, 9), Some(vec![A, B]));
        l.set_pending(Some(vec![A, B]));
        assert_eq!(l.grown(B, 9), None, "asked for already");
    }
}
