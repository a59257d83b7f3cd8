//! Services: how they are called, how much they have to do, and what they turn away.

use crate::sim::call::{CallEnd, Look, NoCall, Shed, Switch};
use crate::sim::names::ServiceName;
use crate::sim::{Names, Pid, ServiceId};

use super::rate::Rate;
use super::{Latency, Peak, Series};

/// What one replica has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Load {
    waiting: u32,
    busy: u32,
}

impl Load {
    #[inline]
    fn all(self) -> u64 {
        u64::from(self.waiting) + u64::from(self.busy)
    }
}

/// A number that goes up and down: what it is, its highest value, and its sum over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Its value.
    pub now: u64,
    /// Its highest value.
    pub max: Peak,
    since: u64,
    /// Sum over the time until `since`, value × ns.
    area: u128,
}

impl Level {
    #[inline]
    fn change(&mut self, was: u32, is: u32, at: u64) {
        if was == is {
            return;
        }
        self.area += u128::from(self.now) * u128::from(at - self.since);
        self.since = at;
        self.now = self.now + u64::from(is) - u64::from(was);
        self.max.see(self.now, at);
    }

    /// What is so from the beginning.
    fn from_start(now: u32) -> Self {
        let mut level = Self::default();
        level.change(0, now, 0);
        level
    }

    /// Its mean over time up to `now`, ns.
    pub fn mean(&self, now: u64) -> f64 {
        if now == 0 {
            return self.now as f64;
        }
        let since = u128::from(self.now) * u128::from(now.saturating_sub(self.since));
        (self.area + since) as f64 / now as f64
    }
}

/// The circuit breakers that guard the calls of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakers {
    /// How often one opened.
    pub opened: u64,
    /// Whose are open, and since when, ns.
    open: Vec<(Pid, u64)>,
    /// Whose let some calls pass.
    half_open: Vec<Pid>,
    /// How long they were open, summed over callers, ns, not counting times that have not ended.
    open_ns: u64,
}

impl Breakers {
    fn become_state(&mut self, caller: Pid, state: Switch, at: u64) {
        self.half_open.retain(|pid| *pid != caller);
        let open = self.open.iter().position(|(pid, _)| *pid == caller);
        match (state, open) {
            (Switch::Open, None) => {
                self.opened += 1;
                self.open.push((caller, at));
            }
            (Switch::Open, Some(_)) => {}
            (_, Some(place)) => {
                let (_, since) = self.open.remove(place);
                self.open_ns += at - since;
            }
            (_, None) => {}
        }
        if state == Switch::HalfOpen {
            self.half_open.push(caller);
        }
    }

    /// How many are open now.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// How many let some calls pass now.
    pub fn half_open(&self) -> usize {
        self.half_open.len()
    }

    /// How long they were open up to `now`, summed over callers, ns.
    pub fn open_total_ns(&self, now: u64) -> u64 {
        let open = self.open.iter();
        let open: u64 = open.map(|(_, since)| now.saturating_sub(*since)).sum();
        self.open_ns + open
    }
}

/// One service.
#[derive(Clone, Debug, Default)]
pub struct ServiceStats {
    /// Who serves it, in the order of the plan; then whoever else said what it has to do.
    replicas: Vec<Pid>,
    /// By the place in `replicas`.
    loads: Vec<Load>,
    /// Calls: first attempts.
    pub calls: u64,
    /// Attempts of all kinds.
    pub attempts: u64,
    /// Attempts after one that had ended.
    pub retries: u64,
    /// Attempts beside one that was open.
    pub hedges: u64,
    /// How attempts ended, by [`CallEnd`].
    pub ends: [u64; CallEnd::Superseded as usize + 1],
    /// Calls and attempts that were not made, by [`NoCall`].
    pub not_called: [u64; NoCall::ALL.len()],
    /// How long attempts took that were answered.
    pub call_latency: Latency,
    /// Requests that wait in all replicas.
    pub waiting: Level,
    /// Threads that are held in all replicas.
    pub busy: Level,
    /// How many threads there are in all replicas, if that is limited.
    pub threads: Option<Level>,
    /// Requests that ended well.
    pub served_ok: u64,
    /// Requests that could not be done.
    pub failed: u64,
    /// Requests that ended when nobody waited for them any more.
    pub useless: u64,
    /// How long requests had waited for a thread.
    pub wait_latency: Latency,
    /// Requests that were not done, by [`Shed`].
    pub shed: [u64; Shed::ALL.len()],
    /// The circuit breakers of its callers.
    pub breakers: Breakers,
    /// How often a caller stopped calling a replica.
    pub judged_unhealthy: u64,
    /// How many replicas serve, and the most there were; `None` while that never changed.
    scaled: Option<(u32, u32)>,
    /// How many replicas serve at the beginning.
    running_first: u32,
    /// What looking things up gave, by [`Look`].
    pub looks: [u64; Look::ALL.len()],
    /// By how much what waits or is held grew in all, and by how much it shrank: all that is known of a pool.
    came: u64,
    went: u64,
    /// Units of stock that were reserved.
    pub reserved: u64,
    /// Of those: that did not exist.
    pub oversold: u64,
    arrival_rate: Rate,
    served_rate: Rate,
    /// Requests that waited at the end of each interval.
    pub waiting_trend: Series,
}

impl ServiceStats {
    fn new(name: &ServiceName) -> Self {
        Self {
            replicas: name.replicas.clone(),
            loads: vec![Load::default(); name.replicas.len()],
            running_first: name.running,
            threads: name.threads.map(Level::from_start),
            ..Self::default()
        }
    }

    /// The place of a replica. They are mostly numbered one after another.
    #[inline]
    fn place(&self, pid: Pid) -> Option<usize> {
        let first = self.replicas.first()?;
        let near = (pid.0.wrapping_sub(first.0)) as usize;
        if self.replicas.get(near) == Some(&pid) {
            return Some(near);
        }
        self.replicas.iter().position(|replica| *replica == pid)
    }

    #[inline]
    fn load(&mut self, pid: Pid, load: Load, at: u64) {
        let place = self.place(pid).unwrap_or_else(|| self.add(pid));
        let was = std::mem::replace(&mut self.loads[place], load);
        let (before, now) = (was.all(), load.all());
        self.came += now.saturating_sub(before);
        self.went += before.saturating_sub(now);
        self.waiting.change(was.waiting, load.waiting, at);
        self.busy.change(was.busy, load.busy, at);
    }

    #[cold]
    fn add(&mut self, pid: Pid) -> usize {
        self.replicas.push(pid);
        self.loads.push(Load::default());
        self.replicas.len() - 1
    }

    fn tick(&mut self) {
        self.waiting_trend.push(self.waiting.now);
        // Nothing is served by what only lends, such as a pool.
        let shed = self.shed_all();
        let lends = self.served() + shed == 0;
        let all = self.waiting.now + self.busy.now;
        let (arrived, left) = if lends {
            (self.came, self.went)
        } else {
            (self.served() + shed + all, self.served())
        };
        self.arrival_rate.push(arrived);
        self.served_rate.push(left);
    }

    /// Requests that a replica ended with.
    pub fn served(&self) -> u64 {
        self.served_ok + self.failed
    }

    /// How many attempts ended in a way.
    pub fn ended(&self, end: CallEnd) -> u64 {
        self.ends[end as usize]
    }

    /// Calls and attempts that were not made for a reason.
    pub fn not_called_for(&self, why: NoCall) -> u64 {
        self.not_called[why as usize]
    }

    /// Requests that were not done for a reason.
    pub fn shed_for(&self, why: Shed) -> u64 {
        self.shed[why as usize]
    }

    /// Requests that were not done.
    pub fn shed_all(&self) -> u64 {
        self.shed.iter().sum()
    }

    /// How often something was looked up. Who waits for what another fetches has looked before.
    pub fn lookups(&self) -> u64 {
        self.looks.iter().sum::<u64>() - self.looks[Look::Waited as usize]
    }

    /// How often it was there, however old.
    pub fn hits(&self) -> u64 {
        self.looks[Look::Hit as usize]
    }

    /// Requests that reached it during the last second, per second.
    pub fn in_per_s(&self) -> f64 {
        self.arrival_rate.per_s()
    }

    /// Requests that it ended with during the last second, per second.
    pub fn out_per_s(&self) -> f64 {
        self.served_rate.per_s()
    }

    /// What a replica has to do: requests that wait, and threads that are held.
    pub fn load_of(&self, pid: Pid) -> Option<(u32, u32)> {
        let load = self.loads.get(self.place(pid)?)?;
        Some((load.waiting, load.busy))
    }

    /// How many replicas serve, unless they are down.
    pub fn running(&self) -> u32 {
        self.scaled.map_or(self.running_first, |(now, _)| now)
    }

    /// The most there were.
    pub fn running_max(&self) -> u32 {
        self.scaled.map_or(self.running_first, |(_, max)| max)
    }

    /// Whoever serves it, or did.
    pub fn replicas(&self) -> &[Pid] {
        &self.replicas
    }
}

/// All services of a run.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// By [`ServiceId`].
    pub services: Vec<ServiceStats>,
}

impl Services {
    pub(super) fn new(names: &Names) -> Self {
        let services = names.services.iter();
        Self {
            services: services.map(ServiceStats::new).collect(),
        }
    }

    #[inline]
    fn of(&mut self, service: ServiceId) -> Option<&mut ServiceStats> {
        self.services.get_mut(service.index())
    }

    #[inline]
    pub(super) fn called(&mut self, service: ServiceId, attempt: u8, hedge: bool) {
        if let Some(service) = self.of(service) {
            service.attempts += 1;
            service.calls += u64::from(attempt == 0 && !hedge);
            service.retries += u64::from(attempt > 0 && !hedge);
            service.hedges += u64::from(hedge);
        }
    }

    #[inline]
    pub(super) fn returned(&mut self, service: ServiceId, end: CallEnd, ns: u64) {
        if let Some(service) = self.of(service) {
            service.ends[end as usize] += 1;
            if end == CallEnd::Ok {
                service.call_latency.record(ns, 1);
            }
        }
    }

    #[inline]
    pub(super) fn load(&mut self, service: ServiceId, pid: Pid, waiting: u32, busy: u32, at: u64) {
        if let Some(service) = self.of(service) {
            service.load(pid, Load { waiting, busy }, at);
        }
    }

    /// A replica serves another number of requests at once.
    pub(super) fn room(&mut self, service: ServiceId, was: u32, is: u32, at: u64) {
        if let Some(threads) = self.of(service).and_then(|s| s.threads.as_mut()) {
            threads.change(was, is, at);
        }
    }

    #[inline]
    pub(super) fn served(&mut self, service: ServiceId, ok: bool, useful: bool, waited_ns: u64) {
        if let Some(service) = self.of(service) {
            service.served_ok += u64::from(ok);
            service.failed += u64::from(!ok);
            service.useless += u64::from(!useful);
            service.wait_latency.record(waited_ns, 1);
        }
    }

    #[inline]
    pub(super) fn looked(&mut self, service: ServiceId, look: Look) {
        if let Some(service) = self.of(service) {
            service.looks[look as usize] += 1;
        }
    }

    /// A unit of stock was reserved, or given back; so many of so many are out now.
    pub(super) fn stock(&mut self, service: ServiceId, reserves: bool, out: u32, of: u32) {
        if let Some(service) = self.of(service) {
            service.reserved += u64::from(reserves);
            service.oversold += u64::from(reserves && out > of);
        }
    }

    pub(super) fn not_called(&mut self, service: ServiceId, why: NoCall) {
        if let Some(service) = self.of(service) {
            service.not_called[why as usize] += 1;
        }
    }

    pub(super) fn shed(&mut self, service: ServiceId, why: Shed) {
        if let Some(service) = self.of(service) {
            service.shed[why as usize] += 1;
        }
    }

    pub(super) fn breaker(&mut self, service: ServiceId, caller: Pid, state: Switch, at: u64) {
        if let Some(service) = self.of(service) {
            service.breakers.become_state(caller, state, at);
        }
    }

    pub(super) fn judged(&mut self, service: ServiceId, well: bool) {
        if let Some(service) = self.of(service) {
            service.judged_unhealthy += u64::from(!well);
        }
    }

    pub(super) fn scaled(&mut self, service: ServiceId, was: u32, running: u32) {
        if let Some(service) = self.of(service) {
            // The plan names those that may be started too.
            let (_, max) = service.scaled.unwrap_or((was, was));
            service.scaled = Some((running, max.max(running)));
        }
    }

    /// A process is gone, with all it had to do and all it knew.
    #[cold]
    pub(super) fn died(&mut self, pid: Pid, at: u64) {
        for service in &mut self.services {
            if service.place(pid).is_some() {
                service.load(pid, Load::default(), at);
            }
            service.breakers.become_state(pid, Switch::Closed, at);
        }
    }

    pub(super) fn tick(&mut self) {
        self.services.iter_mut().for_each(ServiceStats::tick);
    }

    /// A sum over all services.
    pub fn sum(&self, of: impl Fn(&ServiceStats) -> u64) -> u64 {
        self.services.iter().map(of).sum()
    }

    /// The largest number of threads that one service ever held.
    pub(super) fn held_peak(&self) -> Peak {
        let peaks = self.services.iter().map(|s| s.busy.max);
        peaks.fold(Peak::default(), Peak::higher)
    }
}
