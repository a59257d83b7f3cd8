//! The life of a message as a space-time diagram; messages to choose from; what an event comes from and what comes of it.

use super::MarkKind;

/// What is asked about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// The life of one message or task.
    Thing(Followable),
    /// The life of the one of this number among those that went wrong.
    Trouble(usize),
    /// All that went wrong.
    AllTrouble(Among),
    /// The messages with this key.
    Key(u32),
    /// The message at this offset of a queue, by its number in the run.
    Offset(u32, u64),
    /// What an event comes from and what comes of it.
    Event(u64),
}

/// Among what is looked for those that went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Among {
    /// All messages and requests.
    #[default]
    All,
    /// The messages of a queue, by its number in the run.
    Queue(usize),
    /// The requests for which a service was called, by its number in the run.
    Service(usize),
}

/// What is known of it so far.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// A life.
    Life(Lineage),
    /// Messages to choose from.
    Choice(Candidates),
    /// An event.
    Event(Descent),
    /// There is none such; in a sentence.
    Nothing(String),
}

/// What can be followed through a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Followable {
    /// A message of a queue.
    Message {
        /// Number of its lane in the run.
        lane: u32,
        /// Its number there.
        number: u32,
    },
    /// Something that a user asked for.
    Task {
        /// Number of its flow in the run.
        flow: u16,
        /// Its number there.
        number: u32,
    },
}

/// A vertical lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineageLane {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub part: String,
}

/// How a hop ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HopEnd {
    /// It has not.
    OnTheWay,
    /// It arrived at this time, ns, in this event.
    Arrived(u64, u64),
    /// It did not, for this reason.
    Dropped(String),
}

/// What a row of the diagram shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowWhat {
    /// A message on the network.
    Hop {
        /// The lane it goes to.
        to: usize,
        /// What it does.
        label: String,
        /// What it is, in its protocol's word.
        word: String,
        /// How it ends.
        end: HopEnd,
        /// How often the link lost it.
        lost: usize,
    },
    /// Something that happened on its lane.
    Moment {
        /// What kind of thing.
        kind: MarkKind,
        /// In a few words.
        text: String,
        /// Whether it is about what is followed, and not about what befell a machine meanwhile.
        own: bool,
        /// Whether the lane's process lives from then on, where that changes.
        alive: Option<bool>,
    },
}

/// A row of the diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageRow {
    /// When, ns.
    pub at_ns: u64,
    /// In which event.
    pub event: u64,
    /// The lane where it happens; of a hop, the one it leaves.
    pub lane: usize,
    /// What it is.
    pub what: RowWhat,
}

/// Another run, in which something was different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// What: `without line 14 (crash broker-1)`, `with acks=All`.
    pub what: String,
    /// What became of it there.
    pub verdict: String,
    /// Whether that is better.
    pub helps: bool,
}

/// The life of one message or task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// Its full name.
    pub name: String,
    /// Its short name.
    pub short: String,
    /// What else is known of it.
    pub about: String,
    /// The lanes, in the order of the way.
    pub lanes: Vec<LineageLane>,
    /// The rows, in the order of time.
    pub rows: Vec<LineageRow>,
    /// What became of it.
    pub verdict: String,
    /// Whether nothing is wrong with that.
    pub well: bool,
    /// From its beginning to the verdict, ns.
    pub whole_ns: u64,
    /// Where that time went, the longest part first, ns.
    pub parts: Vec<(String, u64)>,
    /// To whom it is owed, as far as that is known.
    pub owed: String,
    /// The runs by which that was found out.
    pub trials: Vec<Trial>,
    /// How many more of them are to be made.
    pub left: usize,
    /// Its place among those that went wrong, and how many those are.
    pub place: Option<(usize, usize)>,
    /// How many more went wrong than are listed.
    pub more: u64,
}

impl Lineage {
    /// Which rows are in the causal past of one of them: what happened before it on its lane, and before what reached its lane
    /// until then.
    pub fn past_of(&self, selected: usize) -> Vec<bool> {
        let mut past = vec![false; self.rows.len()];
        let Some(row) = self.rows.get(selected) else {
            return vec![true; self.rows.len()];
        };
        // Up to when each lane is in it, ns.
        let mut until: Vec<Option<u64>> = vec![None; self.lanes.len()];
        until[row.lane] = Some(row.at_ns);
        let mut grew = true;
        while grew {
            grew = false;
            for row in &self.rows {
                let RowWhat::Hop {
                    to,
                    end: HopEnd::Arrived(at, _),
                    ..
                } = row.what
                else {
                    continue;
                };
                if until[to] >= Some(at) && until[row.lane] < Some(row.at_ns) {
                    until[row.lane] = Some(row.at_ns);
                    grew = true;
                }
            }
        }
        for (i, row) in self.rows.iter().enumerate() {
            past[i] = i == selected || until[row.lane] >= Some(row.at_ns) && i < selected;
        }
        past
    }
}

/// A message or task to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is followed if it is chosen.
    pub what: Followable,
    /// What it is called.
    pub name: String,
    /// What became of it, in a word: `lost`.
    pub verdict: String,
    /// When that was certain, ns.
    pub at_ns: u64,
    /// How long it took, ns, if it ended.
    pub took_ns: Option<u64>,
}

/// Messages and tasks to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// The worst first.
    pub rows: Vec<Candidate>,
    /// How many more there are.
    pub more: u64,
}

/// A step of the way an event came about, or one kind of events that came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When, ns.
    pub at_ns: u64,
    /// Its number; of several, of the first that is met.
    pub event: u64,
    /// The process, or nothing.
    pub subject: String,
    /// What it was.
    pub what: String,
    /// How many such there are.
    pub times: u64,
    /// Whether it is worth jumping to.
    pub mark: bool,
    /// The line of the scenario; 0: none.
    pub line: u32,
}

/// An event: what it comes from and what comes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Descent {
    /// What it comes from, itself first.
    pub causes: Vec<Step>,
    /// The faults without which it would not have happened.
    pub owed: Vec<String>,
    /// What comes of it.
    pub effects: Vec<Step>,
    /// How many events that are.
    pub descendants: u64,
    /// What it is about, if that can be followed.
    pub about: Vec<(Followable, String)>,
}
