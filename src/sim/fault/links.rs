//! Links that carry messages badly.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::dist::Dist;
use super::super::net::Effect;
use super::super::process::Process;
use super::super::units::{Chance, Duration, Size};
use super::cut::arrow;
use super::{Factor, Fault, Hold, Target, World, heal};

/// Puts the same effects on the links between two targets.
fn impair<P: Process>(
    world: &mut World<'_, P>,
    sides: [&Target; 2],
    one_way: bool,
    effects: &[Effect],
) -> Hold {
    let [from, to] = sides.map(|side| world.resolve(side));
    let each = |effect| world.impair_ways(&from, &to, one_way, effect);
    let effects = effects.iter().flat_map(each).collect();
    Hold::links([from, to].concat(), effects)
}

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

impl Fault for LinkSlow {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![
            (at.field("from"), self.from.clone()),
            (at.field("to"), self.to.clone()),
        ]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
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

    fn label(&self) -> String {
        let how = self.factor.map_or_else(String::new, |f| format!(" {f}"));
        let delay = if self.delay.is_some() { " delayed" } else { "" };
        let arrow = arrow(self.one_way);
        format!("slow link {} {arrow} {}{how}{delay}", self.from, self.to)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let factor = self.factor.map(|f| Effect::SlowMilli(f.milli()));
        let delay = self.delay.clone().map(Effect::Delay);
        let effects: Vec<Effect> = factor.into_iter().chain(delay).collect();
        impair(world, [&self.from, &self.to], self.one_way, &effects)
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Links)
    }
}

/// Messages get lost, each for itself, and the sender is not told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkLossy {
    /// One side.
    pub from: Target,
    /// The other side.
    pub to: Target,
    /// The share that is lost.
    pub loss: Chance,
    /// Only what `from` sends to `to`; otherwise both ways.
    #[serde(default)]
    pub one_way: bool,
}

impl Fault for LinkLossy {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![
            (at.field("from"), self.from.clone()),
            (at.field("to"), self.to.clone()),
        ]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        not_never(self.loss, at.field("loss"), out);
    }

    fn label(&self) -> String {
        let arrow = arrow(self.one_way);
        format!("lossy link {} {arrow} {} {}", self.from, self.to, self.loss)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        impair(
            world,
            [&self.from, &self.to],
            self.one_way,
            &[Effect::Loss(self.loss.p())],
        )
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Links)
    }
}

/// Messages arrive twice.
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

impl Fault for LinkDuplicating {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![
            (at.field("from"), self.from.clone()),
            (at.field("to"), self.to.clone()),
        ]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        not_never(self.share, at.field("share"), out);
    }

    fn label(&self) -> String {
        let arrow = arrow(self.one_way);
        format!(
            "duplicating link {} {arrow} {} {}",
            self.from, self.to, self.share
        )
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        impair(
            world,
            [&self.from, &self.to],
            self.one_way,
            &[Effect::Duplicate(self.share.p())],
        )
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Links)
    }
}

/// Messages fall behind later ones.
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

impl Fault for LinkReordering {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![
            (at.field("from"), self.from.clone()),
            (at.field("to"), self.to.clone()),
        ]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        not_never(self.share, at.field("share"), out);
        if self.by.is_zero() {
            out.push(Complaint::error(
                at.field("by"),
                "nothing falls behind by no time",
            ));
        }
    }

    fn label(&self) -> String {
        let arrow = arrow(self.one_way);
        format!(
            "reordering link {} {arrow} {} {}",
            self.from, self.to, self.share
        )
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        impair(
            world,
            [&self.from, &self.to],
            self.one_way,
            &[Effect::Reorder(self.share.p(), self.by.ns())],
        )
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Links)
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

impl Fault for LinkBandwidth {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![
            (at.field("from"), self.from.clone()),
            (at.field("to"), self.to.clone()),
        ]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        if self.bandwidth.bytes() == 0 {
            let complaint = Complaint::error(
                at.field("bandwidth"),
                "a link without bandwidth carries nothing",
            );
            out.push(complaint.help("use Cut"));
        }
    }

    fn label(&self) -> String {
        let arrow = arrow(self.one_way);
        format!(
            "narrow link {} {arrow} {} {}/s",
            self.from, self.to, self.bandwidth
        )
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        impair(
            world,
            [&self.from, &self.to],
            self.one_way,
            &[Effect::Bandwidth(self.bandwidth.bytes())],
        )
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Links)
    }
}
