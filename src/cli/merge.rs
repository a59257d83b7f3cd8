//! `splitbrain merge`: the files of a sweep's shards become one.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::out::say;
use super::sweep_report::{self, Listed};
use super::{EXIT_MET, EXIT_MISTAKE, MergeArgs, Out};
use crate::export::sweep_text;
use crate::hunt::sweep::merge::Merged;

/// Merges. The exit code says whether it could be, not what the runs came to.
pub fn merge(args: &MergeArgs) -> u8 {
    match try_merge(args) {
        Ok(code) => code,
        Err(message) => {
            say(format_args!("error: {message}"));
            EXIT_MISTAKE
        }
    }
}

fn try_merge(args: &MergeArgs) -> Result<u8, String> {
    if let Some(path) = args.output.as_deref().filter(|path| path.exists()) {
        return Err(format!(
            "`{}` exists already and is left as it is",
            path.display()
        ));
    }
    let mut listed = Listed::default();
    let mut failures = Vec::new();
    let merged = Merged::read(&args.files, |head, item, came| {
        failures.extend(listed.line(head, item, came));
    })?;
    let worst = sweep_report::find_worst(&merged.head, &args.worst.worst)?;
    let mut out = Out::stdout();
    let Some(path) = &args.output else {
        // What is written goes through `out`, which knows what a closed pipe is.
        let written = merged.write(&mut out);
        written.map_err(|error| format!("cannot write the output: {error}"))?;
        return Ok(out.close(EXIT_MET));
    };
    write_new(&merged, path)?;
    out.text(&sweep_text::head(&merged.head));
    failures.iter().for_each(|line| out.line(line));
    out.text(&listed.rest());
    out.text(&sweep_text::summary(&merged.head, &merged.sums, &worst));
    Ok(out.close(EXIT_MET))
}

/// Writes the file; what could not be written whole is not left behind.
fn write_new(merged: &Merged, path: &Path) -> Result<(), String> {
    let cannot = |error: io::Error| format!("cannot write `{}`: {error}", path.display());
    let mut file = BufWriter::new(File::create_new(path).map_err(cannot)?);
    let written = merged.write(&mut file).and_then(|()| file.flush());
    written.map_err(|error| {
        let _ = std::fs::remove_file(path);
        cannot(error)
    })
}
