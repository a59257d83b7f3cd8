//! Settings of a service that can be changed while it runs.

use crate::sim::call::CallFact;
use crate::sim::setting::{Kind, Knob, Value};
use crate::sim::units::Chance;
use crate::sim::{Change, Fact};
use crate::systems::{Ctx, Tune};

use super::super::settings::Settings;
use super::super::shedding::LoadShedding;
use super::Replica;

/// Of a service.
pub(in super::super) const SERVICE: &[Knob] = &[
    Knob::new(
        "threads",
        Kind::Count {
            least: 1,
            most: THREADS_MAX,
        },
        "requests that a replica works on at once; those that it works on it ends",
    ),
    Knob::optional(
        "queue.limit",
        Kind::Count {
            least: 0,
            most: u32::MAX as u64,
        },
        "requests that wait for a thread; those that wait stay",
    ),
    Knob::optional(
        "load_shedding.max_in_flight",
        Kind::Count {
            least: 1,
            most: u32::MAX as u64,
        },
        "with so many in flight further requests are turned away",
    ),
    Knob::new(
        "error_rate",
        Kind::Chance,
        "requests that fail before their first step",
    ),
];

const THREADS_MAX: u64 = 1_000_000;

/// What of its settings may change.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub threads: u32,
    pub load_shedding: Option<LoadShedding>,
    pub error_rate: Chance,
}

impl Live {
    pub fn new(settings: &Settings) -> Self {
        Self {
            threads: settings.threads,
            load_shedding: settings.load_shedding.clone(),
            error_rate: Chance::NEVER,
        }
    }
}

impl Replica {
    fn own_setting(&self, setting: &str) -> Option<Value> {
        let live = &self.live;
        Some(match setting {
            "threads" => live.threads.into(),
            "queue.limit" => self.line.limit().into(),
            "load_shedding.max_in_flight" => {
                live.load_shedding.as_ref().map(|s| s.max_in_flight).into()
            }
            "error_rate" => live.error_rate.into(),
            _ => return None,
        })
    }

    fn set_own(&mut self, setting: &str, value: Value) -> bool {
        let live = &mut self.live;
        match setting {
            "threads" => live.threads = value.count().unwrap_or(live.threads),
            "queue.limit" => self.line.set_limit(value.count()),
            "load_shedding.max_in_flight" => {
                let settings = self.config.settings.load_shedding.as_ref();
                let keep_priority = settings.and_then(|s| s.keep_priority);
                live.load_shedding = value.count().map(|max_in_flight| LoadShedding {
                    max_in_flight,
                    keep_priority,
                });
            }
            "error_rate" => live.error_rate = value.chance().unwrap_or_default(),
            _ => return false,
        }
        true
    }

    /// The number of threads changed.
    fn show_room(&self, was: u32, ctx: &mut Ctx<'_>) {
        let is = self.live.threads;
        if is != was {
            let service = self.config.service;
            ctx.record(Fact::Call(CallFact::Room { service, was, is }));
        }
    }

    /// The client of a subject `service>callee`.
    fn client(&self, of: &str) -> Option<usize> {
        let callee = of
            .strip_prefix(&self.config.settings.name)?
            .strip_prefix('>')?;
        let mut callers = self.callers.iter();
        callers.position(|c| c.directory().name == callee)
    }
}

impl Tune for Replica {
    fn tune(&mut self, change: &Change, ctx: &mut Ctx<'_>) -> bool {
        let Change::Set { of, setting, value } = change else {
            return false;
        };
        if let Some(place) = self.client(of) {
            return self.callers[place].set(setting, *value, ctx);
        }
        let was = self.live.threads;
        let known = *of == self.config.settings.name && self.set_own(setting, *value);
        if known {
            self.show_room(was, ctx);
            self.settle(ctx);
        }
        known
    }

    fn setting(&self, of: &str, setting: &str) -> Option<Value> {
        if let Some(place) = self.client(of) {
            return self.callers[place].setting(setting);
        }
        let own = *of == self.config.settings.name;
        own.then(|| self.own_setting(setting)).flatten()
    }
}
