//! What the events do.

use super::event::{Event, Rare};
use super::kernel::Sim;
use super::process::{Cost, Ctx, Process, Token};
use super::record::Fact;
use super::{NodeId, Pid};

impl<P: Process> Sim<P> {
    /// A machine that was frozen goes on with the next of what came meanwhile. One by one, each an event of its own, and
    /// what comes in between stands behind them.
    #[cold]
    #[inline(never)]
    fn thaw(&mut self, node: NodeId) {
        let host = &mut self.core.hosts[node.index()];
        if host.paused > 0 {
            return;
        }
        let Some(caused) = host.parked.pop_front() else {
            return self.core.look_for_frozen();
        };
        if host.parked.is_empty() {
            self.core.look_for_frozen();
        } else {
            self.core.schedule(0, Rare::Thaw { node }.into());
        }
        self.core.cause = caused.cause;
        self.core.see_thawed(&caused.event);
        self.see(&caused);
        self.act_later(caused.event);
    }

    #[inline(never)]
    pub(super) fn act_later(&mut self, event: Event<P::Message>) {
        self.act(event);
    }

    /// What an event does on a machine that is not frozen.
    #[allow(
        clippy::inline_always,
        reason = "an event is large, and would be copied for each call"
    )]
    #[inline(always)]
    pub(super) fn act(&mut self, event: Event<P::Message>) {
        // The most frequent first, and not through a table.
        if let Event::Arrive {
            to,
            from,
            link,
            incarnation,
            message,
            ..
        } = event
        {
            return self.arrive(to, from, link, incarnation, message);
        }
        match event {
            Event::Arrive { .. } => {}
            Event::Served {
                to,
                incarnation,
                from,
                message,
                life,
            } => {
                let node = self.core.tenants[to.index()].node;
                self.core.release_core(node, life);
                if self.is_current(to, incarnation) {
                    self.handle(to, from, message);
                }
                self.serve_waiting(node);
            }
            Event::Timer {
                to,
                incarnation,
                token,
            } => self.fire(to, incarnation, token),
            Event::Rare(Rare::Start { to, life }) => self.start_if_same(to, life),
            Event::Rare(Rare::Synced {
                to,
                incarnation,
                position,
                token,
            }) => self.synced(to, incarnation, position, token),
            Event::Rare(Rare::Reset {
                to,
                peer,
                incarnation,
                link,
            }) => self.disconnected(to, peer, incarnation, link),
            Event::Rare(Rare::Stop { to, incarnation }) => self.stop(to, incarnation),
            Event::Rare(Rare::Fault(step)) => self.fault_step(step),
            Event::Rare(Rare::Thaw { node }) => self.thaw(node),
            Event::Rare(Rare::Resend { stall }) => self.core.resend(stall),
        }
    }

    #[cold]
    #[inline(never)]
    fn start_if_same(&mut self, to: Pid, life: u32) {
        let node = self.core.tenants[to.index()].node;
        if self.core.hosts[node.index()].life == life {
            self.start(to);
        }
    }

    #[inline(never)]
    fn synced(&mut self, to: Pid, incarnation: u32, position: u64, token: Token) {
        // The device does it even for a process that died meanwhile.
        let node = self.core.tenants[to.index()].node;
        self.core.hosts[node.index()].disk.sync_to(position);
        if self.is_current(to, incarnation) {
            let (process, mut ctx) = self.enter(to);
            process.timer(token, &mut ctx);
        }
    }

    #[cold]
    #[inline(never)]
    fn disconnected(&mut self, to: Pid, peer: Pid, incarnation: u32, link: u32) {
        if self.core.hear_reset(to, peer, incarnation, link) {
            let (process, mut ctx) = self.enter(to);
            process.disconnected(peer, &mut ctx);
        }
    }

    #[cold]
    #[inline(never)]
    fn stop(&mut self, to: Pid, incarnation: u32) {
        if self.is_current(to, incarnation) {
            let (process, mut ctx) = self.enter(to);
            process.stop(&mut ctx);
        }
    }

    /// A timer fires, if its process lives.
    #[inline]
    pub(super) fn fire(&mut self, to: Pid, incarnation: u32, token: Token) {
        if self.is_current(to, incarnation) {
            let (process, mut ctx) = self.enter(to);
            process.timer(token, &mut ctx);
        }
    }

    #[inline]
    fn is_current(&self, pid: Pid, incarnation: u32) -> bool {
        self.core.tenants[pid.index()].current == incarnation
    }

    #[inline]
    pub(super) fn enter(&mut self, pid: Pid) -> (&mut P, Ctx<'_, P::Message>) {
        (
            &mut self.processes[pid.index()],
            Ctx {
                core: &mut self.core,
                me: pid,
            },
        )
    }

    fn start(&mut self, pid: Pid) {
        let tenant = &mut self.core.tenants[pid.index()];
        if tenant.alive() || !self.core.hosts[tenant.node.index()].up {
            return;
        }
        tenant.incarnation += 1;
        tenant.current = tenant.incarnation;
        tenant.close_all();
        let incarnation = tenant.incarnation;
        self.core.record(pid, Fact::Started { incarnation });
        if incarnation > 1 {
            self.core.reset_peers(pid);
        }
        let (process, mut ctx) = self.enter(pid);
        process.start(&mut ctx);
    }

    #[inline]
    fn arrive(&mut self, to: Pid, from: Pid, link: u32, meant_for: u32, message: P::Message) {
        if (self.core.net.has_cuts() || !self.is_current(to, meant_for))
            && !self.core.gets_through(to, from, link, meant_for)
        {
            return;
        }
        let cost = self.processes[to.index()].cost(&message, self.core.now);
        if cost == Cost::FREE {
            self.handle(to, from, message);
        } else {
            self.request(to, from, message, cost);
        }
    }

    #[inline]
    fn handle(&mut self, to: Pid, from: Pid, message: P::Message) {
        let (process, mut ctx) = self.enter(to);
        process.message(from, message, &mut ctx);
    }

    /// The process dies by itself; its machine lives on.
    pub(super) fn end(&mut self, pid: Pid, code: Option<u16>) {
        let tenant = &self.core.tenants[pid.index()];
        let node = tenant.node;
        if tenant.alive() {
            let how = code.map_or(Fact::Stopped, |code| Fact::Halted { code });
            self.core.record(pid, how);
            self.bury_process(pid, false);
            self.tell_if_gone(node);
        }
    }
}
