//! A sweep as JSON lines: the head, each seed, the summary. The names are stable and documented in `docs/json.md`.

use serde_json::{Value, json};

use crate::checks::Outcome as Answer;
use crate::hunt::parallel::Panic;
use crate::hunt::sweep::{Broken, SeedOutcome, Sweep};
use crate::hunt::tally::{Share, Tally};
use crate::trace::recording::hash_text;

/// What is known before the first seed.
pub fn head(sweep: &Sweep) -> String {
    let loaded = &sweep.loaded;
    let expectations = sweep.expect().iter();
    let expectations: Vec<String> = expectations.map(ToString::to_string).collect();
    line(&json!({ "sweep": {
        "splitbrain": env!("CARGO_PKG_VERSION"),
        "scenario": loaded.name,
        "scenario_hash": hash_text(&loaded.text),
        "set": loaded.sets,
        "control": sweep.control,
        "until_ns": sweep.end_ns(),
        "seeds": { "from": sweep.seeds.start, "to": sweep.seeds.end },
        "expectations": expectations,
    }}))
}

/// A seed.
pub fn seed(seed: u64, result: &Result<SeedOutcome, Panic>) -> String {
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(panic) => {
            return line(&json!({ "seed": seed, "met": false, "panic": panic.message }));
        }
    };
    let answer = |a: &Answer| json!({ "answer": a.word(), "why": a.why() });
    let broken = |b: &Broken| json!({ "property": b.property.to_string(), "at_ns": b.at, "event": b.event, "message": b.message });
    line(&json!({
        "seed": seed,
        "met": outcome.met,
        "answers": outcome.answers.iter().map(answer).collect::<Vec<_>>(),
        "findings": outcome.findings,
        "broken": outcome.broken.iter().map(broken).collect::<Vec<_>>(),
        "events": outcome.events,
        "digest": format!("{:016x}", outcome.digest),
    }))
}

/// What the seeds come to.
pub fn summary(sweep: &Sweep, tally: &Tally) -> String {
    let of = tally.judged();
    let expectations = sweep.expect().iter().zip(&tally.answers);
    let expectations = expectations.map(|(expect, a)| {
        json!({
            "expect": expect.to_string(),
            "met": a.met,
            "not_met": a.not_met,
            "unknown": a.unknown,
            "share_met": share(a.met, of),
        })
    });
    let broken = tally.broken.iter().map(|(property, seeds)| {
        json!({ "property": property.to_string(), "seeds": seeds, "share": share(*seeds, of) })
    });
    line(&json!({ "summary": {
        "seeds": tally.seeds,
        "passed": tally.passed,
        "failed": tally.failed(),
        "panicked": tally.panicked,
        "share_passed": share(tally.passed, of),
        "expectations": expectations.collect::<Vec<_>>(),
        "broken": broken.collect::<Vec<_>>(),
        "events": tally.events,
        "digest": format!("{:016x}", tally.digest()),
    }}))
}

fn share(count: u64, of: u64) -> Value {
    let share = Share { count, of };
    let (low, high) = share.interval();
    json!({ "value": share.value(), "low": low, "high": high })
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
