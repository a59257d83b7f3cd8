//! The steps of a handler, one after the other.

use crate::sim::call::CallFact;
use crate::sim::{Fact, Token};
use crate::systems::Ctx;
use crate::systems::rpc::{Call, Done, Ended, Status, USUAL_BYTES};
use crate::systems::slots::Key;

use super::super::program::Op;
use super::run::{Origin, Run, Split};
use super::{Replica, WAIT, WORK};

/// What becomes of a run after an operation.
pub(super) enum Next {
    /// The next operation.
    On,
    /// It waits for something.
    Waits,
    /// It failed.
    Failed,
}

impl Replica {
    /// The work of a run is done.
    pub(super) fn worked(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        self.go_on(key, true, ctx);
    }

    /// What a run waited for is over, well or badly.
    pub(super) fn go_on(&mut self, key: Key, ok: bool, ctx: &mut Ctx<'_>) {
        // What ends at once lets others go on: they stand in line, however many there are, instead of in one another.
        self.todo.push_back((key, ok));
        if std::mem::replace(&mut self.going, true) {
            return;
        }
        while let Some((key, ok)) = self.todo.pop_front() {
            self.run_on(key, ok, ctx);
        }
        self.going = false;
    }

    fn run_on(&mut self, key: Key, ok: bool, ctx: &mut Ctx<'_>) {
        if !ok {
            return self.end(key, false, ctx);
        }
        loop {
            let Some(run) = self.runs.get_mut(key) else {
                return;
            };
            let (program, at) = (run.program, run.at);
            run.at += 1;
            let config = std::sync::Arc::clone(&self.config);
            let Some(op) = config.programs.op(program, at) else {
                return self.end(key, true, ctx);
            };
            match self.operate(key, op, ctx) {
                Next::On => {}
                Next::Waits => return,
                Next::Failed => return self.end(key, false, ctx),
            }
        }
    }

    fn operate(&mut self, key: Key, op: &Op, ctx: &mut Ctx<'_>) -> Next {
        match op {
            Op::Work(time) => {
                let ns = time.sample(&mut self.time_stream);
                self.work(key, ns, ctx)
            }
            Op::Wait(time) => {
                let ns = time.sample(&mut self.time_stream);
                self.release(key);
                ctx.timer(ns, Token::with(WAIT, key));
                Next::Waits
            }
            Op::Call { client, endpoint } => {
                self.release(key);
                self.call(key, key, (*client, *endpoint), (0, 0, 0), ctx);
                Next::Waits
            }
            Op::Consume(pull) => {
                self.release(key);
                self.pull(key, *pull, ctx);
                Next::Waits
            }
            Op::Publish(outlet) => {
                self.release(key);
                self.publish(key, *outlet, ctx);
                Next::Waits
            }
            Op::FanOut {
                client,
                endpoint,
                count,
                need,
            } => self.fan_out(key, (*client, *endpoint), *count, *need, ctx),
            Op::Split {
                first,
                count,
                need,
                all,
            } => self.split(key, (*first, *count), *need, *all, ctx),
            Op::Unless { chance, skip } => {
                if !self.chance_stream.chance(*chance)
                    && let Some(run) = self.runs.get_mut(key)
                {
                    run.at += skip;
                }
                Next::On
            }
            Op::Effect(effect) => {
                self.take_effect(key, *effect, ctx);
                Next::On
            }
            Op::Cached(of) => self.look(key, *of, ctx),
            Op::Reply => {
                self.reply(key, ctx);
                Next::On
            }
            Op::Fail(chance) => {
                if self.chance_stream.chance(*chance) {
                    Next::Failed
                } else {
                    Next::On
                }
            }
        }
    }

    /// A thread works for a run. Where runs give threads back while they wait, it may have to wait for one.
    fn work(&mut self, key: Key, ns: u64, ctx: &mut Ctx<'_>) -> Next {
        let (threads, paused_ns) = (self.live.threads, self.paused_ns());
        let in_flight = self.in_flight();
        let Some(run) = self.runs.get_mut(key) else {
            return Next::Waits;
        };
        if !self.config.settings.blocking && !run.holds {
            if self.busy >= threads {
                // It draws its time when it has a thread.
                run.at -= 1;
                self.ready.push_back(key);
                return Next::Waits;
            }
            run.holds = true;
            self.busy += 1;
        }
        run.paused_ns = paused_ns;
        let slow_down = self.config.settings.slow_down.as_ref();
        let ns = slow_down.map_or(ns, |s| s.stretch(ns, in_flight));
        ctx.work(ns, Token::with(WORK, key));
        Next::Waits
    }

    /// A run that waited for a thread has one.
    pub(super) fn resume(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        if let Some(run) = self.runs.get_mut(key) {
            run.holds = true;
            self.busy += 1;
            self.go_on(key, true, ctx);
        }
    }

    /// A run waits: where threads are not held meanwhile, it gives its own back.
    pub(super) fn release(&mut self, key: Key) {
        if self.config.settings.blocking {
            return;
        }
        if let Some(run) = self.runs.get_mut(key)
            && std::mem::take(&mut run.holds)
        {
            self.busy -= 1;
        }
    }

    /// A run calls another service. `nth` tells calls apart that go out together; `value` is what the call says besides.
    pub(super) fn call(
        &mut self,
        ticket: Key,
        key: Key,
        (client, endpoint): (u16, u16),
        (nth, value, stamp): (u32, u32, u16),
        ctx: &mut Ctx<'_>,
    ) {
        let Some(run) = self.runs.get(key) else {
            return;
        };
        let call = Call {
            ticket,
            endpoint,
            task: run.task,
            key: run.key.wrapping_add(nth),
            value,
            stamp,
            priority: run.priority,
            deadline: run.deadline,
            bytes: USUAL_BYTES,
        };
        let place = usize::from(client);
        self.callers[place].call(call, ctx);
        // Some calls end at once.
        self.heed(place, ctx);
    }

    /// A call is over.
    pub(super) fn called(&mut self, done: Done, ctx: &mut Ctx<'_>) {
        if self.fetches.has(done.ticket) {
            return self.fetched(done, ctx);
        }
        let ok = !matches!(done.ended, Ended::Badly(_));
        self.go_on(done.ticket, ok, ctx);
    }

    fn fan_out(
        &mut self,
        key: Key,
        (client, endpoint): (u16, u16),
        count: u32,
        need: u32,
        ctx: &mut Ctx<'_>,
    ) -> Next {
        self.release(key);
        if !self.begin_split(key, count, need, false) {
            return Next::On;
        }
        let Some(run) = self.runs.get(key) else {
            return Next::Waits;
        };
        // Each call is a branch without a program of its own.
        let mut branch = run.branch(key, u16::MAX);
        branch.at = 0;
        for nth in 0..count {
            match self.runs.insert(branch.clone()) {
                Ok(ticket) => self.call(ticket, key, (client, endpoint), (nth, 0, 0), ctx),
                Err(branch) => {
                    // Each of its calls is a run too, so that those end first.
                    let caller = &self.callers[usize::from(client)];
                    let ended = caller.one_too_many(branch.task, ctx);
                    let ok = !matches!(ended, Ended::Badly(_));
                    self.branch_over(branch.origin, ok, ctx);
                }
            }
            if self.runs.get(key).is_none() {
                break;
            }
        }
        Next::Waits
    }

    fn split(
        &mut self,
        key: Key,
        (first, count): (u16, u16),
        need: u32,
        all: bool,
        ctx: &mut Ctx<'_>,
    ) -> Next {
        if !self.begin_split(key, u32::from(count), need, all) {
            return Next::On;
        }
        self.release(key);
        let Some(run) = self.runs.get(key) else {
            return Next::Waits;
        };
        let branches: Vec<Run> = (first..first + count).map(|p| run.branch(key, p)).collect();
        for branch in branches {
            let origin = branch.origin;
            match self.runs.insert(branch) {
                Ok(branch) => self.go_on(branch, true, ctx),
                Err(_) => self.branch_over(origin, false, ctx),
            }
        }
        Next::Waits
    }

    /// Notes what a run waits for; `false` if there is nothing to wait for.
    fn begin_split(&mut self, key: Key, open: u32, need: u32, all: bool) -> bool {
        let Some(run) = self.runs.get_mut(key) else {
            return true;
        };
        run.split = Split {
            number: run.split.number.wrapping_add(1),
            open,
            need,
            all,
        };
        open > 0
    }

    /// One of the things that a run waits for is over.
    fn branch_over(&mut self, origin: Origin, ok: bool, ctx: &mut Ctx<'_>) {
        let Origin::Branch { parent, split } = origin else {
            return;
        };
        let Some(run) = self.runs.get_mut(parent) else {
            return;
        };
        let of = &mut run.split;
        if of.number != split || of.open == 0 {
            return;
        }
        of.open -= 1;
        if ok {
            of.need = of.need.saturating_sub(1);
        }
        let enough = of.need == 0 && (!of.all || of.open == 0);
        let hopeless = of.need > of.open;
        if enough || hopeless {
            of.open = 0;
            self.go_on(parent, enough, ctx);
        }
    }

    fn take_effect(&mut self, key: Key, effect: u8, ctx: &mut Ctx<'_>) {
        let Some(run) = self.runs.get(key) else {
            return;
        };
        let by_flow = self.config.effects.get(usize::from(effect));
        let own = by_flow.and_then(|f| f.get(run.task.flow.index()).copied().flatten());
        let (handler, task, meant) = (run.handler, run.task, run.key);
        // Which step it is: two effects in one handling are two.
        let step = u32::from(run.program) << 16 | u32::from(run.at);
        if let Some(effect) = own
            && self
                .once
                .takes_effect(ctx.now(), handler, (task, meant), step)
        {
            ctx.record(Fact::Call(CallFact::Effect { task, effect }));
        }
    }

    fn reply(&mut self, key: Key, ctx: &mut Ctx<'_>) {
        if let Some(run) = self.runs.get_mut(key)
            && run.is_request
            && matches!(run.origin, Origin::Call { .. })
        {
            let to = std::mem::replace(&mut run.origin, Origin::Nobody);
            self.answer(to, Status::Ok, ctx);
        }
    }

    /// A run is over.
    fn end(&mut self, key: Key, ok: bool, ctx: &mut Ctx<'_>) {
        let Some(run) = self.runs.take(key) else {
            return;
        };
        if run.holds {
            self.busy -= 1;
        }
        if run.is_request {
            self.requests -= 1;
            self.once.end(ctx.now(), run.program, run.task, run.key, ok);
            self.give_memory_back();
            self.served(run.task, ok, run.patient_until, run.waited_ns, ctx);
            let status = if ok { Status::Ok } else { Status::Failed };
            self.answer(run.origin, status, ctx);
        } else {
            self.branch_over(run.origin, ok, ctx);
        }
    }
}
