//! The control of a scenario: the same without the cause under test.

use serde::de::DeserializeOwned;

use crate::sim::complaint::{Complaint, Path};
use crate::systems::Plan;

use super::diagnostic::Severity;
use super::document::Document;
use super::load::read_one;
use super::schema::Scenario;
use super::traces::Files;

/// The control, if the scenario states one: without its faults, or with what `control_set` changes. Mistakes that only the
/// control has are reported in `document`; files that only it names are added to `files_read`.
pub(super) fn control<E: DeserializeOwned + Clone>(
    scenario: &Scenario<E>,
    plan: &Plan,
    document: &mut Document,
    files: Files<'_>,
    files_read: &mut Vec<(String, String)>,
) -> Option<(Scenario<E>, Plan)> {
    if scenario.control.is_empty() {
        doubts(scenario, document);
        return None;
    }
    let (mut control, mut plan) = if scenario.control_set.is_empty() {
        (scenario.clone(), plan.clone())
    } else {
        changed(scenario, document, files, files_read)?
    };
    let has_faults = scenario.control_faults;
    if !has_faults.unwrap_or(!scenario.control_set.is_empty()) {
        control.faults.clear();
        plan.world.faults.clear();
    }
    control.expect = std::mem::take(&mut control.control);
    control.over = scenario.control_over.or(scenario.over);
    control.control_over = None;
    Some((control, plan))
}

/// What `control_set` makes of the scenario.
fn changed<E: DeserializeOwned>(
    scenario: &Scenario<E>,
    document: &mut Document,
    files: Files<'_>,
    files_read: &mut Vec<(String, String)>,
) -> Option<(Scenario<E>, Plan)> {
    let list = Path::root().field("control_set");
    let mut changed = document.before_reading();
    for (i, argument) in scenario.control_set.iter().enumerate() {
        changed.set_from(argument, document.span_of(&list.index(i)));
    }
    if let Some((control, plan, traces)) = read_one::<E>(&mut changed, files) {
        let new = traces.files.into_iter();
        let new: Vec<_> = new.filter(|file| !files_read.contains(file)).collect();
        files_read.extend(new);
        return Some((control, plan));
    }
    let causes = document.span_of(&list);
    for mut mistake in changed.diagnostics() {
        if mistake.severity != Severity::Error {
            continue;
        }
        // Elsewhere in the file everything is right by itself; why it is not in the control should be said.
        if !document.is_within(mistake.span, &list) {
            mistake = mistake.related(causes, "in the control, which this changes");
        }
        document.adopt(&changed, mistake);
    }
    None
}

fn doubts<E>(scenario: &Scenario<E>, document: &mut Document) {
    let unused = [
        ("control_set", !scenario.control_set.is_empty()),
        ("control_faults", scenario.control_faults.is_some()),
        ("control_over", scenario.control_over.is_some()),
    ];
    for (field, _) in unused.into_iter().filter(|(_, given)| *given) {
        let message =
            format!("`{field}` has no effect: the scenario states nothing about a control");
        let doubt = Complaint::warning(Path::root().field(field), message);
        document.complain(&doubt.help("say what must be true of it: control: [Holds(…)]"));
    }
}
