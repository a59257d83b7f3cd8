//! What a sweep tells of its runs, as they come and from a file alike.

use crate::export::sweep_text;
use crate::hunt::sweep::Head;
use crate::hunt::sweep::file::Came;
use crate::sim::complaint::nearest;

/// So many runs that failed are told one by one.
const LISTED_MAX: u64 = 20;

/// The runs that failed, the first of them one by one.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    failed: u64,
    /// Where to look further, of the first of which that can be said.
    further: Option<String>,
}

impl Listed {
    /// What to tell of a run: nothing, if it passed or many failed before it.
    pub fn line(&mut self, head: &Head, item: u64, came: &Came) -> Option<String> {
        let line = sweep_text::failure(head, item, came)?;
        if self.further.is_none() {
            self.further = sweep_text::further(head, item, came);
        }
        self.failed += 1;
        match self.failed {
            1 => Some(format!("\nfailures\n{line}")),
            2..=LISTED_MAX => Some(line),
            _ => None,
        }
    }

    /// What to tell behind the last run.
    pub fn rest(&self) -> String {
        let more = match self.failed.saturating_sub(LISTED_MAX) {
            0 => String::new(),
            more => format!("… and {more} more; each is in the lines of --json or of -o\n"),
        };
        more + self.further.as_deref().unwrap_or_default()
    }
}

/// The places of some metrics. The error is a sentence.
pub fn find_worst(head: &Head, names: &[String]) -> Result<Vec<usize>, String> {
    let find = |name: &String| {
        let place = head.metrics.iter().position(|m| m.name == *name);
        place.ok_or_else(|| {
            let near = nearest(name, head.metrics.iter().map(|m| m.name.as_str()));
            let near = near.map_or_else(
                || "`splitbrain run --json` tells which there are".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            format!("there is no metric `{name}`: {near}")
        })
    };
    names.iter().map(find).collect()
}
