//! Takes from a topic, as a member of a group.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::record::Outcome;
use crate::sim::{Fact, Pid, QueueId, Span, Token, US};
use crate::systems::ports::{Arrived, Inlet, InletPlan, Port, Socket};
use crate::systems::slots::{Key, Slots};
use crate::systems::{Belief, Builder, Ctx, Message as AnyMessage, Row};

use super::super::consumer::{
    CONSUMER_TIMERS, ConsumerClient, ConsumerConfig, Event, Job, Polled, Progress,
};
use super::super::notes;
use super::super::protocol::Message;
use super::super::sparse::Sparse;
use super::super::workloads::{find_topic, link_to_brokers};
use super::unpack;

/// Its own timer, behind the client's: a message that failed is given again.
const AGAIN: u16 = CONSUMER_TIMERS;
/// It begins.
const BEGIN: u16 = CONSUMER_TIMERS + 1;

#[derive(Clone, Copy, Debug)]
struct InHand {
    job: Job,
    attempts: u32,
}

/// A consumer with Kafka's defaults, but that a new group begins with the oldest message, and that positions are stored when
/// all that a poll gave is done: each message at least once.
#[derive(Clone, Debug)]
pub struct KafkaInlet {
    client: ConsumerClient,
    config: Arc<ConsumerConfig>,
    plan: InletPlan,
    topic: String,
    timers: u16,
    /// What a poll gave and nobody has taken.
    come: VecDeque<InHand>,
    in_hand: Slots<InHand>,
    progress: Sparse<Progress>,
    polled: Vec<Polled>,
    polling: bool,
    committing: Option<Vec<(u32, u64)>>,
    running: bool,
    open: bool,
    /// Whether it left the group because it takes no messages.
    left: bool,
    done: u64,
}

impl KafkaInlet {
    /// From a topic by its name (`events/orders`); `None` if there is none.
    pub fn find(
        builder: &mut Builder,
        topic: &str,
        plan: &InletPlan,
        socket: &Socket,
    ) -> Option<Self> {
        let (cluster, queues) = find_topic(builder, topic)?;
        link_to_brokers(builder, socket.pid, &cluster);
        let group = builder.group(&plan.group, &queues);
        let config = Arc::new(ConsumerConfig::usual(group, plan.prefetch));
        let parts = queues.len();
        let client = ConsumerClient::new(
            Arc::clone(&config),
            cluster,
            queues.into(),
            None,
            socket.timers,
            socket.tag,
            builder.seed,
            &socket.name,
        );
        Some(Self {
            client,
            config,
            plan: plan.clone(),
            topic: topic.to_owned(),
            timers: socket.timers,
            come: VecDeque::new(),
            in_hand: Slots::default(),
            progress: Sparse::new(parts),
            polled: Vec::new(),
            polling: false,
            committing: None,
            running: false,
            open: true,
            left: false,
            done: 0,
        })
    }

    /// Does all that can be done now.
    fn drive(&mut self, ctx: &mut Ctx<'_>) {
        while self.running {
            if self.client.has_events() {
                self.heed(ctx);
            }
            if self.polling && self.client.records(&mut self.polled, ctx) {
                self.polling = false;
                self.take_polled(ctx);
            }
            let idle = self.come.is_empty() && self.in_hand.is_empty();
            if self.committing.is_some() || !idle || self.polling && self.open {
                return;
            }
            let offsets = self.to_commit();
            if offsets.is_empty() && !self.open {
                self.leave(ctx);
            } else if offsets.is_empty() {
                self.polling = true;
                self.client.poll(ctx);
            } else {
                let queues = offsets.iter().map(|&(p, o)| (self.client.queue(p), o));
                let queues: Vec<(QueueId, u64)> = queues.collect();
                self.committing = Some(offsets);
                self.client.commit(queues, ctx);
            }
        }
    }

    fn to_commit(&self) -> Vec<(u32, u64)> {
        let of = |(part, p): (usize, &Progress)| Some((part as u32, p.to_commit()?));
        self.progress.iter().filter_map(of).collect()
    }

    #[cold]
    fn heed(&mut self, ctx: &mut Ctx<'_>) {
        for event in self.client.take_events() {
            match event {
                Event::Revoked(part) => {
                    self.come.retain(|c| c.job.part != part);
                    self.forget(part);
                }
                Event::Assigned(part) | Event::Lost(part) => self.forget(part),
                Event::Committed(stored) => {
                    for (part, offset) in self.committing.take().into_iter().flatten() {
                        if stored {
                            self.progress.at(part as usize).committed(offset);
                        } else {
                            self.forget(part);
                        }
                    }
                }
                Event::Fenced => self.fail(notes::FENCED_INSTANCE, ctx),
                Event::NoPosition => self.fail(notes::NO_POSITION, ctx),
                Event::InvalidSession => self.fail(notes::INVALID_SESSION, ctx),
            }
        }
    }

    /// All that it had is done: others may read on.
    #[cold]
    fn leave(&mut self, ctx: &mut Ctx<'_>) {
        (self.polling, self.running, self.left) = (false, false, true);
        self.client.close(ctx);
        self.client.take_events();
        self.progress.clear();
    }

    fn fail(&mut self, note: u16, ctx: &mut Ctx<'_>) {
        self.running = false;
        ctx.halt(note);
    }

    /// Another owner has read on, or will.
    fn forget(&mut self, part: u32) {
        if let Some(progress) = self.progress.get_mut(part as usize) {
            *progress = Progress::default();
        }
    }

    fn take_polled(&mut self, ctx: &mut Ctx<'_>) {
        let mut polled = std::mem::take(&mut self.polled);
        for chunk in polled.drain(..) {
            let Some(span) = chunk.batch.batch.span() else {
                continue;
            };
            let (from, to) = chunk.range;
            ctx.record(Fact::Handed {
                group: self.config.group,
                queue: self.client.queue(chunk.part),
                span: Span {
                    lane: span.lane,
                    first: span.first + from,
                    count: to - from,
                },
                offset: chunk.batch.base + u64::from(from),
            });
            let items = chunk.batch.batch.items();
            for nth in from..to {
                let offset = chunk.batch.base + u64::from(nth);
                self.progress.at(chunk.part as usize).hand(offset);
                let job = Job {
                    part: chunk.part,
                    offset,
                    lane: span.lane,
                    number: span.first + nth,
                    item: items[nth as usize],
                };
                self.come.push_back(InHand { job, attempts: 0 });
            }
        }
        self.polled = polled;
    }

    fn processed(&self, job: &Job, outcome: Outcome, ctx: &mut Ctx<'_>) {
        ctx.record(Fact::Processed {
            group: self.config.group,
            queue: self.client.queue(job.part),
            span: Span::one(job.lane, job.number),
            offset: job.offset,
            outcome,
        });
    }
}

impl Port for KafkaInlet {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let wait = self.plan.start_ns.saturating_sub(ctx.now());
        if wait > 0 {
            ctx.timer(wait, Token::of(self.timers + BEGIN));
            return;
        }
        self.running = true;
        self.client.start(ctx);
        self.drive(ctx);
    }

    fn heeds(&self, message: &AnyMessage) -> bool {
        matches!(message, AnyMessage::Kafka(Message::Response(number, _)) if self.client.owns(*number))
    }

    fn message(&mut self, from: Pid, message: AnyMessage, ctx: &mut Ctx<'_>) {
        if let AnyMessage::Kafka(Message::Response(number, response)) = message {
            self.client.response(from, number, response, ctx);
            self.drive(ctx);
        }
    }

    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        if token.kind == self.timers + AGAIN {
            if let Some(in_hand) = self.in_hand.take(token.data) {
                self.come.push_front(in_hand);
            }
        } else if token.kind == self.timers + BEGIN {
            self.start(ctx);
        } else if self.client.owns_timer(token) {
            self.client.timer(token, ctx);
        }
        self.drive(ctx);
    }

    fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        if self.running {
            self.client.disconnected(peer, ctx);
            self.drive(ctx);
        }
    }

    fn crash(&mut self, _: &mut Ctx<'_>) {
        self.client.crash();
        self.come.clear();
        self.in_hand.clear();
        self.progress.clear();
        self.polled.clear();
        self.polling = false;
        self.committing = None;
        self.running = false;
        (self.open, self.left) = (true, false);
    }

    fn trouble(&self) -> Option<String> {
        None
    }

    fn row(&self) -> Row {
        let in_hand = self.in_hand.len() + self.come.len();
        let behind: u64 = self.client.owned().map(|(.., behind)| behind).sum();
        Row::of(format!("from {}", self.topic))
            .and(self.client.owned().count() as u64, "partitions")
            .and(behind, "to fetch")
            .and(in_hand as u64, "in hand")
            .and(self.done, "done")
    }

    fn beliefs(&self) -> Vec<Belief> {
        self.client.beliefs()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match token.kind.checked_sub(self.timers) {
            Some(AGAIN) => "give a message again",
            Some(BEGIN) => "begin",
            _ => self.client.timer_name(token),
        }
    }
}

impl Inlet for KafkaInlet {
    fn take(&mut self, _: &mut Ctx<'_>) -> Option<Arrived> {
        let in_hand = self.come.pop_front()?;
        let item = in_hand.job.item;
        match self.in_hand.insert(in_hand) {
            Ok(token) => Some(Arrived {
                token,
                task: unpack(item.key()),
                key: item.key().unwrap_or(in_hand.job.number),
                poison: item.is_poison(),
            }),
            Err(in_hand) => {
                self.come.push_front(in_hand);
                None
            }
        }
    }

    fn waiting(&self) -> u32 {
        self.come.len() as u32
    }

    fn done(&mut self, token: Key, ok: bool, ctx: &mut Ctx<'_>) {
        let Some(in_hand) = self.in_hand.get_mut(token) else {
            return;
        };
        in_hand.attempts += 1;
        let (job, last) = (in_hand.job, in_hand.attempts >= self.plan.attempts_max);
        if !ok && !last {
            self.processed(&job, Outcome::Failed, ctx);
            let token = Token::with(self.timers + AGAIN, token);
            // Who tries for ever without a pause would stop time.
            ctx.timer(self.plan.backoff_ns.max(US), token);
            return;
        }
        self.in_hand.take(token);
        self.done += 1;
        let outcome = if ok { Outcome::Done } else { Outcome::Skipped };
        self.processed(&job, outcome, ctx);
        self.progress.at(job.part as usize).done(job.offset);
        self.drive(ctx);
    }

    fn open(&mut self, open: bool, ctx: &mut Ctx<'_>) {
        self.open = open;
        if open && std::mem::take(&mut self.left) {
            self.running = true;
            self.client.reopen(ctx);
        }
        self.drive(ctx);
    }

    fn is_idle(&self) -> bool {
        !self.running
    }
}
