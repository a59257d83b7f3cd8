//! What strikes again and again, or whom chance says, becomes the strikes that there were: each can be left out then.

use std::sync::Arc;

use super::super::{Options, Session, intervention};
use super::propose::{Now, Proposal, faults};
use crate::scenario::document::Document;
use crate::scenario::schema::FaultSettings;
use crate::scenario::{Part, Tree, tree_of};
use crate::sim::record::Fact;
use crate::sim::{NodeId, Observer, Record};

/// So many strikes are written down at most.
const STRIKES_MAX: usize = 40;
/// What may have been done to a node that a fault took hold of by itself.
const KINDS: [&str; 4] = ["Crash", "PowerLoss", "Pause", "Isolate"];

/// A moment at which a fault took hold of nodes, or let go.
#[derive(Clone, Copy)]
enum Seen {
    Began(u32, Option<NodeId>),
    Ended(u32),
    /// What was struck on a node is well again.
    Well(NodeId),
}

/// Sees when faults strike.
struct Strikes {
    seen: Vec<(u64, Seen)>,
    /// Where each process runs.
    nodes: Vec<NodeId>,
}

impl Observer for Strikes {
    fn record(&mut self, record: &Record) {
        let node = || self.nodes.get(record.pid.index()).copied();
        let seen = match record.fact {
            Fact::FaultBegan { fault, node } => Some(Seen::Began(fault, node)),
            Fact::FaultEnded { fault } => Some(Seen::Ended(fault)),
            Fact::Resumed { node } => Some(Seen::Well(node)),
            Fact::Started { incarnation } if incarnation > 1 => node().map(Seen::Well),
            _ => None,
        };
        self.seen.extend(seen.map(|seen| (record.at, seen)));
    }
}

/// Writes down the strikes of each fault that strikes more than once.
pub(super) fn pass(now: &Now) -> Vec<Proposal> {
    let all = faults(&now.tree);
    let settings = &now.loaded.scenario.faults;
    if all.is_empty() || all.len() != settings.len() {
        return Vec::new();
    }
    let strikes = strikes(now);
    let mut out = Vec::new();
    for (number, way) in all.iter().enumerate() {
        let begun = strikes.begun(number as u32);
        let mut moments: Vec<u64> = begun.iter().map(|(at, _)| *at).collect();
        moments.dedup();
        let again = matches!(
            settings[number],
            FaultSettings::Every { .. } | FaultSettings::Random { .. }
        );
        if moments.is_empty() || moments.len() > STRIKES_MAX || !(again || moments.len() > 1) {
            continue;
        }
        let whole = moments
            .iter()
            .map(|&at| strikes.same(number, at, &settings[number]));
        let each = KINDS.iter().map(|kind| strikes.on_nodes(now, &begun, kind));
        let lists = std::iter::once(whole.collect())
            .filter(|_| again)
            .chain(each);
        out.extend(
            lists.filter_map(|entries| Some(Proposal::whole(replaced(&now.tree, way, &entries)?))),
        );
    }
    out
}

fn strikes(now: &Now) -> Strikes {
    let options = Options {
        unobserved: true,
        ..Options::default()
    };
    let mut session = Session::new(Arc::clone(&now.loaded), options);
    let processes = &session.sim().names().processes;
    let mut strikes = Strikes {
        nodes: processes.iter().map(|p| p.node).collect(),
        seen: Vec::new(),
    };
    while session.advance_with(now.failure.at, u64::MAX, &mut strikes) {}
    strikes
}

impl Strikes {
    fn begun(&self, fault: u32) -> Vec<(u64, Option<NodeId>)> {
        let of = |&(at, seen): &(u64, Seen)| match seen {
            Seen::Began(number, node) if number == fault => Some((at, node)),
            _ => None,
        };
        self.seen.iter().filter_map(of).collect()
    }

    /// The strike of a moment, which does the same and lasts as long.
    fn same(&self, number: usize, at: u64, settings: &FaultSettings) -> String {
        let action = ron::to_string(settings.action()).unwrap_or_default();
        let lasting = match settings {
            FaultSettings::Every { lasting, .. } | FaultSettings::Random { lasting, .. } => {
                lasting.map(|l| l.ns())
            }
            _ => None,
        };
        let is_end = |&&(end, seen): &&(u64, Seen)| {
            end > at && matches!(seen, Seen::Ended(fault) if fault as usize == number)
        };
        let ended = || self.seen.iter().find(is_end).map(|(end, _)| end - at);
        let lasting = lasting.or_else(|| ended().filter(|_| settings.action().lasts()));
        intervention::entry(at, &action, lasting)
    }

    /// The strikes on each node, as if they were of one kind.
    fn on_nodes(&self, now: &Now, begun: &[(u64, Option<NodeId>)], kind: &str) -> Vec<String> {
        let nodes = &now.loaded.plan.world.nodes;
        let entry = |&(at, node): &(u64, Option<NodeId>)| {
            let node = node?;
            let is_end = |&&(end, seen): &&(u64, Seen)| {
                end > at && matches!(seen, Seen::Well(well) if well == node)
            };
            let lasting = self.seen.iter().find(is_end).map(|(end, _)| end - at);
            let action = format!("{kind}(\"{}\")", nodes.get(node.index())?.name.name);
            Some(intervention::entry(at, &action, lasting))
        };
        begun.iter().filter_map(entry).collect()
    }
}

/// The tree with several entries instead of one.
fn replaced(tree: &Tree, way: &[usize], entries: &[String]) -> Option<Tree> {
    let (&number, list) = way.split_last()?;
    let part = |text: &String| {
        let value = tree_of(&Document::parse("", text.as_str()))?;
        Some(Part {
            before: String::new(),
            value,
            notes: Vec::new(),
        })
    };
    let new: Vec<Part> = entries.iter().filter_map(part).collect();
    let mut changed = tree.clone();
    let parts = changed.at_mut(list)?.parts_mut()?;
    parts.splice(number..=number, new);
    Some(changed)
}
