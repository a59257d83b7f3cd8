//! Where a kept screen goes: a file in the folder the program was started in, which never takes another's place.

use std::path::{Path, PathBuf};

use super::Form;
use crate::hunt::keep;
use crate::ui::text::moment;

/// What a screen of a run is called: `leader-crash-seed42-12.480s`.
pub fn name(scenario: &str, seed: u64, now_ns: u64) -> String {
    format!(
        "{}-seed{seed}-{}s",
        keep::as_file_name(scenario),
        moment(now_ns)
    )
}

/// Writes a file that was not there before; the error is a sentence.
pub fn write(folder: &Path, name: &str, form: Form, text: &str) -> Result<PathBuf, String> {
    keep::write_new(folder, name, form.ending(), text)
}
