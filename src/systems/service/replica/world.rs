//! The world of a replica, which its garbage collector stops: until it goes on, nothing that comes is handled, and all work takes as
//! much longer. What came meanwhile waits, as in the socket of a process that stands still, and is handled in its order.

use crate::sim::{Pid, Token};
use crate::systems::slots::Key;
use crate::systems::{Ctx, Message, rpc};

use super::{GC, Replica, WORK};

/// What came while the world stood still.
#[derive(Clone, Debug)]
pub(super) enum Stalled {
    /// A message, and when it came, ns.
    Message {
        from: Pid,
        message: Message,
        at: u64,
    },
    /// A timer.
    Timer(Token),
    /// A lost connection.
    Disconnected(Pid),
    /// A request that has its thread, and was about to begin.
    Begin(Key),
}

impl Replica {
    /// A request is taken in: it needs memory from now on, until it leaves.
    pub(super) fn take_memory(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(pause_ns) = self.gc.as_mut().and_then(|gc| gc.begin()) {
            self.stopped = true;
            ctx.timer(pause_ns, Token::of(GC));
        }
    }

    /// A request that was taken in is gone, however.
    pub(super) fn give_memory_back(&mut self) {
        if let Some(gc) = &mut self.gc {
            gc.end();
        }
    }

    /// How long the world has stood still in all, ns, with all of a pause that has begun.
    pub(super) fn paused_ns(&self) -> u64 {
        self.gc.as_ref().map_or(0, |gc| gc.paused_ns())
    }

    /// A run's work would be done now, but the world stood still meanwhile: it takes as much longer.
    pub(super) fn owes_work(&mut self, key: Key, ctx: &mut Ctx<'_>) -> bool {
        let paused_ns = self.paused_ns();
        let Some(run) = self.runs.get_mut(key) else {
            return false;
        };
        let owed = paused_ns - run.paused_ns;
        run.paused_ns = paused_ns;
        if owed > 0 {
            ctx.timer(owed, Token::with(WORK, key));
        }
        owed > 0
    }

    /// The world goes on, with what came meanwhile.
    pub(super) fn go_on_after_pause(&mut self, ctx: &mut Ctx<'_>) {
        self.stopped = false;
        while !self.stopped
            && let Some(stalled) = self.stalled.pop_front()
        {
            match stalled {
                Stalled::Message { from, message, at } => self.heard(from, message, at, ctx),
                Stalled::Timer(token) => self.rang(token, ctx),
                Stalled::Disconnected(peer) => self.lost_connection(peer, ctx),
                Stalled::Begin(key) => self.go_on(key, true, ctx),
            }
        }
    }

    /// The process dies: what had come and was not read is lost.
    pub(super) fn lose_stalled(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(stalled) = self.stalled.pop_front() {
            if let Stalled::Message {
                message: Message::Rpc(rpc::Message::Request(request)),
                ..
            } = stalled
            {
                self.lose(request.task(), ctx);
            }
        }
        self.stopped = false;
        if let Some(gc) = &mut self.gc {
            gc.crash();
        }
    }
}
