//! Requests at the door: who gets a thread, who waits, who is turned away.

use crate::sim::call::{CallFact, Shed};
use crate::sim::{Fact, Pid, Task};
use crate::systems::Ctx;
use crate::systems::rpc::{self, Request, Response, Status};

use super::super::line::{Dropped, Refused, Ticket};
use super::Replica;
use super::once::Known;
use super::run::{Origin, Run};
use super::world::Stalled;

/// A request that waits for a thread.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Waiting {
    pub from: Origin,
    pub task: Task,
    pub key: u32,
    pub endpoint: u16,
    pub priority: u8,
    /// When its caller gives up, ns.
    pub patient_until: u64,
    /// The deadline that it came with, ns; `u64::MAX` for none.
    pub deadline: u64,
}

impl Waiting {
    pub fn task(&self) -> Task {
        self.task
    }
}

impl Replica {
    /// A request is read, which came at a moment. Its caller's patience counts from then, its deadline (gRPC's `grpc-timeout`, "PROTOCOL
    /// HTTP2": a time, not a moment) from now.
    pub(super) fn accept(&mut self, from: Pid, request: &Request, at: u64, ctx: &mut Ctx<'_>) {
        let patience_ns = match request.patience_us {
            Request::PATIENT => u64::MAX,
            us => u64::from(us) * 1000,
        };
        let waiting = Waiting {
            from: Origin::Call {
                from,
                call: request.call,
            },
            task: request.task(),
            key: request.key,
            endpoint: request.endpoint,
            priority: request.priority,
            patient_until: at.saturating_add(patience_ns),
            deadline: if request.has_deadline {
                ctx.now().saturating_add(patience_ns)
            } else {
                u64::MAX
            },
        };
        self.enqueue(waiting, ctx);
    }

    /// A request gets a thread, waits, or is turned away.
    pub(super) fn enqueue(&mut self, waiting: Waiting, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let shedding = self.live.load_shedding.as_ref();
        if self.stopping
            || shedding.is_some_and(|s| s.turns_away(self.in_flight(), waiting.priority))
        {
            return self.turn_away(&waiting, Shed::Overload, ctx);
        }
        if self.has_thread() && self.line.is_empty() {
            self.take_memory(ctx);
            return self.begin(waiting, now, ctx);
        }
        let ticket = Ticket {
            at: now,
            priority: waiting.priority,
            deadline: waiting.deadline,
        };
        match self.line.push(now, ticket, waiting) {
            Ok(()) => self.take_memory(ctx),
            Err(Refused { item, newcomer, .. }) => {
                self.turn_away(&item, Shed::QueueFull, ctx);
                if !newcomer {
                    self.give_memory_back();
                    self.take_memory(ctx);
                }
            }
        }
    }

    /// Requests that wait or are worked on.
    pub(super) fn in_flight(&self) -> u32 {
        self.line.len() as u32 + self.requests
    }

    /// Whether a request could begin now.
    pub(super) fn has_thread(&self) -> bool {
        self.busy < self.live.threads && self.ready.is_empty()
    }

    /// Gives free threads to who waits.
    pub(super) fn start_next(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        while self.busy < self.live.threads && !self.stopped {
            if let Some(key) = self.ready.pop_front() {
                self.resume(key, ctx);
                continue;
            }
            if self.line.is_empty() {
                if self.take_message(ctx) {
                    continue;
                }
                return;
            }
            let mut dropped = std::mem::take(&mut self.dropped);
            let next = self.line.pop(now, &mut dropped);
            for (waiting, why) in dropped.drain(..) {
                let why = match why {
                    Dropped::Late => Shed::Late,
                    Dropped::Delay => Shed::Delay,
                };
                self.turn_away(&waiting, why, ctx);
                self.give_memory_back();
            }
            self.dropped = dropped;
            if let Some((ticket, waiting)) = next {
                self.begin(waiting, ticket.at, ctx);
            }
        }
    }

    /// It gets a thread, having waited since a moment.
    pub(super) fn begin(&mut self, waiting: Waiting, since: u64, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let Waiting {
            endpoint,
            task,
            key,
            ..
        } = waiting;
        let errors = self.live.error_rate.p();
        if errors > 0.0 && self.error_stream.chance(errors) {
            return self.refuse_to_work(&waiting, now - since, ctx);
        }
        match self.once.begin(now, endpoint, task, key) {
            Known::New => {}
            known => return self.repeat(&waiting, now - since, known == Known::Done, ctx),
        }
        let mut run = Run::new(&waiting, now - since);
        let handler = self.config.settings.handlers.get(usize::from(endpoint));
        run.priority = handler.and_then(|h| h.priority).unwrap_or(run.priority);
        let Ok(run) = self.runs.insert(run) else {
            self.once.end(now, endpoint, task, key, false);
            self.turn_away(&waiting, Shed::Overload, ctx);
            return self.give_memory_back();
        };
        self.busy += 1;
        self.requests += 1;
        if self.stopped {
            self.stalled.push_back(Stalled::Begin(run));
        } else {
            self.go_on(run, true, ctx);
        }
    }

    /// A request fails before its first step.
    fn refuse_to_work(&mut self, waiting: &Waiting, waited_ns: u64, ctx: &mut Ctx<'_>) {
        self.served(waiting.task, false, waiting.patient_until, waited_ns, ctx);
        self.answer(waiting.from, Status::Failed, ctx);
        self.give_memory_back();
    }

    /// An idempotent handler knows a request already: that was handled, or is being handled still.
    fn repeat(&mut self, waiting: &Waiting, waited_ns: u64, done: bool, ctx: &mut Ctx<'_>) {
        self.repeated += 1;
        self.served(waiting.task, done, waiting.patient_until, waited_ns, ctx);
        let status = if done { Status::Ok } else { Status::Failed };
        self.answer(waiting.from, status, ctx);
        self.give_memory_back();
    }

    /// A request has ended.
    pub(super) fn served(
        &mut self,
        task: Task,
        ok: bool,
        patient_until: u64,
        waited_ns: u64,
        ctx: &mut Ctx<'_>,
    ) {
        self.served += 1;
        self.failed += u64::from(!ok);
        ctx.record(Fact::Call(CallFact::Served {
            service: self.config.service,
            task,
            ok,
            useful: ctx.now() <= patient_until,
            waited_ns,
        }));
    }

    /// A request is not served.
    pub(super) fn turn_away(&mut self, waiting: &Waiting, why: Shed, ctx: &mut Ctx<'_>) {
        self.shed += 1;
        ctx.record(Fact::Call(CallFact::Shed {
            service: self.config.service,
            task: waiting.task,
            why,
        }));
        self.answer(waiting.from, Status::Rejected, ctx);
    }

    /// It is gone with the process.
    pub(super) fn lose(&mut self, task: Task, ctx: &mut Ctx<'_>) {
        ctx.record(Fact::Call(CallFact::Shed {
            service: self.config.service,
            task,
            why: Shed::Died,
        }));
    }

    /// Tells whoever wants to know how a request ended.
    pub(super) fn answer(&mut self, to: Origin, status: Status, ctx: &mut Ctx<'_>) {
        match to {
            Origin::Call { from, call } => {
                let response = Response {
                    call,
                    value: 0,
                    status,
                };
                let message = rpc::Message::Response(response).into();
                let bytes = self.config.settings.response_size.bytes() as u32;
                ctx.send(from, message, bytes);
            }
            Origin::Message { inlet, token } => {
                self.ports.done(inlet, token, status == Status::Ok, ctx);
            }
            Origin::Branch { .. } | Origin::Nobody => {}
        }
    }
}
