//! Handlers as a replica runs them: steps compiled into flat lists of operations.

use crate::sim::dist::Sampler;

use super::settings::Step;

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A thread works.
    Work(Sampler),
    /// Time passes.
    Wait(Sampler),
    /// A call, by the place of the client; the callee's handler.
    Call { client: u16, endpoint: u16 },
    /// A message, by the place of the outlet.
    Publish(u16),
    /// The same call many times.
    FanOut {
        client: u16,
        endpoint: u16,
        count: u32,
        need: u32,
    },
    /// Some programs at once, by their numbers.
    Split {
        first: u16,
        count: u16,
        need: u32,
        /// Goes on only when all are over.
        all: bool,
    },
    /// Jumps over so many operations, but for a share of cases.
    Unless { chance: f64, skip: u16 },
    /// An effect, by its number among the service's.
    Effect(u8),
    /// The answer.
    Reply,
    /// A failure, in a share of cases.
    Fail(f64),
}

/// What a compiler asks its service.
pub(super) trait Linker {
    /// The client and handler of `service/handler`.
    fn call(&mut self, to: &str) -> Option<(u16, u16)>;
    /// The outlet to a queue or topic.
    fn outlet(&mut self, to: &str) -> Option<u16>;
    /// The number of an effect.
    fn effect(&mut self, name: &str) -> Option<u8>;
}

/// All programs of a service. The first ones are those of its handlers.
#[derive(Clone, Debug, Default)]
pub(super) struct Programs(Vec<Vec<Op>>);

impl Programs {
    /// Of some handlers. What the linker does not know was complained about, and is left out.
    pub fn compile<'a>(
        handlers: impl Iterator<Item = &'a [Step]> + Clone,
        linker: &mut impl Linker,
    ) -> Self {
        let mut programs = Self(vec![Vec::new(); handlers.clone().count()]);
        for (at, steps) in handlers.enumerate() {
            let ops = programs.list(steps, linker);
            programs.0[at] = ops;
        }
        programs
    }

    fn list(&mut self, steps: &[Step], linker: &mut impl Linker) -> Vec<Op> {
        let mut ops = Vec::new();
        for step in steps {
            self.step(step, linker, &mut ops);
        }
        ops
    }

    fn step(&mut self, step: &Step, linker: &mut impl Linker, ops: &mut Vec<Op>) {
        match step {
            Step::Work(time) => ops.push(Op::Work(time.compile())),
            Step::Wait(time) => ops.push(Op::Wait(time.compile())),
            Step::Call(to) => ops.extend(
                linker
                    .call(to)
                    .map(|(client, endpoint)| Op::Call { client, endpoint }),
            ),
            Step::Publish(to) => ops.extend(linker.outlet(to).map(Op::Publish)),
            Step::FanOut { to, count, need } => {
                ops.extend(linker.call(to).map(|(client, endpoint)| Op::FanOut {
                    client,
                    endpoint,
                    count: *count,
                    need: need.unwrap_or(*count),
                }));
            }
            Step::Parallel { branches, need } => {
                let lists: Vec<&[Step]> = branches.iter().map(Vec::as_slice).collect();
                let need = need.unwrap_or(lists.len() as u32);
                let op = self.split(&lists, need, false, linker);
                ops.push(op);
            }
            Step::Try(steps) => {
                let op = self.split(&[steps], 0, true, linker);
                ops.push(op);
            }
            Step::Sometimes(chance, steps) => {
                let inner = self.list(steps, linker);
                ops.push(Op::Unless {
                    chance: chance.p(),
                    skip: inner.len() as u16,
                });
                ops.extend(inner);
            }
            Step::Effect(name) => ops.extend(linker.effect(name).map(Op::Effect)),
            Step::Reply => ops.push(Op::Reply),
            Step::Fail(chance) => ops.push(Op::Fail(chance.p())),
        }
    }

    fn split(&mut self, lists: &[&[Step]], need: u32, all: bool, linker: &mut impl Linker) -> Op {
        let compiled: Vec<Vec<Op>> = lists.iter().map(|l| self.list(l, linker)).collect();
        let first = self.0.len() as u16;
        let count = compiled.len() as u16;
        self.0.extend(compiled);
        Op::Split {
            first,
            count,
            need,
            all,
        }
    }

    /// An operation; `None` at the end of its program.
    #[inline]
    pub fn op(&self, program: u16, at: u16) -> Option<&Op> {
        self.0.get(usize::from(program))?.get(usize::from(at))
    }
}
