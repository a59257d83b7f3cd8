//! How long messages or requests took.

/// How long messages or requests took, over all of the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latency {
    /// From where to where: `end to end`.
    pub scope: String,
    /// How many were measured.
    pub count: u64,
    /// How many ended badly, and so are not measured.
    pub failed: u64,
    /// Percentiles, ascending.
    pub percentiles: Vec<Percentile>,
    /// The longest.
    pub max_ns: u64,
    /// The distribution: bins that do not overlap, ascending, empty ones left out.
    pub bins: Vec<Bin>,
}

/// A percentile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Percentile {
    /// Its name: `p99`.
    pub name: String,
    /// The value.
    pub ns: u64,
}

/// How many values lie in a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// From here, inclusive.
    pub low_ns: u64,
    /// To here, exclusive.
    pub high_ns: u64,
    /// How many.
    pub count: u64,
}

/// How long messages or requests took, over time: a histogram for each column of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heatmap {
    /// Where each row begins (inclusive), ascending; the last row has no end.
    pub row_low_ns: Vec<u64>,
    /// How much time a column covers.
    pub column_ns: u64,
    /// The columns, oldest first, without gaps.
    pub columns: Vec<HeatColumn>,
}

/// A column of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeatColumn {
    /// When it begins.
    pub from_ns: u64,
    /// How many fell in each row.
    pub counts: Vec<u64>,
    /// How many ended badly.
    pub failed: u64,
}
