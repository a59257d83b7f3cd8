//! Which replicas a client thinks healthy: by asking them (active), or by what becomes of its calls (passive).

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;

/// Settings of active health checks: a replica is asked at intervals. Names are Envoy's (API reference, `core.v3.HealthCheck`),
/// which has no defaults; those are of an AWS Network Load Balancer (Elastic Load Balancing API, `CreateTargetGroup`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheckSettings {
    /// The time from one check of a replica to the next.
    pub interval: Duration,
    /// A check without an answer after so long has failed.
    pub timeout: Duration,
    /// So many checks in a row must succeed before an unhealthy replica is healthy.
    pub healthy_threshold: u32,
    /// So many checks in a row must fail before a healthy replica is unhealthy.
    pub unhealthy_threshold: u32,
}

impl Default for HealthCheckSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
            healthy_threshold: 5,
            unhealthy_threshold: 2,
        }
    }
}

impl HealthCheckSettings {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.interval < Duration::from_ms(1) {
            let why = format!("{} is too short: at least 1ms", self.interval);
            out.push(Complaint::error(at.field("interval"), why));
        }
        if self.timeout.is_zero() {
            let why = "no check succeeds within 0s";
            out.push(Complaint::error(at.field("timeout"), why));
        } else if self.timeout > self.interval {
            let why = format!(
                "a check may last longer than the {} to the next",
                self.interval
            );
            let complaint = Complaint::error(at.field("timeout"), why);
            out.push(complaint.related(at.field("interval"), "the interval"));
        }
        let thresholds = [
            ("healthy_threshold", self.healthy_threshold),
            ("unhealthy_threshold", self.unhealthy_threshold),
        ];
        for (field, threshold) in thresholds {
            if threshold == 0 {
                let why = "it takes one check at least";
                out.push(Complaint::error(at.field(field), why));
            }
        }
    }
}

/// What active checks say of each replica. All are healthy at first: a run begins with a service that runs.
#[derive(Clone, Debug)]
pub struct HealthChecks {
    settings: HealthCheckSettings,
    replicas: Box<[Checked]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Checked {
    unhealthy: bool,
    /// Checks in a row that contradict that.
    against: u32,
}

impl HealthChecks {
    /// For so many replicas.
    pub fn new(settings: &HealthCheckSettings, replicas: u32) -> Self {
        Self {
            settings: *settings,
            replicas: vec![Checked::default(); replicas as usize].into(),
        }
    }

    /// A check of a replica succeeded or failed. Gives what it is now, if that changed: whether it is healthy.
    pub fn on_check(&mut self, replica: u32, ok: bool) -> Option<bool> {
        let state = &mut self.replicas[replica as usize];
        if ok != state.unhealthy {
            state.against = 0;
            return None;
        }
        state.against += 1;
        let needed = if ok {
            self.settings.healthy_threshold
        } else {
            self.settings.unhealthy_threshold
        };
        (state.against >= needed).then(|| {
            *state = Checked {
                unhealthy: !ok,
                against: 0,
            };
            ok
        })
    }

    /// What checks said of a replica is forgotten: it is not the one it was.
    pub fn forget(&mut self, replica: u32) {
        self.replicas[replica as usize] = Checked::default();
    }

    /// Whether a replica is healthy.
    pub fn is_healthy(&self, replica: u32) -> bool {
        !self.replicas[replica as usize].unhealthy
    }
}

/// Settings of passive health checks, by what becomes of calls. Names, defaults and rule are nginx's
/// (`ngx_http_upstream_module`, `server`): after `max_fails` failures within `fail_timeout` a replica gets no calls for
/// `fail_timeout`; then it gets one, and all again if that succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PassiveSettings {
    /// So many failures.
    pub max_fails: u32,
    /// Within so long, and for so long.
    pub fail_timeout: Duration,
}

impl Default for PassiveSettings {
    fn default() -> Self {
        Self {
            max_fails: 1,
            fail_timeout: Duration::from_secs(10),
        }
    }
}

impl PassiveSettings {
    /// Says what is wrong with these settings.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.max_fails == 0 {
            let why = "after no failure there is nothing to see: leave it out";
            out.push(Complaint::error(at.field("max_fails"), why));
        }
        if self.fail_timeout < Duration::from_ms(1) {
            let why = format!("{} is too short: at least 1ms", self.fail_timeout);
            out.push(Complaint::error(at.field("fail_timeout"), why));
        }
    }
}

/// What calls say of each replica.
#[derive(Clone, Debug)]
pub struct Passive {
    max_fails: u32,
    fail_timeout_ns: u64,
    replicas: Box<[Called]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Called {
    fails: u32,
    /// When a call failed last.
    failed_at: u64,
    /// When its time was counted from last: with a failure, and with the first call after `fail_timeout`.
    checked_at: u64,
}

impl Passive {
    /// For so many replicas, none of which has failed.
    pub fn new(settings: &PassiveSettings, replicas: u32) -> Self {
        Self {
            max_fails: settings.max_fails,
            fail_timeout_ns: settings.fail_timeout.ns(),
            replicas: vec![Called::default(); replicas as usize].into(),
        }
    }

    /// Whether a replica may get a call.
    pub fn is_able(&self, replica: u32, now: u64) -> bool {
        let state = &self.replicas[replica as usize];
        state.fails < self.max_fails || self.is_over(state, now)
    }

    /// A replica gets a call.
    pub fn picked(&mut self, replica: u32, now: u64) {
        let over = self.is_over(&self.replicas[replica as usize], now);
        if over {
            self.replicas[replica as usize].checked_at = now;
        }
    }

    /// A call to a replica succeeded or failed.
    pub fn on_result(&mut self, replica: u32, ok: bool, now: u64) {
        let state = &mut self.replicas[replica as usize];
        if !ok {
            state.fails = state.fails.saturating_add(1);
            state.failed_at = now;
            state.checked_at = now;
        } else if state.failed_at < state.checked_at {
            // Called after the time was over, and not failed since.
            state.fails = 0;
        }
    }

    /// What calls said of a replica is forgotten: it is not the one it was.
    pub fn forget(&mut self, replica: u32) {
        self.replicas[replica as usize] = Called::default();
    }

    fn is_over(&self, state: &Called, now: u64) -> bool {
        now.saturating_sub(state.checked_at) > self.fail_timeout_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SECOND;

    /// What becomes of a replica by checks that succeed (`.`) or fail (`x`): `H` or `U` after each.
    fn after(checks: &mut HealthChecks, replica: u32, results: &str) -> String {
        let step = |c| {
            let was = checks.is_healthy(replica);
            let changed = checks.on_check(replica, c == '.');
            let is = checks.is_healthy(replica);
            assert_eq!(changed, (was != is).then_some(is));
            if is { 'H' } else { 'U' }
        };
        results.chars().map(step).collect()
    }

    #[test]
    fn thresholds_count_checks_in_a_row() {
        let mut checks = HealthChecks::new(&HealthCheckSettings::default(), 2);
        // Two failures in a row make unhealthy, five successes in a row healthy.
        let table = [
            ("x.x.xx", "HHHHHU"),
            ("....x", "UUUUU"),
            (".....", "UUUUH"),
            ("x.xx", "HHHU"),
        ];
        for (results, expected) in table {
            assert_eq!(after(&mut checks, 1, results), expected, "{results}");
        }
        assert!(checks.is_healthy(0));
        // A replica in its place begins anew: one failure is not the second.
        checks.forget(1);
        assert_eq!(after(&mut checks, 1, "xx"), "HU");
        checks.forget(1);
        assert!(checks.is_healthy(1));
    }

    #[test]
    fn one_failure_stops_calls_for_ten_seconds_then_one_call_probes() {
        let mut passive = Passive::new(&PassiveSettings::default(), 2);
        let s = SECOND;
        passive.picked(0, 20 * s);
        passive.on_result(0, false, 21 * s);
        assert!(!passive.is_able(0, 21 * s) && passive.is_able(1, 21 * s));
        // An answer that was under way does not bring it back.
        passive.on_result(0, true, 22 * s);
        assert!(!passive.is_able(0, 31 * s));
        assert!(passive.is_able(0, 31 * s + 1));
        // One call, not a flood.
        passive.picked(0, 32 * s);
        assert!(!passive.is_able(0, 32 * s));
        // It fails: ten more seconds.
        passive.on_result(0, false, 33 * s);
        assert!(!passive.is_able(0, 43 * s));
        passive.picked(0, 44 * s);
        // It succeeds: back for good.
        passive.on_result(0, true, 45 * s);
        for now in [45, 46, 100] {
            assert!(passive.is_able(0, now * s));
        }
        // What another one in its place did not do is not held against it.
        passive.on_result(0, false, 101 * s);
        passive.forget(0);
        assert!(passive.is_able(0, 101 * s));
    }

    #[test]
    fn failures_far_apart_do_not_add_up() {
        let settings = PassiveSettings {
            max_fails: 2,
            ..PassiveSettings::default()
        };
        let s = SECOND;
        let mut passive = Passive::new(&settings, 1);
        let call = |passive: &mut Passive, now, ok| {
            passive.picked(0, now);
            passive.on_result(0, ok, now);
            passive.is_able(0, now)
        };
        assert!(call(&mut passive, 20 * s, false));
        assert!(call(&mut passive, 31 * s, true)); // after 10 s: forgotten
        assert!(call(&mut passive, 32 * s, false));
        assert!(call(&mut passive, 33 * s, true)); // within 10 s: not forgotten
        assert!(!call(&mut passive, 34 * s, false));
    }

    #[test]
    fn impossible_settings_are_named() {
        let mut out = Vec::new();
        let none: HealthCheckSettings =
            ron::from_str("(timeout: \"31s\", unhealthy_threshold: 0)").unwrap();
        none.check(&Path::root().field("health"), &mut out);
        let never: PassiveSettings = ron::from_str("(max_fails: 0)").unwrap();
        never.check(&Path::root().field("passive"), &mut out);
        HealthCheckSettings::default().check(&Path::root(), &mut out);
        PassiveSettings::default().check(&Path::root(), &mut out);
        let fields: Vec<String> = out.iter().map(|c| c.at.to_string()).collect();
        let expected = [
            "health.timeout",
            "health.unhealthy_threshold",
            "passive.max_fails",
        ];
        assert_eq!(fields, expected);
    }
}
