//! The file of a sweep as its users know it: whatever happens to the program, the same command goes on with it, and in the end
//! its bytes are those of a sweep that nothing happened to.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::program::{Folder, command, text};

/// Sweeps of this take little time. Some seeds pass.
pub const SHORT: [&str; 8] = [
    "acks-one-leader-crash",
    "--until",
    "600ms",
    "--set",
    "faults=[At(\"500ms\", Crash(LeaderOf(\"events/orders/0\")))]",
    "--set",
    "expect=[Holds(NoAckedLoss), AtMost(\"messages.produced\", 1200)]",
    "--set=control=[]",
];

pub fn sweep(more: &[&str]) -> Output {
    command(&[&["sweep"], &SHORT[..], more].concat())
        .output()
        .unwrap()
}

#[test]
fn a_file_has_the_lines_that_json_has() {
    let folder = Folder::new("same-lines");
    for vary in [&[][..], &["--vary", "workloads.checkout.acks=One,All"]] {
        let more = [&["--seeds", "5..11"], vary].concat();
        let lines = sweep(&[&more[..], &["--json"]].concat());
        assert_eq!(lines.status.code(), Some(1), "{}", text(&lines.stderr));
        let cells = 1 + vary.len() / 2;
        assert_eq!(text(&lines.stdout).lines().count(), 2 + 6 * cells);
        for jobs in ["1", "3"] {
            let file = folder.file(&format!("{cells}-{jobs}"));
            let written = sweep(&[&more[..], &["-o", &file, "--jobs", jobs]].concat());
            assert_eq!(written.status.code(), Some(1), "{}", text(&written.stderr));
            assert_eq!(fs::read(&file).unwrap(), lines.stdout);
            // What is said in words is the same with a file and without.
            let words = sweep(&[&more[..], &["--jobs", jobs]].concat());
            let without_hint = |out: &Output| text(&out.stdout);
            assert_eq!(without_hint(&written), without_hint(&words));
        }
    }
}

/// The file of a sweep that nothing happened to, and what it says.
fn undisturbed(folder: &Folder, seeds: &str) -> (Vec<u8>, String) {
    let file = folder.file("undisturbed");
    let output = sweep(&["--seeds", seeds, "-o", &file]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    (fs::read(&file).unwrap(), text(&output.stdout))
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_it_resumes_to_the_same_bytes() {
    let folder = Folder::new("killed");
    let (whole, said) = undisturbed(&folder, "40");
    let file = folder.file("killed");
    let mut kills = 0;
    // Each time it is killed when it has come a little further; the last time it may come to its end.
    for part in 1..=6 {
        let reach = whole.len() * part / 7;
        let args = [
            &["sweep"],
            &SHORT[..],
            &["--seeds", "40", "-o", &file, "--jobs", "2"],
        ]
        .concat();
        let mut child = command(&args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        let len = || fs::metadata(&file).map_or(0, |about| about.len() as usize);
        while len() < reach && child.try_wait().unwrap().is_none() {
            assert!(begin.elapsed() < Duration::from_secs(120));
            std::thread::sleep(Duration::from_millis(1));
        }
        // The signal that cannot be caught.
        child.kill().unwrap();
        kills += usize::from(!child.wait().unwrap().success() && len() < whole.len());
        let there = fs::read(&file).unwrap();
        assert!(
            whole.starts_with(&there[..there.len().min(whole.len())]),
            "{part}"
        );
    }
    assert!(
        kills >= 3,
        "it was killed only {kills} times before its end"
    );
    let last = sweep(&["--seeds", "40", "-o", &file]);
    assert_eq!(fs::read(&file).unwrap(), whole);
    assert_eq!(text(&last.stdout), said);
}

#[test]
fn a_file_cut_off_anywhere_is_gone_on_with() {
    let folder = Folder::new("cut");
    let (whole, said) = undisturbed(&folder, "8");
    let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    let (head, run, before_last) = (ends[0], ends[3], ends[ends.len() - 2]);
    let cuts = [
        0,
        1,
        head / 2,
        head,
        head + 1,
        head + 2,
        run - 1,
        run,
        run + 1,
        before_last,
        before_last + 1,
        whole.len() - 1,
    ];
    for cut in cuts {
        let file = folder.file(&format!("cut-{cut}"));
        fs::write(&file, &whole[..cut]).unwrap();
        let output = sweep(&["--seeds", "8", "-o", &file]);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{cut}: {}",
            text(&output.stderr)
        );
        assert_eq!(fs::read(&file).unwrap(), whole, "cut at {cut}");
        assert_eq!(text(&output.stdout), said, "cut at {cut}");
    }
    // A machine that lost its power may leave a line of nothing.
    let file = folder.file("power");
    fs::write(&file, [&whole[..=run], &[0; 100], b"\n"].concat()).unwrap();
    sweep(&["--seeds", "8", "-o", &file]);
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn what_is_in_the_file_does_not_run_again() {
    let folder = Folder::new("once");
    let (whole, said) = undisturbed(&folder, "8");
    let file = folder.file("once");
    // A word of which no sum knows tells whether a line was made anew.
    let lines = text(&whole);
    let lines: Vec<&str> = lines.lines().collect();
    let marked: Vec<String> = lines[1..5]
        .iter()
        .map(|l| l.replace("\"why\":\"", "\"why\":\"kept "))
        .collect();
    assert!(marked.iter().any(|l| l.contains("kept ")), "{marked:?}");
    let begun = format!("{}\n{}\n", lines[0], marked.join("\n"));
    fs::write(&file, &begun).unwrap();
    let output = sweep(&["--seeds", "8", "-o", &file]);
    let told = text(&output.stderr);
    assert!(told.contains("which has 4 of 8 runs"), "{told}");
    let after = text(&fs::read(&file).unwrap());
    assert_eq!(after, begun + &lines[5..].join("\n") + "\n");
    // A finished one is only told.
    fs::write(&file, &whole).unwrap();
    let again = sweep(&["--seeds", "8", "-o", &file]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        text(&again.stderr).contains("is finished"),
        "{}",
        text(&again.stderr)
    );
    assert_eq!(text(&again.stdout), said);
    assert_eq!(fs::read(&file).unwrap(), whole);
}

#[test]
fn a_file_of_something_else_is_left_as_it_is() {
    let folder = Folder::new("other");
    let (whole, _) = undisturbed(&folder, "4");
    let file = folder.file("undisturbed");
    for (other, said) in [
        (
            &["--seeds", "5"][..],
            "the seeds are 0..4 there and 0..5 here",
        ),
        (&["--seeds", "4", "--set", "title=other"], "--set is"),
        (
            &["--seeds", "4", "--shard", "1/2"],
            "it is shard 1/1 there and 1/2 here",
        ),
        (
            &["--seeds", "4", "--vary", "workloads.checkout.acks=One,All"],
            "--vary is nothing there",
        ),
    ] {
        let output = sweep(&[other, &["-o", &file]].concat());
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains(said) && stderr.contains("left as it is"),
            "{stderr}"
        );
        assert_eq!(fs::read(&file).unwrap(), whole);
    }
    let longer = command(&["sweep", "healthy", "--seeds", "4", "-o", &file])
        .output()
        .unwrap();
    let stderr = text(&longer.stderr);
    assert!(
        stderr.contains("the scenario is `acks-one-leader-crash` there and `healthy` here"),
        "{stderr}"
    );
    assert!(
        stderr.contains("the end is 600ms there and the scenario's own here"),
        "{stderr}"
    );
    let changed = |from: &str, to: &str| text(&whole).replacen(from, to, 1).into_bytes();
    for (bytes, said) in [
        (b"shopping list\n".to_vec(), "no file of a sweep"),
        (b"shopping list".to_vec(), "no file of a sweep"),
        (
            changed("\"splitbrain\":\"", "\"splitbrain\":\"9"),
            "the version of splitbrain is 9",
        ),
        (
            changed("\"seed\":1,", "\"seed\":3,"),
            "line 3: seed 3 of cell 0 stands where seed 1",
        ),
        (changed("\"met\":", "\"mett\":"), "line 2"),
        (
            changed("\"summary\":{\"seeds\":4", "\"summary\":{\"seeds\":5"),
            "its summary is not that of its runs",
        ),
        (
            changed("acks: One", "acks: All"),
            "changed after it was made",
        ),
        (
            [&whole[..], b"{}\n"].concat(),
            "something follows the summary",
        ),
    ] {
        fs::write(&file, &bytes).unwrap();
        let output = sweep(&["--seeds", "4", "-o", &file]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(said), "{said}: {stderr}");
        assert!(output.stdout.is_empty(), "{said}");
        assert_eq!(fs::read(&file).unwrap(), bytes, "{said}");
    }
    let there = sweep(&["--seeds", "4", "-o", &folder.path().display().to_string()]);
    assert_eq!(there.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn after_ctrl_c_it_says_the_command_that_goes_on() {
    let folder = Folder::new("ctrl-c");
    let file = folder.file("it's a file");
    let args = [
        &["sweep"],
        &SHORT[..],
        &["--seeds", "30..1000000", "-o", &file],
    ]
    .concat();
    let child = command(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = || fs::read_to_string(&file).map_or(0, |text| text.matches('\n').count());
    while lines() < 4 {
        std::thread::sleep(Duration::from_millis(2));
    }
    // Two at once would spoil it.
    let second = sweep(&["--seeds", "30..1000000", "-o", &file]);
    assert_eq!(second.status.code(), Some(2));
    assert!(
        text(&second.stderr).contains("another splitbrain"),
        "{}",
        text(&second.stderr)
    );
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    let there = fs::read(&file).unwrap();
    let done = lines() - 1;
    assert!(
        said.contains(&format!("stopped after {done} of 999970 seeds")),
        "{said}"
    );
    let go_on = said
        .lines()
        .find_map(|l| l.split_once("go on with: "))
        .unwrap()
        .1;
    // The same as a shell takes it, but not for as long.
    let go_on = go_on.replacen("splitbrain", env!("CARGO_BIN_EXE_splitbrain"), 1);
    assert!(go_on.contains("--seeds 30..1000000"), "{go_on}");
    let mut child = Command::new("sh")
        .args(["-c", &format!("exec {go_on}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while lines() < done + 4 {
        assert!(child.try_wait().unwrap().is_none(), "it goes on");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let after = fs::read(&file).unwrap();
    assert!(after.starts_with(&there) && there.ends_with(b"\n"));
}
