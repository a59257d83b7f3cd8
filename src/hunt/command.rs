//! The command that runs something again, as a shell takes it.

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

impl std::fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scenario = quoted(self.scenario);
        write!(f, "splitbrain run {scenario} --seed {}", self.seed)?;
        if self.control {
            f.write_str(" --control")?;
        }
        for set in self.set {
            write!(f, " --set {}", quoted(set))?;
        }
        match self.until {
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
}
