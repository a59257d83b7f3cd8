//! A queue on its node: who waits for its messages, and what is recorded of them.

use std::collections::VecDeque;

use crate::sim::record::{Gone, Outcome};
use crate::sim::{Fact, GroupId, LaneId, Pid, QueueId};

use super::super::Ctx;
use super::super::protocol::{Entry, Response};
use super::super::queue::Queue;
use super::super::settings::QueueSettings;
use super::super::shelf::Stored;
use super::{acked, respond, span};

/// A message as the queue keeps it.
pub(super) type State = Stored;

/// A consumer that waits for messages.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Poll {
    pub from: Pid,
    pub number: u32,
    pub max: u32,
    pub visibility_ns: Option<u64>,
    /// It is answered then at the latest, by the clock, ns.
    pub until: i64,
}

/// How the messages of a dead-letter queue go back to where they came from.
#[derive(Clone, Debug)]
pub(in super::super) struct Redrive {
    /// When it begins, ns.
    pub at_ns: u64,
    /// From one message to the next, ns.
    pub gap_ns: u64,
    /// The places of the queues they came from, each with its line and the lane into it.
    pub sources: Vec<(u16, usize, LaneId)>,
    /// Nothing was left to be moved.
    pub over: bool,
    /// It has begun.
    pub begun: bool,
}

/// A queue of a node.
#[derive(Clone, Debug)]
pub(in super::super) struct Line {
    pub place: u16,
    pub id: QueueId,
    pub queue: Queue,
    pub fifo: bool,
    /// How long a receive waits that does not say, ns.
    pub wait_ns: u64,
    /// The group of its consumers, when one has asked.
    pub group: Option<GroupId>,
    /// The line of its dead-letter queue, and the lane into it.
    pub dead_letters: Option<(usize, LaneId)>,
    pub redrive: Option<Redrive>,
    pub polls: VecDeque<Poll>,
    /// Everything below was shown to be visible.
    shown: u64,
    /// Receives that found nothing.
    pub empty: u64,
    /// Receives refused because too much is in flight.
    pub refused: u64,
    /// Messages that came back because nobody deleted them in time.
    pub timed_out: u64,
    /// Numbers of the messages that the node itself puts in, by lane.
    next: Vec<(LaneId, u32)>,
}

impl Line {
    pub fn new(place: u16, id: QueueId, queue: Queue, settings: &QueueSettings) -> Self {
        Self {
            place,
            id,
            queue,
            fifo: settings.fifo_queue,
            wait_ns: settings.receive_message_wait_time_seconds.ns(),
            group: None,
            dead_letters: None,
            redrive: None,
            polls: VecDeque::new(),
            shown: 0,
            empty: 0,
            refused: 0,
            timed_out: 0,
            next: Vec::new(),
        }
    }

    /// A message was put in.
    pub(super) fn stored(&mut self, entry: &Entry, offset: u64, ctx: &mut Ctx<'_>) {
        ctx.record(Fact::Stored {
            queue: self.id,
            span: span(entry),
            offset,
            first_copy: true,
        });
        self.show(ctx);
    }

    /// Says what has become visible for the first time.
    pub(super) fn show(&mut self, ctx: &mut Ctx<'_>) {
        let below = self.queue.visible_below();
        if below > self.shown {
            self.shown = below;
            ctx.record(Fact::Visible {
                queue: self.id,
                below,
                end: self.queue.end(),
            });
        }
    }

    /// A message is gone.
    pub(super) fn unstored(&mut self, gone: &Stored, why: Gone, ctx: &mut Ctx<'_>) {
        // What goes before it was ever to be seen leaves no gap in what is.
        self.show(ctx);
        ctx.record(Fact::Unstored {
            queue: self.id,
            span: span(&gone.entry),
            offset: gone.offset,
            why,
        });
    }

    fn ended(&mut self, stored: &Stored, outcome: Outcome, ctx: &mut Ctx<'_>) {
        if let Some(group) = self.group {
            ctx.record(Fact::Processed {
                group,
                queue: self.id,
                span: span(&stored.entry),
                offset: stored.offset,
                outcome,
            });
        }
        self.unstored(stored, Gone::Deleted, ctx);
    }

    /// A message goes to the dead-letter queue.
    pub(super) fn put_aside(&mut self, stored: &Stored, ctx: &mut Ctx<'_>) {
        self.ended(stored, Outcome::DeadLettered, ctx);
    }

    /// A message goes back to where it came from.
    pub(super) fn moved_out(&mut self, stored: &Stored, ctx: &mut Ctx<'_>) {
        self.ended(stored, Outcome::Done, ctx);
    }

    /// A message comes from another queue of the node. It is the same for who processes it, and a new one in the account.
    pub(super) fn moved_in(
        &mut self,
        lane: LaneId,
        old: &Entry,
        (sent_at, source): (i64, Option<u16>),
        ctx: &mut Ctx<'_>,
    ) {
        let entry = Entry {
            lane,
            number: self.number(lane),
            ..*old
        };
        ctx.record(Fact::Produced {
            queue: self.id,
            span: span(&entry),
            key: entry.key,
            bytes: entry.bytes,
        });
        let offset = self.queue.store(entry, sent_at, source, ctx.clock());
        self.stored(&entry, offset, ctx);
        acked(self, &entry, ctx);
    }

    fn number(&mut self, lane: LaneId) -> u32 {
        let at = self.next.iter().position(|n| n.0 == lane);
        let at = at.unwrap_or_else(|| {
            self.next.push((lane, 0));
            self.next.len() - 1
        });
        let number = self.next[at].1;
        self.next[at].1 += 1;
        number
    }

    /// Answers who has waited long enough.
    pub(super) fn end_polls(&mut self, now: i64, ctx: &mut Ctx<'_>) {
        let before = self.polls.len();
        self.polls.retain(|poll| {
            let waits = poll.until > now;
            if !waits {
                respond(
                    poll.from,
                    poll.number,
                    Response::Messages(Box::default()),
                    ctx,
                );
            }
            waits
        });
        self.empty += (before - self.polls.len()) as u64;
    }

    /// Says something that only this system can explain.
    pub(super) fn note(&self, code: u16, b: u64, ctx: &mut Ctx<'_>) {
        let a = self.id.0;
        ctx.record(Fact::Note { code, a, b });
    }
}
