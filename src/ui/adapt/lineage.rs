//! Answers questions about messages and events, by inquiries into the past of the run.

use std::sync::Arc;

use crate::hunt::lineage::{
    self as hunt, Causes, Effects, Finder, Found, HopEnd, Kind, Lineage, Link, Owed, Story, Tried,
    Wanted,
};
use crate::hunt::past::{Inquiry, Past, Progress};
use crate::hunt::{Intervention, Session};
use crate::sim::lens::Followed;
use crate::sim::{FlowId, LaneId, Names, Observer, QueueId, Record, ServiceId, Task};
use crate::ui::view::lineage as view;
use crate::ui::view::lineage::{
    About, Among, Candidate, Candidates, Descent, Followable, Known, LineageRow, RowWhat,
};

use super::log::mark_kind;

/// Effects of an event are looked for so long after it, ns.
const HORIZON_NS: u64 = 20_000_000_000;

/// A question that is being answered.
#[derive(Clone, Debug)]
pub struct Asking {
    about: About,
    interventions: Arc<[Intervention]>,
    step: Step,
    until_ns: u64,
    place: Option<(usize, usize)>,
    more: u64,
    known: Option<Known>,
}

#[derive(Clone, Debug)]
enum Step {
    /// The one of this number among those that went wrong is looked for.
    Seek(Finder, usize),
    Choose(Finder),
    Follow(Box<Lineage>),
    Causes(Box<Causes>, u64),
    Effects(Box<Effects>),
    Done,
}

impl Asking {
    /// Begins with a question, of the moment at which a session stands.
    pub fn new(about: &About, session: &Session) -> Self {
        let until_ns = session.sim().now();
        let step = match *about {
            About::Thing(what) => Step::Follow(Box::new(Lineage::new(followed(what), until_ns))),
            About::Trouble(nth) => {
                let wanted = Wanted::Troubled(hunt::Among::All);
                Step::Seek(Finder::new(wanted, until_ns), nth)
            }
            About::AllTrouble(of) => {
                let wanted = Wanted::Troubled(among(of));
                Step::Choose(Finder::new(wanted, until_ns))
            }
            About::Key(key) => Step::Choose(Finder::new(Wanted::Key(key), until_ns)),
            About::Offset(queue, offset) => {
                let wanted = Wanted::Offset(QueueId(queue), offset);
                Step::Choose(Finder::new(wanted, until_ns))
            }
            About::Event(event) => Step::Causes(Box::new(Causes::new(event)), event),
        };
        Self {
            about: about.clone(),
            interventions: Arc::clone(session.interventions()),
            step,
            until_ns,
            place: None,
            more: 0,
            known: None,
        }
    }

    /// Whether it answers a question where a session stands: who goes back to look at something does not want to see less
    /// of it.
    pub fn answers(&self, session: &Session, about: &About) -> bool {
        self.about == *about
            && session.sim().now() <= self.until_ns
            && Arc::ptr_eq(&self.interventions, session.interventions())
    }

    /// What is known so far.
    pub fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// Works on for about so many events.
    pub fn work(&mut self, past: &dyn Past, names: &Names, events: u64) -> Progress {
        match self.go_on(past, names, events) {
            Some(share) => Progress::More(share),
            None => Progress::Done,
        }
    }

    /// How much is known; `None`: all.
    fn go_on(&mut self, past: &dyn Past, names: &Names, events: u64) -> Option<f64> {
        match std::mem::replace(&mut self.step, Step::Done) {
            Step::Seek(mut finder, nth) => {
                if let Progress::More(share) = finder.work(past, events) {
                    self.step = Step::Seek(finder, nth);
                    return Some(share * 0.3);
                }
                self.found(&finder, nth)
            }
            Step::Choose(mut finder) => {
                if let Progress::More(share) = finder.work(past, events) {
                    self.step = Step::Choose(finder);
                    return Some(share);
                }
                let rows = finder.found().iter().map(candidate).collect();
                let more = finder.more();
                self.known = Some(Known::Choice(Candidates { rows, more }));
                None
            }
            Step::Follow(mut lineage) => {
                let progress = lineage.work(past, events);
                self.told(&lineage);
                let Progress::More(share) = progress else {
                    return None;
                };
                self.step = Step::Follow(lineage);
                Some(share)
            }
            Step::Causes(mut causes, event) => {
                if let Progress::More(share) = causes.work(past, events) {
                    self.step = Step::Causes(causes, event);
                    return Some(share * 0.5);
                }
                self.known = Some(Known::Event(Descent {
                    causes: causes.links().iter().map(step).collect(),
                    owed: causes.owed().iter().map(Tried::words).collect(),
                    about: about(past, event, names),
                    ..Descent::default()
                }));
                self.step = Step::Effects(Box::new(Effects::new(event, HORIZON_NS)));
                Some(0.5)
            }
            Step::Effects(mut effects) => {
                if let Progress::More(share) = effects.work(past, events) {
                    self.step = Step::Effects(effects);
                    return Some(0.5 + share * 0.5);
                }
                if let Some(Known::Event(descent)) = &mut self.known {
                    descent.effects = effect_steps(&effects);
                    descent.descendants = effects.descendants();
                }
                None
            }
            Step::Done => None,
        }
    }

    /// Those that went wrong are known: the one of this number is followed.
    fn found(&mut self, finder: &Finder, nth: usize) -> Option<f64> {
        let all = finder.found();
        if all.is_empty() {
            let why = "no message or request went wrong so far".to_owned();
            self.known = Some(Known::Nothing(why));
            return None;
        }
        let nth = nth % all.len();
        self.place = Some((nth, all.len()));
        self.more = finder.more();
        let lineage = Lineage::new(all[nth].what, self.until_ns);
        self.step = Step::Follow(Box::new(lineage));
        Some(0.3)
    }

    fn told(&mut self, lineage: &Lineage) {
        if let Some(story) = lineage.story() {
            let mut life = life(story, lineage.owed());
            life.place = self.place;
            life.more = self.more;
            self.known = Some(Known::Life(life));
        } else if lineage.is_done() {
            let why = "there is no such message at this moment of the run".to_owned();
            self.known = Some(Known::Nothing(why));
        }
    }
}

fn among(of: Among) -> hunt::Among {
    match of {
        Among::All => hunt::Among::All,
        Among::Queue(queue) => hunt::Among::Queue(QueueId(queue as u32)),
        Among::Service(service) => hunt::Among::Service(ServiceId(service as u16)),
    }
}

fn followed(what: Followable) -> Followed {
    match what {
        Followable::Message { lane, number } => Followed::Message {
            lane: LaneId(lane),
            number,
        },
        Followable::Task { flow, number } => Followed::Task(Task {
            flow: FlowId(flow),
            number,
        }),
    }
}

fn followable(what: Followed) -> Followable {
    match what {
        Followed::Message { lane, number } => Followable::Message {
            lane: lane.0,
            number,
        },
        Followed::Task(task) => Followable::Task {
            flow: task.flow.0,
            number: task.number,
        },
    }
}

fn life(story: &Story, owed: &Owed) -> view::Lineage {
    let hops = story.hops.iter().map(|hop| LineageRow {
        at_ns: hop.sent_at,
        event: hop.sent_event,
        lane: hop.from,
        what: RowWhat::Hop {
            to: hop.to,
            label: hop.label.clone(),
            word: hop.word.to_owned(),
            end: match hop.end {
                HopEnd::OnTheWay => view::HopEnd::OnTheWay,
                HopEnd::Arrived { at, event } => view::HopEnd::Arrived(at, event),
                HopEnd::Dropped { why, .. } => view::HopEnd::Dropped(why.to_owned()),
            },
            lost: hop.lost,
        },
    });
    let moments = story.moments.iter().map(|moment| LineageRow {
        at_ns: moment.at,
        event: moment.event,
        lane: moment.lane,
        what: RowWhat::Moment {
            kind: mark_kind(moment.sign),
            text: moment.text.clone(),
            own: moment.is_own,
            alive: moment.alive,
        },
    });
    let mut rows: Vec<LineageRow> = moments.chain(hops).collect();
    rows.sort_by_key(|row| (row.at_ns, row.event));
    let lane = |lane: &crate::hunt::lineage::Lane| view::LineageLane {
        name: lane.name.clone(),
        part: lane.part.to_owned(),
    };
    let trials = owed.trials.iter().map(|trial| view::Trial {
        what: match &trial.tried {
            Tried::With { .. } => format!("with {}", trial.tried.words()),
            other => format!("without {}", other.words()),
        },
        verdict: trial.verdict.words(),
        helps: trial.helps,
    });
    let part = |part: &crate::hunt::lineage::Part| (part.spent.word().to_owned(), part.ns);
    view::Lineage {
        name: story.name.clone(),
        short: story.short.clone(),
        about: story.about.clone(),
        lanes: story.lanes.iter().map(lane).collect(),
        rows,
        verdict: story.verdict.words(),
        well: story.verdict.is_well(),
        whole_ns: story.whole_ns(),
        parts: story.parts.iter().map(part).collect(),
        owed: owed.sentence(&story.verdict),
        trials: trials.collect(),
        left: owed.left,
        place: None,
        more: 0,
    }
}

fn candidate(found: &Found) -> Candidate {
    Candidate {
        what: followable(found.what),
        name: found.name.clone(),
        verdict: word(found.kind).to_owned(),
        at_ns: found.at,
        took_ns: found.took_ns,
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Once => "once",
        Kind::Late => "late",
        Kind::Again => "twice",
        Kind::Aside => "put aside",
        Kind::Open => "on its way",
        Kind::GivenUp => "given up",
        Kind::Expired => "expired",
        Kind::Lost => "lost",
        Kind::Unborn => "not made",
    }
}

fn step(link: &Link) -> view::Step {
    view::Step {
        at_ns: link.at,
        event: link.event,
        subject: link.process.clone(),
        what: link.what.clone(),
        times: link.times,
        mark: link.line > 0,
        line: link.line,
    }
}

fn effect_steps(effects: &Effects) -> Vec<view::Step> {
    let marks = effects.marks().iter().map(|(line, heir)| view::Step {
        at_ns: line.at,
        event: line.event,
        subject: line.subject.clone(),
        what: if *heir {
            format!("{} {}", line.word, line.text)
        } else {
            format!("{} {} (only with this fault)", line.word, line.text)
        },
        times: 1,
        mark: true,
        line: 0,
    });
    let folded = effects.folded().iter().map(|effect| view::Step {
        at_ns: effect.at,
        event: effect.event,
        subject: effect.process.clone(),
        what: effect.what.clone(),
        times: effect.times,
        mark: false,
        line: 0,
    });
    marks.chain(folded).collect()
}

/// So many things that one event is about are named.
const ABOUT_MAX: usize = 20;

/// What an event is about that can be followed.
fn about(past: &dyn Past, event: u64, names: &Names) -> Vec<(Followable, String)> {
    let mut session = past.before(event.saturating_sub(1));
    session.unwatch();
    let mut records = OfEvent(event, Vec::new());
    let missing = event.saturating_sub(session.sim().events());
    session.advance_with(u64::MAX, missing, &mut records);
    let mut all: Vec<(Followable, String)> = Vec::new();
    for record in &records.1 {
        for what in crate::hunt::lineage::subjects(&record.fact) {
            let what = (followable(what), crate::hunt::lineage::name(what, names));
            if all.len() < ABOUT_MAX && !all.contains(&what) {
                all.push(what);
            }
        }
    }
    all
}

/// The records of one event.
struct OfEvent(u64, Vec<Record>);

impl Observer for OfEvent {
    fn record(&mut self, record: &Record) {
        if record.event == self.0 {
            self.1.push(*record);
        }
    }
}
