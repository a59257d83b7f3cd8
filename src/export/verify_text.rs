//! A verification as a table for people: a row for each claim, below it the seeds that do not keep it with the commands that show
//! them.

use std::fmt::Write;

use super::sweep_text::failed;
use crate::hunt::tally::Share;
use crate::hunt::verify::kept::Failure;
use crate::hunt::verify::{Claim, Kept, KeptClaim, Report, Verdict, Verification};

/// Names are cut to so many characters: with them, a row has no more than 80.
const NAME_MAX: usize = 29;
/// What stands for a claim that two runs with the same seed are the same.
const SAME: &str = "same";

/// How wide the columns are.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    name: usize,
    kept: usize,
    colour: bool,
}

impl Table {
    /// Of what is verified; in `colour` on a terminal.
    pub fn of(verification: &Verification, colour: bool) -> Self {
        let subjects = verification.subjects();
        let names = subjects.iter().map(|s| s.loaded.name.chars().count());
        let claims = subjects.iter().flat_map(|s| &s.claims);
        let kept = claims.map(|c| 2 * c.counted().to_string().len() + 1);
        Self {
            name: names.max().unwrap_or(0).clamp("scenario".len(), NAME_MAX),
            kept: kept.max().unwrap_or(0).max("seeds".len()),
            colour,
        }
    }

    /// What stands over the columns.
    pub fn head(&self) -> String {
        let (name, kept) = (self.name, self.kept);
        format!(
            "{:10}  {:name$}  {:7}  {:>kept$}  {:>9}  {:>7}\n",
            "", "scenario", "what", "seeds", "interval", "claimed"
        )
    }

    /// The rows of a scenario.
    pub fn rows(&self, kept: &Kept) -> String {
        let mut out = String::new();
        for claim in &kept.claims {
            let _ = writeln!(out, "{}", self.row(claim));
            out += &failures(claim);
        }
        if !kept.is_same_twice() {
            out += &self.differs(kept);
        }
        out
    }

    fn row(&self, kept: &KeptClaim) -> String {
        let (claim, share) = (&kept.claim, kept.share);
        let counted = if claim.is_of_own_seed() {
            "its own".to_owned()
        } else {
            format!("{}/{}", share.count, share.of)
        };
        format!(
            "{}  {:>width$}  {:>9}  {:>7}",
            self.begin(kept.verdict(), &claim.sweep.loaded.name, word(claim)),
            counted,
            interval(claim, share),
            least(claim),
            width = self.kept
        )
        .trim_end()
        .to_owned()
    }

    /// Two runs with the same seed are not the same run: a bug of this program, or of the machine that it runs on.
    fn differs(&self, kept: &Kept) -> String {
        let claim = &kept.claims[0].claim;
        let begin = self.begin(Verdict::NotMet, &claim.sweep.loaded.name, SAME);
        format!("{begin}\n  ✗ {}\n", why_not_same(kept))
    }

    fn begin(&self, verdict: Verdict, name: &str, claim: &str) -> String {
        let mark = if verdict == Verdict::Met {
            '✓'
        } else {
            '✗'
        };
        let verdict_text = format!("{mark} {:8}", verdict.word());
        let (on, off) = match (self.colour, verdict) {
            (false, _) => ("", ""),
            (true, Verdict::Met) => ("\x1b[32m", "\x1b[0m"),
            (true, _) => ("\x1b[31m", "\x1b[0m"),
        };
        let name = shortened(name);
        format!("{on}{verdict_text}{off}  {name:0$}  {claim:7}", self.name)
    }
}

/// What is claimed, in a word: as the scenario's field is called.
pub(super) fn word(claim: &Claim) -> &'static str {
    if claim.sweep.control {
        "control"
    } else {
        "expect"
    }
}

fn interval(claim: &Claim, share: Share) -> String {
    if claim.is_of_own_seed() || share.of == 0 {
        return String::new();
    }
    let (low, high) = share.interval();
    format!("{:.0}–{:.0} %", low * 100.0, high * 100.0)
}

fn least(claim: &Claim) -> String {
    if claim.is_of_own_seed() {
        return String::new();
    }
    format!("≥ {}", claim.at_least)
}

/// The end of a long name tells more than its beginning.
fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME_MAX {
        return name.to_owned();
    }
    let end = name.chars().skip(length + 1 - NAME_MAX);
    std::iter::once('…').chain(end).collect()
}

/// Why a claim is not kept, in a sentence; of one that is kept, nothing.
pub(super) fn why_not(kept: &KeptClaim) -> Option<String> {
    let (claim, share) = (&kept.claim, kept.share);
    let seeds = match share.of {
        1 => "seed",
        _ => "seeds",
    };
    match kept.verdict() {
        Verdict::Met => None,
        Verdict::Panicked => Some(format!("splitbrain panics with {} seeds", kept.panicked)),
        Verdict::NotMet if claim.is_of_own_seed() || kept.has_enough() => {
            let own = claim.own_seed();
            Some(format!("not met with the scenario's own seed {own}"))
        }
        Verdict::NotMet => Some(format!(
            "met with {} of {} {seeds}, and at least {} is claimed",
            share.count, share.of, claim.at_least
        )),
    }
}

/// Why two runs with the same seed are not the same.
pub(super) fn why_not_same(kept: &Kept) -> String {
    let said = kept.twice.each_ref().map(|came| match came {
        Some(Ok(outcome)) => format!("has the digest {:016x}", outcome.digest),
        Some(Err(panic)) => panic.to_string(),
        None => "is not there".to_owned(),
    });
    let [first, second] = said;
    let claim = &kept.claims[0].claim;
    let (seed, command) = (claim.own_seed(), claim.command(claim.own_seed()));
    format!("seed {seed}  one run {first}, another {second} (a bug of splitbrain)  [{command}]")
}

/// The first runs that were not as claimed, a line for each.
pub(super) fn failures(kept: &KeptClaim) -> String {
    // What is claimed of most seeds is kept although some are not as it says.
    if kept.verdict() == Verdict::Met {
        return String::new();
    }
    let mut out = String::new();
    for failure in &kept.failures {
        let _ = writeln!(out, "  ✗ {}", one(&kept.claim, failure));
    }
    let more = kept.failed.saturating_sub(kept.failures.len() as u64);
    if more > 0 {
        let command = kept.claim.sweep_command();
        let _ = writeln!(out, "  … and {more} more  [{command}]");
    }
    out
}

/// A run that is not as claimed, with the command that shows it.
pub(super) fn one(claim: &Claim, failure: &Failure) -> String {
    let what = what(claim, failure);
    let (seed, command) = (failure.seed, claim.command(failure.seed));
    let own = if seed == claim.own_seed() && !claim.is_of_own_seed() {
        " (its own)"
    } else {
        ""
    };
    format!("seed {seed}{own}  {what}  [{command}]")
}

/// What is not as claimed.
pub(super) fn what(claim: &Claim, failure: &Failure) -> String {
    match &failure.came {
        Ok(outcome) => failed(&claim.expectations(), outcome),
        Err(panic) => format!("{panic} (a bug of splitbrain)"),
    }
}

/// Where the work was given up.
fn stopped(report: &Report<'_>) -> String {
    let (done, verification) = (report.done.len(), report.verification());
    let (Some(kept), Some(subject)) = (report.so_far(), verification.subjects().get(done)) else {
        return String::new();
    };
    let runs = verification.runs_of(done);
    let (ran, all) = (report.runs - runs.start, runs.end - runs.start);
    let failed: u64 = kept.claims.iter().map(|claim| claim.failed).sum();
    let name = &subject.loaded.name;
    format!(" (stopped in `{name}` after {ran} of {all} runs, {failed} failed)")
}

/// The last line.
pub fn summary(report: &Report<'_>) -> String {
    let (done, all) = (report.done.len(), report.verification().subjects().len());
    let met = report.count(Verdict::Met);
    let scenarios = if done == 1 { "scenario" } else { "scenarios" };
    let verified = format!("{met} of {done} {scenarios} verified, {} runs", report.runs);
    let not = |verdict| match report.count(verdict) {
        0 => String::new(),
        some => format!(", {some} {}", verdict.word()),
    };
    let left = match all - done {
        0 => String::new(),
        left => format!(
            "; {left} of {all} were not verified to the end{}",
            stopped(report)
        ),
    };
    let (failed, panicked) = (not(Verdict::NotMet), not(Verdict::Panicked));
    format!("\n{verified}{failed}{panicked}{left}\n")
}
