//! Whether a replica of a service that scales is in service, and what it tells the scaler of its load.

use crate::sim::Pid;
use crate::systems::Ctx;
use crate::systems::rpc;

use super::Replica;

/// The part of a replica in a service that scales.
#[derive(Clone, Debug)]
pub(in super::super) struct Duty {
    scaler: Pid,
    /// Which of the service's replicas it is.
    nth: u32,
    /// So many are in service, as far as it has heard.
    running: u32,
    /// So many are, before it has heard anything.
    first: u32,
    /// Threads held and requests waiting since `since`, each times ns, up to `until`.
    busy_ns: u64,
    waiting_ns: u64,
    since: u64,
    until: u64,
}

impl Duty {
    /// The `nth` replica of a service of which `first` are in service in the beginning.
    pub fn new(scaler: Pid, nth: u32, first: u32) -> Self {
        Self {
            scaler,
            nth,
            running: first,
            first,
            busy_ns: 0,
            waiting_ns: 0,
            since: 0,
            until: 0,
        }
    }

    /// So much there was to do until now.
    pub fn measure(&mut self, now: u64, (waiting, busy): (u32, u32)) {
        let ns = now - self.until;
        self.busy_ns += ns * u64::from(busy);
        self.waiting_ns += ns * u64::from(waiting);
        self.until = now;
    }

    /// The mean since it was asked last, in thousandths.
    fn means(&mut self, now: u64, load: (u32, u32)) -> (u32, u32) {
        self.measure(now, load);
        let ns = (now - self.since).max(1);
        let mean = |sum: u64| (u128::from(sum) * 1000 / u128::from(ns)) as u32;
        let means = (mean(self.waiting_ns), mean(self.busy_ns));
        (self.busy_ns, self.waiting_ns, self.since) = (0, 0, now);
        means
    }
}

impl Replica {
    /// Whether it is to serve, or read from queues. One that is not ends what it has, and serves nevertheless what still comes.
    pub(super) fn in_service(&self) -> bool {
        self.duty.as_ref().is_none_or(|d| d.nth < d.running)
    }

    /// It starts, and asks whether it is in service.
    pub(super) fn report_for_duty(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(duty) = &mut self.duty {
            let now = ctx.now();
            (duty.busy_ns, duty.waiting_ns) = (0, 0);
            (duty.since, duty.until, duty.running) = (now, now, duty.first);
            ctx.send(duty.scaler, rpc::Message::Subscribe.into(), 64);
        }
    }

    /// So many replicas are in service from now on.
    pub(super) fn on_duty(&mut self, from: Pid, running: u32, ctx: &mut Ctx<'_>) {
        let was = self.in_service();
        if let Some(duty) = &mut self.duty
            && duty.scaler == from
        {
            duty.running = running;
        }
        if self.in_service() != was {
            self.open_inlets(ctx);
        }
    }

    /// Only who is in service, and stays, takes messages from queues.
    pub(super) fn open_inlets(&mut self, ctx: &mut Ctx<'_>) {
        let open = self.in_service() && !self.stopping;
        self.ports.open(open, ctx);
    }

    /// The scaler wants to know how much there is to do.
    pub(super) fn tell_load(&mut self, from: Pid, ctx: &mut Ctx<'_>) {
        let told = self.told;
        if let Some(duty) = &mut self.duty {
            let (waiting_milli, busy_milli) = duty.means(ctx.now(), told);
            let measured = rpc::Message::Measured {
                waiting_milli,
                busy_milli,
            };
            ctx.send(from, measured.into(), 64);
        }
    }
}
