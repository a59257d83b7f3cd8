//! How a client calls a service: what it does about slowness and failure. Each part may be left out; without any, a call is
//! made once and waits for ever.
//!
//! The parts stand around an attempt as resilience4j's decorators do by default (its documentation, "Getting Started",
//! aspect order): Retry ( `CircuitBreaker` ( `RateLimiter` ( Timeout ( Bulkhead ( call ) ) ) ) ). The deadline is around all.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;

use super::{Balance, BreakerSettings, BulkheadSettings, Retry, RetryBudget};

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
    /// How long an attempt may take; `None`: for ever.
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
    /// Whether a substitute is used where the call fails: the caller goes on, with less.
    pub fallback: bool,
    /// After a replica turned a request away, nothing is sent to it for so long, and what was turned away waits for that
    /// here instead of failing: back-pressure, as HTTP's `Retry-After` (RFC 9110, 10.2.3) asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_pressure: Option<Duration>,
    /// Which replica is called.
    pub balance: Balance,
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
        self.check_together(at, out);
    }

    fn check_together(&self, at: &Path, out: &mut Vec<Complaint>) {
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

    /// Whether an attempt that ended so is followed by another.
    pub(super) fn retries_on(&self, failure: Failure) -> bool {
        match &self.retry_on {
            Some(list) => list.contains(&failure),
            None => Failure::USUAL.contains(&failure),
        }
    }
}
