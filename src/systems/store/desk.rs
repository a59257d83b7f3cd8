//! Requests at a store: some are worked on, the others wait for a thread.

use std::collections::VecDeque;

use crate::sim::call::{CallFact, Shed};
use crate::sim::setting::Value;
use crate::sim::{Fact, Pid, ServiceId, Task, Token};
use crate::systems::Ctx;
use crate::systems::rpc::{self, Request, Response, Status};
use crate::systems::slots::{Key, Slots};

/// The only timer of a store: the work on a request is done.
pub(super) const WORK: u16 = 0;

/// A request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    from: Pid,
    call: u32,
    pub task: Task,
    pub key: u32,
    pub endpoint: u16,
    pub value: u32,
    pub stamp: u16,
    came_at: u64,
    waited_ns: u64,
    /// When its caller gives up, ns.
    patient_until: u64,
}

/// All requests of a process.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    service: ServiceId,
    threads: u32,
    /// So many requests at once; further ones are turned away.
    limit: u32,
    busy: u32,
    jobs: Slots<Job>,
    line: VecDeque<Key>,
    response_bytes: u32,
    /// Waiting and busy, as they were told last.
    told: (u32, u32),
    pub served: u64,
    pub failed: u64,
    pub refused: u64,
}

impl Desk {
    pub fn new(service: ServiceId, threads: u32, limit: u32, response_bytes: u32) -> Self {
        Self {
            service,
            threads,
            limit,
            busy: 0,
            jobs: Slots::default(),
            line: VecDeque::new(),
            response_bytes,
            told: (0, 0),
            served: 0,
            failed: 0,
            refused: 0,
        }
    }

    /// A message came. The number of the request, if it is one and there is room for it.
    pub fn message(&mut self, from: Pid, message: &rpc::Message, ctx: &mut Ctx<'_>) -> Option<Key> {
        match message {
            rpc::Message::Request(request) => self.take(from, request, ctx),
            rpc::Message::Ping(number) => {
                ctx.send(from, rpc::Message::Pong(*number).into(), 64);
                None
            }
            _ => None,
        }
    }

    fn take(&mut self, from: Pid, request: &Request, ctx: &mut Ctx<'_>) -> Option<Key> {
        let now = ctx.now();
        let patient_until = request.patient_until(now);
        let job = Job {
            from,
            call: request.call,
            task: request.task(),
            key: request.key,
            endpoint: request.endpoint,
            value: request.value,
            stamp: request.stamp,
            came_at: now,
            waited_ns: 0,
            patient_until,
        };
        let has_room = self.jobs.len() < self.limit as usize;
        let key = has_room.then(|| self.jobs.insert(job).ok()).flatten();
        if key.is_none() {
            self.refused += 1;
            self.shed(job.task, Shed::Overload, ctx);
            self.answer(&job, Status::Rejected, 0, ctx);
        }
        key
    }

    fn shed(&self, task: Task, why: Shed, ctx: &mut Ctx<'_>) {
        let service = self.service;
        ctx.record(Fact::Call(CallFact::Shed { service, task, why }));
    }

    pub fn job(&self, key: Key) -> Option<Job> {
        self.jobs.get(key).copied()
    }

    /// A request wants a thread.
    pub fn queue(&mut self, key: Key) {
        self.line.push_back(key);
    }

    /// The next request that gets one, if one is free.
    pub fn next(&mut self, now: u64) -> Option<(Key, Job)> {
        if self.busy >= self.threads {
            return None;
        }
        let key = self.line.pop_front()?;
        let job = self.jobs.get_mut(key)?;
        job.waited_ns = now - job.came_at;
        self.busy += 1;
        Some((key, *job))
    }

    /// A request is done.
    pub fn end(&mut self, key: Key, status: Status, value: u32, ctx: &mut Ctx<'_>) {
        let Some(job) = self.jobs.take(key) else {
            return;
        };
        let ok = status != Status::Failed;
        self.busy -= 1;
        self.served += 1;
        self.failed += u64::from(!ok);
        ctx.record(Fact::Call(CallFact::Served {
            service: self.service,
            task: job.task,
            ok,
            useful: ctx.now() <= job.patient_until,
            waited_ns: job.waited_ns,
        }));
        self.answer(&job, status, value, ctx);
    }

    fn answer(&self, job: &Job, status: Status, value: u32, ctx: &mut Ctx<'_>) {
        let response = Response {
            call: job.call,
            value,
            status,
        };
        let message = rpc::Message::Response(response).into();
        ctx.send(job.from, message, self.response_bytes);
    }

    /// A request reads or writes a value: now.
    pub fn access(&self, job: &Job, version: u32, writes: bool, ctx: &mut Ctx<'_>) {
        ctx.record(Fact::Call(CallFact::Accessed {
            service: self.service,
            from: job.from,
            call: job.call,
            key: job.key,
            version,
            writes,
        }));
    }

    /// Works on a request.
    pub fn work(key: Key, ns: u64, ctx: &mut Ctx<'_>) {
        ctx.work(ns, Token::with(WORK, key));
    }

    /// Says how much there is to do, if that changed.
    pub fn tell(&mut self, ctx: &mut Ctx<'_>) {
        let load = (self.waiting(), self.busy);
        if load != self.told {
            self.told = load;
            ctx.record(Fact::Call(CallFact::Load {
                service: self.service,
                waiting: load.0,
                busy: load.1,
            }));
        }
    }

    /// The process died: all requests are gone.
    pub fn crash(&mut self, ctx: &mut Ctx<'_>) {
        let lost: Vec<Task> = self.jobs.iter().map(|(_, job)| job.task).collect();
        for task in lost {
            self.shed(task, Shed::Died, ctx);
        }
        self.jobs.clear();
        self.line.clear();
        self.busy = 0;
        self.told = (0, 0);
    }

    /// Requests that are here.
    pub fn len(&self) -> u32 {
        self.jobs.len() as u32
    }

    /// Requests that wait, for a thread or a lock.
    pub fn waiting(&self) -> u32 {
        self.len() - self.busy
    }

    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// What a setting is that can be changed.
    pub fn setting(&self, setting: &str) -> Option<Value> {
        match setting {
            "max_connections" => Some(self.limit.into()),
            "threads" => Some(self.threads.into()),
            _ => None,
        }
    }

    /// Changes a setting; whether there is such a one.
    pub fn set(&mut self, setting: &str, value: Value, ctx: &mut Ctx<'_>) -> bool {
        let was = self.threads;
        let changed = match setting {
            "max_connections" => &mut self.limit,
            "threads" => &mut self.threads,
            _ => return false,
        };
        *changed = value.count().unwrap_or(*changed);
        if self.threads != was {
            ctx.record(Fact::Call(CallFact::Room {
                service: self.service,
                was,
                is: self.threads,
            }));
        }
        true
    }

    pub fn threads(&self) -> u32 {
        self.threads
    }

    pub fn limit(&self) -> u32 {
        self.limit
    }

    pub fn service(&self) -> ServiceId {
        self.service
    }
}
