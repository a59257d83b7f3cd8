//! How an autoscaler is set.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::{count, seconds};
use crate::sim::units::{Chance, Duration};

/// An autoscaler of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleSettings {
    /// The fewest replicas (`minReplicas`: 1).
    #[serde(default = "count::<1>")]
    pub min: u32,
    /// The most replicas (`maxReplicas`).
    pub max: u32,
    /// What is measured, and how much of it there should be at each replica.
    #[serde(default)]
    pub target: Target,
    /// How often it is looked at (`--horizontal-pod-autoscaler-sync-period`: 15 s).
    #[serde(default = "seconds::<15>")]
    pub every: Duration,
    /// Metrics this close to the target change nothing (`--horizontal-pod-autoscaler-tolerance`: 0.1).
    #[serde(default = "tenth")]
    pub tolerance: Chance,
    /// Before replicas are added, the least that was desired in this time counts (`scaleUp.stabilizationWindowSeconds`: 0).
    #[serde(default)]
    pub up_window: Duration,
    /// Before replicas are removed, the most that was desired in this time counts (`scaleDown.stabilizationWindowSeconds`: 300).
    #[serde(default = "seconds::<300>")]
    pub down_window: Duration,
    /// How many replicas may be added in a `period`, if that is more than `up_share` (the policy of pods: 4).
    #[serde(default = "count::<4>")]
    pub up_count: u32,
    /// Which share of the replicas may be added in a `period` (the policy of percent: 100 %).
    #[serde(default = "all")]
    pub up_share: Chance,
    /// Which share of the replicas may be removed in a `period` (100 %).
    #[serde(default = "all")]
    pub down_share: Chance,
    /// The period of these policies (`periodSeconds`: 15).
    #[serde(default = "seconds::<15>")]
    pub period: Duration,
    /// How long a new replica takes until it serves: to be placed, to fetch its image, to start, to be found ready.
    pub start_delay: Duration,
}

/// What an autoscaler tracks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Target {
    /// Which share of a replica's threads is busy: `Utilisation("80%")`. It is never above 100 %, however long the queue, so the answer
    /// to a surge is at most `1 / target` times as many replicas at each look.
    Utilisation(Chance),
    /// How many requests wait at a replica: `QueueLength(10)`.
    QueueLength(f64),
}

impl Default for Target {
    /// 80 % of utilisation (`metrics` of `HorizontalPodAutoscalerSpec`).
    fn default() -> Self {
        Self::Utilisation(Chance::from_p(0.8))
    }
}

impl Target {
    /// In the unit of the metric: a share from 0 to 1, or requests.
    pub fn value(self) -> f64 {
        match self {
            Self::Utilisation(share) => share.p(),
            Self::QueueLength(requests) => requests,
        }
    }
}

/// More replicas than this are a slip.
const REPLICAS_MAX: u32 = 10_000;

/// A window of more looks than this is a slip.
const LOOKS_MAX: u64 = 100_000;

impl ScaleSettings {
    /// Looks for mistakes; `at` is where these settings stand.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let mut complain = |field: &str, rests_on: &[&str], why: String| {
            out.push(Complaint::error(at.field(field), why).rests_on_own(at, rests_on));
        };
        if self.min == 0 {
            complain("min", &[], "at least 1 replica must stay".to_owned());
        }
        if self.max < self.min {
            let why = format!("max ({}) is below min ({})", self.max, self.min);
            complain("max", &["min"], why);
        } else if self.max > REPLICAS_MAX {
            let why = format!("at most {REPLICAS_MAX} replicas, not {}", self.max);
            complain("max", &[], why);
        }
        let target = self.target.value();
        if !target.is_finite() || target <= 0.0 {
            complain("target", &[], "the target must be above 0".to_owned());
        }
        if self.every.is_zero() {
            complain("every", &[], "it must be longer than 0".to_owned());
        } else {
            for (field, window) in [
                ("up_window", self.up_window),
                ("down_window", self.down_window),
            ] {
                if window.ns() / self.every.ns() > LOOKS_MAX {
                    let why = format!("{window} are too many looks of {}", self.every);
                    complain(field, &["every"], why);
                }
            }
        }
        if self.up_count == 0 && self.up_share.is_never() {
            let why = "no replica could ever be added".to_owned();
            complain("up_count", &["up_share"], why);
        }
        if self.period.is_zero() {
            complain("period", &[], "it must be longer than 0".to_owned());
        }
    }
}

const fn all() -> Chance {
    Chance::ALWAYS
}

const fn tenth() -> Chance {
    Chance::from_p(0.1)
}
