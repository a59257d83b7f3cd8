//! A node that holds queues, and takes what is published to topics.

mod fanout;
mod line;
mod redrive;
mod show;
mod tune;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::dist::Sampler;
use crate::sim::host::Survival;
use crate::sim::stream::Stream;
use crate::sim::{Cost, Fact, Names, Pid, Role, Span, Token};
use crate::systems::Message as AnyMessage;
use crate::systems::alarm::Alarm;

use super::Ctx;
use super::calls::Calls;
use super::directory::Directory;
use super::protocol::{Entry, Error, Message, Receipt, Received, Request, Response};
use super::queue::Sent;
use super::{notes, rules};

use fanout::Fanout;
pub(super) use line::{Line, Redrive};
use line::{Poll, State};

/// Kinds of timers.
const DUE: u16 = 1;
const REDRIVE: u16 = 2;
const COPIES: u16 = 3;

/// Bytes that a message takes on the disk besides its own, and that a deletion takes.
const STORED_BYTES: u64 = 64;

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    directory: Arc<Directory>,
    /// The queues it holds.
    lines: Vec<Line>,
    /// By a queue's place: which of them it is.
    local: Vec<Option<u16>>,
    request_time: Sampler,
    stream: Stream,
    /// By readings of its clock.
    alarm: Alarm<i64>,
    fanouts: BTreeMap<(Pid, u32), Fanout>,
    copies: Calls<(Pid, u32)>,
    /// Messages that are not in their queues yet: none, but without [`rules::STORE_BEFORE_ANSWER`].
    late: Vec<(usize, Entry)>,
}

impl Node {
    pub(super) fn new(directory: &Arc<Directory>, lines: Vec<Line>, seed: u64, name: &str) -> Self {
        let mut local = vec![None; directory.queues.len()];
        for (at, line) in (0u16..).zip(&lines) {
            local[usize::from(line.place)] = Some(at);
        }
        let retries = Stream::named(seed, "fan-out", name);
        Self {
            lines,
            local,
            request_time: directory.settings.request_time.compile(),
            stream: Stream::named(seed, "requests", name),
            alarm: Alarm::default(),
            fanouts: BTreeMap::new(),
            copies: Calls::new(0, COPIES, fanout::ATTEMPTS_MAX, retries),
            late: Vec::new(),
            directory: Arc::clone(directory),
        }
    }

    fn line(&mut self, place: u16) -> Option<usize> {
        let at = *self.local.get(usize::from(place))?;
        at.map(usize::from)
    }

    pub(in super::super) fn cost(&mut self, message: &Message, _now: u64) -> Cost {
        let Message::Request(_, request) = message else {
            return Cost::FREE;
        };
        let mut cost = Cost::cpu(self.request_time.sample(&mut self.stream));
        if let Request::Send { entry, .. } = &**request {
            cost.write_bytes = u64::from(entry.bytes) + STORED_BYTES;
            cost.sync = true;
        } else if let Request::Delete { .. } = &**request {
            cost.write_bytes = STORED_BYTES;
            cost.sync = true;
        }
        cost
    }

    pub(in super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.copies.start(ctx.incarnation());
        self.wake(ctx.clock(), ctx);
        self.arm_all(ctx);
        self.start_redrives(ctx);
    }

    pub(in super::super) fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
        // What was due before comes before.
        self.wake(ctx.clock(), ctx);
        for (at, entry) in std::mem::take(&mut self.late) {
            self.store(at, entry, ctx);
        }
        if let Message::Request(number, request) = message {
            if let Some(response) = self.request(from, number, *request, ctx) {
                respond(from, number, response, ctx);
            }
        } else if let Some((number, response)) = message.into_answer()
            && let Some((publish, response)) = self.copies.answer(number, response, ctx)
        {
            self.copied(publish, &response, ctx);
        }
    }

    /// Does what is asked; without an answer it comes later.
    fn request(
        &mut self,
        from: Pid,
        number: u32,
        request: Request,
        ctx: &mut Ctx<'_>,
    ) -> Option<Response> {
        let place = match &request {
            Request::Publish { .. } => {
                self.publish(from, number, request, ctx);
                return None;
            }
            Request::Send { queue, .. }
            | Request::Receive { queue, .. }
            | Request::Delete { queue, .. }
            | Request::ChangeVisibility { queue, .. } => *queue,
        };
        let Some(at) = self.line(place) else {
            return Some(Response::Failed(Error::InvalidParameterValue));
        };
        let done = match request {
            Request::Send { entry, named, .. } => self.send(at, entry, named, ctx),
            Request::Delete { receipt, .. } => self.delete(at, receipt, ctx),
            Request::ChangeVisibility {
                receipt,
                timeout_ns,
                ..
            } => self.change(at, receipt, timeout_ns, ctx),
            Request::Receive {
                max,
                wait_ns,
                visibility_ns,
                group,
                ..
            } => {
                self.lines[at].group = group.or(self.lines[at].group);
                let poll = Poll {
                    from,
                    number,
                    max: max.clamp(1, 10),
                    visibility_ns,
                    until: 0,
                };
                return self.receive(at, poll, wait_ns, ctx);
            }
            Request::Publish { .. } => return None,
        };
        Some(done.map_or_else(Response::Failed, |()| Response::Done))
    }

    fn send(
        &mut self,
        at: usize,
        entry: Entry,
        named: bool,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Error> {
        let line = &mut self.lines[at];
        line.queue.check(&entry, named)?;
        let bytes = u64::from(entry.bytes) + STORED_BYTES;
        if ctx.write(bytes).is_none() {
            return Err(Error::ServiceUnavailable);
        }
        // It was paid for with `Cost::sync`.
        ctx.synced();
        if self.directory.left_out.has(rules::STORE_BEFORE_ANSWER) {
            self.late.push((at, entry));
            return Ok(());
        }
        self.store(at, entry, ctx);
        Ok(())
    }

    /// Puts a message into a queue, for which there is room on the disk.
    fn store(&mut self, at: usize, entry: Entry, ctx: &mut Ctx<'_>) {
        let line = &mut self.lines[at];
        let bytes = u64::from(entry.bytes) + STORED_BYTES;
        match line.queue.send(entry, ctx.clock()) {
            Sent::Duplicate => ctx.free(bytes),
            Sent::Stored(offset) => {
                line.stored(&entry, offset, ctx);
                self.serve(at, ctx);
            }
        }
    }

    /// Messages were handed out.
    fn handed_out(&mut self, at: usize, messages: &[Received], ctx: &mut Ctx<'_>) {
        if !self.directory.left_out.has(rules::KEEP_UNTIL_DELETED) {
            return;
        }
        let line = &mut self.lines[at];
        for message in messages {
            if let Ok(Some(gone)) = line.queue.delete(message.receipt) {
                line.unstored(&gone, crate::sim::record::Gone::Deleted, ctx);
            }
        }
    }

    fn delete(&mut self, at: usize, receipt: Receipt, ctx: &mut Ctx<'_>) -> Result<(), Error> {
        let line = &mut self.lines[at];
        if let Some(gone) = line.queue.delete(receipt)? {
            line.unstored(&gone, crate::sim::record::Gone::Deleted, ctx);
            ctx.free(u64::from(gone.entry.bytes) + STORED_BYTES);
            // A message group may go on, and there is room for one more in flight.
            self.serve(at, ctx);
        }
        Ok(())
    }

    fn change(
        &mut self,
        at: usize,
        receipt: Receipt,
        timeout_ns: u64,
        ctx: &mut Ctx<'_>,
    ) -> Result<(), Error> {
        let line = &mut self.lines[at];
        line.queue.change(receipt, timeout_ns, ctx.clock())?;
        self.serve(at, ctx);
        Ok(())
    }

    fn receive(
        &mut self,
        at: usize,
        mut poll: Poll,
        wait_ns: Option<u64>,
        ctx: &mut Ctx<'_>,
    ) -> Option<Response> {
        let line = &mut self.lines[at];
        let wait_ns = wait_ns.unwrap_or(line.wait_ns);
        let (short, now) = (wait_ns == 0, ctx.clock());
        let found = line.queue.receive(poll.max, poll.visibility_ns, short, now);
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                line.refused += 1;
                let in_flight = line.queue.in_flight() as u64;
                line.note(notes::OVER_LIMIT, in_flight, ctx);
                return Some(Response::Failed(error));
            }
        };
        if found.messages.is_empty() && !short {
            poll.until = now.saturating_add(i64::try_from(wait_ns).unwrap_or(i64::MAX));
            self.alarm.by(poll.until, Token::of(DUE), ctx);
            line.polls.push_back(poll);
            self.bury(at, found.dead, ctx);
            return None;
        }
        line.empty += u64::from(found.messages.is_empty());
        self.handed_out(at, &found.messages, ctx);
        self.bury(at, found.dead, ctx);
        self.arm(at, ctx);
        Some(Response::Messages(found.messages.into()))
    }

    /// Gives what can be received to those who wait for it.
    fn serve(&mut self, at: usize, ctx: &mut Ctx<'_>) {
        let mut dead = Vec::new();
        while let Some(poll) = self.lines[at].polls.front().copied()
            && self.lines[at].queue.visible() > 0
        {
            let now = ctx.clock();
            let line = &mut self.lines[at];
            let found = line.queue.receive(poll.max, poll.visibility_ns, false, now);
            let Ok(found) = found else { break };
            dead.extend(found.dead);
            if found.messages.is_empty() {
                break;
            }
            self.handed_out(at, &found.messages, ctx);
            let response = Response::Messages(found.messages.into());
            respond(poll.from, poll.number, response, ctx);
            self.lines[at].polls.pop_front();
        }
        self.bury(at, dead, ctx);
        self.arm(at, ctx);
    }

    /// Moves messages to the dead-letter queue. The time they were sent at stays with them in a standard queue, and begins
    /// anew in a FIFO queue (guide, "Setting-up dead-letter queue retention").
    fn bury(&mut self, at: usize, dead: Vec<State>, ctx: &mut Ctx<'_>) {
        let Some((to, lane)) = self.lines[at].dead_letters else {
            return;
        };
        if dead.is_empty() {
            return;
        }
        let place = self.lines[at].place;
        for stored in dead {
            let line = &mut self.lines[at];
            line.note(notes::DEAD_LETTER, u64::from(stored.receives), ctx);
            line.put_aside(&stored, ctx);
            let now = ctx.clock();
            let sent_at = if line.fifo { now } else { stored.sent_at };
            let target = &mut self.lines[to];
            target.moved_in(lane, &stored.entry, (sent_at, Some(place)), ctx);
        }
        self.serve(to, ctx);
    }

    /// The alarm rings when something happens in a queue by itself.
    fn arm(&mut self, at: usize, ctx: &mut Ctx<'_>) {
        let due = self.lines[at].queue.next_due();
        self.alarm.by(due, Token::of(DUE), ctx);
    }

    /// Time has come to `now`, by the clock: hidden messages become visible, polls end, and what is too old is removed.
    fn wake(&mut self, now: i64, ctx: &mut Ctx<'_>) {
        for at in 0..self.lines.len() {
            let line = &mut self.lines[at];
            if line.queue.next_due() <= now {
                for old in line.queue.expire(now) {
                    line.unstored(&old, crate::sim::record::Gone::Expired, ctx);
                    ctx.free(u64::from(old.entry.bytes) + STORED_BYTES);
                }
                let woke = line.queue.wake(now);
                line.timed_out += woke.returned.len() as u64;
                for offset in woke.returned {
                    line.note(notes::TIMED_OUT, offset, ctx);
                }
                line.show(ctx);
                if woke.any {
                    self.serve(at, ctx);
                }
            }
        }
    }

    /// Sets the alarm anew.
    fn arm_all(&mut self, ctx: &mut Ctx<'_>) {
        for at in 0..self.lines.len() {
            self.arm(at, ctx);
            let polls = self.lines[at].polls.iter().map(|p| p.until).min();
            self.alarm
                .by(polls.unwrap_or(i64::MAX), Token::of(DUE), ctx);
        }
    }

    pub(in super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            DUE => {
                let now = self.alarm.rang(ctx.clock());
                self.wake(now, ctx);
                for line in &mut self.lines {
                    line.end_polls(now, ctx);
                }
                self.arm_all(ctx);
            }
            REDRIVE => self.redrive(token.data as usize, ctx),
            _ => {
                if let Some(publish) = self.copies.timer(token.data, ctx) {
                    self.copied(publish, &Response::Failed(Error::NoAnswer), ctx);
                }
            }
        }
    }

    pub(in super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        for line in &mut self.lines {
            line.polls.retain(|p| p.from != peer);
        }
        for publish in self.copies.disconnected(peer, ctx) {
            self.copied(publish, &Response::Failed(Error::NoAnswer), ctx);
        }
    }

    pub(in super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        ctx.exit();
    }

    /// Messages, and what is known of them, are on the disk. Whoever waited for an answer asks again.
    pub(in super::super) fn crash(&mut self, _survival: &Survival, _ctx: &mut Ctx<'_>) {
        self.alarm = Alarm::default();
        self.fanouts.clear();
        self.copies.crash().for_each(drop);
        self.late.clear();
        let forgets = self.directory.left_out.has(rules::REMEMBER_IDS);
        for line in &mut self.lines {
            line.polls.clear();
            if forgets {
                line.queue.forget_ids();
            }
        }
    }

    pub(in super::super) fn nominate(&self, role: &Role, names: &Names, out: &mut Vec<Pid>) {
        if let Role::Leader(name) = role {
            let mine = self.lines.iter().find(|l| names.queue(l.id) == name);
            out.extend(mine.map(|l| self.directory.home(l.place).pid));
        }
    }
}

/// Answers a request.
fn respond(to: Pid, number: u32, response: Response, ctx: &mut Ctx<'_>) {
    let message = Message::answer(number, response);
    let bytes = message.bytes();
    ctx.send(to, AnyMessage::Sqs(message), bytes);
}

/// The message of an entry.
fn span(entry: &Entry) -> Span {
    Span::one(entry.lane, entry.number)
}

/// A message was told to somebody as stored.
fn acked(line: &Line, entry: &Entry, ctx: &mut Ctx<'_>) {
    ctx.record(Fact::Acked {
        queue: line.id,
        span: span(entry),
    });
}
