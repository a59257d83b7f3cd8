//! Facts about requests: what users ask for, what services call, and how it ends. A part of the vocabulary of
//! [records](super::record), in a file of its own.

use super::{Pid, ServiceId, Task};

/// How a user's request ended, as the user saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Done, or accepted to be done.
    Ok,
    /// The user's own client gave a substitute (a fallback). Those that services use among themselves are theirs to know.
    Degraded,
    /// An error came back.
    Failed,
    /// Turned away because somebody had too much to do, or a rule forbade the call.
    Rejected,
    /// Nothing came back within the time the user waits.
    TimedOut,
}

impl Answer {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::Degraded,
        Self::Failed,
        Self::Rejected,
        Self::TimedOut,
    ];

    /// Whether the user got something useful.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Ok | Self::Degraded)
    }
}

/// How an attempt of a call ended, as its caller saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallEnd {
    /// It was answered.
    Ok,
    /// An error came back.
    Failed,
    /// It was turned away.
    Rejected,
    /// Nothing came back in time.
    TimedOut,
    /// The connection broke, or nobody listened.
    Disconnected,
    /// Another attempt of the same call was quicker.
    Superseded,
}

/// Why a call was not made at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoCall {
    /// The circuit breaker is open.
    BreakerOpen,
    /// The bulkhead or the pool of connections is full.
    BulkheadFull,
    /// The rate limit does not allow it.
    RateLimited,
    /// The adaptive limit of concurrent calls is reached.
    Limited,
    /// The budget of retries is spent: the call ends with its last attempt's failure.
    NoBudget,
    /// Every replica is known to be unhealthy.
    NoReplica,
    /// The deadline that came with the request is over.
    DeadlineOver,
    /// The caller has as many calls open as a process can have.
    TooManyOpen,
}

impl NoCall {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::BreakerOpen,
        Self::BulkheadFull,
        Self::RateLimited,
        Self::Limited,
        Self::NoBudget,
        Self::NoReplica,
        Self::DeadlineOver,
        Self::TooManyOpen,
    ];
}

/// Why a service did not do what it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shed {
    /// Its queue is full.
    QueueFull,
    /// It has too much to do, and turns away what it can (load shedding, a limit of connections), or is about to stop.
    Overload,
    /// The deadline was over before it began.
    Late,
    /// It waited too long in the queue (`CoDel`).
    Delay,
    /// Its process died with it.
    Died,
}

impl Shed {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::QueueFull,
        Self::Overload,
        Self::Late,
        Self::Delay,
        Self::Died,
    ];
}

/// The state of a circuit breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Switch {
    /// Calls pass.
    Closed,
    /// No call passes.
    Open,
    /// Some calls pass, to see how they end.
    HalfOpen,
}

/// What looking something up in a cache gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// It was there.
    Hit,
    /// It was not.
    Miss,
    /// It was there, but too old.
    Expired,
    /// It was not, but somebody else fetches it already: this one waits for that.
    Waited,
}

impl Look {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Hit, Self::Miss, Self::Expired, Self::Waited];
}

/// A fact about requests.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum CallFact {
    /// A user asked for something.
    Asked {
        /// What.
        task: Task,
    },
    /// A user was answered, or gave up.
    Answered {
        /// What was asked for.
        task: Task,
        /// How it ended.
        how: Answer,
        /// Since it was asked for, ns.
        ns: u64,
    },
    /// Something took effect that a user asked for: a payment was taken, a driver was sent.
    Effect {
        /// What was asked for.
        task: Task,
        /// Which of the flow's effects ([`super::names::FlowName::effects`]).
        effect: u8,
    },
    /// An attempt of a call went out.
    Called {
        /// To whom.
        service: ServiceId,
        /// For what.
        task: Task,
        /// 0 for the first attempt.
        attempt: u8,
        /// Whether it goes out beside an attempt that is still open.
        hedge: bool,
        /// Its number: no other attempt of its process to that service has it at the same time.
        call: u32,
    },
    /// An attempt ended for its caller.
    Returned {
        /// Of a call to whom.
        service: ServiceId,
        /// For what.
        task: Task,
        /// How.
        end: CallEnd,
        /// The number of the attempt.
        call: u32,
        /// Since the attempt went out, ns.
        ns: u64,
    },
    /// A call, or a further attempt of one, was not made.
    NotCalled {
        /// To whom it would have been.
        service: ServiceId,
        /// For what.
        task: Task,
        /// Why not.
        why: NoCall,
    },
    /// How much a replica has to do, after that changed.
    Load {
        /// Of which service.
        service: ServiceId,
        /// Requests that wait.
        waiting: u32,
        /// Threads (or connections) that are held.
        busy: u32,
    },
    /// A replica did not do what it was asked for.
    Shed {
        /// Of which service.
        service: ServiceId,
        /// For what.
        task: Task,
        /// Why.
        why: Shed,
    },
    /// A replica ended a request.
    Served {
        /// Of which service.
        service: ServiceId,
        /// For what.
        task: Task,
        /// Whether it could do it.
        ok: bool,
        /// Whether anybody still waited for it.
        useful: bool,
        /// How long it had waited for a thread, ns.
        waited_ns: u64,
    },
    /// A circuit breaker changed.
    Breaker {
        /// Which calls it guards.
        service: ServiceId,
        /// What it is now.
        state: Switch,
    },
    /// A caller changed its mind about a replica (health check, outlier ejection).
    Judged {
        /// Of which service.
        service: ServiceId,
        /// Which.
        replica: Pid,
        /// Whether it is called from now on.
        well: bool,
    },
    /// The number of replicas that serve changed.
    Scaled {
        /// Of which service.
        service: ServiceId,
        /// How many there were.
        was: u32,
        /// How many there are.
        running: u32,
    },
    /// The number of requests that a process serves at once was changed while it runs.
    Room {
        /// Of which service.
        service: ServiceId,
        /// What it was.
        was: u32,
        /// What it is.
        is: u32,
    },
    /// Something was looked up in a cache.
    Looked {
        /// Which cache.
        service: ServiceId,
        /// What came of it.
        look: Look,
    },
    /// A store read or wrote a value: now it takes effect.
    Accessed {
        /// Which store.
        service: ServiceId,
        /// Who asked.
        from: Pid,
        /// The number of its attempt.
        call: u32,
        /// The key.
        key: u32,
        /// The version of the value: 1 for what was there at the beginning, and one more with each write of the key. A cache
        /// knows only its stamp ([`CallFact::stamp`]).
        version: u32,
        /// Whether it wrote.
        writes: bool,
    },
    /// A unit of an item that is sold was reserved, or given back.
    Stock {
        /// In which database.
        service: ServiceId,
        /// Which item.
        item: u32,
        /// Units that are reserved and were not given back by who has them, after it.
        out: u32,
        /// Units that there are. If more are out, some of them do not exist.
        of: u32,
        /// Whether it was reserved.
        reserves: bool,
    },
}

const _: () = assert!(size_of::<CallFact>() <= 24, "a fact stays small");

impl CallFact {
    /// So many stamps there are.
    pub const STAMPS: u32 = 0xffff;

    /// What of a version goes along with a value that is put into a cache. It tells apart a value from all but every 65,535th
    /// of its key; 0 stands for no version.
    pub fn stamp(version: u32) -> u16 {
        if version == 0 {
            return 0;
        }
        (version % Self::STAMPS + 1) as u16
    }

    /// A small number per kind, stable within a version.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Asked { .. } => 0,
            Self::Answered { .. } => 1,
            Self::Effect { .. } => 2,
            Self::Called { .. } => 3,
            Self::Returned { .. } => 4,
            Self::NotCalled { .. } => 5,
            Self::Load { .. } => 6,
            Self::Shed { .. } => 7,
            Self::Served { .. } => 8,
            Self::Breaker { .. } => 9,
            Self::Judged { .. } => 10,
            Self::Scaled { .. } => 11,
            Self::Looked { .. } => 12,
            Self::Stock { .. } => 13,
            Self::Room { .. } => 14,
            Self::Accessed { .. } => 15,
        }
    }

    /// What a user asked for, if it is about that.
    pub fn task(&self) -> Option<Task> {
        match *self {
            Self::Asked { task }
            | Self::Answered { task, .. }
            | Self::Effect { task, .. }
            | Self::Called { task, .. }
            | Self::Returned { task, .. }
            | Self::NotCalled { task, .. }
            | Self::Shed { task, .. }
            | Self::Served { task, .. } => Some(task),
            _ => None,
        }
    }

    /// Whether there may be several of it for each request.
    #[inline]
    pub fn is_frequent(&self) -> bool {
        !matches!(
            self,
            Self::Breaker { .. } | Self::Judged { .. } | Self::Scaled { .. } | Self::Room { .. }
        )
    }

    /// The fact as numbers, for the digest.
    pub(super) fn words(&self) -> [u64; 3] {
        let kind = u64::from(self.kind()) << 56;
        let head = |service: ServiceId, low: u64| kind | u64::from(service.0) << 32 | low;
        match *self {
            Self::Asked { task } => [kind, task.id(), 0],
            Self::Answered { task, how, ns } => [kind | how as u64, task.id(), ns],
            Self::Effect { task, effect } => [kind | u64::from(effect), task.id(), 0],
            Self::Called {
                service,
                task,
                attempt,
                hedge,
                // A name, which is new with each attempt: it says no more than that there was one.
                call: _,
            } => [
                head(service, u64::from(attempt) << 1 | u64::from(hedge)),
                task.id(),
                0,
            ],
            Self::Returned {
                service,
                task,
                end,
                call: _,
                ns,
            } => [head(service, end as u64), task.id(), ns],
            Self::NotCalled { service, task, why } => [head(service, why as u64), task.id(), 0],
            Self::Load {
                service,
                waiting,
                busy,
            } => [head(service, 0), u64::from(waiting), u64::from(busy)],
            Self::Shed { service, task, why } => [head(service, why as u64), task.id(), 0],
            Self::Served {
                service,
                task,
                ok,
                useful,
                waited_ns,
            } => [
                head(service, u64::from(ok) << 1 | u64::from(useful)),
                task.id(),
                waited_ns,
            ],
            Self::Breaker { service, state } => [head(service, state as u64), 0, 0],
            Self::Judged {
                service,
                replica,
                well,
            } => [head(service, u64::from(well)), u64::from(replica.0), 0],
            Self::Scaled {
                service,
                was,
                running,
            } => [head(service, 0), u64::from(was), u64::from(running)],
            Self::Room { service, was, is } => [head(service, 0), u64::from(was), u64::from(is)],
            Self::Looked { service, look } => [head(service, look as u64), 0, 0],
            Self::Accessed {
                service,
                from,
                call,
                key,
                version,
                writes,
            } => [
                head(service, u64::from(writes)),
                u64::from(from.0) << 32 | u64::from(key),
                u64::from(call) << 32 | u64::from(version),
            ],
            Self::Stock {
                service,
                item,
                out,
                of,
                reserves,
            } => [
                head(service, u64::from(reserves)),
                u64::from(item),
                u64::from(out) << 32 | u64::from(of),
            ],
        }
    }
}
