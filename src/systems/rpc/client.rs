//! How a client calls a service: what it does about slowness and failure. Each part may be left out; without any, a call is
//! made once and waits for ever.
//!
//! An attempt goes through the breaker, the rate limit, the bulkhead and the adaptive limit, in this order, and then out.
//! That is the order of resilience4j's decorators (its documentation, "Getting Started", aspect order): Retry (
//! `CircuitBreaker` ( `RateLimiter` ( `TimeLimiter` ( Bulkhead ( call ) ) ) ) ), with two differences. The timeout counts from
//! when an attempt goes out: a wait for a place in the bulkhead has a limit of its own, as in a pool of connections. And a
//! refusal by a limit of the client says nothing about the service, so the breaker does not count it (resilience4j's does
//! unless told to ignore the exception). The deadline is around all.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::{Chance, Duration};
use crate::systems::Known;

use super::{
    AdaptiveSettings, Balance, BreakerSettings, BulkheadSettings, HealthCheckSettings, Hedge,
    OutlierSettings, PassiveSettings, RateLimitSettings, Retry, RetryBudget,
};

/// How an attempt may end badly, for `retry_on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// The service says that it could not do it.
    Failed,
    /// The service turned it away.
    Rejected,
    /// Nothing came back in time.
    TimedOut,
    /// The connection broke, or nobody listened.
    Disconnected,
    /// The client's own breaker, bulkhead or limit did not let it out. (resilience4j's Retry would try these again unless
    /// told otherwise; here they are not among the defaults.)
    NotPermitted,
}

impl Failure {
    const USUAL: [Self; 4] = [
        Self::Failed,
        Self::Rejected,
        Self::TimedOut,
        Self::Disconnected,
    ];
}

/// How a client calls a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSettings {
    /// The service. (A workload says it elsewhere.)
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// How long an attempt may take from when it goes out; `None`: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// How long the whole call may take, with all its attempts; `None`: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Duration>,
    /// Whether the callee is told how long its caller waits (gRPC's deadline propagation): it may then leave undone what is
    /// too late, and its own calls end with that deadline at the latest.
    pub propagate_deadline: bool,
    /// Further attempts.
    pub retry: Retry,
    /// After which ends of an attempt; without it, all but `NotPermitted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_on: Option<Vec<Failure>>,
    /// How many retries in all there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_budget: Option<RetryBudget>,
    /// Stops calling what mostly fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<BreakerSettings>,
    /// How many attempts may be open at once; also a pool of connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulkhead: Option<BulkheadSettings>,
    /// How many attempts may begin in a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limiter: Option<RateLimitSettings>,
    /// How many attempts may be open at once, as found out from how they go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adaptive_limit: Option<AdaptiveSettings>,
    /// A second attempt before the first is over.
    pub hedge: Hedge,
    /// Whether a substitute is used where the call fails: the caller goes on, with less.
    pub fallback: bool,
    /// After a replica turned a request away, nothing is sent to it for so long, and what was turned away waits for that
    /// here instead of failing: back-pressure, as HTTP's `Retry-After` (RFC 9110, 10.2.3) asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_pressure: Option<Duration>,
    /// Which replica is called.
    pub balance: Balance,
    /// Asks replicas whether they are well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheckSettings>,
    /// Leaves out replicas that calls fail at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passive_health_check: Option<PassiveSettings>,
    /// Leaves out replicas that do worse than the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierSettings>,
    /// With fewer replicas that are well than this share, all are called again: those that are left would only go down under
    /// the load of all (Envoy: `healthy_panic_threshold`, 50 %).
    pub healthy_panic_threshold: PanicThreshold,
}

/// A share of replicas; half, without a word.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PanicThreshold(pub Chance);

impl Default for PanicThreshold {
    fn default() -> Self {
        Self(Chance::from_p(0.5))
    }
}

impl ClientSettings {
    /// What is wrong with it.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        self.retry.check(&at.field("retry"), out);
        self.balance.check(&at.field("balance"), out);
        if let Some(s) = &self.retry_budget {
            s.check(&at.field("retry_budget"), out);
        }
        if let Some(s) = &self.circuit_breaker {
            s.check(&at.field("circuit_breaker"), out);
        }
        if let Some(s) = &self.bulkhead {
            s.check(&at.field("bulkhead"), out);
        }
        if let Some(s) = &self.rate_limiter {
            s.check(&at.field("rate_limiter"), out);
        }
        if let Some(s) = &self.adaptive_limit {
            s.check(&at.field("adaptive_limit"), out);
        }
        self.hedge.check(&at.field("hedge"), out);
        if let Some(s) = &self.health_check {
            s.check(&at.field("health_check"), out);
        }
        if let Some(s) = &self.passive_health_check {
            s.check(&at.field("passive_health_check"), out);
        }
        if let Some(s) = &self.outlier_detection {
            s.check(&at.field("outlier_detection"), out);
        }
        self.check_together(at, out);
    }

    fn check_together(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.back_pressure.is_some_and(Duration::is_zero) {
            let why = "a pause of no time is none";
            let complaint = Complaint::error(at.field("back_pressure"), why);
            out.push(complaint.help("say how long nothing is sent, or leave it out"));
        }
        for (field, time) in [("timeout", self.timeout), ("deadline", self.deadline)] {
            if time.is_some_and(Duration::is_zero) {
                out.push(Complaint::error(
                    at.field(field),
                    "no call is answered in no time",
                ));
            }
        }
        if let (Some(timeout), Some(deadline)) = (self.timeout, self.deadline)
            && timeout > deadline
        {
            let why = format!(
                "an attempt may take {timeout}, and the whole call only {deadline}: the timeout never strikes"
            );
            let complaint = Complaint::warning(at.field("timeout"), why);
            out.push(complaint.rests_on_own(at, &["deadline"]));
        }
        if self.propagate_deadline && self.timeout.is_none() && self.deadline.is_none() {
            let why = "there is no deadline to propagate, unless one comes with the request that is served";
            let complaint = Complaint::warning(at.field("propagate_deadline"), why);
            out.push(complaint.rests_on_own(at, &["deadline", "timeout"]));
        }
        if self.retry.attempts() <= 1 {
            for (field, said) in [
                ("retry_on", self.retry_on.is_some()),
                ("retry_budget", self.retry_budget.is_some()),
            ] {
                if said {
                    let why = "there are no retries";
                    let complaint = Complaint::warning(at.field(field), why);
                    out.push(complaint.rests_on_own(at, &["retry"]));
                }
            }
        }
    }

    /// What is wrong with it for a service of that name, which has so many replicas.
    pub fn check_replicas(&self, to: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let Some(&replicas) = known.replicas.get(to) else {
            return;
        };
        self.balance
            .check_replicas(replicas, &at.field("balance"), out);
        if let Some(outliers) = &self.outlier_detection {
            outliers.check_replicas(replicas, &at.field("outlier_detection"), out);
        }
    }

    /// Whether an attempt that ended so is followed by another.
    pub(super) fn retries_on(&self, failure: Failure) -> bool {
        match &self.retry_on {
            Some(list) => list.contains(&failure),
            None => Failure::USUAL.contains(&failure),
        }
    }
}
