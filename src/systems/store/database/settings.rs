//! Settings of a database, what is wrong with them, and its process.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::{bytes, count};
use crate::sim::dist::Dist;
use crate::sim::units::Size;
use crate::systems::slow::SlowDown;
use crate::systems::{Builder, Export, Known, Process, check};

use super::super::{Found, check_threads, declare, found, stock::StockSettings};
use super::Database;

/// A database with one primary. It is called like a service: its handlers are `read` and `write`, and with a stock `reserve` and
/// `release`. What was written is there after a crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// What it is called.
    pub name: String,
    /// The node it runs on.
    pub nodes: String,
    /// How many statements may be under way, those that wait for a thread or a lock among them; further ones are turned away
    /// (`PostgreSQL`'s `max_connections`, default 100: "too many clients already"). A connection that nobody uses is not counted.
    #[serde(default = "count::<100>")]
    pub max_connections: u32,
    /// How many statements it works on at once, as many as processors and disks allow; the others wait, first come, first served.
    #[serde(default = "count::<8>")]
    pub threads: u32,
    /// How long a read takes.
    pub read: Dist,
    /// How long a write takes, and a reservation.
    pub write: Dist,
    /// How statements under way, those that wait among them, make one another slower: locks of shared memory, caches, snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_down: Option<SlowDown>,
    /// Whether writes of one key are done one after the other: each holds the lock of its row until it is done
    /// (`PostgreSQL`, "Explicit Locking", row-level locks).
    #[serde(default)]
    pub row_locks: bool,
    /// What it has to sell; without it nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<StockSettings>,
    /// Bytes of an answer.
    #[serde(default = "bytes::<1024>")]
    pub response_size: Size,
}

impl DatabaseSettings {
    fn handlers(&self) -> &'static [&'static str] {
        let all = &["read", "write", "reserve", "release"];
        if self.stock.is_some() { all } else { &all[..2] }
    }

    pub(in super::super::super) fn declare(&self, known: &mut Known) {
        declare(&self.name, "Database", self.handlers(), known);
        known.add_subject(&self.name, super::super::tune::DATABASE);
    }

    pub(in super::super::super) fn check(
        &self,
        at: &Path,
        known: &Known,
        out: &mut Vec<Complaint>,
    ) {
        check::nodes(&self.nodes, at, known, out);
        if let Some(set) = known.nodes.get(&self.nodes)
            && set.count > 1
        {
            let why = format!(
                "a database has one primary, and there are {} nodes `{}`",
                set.count, self.nodes
            );
            let complaint = Complaint::error(at.field("nodes"), why);
            out.push(complaint.help(format!("name one of them: \"{}-1\"", self.nodes)));
        }
        check_threads(self.threads, at, out);
        check::size("response_size", self.response_size, at, out);
        if self.max_connections < self.threads {
            let why = format!(
                "there is work for at most {} threads, of {}",
                self.max_connections, self.threads
            );
            let complaint = Complaint::error(at.field("max_connections"), why);
            out.push(complaint.rests_on_own(at, &["threads"]));
        }
        for (field, time) in [("read", &self.read), ("write", &self.write)] {
            if let Err(why) = time.check() {
                out.push(Complaint::error(at.field(field), why));
            }
        }
        if let Some(slow) = &self.slow_down {
            slow.check(&at.field("slow_down"), out);
        }
        if let Some(stock) = &self.stock {
            stock.check(&at.field("stock"), out);
        }
    }

    pub(in super::super::super) fn found(&self, builder: &mut Builder) {
        let of = Found {
            name: &self.name,
            nodes: &self.nodes,
            part: "database",
            threads: self.threads,
            handlers: self.handlers(),
            keyed: false,
        };
        found(&of, builder);
    }

    pub(in super::super::super) fn build(&self, builder: &mut Builder) {
        let Some(Export::Service(own)) = builder.exports.get(&self.name).cloned() else {
            return;
        };
        for &pid in &own.replicas {
            let name = builder.names.process(pid).to_owned();
            let database = Database::new(self, own.service, builder.seed, &name);
            builder.put(pid, Process::Database(Box::new(database)));
        }
    }
}
