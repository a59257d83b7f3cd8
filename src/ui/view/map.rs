//! What the map of a sweep shows: where, between settings, a scenario tips over.

/// A map: what came of each choice of at most two settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TippingMap {
    /// The scenario's name.
    pub scenario: String,
    /// How many runs there are of how many.
    pub runs: (u64, u64),
    /// The setting that varies from line to line.
    pub rows: MapAxis,
    /// The one that varies from column to column.
    pub columns: MapAxis,
    /// What can be asked; at least one thing.
    pub questions: Vec<MapQuestion>,
}

/// A setting and its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapAxis {
    /// The setting's name; empty where nothing varies.
    pub name: String,
    /// Its values, at least one.
    pub values: Vec<String>,
}

/// A question and its answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapQuestion {
    /// In words.
    pub label: String,
    /// Line by line.
    pub cells: Vec<MapCell>,
}

/// How many of the seeds of a cell it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapCell {
    /// So many.
    pub count: u64,
    /// Of so many.
    pub of: u64,
    /// The share in whole percent.
    pub percent: String,
    /// The interval in which the true share is with 95 % confidence, from 0 to 1.
    pub interval: (f64, f64),
    /// The seed that shows it best.
    pub seed: u64,
    /// The command that runs it.
    pub command: String,
}

impl MapCell {
    /// The share, from 0 to 1; of nothing, 0.
    pub fn share(&self) -> f64 {
        self.count as f64 / self.of.max(1) as f64
    }
}

impl TippingMap {
    /// Lines and columns.
    pub fn size(&self) -> (usize, usize) {
        (self.rows.values.len(), self.columns.values.len())
    }
}
