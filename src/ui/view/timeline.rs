//! The run as a line of time.

/// The run as a line of time, from 0 to [`super::Header::end_ns`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Moments worth jumping to, ascending.
    pub marks: Vec<TimelineMark>,
    /// What held over stretches of time: who led, which fault was in force.
    pub lanes: Vec<Lane>,
}

/// What sort of thing a mark is. Decides its glyph and colour, never its word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// Something to know.
    #[default]
    Note,
    /// Something came back.
    Heal,
    /// A role changed hands.
    Leader,
    /// Something that may go wrong.
    Alert,
    /// A link was cut.
    Cut,
    /// A node or disk was hurt.
    Fault,
    /// A property broke.
    Finding,
}

/// A moment worth jumping to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimelineMark {
    /// When.
    pub at_ns: u64,
    /// The number of the event in the run.
    pub event: u64,
    /// What sort of thing it is.
    pub kind: MarkKind,
}

/// One row of stretches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    /// What it is about: `leader orders/0`.
    pub name: String,
    /// The stretches, ascending, not overlapping.
    pub spans: Vec<LaneSpan>,
}

/// A stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneSpan {
    /// From here.
    pub from_ns: u64,
    /// To here; none while it lasts.
    pub to_ns: Option<u64>,
    /// What held: `b1`.
    pub label: String,
    /// How it is drawn.
    pub kind: MarkKind,
}
