//! What can be wrong with the settings of any system or workload.

use crate::sim::complaint::{Complaint, Path};
use crate::sim::keys::Keys;
use crate::sim::units::{Duration, Size};

use super::Known;

/// More processes on a node than this are a slip.
pub const PER_NODE_MAX: u32 = 10_000;

/// More processes of a workload or service than this are a slip.
pub const PROCESSES_MAX: u64 = 100_000;

/// More pairs of processes that talk to one another than this are a slip.
pub const PAIRS_MAX: u64 = 10_000_000;

/// More bytes of a message, a request or an answer than this are a slip.
const BYTES_MAX: Size = Size::from_mib(1024);

/// Keys are numbers of so many bits.
const KEYS_MAX: u64 = 1 << 32;

/// Whether nodes of that name are there.
pub fn nodes(nodes: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    if !known.nodes.contains_key(nodes) {
        let names = known.nodes.keys().map(String::as_str);
        let field = at.field("nodes");
        out.push(Complaint::unknown_name(field, "node", nodes, names));
    }
}

/// Whether so many processes run on each of them, and not too many on all.
pub fn processes(nodes: &str, per_node: u32, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    if per_node == 0 || per_node > PER_NODE_MAX {
        let why = format!("per_node must be from 1 to {PER_NODE_MAX}, not {per_node}");
        out.push(Complaint::error(at.field("per_node"), why));
        return;
    }
    let nodes = known.nodes.get(nodes).map_or(0, |n| u64::from(n.count));
    let all = nodes * u64::from(per_node);
    if all > PROCESSES_MAX {
        let why = format!("{all} processes are too many: at most {PROCESSES_MAX}");
        let complaint = Complaint::error(at.field("nodes"), why);
        let complaint = complaint.rests_on_own(at, &["per_node"]);
        out.push(complaint.rests_on(&["nodes"]));
    }
}

/// Whether the processes that call a service, and its replicas, are few enough pairs to be simulated.
pub fn pairs(
    nodes: &str,
    per_node: u32,
    service: &str,
    at: &Path,
    known: &Known,
    out: &mut Vec<Complaint>,
) {
    let nodes = known.nodes.get(nodes).map_or(0, |n| u64::from(n.count));
    let processes = nodes * u64::from(per_node);
    let replicas = known.replicas.get(service).map_or(0, |&n| u64::from(n));
    // Of too many processes alone somebody else complains.
    let each = processes.max(replicas) <= PROCESSES_MAX;
    if each && processes.saturating_mul(replicas) > PAIRS_MAX {
        let why = format!(
            "{processes} processes that call {replicas} replicas of `{service}` are too many: at most {PAIRS_MAX} pairs"
        );
        let complaint = Complaint::error(at.field("nodes"), why);
        let complaint = complaint.rests_on_own(at, &["per_node"]);
        out.push(complaint.rests_on(&["nodes", "systems"]));
    }
}

/// Whether a workload begins before it ends.
pub fn order(start: Duration, stop: Option<Duration>, at: &Path, out: &mut Vec<Complaint>) {
    if let Some(stop) = stop
        && stop <= start
    {
        let why = format!("the workload would stop at {stop}, before it starts at {start}");
        let complaint = Complaint::error(at.field("stop"), why);
        out.push(complaint.rests_on_own(at, &["start"]));
    }
}

/// Whether such keys exist and are few enough to be told apart in a message: they have 32 bits.
pub fn keys(keys: &Keys) -> Result<(), String> {
    match keys {
        Keys::Uniform { n } | Keys::Zipf { n, .. } | Keys::Hot { n, .. } if *n > KEYS_MAX => {
            Err(format!("n must be at most {KEYS_MAX}"))
        }
        keys => keys.check(),
    }
}

/// Whether a message can be so large.
pub fn message_size(size: Size) -> Result<(), String> {
    if size.bytes() == 0 || size > BYTES_MAX {
        return Err("a message has from 1B to 1GiB".to_owned());
    }
    Ok(())
}

/// Whether a request or an answer can be so large.
pub fn size(field: &str, size: Size, at: &Path, out: &mut Vec<Complaint>) {
    if size > BYTES_MAX {
        let why = format!("{size} is too large: at most {BYTES_MAX}");
        out.push(Complaint::error(at.field(field), why));
    }
}
