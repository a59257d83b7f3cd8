//! The application of a group's consumer: it polls, works on what it gets, deals with failures, and commits.

mod commits;
mod polls;
mod show;
mod threads;

use crate::sim::dist::Sampler;
use crate::sim::host::Survival;
use crate::sim::stream::Stream;
use crate::sim::{Cost, GroupId, Names, Pid, Role, Token};

use super::super::producer::ProducerClient;
use super::super::sparse::Sparse;
use super::super::{Ctx, Message, notes};
use super::client::{CONSUMER_TIMERS, ConsumerClient, Event, Polled};
use super::settings::{Commit, OnError, Ordering};
use super::work::{Backlog, Progress};

use commits::Pending;
use threads::Thread;

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
    progress: Sparse<Progress>,
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
            progress: Sparse::new(parts),
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
            if self.client.has_events() {
                self.heed_events(ctx);
            }
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

    /// Another owner has read on, or will.
    fn forget_progress(&mut self, part: u32) {
        if let Some(progress) = self.progress.get_mut(part as usize) {
            *progress = Progress::default();
        }
    }

    #[cold]
    fn heed_events(&mut self, ctx: &mut Ctx<'_>) {
        for event in self.client.take_events() {
            match event {
                Event::Revoked(part) => {
                    // What waits for a thread will be another's; what a thread is at, it finishes.
                    self.backlog.drop_part(part);
                    self.forget_progress(part);
                }
                // Of a loss the application learns only when it polls or commits: until then it works on.
                Event::Assigned(part) | Event::Lost(part) => {
                    self.forget_progress(part);
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

    #[cold]
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
        self.progress.clear();
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
