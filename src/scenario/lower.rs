//! From what a scenario says to a plan.

use std::collections::BTreeMap;

use crate::sim::fault::{Action, FaultPlan, Heal, Schedule, Target, heal};
use crate::sim::host::{DiskPlan, HostPlan};
use crate::sim::names::NodeName;
use crate::sim::net::{LinkPlan, NetworkPlan, Route};
use crate::sim::{NodeId, NodePlan, WorldPlan};
use crate::systems::Plan;
use crate::systems::rules::LeftOut;

use super::schema::{
    CalmSettings, FaultSettings, Healed, NetworkSettings, NodeSettings, RouteSettings, Scenario,
};

impl<E> Scenario<E> {
    /// The plan of a scenario that was checked. `lines` gives the line of each fault, for the log.
    pub fn plan(&self, lines: &[u32]) -> Plan {
        let mut nodes = Vec::new();
        let mut sets = BTreeMap::new();
        for settings in &self.nodes {
            let first = nodes.len() as u32;
            nodes.extend((0..settings.count).map(|number| node(settings, number)));
            sets.insert(
                settings.name.clone(),
                (first..nodes.len() as u32).map(NodeId).collect(),
            );
        }
        let network = network(&self.network, &nodes, &sets);
        let line = |at: usize| lines.get(at).copied().unwrap_or(0);
        let faults = self.faults.iter().enumerate();
        let faults = faults
            .map(|(at, f)| fault(f, line(at), self.duration.ns()))
            .map(|plan| match self.calm {
                Some(calm) => until_calm(plan, calm.at.ns()),
                None => plan,
            })
            .chain(self.calm.map(calm))
            .collect();
        Plan {
            duration_ns: self.duration.ns(),
            world: WorldPlan {
                nodes,
                network,
                faults,
            },
            sets,
            traces: BTreeMap::new(),
            systems: self.systems.clone(),
            workloads: self.workloads.clone(),
            left_out: LeftOut::default(),
        }
    }
}

/// A fault that no longer begins from a moment on. It keeps its place among the faults.
fn until_calm(plan: FaultPlan, calm_ns: u64) -> FaultPlan {
    let schedule = match plan.schedule {
        schedule if schedule.first_ns() >= calm_ns => Schedule::NEVER,
        Schedule::At(time) => Schedule::At(time),
        Schedule::Every {
            first_ns,
            every_ns,
            until_ns,
        } => Schedule::Every {
            first_ns,
            every_ns,
            until_ns: until_ns.min(calm_ns),
        },
        Schedule::Random {
            from_ns,
            until_ns,
            rate,
        } => Schedule::Random {
            from_ns,
            until_ns: until_ns.min(calm_ns),
            rate,
        },
    };
    FaultPlan { schedule, ..plan }
}

/// What ends the faults at work when a run becomes calm.
fn calm(settings: CalmSettings) -> FaultPlan {
    let what = match settings.heal {
        Healed::All => heal::What::All,
        Healed::Majority => heal::What::Majority,
    };
    FaultPlan {
        line: 0,
        schedule: Schedule::At(settings.at.ns()),
        lasting_ns: None,
        action: Action::Heal(Heal(what)),
    }
}

fn node(settings: &NodeSettings, number: u32) -> NodePlan {
    let name = node_name(settings, number);
    let zones = &settings.zones;
    let zone = (!zones.is_empty()).then(|| zones[number as usize % zones.len()].clone());
    let disk = &settings.disk;
    let disk = DiskPlan {
        write: disk.write.clone(),
        sync: disk.sync.clone(),
        bandwidth: disk.bandwidth,
        capacity: disk.capacity,
    };
    let host = HostPlan {
        cores: settings.cores,
        disk,
        clock_offset_ns: settings.clock.offset.ns(),
        clock_drift_ppb: settings.clock.drift.ppb(),
    };
    NodePlan {
        name: NodeName { name, zone },
        host,
    }
}

/// What one of some nodes is called: one alone bears the name as it is.
pub(super) fn node_name(settings: &NodeSettings, number: u32) -> String {
    if settings.count == 1 {
        settings.name.clone()
    } else {
        format!("{}-{}", settings.name, number + 1)
    }
}

fn network(
    settings: &NetworkSettings,
    nodes: &[NodePlan],
    sets: &BTreeMap<String, Vec<NodeId>>,
) -> NetworkPlan {
    let link = LinkPlan {
        latency: settings.latency.clone(),
        loss: settings.loss,
        duplicate: settings.duplicate,
        reorder: settings.reorder,
        bandwidth: settings.bandwidth,
    };
    let mut routes = Vec::new();
    for route in &settings.routes {
        let (from, to) = (
            static_nodes(&route.from, nodes, sets),
            static_nodes(&route.to, nodes, sets),
        );
        let link = route_link(route, &link);
        if !route.one_way {
            routes.push(Route {
                from: to.clone(),
                to: from.clone(),
                link: link.clone(),
            });
        }
        routes.push(Route { from, to, link });
    }
    NetworkPlan {
        link,
        loopback: settings.loopback.clone(),
        routes,
    }
}

fn route_link(route: &RouteSettings, usual: &LinkPlan) -> LinkPlan {
    LinkPlan {
        latency: route
            .latency
            .clone()
            .unwrap_or_else(|| usual.latency.clone()),
        loss: route.loss.unwrap_or(usual.loss),
        duplicate: route.duplicate.unwrap_or(usual.duplicate),
        reorder: route.reorder.unwrap_or(usual.reorder),
        bandwidth: route.bandwidth.or(usual.bandwidth),
    }
}

/// The nodes of a target that means the same at all times; the others mean none here, and are complained about by the
/// check.
fn static_nodes(
    target: &Target,
    nodes: &[NodePlan],
    sets: &BTreeMap<String, Vec<NodeId>>,
) -> Vec<NodeId> {
    let all = || (0..nodes.len() as u32).map(NodeId);
    let mut found: Vec<NodeId> = match target {
        Target::Name(name) => match sets.get(name) {
            Some(set) => set.clone(),
            None => all()
                .filter(|n| nodes[n.index()].name.name == *name)
                .collect(),
        },
        Target::All => all().collect(),
        Target::Nodes(list) => list
            .iter()
            .flat_map(|t| static_nodes(t, nodes, sets))
            .collect(),
        Target::Zone(zone) => all()
            .filter(|n| nodes[n.index()].name.zone.as_ref() == Some(zone))
            .collect(),
        Target::AllBut(but) => {
            let but = static_nodes(but, nodes, sets);
            all().filter(|n| !but.contains(n)).collect()
        }
        _ => Vec::new(),
    };
    found.sort_unstable();
    found.dedup();
    found
}

fn fault(settings: &FaultSettings, line: u32, end_ns: u64) -> FaultPlan {
    let (schedule, lasting_ns) = match settings {
        FaultSettings::At(at, _) => (Schedule::At(at.ns()), None),
        FaultSettings::During(from, to, _) => (
            Schedule::At(from.ns()),
            Some(to.ns().saturating_sub(from.ns())),
        ),
        FaultSettings::Every {
            every,
            first,
            until,
            lasting,
            ..
        } => {
            let schedule = Schedule::Every {
                first_ns: first.unwrap_or(*every).ns(),
                every_ns: every.ns(),
                until_ns: until.map_or(end_ns, |u| u.ns()),
            };
            (schedule, lasting.map(|l| l.ns()))
        }
        FaultSettings::Random {
            rate,
            from,
            until,
            lasting,
            ..
        } => {
            let until_ns = until.map_or(end_ns, |u| u.ns());
            let schedule = Schedule::Random {
                from_ns: from.ns(),
                until_ns,
                rate: rate.per_s(),
            };
            (schedule, lasting.map(|l| l.ns()))
        }
    };
    FaultPlan {
        line,
        schedule,
        lasting_ns,
        action: settings.action().clone(),
    }
}
