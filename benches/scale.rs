//! A large cluster beside a small one: a thousand brokers, ten thousand partitions, ten thousand clients. And whether a run
//! that goes on for long costs more for each event, or more memory.
//!
//! Each run is a process of its own, so that its peak resident size (`VmHWM` in `/proc/self/status`, so this bench needs
//! Linux) is its own. Runs that are compared take turns. `cargo bench --bench scale -- --events 1000000000` adds one run of
//! so many events, which is meant to take constant memory.

#[path = "shapes/cluster.rs"]
mod cluster;

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use splitbrain::hunt::{Loaded, Options, Session};
use splitbrain::scenario::{Files, library};
use splitbrain::sim::SECOND;

use cluster::{RETENTION, cluster};

/// How often runs take turns. The best of each counts: whatever else runs on a machine only makes a run slower.
const ROUNDS: usize = 3;

/// The small run is at least this many times as quick as the large one, by what is asked for.
const SLOWDOWN_MAX: f64 = 3.0;

/// Events of the shortest of the long runs; the others are 2, 4 and 8 times as long.
const LONG_EVENTS: u64 = 2_000_000;

/// So much of the speed of the shortest run the longest has at least.
const FLAT_MIN: f64 = 0.9;

/// The longest run may take so much more memory than the shortest, KiB: see `benches/memory.rs`.
const GROWTH_MAX_KIB: u64 = 2048;

/// The default scenario without its end, and with logs that are full soon.
fn endless() -> String {
    let text = library::find(library::DEFAULT).map_or("", |b| b.text);
    let kept = format!("replication_factor: 3, {RETENTION}");
    text.replace("replication_factor: 3", &kept)
}

/// What is run: a name, its text, and how it departs from that.
fn case(name: &str) -> Option<(String, Vec<String>)> {
    let endless_sets = [
        r#"systems.events.offsets_topic_segment_bytes="16KiB""#,
        "duration=100h",
        r#"systems.events.log_retention_check_interval_ms="5s""#,
    ];
    match name {
        "small" => Some((library::find(library::DEFAULT)?.text.to_owned(), Vec::new())),
        "large" => Some((cluster(100), Vec::new())),
        "tenth" => Some((cluster(10), Vec::new())),
        "endless" => Some((endless(), endless_sets.map(str::to_owned).to_vec())),
        _ => None,
    }
}

fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// One run.
#[derive(Clone, Copy, Debug)]
struct Figures {
    load_s: f64,
    build_s: f64,
    /// From when on it is measured, and how long that took.
    run_s: f64,
    events: u64,
    virtual_ns: u64,
    peak_kib: u64,
}

impl Figures {
    fn rate(&self) -> f64 {
        self.events as f64 / self.run_s / 1e6
    }
}

/// Runs a case in this process, and prints its figures. What a run does before `from_ns` is not measured: clients join
/// their groups and ask who leads what, which is another kind of work.
fn run(name: &str, from_ns: u64, events: u64) -> Option<()> {
    let (text, sets) = case(name)?;
    let start = Instant::now();
    let loaded = match Loaded::from_parts(name, &text, &sets, Files::Nowhere) {
        Ok(loaded) => Arc::new(loaded),
        Err(document) => {
            eprintln!("{}", document.render(false));
            return None;
        }
    };
    let load_s = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut session = Session::new(loaded, Options::default());
    let build_s = start.elapsed().as_secs_f64();
    session.run_to(from_ns);
    let (first, from_ns) = (session.sim().events(), session.sim().now());
    let start = Instant::now();
    session.advance(u64::MAX, events);
    let run_s = start.elapsed().as_secs_f64();
    let (events, virtual_ns) = (
        session.sim().events() - first,
        session.sim().now() - from_ns,
    );
    println!(
        "{load_s} {build_s} {run_s} {events} {virtual_ns} {}",
        peak_kib()?
    );
    Some(())
}

/// The figures of a process of its own.
fn measure(name: &str, from_ns: u64, events: u64) -> Option<Figures> {
    let mut child = Command::new(std::env::current_exe().ok()?);
    child.args(["--child", name, &from_ns.to_string(), &events.to_string()]);
    let output = child.stderr(std::process::Stdio::inherit()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut words = text.split_whitespace();
    let mut next = || words.next()?.parse::<f64>().ok();
    Some(Figures {
        load_s: next()?,
        build_s: next()?,
        run_s: next()?,
        events: next()? as u64,
        virtual_ns: next()? as u64,
        peak_kib: next()? as u64,
    })
}

/// The best of each case, by turns.
fn interleaved(cases: &[(&'static str, u64, u64)]) -> Option<Vec<Figures>> {
    let mut best: Vec<Option<Figures>> = vec![None; cases.len()];
    for _ in 0..ROUNDS {
        for (best, &(name, from_ns, events)) in best.iter_mut().zip(cases) {
            let now = measure(name, from_ns, events)?;
            if best.is_none_or(|b| b.rate() < now.rate()) {
                *best = Some(now);
            }
        }
    }
    best.into_iter().collect()
}

fn print(name: &str, f: &Figures) {
    println!(
        "{name:10} {:6.2} {:7.2} {:12} {:10.2} {:10.2} {:10.2} {:9}",
        f.load_s,
        f.build_s,
        f.events,
        f.virtual_ns as f64 / SECOND as f64,
        f.run_s,
        f.rate(),
        f.peak_kib / 1024
    );
}

fn all(long_events: Option<u64>) -> Option<bool> {
    println!("run        load s build s       events  virtual s     wall s  million/s  peak MiB");
    let cases = [
        ("small", 5 * SECOND, 200_000),
        ("tenth", 8 * SECOND, 1_000_000),
        ("large", 8 * SECOND, 2_000_000),
    ];
    let sizes = interleaved(&cases)?;
    for ((name, ..), figures) in cases.iter().zip(&sizes) {
        print(name, figures);
    }
    let slowdown = sizes[0].rate() / sizes[2].rate();
    println!("small : large, events a second: {slowdown:.2}\n");
    let lengths = [1, 2, 4, 8].map(|n| ("endless", 60 * SECOND, n * LONG_EVENTS));
    let runs = interleaved(&lengths)?;
    for figures in &runs {
        print("endless", figures);
    }
    let flat = runs[3].rate() / runs[0].rate();
    let growth_kib = runs[3].peak_kib.saturating_sub(runs[0].peak_kib);
    println!("8 : 1, events a second: {flat:.2}; {growth_kib} KiB more\n");
    let mut is_constant = growth_kib <= GROWTH_MAX_KIB;
    if let Some(events) = long_events {
        let long = measure("endless", 60 * SECOND, events)?;
        print("endless", &long);
        // The digest of each second is kept: 8 bytes, in a list that doubles.
        let digests_kib = long.virtual_ns / SECOND * 24 / 1024;
        is_constant &= long.peak_kib <= runs[0].peak_kib + GROWTH_MAX_KIB + digests_kib;
    }
    Some(slowdown <= SLOWDOWN_MAX && flat >= FLAT_MIN && is_constant)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["--child", name, from_ns, events] => {
            let number = |word: &str| word.parse().unwrap_or(u64::MAX);
            run(name, number(from_ns), number(events)).map(|()| true)
        }
        ["--events", events] => all(events.parse().ok()),
        _ => all(None),
    };
    match done {
        Some(true) => ExitCode::SUCCESS,
        Some(false) => {
            eprintln!("a large cluster or a long run is slower, or takes more memory, than it may");
            ExitCode::FAILURE
        }
        None => {
            eprintln!("a run could not be measured");
            ExitCode::FAILURE
        }
    }
}
