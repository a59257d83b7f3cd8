//! Takes from a queue.

use std::sync::Arc;

use crate::sim::record::Outcome;
use crate::sim::{Pid, SECOND, Token};
use crate::systems::ports::{Arrived, Inlet, InletPlan, Port, Socket};
use crate::systems::slots::Slots;
use crate::systems::{Belief, Builder, Ctx, Message as AnyMessage, Row};

use super::super::workloads::find;
use super::super::{RECEIVER_TIMERS, Received, ReceiverConfig, SqsReceiver};

/// Its own timer, behind the client's: it begins.
const BEGIN: u16 = RECEIVER_TIMERS;

/// A receiver that polls as long as it can. What its owner ends well with it deletes; what fails is left to the queue, which
/// gives it again when its visibility timeout is over.
#[derive(Clone, Debug)]
pub struct SqsInlet {
    client: SqsReceiver,
    from: String,
    timers: u16,
    start_ns: u64,
    in_hand: Slots<Received>,
    done: u64,
}

impl SqsInlet {
    /// From a queue by its name (`jobs/orders`); `None` if there is none.
    pub fn find(
        builder: &mut Builder,
        from: &str,
        plan: &InletPlan,
        socket: &Socket,
    ) -> Option<Self> {
        let (directory, name) = find(builder, from)?;
        let place = directory.queue(name)?;
        let home = directory.home(place);
        builder.add_link(socket.pid, home.pid);
        let config = ReceiverConfig {
            place,
            queue: home.queue,
            home: home.pid,
            group: directory.group(builder, place, &plan.group),
            batch: plan.prefetch.clamp(1, 10),
            in_hand_max: plan.prefetch.max(1),
            wait_ns: Some(20 * SECOND),
            visibility_ns: None,
            pause_ns: 0,
            max_attempts: 3,
            attempt_timeout_ns: 30 * SECOND,
        };
        let client = SqsReceiver::new(
            Arc::new(config),
            socket.timers,
            socket.tag,
            builder.seed,
            &socket.name,
        );
        Some(Self {
            client,
            from: from.to_owned(),
            timers: socket.timers,
            start_ns: plan.start_ns,
            in_hand: Slots::default(),
            done: 0,
        })
    }
}

impl Port for SqsInlet {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        let wait = self.start_ns.saturating_sub(ctx.now());
        if wait > 0 {
            ctx.timer(wait, Token::of(self.timers + BEGIN));
        } else {
            self.client.start(ctx);
        }
    }

    fn heeds(&self, message: &AnyMessage) -> bool {
        matches!(message, AnyMessage::Sqs(m) if m.answers().is_some_and(|n| self.client.owns(n)))
    }

    fn message(&mut self, _: Pid, message: AnyMessage, ctx: &mut Ctx<'_>) {
        if let AnyMessage::Sqs(message) = message
            && let Some((number, response)) = message.into_answer()
        {
            self.client.response(number, response, ctx);
        }
    }

    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        if token.kind == self.timers + BEGIN {
            self.client.start(ctx);
        } else {
            self.client.timer(token, ctx);
        }
    }

    fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        self.client.disconnected(peer, ctx);
    }

    fn crash(&mut self, _: &mut Ctx<'_>) {
        self.client.crash();
        self.in_hand.clear();
    }

    fn trouble(&self) -> Option<String> {
        None
    }

    fn row(&self) -> Row {
        Row::of(format!("from {}", self.from))
            .and(u64::from(self.client.in_hand()), "in hand")
            .and(self.done, "done")
    }

    fn beliefs(&self) -> Vec<Belief> {
        Vec::new()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        match token.kind.checked_sub(self.timers) {
            Some(BEGIN) => "begin",
            _ => self.client.timer_name(token),
        }
    }
}

impl Inlet for SqsInlet {
    fn take(&mut self, _: &mut Ctx<'_>) -> Option<Arrived> {
        let received = self.client.take()?;
        let entry = received.entry;
        // There is no end of slots before there is one of memory: a message without one comes back by itself.
        let token = self.in_hand.insert(received).ok()?;
        Some(Arrived {
            token,
            task: entry.task,
            key: entry.key.unwrap_or(entry.number),
            poison: entry.poison,
        })
    }

    fn waiting(&self) -> u32 {
        self.client.waiting()
    }

    fn done(&mut self, token: u32, ok: bool, ctx: &mut Ctx<'_>) {
        let Some(received) = self.in_hand.take(token) else {
            return;
        };
        if ok {
            self.done += 1;
            self.client.end(&received, Outcome::Done, ctx);
            self.client.delete(received.receipt, ctx);
        } else {
            self.client.end(&received, Outcome::Failed, ctx);
        }
    }

    fn open(&mut self, open: bool, ctx: &mut Ctx<'_>) {
        if open {
            self.client.resume(ctx);
        } else {
            self.client.stop();
        }
    }

    fn is_idle(&self) -> bool {
        self.client.is_done()
    }
}
