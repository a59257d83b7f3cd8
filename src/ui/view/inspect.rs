//! One node or process closely, as plain values.

/// Whose inside is looked at: a node by its place in the topology, and one of its processes by its place among those; without
/// that, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspectee {
    /// The node.
    pub node: usize,
    /// The process.
    pub process: Option<usize>,
}

/// All that is known of it now, and what came before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspected {
    /// What it is called.
    pub name: String,
    /// What came is known up to this event.
    pub upto: u64,
    /// The processes of its node.
    pub processes: Vec<String>,
    /// Its processes and its machine.
    pub parts: Vec<InspectedPart>,
    /// What it believes, what is wrong first.
    pub beliefs: Vec<BeliefRow>,
    /// Its timers, by what they are for, the next first.
    pub timers: Vec<TimerRow>,
    /// The messages for it, by what and where they are: those first that it has.
    pub inbox: Vec<MailRow>,
    /// What the last event that came to it changed, once that is known.
    pub last: Option<LastEvent>,
    /// What came to it, the last first; as far as it has been looked for.
    pub handled: Vec<HandledRow>,
    /// Whether there may be more before those.
    pub has_older: bool,
    /// The next events that come to it, as far as they are known.
    pub next_events: Vec<u64>,
    /// What was otherwise at some time of the run, over all of it.
    pub tracks: Vec<TrackRow>,
    /// How many values were always the same.
    pub same: usize,
    /// From when to when the tracks go, ns.
    pub span_ns: (u64, u64),
}

/// A process or the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InspectedPart {
    /// What it is called.
    pub name: String,
    /// What it is: `broker`.
    pub word: String,
    /// Whether it lives, or has power.
    pub is_alive: bool,
    /// What is to be said of it: what about, and what.
    pub rows: Vec<(String, String)>,
}

/// A belief beside the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BeliefRow {
    /// Whose, where there are several processes.
    pub who: Option<String>,
    /// What about: `leader of orders/0`.
    pub about: String,
    /// What is believed.
    pub believes: String,
    /// What is so, where somebody knows.
    pub truth: Option<String>,
    /// Whether the two differ.
    pub differs: bool,
    /// Whether it is so and yet of no use: who leads is dead, paused or out of reach.
    pub in_vain: bool,
}

/// Timers for the same purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimerRow {
    /// What they are for.
    pub name: String,
    /// How many.
    pub count: usize,
    /// When the next fires, ns; `None`: something holds it back.
    pub next_ns: Option<u64>,
}

/// Messages of the same kind from the same process, at the same place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailRow {
    /// What they are.
    pub word: String,
    /// Who sent them.
    pub from: String,
    /// Where they are, in a few words.
    pub place: String,
    /// How many.
    pub count: usize,
}

/// What kind of event came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Came {
    /// A message.
    #[default]
    Message,
    /// A timer.
    Timer,
    /// A start, a stop, a lost connection.
    Life,
    /// A fault or a repair.
    Fault,
}

/// An event that came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandledRow {
    /// Its number.
    pub event: u64,
    /// When, ns.
    pub at_ns: u64,
    /// The event that scheduled it; 0: the scenario.
    pub cause: u64,
    /// To whom, where there are several processes.
    pub who: Option<String>,
    /// What kind.
    pub came: Came,
    /// What it was.
    pub text: String,
    /// Who sent it.
    pub from: Option<String>,
}

/// What an event changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastEvent {
    /// The event.
    pub row: HandledRow,
    /// What was otherwise: of what, before, after.
    pub changed: Vec<(String, Option<String>, Option<String>)>,
    /// Timers it set and cancelled: `+` or `-` before what they are for, `=` for one that it set anew.
    pub timers: Vec<(char, String)>,
    /// Messages it sent: what, to whom, how many.
    pub sent: Vec<(String, String, usize)>,
    /// What was told of it.
    pub told: Vec<String>,
}

/// A value over the run.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackRow {
    /// What it is.
    pub name: String,
    /// What it is now.
    pub now: String,
    /// How it was, in samples.
    pub values: TrackValues,
}

/// How a value was.
#[derive(Clone, Debug, PartialEq)]
pub enum TrackValues {
    /// A number at each sample; brought to whole steps from 0 (the smallest) to 1000 (the largest), `None` where there was none.
    Numbers(Vec<Option<u64>>),
    /// Stretches of texts: from, behind, what; of so many samples.
    Words(Vec<(usize, usize, String)>, usize),
}
