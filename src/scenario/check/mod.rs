//! What can be wrong with a scenario whose every word is right by itself: names that nothing bears, times out of order,
//! combinations that cannot be. Systems and workloads check their own settings.

mod faults;
mod names;
mod network;
mod over;
mod targets;

use crate::sim::arrivals::Arrivals;
use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::Duration;

use super::schema::Scenario;

use faults::faults;
use names::declare;
use network::network;
use over::over;

/// More machines than this are surely a slip of the pen.
pub const NODES_MAX: u64 = 100_000;
/// More faults than this in one run are surely a slip of the pen.
pub const FAULTS_MAX: u64 = 1_000_000;

/// All that is wrong.
pub fn check<E>(scenario: &Scenario<E>) -> Vec<Complaint> {
    let mut out = Vec::new();
    if scenario.duration.is_zero() {
        out.push(Complaint::error(
            Path::root().field("duration"),
            "a run of no length shows nothing",
        ));
    }
    if scenario.duration.ns() > 1 << 62 {
        out.push(Complaint::error(
            Path::root().field("duration"),
            "a run lasts at most 146 years",
        ));
    }
    let known = declare(scenario, &mut out);
    network(scenario, &known, &mut out);
    let systems = Path::root().field("systems");
    for (i, system) in scenario.systems.iter().enumerate() {
        system.check(&systems.index(i), &known, &mut out);
    }
    let workloads = Path::root().field("workloads");
    for (i, workload) in scenario.workloads.iter().enumerate() {
        workload.check(&workloads.index(i), &known, &mut out);
        if let Some((field, arrivals)) = workload.arrivals() {
            let at = workloads.index(i).field(field);
            out.extend(volume(arrivals, scenario.duration, at));
        }
    }
    faults(scenario, &known, &mut out);
    over(scenario, &mut out);
    out
}

/// So many messages in one run are surely a slip of the pen: at some million events a second, it would take days.
const MESSAGES_MAX: f64 = 1e11;
/// So many take a while.
const MESSAGES_DOUBTFUL: f64 = 1e9;

/// Whether a run would ever end.
fn volume(arrivals: &Arrivals, duration: Duration, at: Path) -> Option<Complaint> {
    let seconds = duration.ns() as f64 / 1e9;
    let expected = match arrivals {
        Arrivals::Poisson(rate) | Arrivals::Constant(rate) => rate.per_s() * seconds,
        Arrivals::Bursts { rate, rate_off, .. } => rate.per_s().max(rate_off.per_s()) * seconds,
        Arrivals::Ramp { from, to, .. } => from.per_s().max(to.per_s()) * seconds,
        Arrivals::Diurnal { mean, .. } => mean.per_s() * seconds,
        Arrivals::ClosedLoop { .. } | Arrivals::Trace { .. } => return None,
    };
    let message = format!("up to {expected:.0e} messages in one run");
    if expected > MESSAGES_MAX {
        let message = format!("{message} are too many: it would not end");
        let complaint = Complaint::error(at, message).rests_on(&["duration"]);
        Some(complaint.help("lower the rate or the duration"))
    } else if expected > MESSAGES_DOUBTFUL {
        let message = format!("{message}: this takes the simulator an hour or more");
        let complaint = Complaint::warning(at, message).rests_on(&["duration"]);
        Some(complaint.help("lower the rate or the duration"))
    } else {
        None
    }
}
