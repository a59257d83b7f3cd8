//! What was found as text: as a scenario of its own, and as the command that runs it.

use super::super::command::quoted;
use super::super::failure::{self, Failure};
use super::super::{Loaded, keep};
use super::found::{Found, What};
use crate::scenario::{effective, is_piped, with_fields};

impl Found {
    /// It as an ordinary scenario, which says itself what breaks and that it does not without the faults. `loaded` is the
    /// [scenario that was searched](super::Search::loaded). Where its plan is another than its text says, so is this. The error
    /// says, as a sentence, why it cannot be written.
    pub fn as_scenario(&self, loaded: &Loaded) -> Result<String, String> {
        let text = if loaded.sets.is_empty() {
            loaded.text.clone()
        } else {
            effective(&loaded.scenario)
        };
        let name = keep::as_file_name(&loaded.name);
        let faults = self.all_faults(loaded)?;
        let lines: String = faults.iter().map(|f| format!("\n        {f},")).collect();
        let mut fields = vec![
            ("title", Some(failure::literal(&self.title(&name)))),
            ("about", Some(failure::literal(&self.about(&name)))),
            ("group", None),
            ("seed", Some(self.seed.to_string())),
            ("faults", Some(format!("[{lines}\n    ]"))),
            ("control_set", None),
            ("control_faults", None),
            // What was found is so with this seed.
            ("over", None),
            ("control_over", None),
        ];
        if let (Some(shown), Some(goal)) = (self.broken().and_then(Failure::shown), self.goal()) {
            fields.push(("expect", Some(format!("[{shown}]"))));
            // With faults that strike anyway, nothing is known of the run without any.
            let is_control = loaded.scenario.faults.is_empty();
            fields.push(("control", is_control.then(|| format!("[{goal}]"))));
        }
        with_fields(&text, &fields)
    }

    /// The command that runs it, without any file but the scenario's own; there is none for one that came through a pipe, or
    /// whose faults cannot be written.
    pub fn command(&self, loaded: &Loaded) -> Option<String> {
        if is_piped(&loaded.name) {
            return None;
        }
        let name = quoted(&loaded.name);
        let mut command = format!("splitbrain run {name} --seed {}", self.seed);
        let faults = format!("faults=[{}]", self.all_faults(loaded).ok()?.join(", "));
        let mut sets = loaded.sets.clone();
        sets.push(faults);
        if let Some(shown) = self.broken().and_then(Failure::shown) {
            sets.push(format!("expect=[{shown}]"));
        }
        for set in &sets {
            command.push_str(" --set ");
            command.push_str(&quoted(set));
        }
        Some(command)
    }

    /// What a file of it is called, without an ending: `leader-crash-NoAckedLoss`.
    pub fn file_name(&self, loaded: &Loaded) -> String {
        let name = keep::as_file_name(&loaded.name);
        let word = self.goal().map_or("panic", failure::word);
        format!("{name}-{word}")
    }

    fn broken(&self) -> Option<&Failure> {
        match &self.what {
            What::Broken(broken) => Some(broken),
            What::Panicked(_) => None,
        }
    }

    /// The faults that strike in each run, and these.
    fn all_faults(&self, loaded: &Loaded) -> Result<Vec<String>, String> {
        let own = loaded.scenario.faults.iter();
        let own = own.map(|fault| ron::to_string(fault).map_err(|error| error.to_string()));
        own.chain(self.schedule.texts().into_iter().map(Ok))
            .collect()
    }

    fn title(&self, name: &str) -> String {
        let faults = match self.faults() {
            1 => "one fault".to_owned(),
            n => format!("{n} faults"),
        };
        match &self.what {
            What::Broken(broken) => {
                format!("{name}: {faults} and not `{}`", broken.goal.label())
            }
            What::Panicked(_) => format!("{name}: {faults}, and splitbrain panics"),
        }
    }

    fn about(&self, name: &str) -> String {
        let seconds = |ns: u64| ns as f64 / 1e9;
        match &self.what {
            What::Broken(broken) => format!(
                "Found by a search for faults in {name}. At {:.3} s: {}.",
                seconds(broken.at),
                broken.message
            ),
            What::Panicked(panic) => {
                format!("Found by a search for faults in {name}. It {panic}. That is a bug.")
            }
        }
    }
}
