//! The consumer client: what an application embeds to read topics as a member of a group.
//!
//! It follows Kafka's `KafkaConsumer` with the classic group protocol. The application calls [`ConsumerClient::poll`] and
//! is in the poll until [`ConsumerClient::records`] gives it something; joining, committing by itself and looking up
//! positions happen only meanwhile. Heartbeats go on by themselves, as from Kafka's heartbeat thread.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::stream::Stream;
use crate::sim::{Fact, Pid, QueueId, Token};

use super::super::Ctx;
use super::super::assign::assign;
use super::super::batch::LogBatch;
use super::super::client::{Alarm, Requests, View};
use super::super::cluster::Cluster;
use super::super::protocol::{
    Error, FINAL_EPOCH, Fetch, FetchCall, FetchPartition, Fetched, FetchedPartition, JoinGroup,
    Joined, Member, OffsetCommit, OffsetQuery, Request, Response, SyncGroup,
};
use super::settings::{ConsumerConfig, OffsetReset};

/// A client's timers use so many kinds, from the one it is given.
pub const CONSUMER_TIMERS: u16 = 4;

/// Timers, from the first kind on.
const REQUESTS: u16 = 0;
const HEARTBEAT: u16 = 1;
const POLL: u16 = 2;
const RETRY: u16 = 3;

/// How much longer than the rebalance timeout a client waits for the answer to a join
/// (`AbstractCoordinator.JOIN_GROUP_TIMEOUT_LAPSE`).
const JOIN_LAPSE_NS: u64 = 5 * crate::sim::SECOND;

/// What a request was for.
#[derive(Clone, Debug)]
enum Asked {
    Metadata,
    Coordinator,
    Join,
    Sync,
    Heartbeat,
    Leave,
    /// By the client itself; `true`: before it joins anew.
    AutoCommit(bool),
    /// By the application, which waits for it.
    Commit(Vec<(QueueId, u64)>),
    /// Stored positions of these partitions.
    Positions(Vec<u32>),
    /// Ends of the logs of these partitions.
    Ends(Vec<u32>),
    /// Partitions and the offsets asked for.
    Fetch,
}

/// Where a client stands with its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not a member, or no longer sure.
    Unjoined,
    /// Commits before it joins.
    Committing,
    /// Asked to join.
    Joining,
    /// Waits for its assignment.
    Syncing,
    /// Has it.
    Stable,
}

/// What a client knows about its next offset in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// To be looked up at the coordinator.
    Stored,
    /// There is none: to be found by the reset policy.
    Lost,
    /// Here it is.
    At(u64),
}

#[derive(Clone, Debug)]
struct Part {
    queue: QueueId,
    place: usize,
    owned: bool,
    position: Position,
    /// Epoch of the last message read (KIP-320).
    epoch: Option<u32>,
    /// A lookup of its position is on the way.
    asking: bool,
    /// Not to be fetched before.
    not_before: u64,
    buffered: VecDeque<LogBatch>,
    high_watermark: u64,
}

/// What the application should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A partition (by its place in the subscription) is this consumer's now.
    Assigned(u32),
    /// It was given back, in an orderly way.
    Revoked(u32),
    /// It was lost: the consumer is no member any more, and others may read it.
    Lost(u32),
    /// The application's commit is stored, or has failed for good.
    Committed(bool),
    /// The consumer cannot go on: another one bears its static name.
    Fenced,
    /// The consumer cannot go on: there is no position, and the reset policy says to fail.
    NoPosition,
    /// The consumer cannot go on: the brokers do not allow its session timeout.
    InvalidSession,
}

/// Messages of one batch that a poll returned.
#[derive(Clone, Debug)]
pub struct Polled {
    /// The partition, by its place in the subscription.
    pub part: u32,
    /// The batch in the log.
    pub(in super::super) batch: LogBatch,
    /// Which of its messages.
    pub(in super::super) range: (u32, u32),
}

/// A consumer client. Its owner passes on what concerns it: answers ([`Self::response`]), timers ([`Self::timer`]), lost
/// connections and crashes.
#[derive(Clone, Debug)]
pub struct ConsumerClient {
    config: Arc<ConsumerConfig>,
    cluster: Arc<Cluster>,
    subscription: Arc<[QueueId]>,
    stream: Stream,
    timers: u16,
    tag: u32,
    requests: Requests<Asked>,
    view: View,
    metadata_asked: bool,
    parts: Vec<Part>,
    /// Partitions with buffered batches, in the order they arrived.
    full: VecDeque<u32>,
    /// Brokers (by place) with a fetch on the way.
    fetching: Vec<bool>,
    /// Fetches that were answered, to be written over.
    #[allow(clippy::vec_box, reason = "it is the boxes that are sent again")]
    spare: Vec<Box<FetchCall>>,

    coordinator: Option<Pid>,
    finding: bool,
    phase: Phase,
    member: Member,
    rejoin: bool,
    /// An assignment that arrived and takes effect with the next poll.
    assignment: Option<Arc<[QueueId]>>,
    /// What it read last, for an assignor that keeps it there.
    remembered: Arc<[QueueId]>,
    heartbeating: bool,
    failures: u32,
    group_not_before: u64,

    polling: bool,
    stopped: bool,
    auto_commit_at: u64,
    heartbeat: Alarm,
    poll_deadline: Alarm,
    retry: Alarm,
    /// A commit of the application that has to be tried again, and when.
    commit_again: Option<(Vec<(QueueId, u64)>, u64)>,
    events: Vec<Event>,
}

impl ConsumerClient {
    /// A client. `subscription` holds the partitions of all topics it reads, sorted; `instance` is its static name;
    /// `timers` is the first of [`CONSUMER_TIMERS`] kinds of timers that the owner leaves to it; `tag` (below 8) differs
    /// from those of other clients in the process; `name` names its random numbers.
    #[allow(
        clippy::too_many_arguments,
        reason = "each is a different thing that only its owner knows"
    )]
    pub fn new(
        config: Arc<ConsumerConfig>,
        cluster: Arc<Cluster>,
        subscription: Arc<[QueueId]>,
        instance: Option<u32>,
        timers: u16,
        tag: u32,
        seed: u64,
        name: &str,
    ) -> Self {
        let part = |&queue: &QueueId| Part {
            queue,
            place: cluster.place(queue),
            owned: false,
            position: Position::Stored,
            epoch: None,
            asking: false,
            not_before: 0,
            buffered: VecDeque::new(),
            high_watermark: 0,
        };
        Self {
            stream: Stream::named(seed, "consumer", name),
            timers,
            tag,
            requests: Requests::new(tag, 0, Token::of(timers + REQUESTS)),
            view: View::new(&cluster),
            metadata_asked: false,
            parts: subscription.iter().map(part).collect(),
            full: VecDeque::new(),
            spare: Vec::new(),
            fetching: vec![false; cluster.brokers.len()],
            coordinator: None,
            finding: false,
            phase: Phase::Unjoined,
            member: Member {
                group: config.group,
                generation: 0,
                member_id: 0,
                instance,
            },
            rejoin: false,
            assignment: None,
            remembered: Arc::from([]),
            heartbeating: false,
            failures: 0,
            group_not_before: 0,
            polling: false,
            stopped: false,
            auto_commit_at: 0,
            heartbeat: Alarm::default(),
            poll_deadline: Alarm::default(),
            retry: Alarm::default(),
            commit_again: None,
            events: Vec::new(),
            subscription,
            cluster,
            config,
        }
    }

    /// Starts a life.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        let token = Token::of(self.timers + REQUESTS);
        self.requests = Requests::new(self.tag, ctx.incarnation(), token);
        self.auto_commit_at = ctx.now() + self.config.auto_commit_ns.unwrap_or(0);
        self.ask_metadata(ctx);
    }

    /// The process died, and all that it knew.
    pub fn crash(&mut self) {
        let fresh = Self::new(
            Arc::clone(&self.config),
            Arc::clone(&self.cluster),
            Arc::clone(&self.subscription),
            self.member.instance,
            self.timers,
            self.tag,
            0,
            "",
        );
        let stream = self.stream.clone();
        *self = Self { stream, ..fresh };
    }

    /// What the application should know since it asked last.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The partitions it reads now: queue, next offset, how far behind the end it is.
    pub fn owned(&self) -> impl Iterator<Item = (QueueId, Option<u64>, u64)> + '_ {
        self.parts.iter().filter(|p| p.owned).map(|p| {
            let at = match p.position {
                Position::At(at) => Some(at),
                _ => None,
            };
            let lag = at.map_or(0, |at| p.high_watermark.saturating_sub(at));
            (p.queue, at, lag)
        })
    }

    /// Whether it is a member with an assignment, and of which generation.
    pub fn generation(&self) -> Option<u32> {
        (self.phase == Phase::Stable).then_some(self.member.generation)
    }

    /// The broker that coordinates its group, if known.
    pub fn coordinator(&self) -> Option<Pid> {
        self.coordinator
    }

    /// Partition by its place in the subscription.
    pub fn queue(&self, part: u32) -> QueueId {
        self.parts[part as usize].queue
    }

    /// The application asks for messages, and waits.
    pub fn poll(&mut self, ctx: &mut Ctx<'_>) {
        self.polling = true;
        self.poll_deadline.off(ctx);
        self.advance(ctx);
    }

    /// If the application is in a poll and there are messages, the poll returns them (appended to `out`).
    pub fn records(&mut self, out: &mut Vec<Polled>, ctx: &mut Ctx<'_>) -> bool {
        if !self.polling || self.full.is_empty() {
            return false;
        }
        let mut room = self.config.max_poll_records;
        while room > 0
            && let Some(&part) = self.full.front()
        {
            let at = &mut self.parts[part as usize];
            while room > 0
                && let Position::At(position) = at.position
                && let Some(batch) = at.buffered.front()
            {
                let from = position.saturating_sub(batch.base) as u32;
                let count = batch.batch.count();
                let to = count.min(from.saturating_add(room));
                room -= to.saturating_sub(from);
                at.position = Position::At(position.max(batch.base + u64::from(to)));
                at.epoch = Some(batch.epoch);
                let batch = if to == count {
                    at.buffered.pop_front()
                } else {
                    Some(batch.clone())
                };
                if let Some(batch) = batch.filter(|_| from < to) {
                    let range = (from, to);
                    out.push(Polled { part, batch, range });
                }
            }
            // What has no position (it is being reset) is of no use.
            if !matches!(at.position, Position::At(_)) {
                at.buffered.clear();
            }
            if at.buffered.is_empty() {
                self.full.pop_front();
            }
        }
        if out.is_empty() {
            return false;
        }
        // What comes next is fetched while the application works.
        self.fetch(ctx);
        self.polling = false;
        let until = ctx.now().saturating_add(self.config.max_poll_interval_ns);
        let token = Token::of(self.timers + POLL);
        self.poll_deadline.at(until, token, ctx);
        true
    }

    /// Stores positions; the application waits for [`Event::Committed`].
    pub fn commit(&mut self, offsets: Vec<(QueueId, u64)>, ctx: &mut Ctx<'_>) {
        let is_member = self.member.generation > 0 && self.member.member_id != 0;
        if !is_member {
            self.events.push(Event::Committed(false));
            return;
        }
        let Some(to) = self.coordinator else {
            let at = ctx.now() + self.config.backoff.first_ns;
            self.commit_again = Some((offsets, at));
            self.retry_by(at, ctx);
            self.find_coordinator(ctx);
            return;
        };
        let request = self.commit_request(offsets.clone());
        let timeout = self.config.request_timeout_ns;
        self.requests
            .send(to, request, timeout, Asked::Commit(offsets), ctx);
    }

    fn commit_request(&self, offsets: Vec<(QueueId, u64)>) -> Request {
        Request::OffsetCommit(Box::new(OffsetCommit {
            member: self.member,
            offsets,
        }))
    }

    /// Leaves the group in an orderly way: commits if it does that by itself, and says goodbye. (A static member does not:
    /// it may be back.)
    pub fn close(&mut self, ctx: &mut Ctx<'_>) {
        self.stopped = true;
        self.polling = false;
        if let Some(to) = self.coordinator
            && self.member.member_id != 0
        {
            let positions = self.positions();
            if self.config.auto_commit_ns.is_some() && !positions.is_empty() {
                let request = self.commit_request(positions);
                self.requests.send_only(to, request, ctx);
            }
            if self.member.instance.is_none() {
                self.requests
                    .send_only(to, Request::LeaveGroup(self.member), ctx);
            }
        }
        self.give_back(|_| true, Event::Revoked, ctx);
        self.phase = Phase::Unjoined;
        self.heartbeat.off(ctx);
        self.poll_deadline.off(ctx);
        self.retry.off(ctx);
        self.requests.open.clear();
    }

    /// The positions that the application has got so far.
    fn positions(&self) -> Vec<(QueueId, u64)> {
        let of = |p: &Part| match p.position {
            Position::At(at) if p.owned => Some((p.queue, at)),
            _ => None,
        };
        self.parts.iter().filter_map(of).collect()
    }

    /// Does what a poll does while the application waits in it.
    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        if !self.polling || self.stopped {
            return;
        }
        let now = ctx.now();
        self.ask_metadata(ctx);
        if let Some(assignment) = self.assignment.take() {
            self.take_assignment(&assignment, ctx);
        }
        let joined = self.phase == Phase::Stable && !self.rejoin;
        if self.coordinator.is_none() {
            self.find_coordinator(ctx);
        } else if matches!(self.phase, Phase::Unjoined | Phase::Stable) && !joined {
            if self.group_not_before <= now {
                self.prepare_join(ctx);
            } else {
                self.retry_by(self.group_not_before, ctx);
            }
        } else if joined {
            self.auto_commit(now, ctx);
        }
        self.look_up(now, ctx);
        self.fetch(ctx);
    }

    fn retry_by(&mut self, at: u64, ctx: &mut Ctx<'_>) {
        self.retry.by(at, Token::of(self.timers + RETRY), ctx);
    }

    fn back_off(&mut self, ctx: &mut Ctx<'_>) -> u64 {
        self.failures += 1;
        let at = ctx.now() + self.config.backoff.ns(self.failures, &mut self.stream);
        self.retry_by(at, ctx);
        at
    }

    fn auto_commit(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let (Some(interval), Some(to)) = (self.config.auto_commit_ns, self.coordinator) else {
            return;
        };
        if now < self.auto_commit_at {
            self.retry_by(self.auto_commit_at, ctx);
            return;
        }
        self.auto_commit_at = now + interval;
        self.retry_by(self.auto_commit_at, ctx);
        let positions = self.positions();
        if !positions.is_empty() {
            let request = self.commit_request(positions);
            let timeout = self.config.request_timeout_ns;
            self.requests
                .send(to, request, timeout, Asked::AutoCommit(false), ctx);
        }
    }

    /// Before it joins, a client that commits by itself does so (`ConsumerCoordinator.onJoinPrepare`).
    fn prepare_join(&mut self, ctx: &mut Ctx<'_>) {
        let positions = self.positions();
        if self.config.auto_commit_ns.is_some()
            && !positions.is_empty()
            && let Some(to) = self.coordinator
        {
            self.phase = Phase::Committing;
            let request = self.commit_request(positions);
            let timeout = self.config.request_timeout_ns;
            self.requests
                .send(to, request, timeout, Asked::AutoCommit(true), ctx);
        } else {
            self.join(ctx);
        }
    }

    fn join(&mut self, ctx: &mut Ctx<'_>) {
        let Some(to) = self.coordinator else {
            self.phase = Phase::Unjoined;
            return;
        };
        if self.config.is_cooperative() {
            self.remembered = self.owned_queues();
        } else if self.parts.iter().any(|p| p.owned) {
            // Eager: everybody gives everything back before joining.
            self.remembered = self.owned_queues();
            self.give_back(|_| true, Event::Revoked, ctx);
        }
        self.phase = Phase::Joining;
        self.rejoin = false;
        self.heartbeating = false;
        let join = JoinGroup {
            member: self.member,
            session_timeout_ns: self.config.session_timeout_ns,
            rebalance_timeout_ns: self.config.max_poll_interval_ns,
            assignors: self.config.assignors.clone(),
            subscription: Arc::clone(&self.subscription),
            owned: Arc::clone(&self.remembered),
        };
        let timeout =
            (self.config.max_poll_interval_ns + JOIN_LAPSE_NS).max(self.config.request_timeout_ns);
        let request = Request::JoinGroup(Box::new(join));
        self.requests.send(to, request, timeout, Asked::Join, ctx);
    }

    fn owned_queues(&self) -> Arc<[QueueId]> {
        let owned = self.parts.iter().filter(|p| p.owned);
        owned.map(|p| p.queue).collect()
    }

    fn joined(&mut self, result: Result<Joined, Error>, ctx: &mut Ctx<'_>) {
        if self.phase != Phase::Joining {
            return;
        }
        match result {
            Ok(joined) => {
                self.failures = 0;
                self.member = joined.member;
                self.phase = Phase::Syncing;
                let leads = joined.leader == joined.member.member_id;
                let assignment = if leads {
                    assign(joined.assignor, &joined.members, &self.cluster)
                } else {
                    Vec::new()
                };
                let sync = SyncGroup {
                    member: self.member,
                    assignment,
                };
                self.begin_heartbeats(ctx);
                if let Some(to) = self.coordinator {
                    let timeout = self
                        .config
                        .request_timeout_ns
                        .max(self.config.max_poll_interval_ns);
                    let request = Request::SyncGroup(Box::new(sync));
                    self.requests.send(to, request, timeout, Asked::Sync, ctx);
                } else {
                    self.phase = Phase::Unjoined;
                }
            }
            Err(error) => {
                self.phase = Phase::Unjoined;
                self.group_error(error, ctx);
            }
        }
    }

    fn synced(&mut self, result: Result<Arc<[QueueId]>, Error>, ctx: &mut Ctx<'_>) {
        if self.phase != Phase::Syncing {
            return;
        }
        match result {
            Ok(assignment) => {
                self.phase = Phase::Stable;
                self.rejoin = false;
                self.assignment = Some(assignment);
            }
            Err(error) => {
                self.phase = Phase::Unjoined;
                self.group_error(error, ctx);
            }
        }
    }

    /// An assignment takes effect: all of it, or (cooperative) what is new, after what is not any more was given back.
    fn take_assignment(&mut self, assignment: &[QueueId], ctx: &mut Ctx<'_>) {
        let lost = |p: &Part| assignment.binary_search(&p.queue).is_err();
        if self.parts.iter().any(|p| p.owned && lost(p)) {
            self.give_back(lost, Event::Revoked, ctx);
            // Others wait for what was given back (KIP-429).
            self.rejoin = true;
        }
        let generation = self.member.generation;
        for (at, part) in (0_u32..).zip(&mut self.parts) {
            if !part.owned && assignment.binary_search(&part.queue).is_ok() {
                part.owned = true;
                part.position = Position::Stored;
                part.epoch = None;
                part.not_before = 0;
                self.events.push(Event::Assigned(at));
                ctx.record(Fact::Assigned {
                    group: self.config.group,
                    queue: part.queue,
                    generation,
                });
            }
        }
    }

    fn give_back(
        &mut self,
        which: impl Fn(&Part) -> bool,
        event: fn(u32) -> Event,
        ctx: &mut Ctx<'_>,
    ) {
        let generation = self.member.generation;
        for (at, part) in (0_u32..).zip(&mut self.parts) {
            if !part.owned || !which(part) {
                continue;
            }
            part.owned = false;
            part.asking = false;
            part.buffered.clear();
            self.full.retain(|&p| p != at);
            self.events.push(event(at));
            ctx.record(Fact::Revoked {
                group: self.config.group,
                queue: part.queue,
                generation,
            });
        }
    }

    /// The group does not know this member (any more): it starts over as a newcomer, and what it read is others' now.
    fn lose_membership(&mut self, ctx: &mut Ctx<'_>) {
        self.give_back(|_| true, Event::Lost, ctx);
        self.member.member_id = 0;
        self.member.generation = 0;
        self.phase = Phase::Unjoined;
        self.assignment = None;
        self.remembered = Arc::from([]);
        self.heartbeating = false;
        self.heartbeat.off(ctx);
    }

    /// An answer of the coordinator says that something is wrong with this client's place in the group.
    fn group_error(&mut self, error: Error, ctx: &mut Ctx<'_>) {
        match error {
            Error::UnknownMemberId | Error::IllegalGeneration => self.lose_membership(ctx),
            Error::RebalanceInProgress => self.rejoin = true,
            Error::FencedInstanceId => {
                self.lose_membership(ctx);
                self.stopped = true;
                self.events.push(Event::Fenced);
            }
            // `AbstractCoordinator.JoinGroupResponseHandler`: fatal.
            Error::InvalidSessionTimeout => {
                self.stopped = true;
                self.events.push(Event::InvalidSession);
            }
            error if error.is_lost_coordinator() => {
                self.coordinator = None;
                self.group_not_before = self.back_off(ctx);
            }
            _ => self.group_not_before = self.back_off(ctx),
        }
    }

    fn begin_heartbeats(&mut self, ctx: &mut Ctx<'_>) {
        self.heartbeating = true;
        let at = ctx.now() + self.config.heartbeat_ns;
        self.heartbeat
            .at(at, Token::of(self.timers + HEARTBEAT), ctx);
    }

    fn beat(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        if !self.heartbeating {
            return;
        }
        let token = Token::of(self.timers + HEARTBEAT);
        self.heartbeat
            .by(now + self.config.heartbeat_ns, token, ctx);
        let Some(to) = self.coordinator else {
            self.find_coordinator(ctx);
            return;
        };
        let request = Request::Heartbeat(self.member);
        let timeout = self.config.request_timeout_ns;
        self.requests
            .send(to, request, timeout, Asked::Heartbeat, ctx);
    }

    /// The application did not poll in time: the client leaves the group by itself (KIP-62). A static member only falls
    /// silent (KIP-345).
    fn leave_for_silence(&mut self, ctx: &mut Ctx<'_>) {
        if self.phase == Phase::Unjoined && self.member.member_id == 0 {
            return;
        }
        if let Some(to) = self.coordinator
            && self.member.instance.is_none()
        {
            ctx.record(Fact::Evicted {
                group: self.config.group,
                member: ctx.me(),
                silent: false,
            });
            let request = Request::LeaveGroup(self.member);
            let timeout = self.config.request_timeout_ns;
            self.requests.send(to, request, timeout, Asked::Leave, ctx);
        }
        self.lose_membership(ctx);
    }

    fn find_coordinator(&mut self, ctx: &mut Ctx<'_>) {
        if self.finding {
            return;
        }
        let now = ctx.now();
        if self.group_not_before > now {
            self.retry_by(self.group_not_before, ctx);
            return;
        }
        match self.view.any_broker(now, &mut self.stream) {
            Ok(to) => {
                self.finding = true;
                let request = Request::FindCoordinator(self.config.group);
                let timeout = self.config.request_timeout_ns;
                self.requests
                    .send(to, request, timeout, Asked::Coordinator, ctx);
            }
            Err(at) => self.retry_by(at, ctx),
        }
    }

    fn ask_metadata(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if self.view.known
            && now
                >= self
                    .view
                    .told_at
                    .saturating_add(self.config.metadata_max_age_ns)
        {
            self.view.wanted = true;
        }
        if !self.view.wanted || self.metadata_asked {
            return;
        }
        if self.view.not_before > now {
            self.retry_by(self.view.not_before, ctx);
            return;
        }
        match self.view.any_broker(now, &mut self.stream) {
            Ok(to) => {
                self.metadata_asked = true;
                let timeout = self.config.request_timeout_ns;
                self.requests
                    .send(to, Request::Metadata, timeout, Asked::Metadata, ctx);
            }
            Err(at) => self.retry_by(at, ctx),
        }
    }

    fn want_metadata(&mut self, ctx: &mut Ctx<'_>) {
        self.view
            .want(ctx.now(), self.config.backoff, &mut self.stream);
        self.ask_metadata(ctx);
    }

    /// Asks where to read on, where that is not known.
    fn look_up(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        let needs = |p: &Part, position: Position| {
            p.owned && !p.asking && p.position == position && p.not_before <= now
        };
        let stored: Vec<u32> = (0_u32..)
            .zip(&self.parts)
            .filter(|(_, p)| needs(p, Position::Stored))
            .map(|(at, _)| at)
            .collect();
        if !stored.is_empty()
            && let Some(to) = self.coordinator
        {
            let queues = stored
                .iter()
                .map(|&p| self.parts[p as usize].queue)
                .collect();
            for &part in &stored {
                self.parts[part as usize].asking = true;
            }
            let request = Request::OffsetFetch(self.config.group, queues);
            let timeout = self.config.request_timeout_ns;
            self.requests
                .send(to, request, timeout, Asked::Positions(stored), ctx);
        }
        if self.parts.iter().any(|p| needs(p, Position::Lost)) {
            self.find_ends(now, ctx);
        }
    }

    /// Asks leaders where logs begin or end, by the reset policy.
    fn find_ends(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        if self.config.reset == OffsetReset::None {
            self.stopped = true;
            self.events.push(Event::NoPosition);
            return;
        }
        let mut leaderless = false;
        for broker in 0..self.view.brokers().len() {
            let to = self.view.brokers()[broker];
            let mut parts = Vec::new();
            let mut queries = Vec::new();
            for (at, part) in (0_u32..).zip(&mut self.parts) {
                let needs = part.owned
                    && !part.asking
                    && part.position == Position::Lost
                    && part.not_before <= now;
                let leader = self.view.leader(part.place);
                leaderless |= needs && leader.is_none();
                if needs && leader == Some(to) {
                    part.asking = true;
                    parts.push(at);
                    queries.push(OffsetQuery {
                        queue: part.queue,
                        earliest: self.config.reset == OffsetReset::Earliest,
                    });
                }
            }
            if !parts.is_empty() {
                let request = Request::ListOffsets(queries);
                let timeout = self.config.request_timeout_ns;
                self.requests
                    .send(to, request, timeout, Asked::Ends(parts), ctx);
            }
        }
        if leaderless {
            self.want_metadata(ctx);
        }
    }

    /// Sends fetches: to each broker at most one at a time, for the partitions of which nothing is buffered.
    fn fetch(&mut self, ctx: &mut Ctx<'_>) {
        if self.stopped {
            return;
        }
        let now = ctx.now();
        let mut leaderless = false;
        for part in &self.parts {
            let ready = part.owned && matches!(part.position, Position::At(_));
            leaderless |= ready && self.view.leader(part.place).is_none();
        }
        for broker in 0..self.fetching.len() {
            if self.fetching[broker] {
                continue;
            }
            let to = self.view.brokers()[broker];
            let mut call = self.spare.pop().unwrap_or_else(|| self.empty_call());
            let partitions = &mut call.asks.partitions;
            partitions.clear();
            let mut wait_until = u64::MAX;
            for part in &self.parts {
                let Position::At(offset) = part.position else {
                    continue;
                };
                if !part.owned
                    || !part.buffered.is_empty()
                    || self.view.leader(part.place) != Some(to)
                {
                    continue;
                }
                let ready_at = part.not_before.max(self.view.up_at(broker));
                if ready_at > now {
                    wait_until = wait_until.min(ready_at);
                    continue;
                }
                partitions.push(FetchPartition {
                    queue: part.queue,
                    offset,
                    current_leader_epoch: self.view.epoch(part.place),
                    last_fetched_epoch: part.epoch,
                });
            }
            self.retry_by(wait_until, ctx);
            if call.asks.partitions.is_empty() {
                self.spare.push(call);
                continue;
            }
            self.fetching[broker] = true;
            let timeout = self.config.request_timeout_ns;
            let request = Request::Fetch(call);
            self.requests.send(to, request, timeout, Asked::Fetch, ctx);
        }
        if leaderless {
            self.want_metadata(ctx);
        }
    }

    /// A request that asks for nothing.
    fn empty_call(&self) -> Box<FetchCall> {
        let asks = Fetch {
            replica: None,
            max_wait_ns: self.config.fetch_max_wait_ns,
            min_bytes: self.config.fetch_min_bytes,
            max_bytes: self.config.fetch_max_bytes,
            partition_max_bytes: self.config.partition_fetch_bytes,
            session_id: 0,
            session_epoch: FINAL_EPOCH,
            partitions: Vec::new(),
            forgotten: Vec::new(),
        };
        let answer = Fetched::default();
        Box::new(FetchCall { asks, answer })
    }

    fn fetched(&mut self, call: &mut FetchCall, ctx: &mut Ctx<'_>) {
        let mut batches = call.answer.batches.drain(..);
        for answer in &call.answer.partitions {
            let mut mine = batches.by_ref().take(answer.batches);
            let asked = call
                .asks
                .partitions
                .iter()
                .find(|p| p.queue == answer.queue);
            let part = self.subscription.binary_search(&answer.queue);
            if let (Some(asked), Ok(part)) = (asked, part) {
                self.fetched_part(part as u32, asked.offset, answer, &mut mine, ctx);
            }
            mine.for_each(drop);
        }
    }

    fn fetched_part(
        &mut self,
        at: u32,
        offset: u64,
        answer: &FetchedPartition,
        batches: impl Iterator<Item = LogBatch>,
        ctx: &mut Ctx<'_>,
    ) {
        let part = &mut self.parts[at as usize];
        // Meanwhile it may have been given back, or moved.
        // It may also have been fetched from an old leader and a new one at once; the first answer counts.
        if !part.owned || part.position != Position::At(offset) || !part.buffered.is_empty() {
            return;
        }
        match answer.error {
            None => {}
            Some(Error::OffsetOutOfRange) => {
                part.position = Position::Lost;
                part.epoch = None;
                return;
            }
            Some(error) => {
                part.not_before = ctx.now() + self.config.backoff.first_ns;
                if error.is_stale_metadata() {
                    self.want_metadata(ctx);
                }
                return;
            }
        }
        self.view.is_good();
        part.high_watermark = answer.high_watermark;
        if let Some(end) = answer.diverging {
            // The log was truncated: read on where it agrees with what was read (KIP-320).
            let end = end.end.min(offset);
            part.position = Position::At(end);
            part.epoch = None;
            ctx.record(Fact::Reset {
                group: self.config.group,
                queue: part.queue,
                offset: end,
            });
            return;
        }
        let new = batches.filter(|b| b.end() > offset);
        part.buffered.extend(new);
        if !part.buffered.is_empty() {
            self.full.push_back(at);
        }
    }

    /// Whether an answer is for this client.
    pub fn owns(&self, number: u32) -> bool {
        self.requests.owns(number)
    }

    /// An answer arrived.
    pub fn response(&mut self, from: Pid, number: u32, response: Response, ctx: &mut Ctx<'_>) {
        let Some(open) = self.requests.take(number) else {
            return;
        };
        let broker = self.view.broker(from);
        if let Some(broker) = broker {
            self.view.answers(broker);
        }
        match (open.what, response) {
            (Asked::Fetch, Response::Fetch(mut call)) => {
                if let Some(broker) = broker {
                    self.fetching[broker] = false;
                }
                self.fetched(&mut call, ctx);
                self.spare.push(call);
            }
            (Asked::Metadata, Response::Metadata(metadata)) => {
                self.metadata_asked = false;
                self.view.learn(&metadata, ctx.now());
                let age = self.config.metadata_max_age_ns;
                self.retry_by(ctx.now().saturating_add(age), ctx);
            }
            (Asked::Coordinator, Response::FindCoordinator(result)) => {
                self.finding = false;
                match result {
                    Ok(coordinator) => self.coordinator = Some(coordinator),
                    Err(_) => self.group_not_before = self.back_off(ctx),
                }
            }
            (Asked::Join, Response::JoinGroup(result)) => self.joined(*result, ctx),
            (Asked::Sync, Response::SyncGroup(result)) => self.synced(result, ctx),
            (Asked::Heartbeat, Response::Heartbeat(Err(error))) if self.heartbeating => {
                self.group_error(error, ctx);
            }
            (Asked::AutoCommit(joining), Response::OffsetCommit(results)) => {
                let error = results.iter().find_map(|r| r.1.err());
                self.auto_committed(joining, error, ctx);
            }
            (Asked::Commit(offsets), Response::OffsetCommit(results)) => {
                let error = results.iter().find_map(|r| r.1.err());
                self.committed(offsets, error, ctx);
            }
            (Asked::Positions(parts), Response::OffsetFetch(result)) => {
                self.found_stored(&parts, result, ctx);
            }
            (Asked::Ends(parts), Response::ListOffsets(results)) => {
                self.found_ends(&parts, &results, ctx);
            }
            _ => {}
        }
        self.advance(ctx);
    }

    fn auto_committed(&mut self, joining: bool, error: Option<Error>, ctx: &mut Ctx<'_>) {
        match error {
            None => self.failures = 0,
            Some(error) if error.is_retriable() => {
                if error.is_lost_coordinator() {
                    self.coordinator = None;
                    self.group_not_before = self.back_off(ctx);
                }
                self.auto_commit_at = ctx.now() + self.config.backoff.first_ns;
                self.retry_by(self.auto_commit_at, ctx);
            }
            Some(error) => self.group_error(error, ctx),
        }
        if joining && self.phase == Phase::Committing {
            self.join(ctx);
        }
    }

    /// The application's commit was answered. What may succeed later is tried again; otherwise the group has moved on
    /// without this consumer (`CommitFailedException`).
    fn committed(&mut self, offsets: Vec<(QueueId, u64)>, error: Option<Error>, ctx: &mut Ctx<'_>) {
        match error {
            None => {
                self.failures = 0;
                self.events.push(Event::Committed(true));
            }
            Some(error) if error.is_retriable() => {
                if error.is_lost_coordinator() {
                    self.coordinator = None;
                }
                let at = self.back_off(ctx);
                self.group_not_before = self.group_not_before.max(at);
                self.commit_again = Some((offsets, at));
                self.find_if_lost(ctx);
            }
            Some(error) => {
                self.group_error(error, ctx);
                self.events.push(Event::Committed(false));
            }
        }
    }

    fn find_if_lost(&mut self, ctx: &mut Ctx<'_>) {
        if self.coordinator.is_none() {
            self.find_coordinator(ctx);
        }
    }

    fn found_stored(
        &mut self,
        parts: &[u32],
        result: Result<Vec<(QueueId, Option<u64>)>, Error>,
        ctx: &mut Ctx<'_>,
    ) {
        for &part in parts {
            self.parts[part as usize].asking = false;
        }
        let stored = match result {
            Ok(stored) => stored,
            Err(error) => return self.lookup_failed(parts, error, ctx),
        };
        for &at in parts {
            let part = &mut self.parts[at as usize];
            let of_this = stored.iter().find(|(q, _)| *q == part.queue);
            if part.owned && part.position == Position::Stored {
                part.position = match of_this {
                    Some((_, Some(offset))) => Position::At(*offset),
                    _ => Position::Lost,
                };
            }
        }
    }

    fn found_ends(
        &mut self,
        parts: &[u32],
        results: &[(QueueId, Result<u64, Error>)],
        ctx: &mut Ctx<'_>,
    ) {
        for &at in parts {
            let part = &mut self.parts[at as usize];
            part.asking = false;
            let result = results.iter().find(|(q, _)| *q == part.queue);
            match result.map(|r| r.1) {
                Some(Ok(offset)) if part.owned && part.position == Position::Lost => {
                    part.position = Position::At(offset);
                    ctx.record(Fact::Reset {
                        group: self.config.group,
                        queue: part.queue,
                        offset,
                    });
                }
                Some(Err(error)) => self.lookup_failed(&[at], error, ctx),
                _ => {}
            }
        }
    }

    fn lookup_failed(&mut self, parts: &[u32], error: Error, ctx: &mut Ctx<'_>) {
        let at = ctx.now() + self.config.backoff.first_ns;
        for &part in parts {
            self.parts[part as usize].not_before = at;
        }
        self.retry_by(at, ctx);
        if error.is_lost_coordinator() {
            self.coordinator = None;
        } else if error.is_stale_metadata() {
            self.want_metadata(ctx);
        }
    }

    /// The connection to a broker was reset.
    pub fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        let Some(broker) = self.view.broker(peer) else {
            return;
        };
        let now = ctx.now();
        self.view.lost(broker, now, &mut self.stream);
        self.fetching[broker] = false;
        if self.coordinator == Some(peer) {
            self.coordinator = None;
        }
        for open in self.requests.drop_peer(peer) {
            self.gone(open.what, ctx);
        }
        self.want_metadata(ctx);
        if self.heartbeating {
            self.find_if_lost(ctx);
        }
        self.advance(ctx);
    }

    /// A request will not be answered any more.
    fn gone(&mut self, what: Asked, ctx: &mut Ctx<'_>) {
        match what {
            Asked::Metadata => {
                self.metadata_asked = false;
                self.view
                    .failed(ctx.now(), self.config.backoff, &mut self.stream);
            }
            Asked::Coordinator => {
                self.finding = false;
                self.group_not_before = self.back_off(ctx);
            }
            Asked::Join | Asked::Sync => {
                if matches!(self.phase, Phase::Joining | Phase::Syncing) {
                    self.phase = Phase::Unjoined;
                    self.group_not_before = self.back_off(ctx);
                }
            }
            Asked::AutoCommit(joining) => {
                self.auto_committed(joining, Some(Error::CoordinatorNotAvailable), ctx);
            }
            Asked::Commit(offsets) => {
                self.committed(offsets, Some(Error::CoordinatorNotAvailable), ctx);
            }
            Asked::Positions(parts) | Asked::Ends(parts) => {
                for &part in &parts {
                    self.parts[part as usize].asking = false;
                }
                self.lookup_failed(&parts, Error::RequestTimedOut, ctx);
            }
            Asked::Heartbeat | Asked::Leave | Asked::Fetch => {}
        }
    }

    /// Whether a timer is this client's.
    pub fn owns_timer(&self, token: Token) -> bool {
        (self.timers..self.timers + CONSUMER_TIMERS).contains(&token.kind)
    }

    /// A timer of this client fired.
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind - self.timers {
            REQUESTS => {
                for peer in self.requests.late(ctx) {
                    self.disconnected(peer, ctx);
                }
            }
            HEARTBEAT => {
                let now = self.heartbeat.rang(ctx.now());
                self.beat(now, ctx);
            }
            POLL => {
                self.poll_deadline.rang(ctx.now());
                if !self.polling {
                    self.leave_for_silence(ctx);
                }
            }
            _ => {
                let now = self.retry.rang(ctx.now());
                self.try_commit_again(now, ctx);
                if self.heartbeating {
                    self.find_if_lost(ctx);
                }
                if self.view.wanted {
                    self.ask_metadata(ctx);
                }
                self.advance(ctx);
            }
        }
    }

    fn try_commit_again(&mut self, now: u64, ctx: &mut Ctx<'_>) {
        match self.commit_again.take() {
            Some((offsets, at)) if at <= now => self.commit(offsets, ctx),
            Some(later) => {
                self.retry_by(later.1, ctx);
                self.commit_again = Some(later);
            }
            None => {}
        }
    }
}
