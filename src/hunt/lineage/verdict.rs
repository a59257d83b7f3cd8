//! What became of a message, or of what a user asked for, in a word.

use std::cmp::Ordering;

use crate::sim::amount::Amount;

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// It ended as it should, once.
    Once,
    /// It did so, but late.
    Late,
    /// It ended more than once.
    Again,
    /// A consumer went on without having done it.
    Aside,
    /// Nothing yet.
    Open,
    /// Whoever made it was told that it failed, and it did.
    GivenUp,
    /// Retention removed it.
    Expired,
    /// It was accepted, and will never end.
    Lost,
    /// It is not made at all.
    Unborn,
}

/// What became of it, and when that was certain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What.
    pub kind: Kind,
    /// When, ns.
    pub at: u64,
    /// In which event; 0 if in none.
    pub event: u64,
    /// How often it ended.
    pub times: u32,
    /// From the first of its ends to the last, ns.
    pub apart_ns: u64,
    /// From its beginning to its first end, ns.
    pub took_ns: Option<u64>,
    /// Whether it is a task: then it is done, not delivered.
    pub is_task: bool,
}

impl Verdict {
    /// How good that is for who waits for it, the best first. Nothing is said of one that is not made.
    fn rank(&self) -> u8 {
        match self.kind {
            Kind::Once => 0,
            Kind::Late => 1,
            Kind::Again => 2,
            Kind::Aside => 3,
            Kind::Open => 4,
            Kind::GivenUp => 5,
            Kind::Expired => 6,
            Kind::Lost | Kind::Unborn => 7,
        }
    }

    /// Whether it fared better than in another run. What was late fares better if it takes less than half as long.
    pub fn is_better_than(&self, other: &Self) -> bool {
        if self.kind == Kind::Unborn {
            return false;
        }
        match self.rank().cmp(&other.rank()) {
            Ordering::Less => true,
            Ordering::Equal if self.kind == Kind::Late => {
                let ns = |v: &Self| v.took_ns.unwrap_or(u64::MAX);
                ns(self) < ns(other) / 2
            }
            _ => false,
        }
    }

    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.kind == Kind::Once
    }

    /// In words: `delivered twice, 2.68s apart`.
    pub fn words(&self) -> String {
        let ends = if self.is_task { "done" } else { "delivered" };
        let ns = |ns: u64| Amount::time(ns).to_string();
        match self.kind {
            Kind::Once => format!("{ends} once"),
            Kind::Late => format!("{ends} late, after {}", ns(self.took_ns.unwrap_or(0))),
            Kind::Again if self.times == 2 => {
                format!("{ends} twice, {} apart", ns(self.apart_ns))
            }
            Kind::Again => format!("{ends} {} times within {}", self.times, ns(self.apart_ns)),
            Kind::Aside => "put aside undone".to_owned(),
            Kind::Open => "still on its way".to_owned(),
            Kind::GivenUp if self.is_task && self.times > 0 => {
                "failed for its user, yet done".to_owned()
            }
            Kind::GivenUp if self.is_task => "failed, as its user was told".to_owned(),
            Kind::GivenUp => "given up, as its sender was told".to_owned(),
            Kind::Expired => "expired".to_owned(),
            Kind::Lost => "lost".to_owned(),
            Kind::Unborn => "not made".to_owned(),
        }
    }
}
