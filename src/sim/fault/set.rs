//! A setting that changes while the system runs.

use serde::{Deserialize, Serialize};

use super::super::complaint::Path;
use super::super::process::Process;
use super::super::setting::Written;
use super::{Fault, Hold, Target, World, heal};

/// A setting changes, as when an operator turns it. Of several that last, the one that began last counts; when the last of them
/// ends, the setting is what it was at first. It outlasts a restart of whoever has the setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Set {
    /// What has the setting: `payment`, `events/orders`, `orders>payment`.
    pub of: String,
    /// Which setting.
    pub setting: String,
    /// What it becomes.
    pub to: Written,
}

impl Fault for Set {
    const LASTS: bool = true;

    /// Nodes are not what it is aimed at.
    fn targets(&self, _: &Path) -> Vec<(Path, Target)> {
        Vec::new()
    }

    fn label(&self) -> String {
        format!("set {} of {} to {}", self.setting, self.of, self.to)
    }

    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
        Hold::nodes(world.change_setting(&self.of, &self.setting, &self.to))
    }

    fn end<P: Process>(&self, _: &Hold, world: &mut World<'_, P>) {
        world.restore_setting();
    }

    fn heals_as(&self) -> Option<heal::What> {
        Some(heal::What::Settings)
    }
}
