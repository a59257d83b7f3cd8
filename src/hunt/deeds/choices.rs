//! What there is in a run to be struck or changed.

use crate::hunt::Session;
use crate::sim::setting::Value;

/// What there is to be struck or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Targets as the scenario language has them: `"broker-1"`, `LeaderOf("events/orders/0")`.
    pub targets: Vec<String>,
    /// Zones.
    pub zones: Vec<String>,
    /// Workloads, whose traffic can be changed.
    pub workloads: Vec<String>,
    /// Who has settings that can be changed, and which.
    pub subjects: Vec<SubjectChoice>,
    /// Scenarios that could be played instead, where somebody may choose one.
    pub scenarios: Vec<String>,
}

/// Who has settings that can be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectChoice {
    /// What it is called.
    pub name: String,
    /// Its settings.
    pub settings: Vec<SettingChoice>,
}

/// A setting that can be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingChoice {
    /// What it is called.
    pub name: String,
    /// What it is now, as the scenario language has it.
    pub value: String,
    /// What it means.
    pub what: String,
}

/// So many queues are offered one by one.
const QUEUES_MAX: usize = 64;

/// What there is in a run.
pub fn choices(session: &Session) -> Choices {
    let sim = session.sim();
    let names = sim.names();
    let mut zones: Vec<String> = names.nodes.iter().filter_map(|n| n.zone.clone()).collect();
    zones.sort();
    zones.dedup();
    let subjects = names.subjects.iter().map(|subject| SubjectChoice {
        name: subject.name.clone(),
        settings: subject
            .knobs
            .iter()
            .map(|knob| SettingChoice {
                name: knob.name.to_owned(),
                value: sim
                    .setting(&subject.name, knob.name)
                    .map_or_else(String::new, written),
                what: knob.what.to_owned(),
            })
            .collect(),
    });
    let workloads = session.scenario().workloads.iter();
    Choices {
        targets: targets(session, &zones),
        workloads: workloads.map(|w| w.name().to_owned()).collect(),
        subjects: subjects.collect(),
        scenarios: Vec::new(),
        zones,
    }
}

/// A value as the scenario language has it.
fn written(value: Value) -> String {
    match value {
        Value::Duration(_) | Value::Size(_) | Value::Chance(_) => format!("\"{value}\""),
        Value::None | Value::Count(_) | Value::Flag(_) => value.to_string(),
    }
}

fn targets(session: &Session, zones: &[String]) -> Vec<String> {
    let names = session.sim().names();
    let quoted = |name: &str| format!("\"{name}\"");
    let mut out: Vec<String> = names.nodes.iter().map(|n| quoted(&n.name)).collect();
    for set in session.loaded().plan.sets.keys() {
        out.push(quoted(set));
    }
    // Only what is led has a leader to be found.
    let led = names.queues.iter().filter(|q| !q.internal && q.copies > 1);
    for queue in led.take(QUEUES_MAX) {
        out.push(format!("LeaderOf(\"{}\")", queue.name));
        out.push(format!("FollowerOf(\"{}\")", queue.name));
    }
    if names.queues.iter().any(|q| q.copies > 1) {
        out.push("Controller".to_owned());
        let groups = names.groups.iter();
        out.extend(groups.map(|g| format!("CoordinatorOf(\"{}\")", g.name)));
    }
    out.extend(zones.iter().map(|zone| format!("Zone(\"{zone}\")")));
    out.push("All".to_owned());
    out.dedup();
    out
}
