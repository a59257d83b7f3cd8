//! A frame of every screen at 200×60, of a run with 100 nodes and of one with 500, while the run goes on: making the picture of
//! the run, drawing it, and what is sent to the terminal for it.
//!
//! `cargo bench --bench frame`. It fails where one frame in a hundred takes longer than it may with 100 nodes.

#[path = "shapes/nodes.rs"]
mod nodes;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use splitbrain::hunt::{Loaded, Options, Session};
use splitbrain::scenario::Files;
use splitbrain::sim::SECOND;
use splitbrain::ui::adapt::Run;
use splitbrain::ui::engine::{Query, Working};
use splitbrain::ui::keymap::Action;
use splitbrain::ui::layout::Pane;
use splitbrain::ui::model::Model;
use splitbrain::ui::update::{Effect, update};
use splitbrain::ui::{Engine, GlyphSet, Look, Progress, Until, screen};

const SIZE: (u16, u16) = (200, 60);
/// The run stands here when a screen is opened: a broker is dead, and the others have just been told.
const AT_NS: u64 = 15 * SECOND;
/// So much of the run goes by between two frames: it is played at its own speed.
const STEP_NS: u64 = SECOND / 30;
const FRAMES: usize = 150;
/// A frame with 100 nodes takes so long at most, by what is asked for.
const FRAME_MAX: Duration = Duration::from_millis(5);

/// A screen, and what one does to open it from the dashboard.
type Way = (&'static str, &'static [Action]);

const WAYS: &[Way] = &[
    ("dashboard", &[]),
    ("all groups open", &[Action::AllGroups]),
    ("topology alone", &[Action::AllGroups, Action::Zoom]),
    ("queues alone", &[Action::Focus(Pane::Queues), Action::Zoom]),
    (
        "heatmap alone",
        &[Action::Focus(Pane::Heatmap), Action::Zoom],
    ),
    (
        "latency alone",
        &[Action::Focus(Pane::Latency), Action::Zoom],
    ),
    ("events alone", &[Action::Focus(Pane::Events), Action::Zoom]),
    ("time alone", &[Action::Focus(Pane::Time), Action::Zoom]),
    ("filtered", &[Action::Filter, Action::Type('a')]),
    ("searched", &[Action::Search, Action::Type('a')]),
    (
        "a queue",
        &[Action::Focus(Pane::Queues), Action::Down, Action::Open],
    ),
    (
        "an event",
        &[Action::Focus(Pane::Events), Action::Down, Action::Open],
    ),
    ("inspector", &[Action::Down, Action::Open]),
    ("lineage, list", &[Action::Lineage]),
    (
        "lineage, message",
        &[Action::Lineage, Action::All, Action::Open],
    ),
    (
        "lineage, event",
        &[Action::Focus(Pane::Events), Action::Down, Action::Lineage],
    ),
    ("compare, choice", &[Action::Compare]),
    ("compare", &[Action::Compare, Action::Down, Action::Open]),
    ("forks", &[Action::Fork, Action::Fork, Action::Forks]),
    ("injector", &[Action::Down, Action::Inject]),
    ("palette", &[Action::Palette]),
    (
        "palette, typed",
        &[Action::Palette, Action::Type('b'), Action::Type('r')],
    ),
    ("breakpoints", &[Action::Breaks]),
    ("help", &[Action::Help]),
    ("go to", &[Action::Goto]),
    ("seed", &[Action::Seed]),
];

/// A run on a screen of its own, as the program shows it.
struct Stage {
    run: Run,
    model: Model,
    asked: Option<Query>,
    terminal: Terminal<CrosstermBackend<io::Sink>>,
}

/// What a frame took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Took {
    all: Duration,
    view: Duration,
}

impl Stage {
    fn new(scenario: &str) -> io::Result<Self> {
        let loaded = match Loaded::from_parts("nodes", scenario, &[], Files::Nowhere) {
            Ok(loaded) => loaded,
            Err(document) => panic!("{}", document.render(false)),
        };
        let run = Run::new(Session::new(Arc::new(loaded), Options::default()));
        let look = Look::from_env(GlyphSet::Block);
        let mut model = Model::new(run.frame(), look, 1.0);
        model.size = SIZE;
        let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1));
        let backend = CrosstermBackend::new(io::sink());
        let mut stage = Self {
            run,
            model,
            asked: None,
            terminal: Terminal::with_options(backend, TerminalOptions { viewport })?,
        };
        stage.go_to(AT_NS);
        Ok(stage)
    }

    fn go_to(&mut self, ns: u64) {
        while self.run.run(Until::Time(ns), u32::MAX) == Progress::More {}
        self.model.show(self.run.frame());
    }

    fn act(&mut self, action: Action) {
        match update(&mut self.model, action) {
            Effect::Order(order) => {
                self.run.obey(&order).expect("it can be done");
            }
            effect => assert!(matches!(effect, Effect::None), "{effect:?}"),
        }
        self.inquire();
        self.frame().expect("a frame");
    }

    /// Works out what the screen wants to know.
    fn inquire(&mut self) {
        let query = self.model.query();
        if query != self.asked {
            self.model.answer = None;
        }
        self.run.ask(query.as_ref());
        self.asked = query;
        if self.asked.is_some() {
            while self.run.work(1 << 20) != Working::Idle {}
        }
    }

    /// Makes a picture of the run, draws it, and sends what changed.
    fn frame(&mut self) -> io::Result<Took> {
        let start = Instant::now();
        self.model.show(self.run.frame());
        let subject = self.model.subject();
        self.model.facts = subject.map_or_else(Vec::new, |s| self.run.inspect(s));
        if self.asked.is_some() {
            self.model.answer = self.run.answer().or(self.model.answer.take());
        }
        let view = start.elapsed();
        let model = &self.model;
        self.terminal
            .draw(|frame| screen::draw(model, frame.buffer_mut()))?;
        let all = start.elapsed();
        Ok(Took { all, view })
    }
}

fn ms(of: Duration) -> f64 {
    of.as_secs_f64() * 1e3
}

/// Whether the frames of every screen are quick enough.
fn frames(name: &str, scenario: &str, nodes: usize) -> io::Result<bool> {
    println!(
        "{name}, {}×{}              ms: view   p50     p99     max",
        SIZE.0, SIZE.1
    );
    let mut is_quick = true;
    for (screen, way) in WAYS {
        let mut stage = Stage::new(scenario)?;
        assert_eq!(stage.model.frame.topology.nodes.len(), nodes);
        way.iter().for_each(|&action| stage.act(action));
        let mut took = Vec::new();
        for n in 1..=FRAMES as u64 {
            // What was asked stays answered as it was when the screen opened: a run on the screen is asked anew in slices.
            stage.go_to(AT_NS + n * STEP_NS);
            took.push(stage.frame()?);
        }
        took.sort();
        let (half, p99) = (took[FRAMES / 2], took[FRAMES * 99 / 100]);
        let most = took[FRAMES - 1];
        println!(
            "  {screen:18} {:12.2} {:7.2} {:7.2} {:7.2}",
            ms(half.view),
            ms(half.all),
            ms(p99.all),
            ms(most.all)
        );
        is_quick &= p99.all <= FRAME_MAX;
    }
    Ok(is_quick)
}

fn main() -> ExitCode {
    // Those of the scenario, and the controller's own.
    let hundred = frames("100 nodes", nodes::HUNDRED, 101);
    let five_hundred = frames("500 nodes", nodes::FIVE_HUNDRED, 501);
    match (hundred, five_hundred) {
        (Ok(true), Ok(_)) => ExitCode::SUCCESS,
        (Ok(false), Ok(_)) => {
            eprintln!("a frame takes longer than it may");
            ExitCode::FAILURE
        }
        (Err(why), _) | (_, Err(why)) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
