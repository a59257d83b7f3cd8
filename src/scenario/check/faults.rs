//! When faults come, and whether a heal has something to heal.

use crate::sim::complaint::{Complaint, Path, suggestion};
use crate::sim::fault::heal::What;
use crate::sim::fault::{Action, Set, Target};
use crate::sim::units::{Duration, Rate};
use crate::systems::Known;

use super::super::schema::{FaultSettings, Scenario};
use super::FAULTS_MAX;
use super::targets::target;

pub(super) fn faults<E>(scenario: &Scenario<E>, known: &Known, out: &mut Vec<Complaint>) {
    calm(scenario, out);
    let duration = scenario.duration;
    for (i, fault) in scenario.faults.iter().enumerate() {
        let entry = Path::root().field("faults").index(i);
        let (action_at, begin) = times(fault, &entry, duration.ns(), out);
        let action = fault.action();
        for (at, each) in action.targets(&action_at) {
            target(&each, &at, known, scenario, out);
        }
        if scenario.calm.is_some_and(|calm| begin >= calm.at.ns()) && begin < duration.ns() {
            let message = "the run is calm by then, so it never happens";
            let complaint = Complaint::warning(action_at.clone(), message);
            out.push(
                complaint.related(Path::root().field("calm").field("at"), "calm from here on"),
            );
        }
        action.check(&action_at, out);
        if let Action::Traffic(traffic) = action {
            makes_traffic(scenario, &traffic.of, &action_at.field("of"), known, out);
        }
        if let Action::Set(set) = action {
            can_be_set(set, &action_at, known, out);
        }
        heal(scenario, i, action, begin, &action_at, out);
    }
}

/// Whether the time after a run becomes calm is up before its end.
fn calm<E>(scenario: &Scenario<E>, out: &mut Vec<Complaint>) {
    let Some(calm) = scenario.calm else { return };
    let at = Path::root().field("calm");
    let end_ns = scenario.duration.ns();
    if calm.within.is_zero() {
        let message = "nothing is as before in no time";
        out.push(Complaint::error(at.field("within"), message));
    } else if calm.at.ns().saturating_add(calm.within.ns()) > end_ns {
        let message = "the run ends before this time is up";
        let complaint = Complaint::error(at.field("within"), message).rests_on(&["duration"]);
        out.push(complaint.rests_on_own(&at, &["at"]));
    }
}

/// Checks the times of a fault; returns where its action stands and when it first begins.
fn times(
    fault: &FaultSettings,
    entry: &Path,
    end_ns: u64,
    out: &mut Vec<Complaint>,
) -> (Path, u64) {
    match fault {
        FaultSettings::At(at, _) => {
            not_late(entry.index(0), at.ns(), end_ns, out);
            (entry.index(1), at.ns())
        }
        FaultSettings::During(from, to, action) => {
            not_late(entry.index(0), from.ns(), end_ns, out);
            if to <= from {
                out.push(ends_early(entry.index(1), entry.index(0)));
            }
            has_length(action, entry.index(2), out);
            (entry.index(2), from.ns())
        }
        FaultSettings::Every {
            every,
            first,
            until,
            lasting,
            fault,
        } => {
            let first_ns = first.unwrap_or(*every).ns();
            let field = if first.is_some() { "first" } else { "every" };
            not_late(entry.field(field), first_ns, end_ns, out);
            repeats(*every, first_ns, *until, end_ns, entry, out);
            if lasting.is_some() {
                has_length(fault, entry.field("lasting"), out);
            }
            (entry.field("fault"), first_ns)
        }
        FaultSettings::Random {
            rate,
            from,
            until,
            lasting,
            fault,
        } => {
            not_late(entry.field("from"), from.ns(), end_ns, out);
            if until.is_some_and(|u| u <= *from) {
                out.push(ends_early(entry.field("until"), entry.field("from")));
            }
            let until_ns = until.map_or(end_ns, |u| u.ns());
            happens(*rate, until_ns.saturating_sub(from.ns()), entry, out);
            if lasting.is_some() {
                has_length(fault, entry.field("lasting"), out);
            }
            (entry.field("fault"), from.ns())
        }
    }
}

fn not_late(at: Path, ns: u64, end_ns: u64, out: &mut Vec<Complaint>) {
    if ns >= end_ns {
        let message = "this is not before the end of the run, so it never happens";
        out.push(Complaint::warning(at, message).rests_on(&["duration"]));
    }
}

fn ends_early(end: Path, begin: Path) -> Complaint {
    Complaint::error(end, "it ends before it begins").related(begin, "begins here")
}

fn has_length(action: &Action, at: Path, out: &mut Vec<Complaint>) {
    if !action.lasts() {
        let complaint = Complaint::error(
            at,
            format!("`{}` is over at once: it has no duration", action.word()),
        );
        out.push(complaint.help("write it as At(\"…\", …)"));
    }
}

/// Whether what comes again and again pauses in between, and ends.
fn repeats(
    every: Duration,
    first_ns: u64,
    until: Option<Duration>,
    end_ns: u64,
    entry: &Path,
    out: &mut Vec<Complaint>,
) {
    let until_ns = until.map_or(end_ns, |u| u.ns());
    if every.is_zero() {
        out.push(Complaint::error(
            entry.field("every"),
            "again and again without a pause is for ever",
        ));
    } else if until.is_some_and(|u| u.ns() <= first_ns) {
        let message = "it ends before it begins for the first time";
        let complaint = Complaint::error(entry.field("until"), message);
        out.push(complaint.rests_on_own(entry, &["every", "first"]));
    } else if until_ns.saturating_sub(first_ns) / every.ns() > FAULTS_MAX {
        let message = format!("this would begin more than {FAULTS_MAX} times");
        let complaint = Complaint::error(entry.field("every"), message).rests_on(&["duration"]);
        out.push(complaint.rests_on_own(entry, &["first", "until"]));
    }
}

/// Whether what comes by chance comes at all, and not too often.
fn happens(rate: Rate, span_ns: u64, entry: &Path, out: &mut Vec<Complaint>) {
    if rate.is_zero() {
        out.push(Complaint::error(
            entry.field("rate"),
            "at this rate it never happens",
        ));
    }
    let expected = rate.per_s() * span_ns as f64 / 1e9;
    if expected > FAULTS_MAX as f64 {
        let message = format!("this would begin more than {FAULTS_MAX} times");
        let complaint = Complaint::error(entry.field("rate"), message).rests_on(&["duration"]);
        out.push(complaint.rests_on_own(entry, &["from", "until"]));
    }
}

/// Traffic is of who makes any by itself.
fn makes_traffic<E>(
    scenario: &Scenario<E>,
    of: &Target,
    at: &Path,
    known: &Known,
    out: &mut Vec<Complaint>,
) {
    let makers = scenario.workloads.iter().filter(|w| w.arrivals().is_some());
    let makers: Vec<&str> = makers.map(|w| w.name()).collect();
    let Target::Name(name) = of else {
        if makers.is_empty() {
            out.push(Complaint::error(
                at.clone(),
                "no workload makes any traffic",
            ));
        }
        return;
    };
    let workloads = scenario.workloads.iter().map(|w| w.name());
    let others = scenario.systems.iter().map(|s| s.name()).chain(workloads);
    if !known.nodes.contains_key(name)
        && !makers.contains(&name.as_str())
        && others.collect::<Vec<_>>().contains(&name.as_str())
    {
        let message = format!("`{name}` makes no traffic: it works on what others make");
        let complaint = Complaint::error(at.clone(), message).rests_on(&["workloads"]);
        out.push(match makers.as_slice() {
            [] => complaint,
            makers => complaint.help(format!("these do: `{}`", makers.join("`, `"))),
        });
    }
}

/// Whether there is such a setting, and it can be that.
fn can_be_set(set: &Set, at: &Path, known: &Known, out: &mut Vec<Complaint>) {
    let unknown = |message: String, at: Path, name: &str, names: Vec<&str>| {
        let complaint = Complaint::error(at, message).rests_on(&["systems", "workloads"]);
        match suggestion(name, &names) {
            Some(help) => complaint.help(help),
            None => complaint,
        }
    };
    let Some(subject) = known.subjects.iter().find(|s| s.name == set.of) else {
        let names = known.subjects.iter().map(|s| s.name.as_str());
        let message = format!("`{}` has no settings that can change in a run", set.of);
        out.push(unknown(message, at.field("of"), &set.of, names.collect()));
        return;
    };
    let Some(knob) = subject.knobs.iter().find(|k| k.name == set.setting) else {
        let names = subject.knobs.iter().map(|k| k.name);
        let message = format!(
            "`{}` has no setting `{}` that can change in a run",
            set.of, set.setting
        );
        let field = at.field("setting");
        out.push(unknown(message, field, &set.setting, names.collect()));
        return;
    };
    if let Err(why) = knob.read(&set.to) {
        let complaint = Complaint::error(at.field("to"), why);
        out.push(complaint.help(format!("`{}`: {}", knob.name, knob.what)));
    }
}

/// A heal needs something before it that it heals.
fn heal<E>(
    scenario: &Scenario<E>,
    own: usize,
    action: &Action,
    begin_ns: u64,
    at: &Path,
    out: &mut Vec<Complaint>,
) {
    let Action::Heal(heal) = action else { return };
    let begins = |f: &FaultSettings| match f {
        FaultSettings::At(at, _) | FaultSettings::During(at, _, _) => at.ns(),
        FaultSettings::Every { every, first, .. } => first.unwrap_or(*every).ns(),
        FaultSettings::Random { from, .. } => from.ns(),
    };
    let healed = |f: &FaultSettings| heal.0.covers(f.action().heals_as()) && begins(f) <= begin_ns;
    if scenario
        .faults
        .iter()
        .enumerate()
        .any(|(i, f)| i != own && healed(f))
    {
        return;
    }
    let what = match heal.0 {
        What::All => "fault that lasts".to_owned(),
        kind => format!("fault of the kind `{kind:?}`"),
    };
    let message = format!("there is nothing to heal: no {what} begins before this");
    out.push(Complaint::error(at.clone(), message).rests_on(&["faults"]));
}
