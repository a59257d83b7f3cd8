//! What all clients of a cluster have in common: requests that wait for answers, what is known of the leaders, brokers
//! that do not answer, waiting before another try.

use std::sync::Arc;

use crate::sim::stream::Stream;
use crate::sim::{MS, Pid, QueueId, Token};
use crate::systems::alarm::Alarm;
use crate::systems::{Belief, Message as AnyMessage};

use super::Ctx;
use super::cluster::Cluster;
use super::protocol::{Error, Message, Metadata, Request};
use super::shared::Shared;

/// How long a client waits before it connects again to a broker that it could not reach, at first and at most
/// (`reconnect.backoff.ms`, `reconnect.backoff.max.ms`: Kafka documentation, "Producer Configs").
const RECONNECT_BACKOFF: Backoff = Backoff {
    first_ns: 50 * MS,
    max_ns: 1000 * MS,
};

impl Error {
    /// Whether the same request may succeed later: Kafka's subclasses of `RetriableException`.
    pub(super) fn is_retriable(self) -> bool {
        matches!(
            self,
            Self::NotLeaderOrFollower
                | Self::UnknownTopicOrPartition
                | Self::NotEnoughReplicas
                | Self::NotEnoughReplicasAfterAppend
                | Self::RequestTimedOut
                | Self::FencedLeaderEpoch
                | Self::UnknownLeaderEpoch
                | Self::KafkaStorageError
                | Self::CoordinatorNotAvailable
                | Self::CoordinatorLoadInProgress
                | Self::NotCoordinator
                | Self::NotController
        )
    }

    /// Whether what the client knows of the leaders is wrong: Kafka's subclasses of `InvalidMetadataException`.
    pub(super) fn is_stale_metadata(self) -> bool {
        matches!(
            self,
            Self::NotLeaderOrFollower
                | Self::UnknownTopicOrPartition
                | Self::KafkaStorageError
                | Self::FencedLeaderEpoch
                | Self::UnknownLeaderEpoch
        )
    }

    /// Whether the broker asked is not, or not yet, the group's coordinator.
    pub(super) fn is_lost_coordinator(self) -> bool {
        matches!(self, Self::NotCoordinator | Self::CoordinatorNotAvailable)
    }
}

/// Waiting before another try: twice as long each time up to a limit, give or take 20 % (KIP-580).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backoff {
    /// Before the first retry, ns.
    pub first_ns: u64,
    /// The longest, ns; also of the first, if that should be longer.
    pub max_ns: u64,
}

impl Backoff {
    /// How long to wait after so many failures (from 1), ns: give or take a fifth, but never more than the longest
    /// (`org.apache.kafka.common.utils.ExponentialBackoff`).
    pub fn ns(self, failures: u32, stream: &mut Stream) -> u64 {
        let longest = self.max_ns.max(MS);
        let doubled = self
            .first_ns
            .saturating_mul(1 << failures.saturating_sub(1).min(40));
        let jitter = 0.8 + 0.4 * stream.unit();
        ((doubled.min(longest) as f64 * jitter) as u64).min(longest)
    }
}

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Open<T> {
    pub number: u32,
    pub to: Pid,
    pub deadline: u64,
    pub what: T,
}

/// Requests that wait for their answers.
#[derive(Clone, Debug)]
pub(super) struct Requests<T> {
    /// The upper bits of the numbers: whose they are, when several clients live in one process.
    tag: u32,
    next: u32,
    pub open: Vec<Open<T>>,
    alarm: Alarm,
    token: Token,
}

const TAG_SHIFT: u32 = 29;

impl<T> Requests<T> {
    /// None yet. `tag` (below 8) tells a process's clients apart; `incarnation` keeps answers to a former life away.
    pub fn new(tag: u32, incarnation: u32, token: Token) -> Self {
        Self {
            tag,
            next: incarnation.wrapping_shl(20),
            open: Vec::new(),
            alarm: Alarm::default(),
            token,
        }
    }

    /// Whether a number is one of these.
    pub fn owns(&self, number: u32) -> bool {
        number >> TAG_SHIFT == self.tag
    }

    fn number(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.tag << TAG_SHIFT | self.next & ((1 << TAG_SHIFT) - 1)
    }

    /// Sends a request whose answer is waited for.
    pub fn send(
        &mut self,
        to: Pid,
        request: Request,
        timeout_ns: u64,
        what: T,
        ctx: &mut Ctx<'_>,
    ) -> u32 {
        let number = self.number();
        let deadline = ctx.now().saturating_add(timeout_ns);
        self.open.push(Open {
            number,
            to,
            deadline,
            what,
        });
        self.alarm.by(deadline, self.token, ctx);
        send(to, number, request, ctx);
        number
    }

    /// Sends a request that nobody answers.
    pub fn send_only(&mut self, to: Pid, request: Request, ctx: &mut Ctx<'_>) {
        let number = self.number();
        send(to, number, request, ctx);
    }

    /// The request that is answered, if it still waits.
    pub fn take(&mut self, number: u32) -> Option<Open<T>> {
        let at = self.open.iter().position(|o| o.number == number)?;
        Some(self.open.remove(at))
    }

    /// All requests to a broker, in the order they were sent: the connection is gone.
    #[cold]
    pub fn drop_peer(&mut self, peer: Pid) -> Vec<Open<T>> {
        let (gone, open) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(|o| o.to == peer);
        self.open = open;
        gone
    }

    /// The alarm rang: the brokers that did not answer in time. A client closes the connection to such a broker
    /// (`NetworkClient.handleTimedOutRequests`), so that all that waits there fails: see [`Self::drop_peer`].
    #[cold]
    pub fn late(&mut self, ctx: &mut Ctx<'_>) -> Vec<Pid> {
        let now = self.alarm.rang(ctx.now());
        let mut late: Vec<Pid> = self
            .open
            .iter()
            .filter(|o| o.deadline <= now)
            .map(|o| o.to)
            .collect();
        late.sort_unstable();
        late.dedup();
        let waiting = self.open.iter().filter(|o| !late.contains(&o.to));
        if let Some(next) = waiting.map(|o| o.deadline).min() {
            self.alarm.by(next, self.token, ctx);
        }
        late
    }
}

fn send(to: Pid, number: u32, request: Request, ctx: &mut Ctx<'_>) {
    let message = Message::Request(number, request);
    let bytes = message.bytes();
    ctx.send(to, AnyMessage::Kafka(message), bytes);
}

/// What a client knows of who leads what, and of which brokers answer.
#[derive(Clone, Debug)]
pub(super) struct View {
    cluster: Arc<Cluster>,
    leaders: Shared<(Option<Pid>, u32)>,
    version: u64,
    /// Whether it was ever told.
    pub known: bool,
    /// When it was last told, ns.
    pub told_at: u64,
    /// Whether it wants to be told again.
    pub wanted: bool,
    /// Not to be asked for before, ns.
    pub not_before: u64,
    failures: u32,
    /// Brokers that were lost and have not answered since, in order.
    down: Vec<Down>,
}

/// A broker to which the connection was lost.
#[derive(Clone, Copy, Debug)]
struct Down {
    /// By its place.
    broker: u32,
    failures: u32,
    /// Not to be connected to before, ns.
    until: u64,
}

impl View {
    /// Nothing yet.
    pub fn new(cluster: &Arc<Cluster>) -> Self {
        Self {
            cluster: Arc::clone(cluster),
            leaders: Shared::of((None, 0), cluster.partitions()),
            version: 0,
            known: false,
            told_at: 0,
            wanted: true,
            not_before: 0,
            failures: 0,
            down: Vec::new(),
        }
    }

    /// Who leads a partition, by its place, as far as is known.
    #[inline]
    pub fn leader(&self, place: usize) -> Option<Pid> {
        self.leaders.get(place).and_then(|l| l.0)
    }

    /// The leader's epoch, as far as is known.
    pub fn epoch(&self, place: usize) -> u32 {
        self.leaders.get(place).map_or(0, |l| l.1)
    }

    /// Who leads a partition, by its place, for the inspector; nothing before it was told anything.
    pub fn belief(&self, queue: QueueId, place: usize) -> Option<Belief> {
        self.known.then(|| Belief::Leads {
            queue,
            who: self.leader(place),
            epoch: Some(self.epoch(place)),
        })
    }

    /// A broker's place.
    pub fn broker(&self, pid: Pid) -> Option<usize> {
        self.cluster.broker(pid)
    }

    /// The brokers.
    pub fn brokers(&self) -> &[Pid] {
        &self.cluster.brokers
    }

    /// Takes over what a broker says, unless it is older than what is known of a partition (KIP-320).
    #[cold]
    pub fn learn(&mut self, metadata: &Metadata, now: u64) {
        self.known = true;
        self.told_at = now;
        self.wanted = false;
        self.version = self.version.max(metadata.version);
        self.leaders
            .merge(&metadata.leaders, |told, mine| told.1 >= mine.1);
    }

    /// Something is wrong with what is known: ask again, but not at once.
    pub fn want(&mut self, now: u64, backoff: Backoff, stream: &mut Stream) {
        if !self.wanted {
            self.wanted = true;
            self.failures += 1;
            self.not_before = now + backoff.ns(self.failures, stream);
        }
    }

    /// Asking itself failed.
    pub fn failed(&mut self, now: u64, backoff: Backoff, stream: &mut Stream) {
        self.wanted = false;
        self.want(now, backoff, stream);
    }

    /// What is known turned out to be good.
    pub fn is_good(&mut self) {
        self.failures = 0;
    }

    /// A broker that can be asked anything, at random; or when to try again.
    #[cold]
    pub fn any_broker(&self, now: u64, stream: &mut Stream) -> Result<Pid, u64> {
        let brokers = self.brokers();
        let down = || self.down.iter().filter(|d| d.until > now);
        let up = brokers.len() - down().count();
        if up == 0 {
            return Err(down().map(|d| d.until).min().unwrap_or(u64::MAX));
        }
        // The n-th of those that are up.
        let mut place = stream.below(up as u64) as usize;
        for down in down() {
            place += usize::from(down.broker as usize <= place);
        }
        brokers.get(place).copied().ok_or(u64::MAX)
    }

    fn find_down(&self, broker: usize) -> Result<usize, usize> {
        self.down
            .binary_search_by_key(&(broker as u32), |d| d.broker)
    }

    /// From when on a broker, by its place, can be talked to.
    #[inline]
    pub fn up_at(&self, broker: usize) -> u64 {
        if self.down.is_empty() {
            return 0;
        }
        self.find_down(broker).map_or(0, |at| self.down[at].until)
    }

    /// The connection to a broker was lost.
    #[cold]
    pub fn lost(&mut self, broker: usize, now: u64, stream: &mut Stream) {
        let at = self.find_down(broker).unwrap_or_else(|at| {
            let new = Down {
                broker: broker as u32,
                failures: 0,
                until: 0,
            };
            self.down.insert(at, new);
            at
        });
        let down = &mut self.down[at];
        down.failures += 1;
        down.until = now + RECONNECT_BACKOFF.ns(down.failures, stream);
    }

    /// A broker answered.
    #[inline]
    pub fn answers(&mut self, broker: usize) {
        if !self.down.is_empty()
            && let Ok(at) = self.find_down(broker)
        {
            self.down.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Kafka's documentation of `retry.backoff.max.ms`: "will be used as a constant backoff from the beginning".
    #[test]
    fn a_first_backoff_above_the_limit_is_cut_to_it() {
        let backoff = Backoff {
            first_ns: 20_000 * MS,
            max_ns: 1000 * MS,
        };
        let mut stream = Stream::named(1, "test", "backoff");
        for failures in [1, 2, 9] {
            let ns = backoff.ns(failures, &mut stream);
            assert!((800 * MS..=1000 * MS).contains(&ns), "{ns}");
        }
    }

    #[test]
    fn backoff_doubles_to_its_limit_within_a_fifth() {
        let backoff = Backoff {
            first_ns: 100 * MS,
            max_ns: 1000 * MS,
        };
        let mut stream = Stream::named(1, "test", "backoff");
        for (failures, exact_ms) in [
            (1, 100),
            (2, 200),
            (3, 400),
            (4, 800),
            (5, 1000),
            (90, 1000),
        ] {
            let mut seen = (u64::MAX, 0);
            for _ in 0..500 {
                let ns = backoff.ns(failures, &mut stream);
                seen = (seen.0.min(ns), seen.1.max(ns));
            }
            let (exact, longest) = (exact_ms * MS, backoff.max_ns);
            let above = (exact * 6 / 5).min(longest);
            assert!(seen.0 >= exact * 4 / 5 && seen.1 <= above, "{failures}");
            assert!(
                seen.0 < exact * 85 / 100 && seen.1 > above * 95 / 100,
                "{failures}"
            );
        }
    }
}
