//! Where a run shall stop.

/// A breakpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BreakRow {
    /// What it stops at, as it was written: `mark election`.
    pub text: String,
    /// Whether it is on.
    pub on: bool,
    /// How often it has stopped the run.
    pub hits: u64,
    /// When it did last: virtual time in ns, and the number of the event.
    pub last: Option<(u64, u64)>,
}
