//! What a process sends messages with.

use std::sync::Arc;

use crate::sim::record::Why;
use crate::sim::stream::Stream;
use crate::sim::{Fact, LaneId, Pid, QueueId, SECOND, Span, Task, Token};
use crate::systems::Builder;

use super::Ctx;
use super::calls::Calls;
use super::directory::Directory;
use super::protocol::{Entry, Error, Request, Response};

/// Kinds of timers that an owner leaves to a sender.
pub const SENDER_TIMERS: u16 = 1;

/// How a sender sends.
#[derive(Clone, Debug)]
pub struct SenderConfig {
    /// Attempts in all (AWS SDKs: `max_attempts`, 3).
    pub max_attempts: u32,
    /// How long an attempt waits for its answer, ns.
    pub attempt_timeout_ns: u64,
    /// Whether it names each message (`MessageDeduplicationId`), so that a FIFO queue recognises it.
    pub named: bool,
}

impl Default for SenderConfig {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            attempt_timeout_ns: 30 * SECOND,
            named: true,
        }
    }
}

/// A queue that a sender's messages go to.
#[derive(Clone, Debug)]
struct Way {
    place: u16,
    queue: QueueId,
    lane: LaneId,
    next: u32,
    /// Nothing goes there before, ns.
    from_ns: u64,
}

/// Where a sender sends to.
#[derive(Clone, Debug)]
pub struct Target {
    /// A topic's place; `None`: a queue.
    topic: Option<u16>,
    to: Pid,
    ways: Vec<Way>,
}

impl Target {
    /// A queue or topic of a system by its name (`orders`), as a process sends to it. Gives the process its lanes.
    pub fn find(
        builder: &mut Builder,
        directory: &Directory,
        name: &str,
        sender: Pid,
    ) -> Option<Self> {
        let mut way = |place: u16, from_ns: u64| {
            let queue = directory.home(place).queue;
            Way {
                place,
                queue,
                lane: builder.names.add_lane(sender, queue),
                next: 0,
                from_ns,
            }
        };
        let target = if let Some(topic) = directory.topic(name) {
            let home = &directory.topics[usize::from(topic)];
            let ways = home.subscriptions.iter();
            Self {
                topic: Some(topic),
                to: home.pid,
                ways: ways.map(|&(place, from_ns)| way(place, from_ns)).collect(),
            }
        } else {
            let place = directory.queue(name)?;
            Self {
                topic: None,
                to: directory.home(place).pid,
                ways: vec![way(place, 0)],
            }
        };
        builder.add_link(sender, target.to);
        Some(target)
    }
}

/// A message that waits to be acknowledged.
#[derive(Clone, Debug)]
struct Waiting {
    token: u32,
    /// The copies, by queue.
    spans: Vec<(QueueId, Span)>,
}

/// A client that sends. Its owner passes on messages, timers, broken connections and its own death.
#[derive(Clone, Debug)]
pub struct SqsSender {
    config: Arc<SenderConfig>,
    targets: Vec<Target>,
    calls: Calls<Waiting>,
    tokens: u32,
    done: Option<Vec<(u32, bool)>>,
    acked: u64,
    refused: u64,
}

impl SqsSender {
    /// What a timer of its own is for.
    #[allow(clippy::unused_self, reason = "as all clients are asked")]
    pub fn timer_name(&self, _: Token) -> &'static str {
        "request timeout"
    }

    /// A sender. `timers` is the first of [`SENDER_TIMERS`] kinds of timers that the owner leaves to it; `tag` (below 8)
    /// differs from those of other clients in the process; `name` names its random numbers.
    pub fn new(
        config: Arc<SenderConfig>,
        targets: Vec<Target>,
        timers: u16,
        tag: u32,
        seed: u64,
        name: &str,
    ) -> Self {
        let retries = Stream::named(seed, "send retries", name);
        Self {
            calls: Calls::new(tag, timers, config.max_attempts, retries),
            config,
            targets,
            tokens: 0,
            done: None,
            acked: 0,
            refused: 0,
        }
    }

    /// Keeps what was acknowledged or refused, for [`Self::take_done`].
    pub fn keep_done(mut self) -> Self {
        self.done = Some(Vec::new());
        self
    }

    /// What was acknowledged (`true`) or refused since it was asked last, by the numbers that [`Self::send`] gave, if that
    /// is kept.
    pub fn take_done(&mut self) -> Vec<(u32, bool)> {
        self.done.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Starts a life.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.calls.start(ctx.incarnation());
    }

    /// Sends a message to one of the targets; its number is told when it is [done](Self::take_done). Of a topic each
    /// subscribed queue gets a copy; without subscribers it is done and nobody has it.
    pub fn send(
        &mut self,
        target: usize,
        key: Option<u32>,
        bytes: u32,
        poison: bool,
        task: Task,
        ctx: &mut Ctx<'_>,
    ) -> u32 {
        self.tokens = self.tokens.wrapping_add(1);
        let token = self.tokens;
        let Some(target) = self.targets.get_mut(target) else {
            return token;
        };
        let now = ctx.now();
        let mut spans = Vec::new();
        let mut copies = Vec::new();
        for way in target.ways.iter_mut().filter(|w| w.from_ns <= now) {
            let entry = Entry {
                lane: way.lane,
                number: way.next,
                key,
                bytes,
                poison,
                task,
            };
            way.next += 1;
            let span = Span::one(entry.lane, entry.number);
            spans.push((way.queue, span));
            copies.push((way.place, entry));
            ctx.record(Fact::Produced {
                queue: way.queue,
                span,
                key,
                bytes,
            });
        }
        let (to, named) = (target.to, self.config.named);
        let request = match (target.topic, copies.first()) {
            (Some(topic), _) => Request::Publish {
                topic,
                copies,
                named,
            },
            (None, Some(&(queue, entry))) => Request::Send {
                queue,
                entry,
                named,
            },
            (None, None) => return token,
        };
        let timeout_ns = self.config.attempt_timeout_ns;
        let what = Waiting { token, spans };
        self.calls.ask(to, request, timeout_ns, what, ctx);
        token
    }

    /// Whether every message was acknowledged or refused.
    pub fn is_done(&self) -> bool {
        self.calls.len() == 0
    }

    /// Messages that wait to be acknowledged.
    pub fn waiting(&self) -> usize {
        self.calls.len()
    }

    /// Messages acknowledged, messages refused; since the run began. What is published counts once.
    pub fn counts(&self) -> (u64, u64) {
        (self.acked, self.refused)
    }

    /// Whether an answer is for this sender.
    pub fn owns(&self, number: u32) -> bool {
        self.calls.owns(number)
    }

    /// An answer has come.
    pub fn response(&mut self, number: u32, response: Response, ctx: &mut Ctx<'_>) {
        match self.calls.answer(number, response, ctx) {
            None => {}
            Some((what, Response::Failed(error))) => {
                let why = match error {
                    Error::NoAnswer | Error::ServiceUnavailable => Why::TimedOut,
                    _ => Why::Rejected,
                };
                self.refuse(what, why, ctx);
            }
            Some((what, _)) => {
                for &(queue, span) in &what.spans {
                    ctx.record(Fact::Acked { queue, span });
                }
                self.acked += 1;
                self.tell(what.token, true);
            }
        }
    }

    fn tell(&mut self, token: u32, ok: bool) {
        if let Some(done) = &mut self.done {
            done.push((token, ok));
        }
    }

    fn refuse(&mut self, what: Waiting, why: Why, ctx: &mut Ctx<'_>) {
        for (queue, span) in what.spans {
            ctx.record(Fact::Refused { queue, span, why });
        }
        self.refused += 1;
        self.tell(what.token, false);
    }

    /// A timer of this sender fired.
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        if let Some(what) = self.calls.timer(token.data, ctx) {
            self.refuse(what, Why::TimedOut, ctx);
        }
    }

    /// The connection to a process is gone.
    pub fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        for what in self.calls.disconnected(peer, ctx) {
            self.refuse(what, Why::TimedOut, ctx);
        }
    }

    /// The process died: what was not acknowledged is lost with it, as far as its application knows.
    pub fn crash(&mut self, ctx: &mut Ctx<'_>) {
        for what in self.calls.crash() {
            self.refuse(what, Why::Died, ctx);
        }
        if let Some(done) = &mut self.done {
            done.clear();
        }
    }
}
