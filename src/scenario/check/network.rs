//! The network's settings and routes.

use crate::sim::complaint::{Complaint, Path};
use crate::sim::fault::Target;
use crate::systems::Known;

use super::super::schema::Scenario;
use super::targets::target;

pub(super) fn network<E>(scenario: &Scenario<E>, known: &Known, out: &mut Vec<Complaint>) {
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
