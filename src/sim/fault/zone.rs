//! The outage of a zone: a data centre, a rack, whatever fails together.

use serde::{Deserialize, Serialize};

use super::super::complaint::Path;
use super::super::process::Process;
use super::{Fault, Hold, How, Target, World, heal};

/// All nodes of a zone fail at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneOutage {
    /// Which zone.
    pub zone: String,
    /// How they fail. `Isolate` cuts the zone off from the others; inside, its nodes reach one another.
    #[serde(default = "power_loss")]
    pub how: How,
}

fn power_loss() -> How {
    How::PowerLoss
}

impl ZoneOutage {
    fn target(&self) -> Target {
        Target::Zone(self.zone.clone())
    }
}

impl Fault for ZoneOutage {
    const LASTS: bool = true;

    fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
        vec![(at.field("zone"), self.target())]
    }

    fn label(&self) -> String {
        format!("outage of zone {} ({})", self.zone, self.how.label())
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        let nodes = world.resolve(&self.target());
        let effects = self.how.strike(&nodes, world);
        Hold::links(nodes, effects)
    }

    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        self.how.undo(&hold.nodes, &hold.effects, world);
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(match self.how {
            How::Isolate => heal::What::Cuts,
            How::Crash | How::PowerLoss | How::Pause => heal::What::Nodes,
        })
    }
}
