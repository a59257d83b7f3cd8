//! How a process of one system uses the queues of another without knowing which system that is: an [outlet](Outlet) sends
//! messages to a queue or a topic, an [inlet](Inlet) takes them from one. Each system with queues has its own of both; the
//! registry lists them.

use crate::sim::{Pid, Task, Token};

use super::{Ctx, Message};

/// An outlet or inlet uses at most so many kinds of timers, from the one it is given.
pub const PORT_TIMERS: u16 = 8;

/// So many outlets and inlets a process can have.
pub const PORTS_MAX: usize = 8;

/// What a port's owner leaves to it.
#[derive(Clone, Debug)]
pub struct Socket {
    /// Whose it is.
    pub pid: Pid,
    /// The first of [`PORT_TIMERS`] kinds of timers.
    pub timers: u16,
    /// Tells it from other ports of the process; below [`PORTS_MAX`].
    pub tag: u32,
    /// Names its random numbers.
    pub name: String,
}

/// A message as an outlet takes it.
#[derive(Clone, Copy, Debug)]
pub struct Parcel {
    /// What a user asked for.
    pub task: Task,
    /// Messages of one key stay in order, where the queue keeps any.
    pub key: u32,
    /// Bytes of key and value.
    pub bytes: u32,
}

/// A message as an inlet gives it.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    /// Comes back with [`Inlet::done`].
    pub token: u32,
    /// What a user asked for; [`Task::NONE`] if the sender did not say.
    pub task: Task,
    /// The message's key.
    pub key: u32,
    /// Whether its processing always fails.
    pub poison: bool,
}

/// How an inlet takes messages.
#[derive(Clone, Debug)]
pub struct InletPlan {
    /// The group that it takes them for.
    pub group: String,
    /// How many it has in hand at most.
    pub prefetch: u32,
    /// It takes none before, ns.
    pub start_ns: u64,
    /// How long a message that failed waits before it is given again, where the queue does not decide that itself, ns.
    pub backoff_ns: u64,
    /// How often a message is given at most, where the queue does not decide that itself.
    pub attempts_max: u32,
}

/// What any port does.
pub trait Port {
    /// A life of the process begins.
    fn start(&mut self, ctx: &mut Ctx<'_>);

    /// Whether a message is for it.
    fn heeds(&self, message: &Message) -> bool;

    /// A message for it.
    fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>);

    /// A timer of its own.
    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>);

    /// A connection was lost.
    fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>);

    /// The process dies.
    fn crash(&mut self, ctx: &mut Ctx<'_>);

    /// A few words about what is wrong with it; nothing if all is well.
    fn trouble(&self) -> Option<String>;

    /// For the inspector: what it is, and how it stands.
    fn row(&self) -> super::Row;

    /// For the inspector: what it believes about others.
    fn beliefs(&self) -> Vec<super::Belief>;

    /// For the inspector: what a timer of its own is for.
    fn timer_name(&self, token: Token) -> &'static str;
}

/// Sends messages.
pub trait Outlet: Port {
    /// Sends a message; the number it is [done](Outlet::next_done) under.
    fn send(&mut self, parcel: Parcel, ctx: &mut Ctx<'_>) -> u32;

    /// The next message that was stored (`true`) or given up.
    fn next_done(&mut self) -> Option<(u32, bool)>;
}

/// Takes messages.
pub trait Inlet: Port {
    /// The next message. It is in the owner's hands until [`Inlet::done`].
    fn take(&mut self, ctx: &mut Ctx<'_>) -> Option<Arrived>;

    /// How many have come that were not taken.
    fn waiting(&self) -> u32;

    /// The owner ended with a message: well, or it failed.
    fn done(&mut self, token: u32, ok: bool, ctx: &mut Ctx<'_>);

    /// It takes messages (`true`) or none for now: those that it has in hand it keeps.
    fn open(&mut self, open: bool, ctx: &mut Ctx<'_>);

    /// Whether it takes no messages, has none in hand, and nothing to say about those it had.
    fn is_idle(&self) -> bool;
}
