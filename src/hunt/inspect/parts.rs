//! How a node stands: its machine, and each process on it in the words of its system.

use crate::sim::units::Duration;
use crate::sim::{Event, NodeId, Pid, Rare};
use crate::systems::{Inspect, Row, Sim};

use super::Subject;

/// A machine or a process.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// The process; `None`: the machine.
    pub pid: Option<Pid>,
    /// What it is called.
    pub name: String,
    /// What it is, in the system's own word: `broker`; of a machine its zone, if it has one.
    pub word: String,
    /// Whether it lives, or has power.
    pub is_alive: bool,
    /// What is to be said of it.
    pub rows: Vec<Row>,
}

/// One value of a part, to be followed over time.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// Whose it is; `None`: the machine's.
    pub pid: Option<Pid>,
    /// What it is called among the others of the part: `orders/0 epoch`.
    pub name: String,
    /// How it reads.
    pub text: String,
    /// It, if it is a number.
    pub number: Option<f64>,
}

/// The processes of a subject and its machine. Of a process that does not live there is only that to be said.
pub fn parts(sim: &Sim, subject: Subject) -> Vec<Part> {
    let names = sim.names();
    let node = subject.node(names);
    let mut parts: Vec<Part> = Vec::new();
    for pid in subject.processes(sim) {
        let (Some(process), Some(name)) = (
            sim.processes().get(pid.index()),
            names.processes.get(pid.index()),
        ) else {
            continue;
        };
        let life = sim.incarnation(pid);
        let mut rows = vec![match life {
            Some(life) => Row::new("process", "lives").with("start", u64::from(life)),
            None => Row::new("process", "dead"),
        }];
        if life.is_some() {
            rows.extend(process.rows(names));
            rows.push(Row::count("connections", sim.connected(pid).count() as u64));
        }
        parts.push(Part {
            pid: Some(pid),
            name: name.name.clone(),
            word: name.part.to_owned(),
            is_alive: life.is_some(),
            rows,
        });
    }
    parts.push(machine(sim, node));
    parts
}

/// All values of a subject, in order.
pub fn facts(parts: &[Part]) -> Vec<Fact> {
    let of = |part: &Part| {
        let pid = part.pid;
        let cells = part.rows.iter().flat_map(|row| {
            let fact = |cell| Fact {
                pid,
                name: row.name_of(cell),
                text: cell.text.clone(),
                number: cell.number,
            };
            row.cells.iter().map(fact).collect::<Vec<_>>()
        });
        cells.collect::<Vec<_>>()
    };
    parts.iter().flat_map(of).collect()
}

fn machine(sim: &Sim, node: NodeId) -> Part {
    let names = sim.names();
    let host = sim.host(node);
    let state = match (host.is_up(), host.is_paused()) {
        (false, _) => "without power",
        (true, true) => "paused",
        (true, false) => "up",
    };
    let mut cpu = Row::of("cpu").part(u64::from(host.busy()), u64::from(host.cores()), "busy");
    if host.slow_milli() != 1000 {
        cpu = cpu.reads(
            "slower",
            factor(host.slow_milli()),
            times(host.slow_milli()),
        );
    }
    let zone = names.nodes.get(node.index()).and_then(|n| n.zone.clone());
    let name = names.node(node).to_owned();
    Part {
        pid: None,
        name,
        word: zone.map_or_else(|| "machine".to_owned(), |zone| format!("machine in {zone}")),
        is_alive: host.is_up(),
        rows: vec![
            Row::new("machine", state),
            cpu,
            inbox(sim, node),
            disk(sim, node),
            clock(sim, node),
        ],
    }
}

/// What is on its way, and what waits.
fn inbox(sim: &Sim, node: NodeId) -> Row {
    let here = |pid: Pid| sim.residents(node).contains(&pid);
    let (mut coming, mut frozen) = (0, 0);
    for ahead in sim.ahead() {
        match ahead.what {
            Event::Arrive { to, .. } if ahead.at.is_some() && here(*to) => coming += 1,
            Event::Arrive { to, .. }
            | Event::Served { to, .. }
            | Event::Timer { to, .. }
            | Event::Rare(Rare::Synced { to, .. })
                if ahead.at.is_none() && here(*to) =>
            {
                frozen += 1;
            }
            _ => {}
        }
    }
    let host = sim.host(node);
    let mut row = Row::of("inbox").and(host.inbox() as u64, "wait");
    row = row.and(coming, "on their way");
    if frozen > 0 {
        row = row.and(frozen, "held back");
    }
    row.with("most", host.inbox_max() as u64)
}

fn disk(sim: &Sim, node: NodeId) -> Row {
    let disk = sim.host(node).disk();
    let (written, synced) = (disk.written(), disk.synced(sim.now()));
    let mut row = Row::of("disk").with("written", written);
    row = row.with("synced to", synced);
    row = row.with("unsynced", written.saturating_sub(synced));
    row = row.with("used", disk.used());
    let state = match (disk.is_stalled(), disk.has_room(1)) {
        (true, _) => "stalled",
        (false, false) => "full",
        (false, true) => "works",
    };
    row = row.text("", state);
    if disk.slow_milli() != 1000 {
        row = row.reads(
            "slower",
            factor(disk.slow_milli()),
            times(disk.slow_milli()),
        );
    }
    row
}

fn clock(sim: &Sim, node: NodeId) -> Row {
    let clock = sim.host(node).clock();
    let (error, drift) = (clock.error(sim.now()), clock.drift_ppb());
    let size = Duration::from_ns(error.unsigned_abs());
    let text = match error {
        0 => "right".to_owned(),
        1.. => format!("{size} ahead"),
        _ => format!("{size} behind"),
    };
    let row = Row::of("clock").reads("", error as f64, text);
    if drift == 0 {
        return row;
    }
    let text = crate::sim::skew::Drift::from_ppb(drift).to_string();
    row.reads("drifts", drift as f64, text)
}

fn factor(milli: u64) -> f64 {
    milli as f64 / 1000.0
}

fn times(milli: u64) -> String {
    format!("x{}", factor(milli))
}
