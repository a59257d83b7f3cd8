//! What a scenario expects of a run.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sim::amount::{Amount, Unit};
use crate::sim::units::Duration;

use super::{Property, Verdict};

/// An expectation. The variants are words of the scenario language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Expect {
    /// The property holds to the end.
    Holds(Property),
    /// The property breaks: what the scenario is there to show.
    Breaks(Property),
    /// Short for `Holds(Recovers(within: …))`.
    Recovers {
        /// The time.
        within: Duration,
    },
    /// The metric of that name is at least this at the end.
    AtLeast(String, Amount),
    /// The metric of that name is at most this at the end.
    AtMost(String, Amount),
}

/// Whether an expectation is met.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is.
    Met,
    /// It is not; why, as a sentence without a full stop.
    NotMet(String),
    /// It cannot be said: the run was too short, or there is no such metric.
    Unknown(String),
}

impl Outcome {
    /// One word: `met`, `not met`, `unknown`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet(_) => "not met",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Why it is not met, if it is not.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Met => None,
            Self::NotMet(why) | Self::Unknown(why) => Some(why),
        }
    }
}

impl Expect {
    /// The property it speaks of.
    pub fn property(&self) -> Option<Property> {
        match self {
            Self::Holds(property) | Self::Breaks(property) => Some(*property),
            Self::Recovers { within } => Some(Property::Recovers { within: *within }),
            Self::AtLeast(..) | Self::AtMost(..) => None,
        }
    }

    /// The metric it speaks of, and what it is compared with.
    pub fn metric(&self) -> Option<(&str, Amount)> {
        match self {
            Self::AtLeast(name, amount) | Self::AtMost(name, amount) => Some((name, *amount)),
            _ => None,
        }
    }

    /// What is wrong with comparing a metric of this unit with the amount given, if anything.
    pub fn mismatch(&self, unit: Unit) -> Option<String> {
        let (name, amount) = self.metric()?;
        (amount.unit != unit).then(|| {
            format!(
                "`{name}` is measured in {}: write it like {}",
                match unit {
                    Unit::Count => "plain numbers",
                    Unit::Time => "time",
                    Unit::Rate => "a rate",
                    Unit::Ratio => "percent",
                    Unit::Bytes => "bytes",
                },
                unit.example()
            )
        })
    }

    /// In plain words: `no acknowledged message lost`, `breaks: …`, `messages.lost at most 0`.
    pub fn label(&self) -> String {
        match self {
            Self::Holds(property) => property.label(),
            Self::Breaks(property) => format!("breaks: {}", property.label()),
            Self::Recovers { within } => Property::Recovers { within: *within }.label(),
            Self::AtLeast(name, amount) => format!("{name} at least {amount}"),
            Self::AtMost(name, amount) => format!("{name} at most {amount}"),
        }
    }

    /// Whether it is met, given the verdicts and the metrics at the end of a run.
    pub fn evaluate<'a>(
        &self,
        verdict: impl FnOnce(&Property) -> Option<Verdict<'a>>,
        metric: impl FnOnce(&str) -> Option<Amount>,
    ) -> Outcome {
        if let Some(property) = self.property() {
            let breaks = matches!(self, Self::Breaks(_));
            return match verdict(&property) {
                None => Outcome::Unknown("it was not checked".to_owned()),
                Some(Verdict::Undecided(why)) => Outcome::Unknown(why.to_owned()),
                Some(Verdict::Holds) if breaks => Outcome::NotMet("it holds".to_owned()),
                Some(Verdict::Broken(first)) if !breaks => Outcome::NotMet(first.message.clone()),
                Some(Verdict::Holds | Verdict::Broken(_)) => Outcome::Met,
            };
        }
        let Some((name, bound)) = self.metric() else {
            return Outcome::Met;
        };
        let Some(value) = metric(name) else {
            return Outcome::Unknown(format!("`{name}` was not measured"));
        };
        if let Some(why) = self.mismatch(value.unit) {
            return Outcome::Unknown(why);
        }
        let met = match self {
            Self::AtLeast(..) => value.value >= bound.value,
            _ => value.value <= bound.value,
        };
        if met {
            Outcome::Met
        } else {
            Outcome::NotMet(format!("it is {value}"))
        }
    }
}

impl fmt::Display for Expect {
    /// As the scenario writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = |amount: &Amount| ron::to_string(amount).unwrap_or_default();
        match self {
            Self::Holds(property) => write!(f, "Holds({property})"),
            Self::Breaks(property) => write!(f, "Breaks({property})"),
            Self::Recovers { within } => write!(f, "Recovers(within: \"{within}\")"),
            Self::AtLeast(name, bound) => write!(f, "AtLeast(\"{name}\", {})", amount(bound)),
            Self::AtMost(name, bound) => write!(f, "AtMost(\"{name}\", {})", amount(bound)),
        }
    }
}
