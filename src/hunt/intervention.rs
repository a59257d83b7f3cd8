//! Interventions: what somebody did to a run. Each is a fault in the words of the scenario language, at a moment that the
//! scenario could name too: a run with interventions and a run of the scenario with the same faults are the same run.

use super::Loaded;
use crate::scenario::document::Document;
use crate::sim::fault::FaultPlan;
use crate::sim::units::Duration;

/// Something that somebody did to a run.
#[derive(Clone, Debug)]
pub struct Intervention {
    /// When, virtual time in ns: before everything else of that moment.
    pub at_ns: u64,
    /// The entry of a scenario's `faults` that says the same: `At("12480ms", Crash("broker-1"))`.
    pub text: String,
    /// What it comes down to.
    pub plan: FaultPlan,
}

/// The entry of a scenario's `faults` for a fault that begins at a moment and lasts so long, or until it is healed.
pub fn entry(at_ns: u64, action: &str, lasting_ns: Option<u64>) -> String {
    let at = Duration::from_ns(at_ns);
    match lasting_ns {
        None => format!("At(\"{at}\", {action})"),
        Some(lasting) => {
            let end = Duration::from_ns(at_ns.saturating_add(lasting));
            format!("During(\"{at}\", \"{end}\", {action})")
        }
    }
}

/// What some entries come down to, each with its moment. The mistakes are in the document.
pub fn read(loaded: &Loaded, entries: &[String]) -> Result<Vec<Intervention>, Box<Document>> {
    let (scenario, plan) = loaded.with_faults(entries)?;
    // Behind the faults there may stand what makes the run calm.
    let first = scenario.faults.len().saturating_sub(entries.len());
    let plans = plan.world.faults.into_iter().skip(first);
    let read = plans.zip(entries).map(|(plan, text)| Intervention {
        at_ns: plan.schedule.first_ns().max(1),
        text: text.clone(),
        plan: FaultPlan {
            line: FaultPlan::BY_HAND,
            ..plan
        },
    });
    Ok(read.collect())
}

/// The same interventions in another scenario, one after another as far as it has what they speak of; and the entries of those
/// that it has not.
pub fn read_possible(
    loaded: &Loaded,
    interventions: &[Intervention],
) -> (Vec<Intervention>, Vec<String>) {
    let (mut possible, mut impossible) = (Vec::new(), Vec::new());
    let mut entries = Vec::new();
    for intervention in interventions {
        // With those before it: a heal, for one, needs something to heal.
        entries.push(intervention.text.clone());
        match read(loaded, &entries) {
            Ok(read) => possible = read,
            Err(_) => impossible.extend(entries.pop()),
        }
    }
    (possible, impossible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_what_they_say_also_where_the_run_becomes_calm() {
        let text = r#"(
            title: "t", duration: "20s", nodes: [(name: "b")], systems: [], faults: [At("1s", Pause("b"))],
            calm: (at: "10s", within: "5s"),
        )"#;
        let loaded = Loaded::from_text("t.ron", text, &[]);
        let loaded = loaded.unwrap_or_else(|document| panic!("{}", document.render(false)));
        let entries = [
            entry(2_000_000_000, "Crash(\"b\")", None),
            entry(3_000_000_000, "Slow(target: \"b\", factor: 2)", None),
        ];
        let read = read(&loaded, &entries).expect("good");
        let said: Vec<_> = read
            .iter()
            .map(|i| (i.at_ns, i.plan.action.word()))
            .collect();
        assert_eq!(said, [(2_000_000_000, "Crash"), (3_000_000_000, "Slow")]);
    }
}
