//! How a line is set.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::defaults::millis;
use crate::sim::units::Duration;

/// The line before the threads of a replica.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineSettings {
    /// Who is next.
    #[serde(default)]
    pub discipline: Discipline,
    /// How many may wait; `None`: any number. 0: nobody waits, a request that finds no free thread is turned away.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Who is next, who is turned away when the line is full, and who is not served any more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Discipline {
    /// First come, first served; the newcomer is turned away. This is what servers do without a word: Tomcat's `acceptCount`,
    /// a thread pool's queue.
    #[default]
    Fifo,
    /// The newest is served first, the oldest turned away: under overload those are served whose callers still wait.
    Lifo,
    /// First come, first served until a line forms, then the newest first; and who waits too long is dropped: Facebook's
    /// adaptive LIFO and controlled delay (Maurer, "Fail at Scale", ACM Queue 13(8), 2015).
    ///
    /// A request that comes when the line was not empty for longer than `interval` may wait for `target`, any other for
    /// `interval`. The oldest is turned away while the newest are served first, else the newcomer.
    AdaptiveLifo {
        /// The newest are served first while the oldest has waited longer than this. The article only says "when a queue is
        /// starting to form": the default is the delay that it accepts in a standing queue.
        #[serde(default = "millis::<5>")]
        lifo_after: Duration,
        /// And while more than this many wait (HHVM's `Server.ThreadJobLIFOSwitchThreshold`, without limit as there);
        /// `None`: only time counts.
        #[serde(default)]
        lifo_beyond: Option<u32>,
        /// How long a request may wait in a standing queue (the article: 5 ms).
        #[serde(default = "millis::<5>")]
        target: Duration,
        /// How long a request may wait in any other, and how long a queue must not be empty to be a standing one (the article:
        /// 100 ms).
        #[serde(default = "millis::<100>")]
        interval: Duration,
    },
    /// The lowest number first, first come first served among equals. The newest of the least important is turned away.
    Priority,
    /// The earliest deadline first, first come first served among equals. Who is late when his turn comes is dropped. If the
    /// line is full, one who is late already is turned away, else the newest of those with most time left.
    Deadline,
    /// First come, first served; while even the shortest wait of an interval is longer than `target`, requests are dropped
    /// from the front, more and more often: controlled delay (RFC 8289; defaults of its sections 4.2 and 4.3). The newcomer is
    /// turned away.
    CoDel {
        /// A standing delay that is accepted.
        #[serde(default = "millis::<5>")]
        target: Duration,
        /// How long the delay must stay above it before a request is dropped.
        #[serde(default = "millis::<100>")]
        interval: Duration,
    },
}

impl LineSettings {
    /// Looks for mistakes; `at` is where these settings stand.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let at = at.field("discipline");
        match self.discipline {
            Discipline::CoDel { target, interval } => below(&at, target, interval, out),
            Discipline::AdaptiveLifo {
                lifo_after,
                lifo_beyond,
                target,
                interval,
            } => {
                below(&at, target, interval, out);
                if lifo_after >= interval && lifo_beyond.is_none() {
                    let why = format!(
                        "nobody waits for longer than the interval of {interval}, so the newest are hardly ever served first"
                    );
                    let complaint = Complaint::warning(at.field("lifo_after"), why);
                    out.push(complaint.rests_on_own(&at, &["interval", "lifo_beyond"]));
                }
            }
            Discipline::Fifo | Discipline::Lifo | Discipline::Priority | Discipline::Deadline => {}
        }
    }
}

/// The target is a small part of the interval.
fn below(at: &Path, target: Duration, interval: Duration, out: &mut Vec<Complaint>) {
    if target.is_zero() {
        let why = "with a target of 0 every wait is too long";
        out.push(Complaint::error(at.field("target"), why).help("5ms is usual"));
    } else if target >= interval {
        let why = format!("the target ({target}) must be shorter than the interval ({interval})");
        let complaint = Complaint::error(at.field("target"), why);
        out.push(complaint.rests_on_own(at, &["interval"]));
    }
}
