//! The group coordinator, asked by members that do exactly what a test says. The rules are those of Kafka's classic group
//! protocol (Apache Kafka's "Consumer Rebalance Protocol"; KIP-62, KIP-134, KIP-345, KIP-429, KIP-814).

use std::sync::Arc;

use super::super::assign::assign;
use super::super::protocol::{
    Assignor, Error, JoinGroup, Joined, Member, OffsetCommit, Request, Response, SyncGroup,
};
use super::bench::{Bench, GROUP, QUEUE, Run, crash, ms, power_loss};
use crate::sim::units::{Duration, Size};
use crate::sim::{Fact, MS, QueueId, Record};

/// Somebody who is not a member yet.
const NEW: Member = Member {
    group: GROUP,
    generation: 0,
    member_id: 0,
    instance: None,
};

/// A group's members speak with its coordinator. As runs are the same every time, a test may read an answer and then go on
/// with the script.
struct Club {
    bench: Bench,
    /// The broker that coordinates the group.
    broker: u32,
    /// What joins ask for.
    session_ms: u64,
    rebalance_ms: u64,
    assignors: Vec<Assignor>,
}

/// Long enough for everything here.
const END_MS: u64 = 90_000;

/// The one partition of `__consumer_offsets`: it stands behind those of the topic.
const POSITIONS: QueueId = QueueId(4);

impl Club {
    /// Four partitions on one broker; the first rebalance waits for nobody.
    fn new() -> Self {
        Self::with_brokers(1)
    }

    /// The same with more brokers.
    fn with_brokers(brokers: u32) -> Self {
        let mut bench = Bench::new(brokers, "partitions: 4");
        bench.settings.group_initial_rebalance_delay_ms = Duration::ZERO;
        let leads = |r: &Record| match r.fact {
            Fact::Leads { queue, .. } if queue == POSITIONS => Some(r.pid.0 + 1),
            _ => None,
        };
        let broker = bench.run(500).records.iter().find_map(leads);
        Self {
            bench,
            broker: broker.expect("a coordinator"),
            session_ms: 45_000,
            rebalance_ms: 300_000,
            assignors: vec![Assignor::Range],
        }
    }

    fn join_with(&mut self, at_ms: u64, member: Member, owned: &[u32]) -> u32 {
        let join = JoinGroup {
            member,
            session_timeout_ns: ms(self.session_ms),
            rebalance_timeout_ns: ms(self.rebalance_ms),
            assignors: self.assignors.clone(),
            subscription: queues(&[0, 1, 2, 3]),
            owned: queues(owned),
        };
        self.bench
            .ask(at_ms, self.broker, Request::JoinGroup(Box::new(join)))
    }

    fn join(&mut self, at_ms: u64, member: Member) -> u32 {
        self.join_with(at_ms, member, &[])
    }

    fn sync(&mut self, at_ms: u64, member: Member, shares: &[(Member, &[u32])]) -> u32 {
        let shares = shares.iter().map(|(m, q)| (m.member_id, queues(q)));
        let sync = SyncGroup {
            member,
            assignment: shares.collect(),
        };
        self.bench
            .ask(at_ms, self.broker, Request::SyncGroup(Box::new(sync)))
    }

    fn beat(&mut self, at_ms: u64, member: Member) -> u32 {
        self.bench
            .ask(at_ms, self.broker, Request::Heartbeat(Box::new(member)))
    }

    fn commit(&mut self, at_ms: u64, member: Member) -> u32 {
        self.commit_to(at_ms, member, 5)
    }

    fn commit_to(&mut self, at_ms: u64, member: Member, offset: u64) -> u32 {
        let commit = OffsetCommit {
            member,
            offsets: vec![(QUEUE, offset)],
        };
        self.bench
            .ask(at_ms, self.broker, Request::OffsetCommit(Box::new(commit)))
    }

    /// When a line of the script was answered, ms, and how.
    fn answer(&self, line: u32) -> Option<(u64, Response)> {
        let run = self.bench.run(END_MS);
        let (at, response) = run.answer(line)?;
        Some((at / MS, response.clone()))
    }

    fn joined(&self, line: u32) -> Result<Joined, Error> {
        match self.answer(line).expect("an answer").1 {
            Response::JoinGroup(result) => *result,
            other => panic!("not an answer to a join: {other:?}"),
        }
    }

    /// Who somebody is after a join.
    fn who(&self, line: u32) -> Member {
        self.joined(line).expect("a member").member
    }

    fn synced(&self, line: u32) -> Result<Vec<u32>, Error> {
        match self.answer(line).expect("an answer").1 {
            Response::SyncGroup(result) => result.map(|r| r.iter().map(|q| q.0).collect()),
            other => panic!("not an answer to a sync: {other:?}"),
        }
    }

    fn heard(&self, line: u32) -> Result<(), Error> {
        match self.answer(line).expect("an answer").1 {
            Response::Heartbeat(result) | Response::LeaveGroup(result) => result,
            other => panic!("not an answer to a heartbeat: {other:?}"),
        }
    }

    fn committed(&self, line: u32) -> Result<(), Error> {
        match self.answer(line).expect("an answer").1 {
            Response::OffsetCommit(results) => results[0].1,
            other => panic!("not an answer to a commit: {other:?}"),
        }
    }

    /// Times in ms at which members were thrown out, and whether for their silence.
    fn evicted(&self) -> Vec<(u64, bool)> {
        let of = |r: &Record| match r.fact {
            Fact::Evicted { silent, .. } => Some((r.at / MS, silent)),
            _ => None,
        };
        self.bench
            .run(END_MS)
            .records
            .iter()
            .filter_map(of)
            .collect()
    }

    fn rebalances(&self, until_ms: u64) -> usize {
        let is = |r: &&Record| matches!(r.fact, Fact::RebalanceBegan { .. });
        self.bench.run(until_ms).records.iter().filter(is).count()
    }

    /// One member with all partitions, from 1.1 s on.
    fn one(&mut self) -> Member {
        let a = self.join(1_000, NEW);
        let a = self.who(a);
        let sync = self.sync(1_100, a, &[(a, &[0, 1, 2, 3])]);
        assert_eq!(self.synced(sync), Ok(vec![0, 1, 2, 3]));
        a
    }

    /// Two members with two partitions each, from 2.5 s on.
    fn two(&mut self) -> (Member, Member) {
        let a = self.one();
        let b = self.join(2_000, NEW);
        let a = self.join(2_200, a);
        let (a, b) = (self.who(a), self.who(b));
        let of_b = self.sync(2_300, b, &[]);
        let of_a = self.sync(2_400, a, &[(a, &[0, 1]), (b, &[2, 3])]);
        assert_eq!(self.synced(of_a), Ok(vec![0, 1]));
        assert_eq!(self.synced(of_b), Ok(vec![2, 3]));
        (a, b)
    }
}

fn queues(numbers: &[u32]) -> Arc<[QueueId]> {
    numbers.iter().map(|&n| QueueId(n)).collect()
}

#[test]
fn a_newcomer_makes_members_join_anew_and_the_leader_shares_out() {
    let mut club = Club::new();
    let a = club.one();
    assert_eq!(a.generation, 1);
    let b = club.join(2_000, NEW);
    let told = club.beat(2_100, a);
    let again = club.join(2_200, a);
    assert_eq!(club.heard(told), Err(Error::RebalanceInProgress));
    // Nobody is answered before all have joined; the next generation is for all.
    assert_eq!(club.answer(b).unwrap().0, 2_201);
    let (of_a, of_b) = (club.joined(again).unwrap(), club.joined(b).unwrap());
    let (a, b) = (of_a.member, of_b.member);
    assert_eq!((a.generation, b.generation), (2, 2));
    assert_eq!((of_a.leader, of_b.leader), (a.member_id, a.member_id));
    let seen: Vec<u64> = of_a.members.iter().map(|m| m.member_id).collect();
    assert_eq!(seen, [a.member_id, b.member_id], "the leader knows all");
    assert!(of_b.members.is_empty());
    // Who asks before the leader has shared out waits for it.
    let early = club.sync(2_300, b, &[]);
    let shares = club.sync(2_400, a, &[(a, &[0, 1]), (b, &[2, 3])]);
    let late = club.sync(2_500, b, &[]);
    assert!(club.answer(early).unwrap().0 >= 2_401);
    assert_eq!(club.synced(shares), Ok(vec![0, 1]));
    assert_eq!(club.synced(early), Ok(vec![2, 3]));
    assert_eq!(club.synced(late), Ok(vec![2, 3]), "asked again, told again");
    let well = [club.beat(3_000, a), club.beat(3_000, b)];
    assert!(well.iter().all(|&l| club.heard(l) == Ok(())));
}

#[test]
fn who_lives_in_the_past_or_was_never_there_is_told_so() {
    let mut club = Club::new();
    let (a, b) = club.two();
    let past = Member { generation: 1, ..b };
    let nobody = Member { member_id: 99, ..b };
    let beats = [
        (past, Error::IllegalGeneration),
        (nobody, Error::UnknownMemberId),
    ];
    for (member, error) in beats {
        let lines = (
            club.beat(3_000, member),
            club.sync(3_000, member, &[]),
            club.commit(3_000, member),
        );
        assert_eq!(club.heard(lines.0), Err(error));
        assert_eq!(club.synced(lines.1), Err(error));
        assert_eq!(club.committed(lines.2), Err(error));
    }
    let join = club.join(3_100, nobody);
    assert_eq!(club.joined(join).map(|_| ()), Err(Error::UnknownMemberId));
    let fine = club.commit(3_200, a);
    assert_eq!(club.committed(fine), Ok(()));
}

#[test]
fn positions_are_not_taken_between_joining_and_sharing_out() {
    let mut club = Club::new();
    let a = club.one();
    let b = club.join(2_000, NEW);
    // As long as members may still join, what they did may be committed: they are about to give it back.
    let before = club.commit(2_100, a);
    let again = club.join(2_200, a);
    let (a, _) = (club.who(again), club.who(b));
    let between = club.commit(2_300, a);
    assert_eq!(club.committed(before), Ok(()));
    assert_eq!(club.committed(between), Err(Error::RebalanceInProgress));
}

#[test]
fn who_leaves_is_missed_at_once() {
    let mut club = Club::new();
    let (a, b) = club.two();
    let bye = club.bench.ask(5_000, 1, Request::LeaveGroup(Box::new(b)));
    let (told, late) = (club.beat(5_100, a), club.beat(5_100, b));
    let again = club.join(5_200, a);
    assert_eq!(club.heard(bye), Ok(()));
    assert_eq!(club.heard(told), Err(Error::RebalanceInProgress));
    assert_eq!(club.heard(late), Err(Error::UnknownMemberId));
    let alone = club.joined(again).unwrap();
    assert_eq!((alone.member.generation, alone.members.len()), (3, 1));
    assert!(
        club.evicted().iter().all(|e| e.0 != 5_000),
        "it went by itself"
    );
}

#[test]
fn who_is_silent_for_its_session_is_thrown_out() {
    let mut club = Club::new();
    club.session_ms = 6_000;
    let a = club.one();
    let beats: Vec<u32> = [6_000, 11_900, 17_800].map(|at| club.beat(at, a)).into();
    let late = club.beat(24_000, a);
    // Each time within six seconds of the last; then six seconds after the last one arrived, half a millisecond later.
    assert!(beats.iter().all(|&l| club.heard(l) == Ok(())));
    assert_eq!(club.heard(late), Err(Error::UnknownMemberId));
    assert_eq!(club.evicted(), [(23_800, true)]);
}

#[test]
fn a_session_begins_anew_with_every_word_of_a_member() {
    let mut club = Club::new();
    club.session_ms = 6_000;
    let a = club.one();
    club.commit(6_000, a);
    club.sync(11_000, a, &[]);
    assert_eq!(club.evicted(), [(17_000, true)]);
}

#[test]
fn who_waits_for_the_others_need_not_speak() {
    let mut club = Club::new();
    club.session_ms = 10_000;
    club.rebalance_ms = 60_000;
    let a = club.one();
    let b = club.join(5_000, NEW);
    // The first one says every five seconds that it is there, but joins late.
    for at in (6_000..40_000).step_by(5_000) {
        club.beat(at, a);
    }
    club.join(40_000, a);
    assert_eq!(club.answer(b).unwrap().0, 40_001);
    let b = club.who(b);
    assert_eq!(b.generation, 2);
}

#[test]
fn who_does_not_join_anew_within_the_rebalance_timeout_is_thrown_out() {
    // What a consumer whose application does not poll any more looks like to the coordinator (KIP-62).
    let mut club = Club::new();
    club.rebalance_ms = 20_000;
    let a = club.one();
    for at in (2_000..40_000).step_by(3_000) {
        club.beat(at, a);
    }
    let b = club.join(5_000, NEW);
    let late = club.beat(40_000, a);
    assert_eq!(club.answer(b).unwrap().0, 25_001);
    let joined = club.joined(b).unwrap();
    assert_eq!(joined.leader, joined.member.member_id, "the leader is gone");
    assert_eq!(club.evicted()[0], (25_000, false));
    assert_eq!(club.heard(late), Err(Error::UnknownMemberId));
}

/// Two members of a new generation from 5.2 s on, of which each speaks every three seconds.
fn to_share(club: &mut Club) -> (Member, Member) {
    club.rebalance_ms = 20_000;
    let a = club.one();
    let b = club.join(5_000, NEW);
    let again = club.join(5_200, a);
    let (a, b) = (club.who(again), club.who(b));
    for at in (6_000..30_000).step_by(3_000) {
        club.beat(at, a);
        club.beat(at, b);
    }
    (a, b)
}

#[test]
fn who_does_not_ask_for_its_share_within_the_rebalance_timeout_is_thrown_out() {
    // The leader shares out, the other one does not ask: the group is stable, and yet it is out.
    let mut club = Club::new();
    let (a, b) = to_share(&mut club);
    club.sync(5_300, a, &[(a, &[0, 1]), (b, &[2, 3])]);
    let (told, out) = (club.beat(25_300, a), club.beat(25_300, b));
    assert_eq!(club.evicted()[0], (25_200, false));
    assert_eq!(club.heard(told), Err(Error::RebalanceInProgress));
    assert_eq!(club.heard(out), Err(Error::UnknownMemberId));
    // The other one asks, the leader does not share out.
    let mut club = Club::new();
    let (a, b) = to_share(&mut club);
    let waits = club.sync(5_300, b, &[]);
    let out = club.beat(25_300, a);
    assert_eq!(club.evicted()[0], (25_200, false));
    assert_eq!(club.heard(out), Err(Error::UnknownMemberId));
    assert_eq!(club.synced(waits), Err(Error::RebalanceInProgress));
    // Both ask.
    let mut club = Club::new();
    let (a, b) = to_share(&mut club);
    club.sync(5_300, a, &[(a, &[0, 1]), (b, &[2, 3])]);
    club.sync(5_400, b, &[]);
    let well = [club.beat(30_000, a), club.beat(30_000, b)];
    assert!(well.iter().all(|&l| club.heard(l) == Ok(())));
}

#[test]
fn a_static_member_takes_its_place_back_and_fences_its_former_self() {
    let mut club = Club::new();
    let named = Member {
        instance: Some(7),
        ..NEW
    };
    let first = club.join(1_000, named);
    let old = club.who(first);
    club.sync(1_100, old, &[(old, &[0, 1, 2, 3])]);
    let again = club.join(5_000, named);
    let back = club.joined(again).unwrap();
    let new = back.member;
    assert_ne!(new.member_id, old.member_id);
    assert_eq!(new.generation, old.generation, "no rebalance (KIP-345)");
    assert_ne!(
        back.leader, new.member_id,
        "it is not to share out anew (KIP-814)"
    );
    let share = club.sync(5_100, new, &[]);
    assert_eq!(club.synced(share), Ok(vec![0, 1, 2, 3]));
    assert_eq!(club.rebalances(5_500), 1);
    // The former one may be alive, cut off: whatever it says now is refused.
    let fenced = Err(Error::FencedInstanceId);
    let (beat, sync) = (club.beat(6_000, old), club.sync(6_000, old, &[]));
    let (commit, join) = (club.commit(6_000, old), club.join(6_000, old));
    assert_eq!(club.heard(beat), fenced);
    assert_eq!(club.synced(sync).map(|_| ()), fenced);
    assert_eq!(club.committed(commit), fenced);
    assert_eq!(club.joined(join).map(|_| ()), fenced);
    let well = club.commit(7_000, new);
    assert_eq!(club.committed(well), Ok(()));
}

#[test]
fn a_static_member_that_stays_away_is_out_when_its_session_is_over() {
    let mut club = Club::new();
    club.session_ms = 6_000;
    let named = Member {
        instance: Some(7),
        ..NEW
    };
    let first = club.join(1_000, named);
    let old = club.who(first);
    club.sync(1_100, old, &[(old, &[0, 1, 2, 3])]);
    let again = club.join(20_000, named);
    assert_eq!(club.evicted()[0], (7_100, true));
    assert!(
        club.who(again).generation > old.generation,
        "it begins anew"
    );
}

#[test]
fn cooperative_members_share_in_two_rebalances() {
    // KIP-429: first what moves is given back, and only then is it another's.
    let mut club = Club::new();
    club.assignors = vec![Assignor::CooperativeSticky];
    let cluster = club.bench.run(0).cluster;
    let a = club.one();
    let b = club.join(2_000, NEW);
    let again = club.join_with(2_200, a, &[0, 1, 2, 3]);
    let of_a = club.joined(again).unwrap();
    let (a, b) = (of_a.member, club.who(b));
    let shares = assign(of_a.assignor, &of_a.members, &cluster);
    let share = |shares: &[(u64, Arc<[QueueId]>)], m: Member| -> Vec<u32> {
        let mine = shares.iter().find(|s| s.0 == m.member_id);
        mine.map_or(Vec::new(), |s| s.1.iter().map(|q| q.0).collect())
    };
    let (kept, given) = (share(&shares, a), share(&shares, b));
    assert_eq!(kept.len(), 2, "half of it moves");
    assert!(given.is_empty(), "but not yet");
    let (of_b, of_a) = (
        club.sync(2_300, b, &[]),
        club.sync(2_400, a, &[(a, &kept), (b, &given)]),
    );
    assert_eq!(club.synced(of_a), Ok(kept.clone()));
    assert_eq!(club.synced(of_b), Ok(Vec::new()));
    // It has given the rest back: what it owns is not what it was, so there is a second rebalance, in which it keeps its own.
    let again = club.join_with(2_500, a, &kept);
    let told = club.beat(2_550, b);
    let of_b = club.join(2_600, b);
    assert_eq!(club.heard(told), Err(Error::RebalanceInProgress));
    let of_a = club.joined(again).unwrap();
    let (a, b) = (of_a.member, club.who(of_b));
    assert_eq!((a.generation, b.generation), (3, 3));
    let shares = assign(of_a.assignor, &of_a.members, &cluster);
    assert_eq!(share(&shares, a), kept);
    let mut all = [kept, share(&shares, b)].concat();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3]);
}

#[test]
fn a_member_that_joins_again_as_it_was_disturbs_nobody_unless_it_leads() {
    let mut club = Club::new();
    let (a, b) = club.two();
    let again = club.join(5_000, b);
    assert_eq!(club.joined(again).unwrap().member, b);
    assert_eq!(club.rebalances(5_500), 2);
    club.join_with(6_000, b, &[2, 3]);
    assert_eq!(club.rebalances(6_500), 3, "what it owns is not what it was");
    let mut club = Club::new();
    let _ = club.two();
    club.join(5_000, a);
    assert_eq!(
        club.rebalances(5_500),
        3,
        "the leader wants a new assignment"
    );
}

#[test]
fn the_first_rebalance_waits_again_as_long_as_more_come() {
    // KIP-134, `group.initial.rebalance.delay.ms`.
    let mut club = Club::new();
    club.bench.settings.group_initial_rebalance_delay_ms = Duration::from_secs(3);
    let a = club.join(1_000, NEW);
    assert_eq!(club.answer(a).unwrap().0, 4_001);
    let b = club.join(2_000, NEW);
    assert_eq!(club.answer(a).unwrap().0, 7_001, "it waits again");
    let c = club.join(6_500, NEW);
    for line in [a, b, c] {
        assert_eq!(club.answer(line).unwrap().0, 10_001);
        assert_eq!(club.who(line).generation, 1);
    }
    // Not longer in all than the rebalance timeout.
    let mut short = Club::new();
    short.rebalance_ms = 5_000;
    short.bench.settings.group_initial_rebalance_delay_ms = Duration::from_secs(3);
    let a = short.join(1_000, NEW);
    short.join(2_000, NEW);
    short.join(5_000, NEW);
    assert_eq!(short.answer(a).unwrap().0, 6_001);
}

#[test]
fn the_group_uses_an_assignor_that_all_can_do() {
    let mut club = Club::new();
    club.assignors = vec![Assignor::Range, Assignor::CooperativeSticky];
    let a = club.one();
    club.assignors = vec![Assignor::RoundRobin];
    let other = club.join(2_000, NEW);
    let error = club.joined(other).map(|_| ());
    assert_eq!(error, Err(Error::InconsistentGroupProtocol));
    club.assignors = vec![Assignor::CooperativeSticky];
    let b = club.join(3_000, NEW);
    club.assignors = vec![Assignor::Range, Assignor::CooperativeSticky];
    let again = club.join(3_200, a);
    for line in [b, again] {
        let assignor = club.joined(line).unwrap().assignor;
        assert_eq!(assignor, Assignor::CooperativeSticky);
    }
}

#[test]
fn session_timeouts_out_of_bounds_are_refused() {
    let allowed = |session_ms: u64| {
        let mut club = Club::new();
        club.session_ms = session_ms;
        let line = club.join(1_000, NEW);
        club.joined(line).map(|_| ())
    };
    let refused = Err(Error::InvalidSessionTimeout);
    assert_eq!(allowed(5_999), refused);
    assert_eq!(allowed(6_000), Ok(()));
    assert_eq!(allowed(1_800_000), Ok(()));
    assert_eq!(allowed(1_800_001), refused);
}

#[test]
fn stored_positions_are_compacted_and_the_last_ones_survive_the_coordinator() {
    let kept_with = |segment: Size| {
        let mut club = Club::new();
        club.bench.settings.offsets_topic_segment_bytes = segment;
        club.bench.settings.log_retention_check_interval_ms = Duration::from_secs(1);
        let a = club.one();
        for n in 0..300 {
            club.commit_to(2_000 + 50 * n, a, n);
        }
        // The coordinator forgets all but its log.
        club.bench.fault(20_000, 1_000, crash("b1"));
        let fetch = Request::OffsetFetch(GROUP, Box::new([QUEUE]));
        let fetch = club.bench.ask(60_000, 1, fetch);
        let run = club.bench.run(END_MS);
        match run.answer(fetch) {
            Some((_, Response::OffsetFetch(Ok(stored)))) => {
                assert_eq!(stored[0], (QUEUE, Some(299)));
            }
            other => panic!("not an answer to a fetch of positions: {other:?}"),
        }
        let all = run.sim.names().queues.len() as u32;
        let logs = (4..all).map(|n| run.real_broker(1).log_of(QueueId(n)));
        logs.map(|log| log.batches().count()).sum::<usize>()
    };
    assert!(
        kept_with(Size::from_mib(100)) > 300,
        "Kafka's default: the segment never closes"
    );
    let kept = kept_with(Size::from_bytes(1_000));
    assert!((1..30).contains(&kept), "{kept}");
}

/// A club with small segments of `__consumer_offsets` that are looked at every so many ms, and the one member of its group.
fn compacting(brokers: u32, every_ms: u64) -> (Club, Member) {
    let mut club = Club::with_brokers(brokers);
    club.session_ms = 120_000;
    club.bench.settings.offsets_topic_segment_bytes = Size::from_kib(1);
    club.bench.settings.log_retention_check_interval_ms = Duration::from_ms(every_ms);
    let a = club.one();
    (club, a)
}

#[test]
fn a_follower_whose_log_ends_where_its_leader_has_compacted_catches_up() {
    for (name, fault) in [
        ("crash", crash as fn(&str) -> _),
        ("power loss", power_loss as fn(&str) -> _),
    ] {
        let (mut club, a) = compacting(3, 1_000);
        for n in 0..800 {
            club.commit_to(2_000 + 50 * n, a, n);
        }
        let follower = club.broker % 3 + 1;
        club.bench
            .fault(10_000, 20_000, fault(&format!("b{follower}")));
        let end = |run: &Run, broker: u32| run.real_broker(broker).log_of(POSITIONS).end();
        let mut run = club.bench.run(29_000);
        let left = run.real_broker(follower).log_of(POSITIONS);
        let leaders = run.real_broker(club.broker).log_of(POSITIONS);
        let is_kept = |offset: u64| leaders.batches().any(|b| b.base == offset);
        assert!(!is_kept(left.end().max(1)), "{name}: there is a gap");
        run.until(50_000);
        assert_eq!(end(&run, follower), end(&run, club.broker), "{name}");
        let in_sync = run.records.iter().rev().find_map(|r| match r.fact {
            Fact::InSync { queue, members, .. } if queue == POSITIONS => Some(members),
            _ => None,
        });
        assert_eq!(in_sync, Some(3), "{name}");
    }
}

// Kafka's cleaner syncs a cleaned segment before it takes the place of the old ones.
#[test]
fn what_compaction_keeps_survives_a_power_loss() {
    let (mut club, a) = compacting(1, 59_000);
    for n in 0..1_160 {
        club.commit_to(2_000 + 50 * n, a, n);
    }
    club.bench.fault(60_000, 1_000, power_loss("b1"));
    let fetch = Request::OffsetFetch(GROUP, Box::new([QUEUE]));
    let fetch = club.bench.ask(80_000, 1, fetch);
    let run = club.bench.run(END_MS);
    // Less than a second of commits fits into a segment, so the youngest closed one held a commit of 58 s to 59 s.
    match run.answer(fetch) {
        Some((_, Response::OffsetFetch(Ok(stored)))) => {
            let position = stored[0].1.expect("a stored position");
            assert!((1_120..1_140).contains(&position), "{position}");
        }
        other => panic!("not an answer to a fetch of positions: {other:?}"),
    }
}
