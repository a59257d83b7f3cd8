//! What may be changed of a process while it runs.

use crate::sim::Change;
use crate::sim::setting::Value;

use super::Ctx;

/// What may be changed of a process while it runs; by default nothing.
pub trait Tune {
    /// A change, of this process or of others: whether it concerns this one. See [`crate::sim::Process::tune`].
    fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_>) -> bool {
        let _ = (change, ctx);
        false
    }

    /// What a setting is, if this process goes by it. See [`crate::sim::Process::setting`].
    fn setting(&self, of: &str, setting: &str) -> Option<Value> {
        let _ = (of, setting);
        None
    }
}
