//! What happens to a client from outside: answers, lost connections, timers.

use crate::sim::{Pid, Token};

use super::super::super::Ctx;
use super::super::super::protocol::{Error, Response};
use super::{Asked, CONSUMER_TIMERS, ConsumerClient, HEARTBEAT, POLL, Phase, REQUESTS};

impl ConsumerClient {
    /// Whether an answer is for this client.
    pub fn owns(&self, number: u32) -> bool {
        self.requests.owns(number)
    }

    /// An answer arrived.
    pub fn response(&mut self, from: Pid, number: u32, response: Response, ctx: &mut Ctx<'_>) {
        let Some(open) = self.requests.take(number) else {
            return;
        };
        let broker = self.view.broker(from);
        if let Some(broker) = broker {
            self.view.answers(broker);
        }
        match (open.what, response) {
            (Asked::Fetch, Response::Fetch(mut call)) => {
                if let Some(broker) = broker {
                    self.led.at(broker).fetching = false;
                }
                self.fetched(&mut call, ctx);
                self.spare.push(call);
            }
            (what, response) => self.answered(what, response, ctx),
        }
        self.advance(ctx);
    }

    /// An answer to what is not asked all the time.
    #[cold]
    fn answered(&mut self, what: Asked, response: Response, ctx: &mut Ctx<'_>) {
        match (what, response) {
            (Asked::Metadata, Response::Metadata(metadata)) => {
                self.metadata_asked = false;
                self.view.learn(&metadata, ctx.now());
                self.sort_by_leader();
                let age = self.config.metadata_max_age_ns;
                self.retry_by(ctx.now().saturating_add(age), ctx);
            }
            (Asked::Coordinator, Response::FindCoordinator(result)) => {
                self.finding = false;
                match result {
                    Ok(coordinator) => self.coordinator = Some(coordinator),
                    Err(_) => self.group_not_before = self.back_off(ctx),
                }
            }
            (Asked::Join, Response::JoinGroup(result)) => self.joined(*result, ctx),
            (Asked::Sync, Response::SyncGroup(result)) => self.synced(result, ctx),
            (Asked::Heartbeat, Response::Heartbeat(Err(error))) if self.heartbeating => {
                self.group_error(error, ctx);
            }
            (Asked::AutoCommit(joining), Response::OffsetCommit(results)) => {
                let error = results.iter().find_map(|r| r.1.err());
                self.auto_committed(joining, error, ctx);
            }
            (Asked::Commit(offsets), Response::OffsetCommit(results)) => {
                let error = results.iter().find_map(|r| r.1.err());
                self.committed(offsets, error, ctx);
            }
            (Asked::Positions(parts), Response::OffsetFetch(result)) => {
                self.found_stored(&parts, result, ctx);
            }
            (Asked::Ends(parts), Response::ListOffsets(results)) => {
                self.found_ends(&parts, &results, ctx);
            }
            _ => {}
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
        self.led.at(broker).fetching = false;
        if self.coordinator == Some(peer) {
            self.coordinator = None;
        }
        for open in self.requests.drop_peer(peer) {
            self.gone(open.what, ctx);
        }
        self.want_metadata(ctx);
        if self.heartbeating {
            self.find_if_lost(ctx);
        }
        self.advance(ctx);
    }

    /// A request will not be answered any more.
    #[cold]
    fn gone(&mut self, what: Asked, ctx: &mut Ctx<'_>) {
        match what {
            Asked::Metadata => {
                self.metadata_asked = false;
                self.view
                    .failed(ctx.now(), self.config.backoff, &mut self.stream);
            }
            Asked::Coordinator => {
                self.finding = false;
                self.group_not_before = self.back_off(ctx);
            }
            Asked::Join | Asked::Sync => {
                if matches!(self.phase, Phase::Joining | Phase::Syncing) {
                    self.phase = Phase::Unjoined;
                    self.group_not_before = self.back_off(ctx);
                }
            }
            Asked::AutoCommit(joining) => {
                self.auto_committed(joining, Some(Error::CoordinatorNotAvailable), ctx);
            }
            Asked::Commit(offsets) => {
                self.committed(offsets, Some(Error::CoordinatorNotAvailable), ctx);
            }
            Asked::Positions(parts) | Asked::Ends(parts) => {
                for &part in &parts {
                    self.parts[part as usize].asking = false;
                }
                self.lookup_failed(&parts, Error::RequestTimedOut, ctx);
            }
            Asked::Heartbeat | Asked::Leave | Asked::Fetch => {}
        }
    }

    /// Whether a timer is this client's.
    pub fn owns_timer(&self, token: Token) -> bool {
        (self.timers..self.timers + CONSUMER_TIMERS).contains(&token.kind)
    }

    /// A timer of this client fired.
    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match token.kind - self.timers {
            REQUESTS => {
                for peer in self.requests.late(ctx) {
                    self.disconnected(peer, ctx);
                }
            }
            HEARTBEAT => {
                let now = self.heartbeat.rang(ctx.now());
                self.beat(now, ctx);
            }
            POLL => {
                let now = self.poll_deadline.rang(ctx.now());
                if self.poll_by <= now {
                    self.poll_by = u64::MAX;
                    self.leave_for_silence(ctx);
                } else {
                    self.poll_deadline.by(self.poll_by, token, ctx);
                }
            }
            _ => {
                let now = self.retry.rang(ctx.now());
                self.try_commit_again(now, ctx);
                if self.heartbeating {
                    self.find_if_lost(ctx);
                }
                if self.view.wanted {
                    self.ask_metadata(ctx);
                }
                self.advance(ctx);
            }
        }
    }
}
