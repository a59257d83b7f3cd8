//! What can be wrong with a scenario whose every word is right by itself: names that nothing bears, times out of order,
//! combinations that cannot be. Systems and workloads check their own settings.

use std::collections::BTreeMap;

use crate::sim::arrivals::Arrivals;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::fault::{Action, Target, heal::What};
use crate::sim::units::Duration;
use crate::systems::{Known, KnownSet};

use super::lower::node_name;
use super::schema::{FaultSettings, NodeSettings, Scenario};

/// More machines than this are surely a slip of the pen.
pub const NODES_MAX: u64 = 100_000;
/// More faults than this in one run are surely a slip of the pen.
pub const FAULTS_MAX: u64 = 1_000_000;

/// All that is wrong.
pub fn check<E>(scenario: &Scenario<E>) -> Vec<Complaint> {
    let mut out = Vec::new();
    if scenario.duration.is_zero() {
        out.push(Complaint::error(
            Path::root().field("duration"),
            "a run of no length shows nothing",
        ));
    }
    if scenario.duration.ns() > 1 << 62 {
        out.push(Complaint::error(
            Path::root().field("duration"),
            "a run lasts at most 146 years",
        ));
    }
    let known = declare(scenario, &mut out);
    network(scenario, &known, &mut out);
    let systems = Path::root().field("systems");
    for (i, system) in scenario.systems.iter().enumerate() {
        system.check(&systems.index(i), &known, &mut out);
    }
    let workloads = Path::root().field("workloads");
    for (i, workload) in scenario.workloads.iter().enumerate() {
        workload.check(&workloads.index(i), &known, &mut out);
        for (field, arrivals) in workload.arrivals() {
            let at = workloads.index(i).field(field);
            out.extend(volume(arrivals, scenario.duration, at));
        }
    }
    faults(scenario, &known, &mut out);
    out
}

/// So many messages in one run are surely a slip of the pen: at some million events a second, it would take days.
const MESSAGES_MAX: f64 = 1e11;
/// So many take a while.
const MESSAGES_DOUBTFUL: f64 = 1e9;

/// Whether a run would ever end.
fn volume(arrivals: &Arrivals, duration: Duration, at: Path) -> Option<Complaint> {
    let seconds = duration.ns() as f64 / 1e9;
    let expected = match arrivals {
        Arrivals::Poisson(rate) | Arrivals::Constant(rate) => rate.per_s() * seconds,
        Arrivals::Bursts { rate, rate_off, .. } => rate.per_s().max(rate_off.per_s()) * seconds,
        Arrivals::Ramp { from, to, .. } => from.per_s().max(to.per_s()) * seconds,
        Arrivals::Diurnal { mean, .. } => mean.per_s() * seconds,
        Arrivals::ClosedLoop { .. } | Arrivals::Trace { .. } => return None,
    };
    let message = format!("up to {expected:.0e} messages in one run");
    if expected > MESSAGES_MAX {
        let message = format!("{message} are too many: it would not end");
        Some(Complaint::error(at, message).help("lower the rate or the duration"))
    } else if expected > MESSAGES_DOUBTFUL {
        let message = format!("{message}: this takes the simulator an hour or more");
        Some(Complaint::warning(at, message).help("lower the rate or the duration"))
    } else {
        None
    }
}

fn declare<E>(scenario: &Scenario<E>, out: &mut Vec<Complaint>) -> Known {
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
    let zone = |number: u32| {
        let zones = &nodes.zones;
        (!zones.is_empty()).then(|| zones[number as usize % zones.len()].clone())
    };
    if total > NODES_MAX {
        // Said once, where it becomes too many.
        if total - u64::from(nodes.count) <= NODES_MAX {
            let message = format!("{total} machines in all are too many: at most {NODES_MAX}");
            out.push(Complaint::error(at.field("count"), message));
        }
        let zones = (0..1).map(zone).collect();
        known
            .nodes
            .insert(nodes.name.clone(), KnownSet { count: 1, zones });
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

fn network<E>(scenario: &Scenario<E>, known: &Known, out: &mut Vec<Complaint>) {
    let network = &scenario.network;
    let at = Path::root().field("network");
    for (field, dist) in [
        ("latency", &network.latency),
        ("loopback", &network.loopback),
    ] {
        if let Err(message) = dist.check() {
            out.push(Complaint::error(at.field(field), message));
        }
    }
    if network.bandwidth.is_some_and(|b| b.bytes() == 0) {
        out.push(Complaint::error(
            at.field("bandwidth"),
            "a link without bandwidth carries nothing: use a cut",
        ));
    }
    for (i, route) in network.routes.iter().enumerate() {
        let at = at.field("routes").index(i);
        for (field, end) in [("from", &route.from), ("to", &route.to)] {
            target(end, &at.field(field), known, scenario, out);
            if !is_static(end) {
                let complaint = Complaint::error(
                    at.field(field),
                    "a route needs nodes that are known beforehand",
                );
                out.push(complaint.help("name nodes, or use Zone, Nodes, All or AllBut"));
            }
        }
        if let Some(Err(message)) = route.latency.as_ref().map(crate::sim::dist::Dist::check) {
            out.push(Complaint::error(at.field("latency"), message));
        }
        if route.bandwidth.is_some_and(|b| b.bytes() == 0) {
            out.push(Complaint::error(
                at.field("bandwidth"),
                "a link without bandwidth carries nothing: use a cut",
            ));
        }
    }
}

fn is_static(target: &Target) -> bool {
    match target {
        Target::Name(_) | Target::All | Target::Zone(_) => true,
        Target::Nodes(list) => list.iter().all(is_static),
        Target::AllBut(but) => is_static(but),
        _ => false,
    }
}

/// Whether a target means something in this scenario.
fn target<E>(
    target: &Target,
    at: &Path,
    known: &Known,
    scenario: &Scenario<E>,
    out: &mut Vec<Complaint>,
) {
    match target {
        Target::Name(name) => node_name_known(name, at, known, scenario, out),
        Target::All | Target::Controller => {}
        Target::Nodes(list) if list.is_empty() => {
            out.push(Complaint::error(at.clone(), "this is aimed at nobody"));
        }
        Target::Nodes(list) => {
            for (i, each) in list.iter().enumerate() {
                self::target(each, &at.index(0).index(i), known, scenario, out);
            }
        }
        Target::Zone(zone) => {
            let zones: Vec<&str> = scenario
                .nodes
                .iter()
                .flat_map(|n| &n.zones)
                .map(String::as_str)
                .collect();
            if !zones.contains(&zone.as_str()) {
                out.push(Complaint::unknown_name(at.index(0), "zone", zone, zones));
            }
        }
        Target::AnyOf(set_name, n) => {
            node_name_known(set_name, &at.index(0), known, scenario, out);
            if let Some(set) = known.nodes.get(set_name)
                && *n > set.count
            {
                let message = format!(
                    "`{set_name}` has {}, so {n} cannot be chosen",
                    machines(set.count)
                );
                out.push(Complaint::error(at.index(1), message));
            }
            if *n == 0 {
                out.push(Complaint::error(
                    at.index(1),
                    "a fault that is aimed at none of them does nothing",
                ));
            }
        }
        Target::AllBut(but) => {
            if **but == Target::All {
                out.push(Complaint::error(at.clone(), "all but all are nobody"));
            }
            self::target(but, &at.index(0), known, scenario, out);
        }
        Target::LeaderOf(queue) | Target::FollowersOf(queue) | Target::FollowerOf(queue) => {
            queue_known(queue, &at.index(0), known, out);
        }
        Target::CoordinatorOf(group) => {
            if !known.groups.contains(group) {
                let groups = known.groups.iter().map(String::as_str);
                out.push(Complaint::unknown_name(
                    at.index(0),
                    "consumer group",
                    group,
                    groups,
                ));
            }
        }
        Target::ControllerOf(system) => {
            if !known.systems.contains_key(system) {
                let systems = known.systems.keys().map(String::as_str);
                out.push(Complaint::unknown_name(
                    at.index(0),
                    "system",
                    system,
                    systems,
                ));
            }
        }
    }
}

fn machines(count: u32) -> String {
    if count == 1 {
        "1 machine".to_owned()
    } else {
        format!("{count} machines")
    }
}

fn node_name_known<E>(
    name: &str,
    at: &Path,
    known: &Known,
    scenario: &Scenario<E>,
    out: &mut Vec<Complaint>,
) {
    let others = scenario
        .systems
        .iter()
        .map(|s| s.name())
        .chain(scenario.workloads.iter().map(|w| w.name()));
    let names: Vec<&str> = known
        .nodes
        .keys()
        .map(String::as_str)
        .chain(others)
        .collect();
    if !names.contains(&name) {
        out.push(Complaint::unknown_name(at.clone(), "node", name, names));
    }
}

fn queue_known(queue: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    let Some((family, number)) = queue.rsplit_once('/') else {
        let first = known
            .queues
            .keys()
            .next()
            .map_or("events/orders", String::as_str);
        let complaint = Complaint::error(at.clone(), format!("`{queue}` does not name a queue"));
        out.push(complaint.help(format!(
            "write the system, the topic and the partition: \"{first}/0\""
        )));
        return;
    };
    match (known.queues.get(family), number.parse::<u32>()) {
        (Some(&count), Ok(number)) if number < count => {}
        (Some(&count), _) => {
            let complaint = Complaint::error(
                at.clone(),
                format!("`{family}` has no partition `{number}`"),
            );
            out.push(complaint.help(format!(
                "its partitions are 0 to {}",
                count.saturating_sub(1)
            )));
        }
        (None, _) if known.queues.contains_key(queue) => {
            let complaint = Complaint::error(
                at.clone(),
                format!("`{queue}` has many partitions, each with its leader"),
            );
            out.push(complaint.help(format!("name one: \"{queue}/0\"")));
        }
        (None, _) => {
            let families = known.queues.keys().map(String::as_str);
            out.push(Complaint::unknown_name(
                at.clone(),
                "topic",
                family,
                families,
            ));
        }
    }
}

fn faults<E>(scenario: &Scenario<E>, known: &Known, out: &mut Vec<Complaint>) {
    let duration = scenario.duration;
    for (i, fault) in scenario.faults.iter().enumerate() {
        let entry = Path::root().field("faults").index(i);
        let (action_at, begin) = times(fault, &entry, duration.ns(), out);
        let action = fault.action();
        for (at, each) in action.targets(&action_at) {
            target(&each, &at, known, scenario, out);
        }
        action.check(&action_at, out);
        heal(scenario, i, action, begin, &action_at, out);
    }
}

/// Checks the times of a fault; returns where its action stands and when it first begins.
fn times(
    fault: &FaultSettings,
    entry: &Path,
    end_ns: u64,
    out: &mut Vec<Complaint>,
) -> (Path, u64) {
    let late = |at: Path, ns: u64, out: &mut Vec<Complaint>| {
        if ns >= end_ns {
            out.push(Complaint::warning(
                at,
                "this is not before the end of the run, so it never happens",
            ));
        }
    };
    let no_length = |action: &Action, at: Path, out: &mut Vec<Complaint>| {
        if !action.lasts() {
            let complaint = Complaint::error(
                at,
                format!("`{}` is over at once: it has no duration", action.word()),
            );
            out.push(complaint.help("write it as At(\"…\", …)"));
        }
    };
    match fault {
        FaultSettings::At(at, _) => {
            late(entry.index(0), at.ns(), out);
            (entry.index(1), at.ns())
        }
        FaultSettings::During(from, to, action) => {
            late(entry.index(0), from.ns(), out);
            if to <= from {
                out.push(
                    Complaint::error(entry.index(1), "it ends before it begins")
                        .related(entry.index(0), "begins here"),
                );
            }
            no_length(action, entry.index(2), out);
            (entry.index(2), from.ns())
        }
        FaultSettings::Every {
            every,
            first,
            until,
            lasting,
            fault,
        } => {
            let first_ns = first.unwrap_or(*every).ns();
            let until_ns = until.map_or(end_ns, |u| u.ns());
            late(
                entry.field(if first.is_some() { "first" } else { "every" }),
                first_ns,
                out,
            );
            if every.is_zero() {
                out.push(Complaint::error(
                    entry.field("every"),
                    "again and again without a pause is for ever",
                ));
            } else if until.is_some_and(|u| u.ns() <= first_ns) {
                let message = "it ends before it begins for the first time";
                out.push(Complaint::error(entry.field("until"), message));
            } else if until_ns.saturating_sub(first_ns) / every.ns() > FAULTS_MAX {
                let message = format!("this would begin more than {FAULTS_MAX} times");
                out.push(Complaint::error(entry.field("every"), message));
            }
            if lasting.is_some() {
                no_length(fault, entry.field("lasting"), out);
            }
            (entry.field("fault"), first_ns)
        }
        FaultSettings::Random {
            rate,
            from,
            until,
            lasting,
            fault,
        } => {
            let until_ns = until.map_or(end_ns, |u| u.ns());
            late(entry.field("from"), from.ns(), out);
            if until.is_some_and(|u| u <= *from) {
                out.push(
                    Complaint::error(entry.field("until"), "it ends before it begins")
                        .related(entry.field("from"), "begins here"),
                );
            }
            if rate.is_zero() {
                out.push(Complaint::error(
                    entry.field("rate"),
                    "at this rate it never happens",
                ));
            }
            let expected = rate.per_s() * until_ns.saturating_sub(from.ns()) as f64 / 1e9;
            if expected > FAULTS_MAX as f64 {
                let message = format!("this would begin more than {FAULTS_MAX} times");
                out.push(Complaint::error(entry.field("rate"), message));
            }
            if lasting.is_some() {
                no_length(fault, entry.field("lasting"), out);
            }
            (entry.field("fault"), from.ns())
        }
    }
}

/// A heal needs something before it that it heals.
fn heal<E>(
    scenario: &Scenario<E>,
    own: usize,
    action: &Action,
    begin_ns: u64,
    at: &Path,
    out: &mut Vec<Complaint>,
) {
    let Action::Heal(heal) = action else { return };
    let begins = |f: &FaultSettings| match f {
        FaultSettings::At(at, _) | FaultSettings::During(at, _, _) => at.ns(),
        FaultSettings::Every { every, first, .. } => first.unwrap_or(*every).ns(),
        FaultSettings::Random { from, .. } => from.ns(),
    };
    let healed = |f: &FaultSettings| heal.0.covers(f.action().heals_as()) && begins(f) <= begin_ns;
    if scenario
        .faults
        .iter()
        .enumerate()
        .any(|(i, f)| i != own && healed(f))
    {
        return;
    }
    let what = match heal.0 {
        What::All => "fault that lasts".to_owned(),
        kind => format!("fault of the kind `{kind:?}`"),
    };
    out.push(Complaint::error(
        at.clone(),
        format!("there is nothing to heal: no {what} begins before this"),
    ));
}
