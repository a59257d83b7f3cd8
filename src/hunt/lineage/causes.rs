//! What an event comes from: the chain of the events that scheduled one another, back to the scenario.
//!
//! A timer that fires because nobody spoke has no event behind it that says so. So for a mark it is also tried, by control,
//! without which fault it would not have happened.

use std::sync::Arc;

use crate::sim::lens::{Happened, Happening, Lens, Phase};
use crate::sim::{Names, Observer, Record};
use crate::systems::Message;
use crate::trace::marks::{describe, is_mark};

use super::owed::{Tried, otherwise};
use crate::hunt::Session;
use crate::hunt::past::{Inquiry, Past, Progress};

/// So many events are kept at once.
const LOG_MAX: usize = 250_000;
/// Chains of this many links or fewer are recognised when they repeat.
const PERIOD_MAX: usize = 6;
/// A mark that comes so much later than in the run that is shown still counts as the same, ns.
const LATER_NS: u64 = 2_000_000_000;
/// More faults than this are not left out one by one.
const FAULTS_MAX: usize = 16;

/// A link of the chain: one event, or several that repeat.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The number of the event; of several, of the last.
    pub event: u64,
    /// When, ns.
    pub at: u64,
    /// The process, or nothing.
    pub process: String,
    /// What it was: `Fetch from broker-1`, `timer`, `crash leader of orders/0`.
    pub what: String,
    /// How many such there are.
    pub times: u64,
    /// When the first of them was, ns.
    pub first_at: u64,
    /// The line of the scenario that it comes from; 0: none.
    pub line: u32,
}

/// Where an event comes from, as a question about the past.
#[derive(Clone, Debug)]
pub struct Causes {
    /// The event whose cause is looked for next; 0: there is none.
    need: u64,
    target: u64,
    log: Vec<Happened>,
    /// Of each event one record, the most telling.
    said: Vec<Record>,
    run: Option<Box<Session>>,
    /// Sessions on the way, the latest last.
    kept: Vec<Session>,
    chain: Chain,
    mark: Option<Record>,
    control: Option<Control>,
    owed: Vec<Tried>,
    is_done: bool,
}

impl Causes {
    /// Of an event, by its number.
    pub fn new(event: u64) -> Self {
        Self {
            need: event,
            target: event,
            log: Vec::new(),
            said: Vec::new(),
            run: None,
            kept: Vec::new(),
            chain: Chain::default(),
            mark: None,
            control: None,
            owed: Vec::new(),
            is_done: false,
        }
    }

    /// The chain as far as it is known, the event itself first.
    pub fn links(&self) -> &[Link] {
        &self.chain.links
    }

    /// The faults without which a mark would not have happened, where no fault stands in the chain itself.
    pub fn owed(&self) -> &[Tried] {
        &self.owed
    }

    /// Goes back as far as the log allows.
    fn walk(&mut self, names: &Names) {
        while let Some(first) = self.log.first().map(|h| h.event) {
            let Some(at) = self.need.checked_sub(first).filter(|_| self.need > 0) else {
                return;
            };
            let Some(happened) = self.log.get(at as usize).copied() else {
                return;
            };
            let said = self.said.binary_search_by_key(&self.need, |r| r.event);
            let said = said.ok().map(|at| self.said[at]);
            if self.need == self.target {
                self.mark = said.filter(|r| is_mark(&r.fact));
            }
            self.chain.push(&happened, said.as_ref(), names);
            self.need = happened.cause;
        }
    }

    /// A session before the event that is needed.
    fn restart(&mut self, past: &dyn Past) -> Box<Session> {
        while let Some(last) = self.kept.last() {
            if last.sim().events() < self.need {
                break;
            }
            self.kept.pop();
        }
        let mut session = match self.kept.pop() {
            Some(session) => session,
            None => past.before(self.need - 1),
        };
        session.unwatch();
        session.look_closer(Lens::logging(Message::sight));
        self.log.clear();
        self.said.clear();
        Box::new(session)
    }

    fn look(&mut self, past: &dyn Past, events: u64) {
        let mut run = match self.run.take() {
            Some(run) => run,
            None => self.restart(past),
        };
        let room = LOG_MAX.saturating_sub(self.log.len()) as u64;
        let missing = self.need.saturating_sub(run.sim().events());
        let mut listener = Listener(&mut self.said);
        let end = run.end_ns();
        let more = run.advance_with(end, events.min(room).min(missing).max(1), &mut listener);
        if let Some(lens) = run.lens_mut() {
            self.log.extend(lens.take_log());
        }
        if run.sim().events() >= self.need || !more {
            let reached = run.sim().events() >= self.need;
            self.walk(run.sim().names());
            if !reached {
                self.need = 0;
            }
        } else {
            if self.log.len() >= LOG_MAX {
                self.kept.push(Session::clone(&run));
                self.log.clear();
                self.said.clear();
            }
            self.run = Some(run);
        }
    }

    /// Tries without which fault the mark would not have been.
    fn begin_control(&mut self, past: &dyn Past) {
        let ends_in_fault = self.chain.links.last().is_some_and(|l| l.line > 0);
        if let Some(mark) = self.mark.filter(|_| !ends_in_fault) {
            self.control = Some(Control::new(&mark, past));
        } else {
            self.is_done = true;
        }
    }
}

impl Inquiry for Causes {
    fn work(&mut self, past: &dyn Past, events: u64) -> Progress {
        if self.need > 0 {
            self.look(past, events);
            let done = 1.0 - self.need as f64 / self.target.max(1) as f64;
            return Progress::More(0.5 * done);
        }
        if !self.is_done && self.control.is_none() {
            (self.log, self.said) = (Vec::new(), Vec::new());
            self.begin_control(past);
        }
        if let Some(control) = &mut self.control {
            match control.work(events) {
                Some(owed) => {
                    self.owed = owed;
                    self.control = None;
                    self.is_done = true;
                }
                None => return Progress::More(0.5 + 0.5 * control.share()),
            }
        }
        Progress::Done
    }
}

/// Keeps of each event one record: a mark if there is one.
struct Listener<'a>(&'a mut Vec<Record>);

impl Observer for Listener<'_> {
    fn record(&mut self, record: &Record) {
        match self.0.last_mut() {
            Some(last) if last.event == record.event => {
                if is_mark(&record.fact) && !is_mark(&last.fact) {
                    *last = *record;
                }
            }
            _ => self.0.push(*record),
        }
    }
}

/// The links, where those that repeat are one.
#[derive(Clone, Debug, Default)]
struct Chain {
    links: Vec<Link>,
    /// What repeats: how many of the last links, and which of them is next.
    cycle: Option<(usize, usize)>,
}

impl Chain {
    fn push(&mut self, happened: &Happened, said: Option<&Record>, names: &Names) {
        let link = link(happened, said, names);
        if let Some((period, next)) = self.cycle {
            let at = self.links.len() - period + next;
            if is_same(&self.links[at], &link) {
                (self.links[at].times, self.links[at].first_at) =
                    (self.links[at].times + 1, link.at);
                self.cycle = Some((period, (next + 1) % period));
                return;
            }
            self.cycle = None;
        }
        self.links.push(link);
        let len = self.links.len();
        let repeats = |period: &usize| {
            let period = *period;
            len >= 2 * period
                && (len - period..len).all(|i| is_same(&self.links[i], &self.links[i - period]))
        };
        if let Some(period) = (1..=PERIOD_MAX).find(repeats) {
            for later in self.links.split_off(len - period) {
                let found = self.links.iter_mut().rev().take(period);
                if let Some(link) = found.into_iter().find(|l| is_same(l, &later)) {
                    (link.times, link.first_at) = (link.times + later.times, later.first_at);
                }
            }
            self.cycle = Some((period, 0));
        }
    }
}

fn is_same(one: &Link, other: &Link) -> bool {
    (&one.process, &one.what, one.line) == (&other.process, &other.what, other.line)
}

fn link(happened: &Happened, said: Option<&Record>, names: &Names) -> Link {
    let mut line = 0;
    if let Happening::Fault { fault, .. } = happened.what {
        line = names.faults.get(fault as usize).map_or(0, |f| f.line);
    }
    let process = if happened.pid == Record::NOBODY {
        String::new()
    } else {
        names.process(happened.pid).to_owned()
    };
    let mut what = words(happened, names);
    if let Some(record) = said.filter(|r| is_mark(&r.fact) && line == 0) {
        let told = describe(record, names);
        what = format!("{what}: {} {} {}", told.subject, told.word, told.text);
    }
    Link {
        event: happened.event,
        at: happened.at,
        process,
        what: what.trim_end().to_owned(),
        times: 1,
        first_at: happened.at,
        line,
    }
}

/// What an event was.
pub(super) fn words(happened: &Happened, names: &Names) -> String {
    match happened.what {
        Happening::Arrived { from, word } => format!("{word} from {}", names.process(from)),
        Happening::Served { from, word } => {
            format!("done with {word} from {}", names.process(from))
        }
        Happening::Timer { .. } => "timer".to_owned(),
        Happening::Started => "start".to_owned(),
        Happening::Synced => "disk synced".to_owned(),
        Happening::Reset { peer } => format!("connection to {} reset", names.process(peer)),
        Happening::Resent => "lost packets sent again".to_owned(),
        Happening::Stop => "asked to stop".to_owned(),
        Happening::Thawed => "goes on after a pause".to_owned(),
        Happening::Fault { fault, phase } => {
            let name = names.faults.get(fault as usize);
            let label = name.map_or("a fault", |f| &f.label);
            match phase {
                Phase::Begins => label.to_owned(),
                Phase::GoesOn => format!("{label} goes on"),
                Phase::Ends => format!("{label} ends"),
            }
        }
    }
}

/// The same run without one fault after the other, to see whether a mark happens there.
#[derive(Clone, Debug)]
struct Control {
    beginning: Session,
    left: Vec<Tried>,
    all: usize,
    mark: MarkCount,
    until_ns: u64,
    /// The run that is shown comes first: how many of its marks are like this one, up to this one.
    wanted: Option<u64>,
    now: Option<Box<(Option<Tried>, Session, MarkCount)>>,
    owed: Vec<Tried>,
}

impl Control {
    fn new(mark: &Record, past: &dyn Past) -> Self {
        let beginning = past.before(0);
        let names = Arc::clone(beginning.sim().names());
        let told = describe(mark, &names);
        let counter = MarkCount {
            names,
            subject: told.subject,
            word: told.word,
            until_event: u64::MAX,
            count: 0,
        };
        let mut shown = beginning.clone();
        shown.unwatch();
        let first = MarkCount {
            until_event: mark.event,
            ..counter.clone()
        };
        Self {
            beginning,
            left: Vec::new(),
            all: 1,
            mark: counter,
            until_ns: mark.at,
            wanted: None,
            now: Some(Box::new((None, shown, first))),
            owed: Vec::new(),
        }
    }

    fn share(&self) -> f64 {
        1.0 - (self.left.len() + 1) as f64 / (self.all + 1) as f64
    }

    /// The answer, once it is known.
    fn work(&mut self, events: u64) -> Option<Vec<Tried>> {
        let mut run = self.now.take().or_else(|| self.next())?;
        let (tried, session, count) = &mut *run;
        let until_ns = match tried {
            Some(_) => self.until_ns.saturating_add(LATER_NS),
            None => self.until_ns,
        };
        if session.advance_with(until_ns, events, count) {
            self.now = Some(run);
            return None;
        }
        match tried.take() {
            None => {
                self.wanted = Some(count.count);
                self.left = faults(session);
                self.left.reverse();
                self.all = self.left.len();
            }
            Some(tried) => {
                if Some(count.count) < self.wanted {
                    self.owed.push(tried);
                }
            }
        }
        self.left.is_empty().then(|| std::mem::take(&mut self.owed))
    }

    fn next(&mut self) -> Option<Box<(Option<Tried>, Session, MarkCount)>> {
        let tried = self.left.pop()?;
        let session = otherwise(&self.beginning, &tried)?;
        Some(Box::new((Some(tried), session, self.mark.clone())))
    }
}

/// The faults that began in a run.
fn faults(session: &Session) -> Vec<Tried> {
    let sim = session.sim();
    let mut begun: Vec<u32> = sim.faults().begun().iter().map(|a| a.fault).collect();
    begun.sort_unstable();
    begun.dedup();
    let names = &sim.names().faults;
    let named = begun.into_iter().filter_map(|fault| {
        let name = names.get(fault as usize)?;
        Some(Tried::Without {
            fault,
            line: name.line,
            label: name.label.clone(),
        })
    });
    named.take(FAULTS_MAX).collect()
}

/// Counts marks that say the same of the same.
#[derive(Clone, Debug)]
struct MarkCount {
    names: Arc<Names>,
    subject: String,
    word: &'static str,
    until_event: u64,
    count: u64,
}

impl Observer for MarkCount {
    fn record(&mut self, record: &Record) {
        if record.fact.is_frequent() || record.event > self.until_event || !is_mark(&record.fact) {
            return;
        }
        let told = describe(record, &self.names);
        self.count += u64::from(told.word == self.word && told.subject == self.subject);
    }
}
