//! Properties: statements that must hold over a run. Safety properties break at a moment and stay broken; liveness
//! properties ([`Property::Recovers`]) must come true again after healing.
//!
//! A check reads records and the ledger's changes, and says what it found with the records that prove it. It asks for the
//! kinds of records it reads, so that a check costs nothing where it has nothing to see. A new check is a file and a line
//! in the table below.

mod acked_loss;
mod at_least_once;
mod at_most_once;
mod budget;
mod calm;
mod committed_prefix;
mod conservation;
mod converges;
mod effects;
mod exactly_once;
mod expect;
mod finding;
mod lag_returns;
mod linear;
#[cfg(test)]
mod liveness_tests;
mod log_matching;
#[cfg(test)]
mod log_tests;
mod message_ends;
mod metastable;
mod objectives;
#[cfg(test)]
mod objectives_tests;
mod observed;
mod order;
mod owners;
mod polls;
mod recovers;
mod registers;
#[cfg(test)]
mod registers_tests;
mod sends;
mod single_leader;
#[cfg(test)]
mod tests;
mod unclean;
mod watermark;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use budget::Of;
pub use expect::{Expect, Outcome};
pub use finding::{Finding, Findings};

use crate::sim::ledger::{Change, Ledger};
use crate::sim::units::{Chance, Duration, Percentile};
use crate::sim::{Names, Observer, Record};

/// Kinds of records ([`crate::sim::Fact::kind`]) or of changes, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kinds(u32);

impl Kinds {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// The kinds of some facts, by their numbers.
    const fn of(kinds: &[u8]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < kinds.len() {
            bits |= 1 << kinds[at];
            at += 1;
        }
        Self(bits)
    }

    /// These and others.
    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, kind: u8) -> bool {
        self.0 & 1 << kind != 0
    }
}

/// What a check looks at besides its own memory.
struct Scene<'a> {
    record: &'a Record,
    ledger: &'a Ledger,
}

/// A check. All its memory is its own value, so that a checkpoint of it is a clone.
trait Check {
    /// The kinds of records it wants to see. They come after the changes they made.
    const KINDS: Kinds;
    /// The kinds of changes in the ledger that it wants to see ([`Change::kind`]).
    const CHANGES: Kinds;

    fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let _ = (scene, found);
    }

    fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
        let _ = (change, scene, found);
    }

    /// The moment (ns) behind which it wants to look at what is, whether or not a record comes.
    fn alarm(&self) -> u64 {
        u64::MAX
    }

    /// That moment is over; nothing happened since.
    fn ring(&mut self, ledger: &Ledger, found: &mut Findings) {
        let _ = (ledger, found);
    }

    /// The run is over. It may end just when an alarm is due.
    fn finish(&mut self, now: u64, ledger: &Ledger, found: &mut Findings) {
        while now >= self.alarm() && self.alarm() != u64::MAX {
            self.ring(ledger, found);
        }
    }

    /// Why nothing can be said yet, if so: a sentence without a full stop.
    fn open(&self) -> Option<&str> {
        None
    }
}

/// Why nothing can be said: the usual reason.
const TOO_SHORT: &str = "the run ended before it could be said";

/// A setting of a property, as the scenario writes it.
fn setting(name: &str, value: &impl Serialize) -> String {
    format!("{name}: {}", ron::to_string(value).unwrap_or_default())
}

macro_rules! checks {
    ($($(#[doc = $doc:literal])* $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? })?
        => $check:ty = $make:expr, $label:literal;)*) => {
        /// A property. The variants are the words of the scenario language.
        #[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
        pub enum Property {
            $($(#[doc = $doc])* $name $({ $($(#[$field_doc])* $field: $type),+ })?,)*
        }

        #[derive(Clone, Debug)]
        enum Any { $($name($check)),* }

        impl Property {
            /// Every word of the scenario language, with its rule ([`Property::rule`]).
            pub const ALL: &'static [(&'static str, &'static str)] =
                &[$((stringify!($name), concat!($($doc),*))),*];

            /// What it says, in plain words: `no acknowledged message lost`.
            pub fn label(&self) -> String {
                match self { $(Self::$name $({ $($field),+ })? => format!($label $($(, $field = $field)+)?)),* }
            }

            /// Its word in the scenario language.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name)),* }
            }

            /// What must be true, in whole sentences.
            pub fn rule(&self) -> &'static str {
                match self { $(Self::$name { .. } => concat!($($doc),*).trim_ascii()),* }
            }

            /// Its settings, as the scenario writes them: `within: "15s"`.
            fn settings(&self) -> String {
                let mut out: Vec<String> = Vec::new();
                match self {
                    $(Self::$name $({ $($field),+ })? => {
                        $($(out.push(setting(stringify!($field), $field));)+)?
                    }),*
                }
                out.join(", ")
            }

            fn check(&self) -> Any {
                match *self { $(Self::$name $({ $($field),+ })? => Any::$name($make)),* }
            }
        }

        impl Any {
            fn kinds(&self) -> Kinds {
                match self { $(Self::$name(_) => <$check as Check>::KINDS),* }
            }

            fn changes(&self) -> Kinds {
                match self { $(Self::$name(_) => <$check as Check>::CHANGES),* }
            }

            /// Shows it a record, and asks for its alarm then.
            fn record(&mut self, scene: &Scene<'_>, found: &mut Findings) -> u64 {
                match self {
                    $(Self::$name(c) => {
                        c.record(scene, found);
                        c.alarm()
                    }),*
                }
            }

            fn change(&mut self, change: &Change, scene: &Scene<'_>, found: &mut Findings) {
                match self { $(Self::$name(c) => c.change(change, scene, found)),* }
            }

            fn alarm(&self) -> u64 {
                match self { $(Self::$name(c) => c.alarm()),* }
            }

            fn ring(&mut self, ledger: &Ledger, found: &mut Findings) {
                match self { $(Self::$name(c) => c.ring(ledger, found)),* }
            }

            fn finish(&mut self, now: u64, ledger: &Ledger, found: &mut Findings) {
                match self { $(Self::$name(c) => c.finish(now, ledger, found)),* }
            }

            fn open(&self) -> Option<&str> {
                match self { $(Self::$name(c) => c.open()),* }
            }
        }
    };
}

checks! {
    /// A message whose producer was told that it is stored stays in the log that counts until every group had it.
    /// Retention may remove it, and a consumer may skip it: neither is a loss of the log.
    NoAckedLoss => acked_loss::NoAckedLoss = acked_loss::NoAckedLoss::default(), "no acknowledged message lost";
    /// No two processes act as the leader of a queue in the same epoch.
    SingleLeaderPerEpoch => single_leader::SingleLeader = single_leader::SingleLeader::default(), "one leader per epoch";
    /// In a generation of a group, a queue has one owner.
    OneOwnerPerPartition => owners::OneOwner = owners::OneOwner::default(), "one owner per partition and generation";
    /// Every acknowledged message reaches every group: none is lost, skipped by a group, or removed before.
    AtLeastOnce => at_least_once::AtLeastOnce = at_least_once::AtLeastOnce, "every acknowledged message delivered";
    /// No group ends with a message twice.
    AtMostOnce => at_most_once::AtMostOnce = at_most_once::AtMostOnce, "no message delivered twice";
    /// Both: at least once and at most once.
    ExactlyOnce => exactly_once::ExactlyOnce = exactly_once::ExactlyOnce, "every acknowledged message delivered exactly once";
    /// What a user asked for takes effect once: nobody pays twice.
    EffectsOnce => effects::EffectsOnce = effects::EffectsOnce::default(), "no effect happens twice";
    /// A group ends with the messages of a key in the order in which a producer made them.
    OrderPerKey => order::Order = order::Order::PerKey, "order kept per key";
    /// A group ends with the messages of a queue in the order in which a producer made them.
    OrderPerPartition => order::Order = order::Order::PerPartition, "order kept per partition";
    /// What consumers could see stays as it was: an offset never holds another message, and a new leader has it all.
    CommittedPrefix => committed_prefix::CommittedPrefix = committed_prefix::CommittedPrefix, "what was visible stays";
    /// What consumers can see is held by as many copies as are in sync.
    HighWatermarkWithinIsr => watermark::Watermark = watermark::Watermark::default(),
        "visible messages held by all in-sync replicas";
    /// No leader is elected that may lack stored messages.
    NoUncleanElection => unclean::NoUncleanElection = unclean::NoUncleanElection, "no unclean election";
    /// Nothing comes from nowhere, and every produced message is delivered, in flight, lost or expired.
    Conservation => conservation::Conservation = conservation::Conservation::default(), "every message accounted for";
    /// After the last disturbance (a fault that begins or ends, a crash, a restart), deliveries and good answers go on and no
    /// more messages wait or requests are open than before the first one, within a time.
    Recovers {
        /// The time.
        within: Duration
    } => recovers::Recovers = recovers::Recovers::new(within.ns()), "recovers within {within}";
    /// Every message that some group reads ends: within a time of its making, or of the last disturbance if that is later, it is
    /// delivered to all, expired, or lost.
    EveryMessageEnds {
        /// The time.
        within: Duration
    } => message_ends::EveryMessageEnds = message_ends::EveryMessageEnds::new(within.ns()),
        "every message ends within {within}";
    /// A time after the last disturbance no group is further behind, all its queues together, than before the first one.
    LagReturns {
        /// The time.
        within: Duration
    } => lag_returns::LagReturns = lag_returns::LagReturns::new(within.ns()), "lag returns within {within}";
    /// Where everything that disturbed a run is gone, there is a window of 5 s after it, apart from the first, in which at least
    /// half of what is asked for is done well: requests answered, messages delivered. A system that stays under that is in a
    /// metastable state.
    NotMetastable => metastable::NotMetastable = metastable::NotMetastable::default(), "no metastable state";
    /// A time after the last disturbance all agree: each queue with several copies has a leader that lives, and what its log held
    /// when half of the time was up is held by every copy that no fault keeps away, can be seen, and has been ended with by every
    /// group.
    Converges {
        /// The time.
        within: Duration
    } => converges::Converges = converges::Converges::new(within.ns()), "converges within {within}";
    /// Of the requests that are answered well, or of the messages that groups end with, as large a part as the percentile says
    /// takes at most so long, over the whole run. What is found is the first that was too many.
    LatencyObjective {
        /// Of what.
        of: Of,
        /// How large a part.
        percentile: Percentile,
        /// The time.
        at_most: Duration,
    } => objectives::Latency = objectives::Latency::new(of, percentile, at_most),
        "{percentile} of {of} at most {at_most}";
    /// At least such a share goes well, over the whole run: requests that are answered well of those that are over, messages
    /// that are acknowledged of those whose producer knows their end. What is found is the error that was the first too many.
    AvailabilityObjective {
        /// Of what.
        of: Of,
        /// The share.
        at_least: Chance,
    } => objectives::Availability = objectives::Availability::new(of, at_least), "availability of {of} at least {at_least}";
    /// The same in each length of time, which goes along with the run in steps of a twentieth: errors do not come all at once.
    /// It is found once for each time that the budget is used up.
    ErrorBudget {
        /// Of what.
        of: Of,
        /// The share.
        at_least: Chance,
        /// How long.
        over: Duration,
    } => objectives::ErrorBudget = objectives::ErrorBudget::new(of, at_least, over),
        "availability of {of} at least {at_least} in each {over}";
    /// Two copies that hold a message of the same epoch at the same offset hold the same up to there, and nobody holds what no
    /// leader appended.
    LogMatching => log_matching::LogMatching = log_matching::LogMatching::default(), "logs match";
    /// A message that was acknowledged is given to somebody if one is that stands behind it, from the first offset on that
    /// anybody was given. Jepsen calls a breach lost-write.
    NoLostWrite => observed::Observed = observed::Observed::lost(), "no lost write";
    /// A message that was acknowledged is given to somebody within a time. Jepsen calls a breach unseen.
    NoUnobserved {
        /// The time.
        within: Duration
    } => observed::Observed = observed::Observed::unseen(within.ns()), "nothing unobserved for {within}";
    /// A message stands at one offset of a log. Jepsen calls a breach duplicate.
    NoDuplicate => sends::NoDuplicate = sends::NoDuplicate, "no duplicate in a log";
    /// From one poll to the next a consumer leaves no offset out, as long as it keeps its queue. Jepsen calls a breach poll-skip.
    NoPollSkip => polls::Polls = polls::Polls::new(true, false), "no poll skip";
    /// Within a poll no offset is left out. Jepsen calls a breach int-poll-skip.
    NoInternalPollSkip => polls::Polls = polls::Polls::new(true, true), "no internal poll skip";
    /// From one poll to the next a consumer does not go back, as long as it keeps its queue. Jepsen calls a breach
    /// nonmonotonic-poll.
    NoNonMonotonicPoll => polls::Polls = polls::Polls::new(false, false), "no non-monotonic poll";
    /// Within a poll offsets grow. Jepsen calls a breach int-nonmonotonic-poll.
    NoInternalNonMonotonicPoll => polls::Polls = polls::Polls::new(false, true), "no internal non-monotonic poll";
    /// What a producer sent later does not stand before what it sent earlier. Jepsen calls a breach nonmonotonic-send.
    NoNonMonotonicSend => sends::Sends = sends::Sends::new(false), "no non-monotonic send";
    /// The same within what a leader appends at once. Jepsen calls a breach
    /// int-nonmonotonic-send.
    NoInternalNonMonotonicSend => sends::Sends = sends::Sends::new(true), "no internal non-monotonic send";
    /// A read of a key returns nothing older than what was written, and acknowledged, before the read began, whoever answers it:
    /// the database or a cache.
    NoStaleRead => registers::Reads = registers::Reads::new(registers::Than::Written), "no stale read";
    /// A process reads no older version of a key than it has read before.
    MonotonicReads => registers::Reads = registers::Reads::new(registers::Than::OwnReads), "reads are monotonic";
    /// A process reads no older version of a key than it has written itself.
    ReadYourWrites => registers::Reads = registers::Reads::new(registers::Than::OwnWrites), "a process reads its writes";
    /// The reads and writes of each key fit one order in which each takes effect at a moment between its beginning and its end.
    /// Where finding that out takes too long, it is undecided.
    LinearizableRegister => registers::Linearizable = registers::Linearizable::default(), "each key is a linearizable register";
}

impl Property {
    /// What is checked in every run, whether or not the scenario speaks of it: what the systems promise with any settings
    /// that do not give it up on purpose.
    pub const DEFAULT: [Self; 5] = [
        Self::NoAckedLoss,
        Self::SingleLeaderPerEpoch,
        Self::OneOwnerPerPartition,
        Self::CommittedPrefix,
        Self::Conservation,
    ];

    /// Whether there is anything in a run that one of [`Property::DEFAULT`] could speak of: where nothing is queued, nothing
    /// that is said of queues tells anybody anything.
    fn concerns(&self, names: &Names) -> bool {
        match self {
            Self::OneOwnerPerPartition => !names.groups.is_empty(),
            _ => !names.queues.is_empty(),
        }
    }
}

impl fmt::Display for Property {
    /// As the scenario writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.settings();
        if settings.is_empty() {
            return f.write_str(self.word());
        }
        write!(f, "{}({settings})", self.word())
    }
}

/// What is known of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// It held so far; at the end: it holds.
    Holds,
    /// It is broken; with the first finding.
    Broken(&'a Finding),
    /// It cannot be said, and why: what it waits for has not happened, the run ended before it had to be true again, or
    /// finding out would take too long. A sentence without a full stop.
    Undecided(&'a str),
}

impl Verdict<'_> {
    /// One word: `holds`, `broken`, `undecided`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Broken(_) => "broken",
            Self::Undecided(_) => "undecided",
        }
    }

    /// Why it is undecided, if it is.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Undecided(why) => Some(why),
            Self::Holds | Self::Broken(_) => None,
        }
    }
}

#[derive(Clone, Debug)]
struct Watched {
    property: Property,
    check: Any,
    found: Findings,
}

/// The checks of a run.
#[derive(Clone, Debug)]
pub struct Checks {
    watched: Vec<Watched>,
    /// By kind of record: the places of the checks that see it.
    by_kind: [Vec<usize>; 32],
    /// By kind of change: the same.
    by_change: [Vec<usize>; 8],
    /// The first alarm of a check, ns.
    alarm: u64,
}

impl Checks {
    /// The properties that are checked in every run with such names, and those an expectation speaks of.
    pub fn new(expect: &[Expect], names: &Names) -> Self {
        let named = expect.iter().filter_map(Expect::property);
        let usual = Property::DEFAULT.into_iter().filter(|p| p.concerns(names));
        let mut properties = Vec::new();
        for property in usual.chain(named) {
            if !properties.contains(&property) {
                properties.push(property);
            }
        }
        Self::of(&properties)
    }

    /// Some properties.
    pub fn of(properties: &[Property]) -> Self {
        let mut checks = Self {
            watched: Vec::new(),
            by_kind: std::array::from_fn(|_| Vec::new()),
            by_change: std::array::from_fn(|_| Vec::new()),
            alarm: u64::MAX,
        };
        for (at, &property) in properties.iter().enumerate() {
            let check = property.check();
            for (kind, wanted) in (0u8..).zip(&mut checks.by_kind) {
                wanted.extend(check.kinds().has(kind).then_some(at));
            }
            for (kind, wanted) in (0u8..).zip(&mut checks.by_change) {
                wanted.extend(check.changes().has(kind).then_some(at));
            }
            checks.watched.push(Watched {
                property,
                check,
                found: Findings::new(property),
            });
        }
        checks
    }

    /// Takes in a record that the ledger has just taken in.
    #[inline]
    pub fn apply(&mut self, record: &Record, ledger: &Ledger) {
        if !ledger.changes().is_empty() {
            self.changes(record, ledger);
        }
        if !self.by_kind[usize::from(record.fact.kind() & 31)].is_empty() {
            self.record(record, ledger);
        }
    }

    #[inline(never)]
    fn changes(&mut self, record: &Record, ledger: &Ledger) {
        let scene = Scene { record, ledger };
        for change in ledger.changes() {
            for &each in &self.by_change[usize::from(change.kind() & 7)] {
                let watched = &mut self.watched[each];
                watched.check.change(change, &scene, &mut watched.found);
            }
        }
    }

    #[inline(never)]
    fn record(&mut self, record: &Record, ledger: &Ledger) {
        let scene = Scene { record, ledger };
        for &each in &self.by_kind[usize::from(record.fact.kind() & 31)] {
            let watched = &mut self.watched[each];
            let alarm = watched.check.record(&scene, &mut watched.found);
            self.alarm = self.alarm.min(alarm);
        }
    }

    /// Time goes on to `now`, ns. To be called before the ledger takes in a record of that time, and when a run is looked
    /// at; what is found does not depend on how a run is cut into portions.
    #[inline]
    pub fn advance(&mut self, now: u64, ledger: &Ledger) {
        if now > self.alarm {
            self.ring(now, ledger);
        }
    }

    #[cold]
    fn ring(&mut self, now: u64, ledger: &Ledger) {
        self.alarm = u64::MAX;
        for watched in &mut self.watched {
            while now > watched.check.alarm() {
                watched.check.ring(ledger, &mut watched.found);
            }
            self.alarm = self.alarm.min(watched.check.alarm());
        }
    }

    /// The run ended at a moment, ns.
    pub fn finish(&mut self, now: u64, ledger: &Ledger) {
        self.advance(now, ledger);
        for watched in &mut self.watched {
            watched.check.finish(now, ledger, &mut watched.found);
        }
    }

    /// What is checked, and what is known of it.
    pub fn verdicts(&self) -> impl Iterator<Item = (Property, Verdict<'_>)> {
        self.watched.iter().map(|w| (w.property, w.verdict()))
    }

    /// What is known of a property; `None` if it is not checked.
    pub fn verdict(&self, property: &Property) -> Option<Verdict<'_>> {
        let watched = self.watched.iter().find(|w| w.property == *property)?;
        Some(watched.verdict())
    }

    /// The findings of a property.
    pub fn findings(&self, property: &Property) -> Option<&Findings> {
        let watched = self.watched.iter().find(|w| w.property == *property)?;
        Some(&watched.found)
    }

    /// All kept findings, in the order of the run: the number of each is its place, from 1 on. Where more are kept than usually,
    /// those stand behind: the eleventh of each property, the twelfth of each, and so on. So no number depends on how many are
    /// kept.
    pub fn all_findings(&self) -> Vec<&Finding> {
        let told = self.watched.iter().flat_map(|w| w.found.told());
        let mut all: Vec<(usize, &Finding)> = told.collect();
        all.sort_by_key(|(beyond, finding)| (*beyond, finding.event));
        all.into_iter().map(|(_, finding)| finding).collect()
    }

    /// From now on the findings up to this number are kept. To be called before there are any.
    pub fn keep_up_to(&mut self, number: usize) {
        for watched in &mut self.watched {
            watched.found.keep(number);
        }
    }

    /// How many findings there were, kept or not.
    pub fn count(&self) -> u64 {
        self.watched.iter().map(|w| w.found.count()).sum()
    }
}

impl Watched {
    fn verdict(&self) -> Verdict<'_> {
        match (self.found.kept().first(), self.check.open()) {
            (Some(first), _) => Verdict::Broken(first),
            (None, Some(why)) => Verdict::Undecided(why),
            (None, None) => Verdict::Holds,
        }
    }
}

/// A run's checks together with a ledger of their own, for runs in which nothing else needs one.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The account they read.
    pub ledger: Ledger,
    /// They.
    pub checks: Checks,
}

impl Observer for Checked {
    fn record(&mut self, record: &Record) {
        self.checks.advance(record.at, &self.ledger);
        self.ledger.record(record);
        self.checks.apply(record, &self.ledger);
    }
}

/// Numbers of the kinds of facts that checks ask for; `Fact::kind` gives them.
mod kind {
    pub const STARTED: u8 = 0;
    pub const CRASHED: u8 = 1;
    pub const HALTED: u8 = 2;
    pub const PAUSED: u8 = 3;
    pub const RESUMED: u8 = 4;
    pub const FAULT_BEGAN: u8 = 5;
    pub const FAULT_ENDED: u8 = 6;
    pub const PRODUCED: u8 = 8;
    pub const REFUSED: u8 = 9;
    pub const ACKED: u8 = 10;
    pub const STORED: u8 = 11;
    pub const UNSTORED: u8 = 12;
    pub const VISIBLE: u8 = 13;
    pub const HANDED: u8 = 14;
    pub const COMMITTED: u8 = 16;
    pub const ELECTED: u8 = 18;
    pub const LEADS: u8 = 19;
    pub const IN_SYNC: u8 = 20;
    pub const ASSIGNED: u8 = 24;
    pub const REVOKED: u8 = 25;
    pub const STOPPED: u8 = 27;
    pub const CALL: u8 = 28;
}
