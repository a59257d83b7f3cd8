//! Requests at the door: who gets a thread, who waits, who is turned away.

use crate::sim::call::{CallFact, Shed};
use crate::sim::{Fact, Pid, Task};
use crate::systems::Ctx;
use crate::systems::rpc::{self, Request, Response, Status};

use super::super::line::{Dropped, Refused, Ticket};
use super::Replica;
use super::run::{Origin, Run};

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
    /// A request came.
    pub(super) fn accept(&mut self, from: Pid, request: &Request, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let patient_until = match request.patience_us {
            Request::PATIENT => u64::MAX,
            us => now.saturating_add(u64::from(us) * 1000),
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
            patient_until,
            deadline: if request.has_deadline {
                patient_until
            } else {
                u64::MAX
            },
        };
        self.enqueue(waiting, ctx);
    }

    /// A request gets a thread, waits, or is turned away.
    pub(super) fn enqueue(&mut self, waiting: Waiting, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if self.has_thread() && self.line.is_empty() {
            return self.begin(waiting, now, ctx);
        }
        let ticket = Ticket {
            at: now,
            priority: waiting.priority,
            deadline: waiting.deadline,
        };
        if let Err(Refused { item, .. }) = self.line.push(now, ticket, waiting) {
            self.turn_away(&item, Shed::QueueFull, ctx);
        }
    }

    /// Whether a request could begin now.
    pub(super) fn has_thread(&self) -> bool {
        self.busy < self.config.threads && self.ready.is_empty()
    }

    /// Gives free threads to who waits.
    pub(super) fn start_next(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        while self.busy < self.config.threads {
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
            }
            self.dropped = dropped;
            if let Some((ticket, waiting)) = next {
                self.begin(waiting, ticket.at, ctx);
            }
        }
    }

    /// It gets a thread, having waited since a moment.
    pub(super) fn begin(&mut self, waiting: Waiting, since: u64, ctx: &mut Ctx<'_>) {
        let run = Run::new(&waiting, ctx.now() - since);
        match self.runs.insert(run) {
            Ok(key) => {
                self.busy += 1;
                self.go_on(key, true, ctx);
            }
            Err(_) => self.turn_away(&waiting, Shed::Overload, ctx),
        }
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
                ctx.send(from, message, self.config.response_bytes);
            }
            Origin::Message { inlet, token } => {
                self.ports.done(inlet, token, status == Status::Ok, ctx);
            }
            Origin::Branch { .. } | Origin::Nobody => {}
        }
    }
}
