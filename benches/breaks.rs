//! What breakpoints cost a run on the screen: each kind, beside the same run with none. They are chosen so that they never stop
//! it. Runs take turns; the best of each counts, for whatever else runs on a machine only makes a run slower.
//!
//! It fails where one makes the run slower than it may.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use splitbrain::hunt::{Loaded, Options, Session};
use splitbrain::scenario::{Files, library};
use splitbrain::sim::SECOND;
use splitbrain::ui::adapt::Run;
use splitbrain::ui::engine::{Breaking, Order};
use splitbrain::ui::{Engine, Progress, Until};

/// How often runs take turns.
const ROUNDS: usize = 5;

/// A run with a breakpoint may take so many times as long as one without.
const SLOWDOWN_MAX: f64 = 2.0;

/// Scenarios, until when they run, and breakpoints that never stop them.
const CASES: &[(&str, u64, &[&str])] = &[
    (
        "leader-crash",
        15,
        &[
            "mark crash",
            "node spare",
            "record leader of nowhere",
            "finding",
            "metric messages.lost > 1000000",
            "metric queue.orders/0.depth > 1000000",
            "metric latency.end_to_end.p99 > 30s",
        ],
    ),
    (
        "retry-storm",
        15,
        &[
            "mark crash",
            "record shed of nowhere",
            "metric requests.failed > 1000000000",
            "metric latency.request.p99 > 300s",
        ],
    ),
];

/// How long a way is gone.
#[derive(Clone, Copy)]
enum Way {
    To(u64),
    NextMark,
}

fn run(name: &str) -> Option<Run> {
    // Of a machine on which nothing happens nothing is told.
    let text = library::find(name)?.text;
    let text = text.replacen("    nodes: [", "    nodes: [(name: \"spare\"), ", 1);
    let loaded = Loaded::from_parts(name, &text, &[], Files::Nowhere).ok()?;
    Some(Run::new(Session::new(Arc::new(loaded), Options::default())))
}

/// Nanoseconds for each event of a run, with a breakpoint or none.
fn measure(name: &str, way: Way, at: Option<&str>) -> Result<f64, String> {
    let mut run = run(name).ok_or("no such scenario")?;
    if let Some(at) = at {
        let order = Order::Break(Breaking::Add(at.to_owned()));
        run.obey(&order).map_err(|why| why.join("\n"))?;
    }
    let until = match way {
        Way::To(second) => Until::Time(second * SECOND),
        Way::NextMark => Until::NextMark,
    };
    let start = Instant::now();
    // As the screen does it.
    while run.run(until, 1024) == Progress::More {}
    let ns = start.elapsed().as_nanos() as f64;
    match run.stopped() {
        Some(said) => Err(said),
        None => Ok(ns / run.events() as f64),
    }
}

fn all() -> Result<bool, String> {
    let mut is_quick = true;
    for (name, until, breakpoints) in CASES {
        let mut ways = vec![("none", Way::To(*until), None)];
        ways.push(("to the next mark", Way::NextMark, None));
        ways.extend(breakpoints.iter().map(|&b| (b, Way::To(*until), Some(b))));
        let mut best = vec![f64::INFINITY; ways.len()];
        for _ in 0..ROUNDS {
            for (best, (_, way, at)) in best.iter_mut().zip(&ways) {
                *best = best.min(measure(name, *way, *at)?);
            }
        }
        for (ns, (what, ..)) in best.iter().zip(&ways) {
            let times = ns / best[0];
            println!("{name:14} {what:42} {ns:7.0} ns an event   {times:5.2}");
            is_quick &= times <= SLOWDOWN_MAX;
        }
    }
    Ok(is_quick)
}

fn main() -> ExitCode {
    match all() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a breakpoint makes a run slower than it may");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
