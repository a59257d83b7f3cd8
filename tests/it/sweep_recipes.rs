//! The recipes of `docs/scaling.md`: that for GNU parallel is run as it stands there; of the others is held to the program what
//! can be without their systems.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::program::{Folder, command, text};

/// The code behind a mark in the page.
fn recipe(name: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scaling.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, rest) = page
        .split_once(&format!("<!-- recipe: {name} -->"))
        .unwrap();
    let (_, code) = rest.split_once("```").unwrap();
    let (_, code) = code.split_once('\n').unwrap();
    code.split("\n```").next().unwrap().to_owned() + "\n"
}

/// Runs a script as its user does: in a folder, with the program in the path. Gives what it said if it failed.
fn run(folder: &Folder, script: &str, variables: &[(&str, &str)]) -> Result<(), String> {
    let program = Path::new(env!("CARGO_BIN_EXE_splitbrain"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder.path())
        .env("PATH", path)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", output.status, text(&output.stderr)))
}

#[cfg(unix)]
#[test]
fn the_recipe_for_gnu_parallel_is_the_sweep_of_one_machine() {
    let version = Command::new("parallel").arg("--version").output();
    let version = version.expect("GNU parallel is needed for this test: apt-get install parallel");
    assert!(
        text(&version.stdout).contains("GNU parallel"),
        "another program is called parallel"
    );
    let folder = Folder::new("recipe-parallel");
    let script = recipe("parallel");
    run(&folder, &script, &[]).unwrap();
    let joined = fs::read(folder.path().join("all.jsonl")).unwrap();
    // What is asked of each part is what one machine is asked.
    let asked = script.split_once("splitbrain sweep ").unwrap().1;
    let asked = asked.split_once("--shard").unwrap().0.replace('\\', " ");
    let args: Vec<&str> = ["sweep"]
        .into_iter()
        .chain(asked.split_whitespace())
        .chain(["--json"])
        .collect();
    let alone = command(&args).output().unwrap();
    assert_eq!(alone.status.code(), Some(1), "{}", text(&alone.stderr));
    assert_eq!(text(&joined), text(&alone.stdout));
}

/// The command of a recipe, which is one that a shell can run, with few seeds of a small scenario.
fn small(recipe: &str) -> String {
    let from = recipe.find("splitbrain sweep").unwrap();
    let command = &recipe[from..];
    let command = &command[..command.find("|| [ $? -eq 1 ]").unwrap() + 15];
    let command = command.replace("--seeds 100000", "--seeds 64 --until 10ms");
    let command = command
        .replace("/scenario/scenario.ron", "healthy")
        .replace("scenario.ron", "healthy");
    command.replace("/results/", "")
}

#[cfg(unix)]
#[test]
fn the_parts_of_the_recipes_for_slurm_and_kubernetes_are_the_whole_sweep() {
    for name in ["slurm", "kubernetes"] {
        let folder = Folder::new(&format!("recipe-{name}"));
        let script = small(&recipe(name));
        for number in 1..=64 {
            let (id, index) = (number.to_string(), (number - 1).to_string());
            let variables = match name {
                "slurm" => &[
                    ("SLURM_ARRAY_TASK_ID", id.as_str()),
                    ("SLURM_ARRAY_TASK_COUNT", "64"),
                    ("SLURM_ARRAY_TASK_MIN", "1"),
                    ("SLURM_ARRAY_TASK_MAX", "64"),
                    ("SLURM_ARRAY_TASK_STEP", "1"),
                    ("SLURM_CPUS_PER_TASK", "1"),
                ][..],
                _ => &[("JOB_COMPLETION_INDEX", index.as_str())],
            };
            run(&folder, &script, variables)
                .unwrap_or_else(|why| panic!("{name} {number}: {why}\n{script}"));
        }
        run(&folder, "splitbrain merge part-*.jsonl -o all.jsonl", &[]).unwrap();
        let lines = fs::read_to_string(folder.path().join("all.jsonl")).unwrap();
        assert_eq!(lines.lines().count(), 2 + 64, "{name}");
    }
}

#[test]
fn the_manifest_says_how_many_parts_there_are_in_one_way() {
    let manifest = recipe("kubernetes");
    let number = |before: &str| {
        let (_, rest) = manifest.split_once(before).unwrap();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap()
    };
    assert_eq!(number("completions: "), number("--shard auto/"));
    let array = recipe("slurm");
    assert!(array.contains("--array=1-64\n") && array.contains("auto/64"));
}
