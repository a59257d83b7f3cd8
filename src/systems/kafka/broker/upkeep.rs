//! What a broker does by its own clock: shrinking in-sync replicas, checkpoints, retention, flushing.

use std::sync::Arc;

use crate::sim::record::Gone;
use crate::sim::units::{Duration, Size};
use crate::sim::{QueueId, SECOND, Token};

use super::super::batch::Batch;
use super::super::log::Retention;
use super::super::{Ctx, rules};
use super::replica::Part;
use super::{Broker, kind, record_gone};

/// How often high watermarks are written to the disk (`replica.high.watermark.checkpoint.interval.ms` 5000).
const CHECKPOINT_NS: u64 = 5 * SECOND;

impl Broker {
    pub(super) fn start_upkeep(&mut self, ctx: &mut Ctx<'_>) {
        let settings = &self.cluster.settings;
        ctx.timer(SECOND, Token::of(kind::TICK));
        // Kafka looks twice within the time: a follower is out after one to one and a half times `replica.lag.time.max.ms`.
        ctx.timer(
            settings.replica_lag_time_max_ms.ns() / 2,
            Token::of(kind::ISR),
        );
        ctx.timer(CHECKPOINT_NS, Token::of(kind::CHECKPOINT));
        let retention = settings.log_retention_check_interval_ms.ns();
        ctx.timer(retention, Token::of(kind::RETENTION));
        let cluster = self.cluster.clone();
        for (index, topic) in (0u16..).zip(&cluster.topics) {
            if let Some(every) = topic.settings.flush_ms {
                let token = Token {
                    kind: kind::FLUSH,
                    index,
                    data: 0,
                };
                ctx.timer(every.ns(), token);
            }
        }
    }

    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        ctx.timer(SECOND, Token::of(kind::TICK));
        self.ticks = self.ticks.wrapping_add(1);
        self.check_fetchers(ctx);
        self.check_control(ctx);
    }

    /// Followers that have not caught up for `replica.lag.time.max.ms` are taken out.
    pub(super) fn check_isr(&mut self, ctx: &mut Ctx<'_>) {
        let lag_max = self.cluster.settings.replica_lag_time_max_ms.ns();
        ctx.timer(lag_max / 2, Token::of(kind::ISR));
        let clock = ctx.clock();
        for nth in 0..self.replicas.count() {
            let place = self.replicas.place(nth);
            let Some(replica) = self.replicas.get_mut(place) else {
                continue;
            };
            let end = replica.log.end();
            if let Part::Leader(leading) = &mut replica.part
                && leading.pending().is_none()
                && let Some(isr) = leading.shrunk(end, clock, lag_max)
            {
                if self.cluster.left_out.has(rules::SHRINK_WHEN_GRANTED) {
                    leading.set_isr(&isr);
                    self.todo.led.push(place);
                }
                leading.set_pending(Some(isr));
                self.control.wish(place);
            }
        }
        self.send_wishes(ctx);
    }

    pub(super) fn checkpoint(&mut self, ctx: &mut Ctx<'_>) {
        ctx.timer(CHECKPOINT_NS, Token::of(kind::CHECKPOINT));
        for replica in self.replicas.values_mut() {
            replica.checkpoint = replica.high_watermark;
        }
    }

    pub(super) fn expire(&mut self, ctx: &mut Ctx<'_>) {
        let every = self.cluster.settings.log_retention_check_interval_ms.ns();
        ctx.timer(every, Token::of(kind::RETENTION));
        let clock = ctx.clock();
        for nth in 0..self.replicas.count() {
            let place = self.replicas.place(nth);
            let queue = self.queue_at(place);
            let Some(replica) = self.replicas.get_mut(place) else {
                continue;
            };
            let topic = &self.cluster.topics[replica.topic];
            // `__consumer_offsets` is compacted instead.
            if topic.internal {
                ctx.free(replica.log.compact(replica.high_watermark));
                continue;
            }
            let retention = Retention {
                age_ns: topic.settings.retention_ms.map(Duration::ns),
                bytes: topic.settings.retention_bytes.map(Size::bytes),
            };
            let visible = replica.high_watermark;
            let freed = replica.log.expire(clock, retention, visible, |b| {
                record_gone(ctx, queue, b, Gone::Expired);
            });
            ctx.free(freed);
        }
    }

    /// The settings of a topic have changed.
    pub(in super::super) fn retune(&mut self, topic: usize) {
        let settings = &self.cluster.topics[topic].settings;
        for nth in 0..self.replicas.count() {
            let place = self.replicas.place(nth);
            if let Some(replica) = self.replicas.get_mut(place)
                && replica.topic == topic
            {
                replica.min_insync = settings.min_insync(replica.copies);
            }
        }
    }

    /// Whether batches must be synced before they are answered (`flush.messages`).
    #[inline]
    pub(super) fn must_flush(&self, batches: &[(QueueId, Arc<Batch>)]) -> bool {
        let is_due =
            |(queue, b): &(QueueId, Arc<Batch>)| self.is_flush_due(*queue, u64::from(b.count()));
        self.flushes && batches.iter().any(is_due)
    }

    #[cold]
    pub(super) fn is_flush_due(&self, queue: QueueId, count: u64) -> bool {
        let replica = self
            .place_of(queue)
            .and_then(|place| self.replicas.get(place));
        replica.is_some_and(|r| {
            let every = self.topic(r).flush_messages;
            every.is_some_and(|every| r.unflushed + count >= every)
        })
    }

    /// `flush.messages` of a partition's topic.
    pub(super) fn flush_messages(&self, queue: QueueId) -> Option<u64> {
        if !self.flushes {
            return None;
        }
        let topic = self.cluster.topic_of(queue)?;
        topic.settings.flush_messages
    }

    /// Everything that was written is on the device: it has been paid for with [`crate::sim::Cost::sync`].
    #[cold]
    pub(super) fn flushed(&mut self, ctx: &mut Ctx<'_>) {
        ctx.synced();
        for replica in self.replicas.values_mut() {
            replica.unflushed = 0;
        }
    }

    /// `flush.ms` of a topic is over.
    pub(super) fn flush(&mut self, topic: usize, ctx: &mut Ctx<'_>) {
        let Some(every) = self.cluster.topics[topic].settings.flush_ms else {
            return;
        };
        let token = Token {
            kind: kind::FLUSH,
            index: topic as u16,
            data: 0,
        };
        ctx.timer(every.ns(), token);
        let mine = self.replicas.values_mut();
        let mut dirty = false;
        for replica in mine.filter(|r| r.topic == topic) {
            dirty |= replica.unflushed > 0;
            replica.unflushed = 0;
        }
        if dirty {
            ctx.sync(Token::of(kind::FLUSHED));
        }
    }
}
