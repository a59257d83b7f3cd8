//! What a sweep says of its metrics and of settings that vary, held to the runs themselves.

use std::fs;

use serde_json::Value;

use super::program::{Folder, command, text};
use super::sweep_files::{SHORT, sweep};
use super::terminal::start;

const VARY: [&str; 2] = ["--vary", "workloads.checkout.acks=One,All"];

fn lines(args: &[&str]) -> Vec<Value> {
    let output = sweep(&[args, &["--json"]].concat());
    let lines = text(&output.stdout);
    assert!(!lines.is_empty(), "{}", text(&output.stderr));
    lines
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

#[test]
fn a_cell_is_the_sweep_with_its_settings() {
    let latencies = "network.latency=\"1ms\",Constant(\"3ms\")";
    let all = lines(&[&["--seeds", "4"], &VARY[..], &["--vary", latencies]].concat());
    let head = &all[0]["sweep"];
    assert_eq!(head["cells"].as_array().unwrap().len(), 4);
    for (cell, (acks, latency)) in [
        ("One", "\"1ms\""),
        ("One", "Constant(\"3ms\")"),
        ("All", "\"1ms\""),
        ("All", "Constant(\"3ms\")"),
    ]
    .into_iter()
    .enumerate()
    {
        let sets = [
            format!("workloads.checkout.acks={acks}"),
            format!("network.latency={latency}"),
        ];
        let alone = lines(&["--seeds", "4", "--set", &sets[0], "--set", &sets[1]]);
        let of_cell = all.iter().filter(|line| line["cell"] == cell);
        let of_cell: Vec<&Value> = of_cell.collect();
        assert_eq!(of_cell.len(), 4);
        for (line, alone) in of_cell.iter().zip(&alone[1..]) {
            for same in ["seed", "met", "digest", "events", "answers", "metrics"] {
                assert_eq!(line[same], alone[same], "{same} of {sets:?}");
            }
        }
        let (sums, alone) = (
            &all[all.len() - 1]["summary"]["cells"][cell],
            &alone[5]["summary"]["cells"][0],
        );
        for same in [
            "seeds",
            "passed",
            "share_passed",
            "expectations",
            "broken",
            "metrics",
        ] {
            assert_eq!(sums[same], alone[same], "{same} of {sets:?}");
        }
    }
}

#[test]
fn a_line_has_the_metrics_of_the_run() {
    let all = lines(&["--seeds", "3..5"]);
    let names = all[0]["sweep"]["metrics"].as_array().unwrap();
    for line in &all[1..3] {
        let seed = line["seed"].to_string();
        let run = command(&[&["run"], &SHORT[..], &["--seed", &seed, "--json"]].concat())
            .output()
            .unwrap();
        let run: Value = serde_json::from_slice(&run.stdout).unwrap();
        let metrics = run["metrics"].as_object().unwrap();
        assert!(metrics.len() > 100);
        let mut there = 0;
        for (metric, value) in names.iter().zip(line["metrics"].as_array().unwrap()) {
            let name = metric["name"].as_str().unwrap();
            let of_run = metrics.get(name).unwrap_or(&Value::Null);
            assert_eq!(*value, of_run["value"], "{name}");
            there += usize::from(!value.is_null());
            if !value.is_null() {
                assert_eq!(metric["unit"], of_run["unit"], "{name}");
            }
        }
        assert_eq!(there, metrics.len());
    }
}

#[test]
fn the_summary_is_what_the_lines_come_to() {
    let all = lines(&["--seeds", "30"]);
    let (runs, summary) = (&all[1..31], &all[31]["summary"]);
    let mut worse_is_lower = 0;
    for (at, metric) in all[0]["sweep"]["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        let name = metric["name"].as_str().unwrap();
        let values = runs
            .iter()
            .filter_map(|run| Some((run["metrics"][at].as_f64()?, run["seed"].as_u64()?)));
        let mut values: Vec<(f64, u64)> = values.collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let spread = &summary["cells"][0]["metrics"][name];
        if values.is_empty() {
            assert!(spread.is_null(), "{name}");
            continue;
        }
        assert_eq!(spread["seeds"], values.len());
        let told = |name: &str| spread[name].as_f64().unwrap();
        let (low, high) = (values[0].0, values[values.len() - 1].0);
        assert_eq!((told("min"), told("max")), (low, high), "{name}");
        // By nearest rank.
        for (percentile, of_100) in [
            ("p1", 1),
            ("p10", 10),
            ("p50", 50),
            ("p90", 90),
            ("p99", 99),
        ] {
            let exact = values[(values.len() * of_100).div_ceil(100) - 1].0;
            let got = told(percentile);
            assert!(
                exact <= got && got <= exact * (1.0 + 1.0 / 128.0),
                "{name} {percentile}: {got}, and not {exact}"
            );
        }
        let worst = &summary["worst"][name];
        match metric["better"].as_str().unwrap() {
            "lower" => values.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))),
            "higher" => worse_is_lower += 1,
            _ => {
                assert!(worst.is_null(), "{name} is neither good nor bad");
                continue;
            }
        }
        let expected: Vec<u64> = values.iter().take(5).map(|(_, seed)| *seed).collect();
        let worst = worst.as_array().unwrap().iter();
        assert_eq!(
            worst
                .map(|w| w["seed"].as_u64().unwrap())
                .collect::<Vec<_>>(),
            expected,
            "{name}"
        );
    }
    assert!(worse_is_lower > 0);
}

#[test]
fn the_worst_seeds_come_with_the_command_that_shows_them() {
    let output = sweep(&["--seeds", "20", "--worst", "latency.acked.max"]);
    let said = text(&output.stdout);
    let (_, worst) = said.split_once("\nworst seeds\n").unwrap();
    let worst: Vec<&str> = worst
        .lines()
        .take_while(|l| l.starts_with("  latency.acked.max "))
        .collect();
    assert_eq!(worst.len(), 5, "{said}");
    let (_, run) = worst[0].split_once('[').unwrap();
    let run =
        run.strip_suffix(']')
            .unwrap()
            .replacen("splitbrain", env!("CARGO_BIN_EXE_splitbrain"), 1);
    let run = std::process::Command::new("sh")
        .args(["-c", &format!("{run} --json")])
        .output()
        .unwrap();
    let run: Value = serde_json::from_slice(&run.stdout).unwrap();
    let highest =
        lines(&["--seeds", "20"])[21]["summary"]["cells"][0]["metrics"]["latency.acked.max"]["max"]
            .clone();
    assert_eq!(run["metrics"]["latency.acked.max"]["value"], highest);
    let unknown = sweep(&["--worst", "latency.aked.max"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        text(&unknown.stderr).contains("did you mean `latency.acked.max`?"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn what_varies_wrongly_is_explained() {
    let many = format!(
        "title={}",
        (0..5000)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join(",")
    );
    for (vary, said) in [
        (&["workloads.checkout.aks=One,All"][..], "`acks`"),
        (&["workloads.checkout.acks=One,Al"], "`All`"),
        (&["workloads.chekout.acks=One,All"], "`checkout`"),
        (
            &["workloads.checkout.acks"],
            "write a setting and its values",
        ),
        (
            &["workloads.checkout.acks=One,,All"],
            "the 2nd value is empty",
        ),
        (&["workloads.checkout.acks=One,One"], "`One` is there twice"),
        (
            &["duration=1s,2s", "duration=3s,4s"],
            "`duration` is to vary twice",
        ),
        (
            &["duration=1s,2s", "about=a,b", "title=a,b"],
            "at most 2 settings can vary, and not 3",
        ),
        (&[&many], "too many settings"),
    ] {
        let args: Vec<&str> = vary.iter().flat_map(|v| ["--vary", v]).collect();
        let output = command(
            &[
                &["sweep", "acks-one-leader-crash", "--seeds", "2"],
                &args[..],
            ]
            .concat(),
        )
        .output()
        .unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}: {stderr}");
        assert!(stderr.contains(said), "{said}: {stderr}");
        assert!(output.stdout.is_empty());
    }
    let uncountable = [
        "sweep",
        "healthy",
        "--seeds",
        "0..18446744073709551615",
        "--vary",
        "duration=1s,2s",
    ];
    let output = command(&uncountable).output().unwrap();
    assert!(text(&output.stderr).contains("more runs than can be counted"));
}

/// A sweep that tips over between two settings: with few messages it holds what it promises.
const TIPS: [&str; 9] = [
    "sweep",
    "healthy",
    "--until",
    "200ms",
    "--set=expect=[AtMost(\"messages.produced\", 100)]",
    "--set=control=[]",
    "--vary=workloads.checkout.arrivals=Constant(\"100/s\"),Constant(\"1000/s\")",
    "--vary=network.latency=Constant(\"1ms\"),Constant(\"2ms\"),Constant(\"3ms\")",
    "--seeds=4",
];

#[test]
fn the_map_shows_where_it_tips_over() {
    let folder = Folder::new("map");
    let file = folder.file("map");
    let swept = command(&[&TIPS[..], &["-o", &file]].concat())
        .output()
        .unwrap();
    assert_eq!(swept.status.code(), Some(1), "{}", text(&swept.stderr));
    let said = text(&swept.stdout);
    let row = |value: &str| {
        let row = said
            .lines()
            .find(|l| l.trim_start().starts_with(value))
            .unwrap_or_else(|| panic!("{said}"));
        row.replace(value, "")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(row("Constant(\"100/s\")"), "· 0% · 0% · 0%");
    assert_eq!(row("Constant(\"1000/s\")"), "█ 100% █ 100% █ 100%");
    assert!(
        said.contains("4 of  4  100.0 % (95 % interval 51.0 to 100.0)"),
        "{said}"
    );
    // What the file says is what the sweep said, also of one that is not finished.
    let map = command(&["map", &file]).output().unwrap();
    assert_eq!(map.status.code(), Some(0), "{}", text(&map.stderr));
    assert_eq!(text(&map.stdout), said);
    let lines = fs::read_to_string(&file).unwrap();
    let part: Vec<&str> = lines.split_inclusive('\n').take(8).collect();
    fs::write(&file, part.concat() + "{\"seed").unwrap();
    let map = command(&["map", &file]).output().unwrap();
    assert!(
        text(&map.stderr).contains("it has 7 of 24 runs"),
        "{}",
        text(&map.stderr)
    );
    assert!(text(&map.stdout).contains("\nruns      7\n"));
}

#[test]
fn on_a_terminal_enter_opens_the_seed_of_a_cell_and_esc_comes_back() {
    let folder = Folder::new("map-screen");
    let file = folder.file("map");
    command(&[&TIPS[..], &["-o", &file]].concat())
        .output()
        .unwrap();
    let mut session = start(&["map", &file], &[]);
    session.sees("seeds that fail");
    session.sees("0 of 4 seeds");
    session.sees("arrivals = Constant(\"100/s\")");
    session.press("jl");
    session.sees("4 of 4 seeds, 100.0 %");
    session.sees("latency = Constant(\"2ms\")");
    session.sees("Enter runs seed 0");
    session.press("\r");
    session.until("the dashboard", |s| {
        s.contains("Topology") && s.contains("Queues")
    });
    // It is that run: with so many messages.
    session.press("\x1b[F");
    session.sees("at most 100 not met");
    session.press("\x1b");
    session.sees("Esc again");
    session.press("\x1b");
    session.sees("4 of 4 seeds, 100.0 %");
    session.sees("latency = Constant(\"2ms\")");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_clean();
}
