//! Whether what a fault or a route is aimed at means something in this scenario.

use crate::sim::complaint::{Complaint, Path};
use crate::sim::fault::Target;
use crate::systems::Known;

use super::super::schema::Scenario;

/// Whether a target means something in this scenario.
pub(super) fn target<E>(
    target: &Target,
    at: &Path,
    known: &Known,
    scenario: &Scenario<E>,
    out: &mut Vec<Complaint>,
) {
    match target {
        Target::Name(name) => node_name_known(name, at, known, scenario, out),
        Target::All => {}
        Target::Controller => only_one_system(at, known, out),
        Target::Nodes(list) if list.is_empty() => {
            out.push(Complaint::error(at.clone(), "this is aimed at nobody"));
        }
        Target::Nodes(list) => {
            for (i, each) in list.iter().enumerate() {
                self::target(each, &at.index(0).index(i), known, scenario, out);
            }
        }
        Target::Zone(zone) => {
            let zones = scenario.nodes.iter().flat_map(|n| &n.zones);
            is_known("zone", zone, zones, at, out);
        }
        Target::AnyOf(set_name, n) => {
            node_name_known(set_name, &at.index(0), known, scenario, out);
            enough(set_name, *n, &at.index(1), known, out);
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
            is_known("consumer group", group, &known.groups, at, out);
        }
        Target::ControllerOf(system) => {
            is_known("system", system, known.systems.keys(), at, out);
        }
    }
}

/// Of several systems each has its own controller.
fn only_one_system(at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    let mut systems = known.systems.keys();
    if let (Some(first), Some(_)) = (systems.next(), systems.next()) {
        let message = "there are several systems, each with its own controller";
        let complaint = Complaint::error(at.clone(), message);
        out.push(complaint.help(format!("name one: ControllerOf(\"{first}\")")));
    }
}

fn is_known<'a>(
    kind: &str,
    name: &str,
    names: impl IntoIterator<Item = &'a String>,
    at: &Path,
    out: &mut Vec<Complaint>,
) {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    if !names.contains(&name) {
        out.push(Complaint::unknown_name(at.index(0), kind, name, names));
    }
}

/// Whether so many can be chosen from a set.
fn enough(set_name: &str, n: u32, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    if let Some(set) = known.nodes.get(set_name)
        && n > set.count
    {
        let message = format!(
            "`{set_name}` has {}, so {n} cannot be chosen",
            machines(set.count)
        );
        out.push(Complaint::error(at.clone(), message).rests_on(&["nodes"]));
    }
    if n == 0 {
        out.push(Complaint::error(
            at.clone(),
            "a fault that is aimed at none of them does nothing",
        ));
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
    if known.whole.contains(queue) {
        return;
    }
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
            )
            .rests_on(&["systems"]);
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
