//! Outlier detection with the rules of Envoy: a replica that fails unlike the others gets no calls for a while.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::{Chance, Duration};

/// Settings of outlier detection. Names, defaults and rules are Envoy's (API reference, `cluster.v3.OutlierDetection`;
/// architecture overview, "Outlier detection").
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutlierSettings {
    /// So many failures of a replica in a row eject it; 0: no number of them does.
    pub consecutive_5xx: u32,
    /// The time between two looks at all replicas, at which they are compared and ejections end.
    pub interval: Duration,
    /// How long an ejection lasts: so long for the first, twice as long for the second in a row, and so on.
    pub base_ejection_time: Duration,
    /// No ejection lasts longer.
    pub max_ejection_time: Duration,
    /// No more of the replicas are ejected at the same time.
    pub max_ejection_percent: Chance,
    /// Whether one may be ejected even if that is more than `max_ejection_percent`.
    pub always_eject_one_host: bool,
    /// Success rates are compared among so many replicas with enough calls, or not at all.
    pub success_rate_minimum_hosts: u32,
    /// A replica with fewer calls since the last look is not compared.
    pub success_rate_request_volume: u32,
    /// A replica is ejected whose success rate is below the mean of all less so many thousandths of the standard deviation.
    pub success_rate_stdev_factor: u32,
}

impl Default for OutlierSettings {
    fn default() -> Self {
        Self {
            consecutive_5xx: 5,
            interval: Duration::from_secs(10),
            base_ejection_time: Duration::from_secs(30),
            max_ejection_time: Duration::from_secs(300),
            max_ejection_percent: Chance::from_p(0.1),
            always_eject_one_host: false,
            success_rate_minimum_hosts: 5,
            success_rate_request_volume: 100,
            success_rate_stdev_factor: 1900,
        }
    }
}

impl OutlierSettings {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let least = Duration::from_ms(1);
        let times = [
            ("interval", self.interval),
            ("base_ejection_time", self.base_ejection_time),
        ];
        for (field, time) in times {
            if time < least {
                let why = format!("{time} is too short: at least {least}");
                out.push(Complaint::error(at.field(field), why));
            }
        }
        if self.max_ejection_time < self.base_ejection_time {
            let why = format!("{} is less than the first ejection", self.max_ejection_time);
            let complaint = Complaint::error(at.field("max_ejection_time"), why);
            out.push(complaint.related(at.field("base_ejection_time"), "the first ejection"));
        }
    }

    /// Says what does not fit a service of so many replicas.
    pub fn check_replicas(&self, replicas: u32, at: &Path, out: &mut Vec<Complaint>) {
        if !self.always_eject_one_host && !self.may_eject(0, replicas) {
            let why = format!(
                "no replica is ever ejected: one of {replicas} is more than {}",
                self.max_ejection_percent
            );
            let complaint = Complaint::warning(at.field("max_ejection_percent"), why)
                .help("allow more, or set `always_eject_one_host: true`");
            out.push(complaint.rests_on(&["nodes"]));
        }
    }

    /// Whether one more may be ejected.
    fn may_eject(&self, ejected: u32, replicas: u32) -> bool {
        let share = f64::from(ejected + 1) / f64::from(replicas.max(1));
        share <= self.max_ejection_percent.p() || (self.always_eject_one_host && ejected == 0)
    }
}

/// Who is ejected, and why others soon may be.
#[derive(Clone, Debug)]
pub struct Outliers {
    settings: OutlierSettings,
    replicas: Box<[Watched]>,
    /// The first so many serve.
    members: usize,
    ejected: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Watched {
    /// Failures in a row.
    failures: u32,
    /// Calls since the last look, and those that succeeded.
    calls: u32,
    successes: u32,
    ejected_at: Option<u64>,
    returned_at: Option<u64>,
    /// How many times `base_ejection_time` an ejection lasts.
    multiplier: u64,
}

impl Outliers {
    /// For so many replicas, none of which is ejected.
    pub fn new(settings: &OutlierSettings, replicas: u32) -> Self {
        Self {
            settings: *settings,
            replicas: vec![Watched::default(); replicas as usize].into(),
            members: replicas as usize,
            ejected: 0,
        }
    }

    /// The first so many serve from now on. What was known of the others is forgotten, and they count neither in
    /// `max_ejection_percent` nor in the comparison.
    pub fn members(&mut self, running: u32) {
        self.members = (running as usize).min(self.replicas.len());
        for gone in &mut self.replicas[self.members..] {
            self.ejected -= u32::from(gone.ejected_at.is_some());
            *gone = Watched::default();
        }
    }

    /// A call to a replica succeeded or failed (timeouts and broken connections are failures too). Whether that ejected it.
    pub fn on_result(&mut self, replica: u32, ok: bool, now: u64) -> bool {
        let state = &mut self.replicas[replica as usize];
        state.calls = state.calls.saturating_add(1);
        if ok {
            state.successes = state.successes.saturating_add(1);
            state.failures = 0;
            return false;
        }
        state.failures = state.failures.saturating_add(1);
        let is_bout = state.failures == self.settings.consecutive_5xx;
        if !is_bout || state.ejected_at.is_some() || replica as usize >= self.members {
            return false;
        }
        // It counts anew, whether or not it may be ejected.
        state.failures = 0;
        self.eject(replica as usize, now)
    }

    /// The look at all replicas, each `interval`: ends ejections, compares success rates, and shortens what the next ejection of
    /// those that do well will last.
    pub fn tick(&mut self, now: u64) {
        for replica in 0..self.members {
            let state = &self.replicas[replica];
            let is_over = state
                .ejected_at
                .is_some_and(|at| now.saturating_sub(at) >= self.ejection_ns(state.multiplier));
            if is_over {
                self.bring_back(replica as u32, now);
            }
        }
        self.compare(now);
        let interval_ns = self.settings.interval.ns();
        for state in &mut self.replicas {
            state.calls = 0;
            state.successes = 0;
            let healthy = state.ejected_at.is_none();
            let for_long = state
                .returned_at
                .is_some_and(|at| now.saturating_sub(at) >= interval_ns);
            if healthy && for_long {
                state.multiplier = state.multiplier.saturating_sub(1);
            }
        }
    }

    /// Ends the ejection of a replica: its time is over, or an active health check succeeded.
    pub fn bring_back(&mut self, replica: u32, now: u64) {
        let state = &mut self.replicas[replica as usize];
        if state.ejected_at.take().is_some() {
            state.returned_at = Some(now);
            state.failures = 0;
            self.ejected -= 1;
        }
    }

    /// Whether a replica gets no calls.
    pub fn is_ejected(&self, replica: u32) -> bool {
        self.replicas[replica as usize].ejected_at.is_some()
    }

    /// How many get no calls.
    pub fn ejected(&self) -> u32 {
        self.ejected
    }

    /// The time between two looks, ns.
    pub fn interval_ns(&self) -> u64 {
        self.settings.interval.ns()
    }

    fn eject(&mut self, replica: usize, now: u64) -> bool {
        let allowed = self.settings.may_eject(self.ejected, self.members as u32);
        if allowed {
            let (base, max) = (
                self.settings.base_ejection_time.ns(),
                self.settings.max_ejection_time.ns(),
            );
            let state = &mut self.replicas[replica];
            if state.multiplier.saturating_mul(base) < max.saturating_add(base) {
                state.multiplier += 1;
            }
            state.ejected_at = Some(now);
            self.ejected += 1;
        }
        allowed
    }

    fn ejection_ns(&self, multiplier: u64) -> u64 {
        let base = self.settings.base_ejection_time.ns();
        base.saturating_mul(multiplier)
            .min(self.settings.max_ejection_time.ns())
    }

    /// Ejects those that succeed less often than the others.
    fn compare(&mut self, now: u64) {
        let Some(threshold) = self.success_rate_threshold() else {
            return;
        };
        for replica in 0..self.members {
            let rate = self.success_rate(&self.replicas[replica]);
            if rate.is_some_and(|rate| rate < threshold) {
                self.eject(replica, now);
            }
        }
    }

    /// The rate below which a replica is an outlier, in percent; `None`: there are too few to tell.
    fn success_rate_threshold(&self) -> Option<f64> {
        let members = &self.replicas[..self.members];
        let rates = || members.iter().filter_map(|r| self.success_rate(r));
        let count = rates().count();
        if count == 0 || count < self.settings.success_rate_minimum_hosts as usize {
            return None;
        }
        let mean = rates().sum::<f64>() / count as f64;
        let variance = rates().map(|r| (r - mean) * (r - mean)).sum::<f64>() / count as f64;
        let factor = f64::from(self.settings.success_rate_stdev_factor) / 1000.0;
        Some(mean - factor * variance.sqrt())
    }

    /// The success rate since the last look in percent, of a replica that takes part in the comparison.
    fn success_rate(&self, replica: &Watched) -> Option<f64> {
        let enough = replica.calls >= self.settings.success_rate_request_volume.max(1);
        (enough && replica.ejected_at.is_none())
            .then(|| 100.0 * f64::from(replica.successes) / f64::from(replica.calls))
    }
}
