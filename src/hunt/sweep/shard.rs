//! One of several equal parts of a sweep, each of which another machine may run.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Which part, counted from 1, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Which, from 1 on.
    pub number: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// All in one part.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// The part of so many things that are in a row. Together the parts are all of them, and each has as many as any other or
    /// one more.
    pub fn part(self, all: u64) -> Range<u64> {
        let before =
            |parts: u64| (u128::from(all) * u128::from(parts) / u128::from(self.of)) as u64;
        before(self.number - 1)..before(self.number)
    }

    /// `3/8`: the third of eight. The error is a clause.
    fn counted(number: &str, of: &str) -> Result<Self, String> {
        let number = number.trim().parse().map_err(|_| USAGE.to_owned())?;
        let of = of.trim().parse().map_err(|_| USAGE.to_owned())?;
        Self::new(number, of)
    }

    fn new(number: u64, of: u64) -> Result<Self, String> {
        if number == 0 || number > of {
            return Err(format!(
                "shards are counted from 1 to how many there are: there is no {number} of {of}"
            ));
        }
        Ok(Self { number, of })
    }

    /// Reads `3/8`, or `auto` and `auto/8`, where the number comes from a batch system's variables. `variable` gives the value of
    /// one. The error is a sentence.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let (number, of) = match text.split_once('/') {
            Some((number, of)) => (number.trim(), Some(of)),
            None => (text.trim(), None),
        };
        match (number, of) {
            (AUTO, of) => {
                let of = of.map(|of| of.trim().parse().map_err(|_| USAGE.to_owned()));
                Self::auto(of.transpose()?, variable)
            }
            (number, Some(of)) => Self::counted(number, of),
            (_, None) => Err(USAGE.to_owned()),
        }
    }

    /// The part that belongs to this task of a batch system.
    fn auto(of: Option<u64>, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let number = |name: &str| {
            let value = variable(name).map(|text| {
                let number = text.trim().parse::<u64>();
                number.map_err(|_| format!("`{name}` is `{text}`, which is no number"))
            });
            value.transpose()
        };
        match (number(KUBERNETES)?, number(SLURM)?) {
            (None, None) => Err(format!(
                "neither `{KUBERNETES}` (an indexed job of Kubernetes) nor `{SLURM}` (an array of Slurm) is set: give the number, as in 3/8"
            )),
            (Some(_), Some(_)) => Err(format!(
                "both `{KUBERNETES}` and `{SLURM}` are set: give the number, as in 3/8"
            )),
            (Some(index), None) => match of {
                None => Err("Kubernetes does not tell a pod how many there are: write auto/N, where N is the job's `completions`".to_owned()),
                Some(of) => Self::new(index.saturating_add(1), of),
            },
            (None, Some(id)) => Self::of_array(id, of, number),
        }
    }

    /// The part that belongs to a task of a Slurm array, whose numbers need not begin with 1 or follow one another closely.
    fn of_array(
        id: u64,
        of: Option<u64>,
        number: impl Fn(&str) -> Result<Option<u64>, String>,
    ) -> Result<Self, String> {
        let (count, min) = (number(SLURM_COUNT)?, number(SLURM_MIN)?);
        let (Some(count), Some(min)) = (count, min) else {
            let missing = if count.is_none() {
                SLURM_COUNT
            } else {
                SLURM_MIN
            };
            return Err(format!(
                "`{missing}` is not set: give the number, as in 3/8"
            ));
        };
        if let Some(of) = of.filter(|of| *of != count) {
            return Err(format!(
                "the array has {count} tasks and not {of}, as when some are run again: write ${SLURM}/{of} if they are counted from 1"
            ));
        }
        let step = number(SLURM_STEP)?.unwrap_or(1).max(1);
        let max = number(SLURM_MAX)?;
        let is_regular = id >= min && (id - min).is_multiple_of(step);
        let is_whole = max.is_none_or(|max| max.saturating_sub(min) / step + 1 == count);
        if !is_regular || !is_whole {
            return Err(format!(
                "which of the {count} tasks number {id} is cannot be told: let the array be a range like 1-{count}, or give the number, as in 3/8"
            ));
        }
        Self::new((id - min) / step + 1, count)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

const AUTO: &str = "auto";
const USAGE: &str = "write which of how many, as in 3/8, or auto";

/// What the pods of an indexed job have, from 0 on (Kubernetes, "Jobs", completion mode).
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";
/// What the tasks of a job array have (Slurm, "Job Array Support", environment variables).
const SLURM: &str = "SLURM_ARRAY_TASK_ID";
const SLURM_COUNT: &str = "SLURM_ARRAY_TASK_COUNT";
const SLURM_MIN: &str = "SLURM_ARRAY_TASK_MIN";
const SLURM_MAX: &str = "SLURM_ARRAY_TASK_MAX";
const SLURM_STEP: &str = "SLURM_ARRAY_TASK_STEP";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_all_of_it_and_as_large_as_one_another() {
        for all in [0, 1, 7, 8, 100, 1_000_003, u64::MAX] {
            for of in [1, 2, 3, 8, 13] {
                let parts = (1..=of).map(|number| Shard { number, of }.part(all));
                let parts: Vec<_> = parts.collect();
                let mut next = 0;
                for part in &parts {
                    assert_eq!(part.start, next);
                    next = part.end;
                }
                assert_eq!(next, all);
                let sizes = parts.iter().map(|p| p.end - p.start);
                let (least, most) = (sizes.clone().min(), sizes.max());
                assert!(most.unwrap() - least.unwrap() <= 1, "{all} in {of}");
            }
        }
    }

    fn with(text: &str, variables: &[(&str, &str)]) -> Result<Shard, String> {
        Shard::parse(text, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn shard(number: u64, of: u64) -> Shard {
        Shard { number, of }
    }

    #[test]
    fn a_shard_is_a_number_of_how_many() {
        assert_eq!(with("3/8", &[]), Ok(shard(3, 8)));
        assert_eq!(with(" 1 / 1 ", &[]), Ok(shard(1, 1)));
        for wrong in [
            "0/8", "9/8", "3", "", "/", "3/", "/8", "-1/8", "a/b", "1/0", "auto/x",
        ] {
            assert!(with(wrong, &[]).is_err(), "{wrong}");
        }
        assert!(
            with("auto", &[])
                .unwrap_err()
                .contains("JOB_COMPLETION_INDEX")
        );
    }

    #[test]
    fn pods_of_kubernetes_are_counted_from_0_and_do_not_know_how_many_they_are() {
        let pod = |index| [("JOB_COMPLETION_INDEX", index)];
        assert_eq!(with("auto/8", &pod("0")), Ok(shard(1, 8)));
        assert_eq!(with("auto/8", &pod("7")), Ok(shard(8, 8)));
        assert!(with("auto", &pod("0")).unwrap_err().contains("completions"));
        assert!(with("auto/8", &pod("8")).is_err());
        assert!(with("auto/8", &pod("x")).unwrap_err().contains("`x`"));
        // What is said stands before what is set.
        assert_eq!(with("2/3", &pod("0")), Ok(shard(2, 3)));
    }

    fn task<'a>(id: &'a str, rest: [&'a str; 4]) -> [(&'a str, &'a str); 5] {
        let [count, min, max, step] = rest;
        [
            ("SLURM_ARRAY_TASK_ID", id),
            ("SLURM_ARRAY_TASK_COUNT", count),
            ("SLURM_ARRAY_TASK_MIN", min),
            ("SLURM_ARRAY_TASK_MAX", max),
            ("SLURM_ARRAY_TASK_STEP", step),
        ]
    }

    #[test]
    fn tasks_of_slurm_know_where_their_array_begins() {
        // --array=1-8, --array=0-7, --array=1-7:2
        assert_eq!(
            with("auto", &task("3", ["8", "1", "8", "1"])),
            Ok(shard(3, 8))
        );
        assert_eq!(
            with("auto/8", &task("0", ["8", "0", "7", "1"])),
            Ok(shard(1, 8))
        );
        assert_eq!(
            with("auto", &task("7", ["4", "1", "7", "2"])),
            Ok(shard(4, 4))
        );
        // --array=1,2,9: the second is not told from the ninth.
        let listed = with("auto", &task("9", ["3", "1", "9", "1"]));
        assert!(listed.unwrap_err().contains("range"));
        // --array=3, to run one of eight again.
        let again = with("auto/8", &task("3", ["1", "3", "3", "1"]));
        assert!(again.unwrap_err().contains("$SLURM_ARRAY_TASK_ID/8"));
        let alone = [("SLURM_ARRAY_TASK_ID", "3")];
        assert!(
            with("auto", &alone)
                .unwrap_err()
                .contains("SLURM_ARRAY_TASK_COUNT")
        );
    }
}
