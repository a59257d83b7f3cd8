//! Two runs beside each other: the run that is shown, and another that differs in one thing. Both are run again from their
//! beginning and follow the moment at which the run that is shown stands.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::log::{event_line, mark_kind};
use super::numbers;
use crate::hunt::command::{Command, CompareCommand};
use crate::hunt::compare::{
    Beside, Call, Change, Delta, Difference, Found, OverSeeds, Pair, Row, Search, Variants, deltas,
};
use crate::hunt::parallel;
use crate::hunt::past::Progress;
use crate::hunt::{Loaded, Session, deeds};
use crate::sim::amount::Amount;
use crate::stats::Metrics;
use crate::ui::view::{
    Compared, ComparedSeries, ComparedSide, Comparing, DeltaRow, Frame, OverSeedsRow, Parted,
    PartedAt, TimelineMark, With,
};

/// For how long seeds that run beside are waited for before keys are looked at again, wall time.
const PATIENCE: Duration = Duration::from_millis(4);
/// Both runs may be so far behind the run that is shown when they are to go on by a step.
const CATCH_UP_EVENTS: u64 = 1 << 18;
/// So many seeds a run of seeds has at most.
const SEEDS_MAX: u64 = 1 << 40;

/// What is known of two runs, and what is still to be found out.
#[derive(Debug)]
pub(super) struct Contest {
    asked: Comparing,
    /// What the run was that was compared.
    of: Of,
    known: Result<Known, Vec<String>>,
}

/// What makes a run what it is.
#[derive(Clone, Debug)]
struct Of {
    loaded: Arc<Loaded>,
    control: bool,
    seed: u64,
    by_hand: Vec<String>,
}

#[derive(Debug)]
struct Known {
    pair: Pair,
    /// The moment that the pair is on its way to, ns.
    goal_ns: u64,
    search: Search,
    /// How much of the run the search has looked through.
    searched: f64,
    variants: Option<Variants>,
    over: Option<OverSeeds>,
    beside: Option<Beside>,
    /// Behind the last seed that runs or has run.
    seeds_end: u64,
    /// Why no seeds can run beside.
    refused: bool,
}

impl Of {
    fn new(session: &Session) -> Self {
        let done = session.interventions().iter();
        Self {
            loaded: Arc::clone(session.loaded()),
            control: session.is_control(),
            seed: session.seed(),
            by_hand: done.map(|i| i.text.clone()).collect(),
        }
    }

    fn is_of(&self, session: &Session) -> bool {
        let other = Self::new(session);
        Arc::ptr_eq(&self.loaded, &other.loaded)
            && (self.control, self.seed) == (other.control, other.seed)
            && self.by_hand == other.by_hand
    }
}

impl Contest {
    pub(super) fn new(
        session: &Session,
        asked: &Comparing,
        branch: impl Fn(usize) -> Option<(String, Session)>,
    ) -> Self {
        let mut contest = Self {
            asked: Comparing {
                seeds: 0,
                swapped: false,
                ..asked.clone()
            },
            of: Of::new(session),
            known: other(session, &asked.with, branch).map(|b| Known::new(session, b)),
        };
        contest.ask(asked);
        contest
    }

    /// Whether what is known is of the same two runs.
    pub(super) fn goes_on(&self, session: &Session, asked: &Comparing) -> bool {
        self.asked.with == asked.with && self.of.is_of(session)
    }

    /// From now on this is asked for, of the same two runs.
    pub(super) fn ask(&mut self, asked: &Comparing) {
        let swap = self.asked.swapped != asked.swapped;
        self.asked = asked.clone();
        if let Ok(known) = &mut self.known {
            if swap {
                known.pair.swap();
            }
            known.begin_seeds(asked.seeds);
        }
    }

    pub(super) fn work(&mut self, now_ns: u64, events: u64) -> Progress {
        match &mut self.known {
            Ok(known) => known.work(now_ns, events),
            Err(_) => Progress::Done,
        }
    }

    /// The next moment (ns) at which something happens on either side, or the one before the last; none where there is none, or
    /// the two are not yet where the run stands.
    pub(super) fn moment_of_either(&mut self, now_ns: u64, back: bool) -> Option<u64> {
        let pair = &mut self.known.as_mut().ok()?.pair;
        let goal = now_ns.min(pair.end_ns());
        if goal < pair.now_ns() {
            pair.leap(goal);
        }
        if pair.advance(goal, CATCH_UP_EVENTS) || pair.now_ns() != goal {
            return None;
        }
        if back {
            return pair.moment_back();
        }
        (goal < pair.end_ns()).then(|| pair.next_moment())
    }

    /// The command that shows the same two runs, of the command that runs the first of them. Over seeds they run to the end.
    pub(super) fn command(&self, run: Command<'_>) -> Result<String, String> {
        let none = |why: &str| Err(why.to_owned());
        let Some(change) = change(&self.asked.with) else {
            return none("a branch is in no command: keep both as recordings");
        };
        if run.control {
            return none("no command compares the control with something");
        }
        let over = self.known.as_ref().ok().map_or(0, |known| known.seeds_end);
        let until = run.until.filter(|_| over == 0);
        let run = Command { until, ..run };
        let (change, seeds) = (&change, over);
        Ok(CompareCommand { run, change, seeds }.to_string())
    }

    pub(super) fn view(&self) -> Result<Box<Compared>, Vec<String>> {
        let known = self.known.as_ref().map_err(Clone::clone)?;
        Ok(Box::new(known.view(&self.asked)))
    }
}

/// How the other run departs from the one that is shown; none where it is a branch.
fn change(with: &With) -> Option<Change> {
    Some(match with {
        With::Fork(_) => return None,
        With::Control => Change {
            control: true,
            ..Change::default()
        },
        With::Seed(seed) => Change {
            seed: Some(*seed),
            ..Change::default()
        },
        With::Setting(set) => Change {
            sets: vec![set.clone()],
            ..Change::default()
        },
    })
}

/// The other run, with its name if it has one, or why there is none.
fn other(
    session: &Session,
    with: &With,
    branch: impl Fn(usize) -> Option<(String, Session)>,
) -> Result<(Option<String>, Session), Vec<String>> {
    let change = match (with, change(with)) {
        (With::Fork(place), _) => {
            let gone = || vec!["there is no such branch any more".to_owned()];
            let (name, run) = branch(*place).ok_or_else(gone)?;
            return Ok((Some(name), run));
        }
        (_, change) => change.unwrap_or_default(),
    };
    let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let other = change.of(session);
    let other = other.map_err(|document| match with {
        With::Setting(set) => deeds::settings::mistakes(session, set, &document),
        _ => lines(document.render(false)),
    })?;
    Ok((None, other))
}

impl Known {
    fn new(a: &Session, (name, b): (Option<String>, Session)) -> Self {
        let mut pair = Pair::new(a, &b);
        if let Some(name) = name {
            let [a, b] = pair.labels().clone();
            let b = match b.as_str() {
                "as it is" => name,
                what => format!("{name}: {what}"),
            };
            pair = pair.named(&a, &b);
        }
        let variants = Variants::of(&pair);
        Self {
            search: Search::new(&pair),
            over: variants.as_ref().map(Variants::nothing),
            variants,
            pair,
            goal_ns: 0,
            searched: 0.0,
            beside: None,
            seeds_end: 0,
            refused: false,
        }
    }

    /// Lets seeds run beside until there are so many.
    fn begin_seeds(&mut self, seeds: u64) {
        let seeds = seeds.min(SEEDS_MAX);
        let is_running = self.beside.is_some();
        if seeds <= self.seeds_end || is_running {
            return;
        }
        let Some(variants) = &self.variants else {
            return;
        };
        // One core is for the screen.
        let jobs = NonZeroUsize::new(parallel::all_cores().get() - 1);
        let jobs = jobs.unwrap_or(NonZeroUsize::MIN);
        match variants.beside(self.seeds_end..seeds, jobs) {
            Ok(beside) => {
                self.beside = Some(beside);
                self.seeds_end = seeds;
            }
            Err(_) => self.refused = true,
        }
    }

    fn work(&mut self, now_ns: u64, events: u64) -> Progress {
        self.take_seeds(Duration::ZERO);
        let goal = now_ns.min(self.pair.end_ns());
        if goal != self.goal_ns || goal < self.pair.now_ns() {
            self.goal_ns = goal;
            self.pair.leap(goal);
        }
        if self.pair.advance(goal, events) {
            let share = self.pair.now_ns() as f64 / goal.max(1) as f64;
            return Progress::More(share.min(1.0));
        }
        if self.search.found().is_none() {
            if let Progress::More(share) = self.search.work(events) {
                self.searched = share;
                return Progress::More(1.0);
            }
            return Progress::More(1.0);
        }
        if self.beside.is_some() {
            self.take_seeds(PATIENCE);
            return Progress::More(1.0);
        }
        Progress::Done
    }

    /// Takes in what came of seeds; the first is waited for.
    fn take_seeds(&mut self, patience: Duration) {
        let (Some(beside), Some(over)) = (&self.beside, &mut self.over) else {
            return;
        };
        let mut next = beside.next_within(patience);
        while let Some(result) = next {
            over.add(&result);
            next = beside.next();
        }
        if over.seeds >= self.seeds_end {
            self.beside = None;
        }
    }

    fn view(&self, asked: &Comparing) -> Compared {
        let [a, b] = self.pair.runs();
        let rows = match (a.watch(), b.watch()) {
            (Some(a), Some(b)) => deltas(a, b),
            _ => Vec::new(),
        };
        let over = self.over.iter().flat_map(|over| &over.rows);
        let over: BTreeMap<&str, &Row> = over.map(|row| (row.name.as_str(), row)).collect();
        let row = |delta: &Delta| {
            let over = over.get(delta.name.as_str());
            delta_row(delta, over.copied(), asked.swapped)
        };
        Compared {
            sides: [0, 1].map(|place| side(&self.pair, place)),
            rows: rows.iter().map(row).collect(),
            parted: self.parted(asked.swapped),
            seeds: self
                .over
                .as_ref()
                .filter(|_| !self.refused)
                .map(|over| (over.seeds, self.seeds_end)),
            now_ns: self.pair.now_ns(),
            known_ns: self.pair.known_ns(),
            end_ns: self.pair.end_ns(),
        }
    }

    fn parted(&self, swapped: bool) -> Parted {
        match self.search.found() {
            None => Parted::Searching(self.searched),
            Some(Found::Same) => Parted::Nowhere,
            Some(Found::Parted(difference)) => Parted::At(Box::new(parted_at(difference, swapped))),
        }
    }
}

fn parted_at(difference: &Difference, swapped: bool) -> PartedAt {
    let mut lines = difference.records.clone().map(|line| line.map(event_line));
    if swapped {
        lines.swap(0, 1);
    }
    PartedAt {
        at_ns: difference.at_ns,
        lines,
        other_world: difference.other_world,
    }
}

fn side(pair: &Pair, place: usize) -> ComparedSide {
    let run = &pair.runs()[place];
    let mut frame = Frame::default();
    numbers::fill(run, &mut frame);
    let marks = pair.marks()[place].iter();
    let marks = marks.map(|mark| TimelineMark {
        at_ns: mark.at_ns,
        event: mark.line.event,
        kind: mark_kind(mark.line.sign),
    });
    ComparedSide {
        label: pair.labels()[place].clone(),
        totals: frame.totals,
        percentiles: frame.latency.percentiles,
        max_ns: frame.latency.max_ns,
        series: run
            .watch()
            .map_or_else(Vec::new, |watch| series(&watch.metrics)),
        checks: frame.checks,
        marks: marks.collect(),
    }
}

/// What is held and what waits, over the last minute.
fn series(metrics: &Metrics) -> Vec<ComparedSeries> {
    let named = metrics.queues.iter().zip(&metrics.names().queues);
    let queues: Vec<_> = named.filter(|(_, name)| !name.internal).collect();
    let depths = queues.iter().map(|(queue, _)| &queue.depth_trend);
    let lags = queues.iter().flat_map(|(queue, _)| &queue.readers);
    let waiting = metrics.services.services.iter().map(|s| &s.waiting_trend);
    let all = [
        ("depth", sum(depths.map(|s| s.values().collect()))),
        ("lag", sum(lags.map(|r| r.trend.values().collect()))),
        ("waiting", sum(waiting.map(|s| s.values().collect()))),
    ];
    let there = all.into_iter().filter(|(_, values)| !values.is_empty());
    let series = there.map(|(name, values)| ComparedSeries {
        name: name.to_owned(),
        values,
    });
    series.collect()
}

/// Value by value, the newest last.
fn sum(all: impl Iterator<Item = Vec<u32>>) -> Vec<u64> {
    let mut sums: Vec<u64> = Vec::new();
    for values in all {
        if sums.len() < values.len() {
            let missing = values.len() - sums.len();
            sums.splice(0..0, std::iter::repeat_n(0, missing));
        }
        let skip = sums.len() - values.len();
        for (sum, value) in sums[skip..].iter_mut().zip(values) {
            *sum += u64::from(value);
        }
    }
    sums
}

fn delta_row(delta: &Delta, over: Option<&Row>, swapped: bool) -> DeltaRow {
    let signed = |value| signed(Amount::new(value, delta.unit));
    DeltaRow {
        name: delta.name.clone(),
        meaning: delta.meaning.to_owned(),
        amounts: delta
            .amounts
            .map(|amount| amount.map_or_else(String::new, |a| a.to_string())),
        difference: delta.difference().map_or_else(String::new, signed),
        share: delta.share(),
        better: delta.better_side(),
        over: over.and_then(|row| over_row(row, swapped)),
    }
}

fn over_row(row: &Row, swapped: bool) -> Option<OverSeedsRow> {
    let paired = if swapped {
        row.paired.swapped()
    } else {
        row.paired
    };
    let (low, high) = paired.interval()?;
    let signed = |value| signed(Amount::new(value, row.unit));
    let call = paired.call(row.better);
    let interval = if low == 0.0 && high == 0.0 {
        "the same".to_owned()
    } else {
        format!("{} … {}", signed(low), signed(high))
    };
    Some(OverSeedsRow {
        mean: signed(paired.mean()?),
        interval,
        call: call.words().to_owned(),
        better: match call {
            Call::A => Some(0),
            Call::B => Some(1),
            _ => None,
        },
        is_sure: call != Call::No,
    })
}

/// A difference with its sign.
fn signed(amount: Amount) -> String {
    let sign = match amount.value {
        v if v < 0.0 => "−",
        v if v > 0.0 => "+",
        _ => "",
    };
    format!("{sign}{}", Amount::new(amount.value.abs(), amount.unit))
}
