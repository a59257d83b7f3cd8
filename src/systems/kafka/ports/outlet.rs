//! Sends to a topic.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::sim::{LaneId, Pid, Token};
use crate::systems::ports::{Outlet, Parcel, Port, Socket};
use crate::systems::{Belief, Builder, Ctx, Message as AnyMessage, Row};

use super::super::producer::{ProducerClient, ProducerConfig};
use super::super::protocol::Message;
use super::super::workloads::{find_topic, lanes, link_to_brokers};
use super::pack;

/// A producer with Kafka's defaults, but that it does not wait for batches to fill: whoever waits for the acknowledgement of
/// one message gains nothing from that.
#[derive(Clone, Debug)]
pub struct KafkaOutlet {
    client: ProducerClient,
    topic: String,
    waiting: BTreeMap<(LaneId, u32), u32>,
    tokens: u32,
    done: VecDeque<(u32, bool)>,
}

impl KafkaOutlet {
    /// To a topic by its name (`events/orders`); `None` if there is none.
    pub fn find(builder: &mut Builder, topic: &str, socket: &Socket) -> Option<Self> {
        let (cluster, queues) = find_topic(builder, topic)?;
        link_to_brokers(builder, socket.pid, &cluster);
        let topics = [lanes(builder, socket.pid, &queues)];
        let config = Arc::new(ProducerConfig::default().without_linger());
        let client = ProducerClient::new(
            config,
            cluster,
            &topics,
            socket.timers,
            socket.tag,
            builder.seed,
            &socket.name,
        );
        Some(Self {
            client: client.keep_done(),
            topic: topic.to_owned(),
            waiting: BTreeMap::new(),
            tokens: 0,
            done: VecDeque::new(),
        })
    }

    fn heed(&mut self) {
        for (span, stored) in self.client.take_done() {
            for number in span.numbers() {
                if let Some(token) = self.waiting.remove(&(span.lane, number)) {
                    self.done.push_back((token, stored));
                }
            }
        }
    }
}

impl Port for KafkaOutlet {
    fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.client.start(ctx);
    }

    fn heeds(&self, message: &AnyMessage) -> bool {
        matches!(message, AnyMessage::Kafka(Message::Response(number, _)) if self.client.owns(*number))
    }

    fn message(&mut self, from: Pid, message: AnyMessage, ctx: &mut Ctx<'_>) {
        if let AnyMessage::Kafka(Message::Response(number, response)) = message {
            self.client.response(from, number, response, ctx);
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
        self.waiting.clear();
        self.done.clear();
    }

    fn trouble(&self) -> Option<String> {
        let waiting = self.client.waiting();
        (waiting > 0).then(|| format!("{waiting} wait for room to send"))
    }

    fn row(&self) -> Row {
        let (acked, refused, _) = self.client.counts();
        Row::of(format!("to {}", self.topic))
            .and(self.waiting.len() as u64, "on their way")
            .and(acked, "stored")
            .and(refused, "given up")
    }

    fn beliefs(&self) -> Vec<Belief> {
        self.client.beliefs()
    }

    fn timer_name(&self, token: Token) -> &'static str {
        self.client.timer_name(token)
    }
}

impl Outlet for KafkaOutlet {
    fn send(&mut self, parcel: Parcel, ctx: &mut Ctx<'_>) -> u32 {
        self.tokens = self.tokens.wrapping_add(1);
        let key = if parcel.task.is_some() {
            pack(parcel.task)
        } else {
            parcel.key
        };
        let span = self.client.send(0, Some(key), parcel.bytes, false, ctx);
        self.waiting.insert((span.lane, span.first), self.tokens);
        self.heed();
        self.tokens
    }

    fn next_done(&mut self) -> Option<(u32, bool)> {
        self.done.pop_front()
    }
}
