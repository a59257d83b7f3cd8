//! One node, queue or service of a session closely: what the processes that live say of it.

use super::service;
use crate::hunt::Session;
use crate::sim::{NodeId, QueueId};
use crate::systems::{Inspect, Process, Row};
use crate::ui::engine::Subject;
use crate::ui::view::Fact;

pub(super) fn inspect(session: &Session, subject: Subject) -> Vec<Fact> {
    let sim = session.sim();
    let names = sim.names();
    let processes = (0u32..).zip(sim.processes());
    let alive = processes.filter(|(pid, _)| sim.is_alive(crate::sim::Pid(*pid)));
    let rows: Vec<Row> = match subject {
        Subject::Node(number) => {
            let node = NodeId(number as u32);
            let here = |pid: u32| sim.residents(node).iter().any(|p| p.0 == pid);
            let residents = alive.filter(|(pid, _)| here(*pid));
            residents.flat_map(|(_, p)| p.rows(names)).collect()
        }
        Subject::Queue(number) => {
            let queue = QueueId(number as u32);
            let rows = |(_, p): (u32, &Process)| p.queue_rows(queue, names);
            let mut told: Vec<Vec<Row>> = alive.map(rows).filter(|r| !r.is_empty()).collect();
            // Who says most of it stands first: who decides about it.
            told.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
            told.into_iter().flatten().collect()
        }
        Subject::Service(number) => return service::inspect(session, number),
    };
    let fact = |row: Row| Fact {
        value: row.value(),
        name: row.name,
    };
    rows.into_iter().map(fact).collect()
}
