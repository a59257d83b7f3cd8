//! A workflow: what happens to a task, stage by stage, in one of two styles made of the same services.
//!
//! Synchronous: the service that takes the task calls the stages one after another, and holds a thread for it until the last
//! has answered (orchestration by a coordinator). Event-driven: it stores the task in the first stage's queue and answers;
//! each stage takes tasks from its queue, and stores them in the next one's when it is done (choreography by events). Which of
//! the two is one setting, so that two runs can be compared.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::systems::{Builder, Known, SystemSettings};

use super::build::split_target;
use super::settings::{ConsumeSettings, Settings, Step};

/// How the stages of a workflow follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Style {
    /// By calls of a coordinator.
    Synchronous,
    /// By messages from stage to stage.
    EventDriven,
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowSettings {
    /// What it is called.
    pub name: String,
    /// In which style.
    pub style: Style,
    /// Who takes a task: `orders/place`. Its handler does its own steps first.
    pub entry: String,
    /// The stages, in order.
    pub stages: Vec<Stage>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What it does: `payment/charge`.
    pub handler: String,
    /// Event-driven: where its service takes tasks from.
    pub queue: String,
    /// Event-driven: where the stage before it (or the entry) sends tasks, if not into that queue itself: a topic that the
    /// queue is subscribed to, and others may be as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Event-driven: how many tasks a replica has in hand at most; without it, as many as it has threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<u32>,
    /// Synchronous: whether the coordinator goes on if the call fails.
    #[serde(default)]
    pub optional: bool,
}

impl Stage {
    fn sent_to(&self) -> &str {
        self.topic.as_ref().unwrap_or(&self.queue)
    }
}

impl WorkflowSettings {
    pub(in super::super) fn declare(&self, known: &mut Known) {
        known.systems.insert(self.name.clone(), "Workflow");
        let stages = self.stages.iter().map(|s| s.handler.clone());
        known.stages.extend(stages.chain([self.entry.clone()]));
        let services = self.stages.iter().map(|s| split_target(&s.handler).0);
        // In either style: how it calls a stage is written beside what both have.
        let caller = split_target(&self.entry).0;
        let pairs = services.clone().map(|s| (caller.to_owned(), s.to_owned()));
        known.coordinators.extend(pairs);
        if self.style == Style::EventDriven {
            known.groups.extend(services.map(str::to_owned));
        }
    }

    pub(in super::super) fn check(&self, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
        let mut handler = |name: &str, place: Path| {
            let kind = known.systems.get(split_target(name).0);
            if !known.handlers.contains(name) {
                let names = known.handlers.iter().map(String::as_str);
                out.push(Complaint::unknown_name(place, "handler", name, names));
            } else if kind != Some(&"Service") {
                let why = format!(
                    "`{name}` is no handler of a service: it cannot take part in a workflow"
                );
                let complaint = Complaint::error(place, why);
                out.push(complaint.help("let a handler of a service call it"));
            }
        };
        handler(&self.entry, at.field("entry"));
        for (nth, stage) in self.stages.iter().enumerate() {
            let here = at.field("stages").index(nth);
            handler(&stage.handler, here.field("handler"));
        }
        if self.stages.is_empty() {
            let why = "a workflow without a stage does nothing";
            out.push(Complaint::error(at.field("stages"), why));
        }
        for (nth, stage) in self.stages.iter().enumerate() {
            let here = at.field("stages").index(nth);
            let topic = stage.topic.iter().map(|t| ("topic", t));
            for (field, name) in std::iter::once(("queue", &stage.queue)).chain(topic) {
                if !known.queues.contains_key(name) {
                    let names = known.queues.keys().map(String::as_str);
                    let place = here.field(field);
                    out.push(Complaint::unknown_name(
                        place,
                        "queue or topic",
                        name,
                        names,
                    ));
                }
            }
            if known.fan_outs.contains(&stage.queue) {
                let why = format!("`{}` keeps nothing that could be read", stage.queue);
                let complaint = Complaint::error(here.field("queue"), why);
                out.push(
                    complaint.help(
                        "say it as `topic`, and the queue that is subscribed to it as `queue`",
                    ),
                );
            }
            let takers = known.stages.iter().filter(|s| **s == stage.handler);
            if takers.count() > 1 && self.style == Style::EventDriven {
                let why = format!(
                    "`{}` is a stage of two workflows: it would not know where to send what is done",
                    stage.handler
                );
                let complaint = Complaint::error(here.field("handler"), why);
                out.push(complaint.help("give each workflow a handler of its own"));
            }
            let earlier = self.stages[..nth].iter();
            let again = earlier.clone().any(|s| s.handler == stage.handler);
            if again || stage.handler == self.entry {
                let why = format!(
                    "`{}` comes twice: it would go round for ever",
                    stage.handler
                );
                out.push(Complaint::error(here.field("handler"), why));
            }
        }
    }

    pub(in super::super) fn found(&self, _: &mut Builder) {}

    pub(in super::super) fn build(&self, _: &mut Builder) {}

    /// Adds to the services what makes them stages.
    fn weave(&self, systems: &mut [SystemSettings]) {
        match self.style {
            Style::Synchronous => {
                let call = |stage: &Stage| {
                    let call = Step::Call(stage.handler.clone());
                    if stage.optional {
                        Step::Try(vec![call])
                    } else {
                        call
                    }
                };
                append(systems, &self.entry, self.stages.iter().map(call));
            }
            Style::EventDriven => {
                let mut from = self.entry.as_str();
                for stage in &self.stages {
                    let send = Step::Publish(stage.sent_to().to_owned());
                    append(systems, from, [send].into_iter());
                    let (service, handler) = split_target(&stage.handler);
                    if let Some(service) = find(systems, service) {
                        service.consumes.push(ConsumeSettings::new(
                            &stage.queue,
                            handler,
                            stage.prefetch,
                        ));
                    }
                    from = &stage.handler;
                }
            }
        }
    }
}

fn find<'a>(systems: &'a mut [SystemSettings], name: &str) -> Option<&'a mut Settings> {
    systems.iter_mut().find_map(|system| match system {
        SystemSettings::Service(service) if service.name == name => Some(service),
        _ => None,
    })
}

fn append(systems: &mut [SystemSettings], target: &str, steps: impl Iterator<Item = Step>) {
    let (service, handler) = split_target(target);
    let service = find(systems, service);
    let handlers = service.into_iter().flat_map(|s| &mut s.handlers);
    if let Some(handler) = { handlers }.find(|h| h.name == handler) {
        handler.steps.extend(steps);
    }
}

/// The systems of a scenario with its workflows woven into the services.
pub(in super::super) fn weave(systems: &[SystemSettings]) -> Vec<SystemSettings> {
    let mut woven = systems.to_vec();
    for system in systems {
        if let SystemSettings::Workflow(workflow) = system {
            workflow.weave(&mut woven);
        }
    }
    woven
}
