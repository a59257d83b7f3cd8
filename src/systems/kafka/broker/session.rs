//! Fetch sessions, as the leader of a follower's partitions (KIP-227): the follower names a partition when something about
//! it changed on its side, and the leader remembers the rest. A partition that both sides have nothing to say about costs
//! nothing, however many there are.
//!
//! One session for each follower, with the partitions' part of it kept where the leader keeps what it knows of the
//! follower. Here are the places of those partitions that need to be looked at with the next fetch.
//!
//! Simpler than the product: a session is never evicted for another's sake, and consumers ask without one.

use crate::sim::{Pid, QueueId};

use super::super::protocol::{
    Error, Fetch, FetchCall, FetchPartition, FetchedPartition, INITIAL_EPOCH, Response,
};
use super::super::sparse::Sparse;
use super::super::{Ctx, rules};
use super::fetch::{Reading, refusal};
use super::replica::{Part, Peer};
use super::{Broker, reply};

/// What the leader remembers of a follower's fetches.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// 0: there is none.
    id: u32,
    /// That the next request must bear.
    epoch: u32,
    /// When it last asked, by this broker's clock.
    fetched_ns: i64,
    /// Places of partitions that are not settled: there may be something to send, or to notice.
    restless: Vec<usize>,
}

/// A follower's fetch that waits for something to copy.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    from: Pid,
    number: u32,
    call: Box<FetchCall>,
}

impl Broker {
    /// A follower asks for what follows.
    pub(super) fn follower_fetch(
        &mut self,
        from: Pid,
        number: u32,
        mut call: Box<FetchCall>,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(broker) = self.cluster.broker(from) else {
            return;
        };
        if let Err(error) = self.join_session(broker, &call.asks, ctx) {
            call.answer.clear();
            call.answer.error = Some(error);
            reply(ctx, from, number, Response::Fetch(call));
            return;
        }
        self.followers.set(broker, None);
        self.note_asked(broker, from, &mut call);
        // As in Kafka, the answer is read before the asker's progress counts: a follower hears of the high watermark that
        // its own fetch advances only with the next one.
        let patient = call.asks.max_wait_ns > 0 && call.asks.min_bytes > 0;
        let parks = patient && call.answer.partitions.is_empty() && !self.has_more(broker, from);
        let reading = if parks {
            Reading::default()
        } else {
            self.read_session(broker, from, &mut call)
        };
        self.follower_asked(broker, from, reading.urgent, &call.answer.partitions, ctx);
        let enough = call.answer.bytes >= call.asks.min_bytes || call.asks.max_wait_ns == 0;
        if enough || reading.urgent {
            self.answer_follower(broker, from, number, &reading, call, ctx);
        } else {
            self.park_follower(broker, from, number, call, ctx);
        }
    }

    /// Opens a session, or goes on with one.
    fn join_session(&mut self, broker: usize, fetch: &Fetch, ctx: &Ctx<'_>) -> Result<(), Error> {
        let clock = ctx.clock();
        let session = self.sessions.at(broker);
        if fetch.session_epoch == INITIAL_EPOCH {
            self.open_session(broker, ctx);
        } else if session.id == 0 || session.id != fetch.session_id {
            return Err(Error::FetchSessionIdNotFound);
        } else if session.epoch != fetch.session_epoch {
            return Err(Error::InvalidFetchSessionEpoch);
        } else {
            session.epoch += 1;
            session.fetched_ns = clock;
        }
        Ok(())
    }

    #[cold]
    fn open_session(&mut self, broker: usize, ctx: &Ctx<'_>) {
        self.close_session(broker);
        self.session_ids += 1;
        // Ids of a broker's former lives mean nothing to this one.
        let id = (ctx.incarnation() << 20) + self.session_ids;
        let session = Session {
            id,
            epoch: INITIAL_EPOCH + 1,
            fetched_ns: ctx.clock(),
            restless: Vec::new(),
        };
        self.sessions.set(broker, session);
    }

    /// Forgets what a follower asked for.
    #[cold]
    fn close_session(&mut self, broker: usize) {
        let pid = self.cluster.brokers[broker];
        let Some(&Session { fetched_ns, .. }) = self.sessions.get(broker).filter(|s| s.id != 0)
        else {
            return;
        };
        for replica in self.replicas.values_mut() {
            if let Some(peer) = replica.leading_mut().and_then(|l| l.peer_mut(pid)) {
                peer.forget(fetched_ns);
            }
        }
        self.sessions.set(broker, Session::default());
    }

    /// Takes down what a request says about partitions. The answer begins with those that this broker cannot serve.
    fn note_asked(&mut self, broker: usize, pid: Pid, call: &mut FetchCall) {
        call.answer.clear();
        for &queue in &call.asks.forgotten {
            let fetched_ns = self.sessions.at(broker).fetched_ns;
            let replica = self.place_of(queue).and_then(|p| self.replicas.get_mut(p));
            if let Some(peer) = replica.and_then(|r| r.leading_mut()?.peer_mut(pid)) {
                peer.forget(fetched_ns);
            }
        }
        for asked in &call.asks.partitions {
            if let Err(error) = self.note_one(broker, pid, *asked) {
                call.answer.partitions.push(refusal(asked.queue, error));
            }
        }
    }

    fn note_one(&mut self, broker: usize, pid: Pid, asked: FetchPartition) -> Result<(), Error> {
        let place = self.place_of(asked.queue);
        let place = place.ok_or(Error::UnknownTopicOrPartition)?;
        let replica = self.replicas.get_mut(place);
        let replica = replica.ok_or(Error::NotLeaderOrFollower)?;
        replica.leads_in(asked.current_leader_epoch)?;
        let peer = replica.leading_mut().and_then(|l| l.peer_mut(pid));
        let peer = peer.ok_or(Error::NotLeaderOrFollower)?;
        if peer.asked.is_none() {
            peer.told = None;
        }
        let compares = !self.cluster.left_out.has(rules::NOTICE_DIVERGENCE);
        peer.asked = Some(FetchPartition {
            last_fetched_epoch: asked.last_fetched_epoch.filter(|_| compares),
            ..asked
        });
        if !peer.listed {
            peer.listed = true;
            let restless = &mut self.sessions.at(broker).restless;
            if !restless.contains(&place) {
                restless.push(place);
            }
        }
        Ok(())
    }

    /// The places of the partitions of a follower's session that are not settled.
    fn restless(&self, broker: usize) -> &[usize] {
        self.sessions.get(broker).map_or(&[], |s| &s.restless)
    }

    /// Whether there is something to send in the session that does not wait: more than a high watermark.
    fn has_more(&self, broker: usize, pid: Pid) -> bool {
        self.restless(broker).iter().any(|&place| {
            let Some(replica) = self.replicas.get(place) else {
                return false;
            };
            let Some(leading) = replica.leading() else {
                return true;
            };
            let asked = leading.peer(pid).and_then(|p| p.asked);
            asked.is_some_and(|asked| !replica.has_no_more(&asked, replica.log.end()))
        })
    }

    /// Adds to the answer what there is in the session.
    fn read_session(&self, broker: usize, pid: Pid, call: &mut FetchCall) -> Reading {
        let FetchCall { asks, answer } = call;
        let mut reading = Reading {
            urgent: !answer.partitions.is_empty(),
            ..Reading::default()
        };
        for &place in self.restless(broker) {
            let Some(replica) = self.replicas.get(place) else {
                continue;
            };
            let Some(leading) = replica.leading() else {
                let queue = self.queue_at(place);
                reading.refuse(refusal(queue, Error::NotLeaderOrFollower), answer);
                continue;
            };
            // It may have been forgotten, or this broker has begun to lead it since.
            let Some((peer, asked)) = leading.peer(pid).and_then(|p| Some((p, p.asked?))) else {
                continue;
            };
            let end = replica.log.end();
            let sent = replica.read(&asked, asks, end, peer.told, &mut reading, answer);
            reading.full |= sent < end;
        }
        reading
    }

    /// A follower says how far it has come.
    fn follower_asked(
        &mut self,
        broker: usize,
        pid: Pid,
        urgent: bool,
        answer: &[FetchedPartition],
        ctx: &mut Ctx<'_>,
    ) {
        let clock = ctx.clock();
        let mut restless = std::mem::take(&mut self.sessions.at(broker).restless);
        restless.retain(|&place| {
            let queue = self.queue_at(place);
            let fails = |a: &FetchedPartition| {
                a.queue == queue && (a.error.is_some() || a.diverging.is_some())
            };
            let failed = urgent && answer.iter().any(fails);
            self.follower_at(place, pid, failed, clock, ctx)
        });
        // Nothing was added meanwhile: what is moved by this is in the list, or belongs to other followers.
        let session = self.sessions.at(broker);
        restless.append(&mut session.restless);
        session.restless = restless;
        self.send_wishes(ctx);
    }

    /// A follower is so far in one partition; `false` if there is nothing more to do about it.
    fn follower_at(
        &mut self,
        place: usize,
        pid: Pid,
        failed: bool,
        clock_ns: i64,
        ctx: &mut Ctx<'_>,
    ) -> bool {
        let Some(replica) = self.replicas.get_mut(place) else {
            return false;
        };
        let (end, high_watermark) = (replica.log.end(), replica.high_watermark);
        let Part::Leader(leading) = &mut replica.part else {
            return false;
        };
        let waits = leading.pending().is_some();
        let Some(at) = leading.peers.iter().position(|p| p.pid == pid) else {
            return false;
        };
        let peer = &mut leading.peers[at];
        let apart = waits || !peer.is_in_sync;
        let Some(asked) = peer.asked else {
            peer.listed = false;
            return false;
        };
        if failed {
            return true;
        }
        let before = peer.end;
        let has = if self.cluster.left_out.has(rules::COUNT_WHAT_WAS_FETCHED) {
            end
        } else {
            asked.offset
        };
        peer.fetched(has, end, clock_ns);
        let settled = !apart && peer.told == Some(high_watermark) && asked.offset == end;
        if apart
            && !waits
            && let Some(isr) = leading.grown(pid, high_watermark)
            && self.image.is_eligible(&self.cluster, pid)
        {
            leading.set_pending(Some(isr));
            self.control.wish(place);
        }
        // The first of two followers that are in sync moves nothing.
        if before != Some(asked.offset) && !leading.is_held_at(high_watermark) {
            self.advance(place, ctx);
            // What the advance brings makes it restless, never settled.
            return !settled || self.is_restless(place, pid);
        }
        leading.peers[at].listed &= !settled;
        !settled
    }

    /// Whether a follower's next fetch must look at a partition; if not, it is taken off the list.
    fn is_restless(&mut self, place: usize, pid: Pid) -> bool {
        let Some(replica) = self.replicas.get_mut(place) else {
            return false;
        };
        let (end, high_watermark) = (replica.log.end(), replica.high_watermark);
        let Some(leading) = replica.leading_mut() else {
            return false;
        };
        let waits = leading.pending().is_some();
        let Some(peer) = leading.peer_mut(pid) else {
            return false;
        };
        let settled = peer.asked.is_none_or(|a| a.offset == end)
            && peer.told == Some(high_watermark)
            && peer.is_in_sync
            && !waits;
        peer.listed = !settled;
        !settled
    }

    /// Something about a partition that it leads is new: every follower's next fetch looks at it, and one that waits
    /// does so now if there may be something for it.
    pub(super) fn touch(&mut self, place: usize, wake: bool) {
        let Some(leading) = self.replicas.get_mut(place).and_then(|r| r.leading_mut()) else {
            return;
        };
        for peer in &mut leading.peers {
            let is_listed_now = peer.asked.is_some() && !peer.listed;
            if !is_listed_now && !wake {
                continue;
            }
            let Some(broker) = self.cluster.broker(peer.pid) else {
                continue;
            };
            if is_listed_now {
                peer.listed = true;
                let session = self.sessions.at(broker);
                peer.was_settled(session.fetched_ns);
                session.restless.push(place);
            }
            if wake
                && self.followers.get(broker).is_some_and(Option::is_some)
                && !self.todo.followers.contains(&broker)
            {
                self.todo.followers.push(broker);
            }
        }
    }

    fn answer_follower(
        &mut self,
        broker: usize,
        to: Pid,
        number: u32,
        reading: &Reading,
        mut call: Box<FetchCall>,
        ctx: &mut Ctx<'_>,
    ) {
        for p in &call.answer.partitions {
            let replica = self
                .place_of(p.queue)
                .and_then(|at| self.replicas.get_mut(at));
            if let Some(peer) = replica.and_then(|r| r.leading_mut()?.peer_mut(to)) {
                if p.error.is_some() {
                    peer.asked = None;
                } else {
                    peer.told = Some(p.high_watermark);
                }
            }
        }
        if reading.full {
            self.take_turns(broker, &call.answer.partitions);
        }
        call.answer.session_id = self.sessions.at(broker).id;
        reply(ctx, to, number, Response::Fetch(call));
    }

    /// An answer was as large as it may be: the partitions that are in it stand behind the others the next time, so that
    /// none starves.
    #[cold]
    fn take_turns(&mut self, broker: usize, served: &[FetchedPartition]) {
        let has = |queue: QueueId| served.iter().any(|p| p.queue == queue && p.batches > 0);
        let first = self.cluster.first.0;
        let restless = &mut self.sessions.at(broker).restless;
        restless.sort_by_key(|&place| has(QueueId(first + place as u32)));
    }

    fn park_follower(
        &mut self,
        broker: usize,
        from: Pid,
        number: u32,
        call: Box<FetchCall>,
        ctx: &mut Ctx<'_>,
    ) {
        let max_wait_ns = call.asks.max_wait_ns;
        let waiting = Waiting { from, number, call };
        self.followers.set(broker, Some(waiting));
        let waiter = (broker as u32, number);
        let waits = |who| follower_waits(&self.followers, who);
        self.follower_deadlines.add(max_wait_ns, waiter, waits, ctx);
    }

    /// Something was appended that a follower may wait for.
    pub(super) fn wake_follower(&mut self, broker: usize, ctx: &mut Ctx<'_>) {
        let Some(mut waiting) = self.followers.at(broker).take() else {
            return;
        };
        waiting.call.answer.clear();
        let reading = self.read_session(broker, waiting.from, &mut waiting.call);
        if waiting.call.answer.bytes >= waiting.call.asks.min_bytes || reading.urgent {
            let Waiting { from, number, call } = waiting;
            self.answer_follower(broker, from, number, &reading, call, ctx);
        } else {
            self.followers.set(broker, Some(waiting));
        }
    }

    pub(super) fn followers_timed_out(&mut self, ctx: &mut Ctx<'_>) {
        let now = self.follower_deadlines.rang(ctx);
        while let Some((broker, number)) = self.follower_deadlines.due(now) {
            let broker = broker as usize;
            if let Some(mut w) = self.followers.at(broker).take_if(|w| w.number == number) {
                w.call.answer.clear();
                let reading = self.read_session(broker, w.from, &mut w.call);
                self.answer_follower(broker, w.from, w.number, &reading, w.call, ctx);
            }
        }
        let waits = |who| follower_waits(&self.followers, who);
        self.follower_deadlines.set(waits, ctx);
    }
}

/// Whether a broker's fetch of this number waits.
fn follower_waits(followers: &Sparse<Option<Waiting>>, (broker, number): (u32, u32)) -> bool {
    let waiting = followers.get(broker as usize).and_then(Option::as_ref);
    waiting.is_some_and(|w| w.number == number)
}

impl Peer {
    /// The follower does not ask for the partition any more.
    fn forget(&mut self, fetched_ns: i64) {
        if !self.listed {
            self.was_settled(fetched_ns);
        }
        self.asked = None;
        self.listed = false;
    }

    /// While nothing is new, a fetch says nothing of a partition, and still means that the follower has everything. This
    /// makes up for it, up to its last fetch.
    fn was_settled(&mut self, fetched_ns: i64) {
        if let Some(asked) = self.asked {
            self.fetched(asked.offset, asked.offset, fetched_ns);
        }
    }
}
