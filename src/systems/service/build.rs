//! From the settings of services and users to processes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::names::{FlowName, ServiceName};
use crate::sim::{FlowId, MS, Pid, ServiceId};
use crate::systems::pace::{Pace, PacePlan};
use crate::systems::ports::{InletPlan, PORT_TIMERS, Socket};
use crate::systems::rpc::{Caller, ClientSettings, Directory};
use crate::systems::{AnyInlet, AnyOutlet, Builder, Export, Process};

use super::program::{Linker, Programs};
use super::replica::{CLIENT_TIMERS, Config, Duty, FIRST_PORT, Ports, Replica};
use super::requests::{Ask, PACE, RequestsApp, RequestsSettings};
use super::scaler::ScalerApp;
use super::settings::{ConsumeSettings, Settings, Step};

/// The service and the handler of `service/handler`.
pub(super) fn split_target(to: &str) -> (&str, &str) {
    to.split_once('/').unwrap_or((to, ""))
}

/// What a service calls: a client for each service, in the order of the first call.
pub(super) struct Clients<'a> {
    builder: &'a mut Builder,
    settings: &'a [ClientSettings],
    found: Vec<(Arc<ClientSettings>, Arc<Directory>)>,
    outlets: Vec<String>,
    pulls: Vec<String>,
    effects: Vec<String>,
}

impl Linker for Clients<'_> {
    fn call(&mut self, to: &str) -> Option<(u16, u16)> {
        let (service, handler) = split_target(to);
        let directory = find(self.builder, service)?;
        let endpoint = directory.endpoint(handler)?;
        let known = self.found.iter().position(|(_, d)| d.name == service);
        let place = known.unwrap_or_else(|| {
            let own = self.settings.iter().find(|c| c.to == service);
            let settings = directory.suited(own.cloned().unwrap_or_default());
            self.found.push((Arc::new(settings), directory));
            self.found.len() - 1
        });
        Some((place as u16, endpoint))
    }

    fn copies(&mut self, cache: &str, of: &str) {
        let (of, _) = split_target(of);
        if let (Some(cache), Some(of)) = (find(self.builder, cache), find(self.builder, of)) {
            let copies = &mut self.builder.names.copies;
            copies.entry(cache.service).or_insert(of.service);
        }
    }

    fn pull(&mut self, from: &str) -> Option<u16> {
        Some(place_of(&mut self.pulls, from) as u16)
    }

    fn outlet(&mut self, to: &str) -> Option<u16> {
        Some(place_of(&mut self.outlets, to) as u16)
    }

    fn effect(&mut self, name: &str) -> Option<u8> {
        u8::try_from(place_of(&mut self.effects, name)).ok()
    }
}

/// The place of a name in a list of those that were used, where it is added if need be.
fn place_of(names: &mut Vec<String>, name: &str) -> usize {
    let known = names.iter().position(|n| n == name);
    known.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

/// What a service of that name offers.
pub(super) fn find(builder: &Builder, name: &str) -> Option<Arc<Directory>> {
    let Export::Service(directory) = builder.exports.get(name)? else {
        return None;
    };
    Some(Arc::clone(directory))
}

/// A pool of connections, if a client has one: shown as a service of its own.
pub(super) fn pool(
    builder: &mut Builder,
    owner: &str,
    client: &ClientSettings,
    directory: &Directory,
    replicas: &[Pid],
) -> Option<ServiceId> {
    let bulkhead = client.bulkhead.as_ref()?;
    let places = bulkhead.max_concurrent_calls;
    Some(builder.add_service(ServiceName {
        name: format!("{owner}>{}", directory.name),
        part: "pool",
        replicas: replicas.to_vec(),
        running: replicas.len() as u32,
        threads: Some(places.saturating_mul(replicas.len() as u32)),
    }))
}

/// By flow, its number of each effect.
fn effects(builder: &Builder, names: &[String]) -> Vec<Vec<Option<u8>>> {
    let of = |name: &String| {
        let flows = builder.names.flows.iter();
        let number = |effects: &[String]| effects.iter().position(|e| e == name);
        flows.map(|f| number(&f.effects).map(|n| n as u8)).collect()
    };
    names.iter().map(of).collect()
}

impl Settings {
    /// Its replicas and what it offers, before anybody looks for it.
    pub(in super::super) fn found(&self, builder: &mut Builder) {
        let nodes = builder.nodes(&self.nodes);
        let count = self.replicas(nodes.len() as u32);
        let replicas: Vec<Pid> = (0..count)
            .map(|nth| {
                let node = nodes[(nth / self.per_node) as usize];
                let name = format!("{}-{}", self.name, nth + 1);
                builder.reserve(&name, node, &self.name, "service", 1)
            })
            .collect();
        let running = self.scale.as_ref().map_or(count, |s| s.min.min(count));
        let service = builder.add_service(ServiceName {
            name: self.name.clone(),
            part: "service",
            replicas: replicas.clone(),
            running,
            threads: Some(self.threads.saturating_mul(count)),
        });
        let scaler = self.scale.as_ref().map(|_| {
            let name = format!("{}-scaler", self.name);
            let node = builder.add_node(&name, None);
            builder.reserve(&name, node, &self.name, "scaler", 0)
        });
        let directory = Directory {
            service,
            name: self.name.clone(),
            running,
            replicas,
            endpoints: self.handlers.iter().map(|h| h.name.clone()).collect(),
            scaler,
            keyed: false,
        };
        builder
            .exports
            .insert(self.name.clone(), Export::Service(Arc::new(directory)));
        builder.add_set(&self.name, nodes);
    }

    pub(in super::super) fn build(&self, builder: &mut Builder) {
        let Some(own) = find(builder, &self.name) else {
            return;
        };
        let mut clients = Clients {
            builder,
            settings: &self.clients,
            found: Vec::new(),
            outlets: Vec::new(),
            pulls: Vec::new(),
            effects: Vec::new(),
        };
        let handlers = self.handlers.iter().map(|h| h.steps.as_slice());
        let programs = Programs::compile(handlers, &mut clients);
        let (found, names) = (clients.found, clients.effects);
        let queues = (clients.outlets, clients.pulls);
        let config = Arc::new(Config {
            service: own.service,
            settings: self.clone(),
            programs,
            effects: effects(builder, &names),
            left_out: builder.left_out,
        });
        let pools: Vec<Option<ServiceId>> = found
            .iter()
            .map(|(client, to)| pool(builder, &self.name, client, to, &own.replicas))
            .collect();
        if let (Some(scale), Some(scaler)) = (&self.scale, own.scaler) {
            let app = ScalerApp::new(scale, Arc::clone(&own), self.threads);
            builder.put(scaler, Process::Scaler(Box::new(app)));
        }
        for (nth, &pid) in (0..).zip(&own.replicas) {
            let name = builder.names.process(pid).to_owned();
            let callers = (0u16..).zip(&found).zip(&pools);
            let callers = callers.map(|((place, (client, to)), &pool)| {
                let (client, to) = (Arc::clone(client), Arc::clone(to));
                Caller::new(client, to, CLIENT_TIMERS, place, builder.seed, &name).with_pool(pool)
            });
            let callers: Vec<Caller> = callers.collect();
            for (_, to) in &found {
                link(builder, pid, to);
            }
            let ports = self.ports(builder, pid, &name, &queues);
            let duty = own.scaler.map(|s| Duty::new(s, nth, own.running));
            let config = Arc::clone(&config);
            let replica = Replica::new(config, callers, ports, duty, builder.seed, &name);
            builder.put(pid, Process::Service(Box::new(replica)));
        }
    }

    /// How many replicas there are at most on so many nodes.
    pub(super) fn replicas(&self, nodes: u32) -> u32 {
        let places = nodes.saturating_mul(self.per_node);
        self.scale.as_ref().map_or(places, |s| s.max.min(places))
    }

    /// What a replica sends to and takes from.
    fn ports(
        &self,
        builder: &mut Builder,
        pid: Pid,
        name: &str,
        (outlets, pulls): &(Vec<String>, Vec<String>),
    ) -> Ports {
        let mut place = 0;
        let mut socket = |peer: &str| {
            let socket = Socket {
                pid,
                timers: FIRST_PORT + place * PORT_TIMERS,
                tag: u32::from(place),
                name: format!("{name}→{peer}"),
            };
            place += 1;
            socket
        };
        let mut out = Vec::new();
        for to in outlets {
            out.extend(AnyOutlet::find(builder, to, &socket(to)));
        }
        let mut inlets = Vec::new();
        for consume in &self.consumes {
            let handler = self.handlers.iter().position(|h| h.name == consume.handler);
            let plan = InletPlan {
                group: self.group(consume),
                prefetch: consume.prefetch.unwrap_or(self.threads),
                start_ns: consume.start.ns(),
                backoff_ns: consume.backoff.ns(),
                attempts_max: consume.attempts.unwrap_or(u32::MAX),
            };
            let inlet = AnyInlet::find(builder, &consume.from, &plan, &socket(&consume.from));
            inlets.extend(inlet.zip(handler.map(|h| h as u16)));
        }
        let mut taken_from = Vec::new();
        for from in pulls {
            let plan = InletPlan {
                group: format!("{}:{from}", self.name),
                // What nobody waits for is left to others.
                prefetch: 1,
                start_ns: 0,
                backoff_ns: MS,
                attempts_max: u32::MAX,
            };
            taken_from.extend(AnyInlet::find(builder, from, &plan, &socket(from)));
        }
        Ports::new(out, inlets, taken_from)
    }

    /// What a group of its replicas is called: as the service, unless there are several.
    pub(super) fn group(&self, consume: &ConsumeSettings) -> String {
        if self.consumes.len() == 1 {
            self.name.clone()
        } else {
            format!("{}:{}", self.name, consume.handler)
        }
    }

    /// The names of what its steps make happen.
    pub(super) fn effects(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for handler in &self.handlers {
            each_step(&handler.steps, &mut |step| {
                if let Step::Effect(name) = step {
                    names.push(name.as_str());
                }
            });
        }
        names
    }
}

/// Looks at all steps, also those within others.
pub(super) fn each_step<'a>(steps: &'a [Step], look: &mut impl FnMut(&'a Step)) {
    for step in steps {
        look(step);
        match step {
            Step::Parallel { branches, .. } => {
                branches.iter().for_each(|b| each_step(b, look));
            }
            Step::Try(steps) | Step::Sometimes(_, steps) => each_step(steps, look),
            _ => {}
        }
    }
}

/// So many replicas of a service are drawn as neighbours of a caller.
const LINKED_MAX: usize = 16;

pub(super) fn link(builder: &mut Builder, caller: Pid, to: &Directory) {
    for &replica in to.replicas.iter().take(LINKED_MAX) {
        builder.add_link(caller, replica);
    }
}

/// Which column each process stands in: one further than the furthest who calls it.
pub(in super::super) fn layers(builder: &mut Builder) {
    let links = builder.names.links.clone();
    let mut layer: BTreeMap<Pid, u8> = BTreeMap::new();
    for _ in 0..u8::from(!links.is_empty()) * 16 {
        let mut changed = false;
        for &(from, to) in &links {
            let is_service = |pid: Pid| {
                let part = builder.names.processes[pid.index()].part;
                matches!(part, "service" | "database" | "cache")
            };
            if !is_service(to) {
                continue;
            }
            let next = layer.get(&from).copied().unwrap_or(0).saturating_add(1);
            if layer.get(&to).copied().unwrap_or(0) < next && next < 16 {
                layer.insert(to, next);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (pid, layer) in layer {
        builder.names.processes[pid.index()].layer = layer;
    }
}

impl RequestsSettings {
    /// What users ask for gets its name before any service looks for it.
    pub(in super::super) fn found(&self, builder: &mut Builder) {
        builder.add_flow(FlowName {
            name: self.name.clone(),
            effects: self.effects.clone(),
            late_after_ns: self.late_after.ns(),
            lost_after_ns: self.lost_after.ns(),
        });
    }

    pub(in super::super) fn build(&self, builder: &mut Builder) {
        let (service, handler) = split_target(&self.to);
        let flows = builder.names.flows.iter();
        let flow = flows.clone().position(|f| f.name == self.name);
        let (Some(to), Some(flow)) = (find(builder, service), flow) else {
            return;
        };
        let Some(endpoint) = to.endpoint(handler) else {
            return;
        };
        let nodes = builder.nodes(&self.nodes);
        let count = nodes.len() as u32 * self.per_node;
        let pids: Vec<Pid> = (0..count)
            .map(|nth| {
                let node = nodes[(nth / self.per_node) as usize];
                let name = format!("{}-{}", self.name, nth + 1);
                builder.reserve(&name, node, &self.name, "user", 0)
            })
            .collect();
        let lasts = (self.start, self.stop);
        let plan = PacePlan::new(builder, &self.arrivals, lasts, self.count);
        let client = Arc::new(self.client.clone());
        let pool = pool(builder, &self.name, &client, &to, &pids);
        let keys = self.keys.compile();
        for (nth, &pid) in (0..).zip(&pids) {
            let name = builder.names.process(pid).to_owned();
            let seed = builder.seed;
            let (client, directory) = (Arc::clone(&client), Arc::clone(&to));
            let caller = Caller::new(client, directory, RequestsApp::CLIENT, 0, seed, &name);
            let pace = Pace::new(&plan, nth, count, PACE, seed, &name);
            let ask = Ask {
                flow: FlowId(flow as u16),
                endpoint,
                keys: keys.clone(),
                priority: self.priority,
                bytes: self.request_size.bytes() as u32,
                nth,
                of: count,
            };
            link(builder, pid, &to);
            let app = RequestsApp::new(caller.with_pool(pool), pace, ask, seed, &name);
            builder.put(pid, Process::Requests(Box::new(app)));
        }
        builder.add_set(&self.name, nodes);
    }
}
