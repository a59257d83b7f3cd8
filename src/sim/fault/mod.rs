//! Faults: what goes wrong, when, to whom, and how it is undone.
//!
//! Each kind of fault is one file here and one line in `faults!`. Its settings are the scenario language's own form.
//! A fault begins at its time, is resolved to nodes at that moment, holds them, and lets go when its duration is over or
//! somebody heals it. Everything it decides by chance comes from a stream of its own.

mod clock;
mod crash;
mod cut;
mod disk;
mod factor;
mod flapping;
pub mod heal;
mod how;
mod link;
mod links;
mod monkey;
mod node;
mod pause;
mod rolling;
mod schedule;
mod set;
mod split;
mod stop;
mod target;
mod traffic;
mod tuned;
mod world;
mod zone;

pub use clock::{ClockDrift, ClockJump};
pub use crash::{Crash, PowerLoss, Restart};
pub use cut::{Cut, Isolate};
pub use disk::{DiskFull, DiskLostUnsynced, DiskSlow, DiskStalled};
pub use factor::Factor;
pub use flapping::Flapping;
pub use heal::Heal;
pub use how::How;
pub use links::{LinkBandwidth, LinkDuplicating, LinkLossy, LinkReordering, LinkSlow, Of};
pub use monkey::{ChaosMonkey, Hours, When};
pub use pause::{Pause, Slow};
pub use rolling::RollingRestart;
pub use schedule::Schedule;
pub use set::Set;
pub use split::{Bridge, Split};
pub use stop::Stop;
pub use target::Target;
pub use traffic::Traffic;
pub use world::World;
pub use zone::ZoneOutage;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::NodeId;
use super::complaint::{Complaint, Path};
use super::event::Rare;
use super::kernel::Sim;
use super::names::FaultName;
use super::process::Process;
use super::record::{Fact, Observer, Record};
use super::stream::Stream;

use tuned::Tuned;

/// What a fault that is at work holds, so that it can let go.
#[derive(Clone, Debug, Default)]
pub struct Hold {
    /// The nodes it was resolved to.
    pub nodes: Vec<NodeId>,
    /// Network effects it put in place.
    pub effects: Vec<u32>,
    /// The two sides of its links, where it needs them again.
    pub sides: [Vec<NodeId>; 2],
    /// Nodes it has still to do something to, the next one last.
    pub queue: Vec<NodeId>,
}

impl Hold {
    /// Holds nodes.
    pub fn nodes(nodes: Vec<NodeId>) -> Self {
        Self {
            nodes,
            ..Self::default()
        }
    }

    /// Does something to each node of a target, and holds them.
    pub fn each<P: Process>(
        target: &Target,
        world: &mut World<'_, P>,
        mut take: impl FnMut(&mut World<'_, P>, NodeId),
    ) -> Self {
        let nodes = world.resolve(target);
        nodes.iter().for_each(|&n| take(world, n));
        Self::nodes(nodes)
    }

    /// Holds nodes, and effects on the links between them.
    pub fn links(mut nodes: Vec<NodeId>, effects: Vec<u32>) -> Self {
        nodes.sort_unstable();
        nodes.dedup();
        Self {
            nodes,
            effects,
            ..Self::default()
        }
    }
}

/// What all kinds of fault have in common.
pub trait Fault {
    /// Whether it lasts until its duration is over or it is healed; a fault that does not (a restart, a clock step) is
    /// over at once. A scenario that gives such a fault a duration is told so.
    const LASTS: bool;

    /// Whether it undoes what other faults did (a restart, a heal): what it strikes is better off for it.
    const MENDS: bool = false;

    /// Who it is aimed at, with the place it was said in; `at` is the place of the fault itself.
    fn targets(&self, at: &Path) -> Vec<(Path, Target)>;

    /// What is wrong with its settings, if anything, apart from its targets.
    fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let _ = (at, out);
    }

    /// In a few words, for logs: `crash leader of events/orders/0`.
    fn label(&self) -> String;

    /// Takes hold.
    fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold;

    /// Lets go; by itself, of all effects it holds.
    fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
        hold.effects.iter().for_each(|&e| world.repair(e));
    }

    /// Goes on, at a moment it asked for with [`World::later`].
    fn tick<P: Process>(&self, tag: u64, hold: &mut Hold, world: &mut World<'_, P>) {
        let _ = (tag, hold, world);
    }

    /// What of it a heal undoes.
    fn heals_as(&self) -> Option<heal::What> {
        None
    }
}

macro_rules! faults {
    ($($name:ident: $form:literal),* $(,)?) => {
        /// Any fault. The variants are the words of the scenario language.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each is documented where it is defined")]
        pub enum Action { $($name($name)),* }

        impl Action {
            /// Every word.
            pub const WORDS: &'static [&'static str] = &[$(stringify!($name)),*];

            /// Every word with how it is written, for whoever asks a person for one: `{target}` stands for what is to be
            /// said, `{factor=10}` for what is usual.
            pub const FORMS: &'static [(&'static str, &'static str)] = &[$((stringify!($name), $form)),*];

            /// By the number of the word: see [`Fault::LASTS`].
            pub const LASTING: &'static [bool] = &[$(<$name as Fault>::LASTS),*];

            /// See [`Fault::LASTS`].
            pub fn lasts(&self) -> bool {
                match self { $(Self::$name(_) => <$name as Fault>::LASTS),* }
            }

            /// The word of the scenario language.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),* }
            }

            /// See [`Fault::targets`].
            pub fn targets(&self, at: &Path) -> Vec<(Path, Target)> {
                match self { $(Self::$name(fault) => fault.targets(at)),* }
            }

            /// See [`Fault::check`].
            pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
                match self { $(Self::$name(fault) => fault.check(at, out)),* }
            }

            /// See [`Fault::label`].
            pub fn label(&self) -> String {
                match self { $(Self::$name(fault) => fault.label()),* }
            }

            /// See [`Fault::MENDS`].
            pub fn mends(&self) -> bool {
                match self { $(Self::$name(_) => <$name as Fault>::MENDS),* }
            }

            /// See [`Fault::heals_as`].
            pub fn heals_as(&self) -> Option<heal::What> {
                match self { $(Self::$name(fault) => fault.heals_as()),* }
            }

            fn begin<P: Process>(&self, world: &mut World<'_, P>) -> Hold {
                match self { $(Self::$name(fault) => fault.begin(world)),* }
            }

            fn end<P: Process>(&self, hold: &Hold, world: &mut World<'_, P>) {
                match self { $(Self::$name(fault) => fault.end(hold, world)),* }
            }

            fn tick<P: Process>(&self, tag: u64, hold: &mut Hold, world: &mut World<'_, P>) {
                match self { $(Self::$name(fault) => fault.tick(tag, hold, world)),* }
            }
        }
    };
}

faults! {
    Crash: "Crash({target})",
    PowerLoss: "PowerLoss({target})",
    Stop: "Stop({target})",
    Restart: "Restart({target})",
    RollingRestart: "RollingRestart(targets: {targets}, down_for: \"{down_for=5s}\", gap: \"{gap=10s}\")",
    Pause: "Pause({target})",
    Slow: "Slow(target: {target}, factor: {factor=10})",
    DiskSlow: "DiskSlow(target: {target}, factor: {factor=20})",
    DiskStalled: "DiskStalled({target})",
    DiskFull: "DiskFull({target})",
    DiskLostUnsynced: "DiskLostUnsynced({target})",
    ClockJump: "ClockJump(target: {target}, by: \"{by=2s}\")",
    ClockDrift: "ClockDrift(target: {target}, by: \"{by=200us/s}\")",
    Cut: "Cut(from: {from}, to: {to}, one_way: {one_way=false})",
    Isolate: "Isolate({target})",
    Split: "Split(groups: [[{left}], [{right}]])",
    Bridge: "Bridge(left: {left}, right: {right}, bridge: {bridge})",
    Flapping: "Flapping(from: {from}, to: {to}, down: \"{down=500ms}\", up: \"{up=2s}\")",
    LinkSlow: "LinkSlow(from: {from}, to: {to}, delay: \"{delay=200ms}\")",
    LinkLossy: "LinkLossy(from: {from}, to: {to}, loss: \"{loss=5%}\")",
    LinkDuplicating: "LinkDuplicating(from: {from}, to: {to}, share: \"{share=5%}\")",
    LinkReordering: "LinkReordering(from: {from}, to: {to}, share: \"{share=5%}\", by: \"{by=20ms}\")",
    LinkBandwidth: "LinkBandwidth(from: {from}, to: {to}, bandwidth: \"{bandwidth=1MiB}\")",
    ZoneOutage: "ZoneOutage(zone: \"{zone}\", how: {how=PowerLoss})",
    ChaosMonkey: "ChaosMonkey(targets: {targets}, when: Every(gap: \"{gap=10s}\"), down_for: \"{down_for=5s}\")",
    Traffic: "Traffic(of: \"{workload}\", factor: {factor=3})",
    Set: "Set(of: \"{of}\", setting: \"{setting}\", to: {value})",
    Heal: "Heal({what=All})",
}

/// A fault with its time, by the plan.
#[derive(Clone, Debug)]
pub struct FaultPlan {
    /// The scenario's line it stands in, from 1; 0 if it stands in none, [`FaultPlan::BY_HAND`] if somebody did it.
    pub line: u32,
    /// When it begins, and how often.
    pub schedule: Schedule,
    /// How long it lasts, ns; `None`: until it is healed.
    pub lasting_ns: Option<u64>,
    /// What it does.
    pub action: Action,
}

impl FaultPlan {
    /// The line of what stands in none because somebody did it to the run.
    pub const BY_HAND: u32 = u32::MAX;

    /// In a few words.
    pub fn label(&self) -> String {
        self.action.label()
    }
}

/// A moment in the life of a fault.
#[derive(Clone, Debug)]
pub enum Step {
    /// It begins (for the `round`th time, from 0).
    Begin {
        /// Index in the plan.
        fault: u32,
        /// How often it began before.
        round: u32,
    },
    /// Its duration is over.
    End {
        /// Index among all that ever began.
        active: u32,
    },
    /// It goes on.
    Tick {
        /// Index among all that ever began.
        active: u32,
        /// By the fault.
        tag: u64,
    },
}

/// A fault that began.
#[derive(Clone, Debug)]
pub struct Active {
    /// Index in the plan.
    pub fault: u32,
    /// When it began, ns.
    pub since_ns: u64,
    /// When it let go, ns.
    pub until_ns: Option<u64>,
    /// What it holds.
    pub hold: Hold,
}

/// All faults of a run.
#[derive(Clone, Debug)]
pub struct Faults {
    plans: Arc<[FaultPlan]>,
    streams: Vec<Streams>,
    active: Vec<Active>,
    tuned: Tuned,
    seed: u64,
    /// How many faults bear a label.
    namesakes: BTreeMap<String, u32>,
}

/// The random numbers of one fault.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    pub times: Stream,
    pub choices: Stream,
}

impl Faults {
    pub(super) fn new(seed: u64, plans: Vec<FaultPlan>) -> Self {
        let mut faults = Self {
            plans: Arc::new([]),
            streams: Vec::new(),
            active: Vec::new(),
            tuned: Tuned::default(),
            seed,
            namesakes: BTreeMap::new(),
        };
        for plan in &plans {
            faults.open_streams(plan.label());
        }
        faults.plans = plans.into();
        faults
    }

    /// A fault's random numbers are named by what it says, and by how many before it say the same: others may come and go.
    fn open_streams(&mut self, label: String) {
        let number = self.namesakes.get(&label).copied().unwrap_or(0);
        let name = format!("{label} #{number}");
        self.streams.push(Streams {
            times: Stream::named(self.seed, "fault times", &name),
            choices: Stream::named(self.seed, "fault choices", &name),
        });
        self.namesakes.insert(label, number + 1);
    }

    /// What the plan says.
    pub fn plans(&self) -> &[FaultPlan] {
        &self.plans
    }

    /// All that ever began, in order.
    pub fn begun(&self) -> &[Active] {
        &self.active
    }

    /// Those that last and have not let go.
    pub fn at_work(&self) -> impl Iterator<Item = &Active> {
        self.active
            .iter()
            .filter(|a| a.until_ns.is_none() && self.plans[a.fault as usize].action.lasts())
    }
}

impl<P: Process> Sim<P> {
    /// The first moment from now on at which somebody can intervene, ns: whatever happens before it happens first, nothing
    /// has happened at it yet, and the plan says nothing of it. So an intervention is the same as a line of the scenario.
    pub fn open_ns(&self) -> u64 {
        let mut at = self.core.now + u64::from(!self.is_quiet());
        let taken = |at: u64| self.faults.plans.iter().any(|p| p.schedule.begins_at(at));
        while taken(at) {
            at += 1;
        }
        at
    }

    /// Somebody intervenes at a moment (true time, ns, at least [`Sim::open_ns`]) up to which everything has happened: a fault
    /// begins, as the next event, before all others of that moment. The plan should say that it begins then; with the same
    /// in the scenario the run is the same, to the last event. Gives the fault's index.
    pub fn intervene<O: Observer>(&mut self, at_ns: u64, plan: FaultPlan, observer: &mut O) -> u32 {
        let label = plan.label();
        let fault = self.faults.plans.len() as u32;
        Arc::make_mut(&mut self.core.names).faults.push(FaultName {
            label: label.clone(),
            line: plan.line,
            mends: plan.action.mends(),
            lasts: plan.action.lasts(),
        });
        self.faults.open_streams(label);
        let plans = self.faults.plans.iter().cloned();
        self.faults.plans = plans.chain([plan]).collect();
        self.begin_by_hand(at_ns);
        self.see_by_hand(fault);
        self.fault_step(Step::Begin { fault, round: 0 });
        self.end_by_hand(observer);
        fault
    }

    pub(super) fn schedule_faults(&mut self) {
        for fault in 0..self.faults.plans.len() as u32 {
            self.schedule_round(fault, 0);
        }
    }

    fn schedule_round(&mut self, fault: u32, round: u32) {
        let plans = Arc::clone(&self.faults.plans);
        let stream = &mut self.faults.streams[fault as usize].times;
        if let Some(time) = plans[fault as usize]
            .schedule
            .next(self.core.now, round, stream)
        {
            self.core.schedule(
                time - self.core.now,
                Rare::Fault(Step::Begin { fault, round }).into(),
            );
        }
    }

    #[inline(never)]
    pub(super) fn fault_step(&mut self, step: Step) {
        match step {
            Step::Begin { fault, round } => {
                self.begin_fault(fault);
                self.schedule_round(fault, round + 1);
            }
            Step::End { active } => self.end_fault(active),
            Step::Tick { active, tag } => {
                if self.faults.active[active as usize].until_ns.is_none() {
                    self.with_fault(active, |action, hold, world| action.tick(tag, hold, world));
                }
            }
        }
    }

    fn begin_fault(&mut self, fault: u32) {
        let active = self.faults.active.len() as u32;
        let since_ns = self.core.now;
        self.faults.active.push(Active {
            fault,
            since_ns,
            until_ns: None,
            hold: Hold::default(),
        });
        let first_record = self.core.records.len();
        self.with_fault(active, |action, hold, world| *hold = action.begin(world));
        let nodes = &self.faults.active[active as usize].hold.nodes;
        let whom: Vec<_> = if nodes.is_empty() {
            vec![None]
        } else {
            nodes.iter().copied().map(Some).collect()
        };
        // The fault is told before what it did.
        let (at, event, cause) = (self.core.now, self.core.event, self.core.cause);
        let told = whom.into_iter().map(|node| {
            let fact = Fact::FaultBegan { fault, node };
            Record {
                at,
                event,
                cause,
                pid: Record::NOBODY,
                fact,
            }
        });
        self.core.records.splice(first_record..first_record, told);
        let plan = &self.faults.plans[fault as usize];
        if !plan.action.lasts() {
            self.faults.active[active as usize].until_ns = Some(since_ns);
        } else if let Some(lasting) = plan.lasting_ns {
            self.core
                .schedule(lasting, Rare::Fault(Step::End { active }).into());
        }
    }

    pub(super) fn end_fault(&mut self, active: u32) {
        let entry = &mut self.faults.active[active as usize];
        if entry.until_ns.is_some() {
            return;
        }
        entry.until_ns = Some(self.core.now);
        let fault = entry.fault;
        self.core.record(Record::NOBODY, Fact::FaultEnded { fault });
        self.with_fault(active, |action, hold, world| action.end(hold, world));
    }

    fn with_fault(&mut self, active: u32, act: impl FnOnce(&Action, &mut Hold, &mut World<'_, P>)) {
        let plans = Arc::clone(&self.faults.plans);
        let fault = self.faults.active[active as usize].fault;
        let mut hold = std::mem::take(&mut self.faults.active[active as usize].hold);
        let mut world = World {
            sim: self,
            fault,
            active,
        };
        act(&plans[fault as usize].action, &mut hold, &mut world);
        self.faults.active[active as usize].hold = hold;
    }
}
