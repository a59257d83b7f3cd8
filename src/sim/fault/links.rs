//! Links that carry messages badly.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::dist::Dist;
use super::super::net::Effect;
use super::super::units::{Chance, Duration, Size};
use super::link::{LinkFault, between_from_and_to};
use super::{Factor, Target};

fn not_never(chance: Chance, at: Path, out: &mut Vec<Complaint>) {
    if chance.is_never() {
        out.push(Complaint::error(at, "a share of 0% does nothing"));
    }
}

/// Messages take longer: so many times as long, or by so much, or both. Without either it does nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkSlow {
    /// One side.
    pub from: Target,
    /// The other side.
    pub to: Target,
    /// How many times the usual latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Factor>,
    /// How much is added to each latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Dist>,
    /// Only what `from` sends to `to`; otherwise both ways.
    #[serde(default)]
    pub one_way: bool,
}

impl LinkFault for LinkSlow {
    between_from_and_to!();

    fn effects(&self) -> Vec<Effect> {
        let factor = self.factor.map(|f| Effect::SlowMilli(f.milli()));
        let delay = self.delay.clone().map(Effect::Delay);
        factor.into_iter().chain(delay).collect()
    }

    fn words(&self) -> (&'static str, String) {
        let how = self.factor.map_or_else(String::new, |f| format!(" {f}"));
        let delay = if self.delay.is_some() { " delayed" } else { "" };
        ("slow link", format!("{how}{delay}"))
    }

    fn mistakes(&self, at: &Path, out: &mut Vec<Complaint>) {
        if let Some(factor) = self.factor {
            factor.check(&at.field("factor"), out);
        }
        if let Some(Err(message)) = self.delay.as_ref().map(Dist::check) {
            out.push(Complaint::error(at.field("delay"), message));
        }
        if self.factor.is_none() && self.delay.is_none() {
            let complaint =
                Complaint::error(at.clone(), "this slows nothing: how slow is not said");
            out.push(complaint.help("add factor: 10, or delay: \"200ms\""));
        }
    }
}

/// What is lost on a lossy link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    /// Packets: the sender's machine sends them again, as TCP does, and messages are late.
    #[default]
    Packets,
    /// Whole requests and answers, for good, as by a proxy that swallows them. Nobody is told.
    Messages,
}

/// Packets get lost, each for itself; or whole messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkLossy {
    /// One side.
    pub from: Target,
    /// The other side.
    pub to: Target,
    /// The share that is lost.
    pub loss: Chance,
    /// Of what.
    #[serde(default)]
    pub of: Of,
    /// Only what `from` sends to `to`; otherwise both ways.
    #[serde(default)]
    pub one_way: bool,
}

impl LinkFault for LinkLossy {
    between_from_and_to!();

    fn effects(&self) -> Vec<Effect> {
        let share = self.loss.p();
        match self.of {
            Of::Packets => vec![Effect::Loss(share)],
            Of::Messages => vec![Effect::Swallow(share)],
        }
    }

    fn words(&self) -> (&'static str, String) {
        match self.of {
            Of::Packets => ("lossy link", format!(" {}", self.loss)),
            Of::Messages => ("swallowing link", format!(" {}", self.loss)),
        }
    }

    fn mistakes(&self, at: &Path, out: &mut Vec<Complaint>) {
        not_never(self.loss, at.field("loss"), out);
    }
}

/// Messages arrive twice, as from a proxy that tries again. (Of packets that arrive twice TCP shows nothing.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkDuplicating {
    /// One side.
    pub from: Target,
    /// The other side.
    pub to: Target,
    /// The share that does.
    pub share: Chance,
    /// Only what `from` sends to `to`; otherwise both ways.
    #[serde(default)]
    pub one_way: bool,
}

impl LinkFault for LinkDuplicating {
    between_from_and_to!();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Duplicate(self.share.p())]
    }

    fn words(&self) -> (&'static str, String) {
        ("duplicating link", format!(" {}", self.share))
    }

    fn mistakes(&self, at: &Path, out: &mut Vec<Complaint>) {
        not_never(self.share, at.field("share"), out);
    }
}

/// Messages fall behind later ones, as on several connections at once. (Packets TCP puts in order again.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkReordering {
    /// One side.
    pub from: Target,
    /// The other side.
    pub to: Target,
    /// The share that does.
    pub share: Chance,
    /// By how much at most; how much is evenly spread below.
    pub by: Duration,
    /// Only what `from` sends to `to`; otherwise both ways.
    #[serde(default)]
    pub one_way: bool,
}

impl LinkFault for LinkReordering {
    between_from_and_to!();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Reorder(self.share.p(), self.by.ns())]
    }

    fn words(&self) -> (&'static str, String) {
        ("reordering link", format!(" {}", self.share))
    }

    fn mistakes(&self, at: &Path, out: &mut Vec<Complaint>) {
        not_never(self.share, at.field("share"), out);
        if self.by.is_zero() {
            out.push(Complaint::error(
                at.field("by"),
                "nothing falls behind by no time",
            ));
        }
    }
}

/// Links carry fewer bytes; messages queue up for them. Of several such faults the narrowest counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkBandwidth {
    /// One side.
    pub from: Target,
    /// The other side.
    pub to: Target,
    /// Bytes a second.
    pub bandwidth: Size,
    /// Only what `from` sends to `to`; otherwise both ways.
    #[serde(default)]
    pub one_way: bool,
}

impl LinkFault for LinkBandwidth {
    between_from_and_to!();

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Bandwidth(self.bandwidth.bytes())]
    }

    fn words(&self) -> (&'static str, String) {
        ("narrow link", format!(" {}/s", self.bandwidth))
    }

    fn mistakes(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.bandwidth.bytes() == 0 {
            let complaint = Complaint::error(
                at.field("bandwidth"),
                "a link without bandwidth carries nothing",
            );
            out.push(complaint.help("use Cut"));
        }
    }
}
