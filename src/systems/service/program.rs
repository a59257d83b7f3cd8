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
    /// A message taken, by the place of the queue among those that steps take from.
    Consume(u16),
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
    /// A look into a cache, and what follows from it.
    Cached(Cached),
    /// The answer.
    Reply,
    /// A failure, in a share of cases.
    Fail(f64),
}

/// Whom to ask for a key: clients with their endpoints.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cached {
    /// The client of the cache, with its handlers.
    pub cache: u16,
    pub get: u16,
    pub put: u16,
    /// Where else to read.
    pub from: u16,
    pub read: u16,
    pub single_flight: bool,
    /// Between two looks, ns.
    pub wait_ns: u64,
    pub looks: u32,
}

impl Cached {
    fn link(step: &Step, linker: &mut impl Linker) -> Option<Self> {
        let Step::Cached {
            cache,
            from,
            single_flight,
            wait,
            looks,
        } = step
        else {
            return None;
        };
        let (client, get) = linker.call(&format!("{cache}/get"))?;
        let (_, put) = linker.call(&format!("{cache}/put"))?;
        let origin = read_from(from);
        let (from, read) = linker.call(&origin)?;
        linker.copies(cache, &origin);
        Some(Self {
            cache: client,
            get,
            put,
            from,
            read,
            single_flight: *single_flight,
            wait_ns: wait.ns(),
            looks: *looks,
        })
    }
}

/// The handler that answers for a cache: a database's `read`, if it is not said which.
pub(super) fn read_from(from: &str) -> String {
    if from.contains('/') {
        from.to_owned()
    } else {
        format!("{from}/read")
    }
}

/// The store and the handler of a step that asks a database for something.
pub(super) fn of_database(step: &Step) -> Option<(&str, &'static str)> {
    match step {
        Step::Read(name) => Some((name, "read")),
        Step::Write(name) => Some((name, "write")),
        Step::Reserve(name) => Some((name, "reserve")),
        Step::Release(name) => Some((name, "release")),
        _ => None,
    }
}

/// What a compiler asks its service.
pub(super) trait Linker {
    /// The client and handler of `service/handler`.
    fn call(&mut self, to: &str) -> Option<(u16, u16)>;
    /// A cache holds copies of what somebody else has.
    fn copies(&mut self, cache: &str, of: &str);
    /// The queue that a step takes from.
    fn pull(&mut self, from: &str) -> Option<u16>;
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
            Step::Consume(from) => ops.extend(linker.pull(from).map(Op::Consume)),
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
            Step::Read(_) | Step::Write(_) | Step::Reserve(_) | Step::Release(_) => {
                let target = of_database(step).map(|(name, handler)| format!("{name}/{handler}"));
                let called = target.and_then(|to| linker.call(&to));
                ops.extend(called.map(|(client, endpoint)| Op::Call { client, endpoint }));
            }
            Step::Cached { .. } => ops.extend(Cached::link(step, linker).map(Op::Cached)),
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
