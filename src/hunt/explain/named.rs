//! Finds a message or task by the name that screens give it: `checkout-1→orders/4#4985`, `customers#17`.

use crate::hunt::Session;
use crate::sim::complaint::nearest;
use crate::sim::lens::Followed;
use crate::sim::{FlowId, LaneId, Task};

/// So many are named where several could be meant.
const NAMED_MAX: usize = 6;

/// What has numbered messages or tasks.
struct Source {
    /// `checkout-1→orders/4`, `customers`.
    name: String,
    /// What it may be called for short, where that says which it is.
    parts: Vec<String>,
    /// So many there are.
    count: u64,
    /// The number behind the last. Where several users number theirs in turn, not each below it need be there.
    behind: u64,
    first: Followed,
}

impl Source {
    fn of(&self, number: u32) -> Followed {
        match self.first {
            Followed::Message { lane, .. } => Followed::Message { lane, number },
            Followed::Task(task) => Followed::Task(Task { number, ..task }),
        }
    }
}

/// The message or task of that name in a run that stands at its end. The error is a sentence that names what was meant.
pub fn named(id: &str, run: &Session) -> Result<Followed, String> {
    let sources = sources(run);
    let id = id.trim().replace("->", "→");
    let example = || {
        let longest = sources.iter().max_by_key(|source| source.behind);
        longest.map_or("there is none in this run".to_owned(), |source| {
            format!("as in `{}#{}`", source.name, source.behind / 2)
        })
    };
    let Some((name, number)) = id.rsplit_once('#') else {
        return Err(format!(
            "`{id}` has no number: a message is named by its producer, queue and number, a request by its users and number, {}",
            example()
        ));
    };
    let Ok(number) = number.parse::<u32>() else {
        return Err(format!("`{number}` in `{id}` is no number, {}", example()));
    };
    let whole = sources.iter().find(|source| source.name == name);
    let meant: Vec<&Source> = if let Some(source) = whole {
        vec![source]
    } else {
        let is_part = |source: &&Source| source.parts.iter().any(|part| part == name);
        let all = sources.iter().filter(is_part);
        all.filter(|source| u64::from(number) < source.behind)
            .collect()
    };
    match meant.as_slice() {
        [source] if u64::from(number) < source.behind => Ok(source.of(number)),
        [source] => Err(out_of_range(source, number)),
        [] => Err(unknown(name, number, &sources)),
        several => Err(format!(
            "`{id}` may be {}",
            listed(
                several
                    .iter()
                    .map(|source| format!("`{}#{number}`", source.name))
            )
        )),
    }
}

fn sources(run: &Session) -> Vec<Source> {
    let Some(watch) = run.watch() else {
        return Vec::new();
    };
    let names = run.sim().names();
    let mut sources = Vec::new();
    for (place, lane) in (0u32..).zip(&names.lanes) {
        let id = LaneId(place);
        let count = u64::from(watch.ledger.made(id));
        let name = names.message(id, 0);
        sources.push(Source {
            name: name.trim_end_matches("#0").to_owned(),
            parts: vec![
                names.process(lane.producer).to_owned(),
                names.queue_short(lane.queue).to_owned(),
                names.queue(lane.queue).to_owned(),
                "m".to_owned(),
                String::new(),
            ],
            count,
            behind: count,
            first: Followed::Message {
                lane: id,
                number: 0,
            },
        });
    }
    for (place, flow) in (0u16..).zip(&names.flows) {
        let Some(asked) = watch.metrics.requests.flows.get(usize::from(place)) else {
            continue;
        };
        sources.push(Source {
            name: flow.name.clone(),
            parts: vec![String::new()],
            count: asked.asked,
            behind: asked.numbered,
            first: Followed::Task(Task {
                flow: FlowId(place),
                number: 0,
            }),
        });
    }
    // A producer has a lane to each queue that it may send to.
    sources.retain(|source| source.count > 0);
    sources
}

fn out_of_range(source: &Source, number: u32) -> String {
    let (name, count) = (&source.name, source.count);
    let noun = match (source.first, count) {
        (Followed::Message { .. }, 1) => "message",
        (Followed::Message { .. }, _) => "messages",
        (Followed::Task(_), 1) => "request",
        (Followed::Task(_), _) => "requests",
    };
    format!(
        "there is no `{name}#{number}`: {name} has {count} {noun} in this run, the last is `{name}#{}`",
        source.behind - 1
    )
}

fn unknown(name: &str, number: u32, sources: &[Source]) -> String {
    let all = || sources.iter().map(|source| source.name.as_str());
    if let Some(near) = nearest(name, all()) {
        let source = sources.iter().find(|source| source.name == near);
        let last = source.map_or(0, |source| source.behind - 1);
        let number = u64::from(number).min(last);
        return format!("nothing sends `{name}`; did you mean `{near}#{number}`?");
    }
    if sources.is_empty() {
        return format!("there is no `{name}#{number}`: no message or request is made in this run");
    }
    format!(
        "there is no `{name}#{number}`; what has messages or requests is {}",
        listed(all().map(|name| format!("`{name}`")))
    )
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(NAMED_MAX);
    let shown = names[..names.len() - more].join(", ");
    match more {
        0 => shown,
        n => format!("{shown} and {n} more"),
    }
}
