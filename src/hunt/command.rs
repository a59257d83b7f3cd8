//! The command that runs something again, as a shell takes it.

use super::compare::Change;
use super::failure::written;
use crate::checks::Expect;
use crate::sim::units::Duration;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// A scenario's name or file.
    pub scenario: &'a str,
    /// The seed.
    pub seed: u64,
    /// Whether it is the control.
    pub control: bool,
    /// Changed settings.
    pub set: &'a [String],
    /// Where it ends, if not where the scenario does.
    pub until: Option<Duration>,
}

impl Command<'_> {
    /// The command that explains a finding of it, from 1 on; without a number, the first.
    pub fn explaining(&self, finding: Option<usize>) -> String {
        let which = finding.map(|number| format!(" --finding {number}"));
        self.of("explain") + &which.unwrap_or_default()
    }

    /// The command that makes it as small as it can be while something should be true and is not; without that, what breaks
    /// first. None for a control, which has no name of its own.
    pub fn shrinking(&self, goal: Option<&Expect>) -> Option<String> {
        let end = self.until.map(|until| format!("duration={until}"));
        let sets: Vec<String> = self.set.iter().cloned().chain(end).collect();
        let shrink = || shrinking(self.scenario, Some(self.seed), &sets, goal);
        (!self.control).then(shrink)
    }

    /// The command of that name.
    fn of(&self, name: &str) -> String {
        let mut words = vec![
            format!("splitbrain {name} {}", quoted(self.scenario)),
            format!("--seed {}", self.seed),
        ];
        words.extend(self.control.then(|| "--control".to_owned()));
        words.extend(self.set.iter().map(|set| format!("--set {}", quoted(set))));
        words.extend(self.until.map(|until| format!("--until {until}")));
        words.join(" ")
    }
}

impl std::fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.of("run"))
    }
}

/// The command that makes a scenario or a recording as small as it can be while something should be true and is not.
pub(super) fn shrinking(
    name: &str,
    seed: Option<u64>,
    sets: &[String],
    goal: Option<&Expect>,
) -> String {
    let mut words = vec![format!("splitbrain shrink {}", quoted(name))];
    words.extend(seed.map(|seed| format!("--seed {seed}")));
    words.extend(sets.iter().map(|set| format!("--set {}", quoted(set))));
    words.extend(goal.map(|goal| format!("--breaks {}", quoted(&written(goal)))));
    words.join(" ")
}

/// What to compare with what.
#[derive(Clone, Copy, Debug)]
pub struct CompareCommand<'a> {
    /// The run, which is not the control.
    pub run: Command<'a>,
    /// How the other departs from it.
    pub change: &'a Change,
    /// Over so many seeds; 0: over none.
    pub seeds: u64,
}

impl std::fmt::Display for CompareCommand<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { run, change, seeds } = self;
        let scenario = quoted(run.scenario);
        write!(f, "splitbrain compare {scenario} --seed {}", run.seed)?;
        for set in run.set {
            write!(f, " --both {}", quoted(set))?;
        }
        if change.control {
            f.write_str(" --control")?;
        }
        for set in &change.sets {
            write!(f, " --set {}", quoted(set))?;
        }
        if let Some(seed) = change.seed {
            write!(f, " --seed-b {seed}")?;
        }
        if *seeds > 0 {
            write!(f, " --seeds {seeds}")?;
        }
        match run.until {
            Some(until) => write!(f, " --until {until}"),
            None => Ok(()),
        }
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_whole_and_quoted() {
        let mut command = Command {
            scenario: "leader-crash",
            seed: 7,
            control: false,
            set: &[],
            until: None,
        };
        assert_eq!(command.to_string(), "splitbrain run leader-crash --seed 7");
        let set = [
            r#"workloads.checkout.arrivals=Poisson("9/s")"#,
            "title=it's",
        ];
        let set = set.map(str::to_owned);
        command.scenario = "my files/a.ron";
        command.set = &set;
        command.control = true;
        command.until = Some(Duration::from_ns(12_500_000_000));
        let expected = r#"splitbrain run 'my files/a.ron' --seed 7 --control --set 'workloads.checkout.arrivals=Poisson("9/s")' --set 'title=it'\''s' --until 12.5s"#;
        assert_eq!(command.to_string(), expected);
    }

    #[test]
    fn the_command_that_compares_has_all_that_differs() {
        let set = ["title=a b".to_owned()];
        let change = Change {
            sets: vec!["workloads.web.acks=All".into()],
            control: true,
            seed: Some(8),
        };
        let compare = CompareCommand {
            run: Command {
                scenario: "leader-crash",
                seed: 7,
                control: false,
                set: &set,
                until: Some(Duration::from_ns(12_500_000_000)),
            },
            change: &change,
            seeds: 100,
        };
        let text = compare.to_string();
        assert_eq!(
            text,
            "splitbrain compare leader-crash --seed 7 --both 'title=a b' --control --set workloads.web.acks=All --seed-b 8 --seeds 100 --until 12.5s"
        );
    }
}
