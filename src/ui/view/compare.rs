//! Two runs beside each other at one moment.

use super::{CheckRow, EventLine, Percentile, TimelineMark, Total};

/// What a run is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum With {
    /// The same without its fault.
    Control,
    /// A branch of it, by its place among them.
    Fork(usize),
    /// The same with another seed.
    Seed(u64),
    /// The same with a setting changed: `workloads.checkout.acks=All`.
    Setting(String),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparing {
    /// What the run is compared with.
    pub with: With,
    /// Over so many seeds.
    pub seeds: u64,
    /// Whether the run is B instead of A.
    pub swapped: bool,
}

/// Two runs beside each other, A first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// The two.
    pub sides: [ComparedSide; 2],
    /// Every metric of either, in the order of the table.
    pub rows: Vec<DeltaRow>,
    /// Where they part.
    pub parted: Parted,
    /// Over how many seeds both ran, and how many were asked for; none where only the seed differs.
    pub seeds: Option<(u64, u64)>,
    /// Where both stand, ns.
    pub now_ns: u64,
    /// The furthest that both ever stood at, ns.
    pub known_ns: u64,
    /// Where both end, ns.
    pub end_ns: u64,
}

/// One of two runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComparedSide {
    /// What it has that the other has not.
    pub label: String,
    /// Totals of the run.
    pub totals: Vec<Total>,
    /// How long messages or requests took.
    pub percentiles: Vec<Percentile>,
    /// The longest.
    pub max_ns: u64,
    /// Numbers over the last minute; both sides have the same ones.
    pub series: Vec<ComparedSeries>,
    /// The properties that are watched.
    pub checks: Vec<CheckRow>,
    /// Its marks as far as they are known.
    pub marks: Vec<TimelineMark>,
}

/// A number over the last minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComparedSeries {
    /// What it is.
    pub name: String,
    /// The values, oldest first, evenly spaced.
    pub values: Vec<u64>,
}

/// A metric of both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeltaRow {
    /// Its name.
    pub name: String,
    /// What it is and how to read it.
    pub meaning: String,
    /// Its value in A and in B, for people; empty where nothing was measured.
    pub amounts: [String; 2],
    /// B−A, with its sign and unit; empty where one has no value.
    pub difference: String,
    /// How much they differ, from 0 to 1.
    pub share: f64,
    /// The side that is better off: 0 or 1.
    pub better: Option<usize>,
    /// What many seeds say.
    pub over: Option<OverSeedsRow>,
}

/// What many seeds say of a metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OverSeedsRow {
    /// The mean of B−A, with its sign and unit.
    pub mean: String,
    /// Between what it lies with 95 % confidence.
    pub interval: String,
    /// What can be said: `B is better`, `no call`.
    pub call: String,
    /// The side that is better off: 0 or 1.
    pub better: Option<usize>,
    /// Whether something can be said.
    pub is_sure: bool,
}

/// Where two runs part.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Parted {
    /// It is looked for; so much of the run is the same, from 0 to 1.
    #[default]
    Unknown,
    /// This share of the run has been looked through.
    Searching(f64),
    /// All records are the same.
    Nowhere,
    /// There.
    At(Box<PartedAt>),
}

/// The first record of each that the other does not have there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartedAt {
    /// When.
    pub at_ns: u64,
    /// The records of A and B; none where it has no more.
    pub lines: [Option<EventLine>; 2],
    /// Whether the two are of other machines, processes or queues.
    pub other_world: bool,
}
