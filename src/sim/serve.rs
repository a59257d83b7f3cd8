//! A node's CPU: requests wait in the inbox for one of the cores, first come first served.

use super::event::{Caused, Event};
use super::host::Waiting;
use super::kernel::Sim;
use super::process::{Cost, Process};
use super::world::Core;
use super::{NodeId, Pid};

impl<P: Process> Sim<P> {
    /// A message that costs something arrived: a core takes it, or it waits.
    pub(super) fn request(&mut self, to: Pid, from: Pid, message: P::Message, cost: Cost) {
        let tenant = &self.core.tenants[to.index()];
        let (node, incarnation) = (tenant.node, tenant.incarnation);
        let cause = self.core.event;
        let host = &mut self.core.hosts[node.index()];
        if host.busy < host.cores {
            host.busy += 1;
            self.core.serve(
                node,
                Waiting {
                    to,
                    incarnation,
                    from,
                    message,
                    cause,
                    cost,
                },
            );
        } else {
            host.inbox.push_back(Waiting {
                to,
                incarnation,
                from,
                message,
                cause,
                cost,
            });
            host.inbox_max = host.inbox_max.max(host.inbox.len());
        }
    }

    /// Gives free cores to what waits.
    pub(super) fn serve_waiting(&mut self, node: NodeId) {
        loop {
            let host = &mut self.core.hosts[node.index()];
            if host.busy >= host.cores {
                return;
            }
            let Some(waiting) = host.inbox.pop_front() else {
                return;
            };
            let tenant = &self.core.tenants[waiting.to.index()];
            if !tenant.alive() || tenant.incarnation != waiting.incarnation {
                continue;
            }
            self.core.hosts[node.index()].busy += 1;
            self.core.serve(node, waiting);
        }
    }
}

impl<M: Clone> Core<M> {
    pub(super) fn release_core(&mut self, node: NodeId, life: u32) {
        let host = &mut self.hosts[node.index()];
        if host.life == life {
            host.busy = host.busy.saturating_sub(1);
        }
    }

    fn serve(&mut self, node: NodeId, waiting: Waiting<M>) {
        let Waiting {
            to,
            incarnation,
            from,
            message,
            cause,
            cost,
        } = waiting;
        let host = &mut self.hosts[node.index()];
        let mut time = host.slow.stretch(cost.cpu_ns);
        let writes = cost.write_bytes > 0 || cost.sync;
        if writes {
            time = time.saturating_add(host.disk.time_ns(
                cost.write_bytes,
                cost.sync,
                &mut host.disk_stream,
            ));
        }
        let event = Event::Served {
            to,
            incarnation,
            from,
            message,
            life: host.life,
        };
        if writes && host.disk.is_stalled() {
            host.stalled.push((time, Caused { cause, event }));
            return;
        }
        let mut at = self.now.saturating_add(time);
        if cost.in_turn {
            at = self.in_turn(from, to, at);
        }
        self.queue.schedule(at, Caused { cause, event });
    }

    /// When a request is done that would be done at a time if it were the only one of its sender (see [`Cost::in_turn`]).
    fn in_turn(&mut self, from: Pid, to: Pid, at: u64) -> u64 {
        let tenant = &mut self.tenants[from.index()];
        match tenant.find(to) {
            Ok(channel) => {
                let last = &mut tenant.channels[channel].last_served;
                *last = at.max(*last);
                *last
            }
            Err(_) => at,
        }
    }

    /// A process died: its requests no longer wait for a core. Those that a core is at work on are forgotten when they
    /// are done.
    pub(super) fn forget_requests(&mut self, node: NodeId, pid: Pid) {
        self.hosts[node.index()].inbox.retain(|w| w.to != pid);
    }

    /// The disk moves again: what waited for it goes on.
    pub(super) fn unstall(&mut self, node: NodeId) {
        for (time, caused) in std::mem::take(&mut self.hosts[node.index()].stalled) {
            let mut at = self.now.saturating_add(time);
            if let Event::Served { from, to, .. } = caused.event {
                at = self.in_turn(from, to, at);
            }
            self.queue.schedule(at, caused);
        }
    }
}
