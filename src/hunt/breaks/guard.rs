//! Watches for breakpoints while a run goes on.
//!
//! While a breakpoint is on, what watches the run is told after each event that made records, and looked at then; one that made
//! none changed nothing there. So the run stands exactly after the event in which something happened, nothing that lasts only
//! from one event to the next is missed, and it does not matter how the run is cut into portions.

use std::sync::Arc;

use super::{Break, Breaks, Hit};
use crate::checks::Finding;
use crate::hunt::{Session, Watch};
use crate::sim::{Fact, Names, NodeId, Observer, Record};
use crate::trace::marks::{Line, describe};

/// Looks for what the breakpoints that are on speak of, from where a run stands.
pub struct Guard<'a> {
    breaks: &'a Breaks,
    names: Arc<Names>,
    /// Whether any of them is about records.
    reads: bool,
    /// Marks that were there.
    marks: usize,
    /// Findings that were there.
    findings: u64,
    /// For each breakpoint how many findings it speaks of were there, or whether its metric was beyond its limit.
    were: Vec<u64>,
    hits: Vec<Hit>,
}

impl<'a> Guard<'a> {
    /// From where a session stands.
    pub fn new(breaks: &'a Breaks, session: &Session) -> Self {
        let reads =
            |b: &super::Breakpoint| b.on && matches!(b.at, Break::Node(_) | Break::Record(_));
        let watch = session.watch();
        Self {
            breaks,
            names: Arc::clone(session.sim().names()),
            reads: breaks.list().iter().any(reads),
            marks: watch.map_or(0, |w| w.marks.kept().len()),
            findings: watch.map_or(0, |w| w.checks.count()),
            were: breaks.list().iter().map(|b| state(&b.at, watch)).collect(),
            hits: Vec::new(),
        }
    }

    /// Looks at what watches the session after each event of which there are records. Gives what happened that it shall stop
    /// at.
    pub fn look(&mut self, watch: Option<&Watch>) -> Option<Vec<Hit>> {
        if let Some(watch) = watch {
            self.look_at_marks(watch);
            self.look_at_states(watch);
        }
        (!self.hits.is_empty()).then(|| std::mem::take(&mut self.hits))
    }

    fn look_at_marks(&mut self, watch: &Watch) {
        let marks = watch.marks.kept().len();
        if marks == self.marks {
            return;
        }
        for line in watch.marks.lines(self.marks) {
            for (at, of) in self.breaks.list().iter().enumerate() {
                if let Break::Mark { words, texts } = &of.at
                    && of.on
                    && (words.is_empty() || words.contains(&line.word))
                    && says_all(&line, texts)
                {
                    note(&mut self.hits, at, &line);
                }
            }
        }
        self.marks = marks;
    }

    fn look_at_states(&mut self, watch: &Watch) {
        let findings = watch.checks.count();
        let is_found = findings > self.findings;
        self.findings = findings;
        for (at, of) in self.breaks.list().iter().enumerate() {
            let speaks = match &of.at {
                Break::Metric { .. } => of.on,
                Break::Finding(_) => of.on && is_found,
                _ => false,
            };
            if !speaks {
                continue;
            }
            let is = state(&of.at, Some(watch));
            if is > std::mem::replace(&mut self.were[at], is) {
                let what = happened(&of.at, watch);
                self.hits.push(Hit { at, what });
            }
        }
    }
}

/// How many findings a breakpoint speaks of, or whether its metric is beyond its limit.
fn state(of: &Break, watch: Option<&Watch>) -> u64 {
    let Some(watch) = watch else {
        return 0;
    };
    match of {
        Break::Finding(texts) if texts.is_empty() => watch.checks.count(),
        Break::Finding(texts) => {
            let all = watch.checks.all_findings();
            let speaks = |f: &&&Finding| has_all(&finding_text(f), texts);
            all.iter().filter(speaks).count() as u64
        }
        Break::Metric {
            definition,
            thing,
            over,
            limit,
        } => {
            let now = watch.metrics.read(definition, *thing);
            let beyond = |value: f64| {
                if *over {
                    value > *limit
                } else {
                    value < *limit
                }
            };
            u64::from(now.is_some_and(|amount| beyond(amount.value)))
        }
        Break::Mark { .. } | Break::Node(_) | Break::Record(_) | Break::Absent => 0,
    }
}

impl Observer for Guard<'_> {
    fn record(&mut self, record: &Record) {
        if !self.reads {
            return;
        }
        let mut line = None;
        for (at, of) in self.breaks.list().iter().enumerate().filter(|(_, b)| b.on) {
            let is_meant = match &of.at {
                Break::Node(nodes) => is_about(record, nodes, &self.names),
                Break::Record(texts) => {
                    let line = line.get_or_insert_with(|| describe(record, &self.names));
                    !line.word.is_empty() && says_all(line, texts)
                }
                _ => false,
            };
            if is_meant {
                let line = line.get_or_insert_with(|| describe(record, &self.names));
                note(&mut self.hits, at, line);
            }
        }
    }
}

/// Of what an event does, a breakpoint notes the first.
fn note(hits: &mut Vec<Hit>, at: usize, line: &Line) {
    if hits.iter().all(|hit| hit.at != at) {
        let what = format!("{} {} {}", line.subject, line.word, line.text);
        hits.push(Hit {
            at,
            what: what.trim_end().to_owned(),
        });
    }
}

/// Whether a line has all of these texts, which are in small letters and have no spaces.
fn says_all(line: &Line, texts: &[String]) -> bool {
    let parts = [line.subject.as_str(), line.word, line.text.as_str()];
    texts
        .iter()
        .all(|text| parts.iter().any(|part| says(part, text)))
}

fn says(part: &str, text: &str) -> bool {
    if !part.is_ascii() || !text.is_ascii() {
        return part.to_lowercase().contains(text);
    }
    let (part, text) = (part.as_bytes(), text.as_bytes());
    let mut places = part.windows(text.len().max(1));
    text.is_empty() || places.any(|place| place.eq_ignore_ascii_case(text))
}

fn finding_text(finding: &Finding) -> String {
    format!("{} {}", finding.property.label(), finding.message).to_lowercase()
}

fn has_all(line: &str, texts: &[String]) -> bool {
    texts.iter().all(|text| line.contains(text.as_str()))
}

fn is_about(record: &Record, nodes: &[NodeId], names: &Names) -> bool {
    let of_process = names.processes.get(record.pid.index()).map(|p| p.node);
    let of_fact = match record.fact {
        Fact::Paused { node } | Fact::Resumed { node } => Some(node),
        Fact::FaultBegan { node, .. } => node,
        _ => None,
    };
    let is_meant = |node: Option<NodeId>| node.is_some_and(|node| nodes.contains(&node));
    is_meant(of_process) || is_meant(of_fact)
}

/// What a metric or a finding says now.
fn happened(of: &Break, watch: &Watch) -> String {
    match of {
        Break::Metric {
            definition, thing, ..
        } => {
            let now = watch.metrics.read(definition, *thing);
            now.map_or_else(String::new, |amount| format!("it is {amount}"))
        }
        Break::Finding(texts) => {
            let all = watch.checks.all_findings();
            let last = all.iter().rev().find(|f| has_all(&finding_text(f), texts));
            last.map_or_else(String::new, |f| {
                format!("{}: {}", f.property.label(), f.message)
            })
        }
        _ => String::new(),
    }
}
