//! The application of a worker: it works on what it receives, and deletes what it has done.

use crate::sim::dist::Sampler;
use crate::sim::host::Survival;
use crate::sim::record::Outcome;
use crate::sim::stream::Stream;
use crate::sim::{Cost, Names, Pid, Role, TimerId, Token};

use super::super::{
    Badge, Ctx, Inspect, Message, RECEIVER_TIMERS, Received, Row, SqsReceiver, Standing,
};
use super::settings::{DeleteWhen, OnFailure};

/// Timers of the application begin behind the client's.
const WORK: u16 = RECEIVER_TIMERS;
const BEGIN: u16 = RECEIVER_TIMERS + 1;
const END: u16 = RECEIVER_TIMERS + 2;
const BEAT: u16 = RECEIVER_TIMERS + 3;

/// What a worker does.
#[derive(Clone, Debug)]
pub(super) struct Duty {
    pub service: Sampler,
    pub threads: u32,
    pub failure: f64,
    pub on_failure: OnFailure,
    pub delete: DeleteWhen,
    /// How often it extends the visibility timeout, and how long that is, ns.
    pub heartbeat: Option<(u64, u64)>,
    pub start_ns: u64,
    pub stop_ns: u64,
}

/// A thread at work.
#[derive(Clone, Copy, Debug)]
struct Job {
    message: Received,
    beat: Option<TimerId>,
}

/// A process that works on messages.
#[derive(Clone, Debug)]
pub struct QueueWorker {
    client: SqsReceiver,
    duty: Duty,
    service_stream: Stream,
    failure_stream: Stream,
    threads: Vec<Option<Job>>,
    running: bool,
    /// It takes no more, ends what it has, and, if it was asked to stop, itself.
    ending: bool,
    stopping: bool,
    done: u64,
    failed: u64,
}

impl QueueWorker {
    pub(super) fn new(client: SqsReceiver, duty: Duty, seed: u64, name: &str) -> Self {
        Self {
            client,
            service_stream: Stream::named(seed, "service", name),
            failure_stream: Stream::named(seed, "failure", name),
            threads: vec![None; duty.threads.clamp(1, u32::from(u16::MAX)) as usize],
            duty,
            running: false,
            ending: false,
            stopping: false,
            done: 0,
            failed: 0,
        }
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
    }

    /// Gives waiting messages to idle threads.
    fn drive(&mut self, ctx: &mut Ctx<'_>) {
        while self.client.has_messages()
            && let Some(idle) = self.threads.iter().position(Option::is_none)
            && let Some(message) = self.client.take()
        {
            if self.duty.delete == DeleteWhen::BeforeProcessing {
                self.client.delete(message.receipt, ctx);
            }
            let token = |kind| Token {
                kind,
                index: idle as u16,
                data: 0,
            };
            let service_ns = self.duty.service.sample(&mut self.service_stream);
            ctx.work(service_ns, token(WORK));
            let beat = self
                .duty
                .heartbeat
                .map(|(every, _)| ctx.timer(every, token(BEAT)));
            self.threads[idle] = Some(Job { message, beat });
        }
        if self.running && self.ending && self.client.is_done() {
            self.running = false;
            if self.stopping {
                ctx.exit();
            }
        }
    }

    /// A thread is at the end of a message.
    fn worked(&mut self, thread: u16, ctx: &mut Ctx<'_>) {
        let Some(Job { message, beat }) = self.threads[usize::from(thread)].take() else {
            return;
        };
        if let Some(beat) = beat {
            ctx.cancel(beat);
        }
        let fails = self.duty.failure > 0.0 && self.failure_stream.chance(self.duty.failure);
        if message.entry.poison || fails {
            self.failed += 1;
            return self.fail(&message, ctx);
        }
        self.done += 1;
        self.client.end(&message, Outcome::Done, ctx);
        if self.duty.delete == DeleteWhen::AfterProcessing {
            self.client.delete(message.receipt, ctx);
        }
    }

    fn fail(&mut self, message: &Received, ctx: &mut Ctx<'_>) {
        let gone = self.duty.delete == DeleteWhen::BeforeProcessing;
        if gone || self.duty.on_failure == OnFailure::Delete {
            self.client.end(message, Outcome::Skipped, ctx);
            if !gone {
                self.client.delete(message.receipt, ctx);
            }
            return;
        }
        self.client.end(message, Outcome::Failed, ctx);
        if let OnFailure::GiveBack { after } = self.duty.on_failure {
            self.client
                .change_visibility(message.receipt, after.ns(), ctx);
        }
    }

    fn beat(&mut self, thread: u16, ctx: &mut Ctx<'_>) {
        let (Some((every_ns, to_ns)), Some(job)) =
            (self.duty.heartbeat, &mut self.threads[usize::from(thread)])
        else {
            return;
        };
        let token = Token {
            kind: BEAT,
            index: thread,
            data: 0,
        };
        job.beat = Some(ctx.timer(every_ns, token));
        self.client
            .change_visibility(job.message.receipt, to_ns, ctx);
    }

    pub(in super::super::super) fn message(
        &mut self,
        _from: Pid,
        message: Message,
        ctx: &mut Ctx<'_>,
    ) {
        if let Some((number, response)) = message.into_answer() {
            self.client.response(number, response, ctx);
            self.drive(ctx);
        }
    }

    pub(in super::super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind {
            WORK => self.worked(token.index, ctx),
            BEAT => self.beat(token.index, ctx),
            BEGIN => self.begin(ctx),
            END => self.end(),
            _ => self.client.timer(token, ctx),
        }
        self.drive(ctx);
    }

    fn end(&mut self) {
        self.ending = true;
        self.client.stop();
    }

    /// It ends what it has got.
    pub(in super::super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        if !self.running {
            return ctx.exit();
        }
        self.stopping = true;
        self.end();
        self.drive(ctx);
    }

    pub(in super::super::super) fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        self.client.disconnected(peer, ctx);
        self.drive(ctx);
    }

    pub(in super::super::super) fn crash(&mut self, _survival: &Survival, _ctx: &mut Ctx<'_>) {
        self.client.crash();
        self.threads.fill(None);
        self.running = false;
        self.ending = false;
        self.stopping = false;
    }

    pub(in super::super::super) fn nominate(&self, _: &Role, _: &Names, _: &mut Vec<Pid>) {}

    fn busy(&self) -> usize {
        self.threads.iter().flatten().count()
    }
}

impl crate::systems::Tune for QueueWorker {}

impl Inspect for QueueWorker {
    fn badge(&self, _names: &Names) -> Badge {
        let (group, queue) = self.client.reads();
        let busy = self.busy();
        Badge {
            standing: if busy == 0 {
                Standing::Idle
            } else {
                Standing::Member
            },
            lines: vec![format!("busy {busy}/{}", self.threads.len())],
            reads: self.running.then(|| (group, vec![queue])),
        }
    }

    fn rows(&self, names: &Names) -> Vec<Row> {
        let (group, queue) = self.client.reads();
        let (received, deleted) = self.client.counts();
        vec![
            Row::new("group", names.group(group).to_owned()),
            Row::new("queue", names.queue_short(queue).to_owned()),
            Row::of("threads").part(self.busy() as u64, self.threads.len() as u64, "busy"),
            Row::count("in hand", u64::from(self.client.in_hand())),
            Row::count("received", received),
            Row::count("deletions asked for", deleted),
            Row::count("done", self.done),
            Row::count("failed", self.failed),
        ]
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match token.kind {
            WORK => "work is done",
            BEAT => "extend the visibility timeout",
            BEGIN => "begin",
            END => "end",
            _ => self.client.timer_name(token),
        }
    }
}
