//! What becomes of batches that were sent: stored, sent again, or given up.

use crate::sim::record::Why;
use crate::sim::{Pid, Token};

use super::super::super::Ctx;
use super::super::super::protocol::{Error, Produced, Response};
use super::super::accumulator::OutBatch;
use super::{Asked, ProducerClient, WAKE};

impl ProducerClient {
    /// Whether an answer is for this client.
    pub fn owns(&self, number: u32) -> bool {
        self.requests.owns(number)
    }

    /// An answer arrived.
    pub fn response(&mut self, from: Pid, number: u32, response: Response, ctx: &mut Ctx<'_>) {
        let Some(open) = self.requests.take(number) else {
            return;
        };
        let now = ctx.now();
        let broker = self.view.broker(from);
        if let Some(broker) = broker {
            self.view.answers(broker);
        }
        match (open.what, response) {
            (Asked::Metadata, Response::Metadata(metadata)) => self.told(&metadata, ctx),
            (Asked::ProducerId, Response::InitProducerId(result)) => {
                self.id_asked = false;
                match result {
                    Ok(id) => {
                        (self.id, self.id_failures) = (Some((id, 0)), 0);
                        self.all_changed();
                        self.pump_all(now, ctx);
                    }
                    Err(_) => self.id_failed(ctx),
                }
            }
            (Asked::Produce(batches), response) => {
                if let Some(broker) = broker {
                    self.led.at(broker).in_flight -= 1;
                }
                if let Response::Produce(mut call) = response {
                    self.produced(batches, &call.answer, ctx);
                    call.asks.batches.clear();
                    self.spare_calls.push(call);
                } else {
                    self.produced(batches, &[], ctx);
                }
                if let Some(broker) = broker {
                    self.pump(broker, now, ctx);
                }
            }
            _ => {}
        }
    }

    fn produced(
        &mut self,
        mut batches: Vec<(u32, OutBatch)>,
        results: &[Produced],
        ctx: &mut Ctx<'_>,
    ) {
        for (nth, (part, batch)) in batches.drain(..).enumerate() {
            let queue = self.parts[part as usize].queue;
            self.parts[part as usize].in_flight -= 1;
            let same = results.get(nth).filter(|r| r.queue == queue);
            let result = same.or_else(|| results.iter().find(|r| r.queue == queue));
            match result.map(|r| r.result) {
                Some(Ok(_) | Err(Error::DuplicateSequenceNumber)) => self.stored(part, &batch, ctx),
                Some(Err(error)) => self.failed(part, batch, Some(error), ctx),
                None => self.failed(part, batch, None, ctx),
            }
            self.changed(part);
        }
        self.spare_batches.push(batches);
        self.unblock(ctx);
    }

    fn stored(&mut self, part: u32, batch: &OutBatch, ctx: &mut Ctx<'_>) {
        self.used -= batch.memory;
        self.view.is_good();
        self.parts[part as usize].acknowledge(batch);
        self.accept(part, batch.span, ctx);
        self.resolve(part);
    }

    /// A batch was not stored, or nobody knows (`error` is `None`: the connection was lost). It is sent again if that may
    /// help (`Sender.canRetry`).
    #[cold]
    fn failed(&mut self, part: u32, mut batch: OutBatch, error: Option<Error>, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if error.is_none_or(Error::is_stale_metadata) {
            self.want_metadata(now, ctx);
        }
        let expired = batch
            .created_at
            .saturating_add(self.config.delivery_timeout_ns)
            <= now;
        let again = !expired
            && batch.attempts < self.config.retries
            && self.can_retry(part, &mut batch, error);
        if !again {
            let fatal = error.is_some_and(|e| !e.is_retriable());
            let why = if fatal { Why::Rejected } else { Why::TimedOut };
            self.give_up(part, &batch, why, ctx);
            return;
        }
        self.retried += 1;
        batch.attempts += 1;
        batch.not_before = now + self.config.backoff.ns(batch.attempts, &mut self.stream);
        let wake_at = batch.not_before;
        self.parts[part as usize].put_back(batch, self.config.idempotent);
        self.wake.by(wake_at, Token::of(self.timers + WAKE), ctx);
    }

    /// Whether sending again may help; if an idempotent producer's sequence is broken, a new epoch begins
    /// (`TransactionManager.canRetry`, KIP-360).
    fn can_retry(&mut self, part: u32, batch: &mut OutBatch, error: Option<Error>) -> bool {
        let Some(error) = error else {
            return true;
        };
        let at = &mut self.parts[part as usize];
        match (error, batch.sequence) {
            (Error::OutOfOrderSequenceNumber, Some(sequence)) => {
                let earlier_is_missing = !at.unresolved && !at.is_next(sequence);
                if !earlier_is_missing
                    || at.epoch != Some((sequence.producer_id, sequence.producer_epoch))
                {
                    self.new_epoch(part, batch);
                }
                true
            }
            (Error::UnknownProducerId | Error::InvalidProducerEpoch, Some(_)) => {
                self.new_epoch(part, batch);
                true
            }
            (error, _) => error.is_retriable(),
        }
    }

    #[cold]
    fn new_epoch(&mut self, part: u32, batch: &mut OutBatch) {
        let at = &mut self.parts[part as usize];
        let stale = batch
            .sequence
            .is_some_and(|s| Some((s.producer_id, s.producer_epoch)) != self.id);
        at.unsequence(batch);
        // A batch of an epoch that has ended already only needs a place in the present one.
        if !stale {
            self.bump();
        }
    }

    /// The next epoch; a client may raise it by itself (KIP-360). When there is none left it asks for a new id.
    #[cold]
    fn bump(&mut self) {
        self.id = self
            .id
            .and_then(|(id, epoch)| epoch.checked_add(1).map(|epoch| (id, epoch)));
        self.all_changed();
    }

    /// A batch will not be sent again.
    #[cold]
    pub(super) fn give_up(&mut self, part: u32, batch: &OutBatch, why: Why, ctx: &mut Ctx<'_>) {
        self.used -= batch.memory;
        let at = &mut self.parts[part as usize];
        at.settle(batch);
        if batch.sequence.is_some() {
            at.unresolved = true;
        }
        self.refuse(part, batch.span, why, ctx);
        self.resolve(part);
    }

    /// Once nothing of a partition is on the way any more, sequences in doubt are left behind with a new epoch
    /// (`TransactionManager.maybeResolveSequences`).
    fn resolve(&mut self, part: u32) {
        let at = &mut self.parts[part as usize];
        if !at.unresolved || !at.unacked.is_empty() {
            return;
        }
        at.unresolved = false;
        if at.last_acked.map_or(0, |last| last + 1) != at.next_sequence {
            self.bump();
        }
    }

    /// The connection to a broker was reset.
    #[cold]
    pub fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        let Some(broker) = self.view.broker(peer) else {
            return;
        };
        let now = ctx.now();
        self.view.lost(broker, now, &mut self.stream);
        for open in self.requests.drop_peer(peer) {
            match open.what {
                Asked::Metadata => {
                    self.metadata_asked = false;
                    self.view.failed(now, self.config.backoff, &mut self.stream);
                }
                Asked::ProducerId => self.id_failed(ctx),
                Asked::Produce(batches) => {
                    self.led.at(broker).in_flight -= 1;
                    self.produced(batches, &[], ctx);
                }
            }
        }
        self.want_metadata(now, ctx);
    }
}
