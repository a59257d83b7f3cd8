//! What a scenario file says, as types. Every field here is a word of the scenario language.

use serde::{Deserialize, Serialize};

use crate::sim::defaults::count;
use crate::sim::dist::Dist;
use crate::sim::fault::{Action, Target};
use crate::sim::skew::{Drift, Offset};
use crate::sim::units::{Chance, Duration, Rate, Size};
use crate::systems::{SystemSettings, WorkloadSettings};

/// A scenario. `E` is what an expectation is: the checks know, and stand to the right of this module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario<E> {
    /// One line: what it shows.
    pub title: String,
    /// A few sentences: why it happens.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Where the picker lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The seed, unless the command line gives another.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// How long it runs, in virtual time.
    pub duration: Duration,
    /// The machines.
    pub nodes: Vec<NodeSettings>,
    /// The links between them.
    #[serde(default)]
    pub network: NetworkSettings,
    /// The systems that run on them.
    pub systems: Vec<SystemSettings>,
    /// Who uses the systems.
    #[serde(default = "Vec::new")]
    pub workloads: Vec<WorkloadSettings>,
    /// What goes wrong, and when.
    #[serde(default = "Vec::new")]
    pub faults: Vec<FaultSettings>,
    /// When nothing goes wrong any more, and what must be well soon after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm: Option<CalmSettings>,
    /// What must be true of a run.
    #[serde(default = "Vec::new")]
    pub expect: Vec<E>,
    /// Over how many seeds `expect` is claimed; without it, of the scenario's own seed alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<OverSettings>,
    /// What must be true of the same run without its faults.
    #[serde(default = "Vec::new")]
    pub control: Vec<E>,
    /// Over how many seeds `control` is claimed; without it, as `over` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_over: Option<OverSettings>,
    /// Settings that the control run changes besides leaving the faults out, as `--set` would:
    /// `["workloads.checkout.acks=All"]`. With it, faults stay in the control unless `control_faults` says otherwise.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub control_set: Vec<String>,
    /// Whether the control run has the faults too. The default: only if `control_set` changes something, which then is the
    /// cause under test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_faults: Option<bool>,
}

/// Safety, then liveness: up to a moment anything may go wrong, and from then on nothing does. What must hold at all times is
/// put to the test before, what must come true again after it. (`TigerBeetle`'s simulator does the same: `docs/internals/vopr.md`.)
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalmSettings {
    /// The moment: no fault begins from then on.
    pub at: Duration,
    /// What of that which is at work then ends.
    #[serde(default)]
    pub heal: Healed,
    /// How long after it everything must be as before.
    pub within: Duration,
}

/// What of the faults at work ends when a run becomes calm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Healed {
    /// All that last.
    #[default]
    All,
    /// What strikes only a minority of the nodes of each system and workload may stay: crashes, pauses, slowness, disks,
    /// clocks, cuts.
    Majority,
}

/// With how many seeds that which is expected must be so: one run is an anecdote.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverSettings {
    /// So many seeds from 0 on, as `sweep --seeds` counts them.
    pub seeds: u32,
    /// The share of them with which every expectation must be met.
    #[serde(default = "always")]
    pub at_least: Chance,
}

fn always() -> Chance {
    Chance::ALWAYS
}

fn default_seed() -> u64 {
    42
}

/// Some machines of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeSettings {
    /// What they are called: `broker` makes `broker-1`, `broker-2` …; one alone is `broker`.
    pub name: String,
    /// How many.
    #[serde(default = "count::<1>")]
    pub count: u32,
    /// Zones they are dealt out to, in turn.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// How many requests one serves at once. A system may set it by a setting of its own.
    #[serde(default = "count::<8>")]
    pub cores: u32,
    /// The disk.
    #[serde(default)]
    pub disk: DiskSettings,
    /// The clock.
    #[serde(default)]
    pub clock: ClockSettings,
}

/// A disk. Defaults: those of [`crate::sim::host::DiskPlan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskSettings {
    /// Time to put a write into the page cache.
    pub write: Dist,
    /// Time to sync what is dirty.
    pub sync: Dist,
    /// Bytes a second.
    pub bandwidth: Size,
    /// Bytes it holds.
    pub capacity: Size,
}

impl Default for DiskSettings {
    fn default() -> Self {
        let plan = crate::sim::host::DiskPlan::default();
        Self {
            write: plan.write,
            sync: plan.sync,
            bandwidth: plan.bandwidth,
            capacity: plan.capacity,
        }
    }
}

/// A clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockSettings {
    /// How far ahead of true time it is at the start.
    pub offset: Offset,
    /// How much too fast it runs.
    pub drift: Drift,
}

/// The network. Defaults: those of [`crate::sim::net::LinkPlan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkSettings {
    /// One way, between two machines.
    pub latency: Dist,
    /// One way, between two processes on one machine.
    pub loopback: Dist,
    /// Share of packets lost; TCP sends them again, so that messages are late.
    pub loss: Chance,
    /// Share of messages that arrive twice.
    pub duplicate: Chance,
    /// Share of messages that overtake or fall behind others.
    pub reorder: Chance,
    /// Bytes a second on each link; without it, as many as one likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Size>,
    /// Links that are different; of several that fit, the last counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteSettings>,
}

impl Default for NetworkSettings {
    fn default() -> Self {
        let plan = crate::sim::net::NetworkPlan::default();
        Self {
            latency: plan.link.latency,
            loopback: plan.loopback,
            loss: plan.link.loss,
            duplicate: plan.link.duplicate,
            reorder: plan.link.reorder,
            bandwidth: plan.link.bandwidth,
            routes: Vec::new(),
        }
    }
}

/// Links that differ from the rest of the network. What it does not say is as in `network`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteSettings {
    /// The sending nodes.
    pub from: Target,
    /// The receiving nodes.
    pub to: Target,
    /// Only in that direction; otherwise both ways.
    #[serde(default)]
    pub one_way: bool,
    /// One way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Dist>,
    /// Share of packets lost; TCP sends them again, so that messages are late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Chance>,
    /// Share of messages that arrive twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Chance>,
    /// Share of messages that overtake or fall behind others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder: Option<Chance>,
    /// Bytes a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Size>,
}

/// A fault with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FaultSettings {
    /// Once, until it is healed: `At("20s", Crash("broker-1"))`.
    At(Duration, Action),
    /// From one moment to another: `During("20s", "30s", Pause("broker-1"))`.
    During(Duration, Duration, Action),
    /// Again and again.
    Every {
        /// From one beginning to the next.
        every: Duration,
        /// The first time; without it, after one `every`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Duration>,
        /// Not at or after this moment; without it, until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Duration>,
        /// How long each lasts; without it, until it is healed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasting: Option<Duration>,
        /// What it does.
        fault: Action,
    },
    /// At random moments.
    Random {
        /// How often.
        rate: Rate,
        /// Not before.
        #[serde(default)]
        from: Duration,
        /// Not at or after this moment; without it, until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Duration>,
        /// How long each lasts; without it, until it is healed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasting: Option<Duration>,
        /// What it does.
        fault: Action,
    },
}

impl FaultSettings {
    /// What it does.
    pub fn action(&self) -> &Action {
        match self {
            Self::At(_, action) | Self::During(_, _, action) => action,
            Self::Every { fault, .. } | Self::Random { fault, .. } => fault,
        }
    }
}
