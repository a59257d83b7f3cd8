//! What services and users declare, and what is wrong with their settings.

use std::collections::BTreeMap;

use crate::sim::arrivals::Arrivals;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::names::FlowName;
use crate::systems::pace::Arrives;
use crate::systems::ports::PORTS_MAX;
use crate::systems::rpc::CLIENT_KNOBS;
use crate::systems::{Known, check};

use super::program::{of_database, read_from};
use super::replica::SERVICE_KNOBS;
use super::requests::RequestsSettings;
use super::settings::{Settings, Step};

/// More threads of a replica than this are a slip.
const THREADS_MAX: u32 = 1_000_000;
/// More calls at once than this are a slip.
const FAN_OUT_MAX: u32 = 10_000;
/// More effects of a service than this are not told apart.
const EFFECTS_MAX: usize = 256;
/// Steps within steps within steps: deeper than this is a slip.
const DEPTH_MAX: usize = 16;
/// More operations of a service than this are a slip.
const STEPS_MAX: usize = 10_000;

/// Whether `service/handler` is there.
fn known_handler(to: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    if known.handlers.contains(to) {
        return;
    }
    let names = known.handlers.iter().map(String::as_str);
    let mut complaint = Complaint::unknown_name(at.clone(), "handler", to, names);
    if !to.contains('/') {
        complaint = complaint.help("say which handler of which service: \"service/handler\"");
    }
    out.push(complaint);
}

/// Whether a queue is there that keeps what is sent to it.
fn readable(name: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    known_queue(name, at, known, out);
    if known.fan_outs.contains(name) {
        let why = format!("`{name}` keeps nothing that could be read");
        let complaint = Complaint::error(at.clone(), why);
        out.push(complaint.help("subscribe a queue to it, and read from that"));
    }
}

/// Whether a queue or topic is there.
fn known_queue(name: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    if !known.queues.contains_key(name) {
        let names = known.queues.keys().map(String::as_str);
        out.push(Complaint::unknown_name(
            at.clone(),
            "queue or topic",
            name,
            names,
        ));
    }
}

impl Settings {
    pub(in super::super) fn declare(&self, known: &mut Known) {
        known.systems.insert(self.name.clone(), "Service");
        let nodes = known.nodes.get(&self.nodes).map_or(0, |n| n.count);
        let replicas = self.replicas(nodes);
        known.replicas.insert(self.name.clone(), replicas);
        for handler in &self.handlers {
            known
                .handlers
                .insert(format!("{}/{}", self.name, handler.name));
        }
        known
            .effects
            .extend(self.effects().into_iter().map(str::to_owned));
        known.add_subject(&self.name, SERVICE_KNOBS);
        let mut called = self.called();
        called.extend(self.clients.iter().map(|c| c.to.as_str()));
        called.sort_unstable();
        called.dedup();
        for callee in called {
            known.add_subject(format!("{}>{callee}", self.name), CLIENT_KNOBS);
        }
    }

    pub(in super::super) fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        check::nodes(&self.nodes, at, known, out);
        check::processes(&self.nodes, self.per_node, at, known, out);
        if self.threads == 0 || self.threads > THREADS_MAX {
            let why = format!(
                "threads must be from 1 to {THREADS_MAX}, not {}",
                self.threads
            );
            out.push(Complaint::error(at.field("threads"), why));
        }
        self.queue.check(&at.field("queue"), out);
        self.check_limits(at, known, out);
        self.check_clients(at, known, out);
        let mut called = self.called();
        called.sort_unstable();
        called.dedup();
        for service in called {
            check::pairs(&self.nodes, self.per_node, service, at, known, out);
        }
        check::size("response_size", self.response_size, at, out);
        let mut effects = self.effects();
        effects.sort_unstable();
        effects.dedup();
        if effects.len() > EFFECTS_MAX {
            let why = format!(
                "{} different effects are too many: at most {EFFECTS_MAX} in a service",
                effects.len()
            );
            out.push(Complaint::error(at.field("handlers"), why));
        }
        self.check_handlers(at, known, out);
        self.check_consumes(at, known, out);
    }

    fn check_consumes(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let field = at.field("consumes");
        let mut queues: Vec<&str> = self.consumes.iter().map(|c| c.from.as_str()).collect();
        for (nth, consume) in self.consumes.iter().enumerate() {
            let here = field.index(nth);
            readable(&consume.from, &here.field("from"), known, out);
            let handlers = || self.handlers.iter().map(|h| h.name.as_str());
            if !handlers().any(|h| h == consume.handler) {
                let place = here.field("handler");
                let name = &consume.handler;
                out.push(Complaint::unknown_name(place, "handler", name, handlers()));
            }
            for (name, number) in [
                ("prefetch", consume.prefetch),
                ("attempts", consume.attempts),
            ] {
                if number == Some(0) {
                    let why =
                        "with 0 it would never do anything: leave it out or say a number from 1";
                    out.push(Complaint::error(here.field(name), why));
                }
            }
        }
        for handler in &self.handlers {
            super::build::each_step(&handler.steps, &mut |step| {
                if let Step::Publish(name) | Step::Consume(name) = step {
                    queues.push(name);
                }
            });
        }
        queues.sort_unstable();
        queues.dedup();
        if queues.len() > PORTS_MAX {
            let why = format!(
                "it would use {} queues and topics: at most {PORTS_MAX}",
                queues.len()
            );
            out.push(Complaint::error(at.field("name"), why));
        }
    }

    fn check_limits(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        if let Some(s) = &self.load_shedding {
            s.check(self.threads, &at.field("load_shedding"), out);
        }
        if let Some(s) = &self.slow_down {
            s.check(&at.field("slow_down"), out);
        }
        if let Some(s) = &self.gc {
            s.check(&at.field("gc"), out);
        }
        let Some(scale) = &self.scale else { return };
        let here = at.field("scale");
        scale.check(&here, out);
        let nodes = known.nodes.get(&self.nodes).map_or(0, |set| set.count);
        let places = nodes.saturating_mul(self.per_node);
        if scale.max > places && places > 0 {
            let why = format!(
                "there is room for {places} replicas only: {nodes} nodes with {} each",
                self.per_node
            );
            let complaint = Complaint::error(here.field("max"), why);
            out.push(complaint.rests_on_own(at, &["nodes", "per_node"]));
        }
    }

    fn check_clients(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        let called = self.called();
        for (nth, client) in self.clients.iter().enumerate() {
            let here = at.field("clients").index(nth);
            client.check(&here, out);
            let to = client.to.as_str();
            client.check_replicas(to, &here, known, out);
            if !matches!(known.systems.get(to), Some(&kind) if kind != "Kafka") {
                let services = known.systems.iter().filter(|(_, kind)| **kind != "Kafka");
                let names = services.map(|(name, _)| name.as_str());
                out.push(Complaint::unknown_name(
                    here.field("to"),
                    "service",
                    to,
                    names,
                ));
            } else if !called.contains(&to)
                && !known
                    .coordinators
                    .contains(&(self.name.clone(), client.to.clone()))
            {
                let why = format!("no step of `{}` calls `{to}`", self.name);
                let complaint = Complaint::warning(here.field("to"), why);
                out.push(complaint.rests_on_own(at, &["handlers"]));
            }
            if let Some(other) = first.insert(to, nth) {
                let why = format!("there are two clients for `{to}`");
                let other = at.field("clients").index(other).field("to");
                let complaint = Complaint::error(here.field("to"), why);
                out.push(complaint.related(other, "the other one"));
            }
        }
    }

    /// The services that its steps call.
    fn called(&self) -> Vec<&str> {
        let mut called = Vec::new();
        for handler in &self.handlers {
            super::build::each_step(&handler.steps, &mut |step| {
                let to = targets(step).into_iter().flatten();
                called.extend(to.map(|to| super::build::split_target(to).0));
            });
        }
        called
    }

    fn check_handlers(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let field = at.field("handlers");
        if self.handlers.is_empty() {
            out.push(Complaint::error(
                field.clone(),
                "a service without a handler does nothing",
            ));
        }
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        let mut steps = 0;
        for (nth, handler) in self.handlers.iter().enumerate() {
            let here = field.index(nth);
            if let Some(other) = first.insert(&handler.name, nth) {
                let why = format!("there are two handlers `{}`", handler.name);
                let other = field.index(other).field("name");
                let complaint = Complaint::error(here.field("name"), why);
                out.push(complaint.related(other, "the other one"));
            }
            if let Some(table) = &handler.idempotent {
                table.check(&here.field("idempotent"), out);
            }
            let place = here.field("steps");
            check_steps(&handler.steps, &place, known, 0, out);
            super::build::each_step(&handler.steps, &mut |_| steps += 1);
        }
        if steps > STEPS_MAX {
            let why = format!("{steps} steps are too many: at most {STEPS_MAX} in a service");
            out.push(Complaint::error(field, why));
        }
    }
}

/// What a step calls.
fn targets(step: &Step) -> [Option<&str>; 2] {
    match step {
        Step::Call(to) | Step::FanOut { to, .. } => [Some(to), None],
        Step::Read(db) | Step::Write(db) | Step::Reserve(db) | Step::Release(db) => {
            [Some(db), None]
        }
        Step::Cached { cache, from, .. } => [Some(cache), Some(from)],
        _ => [None, None],
    }
}

fn check_steps(steps: &[Step], at: &Path, known: &Known, depth: usize, out: &mut Vec<Complaint>) {
    if depth > DEPTH_MAX {
        let why = format!("steps stand in one another more than {DEPTH_MAX} deep");
        out.push(Complaint::error(at.clone(), why));
        return;
    }
    for (nth, step) in steps.iter().enumerate() {
        check_step(step, &at.index(nth), known, depth, out);
    }
}

fn check_step(step: &Step, at: &Path, known: &Known, depth: usize, out: &mut Vec<Complaint>) {
    match step {
        Step::Work(time) | Step::Wait(time) => {
            if let Err(why) = time.check() {
                out.push(Complaint::error(at.index(0), why));
            }
        }
        Step::Call(to) => known_handler(to, &at.index(0), known, out),
        Step::Publish(to) => known_queue(to, &at.index(0), known, out),
        Step::Consume(from) => readable(from, &at.index(0), known, out),
        Step::FanOut { to, count, need } => {
            known_handler(to, &at.field("to"), known, out);
            if *count == 0 || *count > FAN_OUT_MAX {
                let why = format!("count must be from 1 to {FAN_OUT_MAX}, not {count}");
                out.push(Complaint::error(at.field("count"), why));
            }
            if *count > 0 {
                enough(*need, *count, at, "calls", out);
            }
        }
        Step::Parallel { branches, need } => {
            if branches.len() > FAN_OUT_MAX as usize {
                let why = format!(
                    "{} branches are too many: at most {FAN_OUT_MAX}",
                    branches.len()
                );
                out.push(Complaint::error(at.field("branches"), why));
            }
            enough(*need, branches.len() as u32, at, "branches", out);
            for (nth, steps) in branches.iter().enumerate() {
                let place = at.field("branches").index(nth);
                check_steps(steps, &place, known, depth + 1, out);
            }
        }
        Step::Try(steps) => check_steps(steps, &at.index(0), known, depth + 1, out),
        Step::Sometimes(_, steps) => check_steps(steps, &at.index(1), known, depth + 1, out),
        Step::Effect(name) => {
            if name.is_empty() {
                out.push(Complaint::error(at.index(0), "an effect needs a name"));
            }
        }
        Step::Read(_) | Step::Write(_) | Step::Reserve(_) | Step::Release(_) => {
            if let Some((name, handler)) = of_database(step) {
                known_database(name, handler, &at.index(0), known, out);
            }
        }
        Step::Cached {
            cache, from, looks, ..
        } => {
            known_store(cache, "Cache", "cache", &at.field("cache"), known, out);
            if from.contains('/') {
                known_handler(&read_from(from), &at.field("from"), known, out);
            } else {
                known_store(from, "Database", "database", &at.field("from"), known, out);
            }
            if *looks == 0 {
                let why = "looks must be 1 or more: it looks once before it waits";
                out.push(Complaint::error(at.field("looks"), why));
            }
        }
        Step::Reply | Step::Fail(_) => {}
    }
}

/// Whether there is a store of that kind.
fn known_store(
    name: &str,
    kind: &str,
    word: &'static str,
    at: &Path,
    known: &Known,
    out: &mut Vec<Complaint>,
) -> bool {
    let there = known.systems.get(name).is_some_and(|k| *k == kind);
    if !there {
        let of_kind = known.systems.iter().filter(|(_, k)| **k == kind);
        let names = of_kind.map(|(name, _)| name.as_str());
        out.push(Complaint::unknown_name(at.clone(), word, name, names));
    }
    there
}

/// Whether there is a database that can do it.
fn known_database(name: &str, handler: &str, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    if known_store(name, "Database", "database", at, known, out)
        && !known.handlers.contains(&format!("{name}/{handler}"))
    {
        let why = format!("`{name}` has nothing to sell");
        let complaint = Complaint::error(at.clone(), why);
        out.push(complaint.help(format!(
            "say what it has: Database(name: \"{name}\", stock: (items: 100, each: 50), ...)"
        )));
    }
}

/// Whether so many can succeed.
fn enough(need: Option<u32>, of: u32, at: &Path, what: &str, out: &mut Vec<Complaint>) {
    if let Some(need) = need
        && need > of
    {
        let why = format!("{need} must succeed, and there are only {of} {what}");
        out.push(Complaint::error(at.field("need"), why));
    }
}

impl Arrives for RequestsSettings {
    fn arrivals(&self) -> Option<(&'static str, &Arrivals)> {
        Some(("arrivals", &self.arrivals))
    }
}

impl RequestsSettings {
    pub(in super::super) fn declare(&self, known: &mut Known) {
        known.flows.push(self.name.clone());
        known.add_subject(&self.name, CLIENT_KNOBS);
    }

    pub(in super::super) fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        check::nodes(&self.nodes, at, known, out);
        check::processes(&self.nodes, self.per_node, at, known, out);
        known_handler(&self.to, &at.field("to"), known, out);
        let mut complain = |field: &str, result: Result<(), String>| {
            if let Err(why) = result {
                out.push(Complaint::error(at.field(field), why));
            }
        };
        complain("arrivals", self.arrivals.check());
        complain("keys", check::keys(&self.keys));
        let (service, _) = super::build::split_target(&self.to);
        check::pairs(&self.nodes, self.per_node, service, at, known, out);
        check::size("request_size", self.request_size, at, out);
        self.client.check(&at.field("client"), out);
        let place = at.field("client");
        self.client.check_replicas(service, &place, known, out);
        if !self.client.to.is_empty() {
            let why = "whom they call stands in `to` of the workload";
            out.push(Complaint::error(at.field("client").field("to"), why));
        }
        check::order(self.start, self.stop, at, out);
        self.check_effects(at, known, out);
    }

    fn check_effects(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let field = at.field("effects");
        if self.effects.len() > FlowName::EFFECTS_MAX {
            let why = format!(
                "{} effects are too many: at most {}",
                self.effects.len(),
                FlowName::EFFECTS_MAX
            );
            out.push(Complaint::error(field.clone(), why));
        }
        for (nth, effect) in self.effects.iter().enumerate() {
            if !known.effects.contains(effect) {
                let names = known.effects.iter().map(String::as_str);
                let place = field.index(nth);
                let complaint = Complaint::unknown_name(place, "effect", effect, names);
                out.push(
                    complaint.help("effects are named by `Effect(\"...\")` steps of services"),
                );
            }
        }
        if self.lost_after < self.late_after {
            let why = format!(
                "what is not complete after {} would be lost before it is late ({})",
                self.lost_after, self.late_after
            );
            let complaint = Complaint::error(at.field("lost_after"), why);
            out.push(complaint.rests_on_own(at, &["late_after"]));
        }
    }
}
