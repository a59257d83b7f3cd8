//! What a process shows of itself: to the dashboard's topology and to the inspector. The dashboard knows no system; it
//! draws what these plain values say.

use crate::sim::{GroupId, Names, Pid, QueueId, ServiceId, Token};

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

/// One fact in the inspector: a line of cells.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// What it is about: `orders/0`, `group`, `buffer`.
    pub name: String,
    /// What is to be said of it, in order.
    pub cells: Vec<Cell>,
}

/// One value of a row. What can be followed over time has a number, or few texts that it changes between.
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// What of the row's subject it is; empty: what the row's name says.
    pub label: String,
    /// Whether the label stands before the value (`epoch 4`) or behind it (`12 waiting`).
    pub leads: bool,
    /// The value as it reads.
    pub text: String,
    /// The value, if it is a number.
    pub number: Option<f64>,
}

impl Row {
    /// A fact in words.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::of(name).text("", value)
    }

    /// A fact that is a count.
    pub fn count(name: impl Into<String>, n: u64) -> Self {
        Self::of(name).with("", n)
    }

    /// A fact of which nothing is said yet.
    pub fn of(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            cells: Vec::new(),
        }
    }

    /// And so much of something, with its label before it: `epoch 4`.
    pub fn with(self, label: impl Into<String>, n: u64) -> Self {
        self.cell(label.into(), true, amount(n), Some(n as f64))
    }

    /// And so much of something, with its label behind it: `12 waiting`.
    pub fn and(self, n: u64, label: impl Into<String>) -> Self {
        self.cell(label.into(), false, amount(n), Some(n as f64))
    }

    /// And so much of so much at most: `3 of 8 busy`.
    pub fn part(self, n: u64, of: u64, label: impl Into<String>) -> Self {
        let text = format!("{} of {}", amount(n), amount(of));
        self.cell(label.into(), false, text, Some(n as f64))
    }

    /// And something in words, with its label before it.
    pub fn text(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.cell(label.into(), true, value.into(), None)
    }

    /// And a number that reads otherwise than a count: a share, bytes.
    pub fn reads(self, label: impl Into<String>, n: f64, text: impl Into<String>) -> Self {
        self.cell(label.into(), true, text.into(), Some(n))
    }

    fn cell(mut self, label: String, leads: bool, text: String, number: Option<f64>) -> Self {
        self.cells.push(Cell {
            label,
            leads,
            text,
            number,
        });
        self
    }

    /// All that is said, as one line.
    pub fn value(&self) -> String {
        let cells: Vec<String> = self.cells.iter().map(Cell::to_string).collect();
        cells.join(" · ")
    }

    /// What a cell of it is called, for who speaks of that alone: `orders/0 epoch`.
    pub fn name_of(&self, cell: &Cell) -> String {
        if cell.label.is_empty() {
            self.name.clone()
        } else {
            format!("{} {}", self.name, cell.label)
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.label.as_str(), self.leads) {
            ("", _) => f.write_str(&self.text),
            (label, true) => write!(f, "{label} {}", self.text),
            (label, false) => write!(f, "{} {label}", self.text),
        }
    }
}

/// What a process takes to be so, and may be wrong about; or the same as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Belief {
    /// Who leads a queue.
    Leads {
        /// Which.
        queue: QueueId,
        /// Who; `None`: nobody.
        who: Option<Pid>,
        /// In which epoch, if it matters.
        epoch: Option<u32>,
    },
    /// Who coordinates a group.
    Coordinates {
        /// Which.
        group: GroupId,
        /// Who; `None`: it does not know.
        who: Option<Pid>,
    },
    /// Whether a process can be relied on.
    Well {
        /// Which.
        who: Pid,
        /// Whether it can.
        well: bool,
    },
    /// How many of a service's replicas serve.
    Serve {
        /// The service.
        service: ServiceId,
        /// So many.
        count: u32,
    },
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

    /// What it believes about others, for the inspector, which holds it against the truth.
    fn beliefs(&self, _now: u64, _names: &Names) -> Vec<Belief> {
        Vec::new()
    }

    /// The truth about a matter that it decides; nothing about others. Whether a process is well nobody decides.
    fn truth(&self, _about: &Belief, _names: &Names) -> Option<Belief> {
        None
    }

    /// What one of its timers is for, in a few words: `heartbeat`.
    fn timer_name(&self, _token: Token) -> &'static str {
        "timer"
    }
}
