//! The application of a group's consumer: it polls, works on what it gets, deals with failures, and commits.

use crate::sim::dist::Sampler;
use crate::sim::host::Survival;
use crate::sim::record::Outcome;
use crate::sim::stream::Stream;
use crate::sim::{Cost, Fact, GroupId, Names, Pid, QueueId, Role, Span, Token};

use super::super::notes;
use super::super::producer::ProducerClient;
use super::super::{Badge, Ctx, Inspect, Message, Row, Standing};
use super::client::{CONSUMER_TIMERS, ConsumerClient, Event, Polled};
use super::settings::{Commit, OnError, Ordering};
use super::work::{Backlog, Job, Progress};

/// Timers of the consumer's client, of the dead-letter producer's, and of the application.
pub(in super::super) const CLIENT_TIMERS: u16 = 0;
pub(in super::super) const DEAD_LETTER_TIMERS: u16 = CONSUMER_TIMERS;
const WORK: u16 = 40;
const AGAIN: u16 = 41;
const BEGIN: u16 = 42;
const END: u16 = 43;

/// What a consumer's application does.
#[derive(Clone, Debug)]
pub(in super::super) struct Duty {
    pub group: GroupId,
    pub service: Sampler,
    pub threads: u32,
    pub ordering: Ordering,
    pub failure: f64,
    pub on_error: OnError,
    pub commit: Option<Commit>,
    pub start_ns: u64,
    pub stop_ns: u64,
    pub max_poll_records: u32,
}

/// What a thread does.
#[derive(Clone, Copy, Debug, Default)]
enum Thread {
    #[default]
    Idle,
    /// Works on a message, for the n-th time.
    Works(Job, u32),
    /// Waits before the next try.
    Waits(Job, u32),
    /// Waits until the dead letter is stored: its name among those of the dead-letter producer.
    Buries(Job, Span),
    /// Waits until its position is committed.
    Commits(Job),
}

/// What a commit was for.
#[derive(Clone, Debug)]
enum Pending {
    /// Then work on what the poll returned.
    Work(Vec<Polled>),
    /// Then poll.
    Poll,
    /// Then these threads go on.
    Threads(Vec<u16>),
}

/// A process that reads.
#[derive(Clone, Debug)]
pub struct ConsumerApp {
    client: ConsumerClient,
    dead_letters: Option<ProducerClient>,
    duty: Duty,
    service_stream: Stream,
    failure_stream: Stream,
    threads: Vec<Thread>,
    idle: Vec<u16>,
    backlog: Backlog,
    progress: Vec<Progress>,
    polled: Vec<Polled>,
    /// In a poll.
    polling: bool,
    running: bool,
    ending: bool,
    /// It was asked to stop: it ends itself in the end.
    stopping: bool,
    committing: Option<(Pending, Vec<(u32, u64)>)>,
    /// Threads that want to commit while another commit is on its way.
    queued: Vec<u16>,
    done: u64,
    failed: u64,
}

impl ConsumerApp {
    pub(in super::super) fn new(
        client: ConsumerClient,
        dead_letters: Option<ProducerClient>,
        duty: Duty,
        parts: usize,
        seed: u64,
        name: &str,
    ) -> Self {
        let threads = duty.threads.clamp(1, u32::from(u16::MAX)) as usize;
        Self {
            client,
            dead_letters: dead_letters.map(ProducerClient::keep_done),
            service_stream: Stream::named(seed, "service", name),
            failure_stream: Stream::named(seed, "failure", name),
            threads: vec![Thread::Idle; threads],
            idle: (0..threads as u16).rev().collect(),
            backlog: Backlog::new(duty.ordering, duty.threads, parts),
            progress: vec![Progress::default(); parts],
            polled: Vec::new(),
            polling: false,
            running: false,
            ending: false,
            stopping: false,
            committing: None,
            queued: Vec::new(),
            done: 0,
            failed: 0,
            duty,
        }
    }

    /// The client it reads with.
    pub fn client(&self) -> &ConsumerClient {
        &self.client
    }

    pub(in super::super::super) fn cost(&mut self, _message: &Message, _now: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super::super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if self.duty.stop_ns <= now {
            return;
        }
        if self.duty.stop_ns != u64::MAX {
            ctx.timer(self.duty.stop_ns - now, Token::of(END));
        }
        if now < self.duty.start_ns {
            ctx.timer(self.duty.start_ns - now, Token::of(BEGIN));
        } else {
            self.begin(ctx);
        }
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.running = true;
        self.client.start(ctx);
        if let Some(producer) = &mut self.dead_letters {
            producer.start(ctx);
        }
        self.drive(ctx);
    }

    /// Does all that can be done now.
    fn drive(&mut self, ctx: &mut Ctx<'_>) {
        while self.running {
            self.heed_events(ctx);
            if self.polling && self.client.records(&mut self.polled, ctx) {
                self.polling = false;
                self.take_polled(ctx);
            }
            self.start_threads(ctx);
            // In the end the last ones are finished first.
            let ends_later = self.ending && self.unfinished() > 0;
            let wants_more = !self.polling
                && !ends_later
                && self.committing.is_none()
                && !self.idle.is_empty()
                && !self.backlog.is_runnable()
                && self.unfinished() < self.duty.max_poll_records.max(self.duty.threads) as usize;
            if !wants_more {
                return;
            }
            self.commit_or_poll(ctx);
        }
    }

    fn unfinished(&self) -> usize {
        self.backlog.waiting() + self.threads.len() - self.idle.len()
    }

    /// Everything that a poll returned and may be begun is: commits what is done, if that is to be done now, and polls.
    fn commit_or_poll(&mut self, ctx: &mut Ctx<'_>) {
        if self.duty.commit == Some(Commit::AfterProcessing) {
            let offsets = self.to_commit();
            if !offsets.is_empty() {
                self.commit(Pending::Poll, offsets, ctx);
                return;
            }
        }
        self.poll(ctx);
    }

    fn poll(&mut self, ctx: &mut Ctx<'_>) {
        if self.ending {
            if self.unfinished() == 0 {
                self.end(ctx);
            }
            return;
        }
        self.polling = true;
        self.client.poll(ctx);
    }

    fn to_commit(&self) -> Vec<(u32, u64)> {
        let of = |(part, p): (u32, &Progress)| p.to_commit().map(|offset| (part, offset));
        (0_u32..).zip(&self.progress).filter_map(of).collect()
    }

    fn commit(&mut self, then: Pending, offsets: Vec<(u32, u64)>, ctx: &mut Ctx<'_>) {
        let queues = offsets.iter().map(|&(p, o)| (self.client.queue(p), o));
        let queues: Vec<(QueueId, u64)> = queues.collect();
        self.committing = Some((then, offsets));
        self.client.commit(queues, ctx);
    }

    fn heed_events(&mut self, ctx: &mut Ctx<'_>) {
        for event in self.client.take_events() {
            match event {
                Event::Revoked(part) => {
                    // What waits for a thread will be another's; what a thread is at, it finishes.
                    self.backlog.drop_part(part);
                    self.progress[part as usize] = Progress::default();
                }
                // Of a loss the application learns only when it polls or commits: until then it works on.
                Event::Assigned(part) | Event::Lost(part) => {
                    self.progress[part as usize] = Progress::default();
                }
                Event::Committed(stored) => self.committed(stored, ctx),
                Event::Fenced => {
                    self.running = false;
                    ctx.halt(notes::FENCED_INSTANCE);
                }
                Event::NoPosition => {
                    self.running = false;
                    ctx.halt(notes::NO_POSITION);
                }
                Event::InvalidSession => {
                    self.running = false;
                    ctx.halt(notes::INVALID_SESSION);
                }
            }
        }
    }

    fn committed(&mut self, stored: bool, ctx: &mut Ctx<'_>) {
        let Some((then, offsets)) = self.committing.take() else {
            return;
        };
        if stored {
            for (part, offset) in offsets {
                self.progress[part as usize].committed(offset);
            }
        }
        match then {
            // Who cannot commit before, must not work on it: others have it now.
            Pending::Work(polled) if stored => self.hand_out(polled),
            Pending::Work(_) => {}
            Pending::Poll => self.poll(ctx),
            Pending::Threads(threads) => {
                for thread in threads {
                    if let Thread::Commits(job) = self.threads[usize::from(thread)] {
                        self.free(thread, &job);
                    }
                }
            }
        }
        if self.committing.is_none() && !self.queued.is_empty() {
            let threads = std::mem::take(&mut self.queued);
            self.commit_each(threads, ctx);
        }
    }

    /// A poll returned messages.
    fn take_polled(&mut self, ctx: &mut Ctx<'_>) {
        let polled = std::mem::take(&mut self.polled);
        for chunk in &polled {
            if let Some(span) = chunk.batch.batch.span() {
                let (from, to) = chunk.range;
                ctx.record(Fact::Handed {
                    group: self.duty.group,
                    queue: self.client.queue(chunk.part),
                    span: Span {
                        lane: span.lane,
                        first: span.first + from,
                        count: to - from,
                    },
                    offset: chunk.batch.base + u64::from(from),
                });
            }
        }
        if self.duty.commit == Some(Commit::BeforeProcessing) {
            let mut offsets: Vec<(u32, u64)> = Vec::new();
            for chunk in &polled {
                let end = chunk.batch.base + u64::from(chunk.range.1);
                match offsets.iter_mut().find(|(part, _)| *part == chunk.part) {
                    Some((_, offset)) => *offset = end,
                    None => offsets.push((chunk.part, end)),
                }
            }
            self.commit(Pending::Work(polled), offsets, ctx);
        } else {
            self.hand_out(polled);
        }
    }

    fn hand_out(&mut self, mut polled: Vec<Polled>) {
        let tracks = matches!(
            self.duty.commit,
            Some(Commit::AfterProcessing | Commit::AfterEach)
        );
        for chunk in polled.drain(..) {
            let Some(span) = chunk.batch.batch.span() else {
                continue;
            };
            let items = chunk.batch.batch.items();
            for nth in chunk.range.0..chunk.range.1 {
                let offset = chunk.batch.base + u64::from(nth);
                if tracks {
                    self.progress[chunk.part as usize].hand(offset);
                }
                self.backlog.push(Job {
                    part: chunk.part,
                    offset,
                    lane: span.lane,
                    number: span.first + nth,
                    item: items[nth as usize],
                });
            }
        }
        // Its memory is used again.
        self.polled = polled;
    }

    fn start_threads(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(&thread) = self.idle.last() {
            let Some(job) = self.backlog.take() else {
                return;
            };
            self.idle.pop();
            self.work(thread, job, 1, ctx);
        }
    }

    fn work(&mut self, thread: u16, job: Job, attempt: u32, ctx: &mut Ctx<'_>) {
        self.threads[usize::from(thread)] = Thread::Works(job, attempt);
        let work_ns = self.duty.service.sample(&mut self.service_stream);
        if work_ns == 0 {
            self.worked(thread, ctx);
        } else {
            ctx.work(work_ns, token(WORK, thread));
        }
    }

    /// A thread has finished its work on a message.
    fn worked(&mut self, thread: u16, ctx: &mut Ctx<'_>) {
        let Thread::Works(job, attempt) = self.threads[usize::from(thread)] else {
            return;
        };
        let failed = job.item.poison
            || self.duty.failure > 0.0 && self.failure_stream.chance(self.duty.failure);
        if !failed {
            self.done += 1;
            self.outcome(&job, Outcome::Done, ctx);
            self.finish(thread, job, ctx);
            return;
        }
        self.failed += 1;
        let (attempts, backoff_ns) = match &self.duty.on_error {
            OnError::Retry { attempts, backoff } => (*attempts, backoff.ns()),
            OnError::Skip => (Some(1), 0),
            OnError::DeadLetter {
                attempts, backoff, ..
            } => (Some(*attempts), backoff.ns()),
        };
        if attempts.is_none_or(|most| attempt < most) {
            self.outcome(&job, Outcome::Failed, ctx);
            self.threads[usize::from(thread)] = Thread::Waits(job, attempt);
            // Who tries for ever without a pause would stop time.
            ctx.timer(backoff_ns.max(crate::sim::US), token(AGAIN, thread));
            return;
        }
        if let Some(producer) = &mut self.dead_letters {
            let (key, bytes) = (job.item.key, job.item.bytes);
            let span = producer.send(0, key, bytes, true, ctx);
            self.threads[usize::from(thread)] = Thread::Buries(job, span);
            self.bury(ctx);
        } else {
            self.outcome(&job, Outcome::Skipped, ctx);
            self.finish(thread, job, ctx);
        }
    }

    /// Dead letters were stored, or could not be.
    fn bury(&mut self, ctx: &mut Ctx<'_>) {
        let Some(producer) = &mut self.dead_letters else {
            return;
        };
        for (done, stored) in producer.take_done() {
            let covers =
                |span: &Span| span.lane == done.lane && done.numbers().contains(&span.first);
            for thread in 0..self.threads.len() as u16 {
                let Thread::Buries(job, span) = self.threads[usize::from(thread)] else {
                    continue;
                };
                if !covers(&span) {
                    continue;
                }
                if stored {
                    self.outcome(&job, Outcome::DeadLettered, ctx);
                    self.finish(thread, job, ctx);
                } else {
                    // It must not be lost: the message is tried again.
                    self.outcome(&job, Outcome::Failed, ctx);
                    self.threads[usize::from(thread)] = Thread::Waits(job, 0);
                    ctx.timer(crate::sim::SECOND, token(AGAIN, thread));
                }
            }
        }
    }

    fn outcome(&self, job: &Job, outcome: Outcome, ctx: &mut Ctx<'_>) {
        ctx.record(Fact::Processed {
            group: self.duty.group,
            queue: self.client.queue(job.part),
            span: Span::one(job.lane, job.number),
            offset: job.offset,
            outcome,
        });
    }

    /// A message is dealt with.
    fn finish(&mut self, thread: u16, job: Job, ctx: &mut Ctx<'_>) {
        match self.duty.commit {
            Some(Commit::AfterProcessing) => self.progress[job.part as usize].done(job.offset),
            Some(Commit::AfterEach) => {
                self.progress[job.part as usize].done(job.offset);
                self.threads[usize::from(thread)] = Thread::Commits(job);
                if self.committing.is_some() {
                    self.queued.push(thread);
                } else {
                    self.commit_each(vec![thread], ctx);
                }
                return;
            }
            _ => {}
        }
        self.free(thread, &job);
    }

    fn commit_each(&mut self, threads: Vec<u16>, ctx: &mut Ctx<'_>) {
        let offsets = self.to_commit();
        if offsets.is_empty() {
            for thread in threads {
                if let Thread::Commits(job) = self.threads[usize::from(thread)] {
                    self.free(thread, &job);
                }
            }
        } else {
            self.commit(Pending::Threads(threads), offsets, ctx);
        }
    }

    fn free(&mut self, thread: u16, job: &Job) {
        self.threads[usize::from(thread)] = Thread::Idle;
        self.idle.push(thread);
        self.backlog.done(job);
    }

    fn end(&mut self, ctx: &mut Ctx<'_>) {
        self.running = false;
        self.client.close(ctx);
        if self.stopping {
            ctx.exit();
        }
    }

    /// It ends what it has got, commits and leaves the group.
    pub(in super::super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        if !self.running {
            return ctx.exit();
        }
        self.stopping = true;
        self.begin_end(ctx);
        self.drive(ctx);
    }

    fn begin_end(&mut self, ctx: &mut Ctx<'_>) {
        self.ending = true;
        if self.polling {
            self.end(ctx);
        }
    }

    pub(in super::super::super) fn message(
        &mut self,
        from: Pid,
        message: Message,
        ctx: &mut Ctx<'_>,
    ) {
        let Message::Response(number, response) = message else {
            return;
        };
        if self.client.owns(number) {
            self.client.response(from, number, response, ctx);
        } else if let Some(producer) = &mut self.dead_letters {
            producer.response(from, number, response, ctx);
            self.bury(ctx);
        }
        self.drive(ctx);
    }

    pub(in super::super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            WORK => self.worked(token.index, ctx),
            AGAIN => {
                if let Thread::Waits(job, attempt) = self.threads[usize::from(token.index)] {
                    self.work(token.index, job, attempt + 1, ctx);
                }
            }
            BEGIN => self.begin(ctx),
            END => self.begin_end(ctx),
            _ if self.client.owns_timer(token) => self.client.timer(token, ctx),
            _ => {
                if let Some(producer) = &mut self.dead_letters {
                    producer.timer(token, ctx);
                    self.bury(ctx);
                }
            }
        }
        self.drive(ctx);
    }

    pub(in super::super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        if !self.running {
            return;
        }
        self.client.disconnected(peer, ctx);
        if let Some(producer) = &mut self.dead_letters {
            producer.disconnected(peer, ctx);
            self.bury(ctx);
        }
        self.drive(ctx);
    }

    pub(in super::super::super) fn crash(&mut self, _survival: &Survival, ctx: &mut Ctx<'_>) {
        self.client.crash();
        if let Some(producer) = &mut self.dead_letters {
            producer.crash(ctx);
        }
        self.threads.fill(Thread::Idle);
        self.idle = (0..self.threads.len() as u16).rev().collect();
        self.backlog.clear();
        self.progress.fill(Progress::default());
        self.polled.clear();
        self.polling = false;
        self.running = false;
        self.ending = false;
        self.stopping = false;
        self.committing = None;
        self.queued.clear();
    }

    pub(in super::super::super) fn nominate(
        &self,
        _role: &Role,
        _names: &Names,
        _out: &mut Vec<Pid>,
    ) {
    }
}

fn token(kind: u16, thread: u16) -> Token {
    Token {
        kind,
        index: thread,
        data: 0,
    }
}

impl Inspect for ConsumerApp {
    fn badge(&self, names: &Names) -> Badge {
        let owned: Vec<(QueueId, Option<u64>, u64)> = self.client.owned().collect();
        let lag: u64 = owned.iter().map(|o| o.2).sum();
        let busy = self.threads.len() - self.idle.len();
        let stuck = |t: &Thread| matches!(t, Thread::Waits(..) | Thread::Buries(..));
        let stuck = busy > 0 && self.threads.iter().filter(|t| stuck(t)).count() == busy;
        let standing = if stuck {
            Standing::Stuck
        } else if owned.is_empty() {
            Standing::Idle
        } else {
            Standing::Member
        };
        let mut lines = Vec::new();
        if !self.running {
            lines.push("stopped".to_owned());
        } else if self.client.generation().is_none() {
            lines.push("joining".to_owned());
        } else {
            lines.push(format!("lag {lag}"));
            let queues: Vec<&str> = owned
                .iter()
                .map(|o| number(names.queue_short(o.0)))
                .collect();
            lines.push(if queues.is_empty() {
                "nothing to read".to_owned()
            } else {
                format!("reads {}", queues.join(" "))
            });
        }
        if stuck {
            lines.insert(0, "retrying".to_owned());
        }
        Badge { standing, lines }
    }

    fn rows(&self, names: &Names) -> Vec<Row> {
        let row = |name: &str, value: String| Row {
            name: name.to_owned(),
            value,
        };
        let generation = self.client.generation();
        let coordinator = self.client.coordinator();
        let mut rows = vec![
            row("group", names.group(self.duty.group).to_owned()),
            row(
                "generation",
                generation.map_or("not a member".to_owned(), |g| g.to_string()),
            ),
            row(
                "coordinator",
                coordinator.map_or("unknown".to_owned(), |c| names.process(c).to_owned()),
            ),
            row("done", self.done.to_string()),
            row("failed tries", self.failed.to_string()),
            row("in hand", self.unfinished().to_string()),
            row(
                "in a poll",
                if self.polling { "yes" } else { "no" }.to_owned(),
            ),
        ];
        for (queue, position, lag) in self.client.owned() {
            let at = position.map_or("no position yet".to_owned(), |p| format!("at {p}"));
            rows.push(row(names.queue_short(queue), format!("{at}, lag {lag}")));
        }
        rows
    }
}

/// The number of a partition in its short name.
fn number(short: &str) -> &str {
    short.rsplit('/').next().unwrap_or(short)
}
