//! A chaos monkey: strikes nodes at random, again and again, in working hours or around the clock.

use serde::{Deserialize, Serialize};

use super::super::NodeId;
use super::super::complaint::{Complaint, Path};
use super::super::dist::Dist;
use super::super::process::Process;
use super::super::stream::Stream;
use super::super::units::Duration;
use super::{Fault, Hold, How, Target, World, heal};
use crate::sim::defaults::count;

/// Strikes one node after another, each chosen by chance among those that are well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChaosMonkey {
    /// Among whom it chooses.
    pub targets: Target,
    /// When it strikes.
    pub when: When,
    /// What it does.
    #[serde(default = "crash")]
    pub how: How,
    /// How long each node stays struck.
    pub down_for: Dist,
    /// It strikes nobody while it holds so many already.
    #[serde(default = "count::<1>")]
    pub at_most: u32,
}

/// When a chaos monkey strikes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum When {
    /// Again and again.
    Every {
        /// From one strike to the next; with working hours, only those count.
        gap: Dist,
        /// Only in these hours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hours: Option<Hours>,
    },
    /// As Netflix's Chaos Monkey does it: on each day with a chance of 1/`mean_days`, at a moment evenly spread over the
    /// working hours, and so at most once a day. (chaosmonkey documentation, "How Chaos Monkey picks instances":
    /// `meanTimeBetweenKillsInWorkDays`.)
    Workdays {
        /// Days from one strike to the next in the mean.
        mean_days: f64,
        /// The working hours.
        hours: Hours,
    },
}

/// The working hours of each day; the run begins at midnight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hours {
    /// Time of day at which they begin.
    pub from: Duration,
    /// Time of day at which they end.
    pub to: Duration,
    /// How long a day is.
    #[serde(default = "day")]
    pub day: Duration,
}

fn crash() -> How {
    How::Crash
}

fn day() -> Duration {
    Duration::from_secs(24 * 3600)
}

impl Hours {
    fn check(self, at: &Path, out: &mut Vec<Complaint>) {
        if self.to <= self.from {
            let complaint = Complaint::error(at.field("to"), "the hours end before they begin");
            out.push(complaint.related(at.field("from"), "begin here"));
        } else if self.to > self.day {
            let message = format!("a day has only {}", self.day);
            out.push(Complaint::error(at.field("to"), message).rests_on_own(at, &["day"]));
        }
    }

    /// The working time that is over at `now`, ns.
    fn worked(self, now: u64) -> u128 {
        let (day, length) = (self.day.ns().max(1), self.length());
        let today = (now % day).saturating_sub(self.from.ns()).min(length);
        u128::from(now / day) * u128::from(length) + u128::from(today)
    }

    /// The moment at which so much working time is over, ns.
    fn moment(self, worked: u128) -> u64 {
        let length = u128::from(self.length().max(1));
        let time = (worked / length) * u128::from(self.day.ns())
            + u128::from(self.from.ns())
            + worked % length;
        u64::try_from(time).unwrap_or(u64::MAX)
    }

    fn length(self) -> u64 {
        self.to.ns().saturating_sub(self.from.ns())
    }
}

impl When {
    /// The next strike after `now`, ns; `first`: the one after the beginning, not after another.
    fn next(&self, now: u64, first: bool, stream: &mut Stream) -> u64 {
        match self {
            Self::Every { gap, hours } => {
                let gap = gap.compile().sample(stream);
                match hours {
                    None => now.saturating_add(gap),
                    Some(hours) => hours.moment(hours.worked(now) + u128::from(gap)).max(now),
                }
            }
            Self::Workdays { mean_days, hours } => {
                // Days without a strike pass one by one, each with its own draw, until one has it.
                let day = hours.day.ns().max(1);
                let mut start = (now / day) * day;
                if !first || now - start > hours.from.ns() {
                    start = start.saturating_add(day);
                }
                while !stream.chance(1.0 / mean_days) {
                    start = start.saturating_add(day);
                    if start == u64::MAX {
                        return start;
                    }
                }
                let moment = stream.below(hours.length());
                start.saturating_add(hours.from.ns()).saturating_add(moment)
            }
        }
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        match self {
            Self::Every { gap, hours } => {
                match gap.check() {
                    Err(message) => out.push(Complaint::error(at.field("gap"), message)),
                    Ok(()) if gap.mean_ns() < GAP_MIN_NS => {
                        let message = "it would strike more than once in 1ms";
                        out.push(Complaint::error(at.field("gap"), message));
                    }
                    Ok(()) => {}
                }
                if let Some(hours) = hours {
                    hours.check(&at.field("hours"), out);
                }
            }
            Self::Workdays { mean_days, hours } => {
                if !(1.0..=DAYS_MAX).contains(mean_days) {
                    let message = format!("the mean is from 1 to {DAYS_MAX} days");
                    out.push(Complaint::error(at.field("mean_days"), message));
                }
                hours.check(&at.field("hours"), out);
            }
        }
    }
}

/// Faster than this no node comes back in between.
const GAP_MIN_NS: f64 = 1e6;
/// A monkey that strikes less than once in a thousand days is none.
const DAYS_MAX: f64 = 1000.0;
/// The tick at which it strikes; the others give back the node whose number they bear.
const STRIKE: u64 = u64::MAX;

impl ChaosMonkey {
    fn plan_next<P: Process>(&self, first: bool, world: &mut World<'_, P>) {
        let now = world.now();
        let next = self.when.next(now, first, world.stream());
        world.later(next - now, STRIKE);
    }

    fn strike<P: Process>(&self, hold: &mut Hold, world: &mut World<'_, P>) {
        if hold.nodes.len() >= self.at_most as usize {
            return;
        }
        let mut candidates = world.resolve(&self.targets);
        candidates.retain(|n| !hold.nodes.contains(n) && world.is_well(*n));
        let Some(&victim) = world.draw(candidates, 1).first() else {
            return;
        };
        world.tell(victim);
        let effects = self.how.strike(&[victim], world);
        hold.nodes.push(victim);
        hold.effects.extend(effects);
        let down_for = self.down_for.compile().sample(world.stream());
        world.later(down_for, u64::from(victim.0));
    }

    /// The effects that belong to the nodes held, in the same order: so many each.
    fn effects_each(hold: &Hold) -> usize {
        hold.effects.len() / hold.nodes.len().max(1)
    }
}

impl Fault for ChaosMonkey {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.field("targets"), self.targets.clone())]
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        self.when.check(&at.field("when"), out);
        if let Err(message) = self.down_for.check() {
            out.push(Complaint::error(at.field("down_for"), message));
        }
        if self.at_most == 0 {
            let message = "a monkey that may strike nobody does nothing";
            out.push(Complaint::error(at.field("at_most"), message));
        }
    }

    fn label(&self) -> String {
        format!("chaos monkey among {} ({})", self.targets, self.how.label())
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        self.plan_next(true, world);
        Hold::default()
    }

    fn tick<P: Process>(&self, tag: u64, hold: &mut Hold, world: &mut World<'_, P>) {
        if tag == STRIKE {
            self.strike(hold, world);
            return self.plan_next(false, world);
        }
        let node = NodeId(tag as u32);
        if let Some(at) = hold.nodes.iter().position(|&n| n == node) {
            let each = Self::effects_each(hold);
            let effects: Vec<u32> = hold.effects.drain(at * each..(at + 1) * each).collect();
            hold.nodes.remove(at);
            self.how.undo(&[node], &effects, world);
        }
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        self.how.undo(&hold.nodes, &hold.effects, world);
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Monkeys)
    }
}
