//! By how much something is slower.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::complaint::{Complaint, Path};

/// So many times slower: 10 is ten times. A bare number, since it has no unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Factor(pub f64);

/// What is slower than this is stopped.
const FACTOR_MAX: f64 = 1e6;

impl Factor {
    /// In thousandths.
    pub fn milli(self) -> u64 {
        (self.0 * 1000.0) as u64
    }

    /// What is wrong with it, if anything.
    pub fn check(self, at: &Path, out: &mut Vec<Complaint>) {
        if self.0.is_nan() || self.0 <= 1.0 {
            let complaint = Complaint::error(at.clone(), "a factor of 1 or less slows nothing");
            out.push(complaint.help("10 is ten times slower"));
        } else if self.0 > FACTOR_MAX {
            let message = format!("more than {FACTOR_MAX} times slower is as good as stopped");
            out.push(Complaint::error(at.clone(), message));
        }
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "×{}", self.0)
    }
}
