//! Settings of a client that can be changed while it runs.

use std::sync::Arc;

use crate::sim::Fact;
use crate::sim::call::{CallFact, Switch};
use crate::sim::setting::{Kind, Knob, Value};
use crate::sim::units::Duration;
use crate::systems::Ctx;

use super::super::Breaker;
use super::super::retry::ATTEMPTS_MAX;
use super::Caller;

/// Of a client.
pub const CLIENT: &[Knob] = &[
    Knob::optional(
        "timeout",
        Kind::Duration {
            least: Duration::from_ns(1),
            most: Duration::MAX,
        },
        "how long an attempt may take that goes out from now on",
    ),
    Knob::optional(
        "deadline",
        Kind::Duration {
            least: Duration::from_ns(1),
            most: Duration::MAX,
        },
        "how long a call may take that begins from now on",
    ),
    Knob::new(
        "retry.attempts",
        Kind::Count {
            least: 1,
            most: ATTEMPTS_MAX as u64,
        },
        "attempts of a call, the first included",
    ),
    Knob::new(
        "circuit_breaker",
        Kind::Flag,
        "whether there is one; closed when it is turned on",
    ),
];

impl Caller {
    /// What a setting is.
    pub fn setting(&self, setting: &str) -> Option<Value> {
        Some(match setting {
            "timeout" => self.settings.timeout.into(),
            "deadline" => self.settings.deadline.into(),
            "retry.attempts" => self.settings.retry.attempts().into(),
            "circuit_breaker" => self.settings.circuit_breaker.is_some().into(),
            _ => return None,
        })
    }

    /// Changes a setting; whether there is such a one.
    pub fn set(&mut self, setting: &str, value: Value, ctx: &mut Ctx<'_>) -> bool {
        let settings = Arc::make_mut(&mut self.settings);
        match setting {
            "timeout" => settings.timeout = value.duration(),
            "deadline" => settings.deadline = value.duration(),
            "retry.attempts" => {
                let attempts = value.count().unwrap_or(1);
                settings.retry = settings.retry.with_attempts(attempts);
            }
            "circuit_breaker" => self.switch_breaker(value.is_on(), ctx),
            _ => return false,
        }
        true
    }

    /// As it was set up, or with the usual settings if it was set up without one.
    fn switch_breaker(&mut self, on: bool, ctx: &mut Ctx<'_>) {
        let settings = Arc::make_mut(&mut self.settings);
        if on == settings.circuit_breaker.is_some() {
            return;
        }
        settings.circuit_breaker = on.then(|| self.breaker.unwrap_or_default());
        let breaker = settings.circuit_breaker.as_ref().map(Breaker::new);
        if self.gates.replace_breaker(breaker) {
            ctx.record(Fact::Call(CallFact::Breaker {
                service: self.directory.service,
                state: Switch::Closed,
            }));
        }
    }
}
