//! A [`Session`] as the screens see it. The only place of the screens that knows what a run is made of; it still knows no
//! system by name.

mod log;
mod numbers;
mod topology;

use super::engine::{Engine, Progress, Until};
use super::picker;
use super::view::{Frame, Header};
use crate::hunt::{Session, catalogue};
use crate::sim::SECOND;

use log::Log;
use topology::Rates;

/// A session on the screen.
pub struct Run {
    session: Session,
    rates: Rates,
    log: Log,
}

impl Run {
    /// From where the session stands.
    pub fn new(session: Session) -> Self {
        let rates = Rates::new(&session);
        let mut run = Self {
            session,
            rates,
            log: Log::default(),
        };
        run.log.read(&run.session);
        run
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The session, taken back.
    pub fn into_session(self) -> Session {
        self.session
    }

    /// Marks and findings so far.
    fn marks_seen(&self) -> u64 {
        self.session
            .watch()
            .map_or(0, |w| w.marks.seen() + w.checks.count())
    }

    /// Lets at most `events` events happen up to a moment, and counts traffic at each full second on the way, so that
    /// what is shown does not depend on when it is drawn. `true` if it stopped because of `events`.
    fn advance(&mut self, until_ns: u64, events: u64) -> bool {
        let mut left = events;
        loop {
            let second = self
                .rates
                .next_ns()
                .min(until_ns)
                .min(self.session.end_ns());
            let before = self.session.sim().events();
            if self.session.advance(second, left) {
                return true;
            }
            left -= (self.session.sim().events() - before).min(left);
            if second >= self.rates.next_ns() {
                self.rates.count(&self.session);
            }
            if second >= until_ns || self.session.is_over() {
                return false;
            }
        }
    }

    fn run_to_mark(&mut self, events: u64) -> Progress {
        let seen = self.marks_seen();
        let end = self.session.end_ns();
        for _ in 0..events {
            let stopped = !self.advance(end, 1);
            if self.marks_seen() > seen {
                return Progress::Reached;
            }
            if stopped {
                return Progress::Ended;
            }
        }
        Progress::More
    }

    fn header(&self) -> Header {
        let session = &self.session;
        let name = session.loaded().name.as_str();
        let scenario = match (name.rsplit('/').next(), session.is_control()) {
            (Some(file), true) => format!("{file} (control)"),
            (Some(file), false) => file.to_string(),
            (None, _) => name.to_string(),
        };
        let digest = format!("{:016x}", session.sim().digest().value());
        let findings = session.watch().map_or(0, |w| w.checks.count());
        Header {
            scenario,
            seed: session.seed(),
            now_ns: self.now_ns(),
            end_ns: session.end_ns(),
            events: session.sim().events(),
            digest: digest.chars().take(8).collect(),
            faults: session.sim().faults().at_work().count() as u32,
            findings: u32::try_from(findings).unwrap_or(u32::MAX),
        }
    }
}

impl Engine for Run {
    fn run(&mut self, until: Until, events_max: u32) -> Progress {
        let end = self.session.end_ns();
        let events_max = u64::from(events_max);
        let progress = match until {
            Until::Time(ns) => {
                if self.advance(ns, events_max) {
                    Progress::More
                } else {
                    Progress::Reached
                }
            }
            Until::Event(number) => {
                let missing = number.saturating_sub(self.events());
                if missing == 0 {
                    return Progress::Reached;
                }
                let stopped_by_count = self.advance(end, missing.min(events_max));
                match stopped_by_count {
                    true if missing <= events_max => Progress::Reached,
                    true => Progress::More,
                    false => Progress::Ended,
                }
            }
            Until::NextMark => self.run_to_mark(events_max),
        };
        self.log.read(&self.session);
        if progress == Progress::Reached && self.session.is_over() {
            return Progress::Ended;
        }
        progress
    }

    fn restart(&mut self, seed: u64) {
        *self = Self::new(self.session.restart(seed));
    }

    fn now_ns(&self) -> u64 {
        self.session.sim().now()
    }

    fn events(&self) -> u64 {
        self.session.sim().events()
    }

    fn end_ns(&self) -> u64 {
        self.session.end_ns()
    }

    fn frame(&self) -> Frame {
        let mut frame = Frame {
            header: self.header(),
            topology: topology::topology(&self.session, &self.rates),
            events: self.log.newest(),
            timeline: self.log.timeline(&self.session),
            ..Frame::default()
        };
        numbers::fill(&self.session, &mut frame);
        frame
    }
}

/// The entries of the catalogue, for the picker.
pub fn entries(all: &[catalogue::Entry]) -> Vec<picker::Entry> {
    all.iter()
        .map(|entry| picker::Entry {
            name: entry.name.clone(),
            group: entry.group.clone(),
            title: entry.title.clone(),
            preview: preview(entry),
            seed: entry.loaded.as_ref().map_or(0, |l| l.scenario.seed),
            error: entry.error.clone(),
        })
        .collect()
}

fn preview(entry: &catalogue::Entry) -> Vec<String> {
    let Some(loaded) = &entry.loaded else {
        let report = entry.report.as_deref().unwrap_or_default();
        return report.lines().map(str::to_string).collect();
    };
    let plan = &loaded.plan;
    let sim = plan.build(loaded.scenario.seed);
    let names = sim.names();
    let mut parts: Vec<(&str, usize)> = Vec::new();
    for process in &names.processes {
        match parts.iter_mut().find(|p| p.0 == process.part) {
            Some(part) => part.1 += 1,
            None => parts.push((process.part, 1)),
        }
    }
    let parts: Vec<String> = parts.iter().map(|(part, n)| count(*n, part)).collect();
    let queues = names.queues.iter().filter(|q| !q.internal).count();
    let mut lines = vec![
        parts.join(", "),
        format!(
            "{}, {}",
            count(queues, "queue"),
            count(plan.world.faults.len(), "fault")
        ),
        format!("runs for {}", super::text::span(plan.duration_ns)),
        String::new(),
    ];
    lines.push(loaded.scenario.about.clone());
    lines.push(String::new());
    for expect in &loaded.scenario.expect {
        lines.push(format!("{} {}", super::glyphs::NOTE, expect.label()));
    }
    lines
}

fn count(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

/// How often traffic is counted, ns.
const COUNT_EVERY_NS: u64 = SECOND;
