//! What a screen shows, as plain values: names, numbers, series. Times are virtual, in nanoseconds from the start of the
//! run. An adapter fills these from a run; widgets read them; neither knows the other.

mod breaks;
mod compare;
mod forks;
mod inspect;
mod latency;
pub mod lineage;
mod map;
mod timeline;
mod topology;

pub use crate::hunt::deeds::{Choices, Meaning, SettingChoice, Settings, SubjectChoice};
pub use crate::scenario::Setting;
pub use breaks::BreakRow;
pub use compare::{
    Compared, ComparedSeries, ComparedSide, Comparing, DeltaRow, OverSeedsRow, Parted, PartedAt,
    With,
};
pub use forks::ForkRow;
pub use inspect::{
    BeliefRow, Came, HandledRow, Inspected, InspectedPart, Inspectee, LastEvent, MailRow, TimerRow,
    TrackRow, TrackValues,
};
pub use latency::{Bin, HeatColumn, Heatmap, Latency, Percentile};
pub use map::{MapAxis, MapCell, MapQuestion, TippingMap};
pub use timeline::{Lane, LaneSpan, MarkKind, Timeline, TimelineMark};
pub use topology::{Edge, NodeCard, NodeState, Rank, Topology};

/// Everything the dashboard shows of a run at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Which run, and where it stands.
    pub header: Header,
    /// Nodes and the links between them.
    pub topology: Topology,
    /// Queues and lags, in the order of the scenario.
    pub queues: Vec<QueueRow>,
    /// Totals of the run: sent, delivered, lost.
    pub totals: Vec<Total>,
    /// How long requests or messages took, over all of the run.
    pub latency: Latency,
    /// The same over time.
    pub heatmap: Heatmap,
    /// The same of what else is measured, where a run has both.
    pub other_latencies: Vec<(Latency, Heatmap)>,
    /// What happened, newest first.
    pub events: Vec<EventLine>,
    /// The properties that are watched.
    pub checks: Vec<CheckRow>,
    /// The run as a line of time.
    pub timeline: Timeline,
    /// The branches of the run, parents before their children; one alone where nobody forked it.
    pub forks: Vec<ForkRow>,
    /// Where it shall stop.
    pub breaks: Vec<BreakRow>,
}

/// Which run, and where it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// The scenario, as the person named it.
    pub scenario: String,
    /// The seed of the run.
    pub seed: u64,
    /// Now, in virtual time.
    pub now_ns: u64,
    /// When the run ends.
    pub end_ns: u64,
    /// Events handled so far.
    pub events: u64,
    /// The first digits of the run's digest.
    pub digest: String,
    /// Faults in force now.
    pub faults: u32,
    /// Findings so far.
    pub findings: u32,
    /// How many of the scenario's expectations are met, and how many there are, once the run is over.
    pub met: Option<(u32, u32)>,
}

/// What a row of the queue table counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowKind {
    /// Messages held by a queue.
    #[default]
    Depth,
    /// Messages a group of readers has still to read.
    Lag,
    /// Requests that wait to be served.
    Waiting,
}

impl RowKind {
    /// One word for the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::Lag => "lag",
            Self::Waiting => "waiting",
        }
    }
}

/// A queue, how far a group of readers is behind on one, or what waits for a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueRow {
    /// What it is called: `orders/0`.
    pub name: String,
    /// The number of the queue in the run; of what waits for a service, the number of that.
    pub queue: usize,
    /// What is counted.
    pub kind: RowKind,
    /// Messages in it now.
    pub depth: u64,
    /// The depth over the last [`QueueRow::trend_ns`], oldest first, evenly spaced.
    pub trend: Vec<u64>,
    /// How much time the trend covers.
    pub trend_ns: u64,
    /// Messages that came per second, lately.
    pub in_per_s: f64,
    /// Messages that left per second, lately.
    pub out_per_s: f64,
    /// Age of the oldest message in it; none where that isn't known or it is empty.
    pub oldest_ns: Option<u64>,
    /// Of a service: threads (or connections) that are held, and how many it has where that is limited.
    pub held: Option<(u64, Option<u64>)>,
}

/// Something known of a node or queue, in the words of its system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// What it is.
    pub value: String,
}

/// A total of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// What is counted: `lost`.
    pub name: String,
    /// How many.
    pub value: u64,
    /// Whether more than none is bad.
    pub bad: bool,
}

/// One line of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventLine {
    /// When.
    pub at_ns: u64,
    /// The number of the event in the run.
    pub event: u64,
    /// Whom it concerns: `b2`, `p1╳b1`.
    pub subject: String,
    /// What sort of thing it is.
    pub kind: MarkKind,
    /// One or two words in capitals: `LEADER`.
    pub word: String,
    /// The rest of the sentence.
    pub text: String,
    /// What made it happen: `#31877`, `line 14`; empty where nothing did.
    pub cause: String,
    /// More than fits a line, for whoever opens it: how a finding is explained.
    pub detail: String,
}

/// How a property stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It holds so far.
    #[default]
    Holds,
    /// It broke.
    Broken,
    /// It cannot be said yet.
    Open,
}

/// Whether an expectation of the scenario is met, once the run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Met,
    /// It is not.
    NotMet,
    /// It cannot be said.
    Unknown,
}

/// A property that is watched; at the end of the run an expectation of the scenario, with its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckRow {
    /// What must hold.
    pub name: String,
    /// Whether it does.
    pub verdict: Verdict,
    /// When it first broke.
    pub first_broken_ns: Option<u64>,
    /// How often it broke.
    pub count: u64,
    /// Whether the scenario says that it breaks.
    pub expected_to_break: bool,
    /// Whether it is met, for an expectation of a run that is over.
    pub answer: Option<Answer>,
    /// What was measured, as a sentence without a full stop; empty where [`CheckRow::count`] says it.
    pub measured: String,
}
