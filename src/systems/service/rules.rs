//! Rules of services that a test can leave out.

use crate::systems::rules::rules;

rules! { 48:
    /// A table of handled requests that is persistent survives a crash.
    KEEP_DEDUP_TABLE = "keep-dedup-table";
    /// An effect is remembered with itself, not when its handler has come to its end.
    REMEMBER_EFFECTS = "remember-effects";
}
