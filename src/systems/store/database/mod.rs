//! A database: statements that come over connections, of which there are only so many, and take longer the more of them there
//! are.

mod locks;
mod settings;
mod show;

pub use settings::DatabaseSettings;

use std::collections::BTreeMap;

use crate::sim::call::CallFact;
use crate::sim::dist::Sampler;
use crate::sim::history::Shared;
use crate::sim::host::Survival;
use crate::sim::stream::Stream;
use crate::sim::{Cost, Fact, Names, Pid, Role, ServiceId, Token};
use crate::systems::Ctx;
use crate::systems::rpc::{self, Status};
use crate::systems::slots::Key;
use crate::systems::slow::SlowDown;

use super::desk::{Desk, Job};
use super::stock::Stock;

use locks::{Locks, Row};

/// Its handlers.
const READ: u16 = 0;
const WRITE: u16 = 1;
const RESERVE: u16 = 2;
const RELEASE: u16 = 3;

/// The primary of a database.
#[derive(Clone, Debug)]
pub struct Database {
    pub(super) desk: Desk,
    read: Sampler,
    write: Sampler,
    slow_down: Option<SlowDown>,
    locks: Option<Locks>,
    stock: Option<Stock>,
    /// How often each key was written.
    writes: Shared<BTreeMap<u32, u32>>,
    stream: Stream,
}

impl Database {
    fn new(settings: &DatabaseSettings, service: ServiceId, seed: u64, name: &str) -> Self {
        let bytes = settings.response_size.bytes() as u32;
        let (threads, connections) = (settings.threads, settings.max_connections);
        Self {
            desk: Desk::new(service, threads, connections, bytes),
            read: settings.read.compile(),
            write: settings.write.compile(),
            slow_down: settings.slow_down.clone(),
            locks: settings.row_locks.then(Locks::default),
            stock: settings.stock.map(Stock::new),
            writes: Shared::default(),
            stream: Stream::named(seed, "database", name),
        }
    }

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
        if let Some(key) = self.desk.message(from, &message, ctx)
            && let Some(job) = self.desk.job(key)
        {
            let row = self.row(&job);
            let free = match (&mut self.locks, row) {
                (Some(locks), Some(row)) => locks.lock(row, key),
                _ => true,
            };
            if free {
                self.desk.queue(key);
            }
        }
        self.work(ctx);
    }

    /// The row that a statement writes.
    fn row(&self, job: &Job) -> Option<Row> {
        match (job.endpoint, &self.stock) {
            (READ, _) => None,
            (RESERVE | RELEASE, Some(stock)) => Some((true, stock.item(job.key))),
            _ => Some((false, job.key)),
        }
    }

    /// Gives free threads to who waits.
    pub(super) fn work(&mut self, ctx: &mut Ctx<'_>) {
        while let Some((key, job)) = self.desk.next(ctx.now()) {
            let time = if job.endpoint == READ {
                &self.read
            } else {
                &self.write
            };
            let ns = time.sample(&mut self.stream);
            let slow = self.slow_down.as_ref();
            let ns = slow.map_or(ns, |slow| slow.stretch(ns, self.desk.len()));
            Desk::work(key, ns, ctx);
        }
        self.desk.tell(ctx);
    }

    /// A statement is done.
    pub(in super::super) fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        let key: Key = token.data;
        if let Some(job) = self.desk.job(key) {
            let (status, version) = self.commit(&job, ctx);
            self.desk.end(key, status, version, ctx);
            if let Some(row) = self.row(&job)
                && let Some(locks) = &mut self.locks
                && let Some(next) = locks.unlock(row)
            {
                self.desk.queue(next);
            }
        }
        self.work(ctx);
    }

    /// What a statement does takes effect. How it ended, and the version of what was read or written; 0: none.
    fn commit(&mut self, job: &Job, ctx: &mut Ctx<'_>) -> (Status, u32) {
        match job.endpoint {
            READ | WRITE => (Status::Ok, self.access(job, ctx)),
            _ => (self.sell(job, ctx), 0),
        }
    }

    /// A value is read or written; its version, 1 for what was there at the beginning.
    fn access(&mut self, job: &Job, ctx: &mut Ctx<'_>) -> u32 {
        let writes = job.endpoint == WRITE;
        if writes {
            *self.writes.entry(job.key).or_default() += 1;
        }
        let version = 1 + self.writes.get(&job.key).copied().unwrap_or(0);
        self.desk.access(job, version, writes, ctx);
        version
    }

    fn sell(&mut self, job: &Job, ctx: &mut Ctx<'_>) -> Status {
        let Some(stock) = &mut self.stock else {
            return Status::Ok;
        };
        let reserves = job.endpoint == RESERVE;
        let taken = if reserves {
            stock.reserve(job.task, job.key)
        } else {
            Some(stock.release(job.task, job.key))
        };
        let Some(taken) = taken else {
            return Status::Failed;
        };
        ctx.record(Fact::Call(CallFact::Stock {
            service: self.desk.service(),
            item: stock.item(job.key),
            out: taken.out,
            of: taken.of,
            reserves,
        }));
        Status::Ok
    }

    /// Statements go on though nobody waits for them any more: the server notices only when it answers.
    pub(in super::super) fn disconnected(&mut self, _: Pid, _: &mut Ctx<'_>) {}

    pub(in super::super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        ctx.exit();
    }

    /// Statements that were under way are rolled back; what was committed is there.
    pub(in super::super) fn crash(&mut self, _: &Survival, ctx: &mut Ctx<'_>) {
        self.desk.crash(ctx);
        if let Some(locks) = &mut self.locks {
            *locks = Locks::default();
        }
    }

    pub(in super::super) fn nominate(&self, _: &Role, _: &Names, _: &mut Vec<Pid>) {}
}
