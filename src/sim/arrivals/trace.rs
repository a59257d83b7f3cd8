//! Arrivals at given times.

use std::sync::Arc;

#[derive(Clone, Debug)]
pub(super) struct Trace {
    times_ns: Arc<[u64]>,
    next: usize,
}

impl Trace {
    /// Times in nanoseconds from the workload's begin, rising.
    pub(super) fn new(times_ns: Arc<[u64]>) -> Self {
        Self { times_ns, next: 0 }
    }

    pub(super) fn next(&mut self, now_ns: u64, begin_ns: u64) -> Option<u64> {
        let time_ns = begin_ns.checked_add(*self.times_ns.get(self.next)?)?;
        self.next += 1;
        Some(time_ns.saturating_sub(now_ns))
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
