//! `splitbrain verify` as its users call it: whether scenarios are what they say, with the seeds that they say it of.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::program::{Folder, command, fed, text};

/// One request, which fails with the probability given: a coin of its own for each seed, whatever this program does.
pub fn coin(fails: &str, more: &str) -> String {
    format!(
        r#"(
    title: "A coin", duration: "2s",
    nodes: [(name: "web"), (name: "leaf")],
    systems: [Service(name: "shop", nodes: "leaf", handlers: [(name: "buy", steps: [Fail("{fails}")])])],
    workloads: [Requests(name: "users", nodes: "web", to: "shop/buy", arrivals: Constant("1/s"), count: 1)],
    {more}
)
"#
    )
}

pub const WELL: &str = r#"expect: [AtLeast("goodput.ratio", "100%")],"#;

/// Runs it in a folder.
fn verify(folder: &Folder, args: &[&str]) -> Output {
    folder.splitbrain(&[&["verify"], args].concat())
}

/// A folder with a scenario that is what it says, and one that is not.
fn both(name: &str) -> Folder {
    let folder = Folder::new(name);
    let good = format!("seed: 3, over: (seeds: 20), {WELL}");
    folder.write("good.ron", &coin("0%", &good));
    folder.write("bad.ron", &coin("100%", &good));
    folder
}

fn rows(output: &Output) -> Vec<String> {
    let out = text(&output.stdout);
    let rows = out.lines().filter(|l| l.starts_with(['✓', '✗']));
    rows.map(str::to_owned).collect()
}

#[test]
fn what_is_as_it_says_is_met_and_what_is_not_is_told_with_the_command_that_shows_it() {
    let folder = both("verify-both");
    let good = verify(&folder, &["good.ron"]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    let shown = rows(&good);
    assert_eq!(shown.len(), 1);
    // Wilson's interval of 20 of 20 begins at 84 %.
    let cells: Vec<&str> = shown[0].split("  ").filter(|c| !c.is_empty()).collect();
    let cells: Vec<&str> = cells.iter().map(|c| c.trim()).collect();
    let expected = ["✓ met", "good.ron", "expect", "20/20", "84–100 %", "≥ 100%"];
    assert_eq!(cells, expected);
    assert!(text(&good.stdout).ends_with("1 of 1 scenario verified, 21 runs\n"));

    let bad = verify(&folder, &["good.ron", "bad.ron"]);
    assert_eq!(bad.status.code(), Some(1), "{}", text(&bad.stderr));
    let (out, shown) = (text(&bad.stdout), rows(&bad));
    assert!(shown[0].starts_with("✓ met ") && shown[1].starts_with("✗ not met "));
    assert!(
        out.ends_with("1 of 2 scenarios verified, 42 runs, 1 not met\n"),
        "{out}"
    );
    assert!(
        out.contains("… and 17 more  [splitbrain sweep bad.ron --seeds 0..20]"),
        "{out}"
    );
    let line = out.lines().find(|l| l.contains("✗ seed 0 ")).unwrap();
    let (_, shown) = line.rsplit_once('[').unwrap();
    let shown = shown.strip_suffix(']').unwrap();
    assert_eq!(shown, "splitbrain run bad.ron --seed 0");
    let args: Vec<&str> = shown.split(' ').skip(1).chain(["--headless"]).collect();
    let run = command(&args).current_dir(folder.path()).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn no_row_is_wider_than_a_terminal() {
    let folder = Folder::new("verify-width");
    let over = format!("over: (seeds: 100, at_least: \"99.5%\"), {WELL}");
    let name = "a-name-that-is-far-longer-than-any-that-comes-with-the-program.ron";
    folder.write(name, &coin("0%", &over));
    let output = verify(&folder, &[name]);
    let out = text(&output.stdout);
    assert!(out.lines().all(|l| l.chars().count() <= 80), "{out}");
    assert!(out.contains("…"), "{out}");
    assert!(out.contains("with-the-program.ron"), "{out}");
}

#[test]
fn any_number_of_workers_gives_the_same_bytes() {
    let folder = both("verify-jobs");
    for more in [&[][..], &["--json"]] {
        let with = |jobs| {
            let args = [&["good.ron", "bad.ron", "--jobs", jobs, "--force"], more].concat();
            let output = verify(&folder, &[&args[..], &["--junit", "x.xml"]].concat());
            assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
            (
                output.stdout,
                fs::read(folder.path().join("x.xml")).unwrap(),
            )
        };
        assert_eq!(with("1"), with("3"));
    }
}

#[test]
fn json_says_what_the_table_says() {
    let folder = both("verify-json");
    let output = verify(&folder, &["good.ron", "bad.ron", "--json"]);
    let out = text(&output.stdout);
    let lines: Vec<Value> = out
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 4, "{out}");
    assert_eq!(lines[0]["verify"]["scenarios"][1], "bad.ron");
    assert_eq!(lines[0]["verify"]["runs"], 42);
    let good = &lines[1]["verified"];
    assert_eq!(
        (&good["verdict"], &good["deterministic"]),
        (&"met".into(), &true.into())
    );
    let bad = &lines[2]["verified"]["claims"][0];
    assert_eq!(
        (&bad["claim"], &bad["verdict"]),
        (&"expect".into(), &"not met".into())
    );
    assert_eq!((&bad["met"], &bad["not_met"]), (&0.into(), &20.into()));
    assert_eq!(bad["seeds"]["to"], 20);
    assert_eq!(bad["own_seed_met"], false);
    assert_eq!(
        bad["failures"][1]["command"],
        "splitbrain run bad.ron --seed 1"
    );
    assert_eq!(lines[3]["summary"]["not_met"], 1);
    // The digest is that of the run with the scenario's own seed.
    let mut run = command(&["run", "good.ron", "--json"]);
    let run = run.current_dir(folder.path()).output().unwrap();
    let run: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(
        (&good["digest"], &good["seed"]),
        (&run["digest"], &run["seed"])
    );
}

#[test]
fn a_share_is_enough_or_not_as_is_claimed() {
    let folder = Folder::new("verify-share");
    // 400 throws: a standard deviation is 2.3 %, and 70 % lies more than four of these away from both.
    for (name, least) in [("half.ron", "60%"), ("most.ron", "80%")] {
        let over = format!("over: (seeds: 400, at_least: \"{least}\"), seed: 42, {WELL}");
        folder.write(name, &coin("30%", &over));
    }
    let output = verify(&folder, &["half.ron", "most.ron"]);
    let (out, shown) = (text(&output.stdout), rows(&output));
    assert!(shown[0].starts_with("✓ met "), "{out}");
    assert!(shown[1].starts_with("✗ not met "), "{out}");
    // Seeds that fail are told only where they are too many.
    let told = out.lines().filter(|l| l.contains("✗ seed "));
    assert!(
        told.count() == 3 && !out.contains("half.ron --seed"),
        "{out}"
    );
}

#[test]
fn seeds_that_are_given_are_instead_of_those_that_a_scenario_says() {
    let folder = both("verify-seeds");
    let none = format!("seed: 3, {WELL} control: [AtLeast(\"goodput.ratio\", \"100%\")]");
    folder.write("none.ron", &coin("0%", &none));
    let of = |args: &[&str]| {
        let output = verify(&folder, args);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(of(&["good.ron", "--seeds", "5..8"]).contains(" 3/3 "));
    // Without any, its own seed is all there is.
    let own = of(&["none.ron"]);
    assert_eq!(own.matches("its own").count(), 2, "{own}");
    assert!(own.ends_with(", 3 runs\n"), "{own}");
    let more = of(&["none.ron", "--seeds", "10"]);
    assert_eq!(more.matches("10/10").count(), 2, "{more}");
    assert!(more.contains("control"), "{more}");
}

#[test]
fn without_expectations_no_property_may_break() {
    let folder = Folder::new("verify-none");
    folder.write("calm.ron", &coin("100%", "over: (seeds: 5)"));
    let output = verify(&folder, &["calm.ron"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("5/5"));
}

#[test]
fn a_folder_is_its_files_and_each_is_verified_once() {
    let folder = both("verify-folder");
    folder.write("notes.txt", "no scenario");
    let output = verify(&folder, &[".", "./bad.ron", "--json"]);
    let head: Value = serde_json::from_str(text(&output.stdout).lines().next().unwrap()).unwrap();
    let names = &head["verify"]["scenarios"];
    assert_eq!(names, &serde_json::json!(["./bad.ron", "./good.ron"]));
}

#[test]
fn mistakes_are_told_before_anything_runs() {
    let folder = both("verify-mistakes");
    fs::create_dir(folder.path().join("empty")).unwrap();
    folder.write("wrong.ron", &coin("0%", "over: (seeds: 0), seeds: 3"));
    folder.write("there.xml", "mine");
    let said = |args: &[&str]| {
        let output = verify(&folder, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    assert!(said(&["leader-crush"]).contains("did you mean `leader-crash`?"));
    assert!(said(&["good.ron", "empty"]).contains("there is no scenario file"));
    // All mistakes of all files.
    let both = said(&["wrong.ron", "good.ron", "none.ron"]);
    assert!(both.contains("over no seeds nothing is claimed"), "{both}");
    assert!(both.contains("there is no file `none.ron`"), "{both}");
    assert!(said(&["good.ron", "--seeds", "0"]).contains("there is no seed in it"));
    assert!(said(&["good.ron", "--jobs", "0"]).contains("--jobs"));
    assert!(said(&["good.ron", "--force"]).contains("--junit"));
    let many = format!("0..{}", u64::MAX);
    assert!(said(&["good.ron", "--seeds", &many]).contains("more runs than can be counted"));
    let there = said(&["good.ron", "--junit", "there.xml"]);
    assert!(there.contains("--force"), "{there}");
    assert_eq!(
        fs::read_to_string(folder.path().join("there.xml")).unwrap(),
        "mine"
    );
    assert!(said(&["good.ron", "--junit", "no/folder.xml"]).contains("cannot write"));
    let forced = verify(&folder, &["good.ron", "--junit", "there.xml", "--force"]);
    assert_eq!(forced.status.code(), Some(0), "{}", text(&forced.stderr));
    let report = fs::read_to_string(folder.path().join("there.xml")).unwrap();
    assert!(report.starts_with("<?xml"), "{report}");
}

#[test]
fn a_scenario_may_come_through_a_pipe() {
    let folder = Folder::new("verify-pipe");
    let failing = coin("100%", &format!("over: (seeds: 2), {WELL}"));
    let output = fed(folder.command(&["verify", "-"]), &failing);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    assert!(out.contains("[splitbrain run - --seed 0]"), "{out}");
}

#[cfg(unix)]
#[test]
fn after_ctrl_c_what_was_verified_is_told_and_the_rest_is_skipped() {
    let folder = both("verify-ctrl-c");
    let args = [
        "good.ron", "healthy", "--seeds", "100000", "--junit", "x.xml",
    ];
    let mut child = command(&[&["verify", "bad.ron"], &args[..]].concat());
    let child = child
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once signals are heard: the report was tried to be written before that.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &pid]).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let (out, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{said}");
    // What depends on when somebody had enough is not told there.
    assert!(!out.contains("verified"), "{out}");
    assert!(said.contains(" verified"), "{said}");
    assert!(said.contains("stopped in `"), "{said}");
    let report = fs::read_to_string(folder.path().join("x.xml")).unwrap();
    let report = roxmltree::Document::parse(&report).unwrap();
    let skipped = report.descendants().filter(|n| n.has_tag_name("skipped"));
    assert!(skipped.count() >= 3, "healthy has a control");
}

#[test]
fn what_docs_pipelines_says_runs() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pipelines.md");
    let page = fs::read_to_string(page).unwrap();
    let folder = Folder::new("verify-docs");
    let good = format!("seed: 3, over: (seeds: 20), {WELL}");
    folder.write("scenarios/good.ron", &coin("0%", &good));
    let commands = page.lines().filter_map(|line| {
        let (_, args) = line.split_once("splitbrain verify scenarios")?;
        Some(args.split(['#', '\'', '`']).next()?.to_owned())
    });
    let mut ran = 0;
    for args in commands {
        let _ = fs::remove_file(folder.path().join("report.xml"));
        let args: Vec<&str> = ["scenarios"]
            .into_iter()
            .chain(args.split_whitespace())
            .collect();
        let output = verify(&folder, &args);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{args:?}: {}",
            text(&output.stderr)
        );
        let is_written = folder.path().join("report.xml").exists();
        assert_eq!(is_written, args.contains(&"--junit"), "{args:?}");
        ran += 1;
    }
    assert_eq!(ran, 5, "the commands of the page");
}
