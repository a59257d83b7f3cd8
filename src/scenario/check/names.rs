//! Who is there: every name, once, and what it stands for.

use std::collections::BTreeMap;

use crate::sim::complaint::{Complaint, Path};
use crate::systems::{Known, KnownSet};

use super::super::lower::node_name;
use super::super::schema::{NodeSettings, Scenario};
use super::NODES_MAX;

/// So many of too many machines are known by name.
const NAMED_MAX: u32 = 1000;

pub(super) fn declare<E>(scenario: &Scenario<E>, out: &mut Vec<Complaint>) -> Known {
    let mut known = Known::default();
    let mut places: BTreeMap<String, Path> = BTreeMap::new();
    let mut claim = |name: &str, at: Path, out: &mut Vec<Complaint>| {
        if name.is_empty() {
            out.push(Complaint::error(at, "a name cannot be empty"));
        } else if let Some(c) = name.chars().find(|c| !is_in_names(*c)) {
            let message = format!("a name cannot hold {}", shown(c));
            let complaint = Complaint::error(at, message);
            out.push(complaint.help("use letters, digits, `-`, `_` and `.`"));
        } else if let Some(first) = places.get(name) {
            let complaint = Complaint::error(at, format!("the name `{name}` is already taken"));
            out.push(complaint.related(first.clone(), "by this"));
        } else {
            places.insert(name.to_owned(), at);
            return true;
        }
        false
    };
    let mut total = 0;
    for (i, nodes) in scenario.nodes.iter().enumerate() {
        let at = Path::root().field("nodes").index(i);
        total += u64::from(nodes.count);
        declare_nodes(nodes, &at, total, &mut known, out);
        let is_new = claim(&nodes.name, at.field("name"), out);
        if is_new && nodes.count > 1 && total <= NODES_MAX {
            for number in 0..nodes.count {
                claim(&node_name(nodes, number), at.field("name"), out);
            }
        }
    }
    if scenario.nodes.is_empty() {
        out.push(Complaint::error(
            Path::root().field("nodes"),
            "there is no machine to run anything on",
        ));
    }
    for (i, system) in scenario.systems.iter().enumerate() {
        claim(
            system.name(),
            Path::root().field("systems").index(i).field("name"),
            out,
        );
        system.declare(&mut known);
    }
    for (i, workload) in scenario.workloads.iter().enumerate() {
        claim(
            workload.name(),
            Path::root().field("workloads").index(i).field("name"),
            out,
        );
        workload.declare(&mut known);
    }
    known
}

/// Names are parts of paths (`events/orders/0`, `--set nodes.web.count=3`) and of what is drawn on a screen.
fn is_in_names(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn shown(c: char) -> String {
    match c {
        ' ' => "blanks".to_owned(),
        c if c.is_control() => "control characters".to_owned(),
        c => format!("`{c}`"),
    }
}

fn declare_nodes(
    nodes: &NodeSettings,
    at: &Path,
    total: u64,
    known: &mut Known,
    out: &mut Vec<Complaint>,
) {
    hardware(nodes, at, out);
    let zone = |number: u32| {
        let zones = &nodes.zones;
        (!zones.is_empty()).then(|| zones[number as usize % zones.len()].clone())
    };
    if total > NODES_MAX {
        // Said once, where it becomes too many.
        let is_first = total - u64::from(nodes.count) <= NODES_MAX;
        if is_first {
            let message = format!("{total} machines in all are too many: at most {NODES_MAX}");
            out.push(Complaint::error(at.field("count"), message));
        }
        // Nobody else is to complain of what follows from that: there are many, and the first of them have names.
        let count = nodes.count.min(NAMED_MAX);
        let zones = (0..1).map(zone).collect();
        known
            .nodes
            .insert(nodes.name.clone(), KnownSet { count, zones });
        let named = if is_first { count } else { 0 };
        for number in 0..named {
            let zones = vec![zone(number)];
            let set = KnownSet { count: 1, zones };
            known.nodes.insert(node_name(nodes, number), set);
        }
        return;
    }
    for number in 0..nodes.count {
        let set = KnownSet {
            count: 1,
            zones: vec![zone(number)],
        };
        known.nodes.insert(node_name(nodes, number), set);
    }
    let zones = (0..nodes.count).map(zone).collect();
    known.nodes.insert(
        nodes.name.clone(),
        KnownSet {
            count: nodes.count,
            zones,
        },
    );
}

/// Whether machines with these settings can be.
fn hardware(nodes: &NodeSettings, at: &Path, out: &mut Vec<Complaint>) {
    if nodes.count == 0 {
        out.push(Complaint::error(
            at.field("count"),
            "zero machines are none: leave the entry out",
        ));
    }
    if nodes.cores == 0 {
        out.push(Complaint::error(
            at.field("cores"),
            "a machine without a core does nothing",
        ));
    }
    if nodes.disk.bandwidth.bytes() == 0 {
        out.push(Complaint::error(
            at.field("disk").field("bandwidth"),
            "a disk without bandwidth never ends a write",
        ));
    }
    for (field, dist) in [("write", &nodes.disk.write), ("sync", &nodes.disk.sync)] {
        if let Err(message) = dist.check() {
            out.push(Complaint::error(at.field("disk").field(field), message));
        }
    }
}
