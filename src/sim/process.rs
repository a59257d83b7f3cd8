//! What the kernel asks of a process, and what it offers one.

use super::event::Event;
use super::host::{Clock, Survival};
use super::names::Names;
use super::queue::Ticket;
use super::record::{Fact, Record};
use super::setting::Value;
use super::world::Core;
use super::{NodeId, Pid};

/// What a process says about a timer of its own; it gets it back when the timer fires. The kernel does not read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Token {
    /// Which of the process's timers.
    pub kind: u16,
    /// Free for the process.
    pub index: u16,
    /// Free for the process.
    pub data: u32,
}

impl Token {
    /// A timer that needs no more than its kind.
    pub const fn of(kind: u16) -> Self {
        Self {
            kind,
            index: 0,
            data: 0,
        }
    }

    /// A timer with a datum.
    pub const fn with(kind: u16, data: u32) -> Self {
        Self {
            kind,
            index: 0,
            data,
        }
    }
}

/// Names a timer that was set, to cancel it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimerId(Ticket);

/// What it costs to handle a message, before it is handled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
    /// Work of one core, ns.
    pub cpu_ns: u64,
    /// Bytes that go to the disk; the core waits for the write.
    pub write_bytes: u64,
    /// Whether the core waits until they are synced.
    pub sync: bool,
    /// Whether it is not done before what the same sender sent earlier, as with a server that reads a connection's next
    /// request when it is done with the last; otherwise several cores may overtake one another.
    pub in_turn: bool,
}

impl Cost {
    /// Handled at once, without a core.
    pub const FREE: Self = Self {
        cpu_ns: 0,
        write_bytes: 0,
        sync: false,
        in_turn: false,
    };

    /// Only CPU work.
    pub const fn cpu(cpu_ns: u64) -> Self {
        Self {
            cpu_ns,
            ..Self::FREE
        }
    }
}

/// A part that a process can play, for faults that are aimed at whoever plays it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Role {
    /// Leads a queue (`events/orders/0`).
    Leader(String),
    /// Holds a copy of a queue without leading it.
    Follower(String),
    /// Decides about a system (`events`); with an empty name: any.
    Controller(String),
    /// Coordinates a group of consumers.
    Coordinator(String),
}

/// What may change of a process while it runs.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// What it makes by itself comes so many times as often as it was set up to; 1: as it was set up.
    Traffic {
        /// Above 0.
        factor: f64,
    },
    /// A setting.
    Set {
        /// What has it: the name of a [`Subject`](super::setting::Subject).
        of: String,
        /// Which: the name of a [`Knob`](super::setting::Knob).
        setting: String,
        /// What it is now.
        value: Value,
    },
}

/// A program on a node. Its state is a value; it acts only when the kernel calls it, and only through the [`Ctx`].
pub trait Process: Clone + Send {
    /// What processes send one another.
    type Message: Clone + Send;

    /// What handling a message will cost. With [`Cost::FREE`] it needs no core.
    fn cost(&mut self, message: &Self::Message, now: u64) -> Cost {
        let _ = (message, now);
        Cost::FREE
    }

    /// The process starts: at the beginning, or again after a crash. Called once for each incarnation.
    fn start(&mut self, ctx: &mut Ctx<'_, Self::Message>);

    /// A message has arrived, and a core has served it if it costs anything.
    fn message(&mut self, from: Pid, message: Self::Message, ctx: &mut Ctx<'_, Self::Message>);

    /// A timer of this incarnation fires.
    fn timer(&mut self, token: Token, ctx: &mut Ctx<'_, Self::Message>);

    /// The connection to a peer was reset: the peer's process died while its machine lives on, or nobody listens there, or
    /// it is back after a power loss and knows nothing of the connection. Once for each connection; what was sent over it
    /// and had not arrived is lost. Of a machine without power, or behind a cut, nothing is heard.
    fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_, Self::Message>) {
        let _ = (peer, ctx);
    }

    /// The process is asked to stop (SIGTERM): it ends its work in good order, and then itself, with [`Ctx::exit`]. Until then
    /// it goes on, and if it takes too long it is killed. One that has nothing to put in order ends at once.
    fn stop(&mut self, ctx: &mut Ctx<'_, Self::Message>) {
        ctx.exit();
    }

    /// The process dies: its memory is gone, and of its stored bytes only what `survival` keeps is left. Here it says
    /// ([`Ctx::record`]) what was lost; it can neither send nor set timers.
    fn crash(&mut self, survival: &Survival, ctx: &mut Ctx<'_, Self::Message>);

    /// What it was set up with changes while it runs, or while it is dead: then it goes by it when it starts again. Returns
    /// whether the change concerns it; one that does not leaves everything as it is.
    fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_, Self::Message>) -> bool {
        let _ = (change, ctx);
        false
    }

    /// What a setting of a subject is, if this process goes by it.
    fn setting(&self, of: &str, setting: &str) -> Option<Value> {
        let _ = (of, setting);
        None
    }

    /// Adds the processes that play a role, as far as this process decides about it. The truth, not a belief: a process
    /// that merely thinks that it leads says nothing.
    fn nominate(&self, role: &Role, names: &Names, out: &mut Vec<Pid>) {
        let _ = (role, names, out);
    }
}

/// What a process may do while it is called.
pub struct Ctx<'a, M> {
    pub(super) core: &'a mut Core<M>,
    pub(super) me: Pid,
}

impl<M: Clone> Ctx<'_, M> {
    /// This process.
    pub fn me(&self) -> Pid {
        self.me
    }

    /// The node it runs on.
    pub fn node(&self) -> NodeId {
        self.core.tenants[self.me.index()].node
    }

    /// Which start of the process this is, from 1.
    pub fn incarnation(&self) -> u32 {
        self.core.tenants[self.me.index()].incarnation
    }

    /// True time, ns. For records and models of the world only: a process that decides by time reads its [`Self::clock`].
    pub fn now(&self) -> u64 {
        self.core.now
    }

    /// The node's clock, which may be wrong, ns.
    pub fn clock(&self) -> i64 {
        self.host_clock().read(self.core.now)
    }

    fn host_clock(&self) -> &Clock {
        &self.core.hosts[self.node().index()].clock
    }

    /// What things are called.
    pub fn names(&self) -> &Names {
        &self.core.names
    }

    /// Sends a message of so many bytes. Whether it arrives is the network's affair.
    pub fn send(&mut self, to: Pid, message: M, bytes: u32) {
        self.core.send(self.me, to, message, bytes);
    }

    /// Fires `after_ns` of this node's clock later, unless the process dies before.
    pub fn timer(&mut self, after_ns: u64, token: Token) -> TimerId {
        TimerId(self.core.set_timer(self.me, after_ns, token))
    }

    /// Takes a timer back; it does not matter whether it has fired.
    pub fn cancel(&mut self, timer: TimerId) {
        self.core.queue.cancel(timer.0);
    }

    /// Fires when `work_ns` of work outside the request queue (an application's own threads) is done at the CPU's present
    /// speed.
    pub fn work(&mut self, work_ns: u64, token: Token) -> TimerId {
        let true_ns = self.core.hosts[self.node().index()].slow.stretch(work_ns);
        let incarnation = self.incarnation();
        TimerId(self.core.schedule(
            true_ns,
            Event::Timer {
                to: self.me,
                incarnation,
                token,
            },
        ))
    }

    /// Writes bytes to the page cache; the time it takes belongs to [`Process::cost`]. Returns the position of their end,
    /// to be asked for in [`Survival::keeps`], or `None` when the disk is full.
    pub fn write(&mut self, bytes: u64) -> Option<u64> {
        let (node, now) = (self.node(), self.core.now);
        let disk = &mut self.core.hosts[node.index()].disk;
        disk.has_room(bytes).then(|| disk.append(now, bytes))
    }

    /// Gives back bytes that were removed.
    pub fn free(&mut self, bytes: u64) {
        let node = self.node();
        self.core.hosts[node.index()].disk.free(bytes);
    }

    /// Starts to sync all that was written; the timer fires when it is done. (With [`Cost::sync`] the core waits instead.)
    pub fn sync(&mut self, token: Token) {
        self.core.sync(self.me, token);
    }

    /// Marks all that was written as synced: for what was paid for with [`Cost::sync`].
    pub fn synced(&mut self) {
        let node = self.node();
        let disk = &mut self.core.hosts[node.index()].disk;
        disk.sync_to(disk.written());
    }

    /// Says what happened.
    pub fn record(&mut self, fact: Fact) {
        self.core.record(self.me, fact);
    }

    /// Says what happened to somebody else.
    pub fn record_of(&mut self, pid: Pid, fact: Fact) {
        self.core.record(pid, fact);
    }

    /// Says what concerns nobody in particular.
    pub fn record_world(&mut self, fact: Fact) {
        self.core.record(Record::NOBODY, fact);
    }

    /// The process ends by itself after this call, with the meaning of `code` in the system's table of notes.
    pub fn halt(&mut self, code: u16) {
        self.core.halt(self.me, Some(code));
    }

    /// The process ends after this call because it was asked to ([`Process::stop`]), with everything in order.
    pub fn exit(&mut self) {
        self.core.halt(self.me, None);
    }
}
