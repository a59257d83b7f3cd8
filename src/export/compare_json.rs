//! Two runs side by side as one JSON document. The names are stable and documented in `docs/json.md`.

use std::ops::Range;

use serde_json::{Value, json};

use super::json::number;
use crate::hunt::Outcome;
use crate::hunt::compare::{
    Call, Delta, Found, Judged, OverSeeds, Pair, Row, deltas, judged, sort,
};
use crate::trace::marks::{Cause, Line};

/// The document, with a line break at its end.
pub fn document(pair: &Pair, found: &Found, over: Option<(&OverSeeds, &Range<u64>)>) -> String {
    let [a, b] = pair.runs();
    let mut rows = match (a.watch(), b.watch()) {
        (Some(a), Some(b)) => deltas(a, b),
        _ => Vec::new(),
    };
    sort(&mut rows);
    let document = json!({
        "splitbrain": env!("CARGO_PKG_VERSION"),
        "scenario": a.loaded().name,
        "title": a.scenario().title,
        "until_ns": pair.end_ns(),
        "a": side(pair, 0),
        "b": side(pair, 1),
        "first_difference": first(found),
        "properties": judged(pair.runs()).iter().map(property).collect::<Vec<_>>(),
        "metrics": rows.iter().map(metric).collect::<Vec<_>>(),
        "over_seeds": over.map(|(over, seeds)| over_seeds(over, seeds)),
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text + "\n"
}

fn side(pair: &Pair, side: usize) -> Value {
    let run = &pair.runs()[side];
    json!({
        "label": pair.labels()[side],
        "scenario": run.loaded().name,
        "until_ns": pair.own_ends_ns()[side],
        "control": run.is_control(),
        "seed": run.seed(),
        "set": run.loaded().sets,
        "by_hand": run.interventions().iter().map(|i| &i.text).collect::<Vec<_>>(),
        "events": run.sim().events(),
        "digest": format!("{:016x}", run.sim().digest().value()),
        "met": Outcome::of(run).map(|outcome| outcome.is_met()),
    })
}

fn first(found: &Found) -> Value {
    let Found::Parted(difference) = found else {
        return Value::Null;
    };
    let [a, b] = [0, 1].map(|side: usize| difference.records[side].as_ref().map(record));
    json!({
        "at_ns": difference.at_ns,
        "a": a,
        "b": b,
        "last_same": difference.last_same.as_ref().map(record),
        "second": difference.second,
        "other_world": difference.other_world,
    })
}

fn record(line: &Line) -> Value {
    let (event, scenario_line) = match line.cause {
        Cause::Event(number) => (Some(number), None),
        Cause::ScenarioLine(number) => (None, Some(number)),
        Cause::Beginning | Cause::Hand => (None, None),
    };
    json!({
        "at_ns": line.at,
        "event": line.event,
        "subject": line.subject,
        "word": line.word,
        "text": line.text,
        "cause_event": event,
        "cause_line": scenario_line,
    })
}

fn property(judged: &Judged) -> Value {
    let [a, b] = judged.words;
    json!({ "property": judged.property, "a": a, "b": b })
}

fn metric(delta: &Delta) -> Value {
    let [a, b] = delta
        .amounts
        .map(|amount| amount.map(|amount| number(amount.value)));
    json!({
        "name": delta.name,
        "unit": delta.unit.name(),
        "better": delta.better.name(),
        "a": a,
        "b": b,
        "difference": delta.difference().map(number),
        "better_side": delta.better_side().map(|side| ["a", "b"][side]),
    })
}

fn over_seeds(over: &OverSeeds, seeds: &Range<u64>) -> Value {
    json!({
        "seeds": { "from": seeds.start, "to": seeds.end },
        "panicked": over.panicked,
        "metrics": over.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    let interval = row.paired.interval();
    json!({
        "name": row.name,
        "unit": row.unit.name(),
        "better": row.better.name(),
        "pairs": row.paired.pairs(),
        "only_a": row.only[0],
        "only_b": row.only[1],
        "mean": row.paired.mean().map(number),
        "low": interval.map(|(low, _)| number(low)),
        "high": interval.map(|(_, high)| number(high)),
        "call": call(row.paired.call(row.better)),
    })
}

/// What can be said: `no call`, `a`, `b`, `lower`, `higher`.
fn call(call: Call) -> &'static str {
    match call {
        Call::No => call.words(),
        Call::A => "a",
        Call::B => "b",
        Call::Lower => "lower",
        Call::Higher => "higher",
    }
}
