//! A [`Session`] as the screens see it. The only place of the screens that knows what a run is made of; it still knows no
//! system by name.

mod log;
mod numbers;
mod scene;
mod topology;

use super::engine::{Engine, Progress, Until};
use super::picker;
use super::view::Frame;
use crate::hunt::{Session, catalogue};
use crate::sim::SECOND;
use crate::trace::timeline::{BUDGET_BYTES, Playable, Timeline};

use scene::Scene;

/// A session on the screen, and its past.
pub struct Run {
    scene: Scene,
    past: Timeline<Scene>,
}

impl Run {
    /// From where the session stands. Its past is the whole run, whether or not it was seen.
    pub fn new(session: Session) -> Self {
        let beginning = Scene::new(session.restart(session.seed()));
        let mut run = Self {
            scene: Scene::new(session),
            past: Timeline::new(&beginning, BUDGET_BYTES),
        };
        run.past.keep(&run.scene);
        run
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.scene.session
    }

    /// The session, taken back.
    pub fn into_session(self) -> Session {
        self.scene.session
    }
}

impl Engine for Run {
    fn run(&mut self, until: Until, events_max: u32) -> Progress {
        let progress = self.scene.run(until, events_max);
        self.past.keep(&self.scene);
        progress
    }

    fn leap(&mut self, until: Until) {
        match until {
            Until::Time(ns) => self.past.leap_to(&mut self.scene, ns),
            Until::Event(number) => self.past.leap_to_event(&mut self.scene, number),
            Until::NextMark => {}
        }
    }

    fn restart(&mut self, seed: u64) {
        if seed == self.session().seed() {
            self.past.leap_to_event(&mut self.scene, 0);
        } else {
            *self = Self::new(self.session().restart(seed));
        }
    }

    fn now_ns(&self) -> u64 {
        self.scene.now_ns()
    }

    fn events(&self) -> u64 {
        self.scene.events()
    }

    fn end_ns(&self) -> u64 {
        self.session().end_ns()
    }

    fn frame(&self) -> Frame {
        self.scene.frame()
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
