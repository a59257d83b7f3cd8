//! The settings of a run's scenario, what each can be, and what is wrong with a change of one.

use crate::hunt::{Loaded, Session};
use crate::scenario::diagnostic::Severity;
use crate::scenario::document::Document;
use crate::scenario::{Files, Setting, effective, settings};
use crate::sim::complaint::nearest;

/// The settings of a scenario, and what one of them can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// All that there are, as `--set` has them.
    pub all: Vec<Setting>,
    /// What is known of the one that was asked about.
    pub of: Option<Meaning>,
}

/// What a setting can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// Which setting.
    pub path: String,
    /// What it can be, in a few words: `a duration: write it like "5ms", "2s"`.
    pub what: String,
    /// All that it can be, where those are a few names.
    pub choices: Vec<String>,
}

/// What nobody calls a value: what is said against it says what there can be.
const NO_VALUE: &str = "__";

/// The settings of what a session plays; with what the one at a path can be, where one is named.
pub fn of(session: &Session, path: Option<&str>) -> Settings {
    let loaded = session.loaded();
    let all = settings(&effective(&loaded.scenario), &loaded.document);
    let value = |path: &str| all.iter().find(|s| s.path == path).map(|s| s.value.clone());
    let of = path.map(|path| meaning(loaded, path, &value(path).unwrap_or_default()));
    Settings { all, of }
}

fn meaning(loaded: &Loaded, path: &str, value: &str) -> Meaning {
    let mut meaning = Meaning {
        path: path.to_owned(),
        ..Meaning::default()
    };
    let Err(document) = with(loaded, &format!("{path}={NO_VALUE}")) else {
        "a text".clone_into(&mut meaning.what);
        return meaning;
    };
    let Some((message, help)) = said(loaded, &document).into_iter().next() else {
        return meaning;
    };
    let known = help.strip_prefix("known here are ");
    meaning.what = if let Some(what) = message.strip_prefix("expected ") {
        what.split(", found ")
            .next()
            .unwrap_or(what)
            .replace('`', "")
    } else if let Some((_, what)) = message.split_once(" is not a ") {
        format!("a {what}")
    } else {
        known.map_or(message.clone(), |known| {
            format!("one of {}", known.replace('`', ""))
        })
    };
    // Names that stand alone, as the present one does, can stand there; what takes more than a name is to be written.
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name(value) && value.starts_with(char::is_uppercase) {
        let names = known.unwrap_or_default().split('`');
        meaning.choices = names.skip(1).step_by(2).map(str::to_owned).collect();
    } else if ["true", "false"].contains(&value) {
        meaning.choices = ["true", "false"].map(str::to_owned).to_vec();
    }
    if value == "None" && !meaning.choices.iter().any(|c| c == "None") {
        meaning.what = format!("{}; or None", meaning.what);
    }
    meaning
}

/// The scenario with one more change; what is wrong with it is in the document.
fn with(loaded: &Loaded, set: &str) -> Result<Loaded, Box<Document>> {
    let sets = [loaded.sets.as_slice(), &[set.to_owned()]].concat();
    let files = Files::Given(&loaded.files);
    Loaded::from_parts(&loaded.name, &loaded.text, &sets, files)
}

/// What is wrong with the last change of a document, each with what would help.
fn said(loaded: &Loaded, document: &Document) -> Vec<(String, String)> {
    let last = loaded.sets.len() + 1;
    let found = document.diagnostics().into_iter();
    let found = found.filter(|d| usize::from(d.span.source) == last);
    found
        .map(|d| (d.message, d.help.unwrap_or_default()))
        .collect()
}

/// Why a change of one setting makes no run, line by line, for somebody who chose it from a list: the setting as it was to be,
/// what is wrong with it, and what would help. `document` holds the mistakes.
pub fn mistakes(session: &Session, set: &str, document: &Document) -> Vec<String> {
    let loaded = session.loaded();
    let last = loaded.sets.len() + 1;
    let mut lines = vec![set.to_owned()];
    let path = set.split('=').next().unwrap_or(set).trim();
    let all = settings(&effective(&loaded.scenario), &loaded.document);
    let is_known = all.iter().any(|s| s.path == path);
    for mistake in document.diagnostics() {
        if mistake.severity != Severity::Error {
            continue;
        }
        let is_here = usize::from(mistake.span.source) == last;
        lines.push(String::new());
        lines.push(if is_here {
            mistake.message
        } else {
            let place = document.place(mistake.span);
            format!("{} (at {place} of {})", mistake.message, loaded.name)
        });
        let paths = all.iter().map(|s| s.path.as_str());
        let near = nearest(path, paths).filter(|_| is_here && !is_known);
        let near = near.map(|near| format!("did you mean `{near}`?"));
        lines.extend(near.or(mistake.help));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::hunt::Options;
    use crate::scenario::library;

    fn loaded(name: &str) -> Loaded {
        crate::hunt::load(name, &[]).expect("built in")
    }

    fn session(name: &str) -> Session {
        Session::new(Arc::new(loaded(name)), Options::default())
    }

    #[test]
    fn every_path_that_is_offered_leads_to_the_setting_that_it_names() {
        for (nth, built_in) in library::ALL.iter().enumerate() {
            let loaded = loaded(built_in.name);
            let whole = effective(&loaded.scenario);
            let all = settings(&whole, &loaded.document);
            assert!(all.len() > 40, "{}", built_in.name);
            // What it is already changes nothing, and is no mistake. Others of each scenario: all would take minutes.
            for setting in all.iter().skip(nth % 13).step_by(13) {
                let set = format!("{}={}", setting.path, setting.value);
                let same = with(&loaded, &set);
                let same =
                    same.unwrap_or_else(|d| panic!("{}: {}", built_in.name, d.render(false)));
                assert_eq!(effective(&same.scenario), whole, "{set}");
            }
        }
    }

    #[test]
    fn settings_stand_at_every_depth_with_what_they_are() {
        let all = of(&session("acks-one-leader-crash"), None).all;
        let value = |path: &str| {
            all.iter()
                .find(|s| s.path == path)
                .map(|s| s.value.as_str())
        };
        assert_eq!(value("workloads.checkout.acks"), Some("One"));
        assert_eq!(value("workloads.checkout.linger_ms"), Some("\"5ms\""));
        assert_eq!(value("systems.events.topics.orders.partitions"), Some("6"));
        assert_eq!(value("network.latency.median"), Some("\"2ms\""));
        assert_eq!(value("nodes.broker.disk.bandwidth"), Some("\"500MB\""));
        assert_eq!(value("faults.0.0"), Some("\"19.5s\""));
        assert_eq!(value("title"), None);
    }

    #[test]
    fn what_a_setting_can_be_is_said_with_its_unit_or_its_choices() {
        let session = session("acks-one-leader-crash");
        let meaning = |path: &str| of(&session, Some(path)).of.expect("a meaning");
        assert_eq!(
            meaning("workloads.checkout.acks").choices,
            ["Zero", "One", "All"]
        );
        assert_eq!(
            meaning("workloads.invoices.static_membership").choices,
            ["true", "false"]
        );
        let linger = meaning("workloads.checkout.linger_ms");
        assert!(
            linger.what.starts_with("a duration: write it like \"5ms\""),
            "{linger:?}"
        );
        assert!(linger.choices.is_empty());
        let partitions = meaning("systems.events.topics.orders.partitions");
        assert_eq!(partitions.what, "a whole number from 1 to 20000");
        let arrivals = meaning("workloads.checkout.arrivals");
        assert!(arrivals.what.contains("Poisson, Constant"), "{arrivals:?}");
        assert!(arrivals.choices.is_empty(), "a name alone is no arrivals");
    }

    #[test]
    fn a_mistake_names_the_setting_and_the_nearest_right_one() {
        let session = session("acks-one-leader-crash");
        let said = |set: &str| {
            let document = with(session.loaded(), set).expect_err("a mistake");
            mistakes(&session, set, &document).join("\n")
        };
        let path = said("workloads.checkot.akcs=All");
        assert!(
            path.contains("did you mean `workloads.checkout.acks`?"),
            "{path}"
        );
        let value = said("workloads.checkout.acks=Al");
        assert!(value.starts_with("workloads.checkout.acks=Al\n"), "{value}");
        assert!(value.contains("`All`"), "{value}");
        // What it makes wrong elsewhere is told with its place in the file.
        let elsewhere = said("nodes.broker.count=2");
        assert!(elsewhere.contains("(at "), "{elsewhere}");
        for said in [path, value, elsewhere] {
            assert!(!said.contains("--set"), "{said}");
        }
    }
}
