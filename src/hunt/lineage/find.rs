//! Finds messages and tasks that are worth a look: those that went wrong, those with a key, the one at an offset.

use crate::sim::lens::Followed;
use crate::sim::{QueueId, ServiceId};

use super::Session;
use super::sieve::Sieve;
use super::verdict::Kind;
use crate::hunt::past::{Inquiry, Past, Progress};

/// Among what is looked for those that went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Among {
    /// All messages and tasks.
    #[default]
    All,
    /// The messages that were sent to a queue.
    Queue(QueueId),
    /// The tasks for which a service was called. If a call failed or was not made, the task is listed however it ended: its
    /// user may have been helped by another attempt.
    Service(ServiceId),
}

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// All that went wrong, or took much longer than most.
    Troubled(Among),
    /// Messages with this key.
    Key(u32),
    /// The message at this offset of a queue, or the messages where it was stored anew.
    Offset(QueueId, u64),
}

/// One that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What.
    pub what: Followed,
    /// What it is called: `checkout-1→orders/0#42`.
    pub name: String,
    /// What became of it.
    pub kind: Kind,
    /// When that was certain, ns; of one that nothing has become of, when it was made.
    pub at: u64,
    /// How long it took, ns, if it ended.
    pub took_ns: Option<u64>,
}

/// Looks through a run for them.
#[derive(Clone, Debug)]
pub struct Finder {
    wanted: Wanted,
    until_ns: u64,
    run: Option<Box<(Session, Sieve)>>,
    /// What was sieved, when the run is there.
    sieved: Option<Box<Sieve>>,
    found: Vec<Found>,
    more: u64,
}

impl Finder {
    /// Looks through the run up to a moment (ns).
    pub fn new(wanted: Wanted, until_ns: u64) -> Self {
        Self {
            wanted,
            until_ns,
            run: None,
            sieved: None,
            found: Vec::new(),
            more: 0,
        }
    }

    /// What was found: the worst first, and what is as bad in the order in which it came about.
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// How many more there were.
    pub fn more(&self) -> u64 {
        self.more
    }
}

impl Inquiry for Finder {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        if let Some(sieve) = self.sieved.take() {
            (self.found, self.more) = sieve.done(self.until_ns);
            return Progress::Done;
        }
        let mut run = self.run.take().unwrap_or_else(|| {
            let mut session = past.before(0);
            session.unwatch();
            let sieve = Sieve::new(self.wanted, session.sim().names());
            Box::new((session, sieve))
        });
        let (session, sieve) = &mut *run;
        if session.advance_with(self.until_ns, events, sieve) {
            let done = session.sim().now() as f64 / self.until_ns.max(1) as f64;
            self.run = Some(run);
            return Progress::More(done);
        }
        // Where much happened, the list takes as long as some thousand events, and so does forgetting the run.
        self.sieved = Some(Box::new(run.1));
        Progress::More(1.0)
    }
}
