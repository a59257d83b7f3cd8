//! Peak memory of a run against its length: the default scenario, and a topic that nobody reads. Each run is a process of
//! its own that tells its peak resident size (`VmHWM` in `/proc/self/status`, so this bench needs Linux).
//!
//! A run's memory has two parts. Brokers keep what retention lets them keep, as they would on their disks: a week by
//! default, so that part grows with the messages. What watches the run (ledger, checks, metrics, marks) must not grow. Each
//! run is therefore made twice, watched and unwatched; the difference is the observers' part.

use std::process::{Command, ExitCode};
use std::sync::Arc;

use splitbrain::hunt::{Loaded, Options, Session};
use splitbrain::scenario::Files;
use splitbrain::scenario::library;
use splitbrain::sim::SECOND;

const FIRST_S: u64 = 30;
const FACTORS: [u64; 4] = [1, 2, 4, 8];

/// The observers' part may grow by so much from the shortest run to the longest, KiB: allocators round up, the digest chain
/// takes 8 bytes a second, and histograms are made when their first value comes.
const GROWTH_MAX_KIB: i64 = 2048;

const UNREAD: &str = r#"(
    title: "a topic that nobody reads", seed: 1, duration: "60s",
    nodes: [(name: "broker", count: 3, zones: ["a", "b", "c"]), (name: "web", count: 2)],
    systems: [Kafka(
        name: "events", nodes: "broker", log_retention_check_interval_ms: "5s",
        topics: [(name: "audit", partitions: 6, replication_factor: 3, min_insync_replicas: 2RETENTION)],
    )],
    workloads: [Producer(name: "writer", nodes: "web", to: "events/audit", arrivals: Poisson("2000/s"))],
)"#;

/// What is run: a name, and its text.
fn cases() -> Vec<(&'static str, String)> {
    let small = r#", retention_bytes: Some("256KiB"), segment_bytes: "64KiB""#;
    let default = library::find(library::DEFAULT).map_or("", |b| b.text);
    vec![
        (library::DEFAULT, default.to_owned()),
        ("unread", UNREAD.replace("RETENTION", "")),
        ("unread-small", UNREAD.replace("RETENTION", small)),
    ]
}

fn peak_kib() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Runs a case in this process and prints its peak.
fn run(name: &str, seconds: u64, unobserved: bool) -> Option<()> {
    let (_, text) = cases().into_iter().find(|c| c.0 == name)?;
    let loaded = Loaded::from_parts(name, &text, &[], Files::Nowhere).ok()?;
    let options = Options {
        until_ns: Some(seconds * SECOND),
        unobserved,
        ..Options::default()
    };
    let mut session = Session::new(Arc::new(loaded), options);
    session.run();
    println!("{}", peak_kib()?);
    Some(())
}

/// The peak of a process of its own, KiB.
fn measure(name: &str, seconds: u64, mode: &str) -> Option<i64> {
    let mut child = Command::new(std::env::current_exe().ok()?);
    let output = child.args(["--child", name, &seconds.to_string(), mode]);
    let output = output.output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, seconds, mode] = arguments.as_slice()
        && flag == "--child"
    {
        let seconds = seconds.parse().unwrap_or(FIRST_S);
        return match run(name, seconds, mode == "unwatched") {
            Some(()) => ExitCode::SUCCESS,
            None => ExitCode::FAILURE,
        };
    }
    let mut is_flat = true;
    println!("peak resident size, KiB");
    println!("scenario        virtual s   watched  unwatched  observers  watched/first");
    for (name, _) in cases() {
        let mut firsts = None;
        for factor in FACTORS {
            let seconds = factor * FIRST_S;
            let watched = measure(name, seconds, "watched");
            let unwatched = measure(name, seconds, "unwatched");
            let (Some(watched), Some(unwatched)) = (watched, unwatched) else {
                eprintln!("{name} could not be measured");
                return ExitCode::FAILURE;
            };
            let observers = watched - unwatched;
            let (first, first_observers) = *firsts.get_or_insert((watched, observers));
            let ratio = watched as f64 / first as f64;
            println!(
                "{name:14} {seconds:10} {watched:9} {unwatched:10} {observers:10} {ratio:14.2}"
            );
            is_flat &= observers <= first_observers + GROWTH_MAX_KIB;
        }
    }
    if !is_flat {
        eprintln!("the observers' memory grows with the length of the run");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
