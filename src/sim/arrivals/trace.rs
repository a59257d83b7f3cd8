//! Arrivals at given times.

use std::sync::Arc;

#[derive(Clone, Debug)]
pub(super) struct Trace {
    times_ns: Arc<[u64]>,
    next: usize,
    /// How many arrivals the last time stands for, and how many of them are still to come.
    copies: u32,
    left: u32,
    /// What a factor that is no whole number leaves over for the times that follow.
    carry: f64,
}

impl Trace {
    /// Times in nanoseconds from the workload's begin, rising.
    pub(super) fn new(times_ns: Arc<[u64]>) -> Self {
        Self {
            times_ns,
            next: 0,
            copies: 0,
            left: 0,
            carry: 0.0,
        }
    }

    /// Each arrival comes `factor` times, evenly until the one that follows it; with 0.5, every second one comes.
    pub(super) fn next(&mut self, now_ns: u64, begin_ns: u64, factor: f64) -> Option<u64> {
        while self.left == 0 {
            if self.next == self.times_ns.len() {
                return None;
            }
            self.next += 1;
            self.carry += factor;
            self.copies = self.carry as u32;
            self.left = self.copies;
            self.carry -= f64::from(self.copies);
        }
        let own_ns = self.times_ns[self.next - 1];
        let gap_ns = self.times_ns.get(self.next).map_or(0, |next| next - own_ns);
        let before = u64::from(self.copies - self.left);
        let after_own_ns = gap_ns / u64::from(self.copies) * before;
        self.left -= 1;
        let time_ns = begin_ns.checked_add(own_ns + after_own_ns)?;
        Some(time_ns.saturating_sub(now_ns))
    }

    /// The factor changes while the next arrival is under way: see
    /// [`ArrivalProcess::change_factor`](super::ArrivalProcess::change_factor).
    pub(super) fn change(
        &mut self,
        now_ns: u64,
        begin_ns: u64,
        due_ns: Option<u64>,
        factor: f64,
    ) -> Option<u64> {
        if due_ns == Some(now_ns) {
            return Some(0);
        }
        let elapsed_ns = now_ns.saturating_sub(begin_ns);
        self.next = self
            .times_ns
            .partition_point(|&time_ns| time_ns <= elapsed_ns);
        (self.left, self.carry) = (0, 0.0);
        self.next(now_ns, begin_ns, factor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Arrivals;
    use super::super::tests::stream;
    use super::*;

    #[test]
    fn a_trace_gives_its_own_times() {
        let trace: Arc<[u64]> = vec![0, 5, 5, 90].into();
        let mut process = Arrivals::Trace {
            file: "orders.csv".to_owned(),
        }
        .compile(Some(trace));
        let mut stream = stream();
        assert_eq!(process.next(1_000, &mut stream), Some(0));
        assert_eq!(process.next(1_000, &mut stream), Some(5));
        assert_eq!(process.next(1_005, &mut stream), Some(0));
        assert_eq!(process.next(1_005, &mut stream), Some(85));
        assert_eq!(process.next(1_090, &mut stream), None);
        assert_eq!(process.rate_at(0), None);
    }
}
