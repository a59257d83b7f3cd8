//! Shards of a sweep, as whoever has many machines knows them: joined, they are what one machine would have written.

use std::fs;
use std::process::Output;

use super::program::{Folder, command, text};
use super::sweep_files::sweep;

const VARIED: [&str; 4] = ["--seeds", "7", "--vary", "workloads.checkout.acks=One,All"];

fn merge(args: &[&str]) -> Output {
    command(&[&["merge"], args].concat()).output().unwrap()
}

/// The files of all shards, and the file that they are together.
fn shards(folder: &Folder, of: u64) -> (Vec<String>, Vec<u8>) {
    let whole = folder.file("whole");
    sweep(&[&VARIED[..], &["-o", &whole]].concat());
    let mut files = Vec::new();
    for number in 1..=of {
        let (file, shard) = (
            folder.file(&format!("{number}-of-{of}")),
            format!("{number}/{of}"),
        );
        let output = sweep(&[&VARIED[..], &["--shard", &shard, "-o", &file]].concat());
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}",
            text(&output.stderr)
        );
        files.push(file);
    }
    (files, fs::read(whole).unwrap())
}

#[test]
fn shards_joined_in_any_order_are_the_unsharded_file() {
    let folder = Folder::new("shards");
    for of in [1, 3, 5] {
        let (mut files, whole) = shards(&folder, of);
        files.reverse();
        let names: Vec<&str> = files.iter().map(String::as_str).collect();
        let joined = merge(&names);
        assert_eq!(joined.status.code(), Some(0), "{}", text(&joined.stderr));
        assert_eq!(text(&joined.stdout), text(&whole), "{of} shards");
        let output = folder.file(&format!("joined-{of}"));
        let told = merge(&[&names[..], &["-o", &output]].concat());
        assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
        assert_eq!(fs::read(&output).unwrap(), whole);
        // The joined file is that of a finished sweep, which says the same.
        let finished = sweep(&[&VARIED[..], &["-o", &output]].concat());
        assert!(text(&finished.stderr).contains("is finished"));
        assert_eq!(text(&finished.stdout), text(&told.stdout));
        let again = merge(&[&names[..], &["-o", &output]].concat());
        assert_eq!(again.status.code(), Some(2));
        assert!(text(&again.stderr).contains("exists already"));
        assert_eq!(fs::read(&output).unwrap(), whole);
    }
}

#[test]
fn what_is_not_all_of_one_sweep_is_not_joined() {
    let folder = Folder::new("gaps");
    let (files, whole) = shards(&folder, 3);
    let [one, two, three] = [0, 1, 2].map(|i| files[i].as_str());
    let half = folder.file("half");
    sweep(&[&VARIED[..], &["--shard", "2/2", "-o", &half]].concat());
    let control = folder.file("other");
    sweep(&["--seeds", "7", "--shard", "2/3", "-o", &control]);
    let (torn, version) = (folder.file("torn"), folder.file("version"));
    let third = fs::read(three).unwrap();
    fs::write(&torn, &third[..third.len() - 5]).unwrap();
    fs::write(
        &version,
        text(&fs::read(two).unwrap()).replacen("\"splitbrain\":\"", "\"splitbrain\":\"9.", 1),
    )
    .unwrap();
    let whole_file = folder.file("whole");
    assert_eq!(fs::read(&whole_file).unwrap(), whole);
    for (files, said) in [
        (&[one, three][..], "shard 2/3 is missing"),
        (&[two], "shards 1/3, 3/3 are missing"),
        (&[one, two], "the seeds 4 to 6: shard 3/3 is missing"),
        (&[one, two, two, three], "both have"),
        (&[one, two, three, &half], "both have"),
        (&[one, &whole_file, three], "both have"),
        (&[one, two, &torn], "is not finished, it has 5 of 5 runs"),
        (&[one, &version, three], "the version of splitbrain is 9."),
        (&[one, &control, three], "--vary is nothing in"),
        (&[one, "no-such-file"], "cannot read `no-such-file`"),
        (&["Cargo.toml"], "no file of a sweep"),
    ] {
        let output = merge(files);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{files:?}: {stderr}");
        assert!(stderr.contains(said), "{said}: {stderr}");
        assert!(output.stdout.is_empty(), "{said}");
        let to = folder.file("never");
        assert_eq!(
            merge(&[files, &["-o", &to]].concat()).status.code(),
            Some(2)
        );
        assert!(!fs::exists(&to).unwrap(), "{said}");
    }
}

#[test]
fn parts_of_the_seeds_are_joined_like_shards() {
    let folder = Folder::new("ranges");
    let (first, rest, whole) = (
        folder.file("first"),
        folder.file("rest"),
        folder.file("all"),
    );
    sweep(&["--seeds", "3..5", "-o", &first]);
    sweep(&["--seeds", "5..8", "-o", &rest]);
    sweep(&["--seeds", "3..8", "-o", &whole]);
    assert_eq!(
        text(&merge(&[&rest, &first]).stdout),
        text(&fs::read(&whole).unwrap())
    );
}

#[test]
fn batch_systems_tell_which_shard_it_is() {
    let folder = Folder::new("batch");
    let shard_in = |variables: &[(&str, &str)], shard: &str, name: &str| {
        let file = folder.file(name);
        let args = [
            "sweep", "healthy", "--until", "10ms", "--seeds", "4", "--shard", shard, "-o", &file,
        ];
        let mut command = command(&args);
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}",
            text(&output.stderr)
        );
        let lines = text(&fs::read(&file).unwrap());
        let head: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        let shard = &head["sweep"]["shard"];
        (
            shard["number"].as_u64().unwrap(),
            shard["of"].as_u64().unwrap(),
        )
    };
    let pod = [("JOB_COMPLETION_INDEX", "1")];
    assert_eq!(shard_in(&pod, "auto/4", "pod"), (2, 4));
    let task = [
        ("SLURM_ARRAY_TASK_ID", "3"),
        ("SLURM_ARRAY_TASK_COUNT", "4"),
        ("SLURM_ARRAY_TASK_MIN", "1"),
        ("SLURM_ARRAY_TASK_MAX", "4"),
        ("SLURM_ARRAY_TASK_STEP", "1"),
    ];
    assert_eq!(shard_in(&task, "auto", "task"), (3, 4));
    let nowhere = command(&["sweep", "healthy", "--shard", "auto"])
        .env_remove("JOB_COMPLETION_INDEX")
        .env_remove("SLURM_ARRAY_TASK_ID")
        .output()
        .unwrap();
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(
        text(&nowhere.stderr).contains("JOB_COMPLETION_INDEX"),
        "{}",
        text(&nowhere.stderr)
    );
}
