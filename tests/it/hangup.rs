//! The terminal is closed under the program, or the program is put to sleep: it neither stays behind nor draws on the
//! terminal that is the shell's meanwhile.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtyPair, PtySize, native_pty_system};

const PATIENCE: Duration = Duration::from_secs(20);

fn start() -> (PtyPair, Box<dyn Child + Send + Sync>) {
    let size = PtySize {
        rows: 24,
        cols: 80,
        ..PtySize::default()
    };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_splitbrain"));
    command.args(["run", "leader-crash"]);
    command.env("TERM", "xterm-256color");
    command.cwd(env!("CARGO_MANIFEST_DIR"));
    let child = pair.slave.spawn_command(command).unwrap();
    (pair, child)
}

/// Reads what the program draws until a text is there.
fn read_until(output: &mut dyn Read, text: &str) {
    let mut seen = Vec::new();
    let mut bytes = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains(text) {
        let n = output.read(&mut bytes).unwrap();
        assert!(n > 0, "it ended before it drew `{text}`");
        seen.extend_from_slice(&bytes[..n]);
    }
}

/// The state of a process as the kernel gives it: `R`unning, `S`leeping, s`T`opped …
pub fn state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, behind_name) = stat.rsplit_once(')').unwrap();
    behind_name.trim_start().chars().next().unwrap()
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_closed_terminal_ends_the_program() {
    let (pair, mut child) = start();
    let mut output = pair.master.try_clone_reader().unwrap();
    read_until(&mut output, "leader-crash");
    drop(output);
    drop(pair.slave);
    drop(pair.master);
    wait_for("it ends", || child.try_wait().unwrap().is_some());
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_the_program_goes_on() {
    let (pair, mut child) = start();
    // Without a copy of the program's end, reading ends with the program.
    drop(pair.slave);
    let pid = child.process_id().unwrap();
    let seen = Arc::new(Mutex::new(String::new()));
    let mut output = pair.master.try_clone_reader().unwrap();
    let drawn = Arc::clone(&seen);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(n) = output.read(&mut bytes)
            && n > 0
        {
            let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
            drawn.lock().unwrap().push_str(&text);
        }
    });
    let count = |text: &str| seen.lock().unwrap().matches(text).count();
    let mut keys = pair.master.take_writer().unwrap();
    wait_for("it draws", || count("leader-crash") > 0);
    keys.write_all(b"\x1a").unwrap();
    keys.flush().unwrap();
    wait_for("the terminal is given back", || count("\x1b[?1049l") == 1);
    wait_for("it is stopped", || state(pid) == 'T');
    let status = std::process::Command::new("kill")
        .args(["-CONT", &pid.to_string()])
        .status();
    assert!(status.unwrap().success());
    wait_for("it takes the terminal again", || count("\x1b[?1049h") == 2);
    keys.write_all(b"q").unwrap();
    keys.flush().unwrap();
    wait_for("it ends", || child.try_wait().unwrap().is_some());
    // What it wrote last may still be on its way to the reader.
    wait_for("it has given it back", || count("\x1b[?1049l") == 2);
}
