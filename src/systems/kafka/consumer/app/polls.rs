//! Polls, and how what they return comes to the threads.

use crate::sim::{Fact, Span};

use super::super::super::Ctx;
use super::super::client::Polled;
use super::super::settings::Commit;
use super::super::work::Job;
use super::ConsumerApp;
use super::commits::Pending;

impl ConsumerApp {
    pub(super) fn poll(&mut self, ctx: &mut Ctx<'_>) {
        if self.ending {
            if self.unfinished() == 0 {
                self.end(ctx);
            }
            return;
        }
        self.polling = true;
        self.client.poll(ctx);
    }

    /// A poll returned messages.
    pub(super) fn take_polled(&mut self, ctx: &mut Ctx<'_>) {
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

    pub(super) fn hand_out(&mut self, mut polled: Vec<Polled>) {
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
                    self.progress.at(chunk.part as usize).hand(offset);
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
}
