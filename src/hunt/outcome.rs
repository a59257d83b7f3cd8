//! What came of a run: its expectations, one by one, and whether that is what the scenario promised.

use super::{Session, Watch};
use crate::checks::{Expect, Outcome as Answer};
use crate::sim::amount::Amount;

/// One expectation and its answer.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// What was expected.
    pub expect: Expect,
    /// What is true.
    pub answer: Answer,
    /// The value of the metric it speaks of.
    pub measured: Option<Amount>,
}

impl Expectation {
    /// Whether it is met.
    pub fn is_met(&self) -> bool {
        self.answer == Answer::Met
    }

    /// What was measured, met or not, or why it cannot be said; none for a property that is as expected.
    pub fn remark(&self) -> Option<String> {
        let measured = || self.measured.map(|amount| format!("it is {amount}"));
        self.answer.why().map(str::to_owned).or_else(measured)
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The expectations, in the scenario's order.
    pub expectations: Vec<Expectation>,
    /// How many findings there were.
    pub findings: u64,
}

impl Outcome {
    /// Of a session as far as it got; nothing is known of one that nobody watched.
    pub fn of(session: &Session) -> Option<Self> {
        let watch = session.watch()?;
        let expectations = session.scenario().expect.iter();
        let expectations = expectations
            .map(|e| Expectation {
                expect: e.clone(),
                answer: answer(e, watch),
                measured: e.metric().and_then(|(name, _)| watch.metrics.metric(name)),
            })
            .collect();
        Some(Self {
            expectations,
            findings: watch.checks.count(),
        })
    }

    /// Whether all expectations are met; without any, whether there was no finding.
    pub fn is_met(&self) -> bool {
        if self.expectations.is_empty() {
            return self.findings == 0;
        }
        self.expectations.iter().all(Expectation::is_met)
    }
}

fn answer(expect: &Expect, watch: &Watch) -> Answer {
    expect.evaluate(
        |property| watch.checks.verdict(property),
        |name| watch.metrics.metric(name),
    )
}
