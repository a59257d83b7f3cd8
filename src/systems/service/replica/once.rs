//! Which requests the idempotent handlers of a replica have handled, and which they are about to.

use crate::sim::Task;
use crate::sim::stream::mix;
use crate::systems::index::Index;
use crate::systems::rules::LeftOut;

use super::super::dedup::{Dedup, DedupSettings};
use super::super::rules;

/// What a handler knows of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// Nothing.
    New,
    /// It is being handled.
    UnderWay,
    /// It was handled.
    Done,
}

/// The table of one handler.
#[derive(Clone, Debug)]
struct Table {
    done: Dedup,
    /// What took effect: stored with the effect, in one transaction, though the handler may not come to its end.
    effects: Dedup,
    /// What is being handled: in memory only, as the transaction is in which it would be stored.
    under_way: Index<()>,
}

/// The tables of all handlers, by endpoint.
#[derive(Clone, Debug)]
pub(super) struct Once {
    tables: Vec<Option<Table>>,
    left_out: LeftOut,
}

/// What tells requests apart: the task, and what of it is meant. As many bits as an idempotency key has, or a hash of a message.
fn id(task: Task, key: u32) -> u64 {
    mix(mix(task.id()) ^ u64::from(key))
}

impl Once {
    /// Of handlers with the settings of their tables, and how many effects each has.
    pub fn new<'a>(
        handlers: impl Iterator<Item = (Option<&'a DedupSettings>, u32)>,
        left_out: LeftOut,
    ) -> Self {
        let table = |settings: &DedupSettings, effects: u32| {
            let settings = &DedupSettings {
                persistent: settings.persistent && !left_out.has(rules::KEEP_DEDUP_TABLE),
                ..settings.clone()
            };
            // Room for as many requests as in the other table.
            let each = DedupSettings {
                capacity: settings.capacity.map(|c| c.saturating_mul(effects.max(1))),
                ..settings.clone()
            };
            Table {
                done: Dedup::new(settings),
                effects: Dedup::new(&each),
                under_way: Index::default(),
            }
        };
        let tables = handlers.map(|(s, effects)| s.map(|s| table(s, effects)));
        Self {
            tables: tables.collect(),
            left_out,
        }
    }

    fn table(&mut self, endpoint: u16) -> Option<&mut Table> {
        self.tables.get_mut(usize::from(endpoint))?.as_mut()
    }

    /// A handler is about to begin with a request. If that is new, it is under way from now on.
    pub fn begin(&mut self, now: u64, endpoint: u16, task: Task, key: u32) -> Known {
        let Some(table) = self.table(endpoint) else {
            return Known::New;
        };
        let id = id(task, key);
        if table.done.knows(now, id) {
            Known::Done
        } else if table.under_way.insert(id, ()).is_some() {
            Known::UnderWay
        } else {
            Known::New
        }
    }

    /// A handler is done with a request that was new. If it failed, it counts as new again.
    pub fn end(&mut self, now: u64, endpoint: u16, task: Task, key: u32, ok: bool) {
        if let Some(table) = self.table(endpoint) {
            let id = id(task, key);
            table.under_way.remove(id);
            if ok {
                table.done.seen(now, id);
            }
        }
    }

    /// Whether the effect that is a step of a request's handling is to take place: not if it has before, in a handling that did not come to its end.
    pub fn takes_effect(
        &mut self,
        now: u64,
        endpoint: u16,
        (task, key): (Task, u32),
        step: u32,
    ) -> bool {
        if self.left_out.has(rules::REMEMBER_EFFECTS) {
            return true;
        }
        let Some(table) = self.table(endpoint) else {
            return true;
        };
        !table
            .effects
            .seen(now, mix(id(task, key) ^ u64::from(step)))
    }

    /// The process dies.
    pub fn crash(&mut self) {
        for table in self.tables.iter_mut().flatten() {
            table.under_way.clear();
            table.done.crash();
            table.effects.crash();
        }
    }

    /// How many requests are known to have been handled; `None` if no handler is idempotent.
    pub fn known(&self) -> Option<usize> {
        let tables = || self.tables.iter().flatten();
        tables().next()?;
        Some(tables().map(|t| t.done.len()).sum())
    }
}
