//! The threads of an application: each works on one message at a time, and deals with failures.

use crate::sim::record::Outcome;
use crate::sim::{Fact, Span, Token};

use super::super::super::Ctx;
use super::super::settings::{Commit, OnError};
use super::super::work::Job;
use super::{AGAIN, ConsumerApp, WORK};

/// What a thread does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Thread {
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

impl ConsumerApp {
    pub(super) fn start_threads(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(&thread) = self.idle.last() {
            let Some(job) = self.backlog.take() else {
                return;
            };
            self.idle.pop();
            self.work(thread, job, 1, ctx);
        }
    }

    pub(super) fn work(&mut self, thread: u16, job: Job, attempt: u32, ctx: &mut Ctx<'_>) {
        self.threads[usize::from(thread)] = Thread::Works(job, attempt);
        let work_ns = self.duty.service.sample(&mut self.service_stream);
        if work_ns == 0 {
            self.worked(thread, ctx);
        } else {
            ctx.work(work_ns, token(WORK, thread));
        }
    }

    /// A thread has finished its work on a message.
    pub(super) fn worked(&mut self, thread: u16, ctx: &mut Ctx<'_>) {
        let Thread::Works(job, attempt) = self.threads[usize::from(thread)] else {
            return;
        };
        let failed = job.item.is_poison()
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
            let (key, bytes) = (job.item.key(), job.item.bytes());
            let span = producer.send(0, key, bytes, true, ctx);
            self.threads[usize::from(thread)] = Thread::Buries(job, span);
            self.bury(ctx);
        } else {
            self.outcome(&job, Outcome::Skipped, ctx);
            self.finish(thread, job, ctx);
        }
    }

    /// Dead letters were stored, or could not be.
    pub(super) fn bury(&mut self, ctx: &mut Ctx<'_>) {
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
            Some(Commit::AfterProcessing) => self.progress.at(job.part as usize).done(job.offset),
            Some(Commit::AfterEach) => {
                self.progress.at(job.part as usize).done(job.offset);
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

    pub(super) fn free(&mut self, thread: u16, job: &Job) {
        self.threads[usize::from(thread)] = Thread::Idle;
        self.idle.push(thread);
        self.backlog.done(job);
    }
}

pub(super) fn token(kind: u16, thread: u16) -> Token {
    Token {
        kind,
        index: thread,
        data: 0,
    }
}
