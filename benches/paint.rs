//! How long it takes from a key to what it paints while a run goes on as fast as it can, and what a run that stands costs: the
//! program itself on a pseudo-terminal of 200×60.
//!
//! `cargo bench --bench paint` does all cases, `cargo bench --bench paint -- NAME …` some; `standing` is the run that stands (it
//! reads `/proc`, so it needs Linux). It fails where the slowest of the keys takes longer than it may.

#[path = "shapes/cluster.rs"]
mod cluster;
#[path = "shapes/nodes.rs"]
mod nodes;
#[path = "shapes/terminal.rs"]
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use cluster::{RETENTION, cluster};
use splitbrain::scenario::library;
use terminal::{Program, Work};

/// Keys that are pressed in a case.
const KEYS: usize = 150;
/// From a key to its paint at most, by what is asked for.
const PAINT_MAX: Duration = Duration::from_millis(50);
/// How long a run that stands is looked at.
const STANDS: Duration = Duration::from_secs(2);

/// One thing to measure.
struct Case {
    name: &'static str,
    /// What plays.
    text: fn() -> String,
    /// Keys that come first, and what is to be seen after each.
    first: &'static [(&'static str, &'static str)],
}

/// Without its end, and with logs that are full soon and looked at often: a log of five minutes is thrown away in one event.
fn endless(text: &str) -> String {
    let kept = format!("replication_factor: 3, {RETENTION}");
    let often = "nodes: \"broker\", log_retention_check_interval_ms: \"5s\",";
    let text = text.replace("replication_factor: 3", &kept);
    let text = text.replace("nodes: \"broker\",", often);
    text.replace("duration: \"60s\"", "duration: \"100h\"")
}

fn default() -> String {
    endless(library::find(library::DEFAULT).map_or("", |b| b.text))
}

fn hundred() -> String {
    endless(nodes::HUNDRED)
}

const CASES: &[Case] = &[
    Case {
        name: "playing",
        text: default,
        first: &[],
    },
    Case {
        name: "hundred",
        text: hundred,
        first: &[],
    },
    Case {
        name: "breakpoints",
        text: default,
        first: &[
            ("b", "Breakpoints"),
            (
                "ametric messages.lost > 1000000000\r",
                "metric messages.lost",
            ),
            ("amark crash billing\r", "mark crash billing"),
            ("arecord fenced of nobody\r", "record fenced"),
            ("\x1b", "Topology"),
        ],
    },
    Case {
        name: "inspector",
        text: default,
        first: &[("1j\r", "its events")],
    },
    Case {
        name: "lineage",
        text: default,
        first: &[("w", "lane")],
    },
    Case {
        name: "compare",
        text: default,
        first: &[("c", "Compare this run with"), ("\r", "first difference")],
    },
    Case {
        name: "seek",
        text: default,
        first: &[("\x1b[F", "cancel")],
    },
    Case {
        name: "cluster",
        text: || cluster(100),
        first: &[],
    },
];

/// A scenario in a file of its own, gone afterwards.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> std::io::Result<Self> {
        let name = format!("splitbrain-paint-{name}-{}.ron", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text)?;
        Ok(Self(path))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Waits that have nothing to do with how the program works, from 20 ms to 120 ms.
struct Waits(u64);

impl Waits {
    fn next(&mut self) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros(20_000 + (self.0 >> 33) % 100_000)
    }
}

/// From each key to its paint. The key is that of the help, which opens and closes it.
fn paints(case: &Case) -> Result<Vec<Duration>, String> {
    let file = File::new(case.name, &(case.text)()).map_err(|e| e.to_string())?;
    let path = file.0.to_string_lossy();
    let mut program = Program::start(&["run", &path, "--speed", "max"])?;
    program.sees("LIVE")?;
    for (keys, seen) in case.first {
        program.press(keys);
        program.sees(seen)?;
    }
    let mut waits = Waits(7);
    let mut took = Vec::new();
    for n in 0..KEYS {
        sleep(waits.next());
        let open = n % 2 == 0;
        took.push(program.time("?", |screen| screen.contains("▸Help ") == open)?);
    }
    took.sort();
    Ok(took)
}

fn ms(of: Duration) -> f64 {
    of.as_secs_f64() * 1e3
}

fn play(case: &Case) -> Result<bool, String> {
    let took = paints(case)?;
    let (half, most) = (took[took.len() / 2], took[took.len() - 1]);
    let p99 = took[took.len() * 99 / 100];
    println!(
        "{:12} {:5} keys   p50 {:5.1} ms   p99 {:5.1} ms   max {:5.1} ms",
        case.name,
        took.len(),
        ms(half),
        ms(p99),
        ms(most)
    );
    Ok(most <= PAINT_MAX)
}

/// What opens a screen, and what is seen there.
const SCREENS: &[(&str, &str, &str)] = &[
    ("dashboard", "", "Topology"),
    ("help", "?", "▸Help "),
    ("forks", "F", "leaves at"),
    ("injector", "i", "Do to the run"),
    ("go to", "#", "Go to"),
    ("palette", ":", "Everything"),
    ("breakpoints", "b", "Breakpoints"),
    ("inspector", "1j\r", "its events"),
    ("lineage", "w", "lane"),
    ("compare", "c\r", "first difference"),
];

/// What a run that stands costs, on each screen.
fn stand(name: &str, args: &[&str]) -> Result<(), String> {
    let mut program = Program::start(args)?;
    program.sees("LIVE")?;
    program.press(" ");
    program.sees("PAUSED")?;
    for (screen, keys, seen) in SCREENS {
        program.press(keys);
        program.sees(seen)?;
        let settled = Instant::now();
        let mut before = program.work();
        // What a screen wants to know is worked out first.
        while settled.elapsed() < Duration::from_secs(10) {
            sleep(Duration::from_millis(300));
            let now = program.work();
            let is_still = now.ns - before.ns < 2_000_000;
            before = now;
            if is_still {
                break;
            }
        }
        sleep(STANDS);
        let now = program.work();
        let Work { ns, sleeps } = Work {
            ns: now.ns - before.ns,
            sleeps: now.sleeps - before.sleeps,
        };
        println!(
            "{name:10} {screen:12} {:8.3} ms of the processor and {sleeps:3} wake-ups in {} s",
            ns as f64 / 1e6,
            STANDS.as_secs()
        );
        program.press("\x1b");
        sleep(Duration::from_millis(300));
    }
    Ok(())
}

fn all(names: &[String]) -> Result<bool, String> {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| n == name);
    let mut is_quick = true;
    for case in CASES.iter().filter(|case| wanted(case.name)) {
        is_quick &= play(case)?;
    }
    if wanted("standing") {
        stand("built-in", &["run", "leader-crash"])?;
        let text = library::find(library::DEFAULT).map_or("", |b| b.text);
        let file = File::new("standing", text).map_err(|e| e.to_string())?;
        stand("a file", &["run", &file.0.to_string_lossy()])?;
    }
    Ok(is_quick)
}

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    match all(&names) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a key waited longer for its paint than it may");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
