//! How many replicas a service should have: target tracking, with the rules and defaults of Kubernetes' horizontal pod autoscaler
//! (documentation, "Horizontal Pod Autoscaling", and `HorizontalPodAutoscalerBehavior` of autoscaling/v2).
//!
//! Every `every` the mean of a metric over the replicas that serve is compared with its target: `desired = ceil(replicas × metric /
//! target)`, and nothing if that is within `tolerance`. Of what was desired in the last `down_window`, the most counts before
//! replicas are removed; of the last `up_window`, the least before any are added. And of both, no more at a time than the policies
//! allow.

mod settings;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub use settings::{ScaleSettings, Target};

/// A running autoscaler. It decides; to start and stop replicas is its owner's work, who must do as it says.
#[derive(Clone, Debug)]
pub struct Scaler {
    settings: ScaleSettings,
    /// What was desired by the metric alone, and when, ns; the oldest in front.
    desired: VecDeque<(u64, u32)>,
    /// How many replicas were added (or removed, below 0), and when, ns; the oldest in front.
    changes: VecDeque<(u64, i64)>,
}

/// What rounding may add to a ratio that should be a whole number.
const ROUNDING: f64 = 1e-9;

impl Scaler {
    /// An autoscaler that has not decided anything yet.
    pub fn new(settings: &ScaleSettings) -> Self {
        Self {
            settings: settings.clone(),
            desired: VecDeque::new(),
            changes: VecDeque::new(),
        }
    }

    /// How many replicas there should be. Of `replicas`, `ready` serve, and `metric` is the mean over those. To be asked each `every`.
    pub fn decide(&mut self, now: u64, replicas: u32, ready: u32, metric: f64) -> u32 {
        let (min, max) = (self.settings.min, self.settings.max);
        let wanted = if replicas > max {
            max
        } else if replicas < min {
            min
        } else {
            if self.desired.is_empty() {
                self.desired.push_back((now, replicas));
            }
            let desired = self.by_metric(replicas, ready, metric);
            let steady = self.stabilised(now, replicas, desired);
            self.allowed(now, replicas, steady).clamp(min, max)
        };
        if wanted != replicas {
            let change = i64::from(wanted) - i64::from(replicas);
            self.changes.push_back((now, change));
        }
        wanted
    }

    /// What the metric alone asks for. A replica that does not serve yet counts as idle when more are asked for, and not at all when
    /// fewer are.
    fn by_metric(&self, replicas: u32, ready: u32, metric: f64) -> u32 {
        if ready == 0 || !metric.is_finite() {
            return replicas;
        }
        let mut ratio = metric / self.settings.target.value();
        let mut counted = ready;
        if ratio > 1.0 && ready < replicas {
            ratio *= f64::from(ready) / f64::from(replicas);
            counted = replicas;
            if ratio < 1.0 {
                return replicas;
            }
        }
        if (ratio - 1.0).abs() <= self.settings.tolerance.p() + ROUNDING {
            return replicas;
        }
        (ratio * f64::from(counted) - ROUNDING).ceil() as u32
    }

    /// Not fewer than the most that was desired in the window before replicas are removed, not more than the least before they are
    /// added. A wish counts for the whole window, its end included: so nothing is removed until the window is over after a drop,
    /// whenever between two looks it happened.
    fn stabilised(&mut self, now: u64, replicas: u32, desired: u32) -> u32 {
        let (up_ns, down_ns) = (self.settings.up_window.ns(), self.settings.down_window.ns());
        let within = |at: u64, window_ns: u64| window_ns > 0 && now.saturating_sub(at) <= window_ns;
        while let Some(&(at, _)) = self.desired.front()
            && !within(at, up_ns.max(down_ns))
        {
            self.desired.pop_front();
        }
        let (mut up, mut down) = (desired, desired);
        for &(at, wish) in &self.desired {
            if within(at, up_ns) {
                up = up.min(wish);
            }
            if within(at, down_ns) {
                down = down.max(wish);
            }
        }
        self.desired.push_back((now, desired));
        replicas.max(up).min(down)
    }

    /// No more is added or removed than the policies allow in a period.
    fn allowed(&mut self, now: u64, replicas: u32, desired: u32) -> u32 {
        let period_ns = self.settings.period.ns();
        while let Some(&(at, _)) = self.changes.front()
            && now.saturating_sub(at) >= period_ns
        {
            self.changes.pop_front();
        }
        let changed: i64 = self.changes.iter().map(|&(_, change)| change).sum();
        let start = (i64::from(replicas) - changed).max(0) as f64;
        let by_count = start + f64::from(self.settings.up_count);
        let by_share = (start * (1.0 + self.settings.up_share.p()) - ROUNDING).ceil();
        let most = (by_count.max(by_share) as u32).max(replicas);
        let least = start * (1.0 - self.settings.down_share.p()) + ROUNDING;
        let least = (least as u32).min(replicas);
        desired.clamp(least, most)
    }
}
