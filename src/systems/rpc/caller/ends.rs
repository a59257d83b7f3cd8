//! How attempts and calls end.

use crate::sim::call::{CallEnd, CallFact, NoCall};
use crate::sim::{Fact, US};
use crate::systems::Ctx;
use crate::systems::slots::Key;

use super::super::client::Failure;
use super::super::protocol::{Response, Status};
use super::{Attempt, Caller, Done, Ended, HELD, Holds, RETRY};

fn failure(end: CallEnd) -> Failure {
    match end {
        CallEnd::Rejected => Failure::Rejected,
        CallEnd::TimedOut => Failure::TimedOut,
        CallEnd::Disconnected => Failure::Disconnected,
        CallEnd::Ok | CallEnd::Failed | CallEnd::Superseded => Failure::Failed,
    }
}

impl Caller {
    /// An answer came.
    pub(super) fn answered(&mut self, response: Response, ctx: &mut Ctx<'_>) {
        if self.attempts.get(response.call).is_none() {
            // Too late: nobody waits for it any more.
            return;
        }
        let ended = match response.status {
            Status::Ok => Ended::Ok,
            Status::Missing => Ended::Missing,
            Status::Leased => Ended::Leased,
            Status::Failed => return self.end_attempt(response.call, CallEnd::Failed, ctx),
            Status::Rejected => return self.rejected(response.call, ctx),
        };
        let Some(attempt) = self.close(response.call, CallEnd::Ok, ctx) else {
            return;
        };
        self.finish(attempt.open, ended, response.value, ctx);
    }

    /// A replica turned a request away.
    fn rejected(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        let Some(pause) = self.settings.back_pressure else {
            return self.end_attempt(key, CallEnd::Rejected, ctx);
        };
        let until = ctx.now().saturating_add(pause.ns().max(US));
        let Some(attempt) = self.attempts.get(key) else {
            return;
        };
        let (open, replica, hedge) = (attempt.open, attempt.replica, attempt.hedge);
        self.replicas.hold(replica, until);
        if hedge {
            return self.end_attempt(key, CallEnd::Rejected, ctx);
        }
        // It keeps its place and goes out again.
        self.take_back(key, CallEnd::Rejected, true, ctx);
        let token = self.token(HELD, open);
        if let Some(open) = self.calls.get_mut(open) {
            if let Some(timer) = open.next.take() {
                ctx.cancel(timer);
            }
            open.next = Some(ctx.timer(0, token));
            open.holds = Holds::Place;
        }
    }

    /// An attempt ended badly.
    pub(super) fn end_attempt(&mut self, key: Key, end: CallEnd, ctx: &mut Ctx<'_>) {
        let Some(attempt) = self.close(key, end, ctx) else {
            return;
        };
        let Some(open) = self.calls.get_mut(attempt.open) else {
            return;
        };
        open.last = end;
        if open.flying == 0 && open.holds == Holds::Nothing {
            self.again(attempt.open, failure(end), ctx);
        }
    }

    /// Takes an attempt out and tells everybody who counts how it ended; its place in the bulkhead goes on.
    fn close(&mut self, key: Key, end: CallEnd, ctx: &mut Ctx<'_>) -> Option<Attempt> {
        let attempt = self.take_back(key, end, false, ctx)?;
        self.give_place(ctx);
        Some(attempt)
    }

    /// The same without the place in the bulkhead. `again`: the request goes out again, as the same attempt to all who count.
    fn take_back(
        &mut self,
        key: Key,
        end: CallEnd,
        again: bool,
        ctx: &mut Ctx<'_>,
    ) -> Option<Attempt> {
        let attempt = self.attempts.take(key)?;
        if let Some(timer) = attempt.timeout {
            ctx.cancel(timer);
        }
        let now = ctx.now();
        let ns = now - attempt.sent_at;
        let ok = end == CallEnd::Ok;
        if again {
            self.gates.turned_away(ns, attempt.in_flight);
        } else {
            self.gates.ended(now, ns, end, &attempt);
        }
        let counts = !again && end != CallEnd::Superseded;
        self.replicas.ended(attempt.replica, ok, counts, ctx);
        let open = self.calls.get_mut(attempt.open);
        let task = open.map_or(crate::sim::Task::NONE, |open| {
            open.flying = open.flying.saturating_sub(1);
            open.call.task
        });
        ctx.record(Fact::Call(CallFact::Returned {
            service: self.directory.service,
            task,
            end,
            call: key,
            ns,
        }));
        self.show_breaker(ctx);
        Some(attempt)
    }

    /// No attempt of a call is open and the last one failed: another one, or the end.
    pub(super) fn again(&mut self, key: Key, failure: Failure, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let token = self.token(RETRY, key);
        let Some(open) = self.calls.get_mut(key) else {
            return;
        };
        if let Some(timer) = open.next.take() {
            ctx.cancel(timer);
        }
        let last = open.last;
        let failed = u32::from(open.attempts - open.hedges);
        let delay = self
            .settings
            .retries_on(failure)
            .then(|| {
                self.settings
                    .retry
                    .delay_ns(failed, open.waited_ns, &mut self.stream)
            })
            .flatten();
        let Some(delay) = delay else {
            return self.finish_badly(key, last, ctx);
        };
        if now.saturating_add(delay) >= open.call.deadline {
            // It would be over before it began.
            return self.finish_badly(key, last, ctx);
        }
        if !self.gates.may_retry(now) {
            ctx.record(Fact::Call(CallFact::NotCalled {
                service: self.directory.service,
                task: open.call.task,
                why: NoCall::NoBudget,
            }));
            return self.finish_badly(key, last, ctx);
        }
        open.waited_ns = delay;
        // Who tries again without a pause would stop time.
        open.next = Some(ctx.timer(delay.max(US), token));
    }

    /// The time of a whole call is over.
    pub(super) fn deadline_over(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        if let Some(open) = self.calls.get_mut(key) {
            open.deadline = None;
            self.end_open_attempts(key, CallEnd::TimedOut, ctx);
            self.finish_badly(key, CallEnd::TimedOut, ctx);
        }
    }

    /// The gates: who waited too long for a place, and what time alone does to the breaker.
    pub(super) fn gates_due(&mut self, ctx: &mut Ctx<'_>) {
        let now = self.gates_alarm.rang(ctx.now());
        for key in self.gates.expired(now) {
            self.withdraw(key, NoCall::BulkheadFull, ctx);
        }
        self.show_pool(ctx);
        self.show_breaker(ctx);
    }

    pub(super) fn finish_badly(&mut self, key: Key, end: CallEnd, ctx: &mut Ctx<'_>) {
        self.finish(key, self.or_substitute(end), 0, ctx);
    }

    fn finish(&mut self, key: Key, ended: Ended, value: u32, ctx: &mut Ctx<'_>) {
        if self.calls.get(key).is_some_and(|open| open.flying > 0) {
            self.end_open_attempts(key, CallEnd::Superseded, ctx);
        }
        let Some(open) = self.calls.take(key) else {
            return;
        };
        for timer in open.deadline.into_iter().chain(open.next) {
            ctx.cancel(timer);
        }
        if open.holds != Holds::Nothing {
            self.gates.withdraw();
        }
        match open.holds {
            Holds::Nothing => {}
            Holds::Permission => self.gates.cancel(key),
            Holds::Place => self.give_place(ctx),
        }
        self.show_pool(ctx);
        self.done.push_back(Done {
            ticket: open.call.ticket,
            ended,
            value,
        });
    }

    fn end_open_attempts(&mut self, key: Key, end: CallEnd, ctx: &mut Ctx<'_>) {
        while let Some(open) = self.calls.get(key)
            && open.flying > 0
        {
            let latest = open.latest;
            if self.close(latest, end, ctx).is_some() {
                continue;
            }
            // The last one is over, and one beside it is not.
            let of_call = self.attempts.iter().find(|(_, a)| a.open == key);
            let Some((attempt, _)) = of_call else { return };
            self.close(attempt, end, ctx);
        }
    }

    /// The breaker's state changed.
    pub(super) fn show_breaker(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(state) = self.gates.switched(ctx.now()) {
            ctx.record(Fact::Call(CallFact::Breaker {
                service: self.directory.service,
                state,
            }));
        }
    }

    /// The pool's load changed.
    pub(super) fn show_pool(&mut self, ctx: &mut Ctx<'_>) {
        let (Some(service), Some((busy, waiting, _))) = (self.pool, self.gates.pool()) else {
            return;
        };
        if self.pool_shown != (busy, waiting) {
            self.pool_shown = (busy, waiting);
            ctx.record(Fact::Call(CallFact::Load {
                service,
                waiting,
                busy,
            }));
        }
    }
}
