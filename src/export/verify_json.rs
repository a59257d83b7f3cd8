//! A verification as JSON lines: the head, each scenario, the summary. The names are stable and documented in `docs/json.md`.

use serde_json::{Value, json};

use super::verify_text::{what, word};
use crate::hunt::sweep::head::text_hash;
use crate::hunt::tally::Share;
use crate::hunt::verify::kept::Failure;
use crate::hunt::verify::{Claim, Kept, KeptClaim, Report, Verdict, Verification};
use crate::trace::recording::Hex;

/// What is known before the first run.
pub fn head(verification: &Verification) -> String {
    let subjects = verification.subjects().iter();
    line(&json!({ "verify": {
        "splitbrain": env!("CARGO_PKG_VERSION"),
        "scenarios": subjects.map(|s| s.loaded.name.as_str()).collect::<Vec<_>>(),
        "runs": verification.runs(),
    }}))
}

/// What came of a scenario.
pub fn scenario(kept: &Kept) -> String {
    let loaded = &kept.claims[0].claim.sweep.loaded;
    line(&json!({ "verified": {
        "scenario": loaded.name,
        "title": loaded.scenario.title,
        "scenario_hash": text_hash(&loaded.text, &loaded.files),
        "verdict": kept.verdict().word(),
        "seed": loaded.scenario.seed,
        "digest": kept.digest().map(Hex),
        "deterministic": kept.is_same_twice(),
        "claims": kept.claims.iter().map(claim).collect::<Vec<_>>(),
    }}))
}

fn claim(kept: &KeptClaim) -> Value {
    let claim = &kept.claim;
    let seeds = &claim.sweep.seeds;
    let seeds = json!({ "from": seeds.start, "to": seeds.end });
    let failures = kept.failures.iter().map(|f| failure(claim, f));
    json!({
        "claim": word(claim),
        "verdict": kept.verdict().word(),
        "expectations": claim.expectations(),
        "seeds": if claim.is_of_own_seed() { Value::Null } else { seeds },
        "at_least": claim.at_least.p(),
        "met": kept.share.count,
        "not_met": kept.share.of - kept.share.count,
        "panicked": kept.panicked,
        "share_met": share(kept.share),
        "own_seed_met": kept.own,
        "failures": failures.collect::<Vec<_>>(),
    })
}

fn failure(claim: &Claim, failure: &Failure) -> Value {
    json!({
        "seed": failure.seed,
        "what": what(claim, failure),
        "panic": failure.came.as_ref().err().map(|panic| panic.message.as_str()),
        "command": claim.command(failure.seed),
    })
}

fn share(share: Share) -> Value {
    let (low, high) = share.interval();
    json!({ "value": share.value(), "low": low, "high": high })
}

/// What all comes to.
pub fn summary(report: &Report<'_>) -> String {
    line(&json!({ "summary": {
        "verdict": report.verdict().word(),
        "scenarios": report.done.len(),
        "met": report.count(Verdict::Met),
        "not_met": report.count(Verdict::NotMet),
        "panicked": report.count(Verdict::Panicked),
        "runs": report.runs,
        "events": report.events,
    }}))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
