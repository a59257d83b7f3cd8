//! Attempts: how one gets through the gates and out.

use crate::sim::Fact;
use crate::sim::call::{CallEnd, CallFact, NoCall};
use crate::systems::Ctx;
use crate::systems::slots::Key;

use super::super::Entry;
use super::super::client::Failure;
use super::super::protocol::{Message, Request};
use super::replicas::Pick;
use super::{ADMITTED, Attempt, Caller, HEDGE, HELD, Holds, TIMEOUT};

impl Caller {
    /// An attempt of a call begins: through the breaker and the rate limit.
    pub(super) fn begin(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let Some(open) = self.calls.get_mut(key) else {
            return;
        };
        if open.call.deadline <= now {
            return self.refuse(key, NoCall::DeadlineOver, ctx);
        }
        open.attempts = open.attempts.saturating_add(1);
        let permission = self.gates.permit(now);
        self.show_breaker(ctx);
        match permission {
            Err(why) => self.refuse(key, why, ctx),
            Ok(0) => self.admit(key, ctx),
            Ok(wait) => {
                let timer = ctx.timer(wait, self.token(ADMITTED, key));
                if let Some(open) = self.calls.get_mut(key) {
                    open.next = Some(timer);
                    open.holds = Holds::Permission;
                }
            }
        }
    }

    fn holds(&mut self, key: Key, what: Holds) {
        if let Some(open) = self.calls.get_mut(key) {
            open.holds = what;
        }
    }

    /// It goes on into the bulkhead.
    pub(super) fn admit(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        let Some(open) = self.calls.get_mut(key) else {
            return;
        };
        open.next = None;
        match self.gates.enter(ctx.now(), key) {
            Entry::Entered => {
                if !self.pass(key, ctx) {
                    self.give_place(ctx);
                }
            }
            Entry::Waits => self.holds(key, Holds::Permission),
            Entry::Full => self.withdraw(key, NoCall::BulkheadFull, ctx),
        }
        self.show_pool(ctx);
    }

    /// It has a place in the bulkhead. `false`: it does not need it.
    fn pass(&mut self, key: Key, ctx: &mut Ctx<'_>) -> bool {
        if !self.gates.has_room() {
            self.withdraw(key, NoCall::Limited, ctx);
            return false;
        }
        self.send(key, false, ctx)
    }

    /// It had the breaker's permission, and is not made after all.
    pub(super) fn withdraw(&mut self, key: Key, why: NoCall, ctx: &mut Ctx<'_>) {
        self.gates.withdraw();
        self.holds(key, Holds::Nothing);
        self.refuse(key, why, ctx);
    }

    /// A place in the bulkhead is free: the next one that can use it gets it.
    pub(super) fn give_place(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(next) = self.gates.leave(ctx.now()) {
            if self.pass(next, ctx) {
                return;
            }
        }
    }

    /// What was held back goes out.
    pub(super) fn send_held(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        if let Some(open) = self.calls.get_mut(key) {
            open.next = None;
            if !self.send(key, false, ctx) {
                self.give_place(ctx);
            }
        }
    }

    /// It goes out to a replica. `false`: it does not, and does not need its place.
    fn send(&mut self, key: Key, hedge: bool, ctx: &mut Ctx<'_>) -> bool {
        let now = ctx.now();
        let Some(open) = self.calls.get(key) else {
            return false;
        };
        let (call, number) = (open.call, open.attempts - u16::from(!hedge));
        let replica = match self.pick(key, hedge, call.key, now) {
            Pick::Replica(replica) => replica,
            // Whoever is slow is not helped by one that is asked later.
            Pick::Hold(_) if hedge => {
                self.gates.withdraw();
                return false;
            }
            Pick::Hold(until) => {
                let timer = ctx.timer(until - now, self.token(HELD, key));
                if let Some(open) = self.calls.get_mut(key) {
                    open.next = Some(timer);
                    open.holds = Holds::Place;
                }
                return true;
            }
            Pick::Nobody => {
                self.withdraw(key, NoCall::NoReplica, ctx);
                return false;
            }
        };
        let attempt = Attempt {
            open: key,
            replica,
            sent_at: now,
            in_flight: self.gates.in_flight() + 1,
            timeout: None,
            hedge,
        };
        let Ok(attempt_key) = self.attempts.insert(attempt) else {
            self.withdraw(key, NoCall::TooManyOpen, ctx);
            return false;
        };
        let timeout = self.settings.timeout.map(|t| now.saturating_add(t.ns()));
        let until = timeout.unwrap_or(u64::MAX).min(call.deadline);
        let request = Request {
            call: attempt_key,
            key: call.key,
            value: call.value,
            patience_us: Request::patience(now, until),
            number: call.task.number,
            flow: call.task.flow,
            endpoint: call.endpoint,
            stamp: call.stamp,
            priority: call.priority,
            has_deadline: self.settings.propagate_deadline,
        };
        let service = self.directory.service;
        ctx.record(Fact::Call(CallFact::Called {
            service,
            task: call.task,
            attempt: number.min(u16::from(u8::MAX)) as u8,
            hedge,
            call: attempt_key,
        }));
        let to = self.directory.replicas[replica as usize];
        ctx.send(to, Message::Request(request).into(), call.bytes);
        self.gates.sent();
        self.replicas.sent(replica);
        if let Some(at) = timeout {
            let timer = ctx.timer(at - now, self.token(TIMEOUT, attempt_key));
            if let Some(attempt) = self.attempts.get_mut(attempt_key) {
                attempt.timeout = Some(timer);
            }
        }
        self.sent(key, attempt_key, hedge, ctx);
        true
    }

    /// Who gets an attempt: a hedge goes to a replica that does not have one of the call already, if there is such a one.
    fn pick(&mut self, key: Key, hedge: bool, about: u32, now: u64) -> Pick {
        if hedge {
            let of_call = self.attempts.iter().filter(|(_, a)| a.open == key);
            for (_, attempt) in of_call {
                self.replicas.avoid(attempt.replica);
            }
        }
        self.replicas.pick(now, about)
    }

    /// Notes that an attempt is out, and when another is to go out beside it.
    fn sent(&mut self, key: Key, attempt: Key, hedge: bool, ctx: &mut Ctx<'_>) {
        let token = self.token(HEDGE, key);
        let Some(open) = self.calls.get_mut(key) else {
            return;
        };
        open.flying += 1;
        open.latest = attempt;
        open.holds = Holds::Nothing;
        open.hedges += u16::from(hedge);
        open.attempts += u16::from(hedge);
        if let Some(delay) = self.gates.hedge_delay(u32::from(open.hedges))
            && open.next.is_none()
        {
            open.next = Some(ctx.timer(delay, token));
        }
    }

    /// The first attempt takes long: another one goes out beside it, if nothing stands in its way.
    pub(super) fn hedge(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let Some(open) = self.calls.get_mut(key) else {
            return;
        };
        let waits = open.holds != Holds::Nothing;
        if open.flying == 0 || waits || open.call.deadline <= now {
            return;
        }
        if !self.gates.permit_now(now) {
            return;
        }
        match self.gates.enter(now, key) {
            Entry::Entered => {
                if !self.send(key, true, ctx) {
                    self.give_place(ctx);
                }
            }
            Entry::Waits => {
                self.gates.cancel(key);
                self.gates.withdraw();
            }
            Entry::Full => self.gates.withdraw(),
        }
    }

    /// An attempt was not made.
    pub(super) fn refuse(&mut self, key: Key, why: NoCall, ctx: &mut Ctx<'_>) {
        let Some(open) = self.calls.get(key) else {
            return;
        };
        ctx.record(Fact::Call(CallFact::NotCalled {
            service: self.directory.service,
            task: open.call.task,
            why,
        }));
        if open.flying > 0 {
            return;
        }
        if why == NoCall::DeadlineOver {
            return self.finish_badly(key, CallEnd::TimedOut, ctx);
        }
        if let Some(open) = self.calls.get_mut(key) {
            open.last = CallEnd::Rejected;
        }
        self.again(key, Failure::NotPermitted, ctx);
    }
}
