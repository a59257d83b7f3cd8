//! What somebody writes to set a breakpoint.

use super::Break;
use crate::hunt::Session;
use crate::sim::Names;
use crate::sim::amount::Amount;
use crate::sim::complaint::nearest;
use crate::stats::{Definition, Metrics};
use crate::systems::notes;

/// One of each kind.
pub const EXAMPLES: [&str; 6] = [
    "mark crash",
    "mark election orders/0",
    "node broker-1",
    "record SEND orders/0",
    "metric depth.now > 500",
    "finding",
];

/// Marks by the names that people give them, and their words in the log.
const KINDS: &[(&str, &[&str])] = &[
    ("fault", &["FAULT"]),
    ("repair", &["REPAIR", "FAULT END"]),
    ("crash", &["CRASH", "POWER LOSS", "HALT"]),
    ("power loss", &["POWER LOSS"]),
    ("halt", &["HALT"]),
    ("stop", &["STOP"]),
    ("restart", &["RESTART"]),
    ("pause", &["PAUSE"]),
    ("resume", &["RESUME"]),
    ("election", &["LEADER", "NO LEADER"]),
    ("leader", &["LEADER"]),
    ("no leader", &["NO LEADER"]),
    ("isr", &["ISR"]),
    ("rebalance", &["REBALANCED"]),
    ("evict", &["EVICT"]),
    ("breaker", &["BREAKER"]),
    ("unhealthy", &["UNHEALTHY"]),
    ("healthy", &["HEALTHY"]),
    ("scale", &["SCALE"]),
];

const FIRST_WORDS: [&str; 5] = ["mark", "node", "record", "metric", "finding"];

/// Reads a breakpoint for a run. The error is a sentence and, where there is one, what would help.
///
/// # Errors
/// Where it means nothing, or what it speaks of is not in the run.
pub fn parse(text: &str, session: &Session) -> Result<Break, Vec<String>> {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match first.to_lowercase().as_str() {
        "mark" => mark(rest),
        "node" => node(rest, session.sim().names()),
        "record" if rest.is_empty() => Err(wrong(
            "a record of what?",
            "write texts of its line: record SEND orders/0",
        )),
        "record" => Ok(Break::Record(texts(rest))),
        "metric" => metric(rest, session),
        "finding" => Ok(Break::Finding(texts(rest))),
        "" => Err(wrong("a breakpoint says what to stop at", &examples())),
        _ => Err(match nearest(first, FIRST_WORDS) {
            Some(near) => wrong(
                &format!("a breakpoint does not begin with `{first}`"),
                &format!("did you mean `{near}`?"),
            ),
            None => wrong(
                &format!("a breakpoint does not begin with `{first}`"),
                &examples(),
            ),
        }),
    }
}

fn wrong(what: &str, help: &str) -> Vec<String> {
    vec![what.to_owned(), help.to_owned()]
}

fn examples() -> String {
    format!("write one like {}", EXAMPLES.join(", "))
}

fn texts(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

/// The name of a mark and its words: those of the kernel, and those of the systems.
fn kinds() -> Vec<(String, Vec<&'static str>)> {
    let own = KINDS
        .iter()
        .map(|(name, words)| ((*name).to_owned(), words.to_vec()));
    let noted = notes()
        .filter(|n| n.mark)
        .map(|n| (n.word.to_lowercase(), vec![n.word]));
    own.chain(noted).collect()
}

fn mark(rest: &str) -> Result<Break, Vec<String>> {
    let small = rest.to_lowercase();
    let kinds = kinds();
    // The longest name that it begins with: `no leader`, and not `no`.
    let begins = |name: &str| {
        let behind = small.strip_prefix(name)?;
        (behind.is_empty() || behind.starts_with(char::is_whitespace)).then_some(behind)
    };
    let found = kinds
        .iter()
        .filter_map(|(name, words)| Some((name, words, begins(name)?)));
    if let Some((_, words, behind)) = found.max_by_key(|(name, ..)| name.len()) {
        return Ok(Break::Mark {
            words: words.clone(),
            texts: texts(behind),
        });
    }
    let Some(first) = rest.split_whitespace().next() else {
        return Ok(Break::Mark {
            words: Vec::new(),
            texts: Vec::new(),
        });
    };
    let mut names: Vec<&str> = kinds.iter().map(|k| k.0.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let what = format!("there is no mark `{first}`");
    let near =
        nearest(first, names.iter().copied()).or_else(|| nearest(rest, names.iter().copied()));
    Err(match near {
        Some(near) => wrong(&what, &format!("did you mean `mark {near}`?")),
        None => wrong(&what, &format!("there are {}", names.join(", "))),
    })
}

fn node(rest: &str, names: &Names) -> Result<Break, Vec<String>> {
    let all = || names.nodes.iter().map(|n| n.name.as_str());
    if rest.is_empty() {
        let first = all().next().unwrap_or("broker-1");
        return Err(wrong("which node?", &format!("write node {first}")));
    }
    if let Some(at) = all().position(|name| name == rest) {
        return Ok(Break::Node(vec![crate::sim::NodeId(at as u32)]));
    }
    if let Some(set) = names.sets.get(rest) {
        return Ok(Break::Node(set.clone()));
    }
    let sets = names.sets.keys().map(String::as_str);
    let what = format!("there is no node `{rest}`");
    Err(match nearest(rest, all().chain(sets)) {
        Some(near) => wrong(&what, &format!("did you mean `node {near}`?")),
        None => wrong(&what, "the nodes stand on the dashboard, pane 1"),
    })
}

fn metric(rest: &str, session: &Session) -> Result<Break, Vec<String>> {
    let Some(watch) = session.watch() else {
        return Err(vec!["nothing measures this run".to_owned()]);
    };
    let metrics = &watch.metrics;
    let Some(at) = rest.find(['<', '>']) else {
        return Err(wrong(
            "a metric comes over or under a limit",
            "write metric NAME > LIMIT, or <: metric depth.now > 500",
        ));
    };
    let (name, limit) = (rest[..at].trim(), rest[at + 1..].trim());
    let over = rest[at..].starts_with('>');
    let (definition, thing) = find(metrics, session.sim().names(), name)?;
    let limit = limit.strip_prefix('=').map_or(Ok(limit), |_| {
        Err(wrong(
            "a metric is stopped at over or under a limit",
            "write > or <, without =",
        ))
    })?;
    let amount = Amount::parse(limit).map_err(|why| vec![why])?;
    if amount.unit != definition.unit {
        let example = definition.unit.example().replace('"', "");
        let sign = if over { '>' } else { '<' };
        return Err(wrong(
            &format!("`{name}` is not measured in that"),
            &format!("write metric {name} {sign} {example}"),
        ));
    }
    Ok(Break::Metric {
        definition,
        thing,
        over,
        limit: amount.value,
    })
}

/// A metric by its full name; what is now needs no `.now`, and a queue may have its short name.
fn find(
    metrics: &Metrics,
    names: &Names,
    name: &str,
) -> Result<(&'static Definition, usize), Vec<String>> {
    let find = |name: &str| {
        let now = || metrics.find(&format!("{name}.now"));
        metrics.find(name).or_else(now)
    };
    if let Some(found) = find(name) {
        return Ok(found);
    }
    if let Some(rest) = name.strip_prefix("queue.") {
        let of = |own: &str| rest.strip_prefix(own)?.strip_prefix('.');
        for queue in names.queues.iter().filter(|q| !q.internal) {
            if let Some(own) = of(&queue.short)
                && let Some(found) = find(&format!("queue.{}.{own}", queue.name))
            {
                return Ok(found);
            }
        }
    }
    let all = metrics.metric_names();
    let what = format!("there is no metric `{name}`");
    Err(match nearest(name, all.iter().map(String::as_str)) {
        Some(near) => wrong(&what, &format!("did you mean `{near}`?")),
        None => wrong(&what, "docs/metrics.md has them all, and so does --json"),
    })
}
