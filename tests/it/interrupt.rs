//! A headless run that is told to end before its end: what was played is not lost.
#![cfg(target_os = "linux")]

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// A run whose end is hours away.
fn endless(more: &[&str]) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_splitbrain"))
        .args(["run", "leader-crash", "--until", "50h"])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    child.unwrap()
}

/// Whether a process takes note of both signals to end, 2 and 15, as the kernel tells it.
fn hears(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let caught = status.lines().find_map(|l| l.strip_prefix("SigCgt:"));
    let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
    [2, 15].iter().all(|signal| caught >> (signal - 1) & 1 == 1)
}

/// Ends a run with a signal once it hears it.
fn interrupt(child: Child, signal: &str) -> Output {
    let pid = child.id();
    let begun = Instant::now();
    while !hears(pid) {
        assert!(begun.elapsed() < PATIENCE, "it never hears signals");
        std::thread::sleep(Duration::from_millis(10));
    }
    let kill = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(kill.unwrap().success());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What stands behind a word that begins a line.
fn behind<'a>(text: &'a str, word: &str) -> &'a str {
    let line = text.lines().find_map(|l| l.strip_prefix(word));
    line.unwrap_or_else(|| panic!("no line `{word}`: {text}"))
        .trim()
}

#[test]
fn what_was_played_is_told_and_its_recording_replays() {
    let name = format!("splitbrain-{}-interrupted.ron", std::process::id());
    let file = std::env::temp_dir().join(name);
    let path = file.to_str().unwrap();
    let output = interrupt(endless(&["--headless", "--record", path]), "-INT");
    let (out, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted at "), "{said}");
    assert!(said.contains(" s of 180000.0 s"), "{said}");
    // Standard output does not look whole: when somebody has enough is no property of the run.
    assert!(out.starts_with("seed "), "{out}");
    assert!(!out.contains("digest"), "{out}");

    let replay = Command::new(env!("CARGO_BIN_EXE_splitbrain"))
        .args(["replay", "--headless", path])
        .output();
    std::fs::remove_file(&file).unwrap();
    let replay = replay.unwrap();
    let replayed = text(&replay.stdout);
    assert_eq!(replay.status.code(), Some(0), "{replayed}");
    assert!(replayed.contains("the same run"), "{replayed}");
    for word in ["events ", "digest "] {
        assert_eq!(behind(said, word), behind(replayed, word));
    }
}

#[test]
fn a_json_document_is_whole_or_is_not_there() {
    let output = interrupt(endless(&["--json"]), "-TERM");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(143), "{said}");
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    assert!(said.contains("interrupted at "), "{said}");
}

#[test]
fn a_comparison_over_seeds_tells_what_those_come_to_that_ran() {
    let child = Command::new(env!("CARGO_BIN_EXE_splitbrain"))
        .args([
            "compare", "healthy", "--seeds", "1000000", "--until", "300ms",
        ])
        .args([
            "--both",
            "expect=[]",
            "--set",
            "workloads.checkout.linger_ms=1ms",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.unwrap();
    // Some seeds have run by then, and never all.
    std::thread::sleep(Duration::from_secs(3));
    let output = interrupt(child, "-INT");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert_eq!(text(&output.stdout), "", "it is not whole");
    let done = behind(said, "stopped after ");
    let done: u64 = done.split(' ').next().unwrap().parse().unwrap();
    assert!((1..1_000_000).contains(&done), "{said}");
    assert!(said.contains(&format!("over seeds 0..{done}: ")), "{said}");
    assert!(said.contains(&format!(" {done} pairs")), "{said}");
}
