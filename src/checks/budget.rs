//! How many of many may go wrong: what all objectives have in common.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sim::Record;
use crate::sim::history::History;

use super::Findings;

/// What an objective is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Of {
    /// What users ask for.
    Requests,
    /// What producers make.
    Messages,
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Of {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Messages => "messages",
        }
    }
}

/// When something went wrong, and in which event.
pub(super) type Moment = (u64, u64);

/// How many of so many may go wrong, when this share must go well.
pub(super) fn allowed(all: u64, share: f64) -> u64 {
    // A share is written in decimals: what it allows must not depend on their rounding.
    libm::floor(all as f64 * (1.0 - share) + 1e-6) as u64
}

/// An error budget of a whole run: the share of all that may go wrong.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    share: f64,
    all: u64,
    bad: u64,
    /// What went wrong beyond what so many may. More come to be allowed as there are more in all, never fewer: so the first of
    /// these at the end of the run is the one that was too many.
    beyond: History<Moment>,
    first: Moment,
    is_over: bool,
}

impl Budget {
    /// With a share that must go well.
    pub fn new(share: f64) -> Self {
        Self {
            share,
            all: 0,
            bad: 0,
            beyond: History::default(),
            first: (0, 0),
            is_over: false,
        }
    }

    /// So many went well.
    pub fn good(&mut self, count: u32) {
        self.all += u64::from(count);
        self.forgive();
    }

    /// So many went wrong.
    pub fn bad(&mut self, record: &Record, count: u32) {
        if self.bad == 0 {
            self.first = (record.at, record.event);
        }
        for _ in 0..count {
            self.all += 1;
            self.bad += 1;
            self.beyond.push_back((record.at, record.event));
        }
        self.forgive();
    }

    fn forgive(&mut self) {
        let allowed = allowed(self.all, self.share);
        while !self.beyond.is_empty() && self.bad - (self.beyond.len() as u64) < allowed {
            self.beyond.pop_front();
        }
    }

    /// The run is over: was it kept? `what` says what went wrong: `requests took longer than 200ms`.
    pub fn close(&mut self, found: &mut Findings, what: impl Fn() -> String) {
        self.is_over = true;
        let Some(&(at, event)) = self.beyond.front() else {
            return;
        };
        let last = self.beyond.back().map_or(0, |last| last.1);
        let evidence = [
            (self.first.1, "the first that went wrong"),
            (last, "the last"),
        ];
        let (all, bad, allowed) = (self.all, self.bad, allowed(self.all, self.share));
        found.report_at(at, event, &evidence, || {
            format!(
                "{bad} of {all} {}, and {allowed} may: here the budget was used up",
                what()
            )
        });
    }

    /// Why nothing can be said, if so.
    pub fn open(&self, of: Of) -> Option<&'static str> {
        match (self.is_over, self.all, of) {
            (false, ..) => Some(super::TOO_SHORT),
            (_, 0, Of::Requests) => Some("there were no requests"),
            (_, 0, Of::Messages) => Some("there were no messages"),
            _ => None,
        }
    }
}

/// So many slices of time has a window.
const SLICES: usize = 20;

/// What happened in a slice of time.
#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    all: u64,
    bad: u64,
    first: Moment,
    last: Moment,
}

/// An error budget of a length of time, which goes along with the run in steps of a twentieth.
#[derive(Clone, Debug)]
pub(super) struct Rolling {
    share: f64,
    slice_ns: u64,
    /// [`SLICES`] of them.
    slices: Vec<Slice>,
    /// Number of the slice at hand.
    at: u64,
    /// It is used up, and that was told.
    told: bool,
    any: bool,
}

impl Rolling {
    /// With a share that must go well, in each window of so many ns.
    pub fn new(share: f64, window_ns: u64) -> Self {
        Self {
            share,
            slice_ns: (window_ns / SLICES as u64).max(1),
            slices: vec![Slice::default(); SLICES],
            at: 0,
            told: false,
            any: false,
        }
    }

    /// So many went well or wrong.
    pub fn add(&mut self, record: &Record, bad: bool, count: u32, of: Of, found: &mut Findings) {
        self.advance(record.at, of, found);
        self.any = true;
        let slice = &mut self.slices[(self.at % SLICES as u64) as usize];
        slice.all += u64::from(count);
        if bad {
            let moment = (record.at, record.event);
            if slice.bad == 0 {
                slice.first = moment;
            }
            slice.last = moment;
            slice.bad += u64::from(count);
        }
    }

    /// Time goes on to `now`, ns: the windows that are over by then are judged.
    pub fn advance(&mut self, now: u64, of: Of, found: &mut Findings) {
        let slice = now / self.slice_ns;
        while self.at < slice {
            // Windows begin with the run, and are judged when they are over.
            if self.at + 1 >= SLICES as u64 {
                self.judge(of, found);
            }
            if self.slices.iter().all(|s| s.all == 0) {
                self.at = slice;
                return;
            }
            self.at += 1;
            self.slices[(self.at % SLICES as u64) as usize] = Slice::default();
        }
    }

    fn judge(&mut self, of: Of, found: &mut Findings) {
        let (all, bad) = self
            .slices
            .iter()
            .fold((0, 0), |sum, s| (sum.0 + s.all, sum.1 + s.bad));
        let allowed = allowed(all, self.share);
        if bad <= allowed {
            self.told = false;
            return;
        }
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        let of_bad = || self.slices.iter().filter(|s| s.bad > 0);
        let first = of_bad().map(|s| s.first).min().unwrap_or_default();
        let (at, event) = of_bad().map(|s| s.last).max().unwrap_or_default();
        let until = (self.at + 1) * self.slice_ns;
        let window = self.slice_ns * SLICES as u64;
        let evidence = [(first.1, "the first of them that went wrong")];
        found.report_at(at, event, &evidence, || {
            use crate::sim::units::Duration;
            format!(
                "in the {} up to {}, {bad} of {all} {} went wrong, and {allowed} may",
                Duration::from_ns(window),
                Duration::from_ns(until),
                of.word()
            )
        });
    }

    /// Why nothing can be said, if so.
    pub fn open(&self, of: Of) -> Option<&'static str> {
        match (self.any, of) {
            (true, _) if self.at + 1 < SLICES as u64 => Some(super::TOO_SHORT),
            (true, _) => None,
            (false, Of::Requests) => Some("there were no requests"),
            (false, Of::Messages) => Some("there were no messages"),
        }
    }
}
