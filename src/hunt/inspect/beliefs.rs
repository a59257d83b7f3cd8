//! What a node believes, beside the truth.

use crate::sim::{Names, Pid};
use crate::systems::{Belief, Inspect, Sim};

use super::Subject;

/// A belief, held against the truth.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// Who believes it.
    pub pid: Pid,
    /// What it is about: `leader of orders/0`.
    pub about: String,
    /// What is believed: `events/broker-1 (epoch 3)`.
    pub believes: String,
    /// What is so; `None` where nobody can say.
    pub truth: Option<String>,
    /// Whether the two differ.
    pub differs: bool,
    /// Whether it is so and yet of no use: who leads is dead, paused or out of reach.
    pub in_vain: bool,
}

/// What the living processes of a subject believe; what is wrong first, then what is so in vain.
pub fn beliefs(sim: &Sim, subject: Subject) -> Vec<Held> {
    let names = sim.names();
    let mut out = Vec::new();
    for pid in subject.processes(sim) {
        if !sim.is_alive(pid) {
            continue;
        }
        let Some(process) = sim.processes().get(pid.index()) else {
            continue;
        };
        let beliefs = process.beliefs(sim.now(), names);
        out.extend(beliefs.iter().map(|belief| hold(sim, pid, belief)));
    }
    out.sort_by_key(|held| (!held.differs, !held.in_vain));
    out
}

fn hold(sim: &Sim, pid: Pid, belief: &Belief) -> Held {
    let names = sim.names();
    let held = |truth: Option<String>, differs: bool, in_vain: bool| Held {
        pid,
        about: about(belief, names),
        believes: words(belief, names),
        truth,
        differs,
        in_vain: in_vain && !differs,
    };
    if let Belief::Well { who, well } = belief {
        let (truth, is_well) = health(sim, pid, *who);
        return held(Some(truth), is_well.is_some_and(|is| is != *well), false);
    }
    let mut deciders = sim.processes().iter();
    let truth = deciders.find_map(|p| p.truth(belief, names));
    let differs = truth.as_ref().is_some_and(|truth| truth != belief);
    let mut in_vain = false;
    let said = truth.map(|truth| {
        let mut text = words(&truth, names);
        if let Belief::Leads { who: Some(who), .. } | Belief::Coordinates { who: Some(who), .. } =
            truth
            && let (state, Some(false)) = health(sim, who, who)
        {
            text = format!("{text}, {state}");
            in_vain = true;
        }
        text
    });
    held(said, differs, in_vain)
}

fn about(belief: &Belief, names: &Names) -> String {
    match belief {
        Belief::Leads { queue, .. } => format!("leader of {}", names.queue_short(*queue)),
        Belief::Coordinates { group, .. } => format!("coordinator of {}", names.group(*group)),
        Belief::Well { who, .. } => names.process(*who).to_owned(),
        Belief::Serve { service, .. } => format!("replicas of {}", names.service(*service)),
    }
}

fn words(belief: &Belief, names: &Names) -> String {
    let name = |who: &Option<Pid>| who.map_or("nobody", |who| names.process(who)).to_owned();
    match belief {
        Belief::Leads {
            who,
            epoch: Some(epoch),
            ..
        } => format!("{} (epoch {epoch})", name(who)),
        Belief::Leads { who, .. } | Belief::Coordinates { who, .. } => name(who),
        Belief::Well { well: true, .. } => "well".to_owned(),
        Belief::Well { well: false, .. } => "not to be used".to_owned(),
        Belief::Serve { count, .. } => format!("{count} serve"),
    }
}

/// How a process is, as one who wants something from it would find; and whether that is well. One that is merely slow may be
/// called either.
fn health(sim: &Sim, from: Pid, who: Pid) -> (String, Option<bool>) {
    let node = |pid: Pid| sim.names().processes.get(pid.index()).map(|p| p.node);
    let (Some(here), Some(there)) = (node(from), node(who)) else {
        return ("unknown".to_owned(), None);
    };
    let host = sim.host(there);
    let cut = |a, b| a != b && sim.network().is_cut(a, b);
    if !host.is_up() {
        ("without power".to_owned(), Some(false))
    } else if !sim.is_alive(who) {
        ("down".to_owned(), Some(false))
    } else if host.is_paused() {
        ("paused".to_owned(), Some(false))
    } else if cut(here, there) || cut(there, here) {
        ("up, but cut off from here".to_owned(), Some(false))
    } else if host.slow_milli() > 1000 {
        let factor = host.slow_milli() as f64 / 1000.0;
        (format!("up, but x{factor} slower"), None)
    } else {
        ("up".to_owned(), Some(true))
    }
}
