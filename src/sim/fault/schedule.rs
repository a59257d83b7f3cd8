//! When a fault begins.

use super::super::SECOND;
use super::super::stream::Stream;

/// The moments at which a fault begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// Once, at a time (ns).
    At(u64),
    /// At `first_ns`, and then again each `every_ns` as long as it is before `until_ns`.
    Every {
        /// The first time.
        first_ns: u64,
        /// From one beginning to the next. At least 1.
        every_ns: u64,
        /// No more from here on.
        until_ns: u64,
    },
    /// At random: a Poisson process of a rate between two times.
    Random {
        /// Not before, ns.
        from_ns: u64,
        /// Not at or after, ns.
        until_ns: u64,
        /// Beginnings a second.
        rate: f64,
    },
}

impl Schedule {
    /// At no time.
    pub const NEVER: Self = Self::Random {
        from_ns: 0,
        until_ns: 0,
        rate: 1.0,
    };

    /// It does not begin before this, ns.
    pub fn first_ns(&self) -> u64 {
        match *self {
            Self::At(time) => time,
            Self::Every { first_ns, .. } => first_ns,
            Self::Random { from_ns, .. } => from_ns,
        }
    }

    /// Whether it is certain beforehand that it begins at this moment, ns.
    pub fn begins_at(&self, ns: u64) -> bool {
        match *self {
            Self::At(time) => time == ns,
            Self::Every {
                first_ns,
                every_ns,
                until_ns,
            } => {
                let since = ns.checked_sub(first_ns);
                since == Some(0) || ns < until_ns && since.is_some_and(|s| s % every_ns.max(1) == 0)
            }
            Self::Random { .. } => false,
        }
    }

    /// The time of the `round`th beginning (from 0), not before `now`.
    pub(in super::super) fn next(&self, now: u64, round: u32, stream: &mut Stream) -> Option<u64> {
        match *self {
            Self::At(time) => (round == 0).then_some(time),
            Self::Every {
                first_ns,
                every_ns,
                until_ns,
            } => {
                let time =
                    first_ns.saturating_add(u64::from(round).saturating_mul(every_ns.max(1)));
                (time < until_ns || round == 0).then_some(time)
            }
            Self::Random {
                from_ns,
                until_ns,
                rate,
            } => {
                let start = if round == 0 { from_ns } else { now };
                let gap = stream.exp1() / rate * SECOND as f64;
                let time = start.saturating_add(gap as u64).max(now);
                (time < until_ns).then_some(time)
            }
        }
    }
}
