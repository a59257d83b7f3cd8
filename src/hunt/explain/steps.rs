//! What happened, step by step, in plain words. Each step has the number of the event that it is.

use crate::hunt::lineage::{Hop, HopEnd, Link, Moment, Story};
use crate::sim::amount::Amount;
use crate::sim::fault::FaultPlan;
use crate::sim::{Fact, Names, Record};
use crate::trace::marks::{Cause, Sign, describe};

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// When, ns.
    pub at_ns: u64,
    /// In which event; 0: in none.
    pub event: u64,
    /// Where: a node or process; empty: nowhere in particular.
    pub subject: String,
    /// What kind of thing it is.
    pub sign: Sign,
    /// What happened.
    pub text: String,
    /// Whether it is about what is explained, and not about what befell machines meanwhile.
    pub is_own: bool,
    /// The line of the scenario that it comes from at once; 0: none, [`FaultPlan::BY_HAND`] if somebody did it.
    pub line: u32,
    /// For what takes time: when it is over (ns), and in which event.
    pub end: Option<(u64, u64)>,
}

/// The steps of a life.
pub(super) fn of_story(story: &Story, names: &Names) -> Vec<Step> {
    let moments = story.moments.iter().map(|m| of_moment(m, story, names));
    let hops = story.hops.iter().map(|hop| of_hop(hop, story));
    let mut steps: Vec<Step> = moments.chain(hops).collect();
    steps.sort_by_key(|step| (step.at_ns, step.event));
    steps.push(Step {
        at_ns: story.verdict.at,
        event: story.verdict.event,
        subject: String::new(),
        sign: if story.verdict.is_well() {
            Sign::Well
        } else {
            Sign::Broke
        },
        text: story.verdict.words(),
        is_own: true,
        line: 0,
        end: None,
    });
    steps
}

fn of_moment(moment: &Moment, story: &Story, names: &Names) -> Step {
    let fault = moment.fault.and_then(|f| names.faults.get(f as usize));
    Step {
        at_ns: moment.at,
        event: moment.event,
        subject: story.lanes[moment.lane].name.clone(),
        sign: moment.sign,
        text: moment.text.clone(),
        is_own: moment.is_own,
        line: fault.map_or(0, |f| f.line),
        end: None,
    }
}

fn of_hop(hop: &Hop, story: &Story) -> Step {
    let to = &story.lanes[hop.to].name;
    let lost = match hop.lost {
        0 => String::new(),
        1 => ", lost once on the way and sent again".to_owned(),
        n => format!(", lost {n} times on the way and sent again"),
    };
    let (sign, end, how) = match hop.end {
        HopEnd::OnTheWay => (Sign::Slow, None, "on its way at the end".to_owned()),
        HopEnd::Arrived { at, event } => {
            let took = Amount::time(at.saturating_sub(hop.sent_at));
            let how = format!("there after {took}{lost}");
            (Sign::Other, Some((at, event)), how)
        }
        HopEnd::Dropped { at, event, why } => {
            let how = format!("never there: {why}{lost}");
            (Sign::Broke, Some((at, event)), how)
        }
    };
    Step {
        at_ns: hop.sent_at,
        event: hop.sent_event,
        subject: story.lanes[hop.from].name.clone(),
        sign,
        text: format!("{} to {to} ({}), {how}", hop.label, hop.word),
        is_own: true,
        line: 0,
        end,
    }
}

/// A record of the run.
pub(super) fn of_record(record: &Record, names: &Names) -> Step {
    let line = describe(record, names);
    let word = line.word.to_lowercase();
    let text = match record.fact {
        Fact::FaultBegan { .. } => line.text,
        _ if line.text.is_empty() => word,
        _ => format!("{word} {}", line.text),
    };
    Step {
        at_ns: line.at,
        event: line.event,
        subject: line.subject,
        sign: line.sign,
        text,
        is_own: false,
        line: match line.cause {
            Cause::ScenarioLine(number) => number,
            Cause::Hand => FaultPlan::BY_HAND,
            Cause::Event(_) | Cause::Beginning => 0,
        },
        end: None,
    }
}

/// A link of the chain of events that something comes from.
pub(super) fn of_link(link: &Link) -> Step {
    let times = match link.times {
        1 => String::new(),
        n => format!(" ({n} times since {})", Amount::time(link.first_at)),
    };
    Step {
        at_ns: link.at,
        event: link.event,
        subject: link.process.clone(),
        sign: Sign::Other,
        text: format!("{}{times}", link.what),
        is_own: true,
        line: link.line,
        end: None,
    }
}

/// What is told by two sources is told once.
pub(super) fn without_repeats(steps: &mut Vec<Step>) {
    let mut told: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps.drain(..) {
        let of_event = told.iter_mut().rev();
        let of_event = of_event.take_while(|t| t.at_ns == step.at_ns);
        let mut same = of_event.filter(|t| t.event == step.event && t.event != 0);
        let is_fault = |s: &Step| s.line != 0;
        let other = same.find(|t| {
            t.text == step.text || (is_fault(t) && is_fault(&step) && t.line == step.line)
        });
        match other {
            // A fault that strikes several is told once, with the first of them.
            Some(other) if is_fault(&step) && !is_fault(other) => *other = step,
            Some(_) => {}
            None => told.push(step),
        }
    }
    *steps = told;
}
