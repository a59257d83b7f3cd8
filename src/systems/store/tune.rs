//! Settings of databases and caches that can be changed while they run.

use crate::sim::Change;
use crate::sim::setting::{Kind, Knob, Value};
use crate::sim::units::Duration;
use crate::systems::{Ctx, Tune};

use super::THREADS_MAX;
use super::database::Database;
use super::memory::CacheNode;

/// Of a database. (`PostgreSQL` takes another `max_connections` only when it starts, and `ALTER DATABASE … CONNECTION LIMIT` at
/// once; `MySQL`'s `max_connections` is dynamic.)
pub(super) const DATABASE: &[Knob] = &[
    Knob::new(
        "max_connections",
        Kind::Count {
            least: 1,
            most: u32::MAX as u64,
        },
        "statements under way; those that are stay",
    ),
    Knob::new(
        "threads",
        Kind::Count {
            least: 1,
            most: THREADS_MAX as u64,
        },
        "statements worked on at once; those that are end",
    ),
];

/// Of a cache.
pub(super) const CACHE: &[Knob] = &[Knob::optional(
    "ttl",
    Kind::Duration {
        least: Duration::from_ns(1),
        most: Duration::MAX,
    },
    "how long an entry is good that is put from now on",
)];

impl Tune for Database {
    fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_>) -> bool {
        let Change::Set { setting, value, .. } = change else {
            return false;
        };
        let known = self.desk.set(setting, *value, ctx);
        if known {
            self.work(ctx);
        }
        known
    }

    fn setting(&self, _: &str, setting: &str) -> Option<Value> {
        self.desk.setting(setting)
    }
}

impl Tune for CacheNode {
    fn tune(&mut self, change: &Change, _: &mut Ctx<'_>) -> bool {
        let Change::Set { setting, value, .. } = change else {
            return false;
        };
        let is_ttl = setting == "ttl";
        if is_ttl {
            self.cache.set_ttl(value.duration());
        }
        is_ttl
    }

    fn setting(&self, _: &str, setting: &str) -> Option<Value> {
        (setting == "ttl").then(|| self.cache.ttl().into())
    }
}
