//! Stores that services read and write: databases and caches. They are called as services are; a service's steps `Read`, `Write`,
//! `Reserve`, `Release` and `Cached` are calls of their handlers.

pub mod cache;
mod database;
mod desk;
mod lease;
mod lru;
mod memory;
mod safeguards;
mod stock;
mod tune;

pub use database::{Database, DatabaseSettings};
pub use lease::{LeaseSettings, Token};
pub use memory::{CacheNode, CacheSettings};
pub use stock::StockSettings;

use std::sync::Arc;

use crate::sim::Pid;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::names::ServiceName;
use crate::systems::rpc::Directory;
use crate::systems::{Builder, Export, Known};

/// More threads of a process than this are a slip.
const THREADS_MAX: u32 = 1_000_000;

/// What a store says of itself before anybody looks for it.
struct Found<'a> {
    name: &'a str,
    nodes: &'a str,
    part: &'static str,
    threads: u32,
    handlers: &'a [&'static str],
    /// Whether each process holds some of the keys.
    keyed: bool,
}

/// One process on each node, with their identities and what they offer.
fn found(of: &Found<'_>, builder: &mut Builder) {
    let nodes = builder.nodes(of.nodes);
    let alone = nodes.len() == 1;
    let replicas: Vec<Pid> = (1..)
        .zip(&nodes)
        .map(|(nth, &node)| {
            let name = if alone {
                of.name.to_owned()
            } else {
                format!("{}-{nth}", of.name)
            };
            builder.reserve(&name, node, of.name, of.part, 1)
        })
        .collect();
    let running = replicas.len() as u32;
    let service = builder.add_service(ServiceName {
        name: of.name.to_owned(),
        part: of.part,
        replicas: replicas.clone(),
        running,
        threads: Some(of.threads.saturating_mul(running)),
    });
    let directory = Directory {
        service,
        name: of.name.to_owned(),
        replicas,
        endpoints: of.handlers.iter().map(|&h| h.to_owned()).collect(),
        scaler: None,
        running,
        keyed: of.keyed,
    };
    let export = Export::Service(Arc::new(directory));
    builder.exports.insert(of.name.to_owned(), export);
    builder.add_set(of.name, nodes);
}

/// Its name and what can be called.
fn declare(name: &str, kind: &'static str, handlers: &[&str], known: &mut Known) {
    known.systems.insert(name.to_owned(), kind);
    let all = handlers.iter().map(|handler| format!("{name}/{handler}"));
    known.handlers.extend(all);
}

fn check_threads(threads: u32, at: &Path, out: &mut Vec<Complaint>) {
    if threads == 0 || threads > THREADS_MAX {
        let why = format!("threads must be from 1 to {THREADS_MAX}, not {threads}");
        out.push(Complaint::error(at.field("threads"), why));
    }
}
