//! A cut that comes and goes.

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};
use super::super::dist::Dist;
use super::super::net::Effect;
use super::super::process::Process;
use super::link::{arrow, sides_at};
use super::{Fault, Hold, Target, World, heal};

/// Links that go down and come up, again and again; down first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flapping {
    /// One side.
    pub from: Target,
    /// The other side.
    pub to: Target,
    /// How long they are down each time.
    pub down: Dist,
    /// How long they are up in between.
    pub up: Dist,
    /// Only what `from` sends to `to` is dropped.
    #[serde(default)]
    pub one_way: bool,
}

/// A link that comes and goes faster than this is lossy, not flapping.
const PERIOD_MIN_NS: f64 = 1e6;

impl Flapping {
    fn cut<P: Process>(&self, hold: &mut Hold, world: &mut World<'_, P>) {
        let [from, to] = &hold.sides;
        hold.effects = world.impair_ways(from, to, self.one_way, &Effect::Cut);
        let down = self.down.compile().sample(world.stream());
        world.later(down, 0);
    }

    fn mend<P: Process>(&self, hold: &mut Hold, world: &mut World<'_, P>) {
        hold.effects.drain(..).for_each(|e| world.repair(e));
        let up = self.up.compile().sample(world.stream());
        world.later(up, 0);
    }
}

impl Fault for Flapping {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        sides_at([&self.from, &self.to], at)
    }

    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let mut sound = true;
        for (field, dist) in [("down", &self.down), ("up", &self.up)] {
            if let Err(message) = dist.check() {
                out.push(Complaint::error(at.field(field), message));
                sound = false;
            }
        }
        if sound && self.down.mean_ns() + self.up.mean_ns() < PERIOD_MIN_NS {
            let complaint = Complaint::error(at.field("down"), "this flaps more than once in 1ms");
            out.push(complaint.help("use LinkLossy for links that lose some messages"));
        }
    }

    fn label(&self) -> String {
        format!("flapping {} {} {}", self.from, arrow(self.one_way), self.to)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let sides = [world.resolve(&self.from), world.resolve(&self.to)];
        let mut hold = Hold::links(sides.concat(), Vec::new());
        hold.sides = sides;
        self.cut(&mut hold, world);
        hold
    }

    fn tick<P: Process>(&self, _tag: u64, hold: &mut Hold, world: &mut World<'_, P>) {
        if hold.effects.is_empty() {
            self.cut(hold, world);
        } else {
            self.mend(hold, world);
        }
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Cuts)
    }
}
