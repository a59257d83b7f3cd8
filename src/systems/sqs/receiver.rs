//! What a process receives messages with: it polls a queue, and deletes what its owner is done with.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::record::Outcome;
use crate::sim::stream::Stream;
use crate::sim::{Fact, GroupId, MS, Pid, QueueId, SECOND, Span, Token};

use super::Ctx;
use super::calls::Calls;
use super::protocol::{Receipt, Received, Request, Response};

/// Kinds of timers that an owner leaves to a receiver.
pub const RECEIVER_TIMERS: u16 = 2;

const CALLS: u16 = 0;
const POLL: u16 = 1;

/// How a receiver receives.
#[derive(Clone, Debug)]
pub struct ReceiverConfig {
    /// The queue's place in its system.
    pub place: u16,
    /// The queue.
    pub queue: QueueId,
    /// The process that holds it.
    pub home: Pid,
    /// The group that it receives for.
    pub group: GroupId,
    /// Messages that one receive asks for at most (`MaxNumberOfMessages`), 1 to 10.
    pub batch: u32,
    /// Messages that the owner has at most.
    pub in_hand_max: u32,
    /// How long a receive waits, ns; `None`: as the queue says.
    pub wait_ns: Option<u64>,
    /// How long received messages are hidden, ns; `None`: as the queue says.
    pub visibility_ns: Option<u64>,
    /// How long it waits after a receive that found nothing, ns.
    pub pause_ns: u64,
    /// Attempts of a request in all (AWS SDKs: `max_attempts`, 3).
    pub max_attempts: u32,
    /// How long an attempt waits for its answer, besides the time that the receive itself waits, ns.
    pub attempt_timeout_ns: u64,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Messages,
    Other,
}

/// The longest a receive can wait (guide, "Amazon SQS short and long polling").
const WAIT_MAX_NS: u64 = 20 * SECOND;

/// A client that receives. Its owner passes on messages, timers, broken connections and its own death, and
/// [takes](Self::take) what has come.
#[derive(Clone, Debug)]
pub struct SqsReceiver {
    config: Arc<ReceiverConfig>,
    timers: u16,
    calls: Calls<Asked>,
    come: VecDeque<Received>,
    in_hand: u32,
    polling: bool,
    pausing: bool,
    running: bool,
    received: u64,
    deleted: u64,
}

impl SqsReceiver {
    /// A receiver. `timers` is the first of [`RECEIVER_TIMERS`] kinds of timers that the owner leaves to it; `tag` (below 8)
    /// differs from those of other clients in the process; `name` names its random numbers.
    pub fn new(config: Arc<ReceiverConfig>, timers: u16, tag: u32, seed: u64, name: &str) -> Self {
        let retries = Stream::named(seed, "receive retries", name);
        Self {
            calls: Calls::new(tag, timers + CALLS, config.max_attempts, retries),
            config,
            timers,
            come: VecDeque::new(),
            in_hand: 0,
            polling: false,
            pausing: false,
            running: false,
            received: 0,
            deleted: 0,
        }
    }

    /// What a timer of its own is for.
    pub fn timer_name(&self, token: Token) -> &'static str {
        match token.kind.checked_sub(self.timers) {
            Some(CALLS) => "request timeout",
            Some(POLL) => "poll again",
            _ => "timer",
        }
    }

    /// Starts a life: it polls from now on.
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.calls.start(ctx.incarnation());
        self.running = true;
        self.poll(ctx);
    }

    /// Polls no more. What is in hand can still be deleted.
    pub fn stop(&mut self) {
        self.running = false;
    }

    /// Polls again after [`Self::stop`].
    pub fn resume(&mut self, ctx: &mut Ctx<'_>) {
        self.running = true;
        self.poll(ctx);
    }

    /// Whether nothing is in hand, and nothing on its way but a poll.
    pub fn is_done(&self) -> bool {
        self.in_hand == 0 && self.calls.len() <= usize::from(self.polling)
    }

    /// The next message that has come. It is in hand until [`Self::end`].
    pub fn take(&mut self) -> Option<Received> {
        self.come.pop_front()
    }

    /// Whether a message has come that was not taken.
    pub fn has_messages(&self) -> bool {
        !self.come.is_empty()
    }

    /// Messages that have come and were not taken.
    pub fn waiting(&self) -> u32 {
        self.come.len() as u32
    }

    /// Messages in hand, taken or not.
    pub fn in_hand(&self) -> u32 {
        self.in_hand
    }

    /// Messages received, and deletions asked for; since the run began.
    pub fn counts(&self) -> (u64, u64) {
        (self.received, self.deleted)
    }

    /// The queue, and the group it is received for.
    pub fn reads(&self) -> (GroupId, QueueId) {
        (self.config.group, self.config.queue)
    }

    /// The owner ended with a message in some way, and has it no more. It is to be deleted besides, or it comes back.
    pub fn end(&mut self, message: &Received, outcome: Outcome, ctx: &mut Ctx<'_>) {
        ctx.record(Fact::Processed {
            group: self.config.group,
            queue: self.config.queue,
            span: Span::one(message.entry.lane, message.entry.number),
            offset: message.receipt.offset,
            outcome,
        });
        self.in_hand = self.in_hand.saturating_sub(1);
        self.poll(ctx);
    }

    /// Deletes a message. If that fails the message comes back.
    pub fn delete(&mut self, receipt: Receipt, ctx: &mut Ctx<'_>) {
        self.deleted += 1;
        let queue = self.config.place;
        self.ask(Request::Delete { queue, receipt }, ctx);
    }

    /// Hides a message for so long from now on, ns; for no time gives it back.
    pub fn change_visibility(&mut self, receipt: Receipt, timeout_ns: u64, ctx: &mut Ctx<'_>) {
        let queue = self.config.place;
        let change = Request::ChangeVisibility {
            queue,
            receipt,
            timeout_ns,
        };
        self.ask(change, ctx);
    }

    fn ask(&mut self, request: Request, ctx: &mut Ctx<'_>) {
        let timeout_ns = self.config.attempt_timeout_ns;
        let to = self.config.home;
        self.calls.ask(to, request, timeout_ns, Asked::Other, ctx);
    }

    /// Asks for messages, if there is room for them.
    fn poll(&mut self, ctx: &mut Ctx<'_>) {
        let room = self.config.in_hand_max.saturating_sub(self.in_hand);
        if !self.running || self.polling || self.pausing || room == 0 {
            return;
        }
        self.polling = true;
        let receive = Request::Receive {
            queue: self.config.place,
            max: self.config.batch.min(room),
            wait_ns: self.config.wait_ns,
            visibility_ns: self.config.visibility_ns,
            group: Some(self.config.group),
        };
        let wait_ns = self.config.wait_ns.unwrap_or(WAIT_MAX_NS);
        let timeout_ns = wait_ns.saturating_add(self.config.attempt_timeout_ns);
        let to = self.config.home;
        self.calls
            .ask(to, receive, timeout_ns, Asked::Messages, ctx);
    }

    /// Whether an answer is for this receiver.
    pub fn owns(&self, number: u32) -> bool {
        self.calls.owns(number)
    }

    /// An answer has come.
    pub fn response(&mut self, number: u32, response: Response, ctx: &mut Ctx<'_>) {
        let Some((asked, response)) = self.calls.answer(number, response, ctx) else {
            return;
        };
        if asked == Asked::Other {
            return;
        }
        self.polling = false;
        let found = match response {
            Response::Messages(found) => found,
            _ => Box::default(),
        };
        if found.is_empty() {
            return self.pause(ctx);
        }
        for message in found {
            ctx.record(Fact::Handed {
                group: self.config.group,
                queue: self.config.queue,
                span: Span::one(message.entry.lane, message.entry.number),
                offset: message.receipt.offset,
            });
            self.received += 1;
            self.in_hand += 1;
            self.come.push_back(message);
        }
        self.poll(ctx);
    }

    /// Polls again in a while. Without any the run would not get on over a network without latency.
    fn pause(&mut self, ctx: &mut Ctx<'_>) {
        self.pausing = true;
        let pause_ns = self.config.pause_ns.max(MS);
        ctx.timer(pause_ns, Token::of(self.timers + POLL));
    }

    /// A timer of this receiver fired.
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        if token.kind == self.timers + POLL {
            self.pausing = false;
            self.poll(ctx);
        } else if self.calls.timer(token.data, ctx) == Some(Asked::Messages) {
            self.polling = false;
            self.pause(ctx);
        }
    }

    /// The connection to a process is gone.
    pub fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        if self
            .calls
            .disconnected(peer, ctx)
            .contains(&Asked::Messages)
        {
            self.polling = false;
            self.pause(ctx);
        }
    }

    /// The process died: what it had comes back to the queue when its time is over.
    pub fn crash(&mut self) {
        self.calls.crash().for_each(drop);
        self.come.clear();
        self.in_hand = 0;
        self.polling = false;
        self.pausing = false;
        self.running = false;
    }
}
