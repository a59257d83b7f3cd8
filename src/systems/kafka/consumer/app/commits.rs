//! When an application commits, and what waits for it.

use crate::sim::QueueId;

use super::super::super::Ctx;
use super::super::client::Polled;
use super::super::settings::Commit;
use super::super::work::Progress;
use super::ConsumerApp;
use super::threads::Thread;

/// What a commit was for.
#[derive(Clone, Debug)]
pub(super) enum Pending {
    /// Then work on what the poll returned.
    Work(Vec<Polled>),
    /// Then poll.
    Poll,
    /// Then these threads go on.
    Threads(Vec<u16>),
}

impl ConsumerApp {
    /// Everything that a poll returned and may be begun is: commits what is done, if that is to be done now, and polls.
    pub(super) fn commit_or_poll(&mut self, ctx: &mut Ctx<'_>) {
        if self.duty.commit == Some(Commit::AfterProcessing) {
            let offsets = self.to_commit();
            if !offsets.is_empty() {
                self.commit(Pending::Poll, offsets, ctx);
                return;
            }
        }
        self.poll(ctx);
    }

    fn to_commit(&self) -> Vec<(u32, u64)> {
        let of = |(part, p): (usize, &Progress)| Some((part as u32, p.to_commit()?));
        self.progress.iter().filter_map(of).collect()
    }

    pub(super) fn commit(&mut self, then: Pending, offsets: Vec<(u32, u64)>, ctx: &mut Ctx<'_>) {
        let queues = offsets.iter().map(|&(p, o)| (self.client.queue(p), o));
        let queues: Vec<(QueueId, u64)> = queues.collect();
        self.committing = Some((then, offsets));
        self.client.commit(queues, ctx);
    }

    pub(super) fn committed(&mut self, stored: bool, ctx: &mut Ctx<'_>) {
        let Some((then, offsets)) = self.committing.take() else {
            return;
        };
        if stored {
            for (part, offset) in offsets {
                self.progress.at(part as usize).committed(offset);
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

    pub(super) fn commit_each(&mut self, threads: Vec<u16>, ctx: &mut Ctx<'_>) {
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
}
