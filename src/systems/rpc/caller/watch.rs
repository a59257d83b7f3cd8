//! Which replicas are well: what active checks, results of calls and comparisons with the others say of them.

use crate::sim::call::CallFact;
use crate::sim::{Fact, Pid, ServiceId};
use crate::systems::Ctx;

use super::super::client::ClientSettings;
use super::super::protocol::Message;
use super::super::{HealthChecks, Outliers, Passive};

/// Bytes of a health check and of its answer.
const PING_BYTES: u32 = 64;

/// The checks of one replica.
#[derive(Clone, Copy, Debug, Default)]
struct Ping {
    /// The number of the one that waits for its answer, and until when, ns.
    open: Option<(u32, u64)>,
    /// When the next one goes out, ns.
    next: u64,
}

/// What a client knows of the health of a service.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    service: ServiceId,
    pids: Vec<Pid>,
    checks: Option<(HealthChecks, u64, u64)>,
    pings: Vec<Ping>,
    numbers: u32,
    passive: Option<Passive>,
    outliers: Option<Outliers>,
    next_look: u64,
    /// Whether each is called, as it was told last.
    told: Vec<bool>,
    /// When something is due, ns.
    due: u64,
}

impl Watch {
    pub fn new(settings: &ClientSettings, service: ServiceId, pids: &[Pid]) -> Self {
        let count = pids.len() as u32;
        let checks = settings.health_check.as_ref();
        let outliers = settings.outlier_detection.as_ref();
        let passive = settings.passive_health_check.as_ref();
        Self {
            service,
            pids: pids.to_vec(),
            checks: checks.map(|s| {
                let checks = HealthChecks::new(s, count);
                (checks, s.interval.ns(), s.timeout.ns())
            }),
            pings: Vec::new(),
            numbers: 0,
            passive: passive.map(|s| Passive::new(s, count)),
            outliers: outliers.map(|s| Outliers::new(s, count)),
            next_look: 0,
            told: vec![true; pids.len()],
            due: u64::MAX,
        }
    }

    /// Whether anything is watched.
    pub fn is_on(&self) -> bool {
        self.checks.is_some() || self.passive.is_some() || self.outliers.is_some()
    }

    /// The process starts: the first checks go out one after another within an interval.
    pub fn start(&mut self, now: u64) {
        if let Some((_, interval, _)) = &self.checks {
            let count = self.pids.len() as u64;
            let at = |nth: u64| now + interval * (nth + 1) / count;
            self.pings = (0..count)
                .map(|nth| Ping {
                    open: None,
                    next: at(nth),
                })
                .collect();
        }
        if let Some(outliers) = &self.outliers {
            self.next_look = now + outliers.interval_ns();
        }
        self.due = self.next_due();
    }

    fn next_due(&self) -> u64 {
        let pings = self.pings.iter();
        let pings = pings.map(|p| p.open.map_or(p.next, |(_, until)| until.min(p.next)));
        let look = self.outliers.as_ref().map(|_| self.next_look);
        pings.chain(look).min().unwrap_or(u64::MAX)
    }

    /// Whether a replica may be called.
    pub fn is_well(&self, replica: u32, now: u64) -> bool {
        let checks = self.checks.as_ref();
        checks.is_none_or(|(checks, ..)| checks.is_healthy(replica))
            && self
                .passive
                .as_ref()
                .is_none_or(|p| p.is_able(replica, now))
            && !self
                .outliers
                .as_ref()
                .is_some_and(|o| o.is_ejected(replica))
    }

    /// How many of the first so many are called, as it was told last.
    pub fn well(&self, running: usize) -> usize {
        self.told[..running].iter().filter(|&&well| well).count()
    }

    /// A replica is called.
    pub fn picked(&mut self, replica: u32, now: u64) {
        if let Some(passive) = &mut self.passive {
            passive.picked(replica, now);
        }
    }

    /// A call to a replica ended.
    pub fn result(&mut self, replica: u32, ok: bool, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if let Some(passive) = &mut self.passive {
            passive.on_result(replica, ok, now);
        }
        if let Some(outliers) = &mut self.outliers {
            outliers.on_result(replica, ok, now);
        }
        self.tell(replica, ctx);
    }

    /// The first so many serve from now on.
    pub fn members(&mut self, running: u32, ctx: &mut Ctx<'_>) {
        if let Some(outliers) = &mut self.outliers {
            outliers.members(running);
        }
        for gone in running..self.pids.len() as u32 {
            if let Some((checks, ..)) = &mut self.checks {
                checks.forget(gone);
            }
            if let Some(passive) = &mut self.passive {
                passive.forget(gone);
            }
            if let Some(ping) = self.pings.get_mut(gone as usize) {
                ping.open = None;
            }
            self.tell(gone, ctx);
        }
    }

    /// An answer to a check.
    pub fn pong(&mut self, from: Pid, number: u32, ctx: &mut Ctx<'_>) {
        let Some(replica) = self.pids.iter().position(|&pid| pid == from) else {
            return;
        };
        let Some(ping) = self.pings.get_mut(replica) else {
            return;
        };
        if ping.open.is_some_and(|(open, _)| open == number) {
            ping.open = None;
            self.checked(replica as u32, true, ctx);
            self.due = self.next_due();
        }
    }

    /// A connection broke: a check over it has failed.
    pub fn disconnected(&mut self, replica: u32, ctx: &mut Ctx<'_>) {
        let open = self.pings.get_mut(replica as usize);
        if open.is_some_and(|p| p.open.take().is_some()) {
            self.checked(replica, false, ctx);
            self.due = self.next_due();
        }
    }

    fn checked(&mut self, replica: u32, ok: bool, ctx: &mut Ctx<'_>) {
        if let Some((checks, ..)) = &mut self.checks {
            checks.on_check(replica, ok);
        }
        // Envoy: `successful_active_health_check_uneject_host`, which is on by default.
        if ok && let Some(outliers) = &mut self.outliers {
            outliers.bring_back(replica, ctx.now());
        }
        self.tell(replica, ctx);
    }

    fn tell(&mut self, replica: u32, ctx: &mut Ctx<'_>) {
        let well = self.is_well(replica, ctx.now());
        let told = &mut self.told[replica as usize];
        if std::mem::replace(told, well) != well {
            ctx.record(Fact::Call(CallFact::Judged {
                service: self.service,
                replica: self.pids[replica as usize],
                well,
            }));
        }
    }

    /// Does what is due; when something is due again.
    pub fn tend(&mut self, running: usize, ctx: &mut Ctx<'_>) -> Option<u64> {
        let now = ctx.now();
        if now >= self.due {
            self.check(running, ctx);
            self.look(ctx);
            self.due = self.next_due();
        }
        (self.due < u64::MAX).then_some(self.due)
    }

    fn check(&mut self, running: usize, ctx: &mut Ctx<'_>) {
        let Some((_, interval, timeout)) = self.checks else {
            return;
        };
        let now = ctx.now();
        for replica in 0..self.pings.len() {
            let ping = &mut self.pings[replica];
            if ping.open.is_some_and(|(_, until)| until <= now) {
                ping.open = None;
                self.checked(replica as u32, false, ctx);
            }
            let ping = &mut self.pings[replica];
            if ping.next <= now {
                ping.next = now + interval;
                if replica < running {
                    self.numbers = self.numbers.wrapping_add(1);
                    ping.open = Some((self.numbers, now + timeout));
                    let message = Message::Ping(self.numbers).into();
                    ctx.send(self.pids[replica], message, PING_BYTES);
                }
            }
        }
    }

    fn look(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        let Some(outliers) = &mut self.outliers else {
            return;
        };
        if now >= self.next_look {
            outliers.tick(now);
            self.next_look = now + outliers.interval_ns();
            for replica in 0..self.pids.len() as u32 {
                self.tell(replica, ctx);
            }
        }
    }
}
