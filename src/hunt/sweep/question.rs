//! What can be asked of each cell of a grid, and answered by a share of its seeds.

use super::head::Head;
use super::sums::{CellSums, Sums};
use crate::checks::{Expect, Property};
use crate::hunt::tally::Share;

/// A question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Question {
    /// How many of the seeds are not what the scenario promised.
    Failed,
    /// With how many an expectation is not met, by its place; it may be unknown with others.
    NotMet(usize),
    /// With how many a property breaks, whether or not that is promised.
    Breaks(Property),
}

impl Question {
    /// All that are worth asking: that of the failures, then those whose answer is not "never" everywhere, and not that to another
    /// question.
    pub fn all(head: &Head, sums: &Sums) -> Vec<Self> {
        let expectations = head.cells.iter().map(|c| c.expectations.len()).max();
        let mut questions = vec![Self::Failed];
        questions.extend((0..expectations.unwrap_or(0)).map(Self::NotMet));
        for (property, _) in sums.cells.iter().flat_map(|cell| &cell.broken) {
            if !questions.contains(&Self::Breaks(*property)) {
                questions.push(Self::Breaks(*property));
            }
        }
        let mut answers: Vec<Vec<Share>> = Vec::new();
        questions.retain(|question| {
            let answer: Vec<Share> = sums.cells.iter().map(|cell| question.share(cell)).collect();
            let is_new = !answers.contains(&answer) && answer.iter().any(|share| share.count > 0);
            answers.push(answer);
            is_new || *question == Self::Failed
        });
        questions
    }

    /// In words.
    pub fn label(&self, head: &Head) -> String {
        match self {
            Self::Failed => "seeds that fail".to_owned(),
            Self::NotMet(at) => {
                let all = head
                    .cells
                    .iter()
                    .find_map(|cell| cell.expectations.get(*at));
                format!("not met: {}", all.map_or_else(String::new, |e| label(e)))
            }
            Self::Breaks(property) => format!("breaks: {}", property.label()),
        }
    }

    /// The share of a cell's seeds.
    pub fn share(&self, cell: &CellSums) -> Share {
        let tally = &cell.tally;
        let count = match self {
            Self::Failed => tally.failed(),
            Self::NotMet(at) => tally.answers.get(*at).map_or(0, |a| a.not_met),
            Self::Breaks(property) => {
                let mut broken = tally.broken.iter();
                broken
                    .find(|(p, _)| p == property)
                    .map_or(0, |(_, seeds)| *seeds)
            }
        };
        Share {
            count,
            of: tally.judged(),
        }
    }

    /// The seed of a cell that shows the answer best: with which something breaks first, or fails at all; else its first seed.
    pub fn telling(&self, head: &Head, cell: &CellSums) -> u64 {
        let of = |property: &Property| {
            let found = cell.broken.iter().find(|(p, _)| p == property);
            found.map(|(_, telling)| *telling)
        };
        let telling = match self {
            Self::Failed | Self::NotMet(_) => cell.failed,
            Self::Breaks(property) => of(property),
        };
        telling.map_or(head.seeds.from, |telling| telling.seed)
    }
}

/// An expectation in plain words, of the notation of a scenario.
pub fn label(notation: &str) -> String {
    let expect: Result<Expect, _> = ron::from_str(notation);
    expect.map_or_else(|_| notation.to_owned(), |e| e.label())
}
