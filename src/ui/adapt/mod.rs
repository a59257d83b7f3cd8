//! A [`Session`] as the screens see it. The only place of the screens that knows what a run is made of; it still knows no
//! system by name.

mod asked;
mod branches;
mod by_hand;
mod choices;
mod compare;
#[cfg(test)]
mod compare_tests;
mod inspect;
mod inspector;
#[cfg(test)]
mod inspector_tests;
mod lineage;
#[cfg(test)]
mod lineage_tests;
mod log;
mod map;
mod numbers;
mod reload;
mod scene;
mod service;
mod stops;
#[cfg(test)]
mod stops_tests;
mod topology;

pub use map::map;

use std::sync::Arc;

use super::engine::{Answer, Engine, Order, Progress, Query, Reloaded, Subject, Until, Working};
use super::keymap::{Action, Context, name_for};
use super::picker;
use super::preview::{Choice, LEAD_NS};
use super::view::{Fact, Frame};
use crate::hunt::breaks::Guard;
use crate::hunt::{Loaded, Options, Session, catalogue, past};
use crate::sim::{Names, SECOND};
use crate::trace::comparison::Comparison;
use crate::trace::recording::Recording;
use crate::trace::timeline::{BUDGET_BYTES, Playable};
use crate::trace::tree::Tree;

use asked::Asked;
use scene::Scene;
use stops::Stops;

/// A session on the screen, its past and its branches.
pub struct Run {
    tree: Tree<Scene>,
    /// For a replay.
    comparison: Option<Comparison>,
    /// What was done by hand and stands in a file.
    kept: by_hand::Kept,
    /// What a screen wants to know.
    asked: Option<Asked>,
    /// The files of the scenarios that are played; none where a file has no say.
    files: Option<reload::Watched>,
    /// Where the run stood before it went to a place.
    held: Option<Box<Scene>>,
    /// The command that replays the recording.
    replayed_by: Option<String>,
    /// Where it shall stop.
    stops: Stops,
}

impl Run {
    /// From where the session stands. Its past is the whole run, whether or not it was seen.
    pub fn new(session: Session) -> Self {
        let mut files = reload::Watched::default();
        // From now on: whatever is changed before it is looked at for the first time is a change.
        files.of(&session);
        Self {
            files: Some(files),
            ..Self::remembering(session, BUDGET_BYTES)
        }
    }

    /// The same with another limit of memory for its past, bytes.
    fn remembering(session: Session, budget_bytes: u64) -> Self {
        let deeds = Arc::clone(session.interventions());
        let beginning = Scene::new(session.beginning());
        let scene = Scene::new(session);
        // What it begins with came from a file.
        let mut kept = by_hand::Kept::default();
        kept.note(&deeds);
        Self {
            kept,
            tree: Tree::new(&beginning, scene, deeds, budget_bytes),
            comparison: None,
            asked: None,
            files: None,
            held: None,
            replayed_by: None,
            stops: Stops::default(),
        }
    }

    /// The replay of a recording, from its beginning, which this command does again. As far as it is played it is compared.
    pub fn replay(session: Session, recording: Recording, command: String) -> Self {
        Self {
            comparison: Some(Comparison::new(recording)),
            replayed_by: Some(command),
            // What was recorded stays so, whatever becomes of the file.
            files: None,
            ..Self::new(session)
        }
    }

    /// How what was played compares with its recording, if there is one.
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparison.as_ref()
    }

    /// Lets it go on until something happens that it shall stop at.
    fn run_watched(&mut self, until: Until, events_max: u32) -> Progress {
        let mut guard = Guard::new(&self.stops.breaks, &self.tree.run().session);
        let (progress, hits) = self
            .tree
            .run_mut()
            .run_watched(until, events_max, &mut guard);
        if !hits.is_empty() {
            let (now_ns, event) = (self.now_ns(), self.events());
            self.stops.stopped(&hits, now_ns, event);
        }
        progress
    }

    /// Whether what is shown is the recorded run.
    fn replays(&self) -> bool {
        self.comparison.is_some() && self.tree.current() == 0
    }

    fn compare(&mut self) {
        if !self.replays() {
            return;
        }
        let session = &self.tree.run().session;
        if let Some(comparison) = &mut self.comparison {
            let sim = session.sim();
            comparison.look(sim.digest(), sim.events(), session.is_over());
        }
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.tree.run().session
    }

    /// The session, taken back.
    pub fn into_session(self) -> Session {
        self.tree.into_run().session
    }
}

impl Engine for Run {
    fn run(&mut self, until: Until, events_max: u32) -> Progress {
        let progress = match self.stops.watches(&self.tree.run().session) {
            Ok(()) => self.run_watched(until, events_max),
            Err(events) => {
                let most = u32::try_from(events).unwrap_or(u32::MAX);
                self.tree.run_mut().run(until, events_max.min(most))
            }
        };
        if progress != Progress::More {
            self.stops.arrived();
        }
        self.tree.keep();
        self.compare();
        progress
    }

    fn leap(&mut self, until: Until) {
        let (now_ns, event) = (self.now_ns(), self.events());
        if !self.stops.goes(until, now_ns, event) {
            return;
        }
        match until {
            Until::Time(ns) => self.tree.leap_to(ns),
            Until::Event(number) => self.tree.leap_to_event(number),
            Until::NextMark => {}
        }
    }

    fn hold(&mut self) {
        self.held = Some(Box::new(self.tree.run().clone()));
    }

    fn cancel(&mut self) {
        if let Some(scene) = self.held.take() {
            self.tree.put(*scene);
            self.stops.arrived();
        }
    }

    fn restart(&mut self, seed: u64) {
        self.stops.arrived();
        if seed == self.session().seed() {
            self.tree.leap_to_event(0);
        } else {
            let session = self.session().restart(seed);
            branches::plant(&mut self.tree, session, format!("seed {seed}"));
        }
    }

    fn obey(&mut self, order: &Order) -> Result<String, Vec<String>> {
        if let Order::Break(breaking) = order {
            return self.stops.obey(&self.tree.run().session, breaking);
        }
        self.stops.arrived();
        let done = branches::obey(&mut self.tree, &mut self.kept, order);
        if let Some(files) = &mut self.files {
            files.of(&self.tree.run().session);
        }
        done
    }

    fn has_files(&self) -> bool {
        let files = self.files.as_ref();
        files.is_some_and(|f| f.has(self.session()))
    }

    fn reload(&mut self) -> Reloaded {
        let Some(files) = &mut self.files else {
            return Reloaded::Same;
        };
        reload::reload(&mut self.tree, files)
    }

    fn now_ns(&self) -> u64 {
        self.tree.run().now_ns()
    }

    fn events(&self) -> u64 {
        self.tree.run().events()
    }

    fn end_ns(&self) -> u64 {
        self.session().end_ns()
    }

    fn last_word(&self) -> Option<String> {
        let comparison = self.comparison.as_ref()?;
        self.replays()
            .then(|| format!("replay: {}", comparison.words()))
    }

    fn command(&self) -> Result<String, String> {
        let session = self.session();
        if self.replays()
            && let Some(command) = &self.replayed_by
        {
            return Ok(command.clone());
        }
        if !session.is_untouched() {
            let forks = name_for(Context::Dashboard, Action::Forks);
            return Err(format!(
                "what was done by hand is in no command: {forks} keeps it as a recording"
            ));
        }
        let files = self.files.as_ref();
        if self.comparison.is_some() || files.is_some_and(|f| f.hold_another(session)) {
            return Err("the scenario is another than this one by now".to_owned());
        }
        let command = session.command();
        let command =
            command.ok_or_else(|| "no command has what came through a pipe".to_owned())?;
        match &self.asked {
            Some(Asked::Compare(contest)) => contest.command(command),
            _ => Ok(command.to_string()),
        }
    }

    fn moment_of_either(&mut self, back: bool) -> Option<u64> {
        let now_ns = self.now_ns();
        match &mut self.asked {
            Some(Asked::Compare(contest)) => contest.moment_of_either(now_ns, back),
            _ => None,
        }
    }

    fn stopped(&self) -> Option<String> {
        self.stops.said().map(str::to_owned)
    }

    fn frame(&self) -> Frame {
        Frame {
            forks: branches::rows(&self.tree, &self.kept),
            breaks: self.stops.rows(),
            ..self.tree.run().frame()
        }
    }

    fn ask(&mut self, query: Option<&Query>) {
        let still = |asked: &Asked| query.is_some_and(|q| asked.answers(self.session(), q));
        if self.asked.as_ref().is_some_and(still) {
            return;
        }
        let before = self.asked.take();
        let branch = |place| branches::named(&self.tree, place);
        self.asked = query.map(|query| Asked::new(self.session(), query, before, branch));
    }

    fn work(&mut self, events_max: u32) -> Working {
        let Some(asked) = &mut self.asked else {
            return Working::Idle;
        };
        match asked.work(&self.tree.run().session, &self.tree, u64::from(events_max)) {
            past::Progress::More(share) => Working::More(share),
            past::Progress::Done => Working::Idle,
        }
    }

    fn answer(&self) -> Option<Answer> {
        self.asked.as_ref()?.answer(self.session())
    }

    fn inspect(&self, subject: Subject) -> Vec<Fact> {
        inspect::inspect(self.session(), subject)
    }
}

/// The entries of the catalogue, for the picker.
pub fn entries(all: &[catalogue::Entry]) -> Vec<picker::Entry> {
    all.iter().map(entry).collect()
}

fn entry(entry: &catalogue::Entry) -> picker::Entry {
    let (preview, seed, plays_from_ns) = if let Some(loaded) = &entry.loaded {
        let seed = loaded.scenario.seed;
        let sim = loaded.plan.build(seed);
        let plays = plays_from_ns(loaded, sim.names());
        (about(loaded, sim.names(), plays.is_some()), seed, plays)
    } else {
        let report = entry.report.as_deref().unwrap_or_default();
        (report.lines().map(str::to_string).collect(), 0, None)
    };
    picker::Entry {
        name: entry.name.clone(),
        group: entry.group.clone(),
        title: entry.title.clone(),
        preview,
        seed,
        plays_from_ns,
        error: entry.error.clone(),
    }
}

/// A run with more processes and queues than this takes longer to begin than somebody who goes through a list may wait.
const PREVIEWED_PARTS_MAX: usize = 1000;
/// The past of a preview is short: it only ever goes back to where it began.
const PREVIEW_BUDGET_BYTES: u64 = 32 << 20;

/// A little before the first fault; none where the run is too large to play while others are looked at.
fn plays_from_ns(loaded: &Loaded, names: &Names) -> Option<u64> {
    let parts = names.processes.len() + names.queues.len() + names.nodes.len();
    if parts > PREVIEWED_PARTS_MAX {
        return None;
    }
    let plan = &loaded.plan;
    let firsts = plan.world.faults.iter().map(|f| f.schedule.first_ns());
    let first = firsts.min().filter(|&ns| ns < plan.duration_ns);
    Some(first.unwrap_or(0).saturating_sub(LEAD_NS))
}

/// The run that plays while a scenario is highlighted.
pub fn open(all: &[catalogue::Entry], choice: Choice) -> Option<Box<dyn Engine>> {
    let loaded = all.get(choice.entry)?.loaded.as_ref()?;
    let options = Options {
        seed: choice.seed,
        ..Options::default()
    };
    let session = Session::new(Arc::clone(loaded), options);
    Some(Box::new(Run::remembering(session, PREVIEW_BUDGET_BYTES)))
}

fn about(loaded: &Loaded, names: &Names, plays: bool) -> Vec<String> {
    let mut parts: Vec<(&str, usize)> = Vec::new();
    for process in &names.processes {
        match parts.iter_mut().find(|p| p.0 == process.part) {
            Some(part) => part.1 += 1,
            None => parts.push((process.part, 1)),
        }
    }
    let mut facts: Vec<String> = parts.iter().map(|(part, n)| count(*n, part)).collect();
    let queues = names.queues.iter().filter(|q| !q.internal).count();
    facts.push(count(queues, "queue"));
    facts.push(count(loaded.plan.world.faults.len(), "fault"));
    let lasts = super::text::span(loaded.plan.duration_ns);
    let mut lines = vec![loaded.scenario.about.clone(), String::new()];
    if !plays {
        let open = name_for(Context::Picker, Action::Open);
        lines.insert(0, format!("Too large to play here: {open} opens it."));
        lines.insert(1, String::new());
    }
    for expect in &loaded.scenario.expect {
        lines.push(format!("{} {}", super::glyphs::NOTE, expect.label()));
    }
    lines.push(String::new());
    lines.push(format!("{}; runs for {lasts}", facts.join(", ")));
    lines
}

fn count(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

/// How often traffic is counted, ns.
const COUNT_EVERY_NS: u64 = SECOND;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Files, library};
    use crate::ui::view::RowKind;

    fn catalogue_entry(name: &str, text: &str) -> catalogue::Entry {
        let files = Files::Given(&[]);
        let loaded = Loaded::from_parts(name, text, &[], files).expect("a good scenario");
        catalogue::Entry {
            name: name.into(),
            group: String::new(),
            title: loaded.scenario.title.clone(),
            built_in: false,
            error: None,
            loaded: Some(Arc::new(loaded)),
            report: None,
        }
    }

    #[test]
    fn every_built_in_scenario_plays_and_the_default_from_before_its_crash() {
        for built_in in library::ALL {
            let entry = entry(&catalogue_entry(built_in.name, built_in.text));
            assert!(entry.plays_from_ns.is_some(), "{}", built_in.name);
        }
        let default = library::find(library::DEFAULT).expect("built in");
        let entry = entry(&catalogue_entry(default.name, default.text));
        // Its leader dies at 20 s.
        assert_eq!(entry.plays_from_ns, Some(15 * SECOND));
    }

    #[test]
    fn a_preview_stands_before_the_fault_and_moves_on() {
        let default = library::find(library::DEFAULT).expect("built in");
        let all = [catalogue_entry(default.name, default.text)];
        let choice = Choice {
            entry: 0,
            seed: Some(7),
            from_ns: 2 * SECOND,
        };
        let mut run = open(&all, choice).expect("a run");
        while run.run(Until::Time(choice.from_ns), 1000) == Progress::More {}
        // How far it was played is another matter.
        let picture = |run: &dyn Engine| Frame {
            forks: Vec::new(),
            ..run.frame()
        };
        let before = picture(run.as_ref());
        assert_eq!((before.header.seed, before.header.now_ns), (7, 2 * SECOND));
        while run.run(Until::Time(3 * SECOND), 1000) == Progress::More {}
        assert_ne!(picture(run.as_ref()), before);
        run.leap(Until::Time(choice.from_ns));
        while run.run(Until::Time(choice.from_ns), 1000) == Progress::More {}
        assert_eq!(picture(run.as_ref()), before, "the same moment again");
    }

    #[test]
    fn a_queue_is_inspected_in_the_words_of_its_system() {
        let default = library::find(library::DEFAULT).expect("built in");
        let loaded = catalogue_entry(default.name, default.text).loaded;
        let mut run = Run::new(Session::new(loaded.expect("loaded"), Options::default()));
        let facts = |run: &Run| {
            let rows = run.frame().queues;
            let row = rows.iter().find(|q| q.name == "orders/0").expect("a row");
            run.inspect(Subject::Queue(row.queue))
        };
        let value = |facts: &[Fact], name: &str| -> Vec<String> {
            let named = facts.iter().filter(|f| f.name == name);
            named.map(|f| f.value.clone()).collect()
        };
        let to = |run: &mut Run, second| {
            while run.run(Until::Time(second * SECOND), 100_000) == Progress::More {}
        };
        to(&mut run, 15);
        let before = facts(&run);
        let leads = |f: &Fact| f.name == "orders/0" && f.value.starts_with("leads");
        let nodes = 0..run.frame().topology.nodes.len();
        let inspected = nodes.filter(|n| run.inspect(Subject::Node(*n)).iter().any(leads));
        assert_eq!(inspected.count(), 1, "its leader says so");
        let leader = value(&before, "leader");
        assert_eq!(leader.len(), 1);
        assert_eq!(value(&before, "leader epoch"), ["0"]);
        assert!(value(&before, "ISR")[0].starts_with("3 of 3: "));
        assert_eq!(value(&before, "replica").len(), 2);
        // Its leader dies at 20 s, and is missed after nine more.
        to(&mut run, 35);
        let after = facts(&run);
        assert_ne!(value(&after, "leader"), leader);
        assert_eq!(value(&after, "leader epoch"), ["1"]);
        assert!(value(&after, "ISR")[0].starts_with("2 of 3: "));
        let watermark = |facts: &[Fact]| value(facts, "high watermark")[0].parse::<u64>();
        assert!(watermark(&after).expect("a number") > watermark(&before).expect("a number"));
    }

    #[test]
    fn a_consumers_card_and_the_table_say_the_same_lag() {
        // Slow consumers: the positions they fetched are far before those they stored.
        let storm = library::find("rebalance-storm").expect("built in");
        let loaded = catalogue_entry(storm.name, storm.text).loaded;
        let mut run = Run::new(Session::new(loaded.expect("loaded"), Options::default()));
        let mut largest = 0;
        for second in [4, 8, 12] {
            while run.run(Until::Time(second * SECOND), 100_000) == Progress::More {}
            let frame = run.frame();
            let on_cards = frame.topology.nodes.iter().flat_map(|n| &n.lines);
            let on_cards = on_cards
                .filter_map(|l| l.strip_prefix("lag ")?.replace(',', "").parse::<u64>().ok());
            let on_cards: u64 = on_cards.sum();
            let rows = frame.queues.iter().filter(|q| q.kind == RowKind::Lag);
            let in_table: u64 = rows.map(|q| q.depth).sum();
            // Nobody reads what is being given out anew.
            assert!(
                on_cards == in_table || on_cards == 0,
                "{on_cards} {in_table}"
            );
            largest = largest.max(on_cards);
        }
        assert!(largest > 0);
    }

    #[test]
    fn at_the_end_each_expectation_has_its_answer_and_not_before() {
        use crate::ui::view::Answer;
        let healthy = library::find("healthy").expect("built in");
        let never = healthy.text.replace(
            "AtMost(\"failovers.count\", 0)",
            "AtLeast(\"failovers.count\", 1)",
        );
        let loaded = catalogue_entry("never", &never).loaded.expect("loaded");
        let options = Options {
            until_ns: Some(2 * SECOND),
            ..Options::default()
        };
        let mut run = Run::new(Session::new(loaded, options));
        while run.run(Until::Time(SECOND), 100_000) == Progress::More {}
        let frame = run.frame();
        assert_eq!(frame.header.met, None);
        assert!(frame.checks.iter().all(|c| c.answer.is_none()));
        while run.run(Until::Time(2 * SECOND), 100_000) == Progress::More {}
        let frame = run.frame();
        assert_eq!(frame.header.met, Some((5, 6)));
        let row = |name: &str| frame.checks.iter().find(|c| c.name == name).expect("a row");
        let unmet = row("failovers.count at least 1");
        assert_eq!(unmet.answer, Some(Answer::NotMet));
        assert_eq!(unmet.measured, "it is 0");
        let met = row("messages.lost at most 0");
        assert_eq!(
            (met.answer, met.measured.as_str()),
            (Some(Answer::Met), "it is 0")
        );
        let unstated = row("one leader per epoch");
        assert_eq!(unstated.answer, None, "the scenario says nothing of it");
    }

    /// Orders wait for a payment of which one replica is slow, until a breaker gives up on it.
    const SHOP: &str = r#"(
        title: "shop", duration: "20s", seed: 3,
        nodes: [(name: "web"), (name: "gate", count: 2), (name: "order"), (name: "pay", count: 2), (name: "db")],
        network: (latency: Constant("1ms")),
        systems: [
            Service(name: "gateway", nodes: "gate", threads: 64, clients: [(to: "orders", timeout: "2s")],
                handlers: [(name: "buy", steps: [Call("orders/place")])]),
            Service(name: "orders", nodes: "order", threads: 32,
                clients: [(to: "payment", timeout: "500ms", retry: Fixed(delay: "50ms"), circuit_breaker: ())],
                handlers: [(name: "place", steps: [Call("payment/charge"), Effect("order")])]),
            Service(name: "payment", nodes: "pay", threads: 8, clients: [(to: "ledger", bulkhead: ())],
                handlers: [(name: "charge", steps: [Work(Exponential(mean: "10ms")), Call("ledger/write"), Effect("payment")])]),
            Service(name: "ledger", nodes: "db", threads: 20,
                handlers: [(name: "write", steps: [Work(Exponential(mean: "5ms"))])]),
        ],
        workloads: [Requests(name: "customers", nodes: "web", to: "gateway/buy", arrivals: Poisson("100/s"),
            effects: ["order", "payment"], client: (timeout: "3s"))],
        faults: [During("5s", "10s", Slow(target: "pay-1", factor: 40))],
    )"#;

    #[test]
    fn a_run_of_services_has_its_rows_its_totals_and_its_breakers() {
        let loaded = catalogue_entry("shop", SHOP).loaded.expect("loaded");
        let mut run = Run::new(Session::new(loaded, Options::default()));
        while run.run(Until::Time(8 * SECOND), 100_000) == Progress::More {}
        let frame = run.frame();
        let row = |name: &str| frame.queues.iter().find(|r| r.name == name).expect("a row");
        assert!(frame.queues.iter().all(|r| r.kind == RowKind::Waiting));
        assert_eq!(row("payment").held.map(|h| h.1), Some(Some(16)));
        let came = row("gateway").in_per_s;
        assert!(
            (60.0..140.0).contains(&came),
            "a hundred ask each second: {came}"
        );
        let total = |name: &str| {
            frame
                .totals
                .iter()
                .find(|t| t.name == name)
                .expect("a total")
                .value
        };
        let ends = ["good", "open", "failed", "rejected", "timed out"].map(total);
        assert_eq!(total("asked"), ends.iter().sum::<u64>());
        assert!(total("failed") > 0, "the breaker is open");
        let map = frame.heatmap.columns.iter();
        assert_eq!(map.map(|c| c.failed).sum::<u64>(), frame.latency.failed);
        assert_eq!(frame.latency.count, total("good"));
        let lane = frame
            .timeline
            .lanes
            .iter()
            .find(|l| l.name == "breaker payment");
        assert_eq!(lane.expect("a lane").spans[0].label, "open");
        assert_eq!(
            frame.topology.layer_titles.len(),
            5,
            "{:?}",
            frame.topology.layer_titles
        );
        let facts = run.inspect(Subject::Service(row("payment").queue));
        let value = |name: &str| {
            facts
                .iter()
                .find(|f| f.name == name)
                .map(|f| f.value.as_str())
        };
        assert!(
            value("breakers").is_some_and(|v| v.starts_with("1 opened")),
            "{facts:?}"
        );
        let replicas = facts.iter().filter(|f| f.name.starts_with("payment-"));
        assert_eq!(replicas.count(), 2, "{facts:?}");
    }

    #[test]
    fn what_is_too_large_to_begin_at_once_says_so() {
        // A thousand queues.
        let text = r#"(
            title: "large", duration: "10s", nodes: [(name: "m", count: 100)],
            systems: [Kafka(name: "k", nodes: "m", topics: [(name: "t", partitions: 1000, replication_factor: 3)])],
            expect: [],
        )"#;
        let entry = entry(&catalogue_entry("large", text));
        assert_eq!(entry.plays_from_ns, None);
        assert!(
            entry.preview[0].contains("Too large"),
            "{:?}",
            entry.preview
        );
    }
}
