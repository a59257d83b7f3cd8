//! What a process shows of itself: to the dashboard's topology and to the inspector. The dashboard knows no system; it
//! draws what these plain values say.

use crate::sim::{GroupId, Names, QueueId};

/// What part a process plays just now, as far as it knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It decides or leads.
    Leader,
    /// It works.
    Member,
    /// It is there, but has nothing to do or may not work (fenced, without assignment).
    Idle,
    /// It cannot go on: blocked, out of room, without a leader.
    Stuck,
}

/// A process in a few words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Badge {
    /// What part it plays.
    pub standing: Standing,
    /// One to three short lines, the most important first: `leads 0 3`. What counts something is written by [`amount`].
    pub lines: Vec<String>,
    /// The group that it reads for and the queues it reads now: how far the group is behind in them is measured elsewhere,
    /// once for all who show it.
    pub reads: Option<(GroupId, Vec<QueueId>)>,
}

/// A number that counts something, with a comma between thousands. No name has a comma: so the dashboard can tell the
/// amount in `acked 1,024`, which it may shorten, from the partition in `leads 1024`.
pub fn amount(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// One fact in the inspector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// What it is about: `orders/0`, `group`, `buffer`.
    pub name: String,
    /// What it is.
    pub value: String,
}

impl Row {
    /// A fact.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// What a process shows.
pub trait Inspect {
    /// For the topology.
    fn badge(&self, names: &Names) -> Badge;

    /// For the inspector.
    fn rows(&self, names: &Names) -> Vec<Row>;

    /// What it knows of a queue that it serves, for the inspector; nothing of one that it does not.
    fn queue_rows(&self, _queue: QueueId, _names: &Names) -> Vec<Row> {
        Vec::new()
    }
}
