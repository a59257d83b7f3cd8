//! A bench for tests: a cluster, and a client that sends what it is told to at given times and remembers the answers.

use std::sync::Arc;

use crate::sim::dist::Dist;
use crate::sim::fault::{Action, Crash, Cut, FaultPlan, PowerLoss, Schedule, Target};
use crate::sim::host::{HostPlan, Survival};
use crate::sim::names::NodeName;
use crate::sim::net::{LinkPlan, NetworkPlan};
use crate::sim::record::Gone;
use crate::sim::units::Duration;
use crate::sim::{
    Cost, Fact, GroupId, LaneId, MS, Names, NodePlan, Pid, QueueId, Record, Role, Sim, Token,
    WorldPlan,
};
use crate::systems::{self, Builder, Process};

use super::super::batch::{Batch, Item, Payload, Sequence};
use super::super::cluster::Cluster;
use super::super::protocol::{
    Acks, Error, FINAL_EPOCH, Fetch, FetchCall, FetchPartition, Fetched, Message, Produce,
    ProduceCall, Produced, Request, Response,
};
use super::super::{Settings, broker::Broker};

pub type Ctx<'a> = crate::sim::Ctx<'a, systems::Message>;

/// Bytes of each record of the tests: with the header a batch of one makes 161.
pub const RECORD_BYTES: u32 = 100;

/// A client with a script.
#[derive(Clone, Debug)]
pub struct Probe {
    script: Vec<(u64, Pid, Request)>,
    /// (when, number of the line in the script, answer).
    pub heard: Vec<(u64, u32, Response)>,
}

/// A process on the bench.
#[derive(Clone, Debug)]
pub enum Actor {
    Real(Process),
    Probe(Box<Probe>),
}

impl crate::sim::Process for Actor {
    type Message = systems::Message;

    fn cost(&mut self, message: &systems::Message, now: u64) -> Cost {
        match self {
            Self::Real(p) => p.cost(message, now),
            Self::Probe(_) => Cost::FREE,
        }
    }

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Self::Real(p) => p.start(ctx),
            Self::Probe(p) => {
                for (line, (at, _, _)) in (0u32..).zip(&p.script) {
                    ctx.timer(*at, Token::with(0, line));
                }
            }
        }
    }

    fn message(&mut self, from: Pid, message: systems::Message, ctx: &mut Ctx<'_>) {
        match self {
            Self::Real(p) => p.message(from, message, ctx),
            Self::Probe(p) => {
                let systems::Message::Kafka(Message::Response(number, response)) = message else {
                    return;
                };
                p.heard.push((ctx.now(), number, response));
            }
        }
    }

    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        match self {
            Self::Real(p) => p.timer(token, ctx),
            Self::Probe(p) => {
                let (_, to, request) = &p.script[token.data as usize];
                let message = Message::Request(token.data, request.clone());
                let bytes = message.bytes();
                ctx.send(*to, systems::Message::Kafka(message), bytes);
            }
        }
    }

    fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        if let Self::Real(p) = self {
            p.disconnected(peer, ctx);
        }
    }

    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Self::Real(p) => p.stop(ctx),
            Self::Probe(_) => ctx.exit(),
        }
    }

    fn crash(&mut self, survival: &Survival, ctx: &mut Ctx<'_>) {
        if let Self::Real(p) = self {
            p.crash(survival, ctx);
        }
    }

    fn nominate(&self, role: &Role, names: &Names, out: &mut Vec<Pid>) {
        if let Self::Real(p) = self {
            p.nominate(role, names, out);
        }
    }
}

/// What a test is made of.
pub struct Bench {
    pub settings: Settings,
    pub world: WorldPlan,
    script: Vec<(u64, Pid, Request)>,
    /// How many messages there have been, of the one lane.
    messages: u32,
}

/// A run of a test, and what was recorded.
pub struct Run {
    pub sim: Sim<Actor>,
    pub records: Vec<Record>,
    pub cluster: Arc<Cluster>,
    probe: Pid,
}

/// The first partition of the first topic.
pub const QUEUE: QueueId = QueueId(0);

/// The one group, `pay`.
pub const GROUP: GroupId = GroupId(0);

pub fn ms(n: u64) -> u64 {
    n * MS
}

fn node(name: &str) -> NodePlan {
    NodePlan {
        name: NodeName {
            name: name.to_owned(),
            zone: None,
        },
        host: HostPlan::default(),
    }
}

impl Bench {
    /// A cluster `events` on nodes `b1`, `b2` …, with one topic `orders`; links take half a millisecond.
    pub fn new(brokers: u32, topic: &str) -> Self {
        let text = format!(
            "(name: \"events\", nodes: \"brokers\", topics: [(name: \"orders\", {topic})])"
        );
        let mut settings: Settings = ron::Options::default()
            .with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
            .from_str(&text)
            .expect("settings are well formed");
        settings.offsets_topic_num_partitions = 1;
        let mut nodes: Vec<NodePlan> = (1..=brokers).map(|n| node(&format!("b{n}"))).collect();
        nodes.push(node("probe"));
        let link = LinkPlan {
            latency: Dist::Constant(Duration::from_us(500)),
            ..LinkPlan::default()
        };
        let network = NetworkPlan {
            link,
            ..NetworkPlan::default()
        };
        let world = WorldPlan {
            nodes,
            network,
            faults: Vec::new(),
        };
        Self {
            settings,
            world,
            script: Vec::new(),
            messages: 0,
        }
    }

    /// The process of a broker, from 1.
    pub fn broker(n: u32) -> Pid {
        Pid(n - 1)
    }

    /// A fault at a time; `lasting_ms` 0: for ever.
    pub fn fault(&mut self, at_ms: u64, lasting_ms: u64, action: Action) -> &mut Self {
        self.world.faults.push(FaultPlan {
            line: 0,
            schedule: Schedule::At(ms(at_ms)),
            lasting_ns: (lasting_ms > 0).then_some(ms(lasting_ms)),
            action,
        });
        self
    }

    /// Asks a broker.
    pub fn ask(&mut self, at_ms: u64, broker: u32, request: Request) -> u32 {
        self.script.push((ms(at_ms), Self::broker(broker), request));
        self.script.len() as u32 - 1
    }

    /// Sends one message to `orders/0`. Returns the number of the line; the number of the message grows by one each time.
    pub fn produce(&mut self, at_ms: u64, broker: u32, acks: Acks) -> u32 {
        let batch = self.batch(ms(at_ms), None, RECORD_BYTES);
        self.produce_batch(at_ms, broker, acks, QUEUE, batch)
    }

    pub fn batch(&mut self, at_ns: u64, sequence: Option<Sequence>, bytes: u32) -> Arc<Batch> {
        let item = Item::new(None, bytes, false);
        self.messages += 1;
        Arc::new(Batch::new(
            at_ns as i64,
            sequence,
            Payload::messages(LaneId(0), self.messages - 1, &[item]),
        ))
    }

    pub fn produce_batch(
        &mut self,
        at_ms: u64,
        broker: u32,
        acks: Acks,
        queue: QueueId,
        batch: Arc<Batch>,
    ) -> u32 {
        let produce = Produce {
            acks,
            timeout_ns: ms(30_000),
            batches: vec![(queue, batch)],
        };
        let call = ProduceCall {
            asks: produce,
            answer: Vec::new(),
        };
        self.ask(at_ms, broker, Request::Produce(Box::new(call)))
    }

    /// Reads `orders/0` as a consumer.
    pub fn consume(&mut self, at_ms: u64, broker: u32, offset: u64, epoch: u32) -> u32 {
        let fetch = Fetch {
            replica: None,
            max_wait_ns: ms(500),
            min_bytes: 1,
            max_bytes: 50 << 20,
            partition_max_bytes: 1 << 20,
            session_id: 0,
            session_epoch: FINAL_EPOCH,
            forgotten: Vec::new(),
            partitions: vec![FetchPartition {
                queue: QUEUE,
                offset,
                current_leader_epoch: epoch,
                last_fetched_epoch: None,
            }],
        };
        let call = FetchCall {
            asks: fetch,
            answer: Fetched::default(),
        };
        self.ask(at_ms, broker, Request::Fetch(Box::new(call)))
    }

    pub fn start(&self) -> Run {
        let sets = [("brokers".to_owned(), {
            let brokers = self.world.nodes.len() as u32 - 1;
            (0..brokers).map(crate::sim::NodeId).collect()
        })];
        let mut builder = Builder::new(7, self.world.clone(), sets.into());
        self.settings.found(&mut builder);
        let systems::Export::Kafka(cluster) = builder.exports["events"].clone() else {
            unreachable!("the export of a cluster");
        };
        builder.add_group("pay", vec![QUEUE]);
        let home = builder.nodes("probe")[0];
        let (seed, world, mut names, processes) = builder.parts();
        names.processes.push(crate::sim::names::ProcessName {
            name: "probe".to_owned(),
            node: home,
            system: "probe".to_owned(),
            part: "probe",
            layer: 0,
        });
        let mut actors: Vec<Actor> = processes.into_iter().map(Actor::Real).collect();
        let probe = Pid(actors.len() as u32);
        names.add_lane(probe, QUEUE);
        actors.push(Actor::Probe(Box::new(Probe {
            script: self.script.clone(),
            heard: Vec::new(),
        })));
        Run {
            sim: Sim::new(seed, world, names, actors),
            records: Vec::new(),
            cluster,
            probe,
        }
    }

    /// Runs up to a time.
    pub fn run(&self, until_ms: u64) -> Run {
        let mut run = self.start();
        run.until(until_ms);
        run
    }
}

impl Run {
    pub fn until(&mut self, until_ms: u64) -> &mut Self {
        self.sim.run_until(ms(until_ms), &mut self.records);
        self
    }

    pub fn answer(&self, line: u32) -> Option<(u64, &Response)> {
        let Actor::Probe(probe) = &self.sim.processes()[self.probe.index()] else {
            return None;
        };
        let found = probe.heard.iter().find(|(_, n, _)| *n == line);
        found.map(|(at, _, response)| (*at, response))
    }

    /// What became of a produce request of one batch: `None` without an answer.
    pub fn produced(&self, line: u32) -> Option<Result<u64, Error>> {
        match self.answer(line)?.1 {
            Response::Produce(call) => {
                assert_eq!(call.answer.len(), 1);
                let Produced { result, .. } = call.answer[0];
                Some(result)
            }
            other => panic!("not an answer to a produce request: {other:?}"),
        }
    }

    /// The offsets that a fetch of one partition returned, or its error; `None` without an answer.
    pub fn consumed(&self, line: u32) -> Option<Result<Vec<u64>, Error>> {
        match self.answer(line)?.1 {
            Response::Fetch(f) => Some(f.answer.parts().next().map_or(Ok(Vec::new()), |(p, b)| {
                p.error
                    .map_or_else(|| Ok(b.iter().map(|b| b.base).collect()), Err)
            })),
            other => panic!("not an answer to a fetch: {other:?}"),
        }
    }

    pub fn real_broker(&self, n: u32) -> &Broker {
        match &self.sim.processes()[Bench::broker(n).index()] {
            Actor::Real(Process::KafkaBroker(broker)) => broker,
            other => panic!("not a broker: {other:?}"),
        }
    }

    /// Numbers of the messages in a broker's log of `orders/0`, in order.
    pub fn log(&self, broker: u32) -> Vec<u32> {
        let log = self.real_broker(broker).log_of(QUEUE);
        let numbers = log.batches().filter_map(|b| Some(b.batch.span()?.first));
        numbers.collect()
    }

    /// Runs on in steps of a millisecond until something holds; the time then, or `None` if it does not by `before_ms`.
    pub fn first_ms(&mut self, before_ms: u64, holds: impl Fn(&Self) -> bool) -> Option<u64> {
        let from = self.sim.now() / MS;
        (from..before_ms).find(|&at| {
            self.until(at);
            holds(self)
        })
    }

    /// How many of a process's messages to another were refused, because nobody listened, between two times in ms.
    pub fn refused(&self, from: Pid, to: Pid, between: std::ops::Range<u64>) -> usize {
        let why = crate::sim::record::Drop::Refused;
        let is = |r: &&Record| {
            r.pid == from && r.fact == Fact::Dropped { to, why } && between.contains(&(r.at / MS))
        };
        self.records.iter().filter(is).count()
    }

    /// Who the controller elected for `orders/0`, with the time in ms and whether it was clean.
    pub fn elections(&self) -> Vec<(u64, Option<Pid>, bool)> {
        let elected = |r: &Record| match r.fact {
            Fact::Elected {
                queue,
                leader,
                clean,
                ..
            } if queue == QUEUE => Some((r.at / MS, leader, clean)),
            _ => None,
        };
        self.records.iter().filter_map(elected).collect()
    }

    /// Changes of the in-sync replicas of `orders/0`: the time in ms and how many there are then.
    pub fn in_sync(&self) -> Vec<(u64, u32)> {
        let changed = |r: &Record| match r.fact {
            Fact::InSync { queue, members, .. } if queue == QUEUE => Some((r.at / MS, members)),
            _ => None,
        };
        self.records.iter().filter_map(changed).collect()
    }

    /// Messages that a broker's log lost, by reason.
    pub fn gone(&self, broker: u32, reason: Gone) -> Vec<u32> {
        let me = Bench::broker(broker);
        let lost = |r: &Record| match r.fact {
            Fact::Unstored { span, why, .. } if r.pid == me && why == reason => Some(span.first),
            _ => None,
        };
        self.records.iter().filter_map(lost).collect()
    }
}

/// A node's processes crash.
pub fn crash(node: &str) -> Action {
    Action::Crash(Crash(at(node)))
}

/// A node loses power.
pub fn power_loss(node: &str) -> Action {
    Action::PowerLoss(PowerLoss(at(node)))
}

/// What one node sends another is dropped.
pub fn cut(from: &str, to: &str, one_way: bool) -> Action {
    Action::Cut(Cut {
        from: at(from),
        to: at(to),
        one_way,
    })
}

/// A node by its name.
pub fn at(name: &str) -> Target {
    Target::Name(name.to_owned())
}
