//! The numbers of a run as one row of a table, whose columns are known before the run begins: what is kept of each of very
//! many runs needs no names.

use serde::{Deserialize, Serialize};

use super::{Better, Metrics, Scope};
use crate::sim::amount::Unit;

/// A metric without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its full name.
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// Which of two values is the better one.
    pub better: Better,
}

impl Metrics {
    /// All metrics that this run may have a number for, in the order of the table.
    pub fn columns(&self) -> Vec<Column> {
        let mut columns = Vec::new();
        for scope in Scope::ALL {
            for (_, thing) in self.things(scope) {
                let there = Self::definitions(scope).filter(|d| self.is_there(d));
                columns.extend(there.map(|d| Column {
                    name: d.full_name(thing),
                    unit: d.unit,
                    better: d.better,
                }));
            }
        }
        columns
    }

    /// The value of each of the columns; none where nothing was there to be measured, or what was measured is no number.
    pub fn row(&self) -> Vec<Option<f64>> {
        let mut row = Vec::new();
        for scope in Scope::ALL {
            for (at, _) in self.things(scope) {
                let there = Self::definitions(scope).filter(|d| self.is_there(d));
                row.extend(there.map(|d| {
                    let value = (d.read)(self, at).filter(|v| v.is_finite());
                    // There is one zero.
                    value.map(|v| v + 0.0)
                }));
            }
        }
        row
    }
}
