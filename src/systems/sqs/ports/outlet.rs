//! Sends to a queue, or publishes to a topic.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::{Pid, Token};
use crate::systems::ports::{Outlet, Parcel, Port, Socket};
use crate::systems::{Belief, Builder, Ctx, Message as AnyMessage, Row};

use super::super::workloads::find;
use super::super::{SenderConfig, SqsSender, Target};

/// A sender with the SDK's defaults, which names each message, so that a FIFO queue recognises it.
#[derive(Clone, Debug)]
pub struct SqsOutlet {
    client: SqsSender,
    to: String,
    done: VecDeque<(u32, bool)>,
}

impl SqsOutlet {
    /// To a queue or topic by its name (`jobs/orders`); `None` if there is none.
    pub fn find(builder: &mut Builder, to: &str, socket: &Socket) -> Option<Self> {
        let (directory, name) = find(builder, to)?;
        let target = Target::find(builder, &directory, name, socket.pid)?;
        let client = SqsSender::new(
            Arc::new(SenderConfig::default()),
            vec![target],
            socket.timers,
            socket.tag,
            builder.seed,
            &socket.name,
        );
        Some(Self {
            client: client.keep_done(),
            to: to.to_owned(),
            done: VecDeque::new(),
        })
    }

    fn heed(&mut self) {
        self.done.extend(self.client.take_done());
    }
}

impl Port for SqsOutlet {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.client.start(ctx);
    }

    fn heeds(&self, message: &AnyMessage) -> bool {
        matches!(message, AnyMessage::Sqs(m) if m.answers().is_some_and(|n| self.client.owns(n)))
    }

    fn message(&mut self, _: Pid, message: AnyMessage, ctx: &mut Ctx<'_>) {
        if let AnyMessage::Sqs(message) = message
            && let Some((number, response)) = message.into_answer()
        {
            self.client.response(number, response, ctx);
            self.heed();
        }
    }

    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        self.client.timer(token, ctx);
        self.heed();
    }

    fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        self.client.disconnected(peer, ctx);
        self.heed();
    }

    fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.client.crash(ctx);
        self.done.clear();
    }

    fn trouble(&self) -> Option<String> {
        None
    }

    fn row(&self) -> Row {
        let (acked, refused) = self.client.counts();
        let waiting = self.client.waiting();
        Row::of(format!("to {}", self.to))
            .and(waiting as u64, "on their way")
            .and(acked, "stored")
            .and(refused, "given up")
    }

    fn beliefs(&self) -> Vec<Belief> {
        Vec::new()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        self.client.timer_name(token)
    }
}

impl Outlet for SqsOutlet {
    fn send(&mut self, parcel: Parcel, ctx: &mut Ctx<'_>) -> u32 {
        let Parcel { task, key, bytes } = parcel;
        self.client.send(0, Some(key), bytes, false, task, ctx)
    }

    fn next_done(&mut self) -> Option<(u32, bool)> {
        self.done.pop_front()
    }
}
