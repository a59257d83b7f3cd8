//! A cache as a system: nodes that hold keys in memory, and lose them when they crash.

use serde::{Deserialize, Serialize};

use crate::sim::call::{CallFact, Look};
use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::{bytes, count};
use crate::sim::dist::{Dist, Sampler};
use crate::sim::host::Survival;
use crate::sim::stream::Stream;
use crate::sim::units::{Chance, Duration, Size};
use crate::sim::{Cost, Fact, Names, Pid, Role, Token as Timer};
use crate::systems::rpc::{self, Status};
use crate::systems::{
    Badge, Builder, Ctx, Export, Inspect, Known, Process, Row, Standing, amount, check,
};

use super::cache::{Cache, Fill, Found};
use super::desk::{Desk, Job};
use super::lease::{LeaseSettings, Token};
use super::{check_threads, declare, found};

/// A cache like memcached: the least recently used entry makes room for a new one, and a crash empties it. It is called like a
/// service: its handlers are `get`, `put` and `delete`; `Cached` steps of services do all that is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSettings {
    /// What it is called.
    pub name: String,
    /// The nodes it runs on. With several, each holds some of the keys, and services look for a key where it is: unless a client
    /// of theirs says how else, by `ConsistentHash`.
    pub nodes: String,
    /// How many entries each node has room for.
    pub capacity: u32,
    /// How long an entry is good; without it until it is deleted or has to make room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Duration>,
    /// By up to which part that time is shortened, at random for each entry.
    #[serde(default)]
    pub ttl_jitter: Chance,
    /// Who misses may fill the key, or must wait for another who does; without it everybody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseSettings>,
    /// How many requests a node works on at once (memcached's `-t`, default 4).
    #[serde(default = "count::<4>")]
    pub threads: u32,
    /// How long a request takes.
    #[serde(default = "twenty_us")]
    pub time: Dist,
    /// Bytes of an answer.
    #[serde(default = "bytes::<1024>")]
    pub response_size: Size,
}

fn twenty_us() -> Dist {
    Dist::Constant(Duration::from_us(20))
}

/// Its handlers.
const HANDLERS: &[&str] = &["get", "put", "delete"];
const GET: u16 = 0;
const PUT: u16 = 1;

impl CacheSettings {
    pub(in super::super) fn declare(&self, known: &mut Known) {
        declare(&self.name, "Cache", HANDLERS, known);
        known.add_subject(&self.name, super::tune::CACHE);
    }

    pub(in super::super) fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        check::nodes(&self.nodes, at, known, out);
        self.check_entries(at, out);
        check_threads(self.threads, at, out);
        check::size("response_size", self.response_size, at, out);
        if let Err(why) = self.time.check() {
            out.push(Complaint::error(at.field("time"), why));
        }
    }

    pub(in super::super) fn found(&self, builder: &mut Builder) {
        let of = super::Found {
            name: &self.name,
            nodes: &self.nodes,
            part: "cache",
            threads: self.threads,
            handlers: HANDLERS,
            keyed: true,
        };
        found(&of, builder);
    }

    pub(in super::super) fn build(&self, builder: &mut Builder) {
        let Some(Export::Service(own)) = builder.exports.get(&self.name).cloned() else {
            return;
        };
        let bytes = self.response_size.bytes() as u32;
        for &pid in &own.replicas {
            let name = builder.names.process(pid);
            let node = CacheNode {
                desk: Desk::new(own.service, self.threads, u32::MAX, bytes),
                time: self.time.compile(),
                cache: Cache::new(self),
                capacity: self.capacity,
                time_stream: Stream::named(builder.seed, "service", name),
                ttl_stream: Stream::named(builder.seed, "ttl", name),
            };
            builder.put(pid, Process::Cache(Box::new(node)));
        }
    }
}

/// A node of a cache.
#[derive(Clone, Debug)]
pub struct CacheNode {
    desk: Desk,
    time: Sampler,
    pub(super) cache: Cache,
    capacity: u32,
    time_stream: Stream,
    ttl_stream: Stream,
}

impl CacheNode {
    /// It shares out its threads itself.
    pub(in super::super) fn cost<M>(&mut self, _: &M, _: u64) -> Cost {
        Cost::FREE
    }

    pub(in super::super) fn start(&mut self, _: &mut Ctx<'_>) {}

    pub(in super::super) fn message(
        &mut self,
        from: Pid,
        message: rpc::Message,
        ctx: &mut Ctx<'_>,
    ) {
        if let Some(key) = self.desk.message(from, &message, ctx) {
            self.desk.queue(key);
        }
        self.work(ctx);
    }

    fn work(&mut self, ctx: &mut Ctx<'_>) {
        while let Some((key, _)) = self.desk.next(ctx.now()) {
            let ns = self.time.sample(&mut self.time_stream);
            Desk::work(key, ns, ctx);
        }
        self.desk.tell(ctx);
    }

    /// A request is done.
    pub(in super::super) fn timer(&mut self, token: Timer, ctx: &mut Ctx<'_>) {
        if let Some(job) = self.desk.job(token.data) {
            let (status, value) = self.answer(&job, ctx);
            self.desk.end(token.data, status, value, ctx);
        }
        self.work(ctx);
    }

    fn answer(&mut self, job: &Job, ctx: &mut Ctx<'_>) -> (Status, u32) {
        let (now, key) = (ctx.now(), u64::from(job.key));
        match job.endpoint {
            GET => return self.get(now, job, ctx),
            PUT => match Token::from_number(job.value) {
                Some(token) => {
                    let stream = &mut self.ttl_stream;
                    self.cache
                        .put_leased(now, key, job.stamp.into(), token, stream);
                }
                None => self
                    .cache
                    .put(now, key, job.stamp.into(), &mut self.ttl_stream),
            },
            _ => {
                self.cache.invalidate(key);
            }
        }
        (Status::Ok, 0)
    }

    fn get(&mut self, now: u64, job: &Job, ctx: &mut Ctx<'_>) -> (Status, u32) {
        let mut stamp = 0;
        let (look, fill) = match self.cache.get(now, job.key.into()) {
            Found::Hit { version, .. } => {
                stamp = version as u32;
                (Look::Hit, None)
            }
            Found::Miss(Fill::Wait) | Found::Expired(Fill::Wait) => {
                (Look::Waited, Some(Fill::Wait))
            }
            Found::Miss(fill) => (Look::Miss, Some(fill)),
            Found::Expired(fill) => (Look::Expired, Some(fill)),
        };
        let service = self.desk.service();
        ctx.record(Fact::Call(CallFact::Looked { service, look }));
        if stamp != 0 {
            self.desk.access(job, stamp, false, ctx);
        }
        match fill {
            None => (Status::Ok, 0),
            Some(Fill::Free) => (Status::Missing, 0),
            Some(Fill::Lease(token)) => (Status::Missing, token.number()),
            Some(Fill::Wait) => (Status::Leased, 0),
        }
    }

    pub(in super::super) fn disconnected(&mut self, _: Pid, _: &mut Ctx<'_>) {}

    pub(in super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        ctx.exit();
    }

    /// Its memory is gone.
    pub(in super::super) fn crash(&mut self, _: &Survival, ctx: &mut Ctx<'_>) {
        self.desk.crash(ctx);
        self.cache.crash();
    }

    pub(in super::super) fn nominate(&self, _: &Role, _: &Names, _: &mut Vec<Pid>) {}
}

impl Inspect for CacheNode {
    fn badge(&self, _: &Names) -> Badge {
        let counters = self.cache.counters();
        let missed = counters.misses + counters.expired;
        let gets = counters.hits + missed;
        let standing = if gets == 0 {
            Standing::Idle
        } else {
            Standing::Member
        };
        let mut lines = vec![format!("{} keys", amount(self.cache.len() as u64))];
        if let Some(percent) = (counters.hits * 100).checked_div(gets) {
            lines.push(format!("{percent}% hits"));
        }
        Badge {
            standing,
            lines,
            reads: None,
        }
    }

    fn rows(&self, _: &Names) -> Vec<Row> {
        let counters = self.cache.counters();
        let entries = Row::of("entries");
        vec![
            entries.part(self.cache.len() as u64, u64::from(self.capacity), "used"),
            Row::count("hits", counters.hits),
            Row::count("misses", counters.misses),
            Row::count("expired", counters.expired),
            Row::count("told to wait", counters.waits),
            Row::count("put", counters.puts),
            Row::count("put too late", counters.refused),
            Row::count("made room", counters.evicted),
            Row::count("deleted", counters.invalidated),
            Row::count("waiting", u64::from(self.desk.waiting())),
        ]
    }

    fn timer_name(&self, _: Timer) -> &'static str {
        "work is done"
    }
}
