//! The consumer client: what an application embeds to read topics as a member of a group.
//!
//! It follows Kafka's `KafkaConsumer` with the classic group protocol. The application calls [`ConsumerClient::poll`] and
//! is in the poll until [`ConsumerClient::records`] gives it something; joining, committing by itself and looking up
//! positions happen only meanwhile. Heartbeats go on by themselves, as from Kafka's heartbeat thread.

mod answers;
mod commits;
mod discovery;
mod fetching;
mod membership;
mod positions;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::stream::Stream;
use crate::sim::{Pid, QueueId, Token};

use super::super::Ctx;
use super::super::batch::LogBatch;
use super::super::client::{Requests, View};
use super::super::cluster::Cluster;
use super::super::protocol::{FetchCall, Member, Request};
use super::super::sparse::Sparse;
use super::settings::ConsumerConfig;
use crate::systems::Belief;
use crate::systems::alarm::Alarm;

/// A client's timers use so many kinds, from the one it is given.
pub const CONSUMER_TIMERS: u16 = 4;

/// Timers, from the first kind on.
const REQUESTS: u16 = 0;
const HEARTBEAT: u16 = 1;
const POLL: u16 = 2;
const RETRY: u16 = 3;

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

/// What it has to do with a broker.
#[derive(Clone, Debug, Default)]
struct Led {
    /// Partitions that it reads and that the broker leads, by index.
    parts: Vec<u32>,
    /// A fetch is on the way.
    fetching: bool,
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
    /// What it reads from each broker.
    led: Sparse<Led>,
    /// Partitions that it reads and of which nobody is known to lead them.
    leaderless: Vec<u32>,
    /// Whether there is nothing to look up: of each partition that it reads the position is known.
    is_placed: bool,
    /// Partitions with buffered batches, in the order they arrived.
    full: VecDeque<u32>,
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
    /// When the application must have polled again, ns; the end of time while it is in a poll.
    poll_by: u64,
    /// Rings no later than that: it is not set back with each poll.
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
            led: Sparse::new(cluster.brokers.len()),
            leaderless: Vec::new(),
            is_placed: false,
            full: VecDeque::new(),
            spare: Vec::new(),
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
            poll_by: u64::MAX,
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

    /// It was closed, and is to be a member again. What was asked before is not mixed up with what is asked from now on.
    pub fn reopen(&mut self, ctx: &mut Ctx<'_>) {
        let requests = self.requests.clone();
        self.crash();
        self.requests = requests;
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

    /// Whether there is something that the application should know.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
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

    /// What a timer of its own is for.
    pub fn timer_name(&self, token: Token) -> &'static str {
        match token.kind.checked_sub(self.timers) {
            Some(REQUESTS) => "request timeout",
            Some(HEARTBEAT) => "heartbeat",
            Some(POLL) => "longest time between polls",
            Some(RETRY) => "try again",
            _ => "timer",
        }
    }

    /// Who leads what it reads, and who coordinates its group, as far as it was told.
    pub fn beliefs(&self) -> Vec<Belief> {
        let coordinator = Belief::Coordinates {
            group: self.config.group,
            who: self.coordinator,
        };
        let owned = self.parts.iter().filter(|p| p.owned);
        let leaders = owned.filter_map(|p| self.view.belief(p.queue, p.place));
        std::iter::once(coordinator).chain(leaders).collect()
    }

    /// Partition by its place in the subscription.
    pub fn queue(&self, part: u32) -> QueueId {
        self.parts[part as usize].queue
    }

    /// The application asks for messages, and waits.
    pub fn poll(&mut self, ctx: &mut Ctx<'_>) {
        self.polling = true;
        self.poll_by = u64::MAX;
        self.advance(ctx);
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
                    .send_only(to, Request::LeaveGroup(Box::new(self.member)), ctx);
            }
        }
        self.give_back(|_| true, Event::Revoked, ctx);
        self.phase = Phase::Unjoined;
        self.heartbeat.off(ctx);
        self.poll_by = u64::MAX;
        self.poll_deadline.off(ctx);
        self.retry.off(ctx);
        self.requests.open.clear();
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

    #[cold]
    fn back_off(&mut self, ctx: &mut Ctx<'_>) -> u64 {
        self.failures += 1;
        let at = ctx.now() + self.config.backoff.ns(self.failures, &mut self.stream);
        self.retry_by(at, ctx);
        at
    }
}
