//! Many seeds over all cores. The only place below the screen where threads are: what runs on them shares nothing that
//! changes, so that a seed gives the same wherever and whenever it runs.
//!
//! Seeds are begun in their order and their results are handed on in it, each as soon as all before it are there. What is
//! finished too early waits, and only so much may be ahead: memory does not grow with the number of seeds.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rayon::iter::{ParallelBridge, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// So many results of each worker may wait for an earlier one that takes longer.
const AHEAD_PER_JOB: usize = 64;
/// How often whoever collects is asked whether to go on while nothing comes, wall time.
const LOOK: Duration = Duration::from_millis(100);
/// As much as the main thread has: what runs there runs here.
const STACK_BYTES: usize = 8 << 20;

/// A seed's run panicked: a bug of this program, not of what it simulates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// What it said.
    pub message: String,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)
    }
}

/// Whether work in progress is to be given up. Whoever runs long asks now and then.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Whether nobody wants the result any more.
    pub fn is_asked_for(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Takes the results, on the thread that called.
pub trait Collect<T> {
    /// The result of the next seed; they come in the order of the seeds.
    fn take(&mut self, seed: u64, result: Result<T, Panic>);

    /// Asked after each result and several times a second: `false` ends it all.
    fn goes_on(&mut self) -> bool {
        true
    }
}

/// Who waits for long work and is told how far it is, on the thread that called.
pub trait Watcher<Progress> {
    /// Asked after each run and several times a second: `false` ends the work with what came of it by then.
    fn goes_on(&mut self, progress: Progress) -> bool {
        let _ = progress;
        true
    }
}

impl<Progress> Watcher<Progress> for () {}

impl<T, F: FnMut(u64, Result<T, Panic>)> Collect<T> for F {
    fn take(&mut self, seed: u64, result: Result<T, Panic>) {
        self(seed, result);
    }
}

/// As many workers as the machine has cores for this program.
pub fn all_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Runs each seed on one of `jobs` workers, and gives the results in the order of the seeds. `run` gives `None` only if it was
/// asked to stop. Returns the seed behind the last whose result was taken: the end, unless `collect` ended it before.
/// The error says why there are no workers.
pub fn in_order<T: Send>(
    seeds: Range<u64>,
    jobs: NonZeroUsize,
    run: impl Fn(u64, &Stop) -> Option<T> + Sync,
    collect: &mut impl Collect<T>,
) -> Result<u64, String> {
    let pool = workers(jobs)?;
    let stop = Stop::default();
    // Who wants to begin a seed takes a permit; who takes a result gives one back.
    let (permit, permits) = mpsc::channel();
    for _ in 0..jobs.get().saturating_mul(AHEAD_PER_JOB) {
        let _ = permit.send(());
    }
    let (done, results) = mpsc::channel();
    let (run, stop) = (&run, &stop);
    let may_begin = move || !stop.is_asked_for() && permits.recv().is_ok();
    let begun = seeds.clone().take_while(move |_| may_begin());
    Ok(pool.in_place_scope(|scope| {
        scope.spawn(move |_| {
            begun.par_bridge().for_each_with(done, |done, seed| {
                let caught = panic::catch_unwind(AssertUnwindSafe(|| run(seed, stop)));
                if let Some(result) = caught.map_err(message).transpose() {
                    let _ = done.send((seed, result));
                }
            });
        });
        // Moved in here, so that the workers end whichever way this ends.
        let (permit, results) = (permit, results);
        let mut early = BTreeMap::new();
        let mut next = seeds.start;
        while next < seeds.end && collect.goes_on() {
            match results.recv_timeout(LOOK) {
                Ok((seed, result)) => early.insert(seed, result),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            while let Some(result) = early.remove(&next) {
                collect.take(next, result);
                next += 1;
                let _ = permit.send(());
            }
        }
        stop.ask();
        next
    }))
}

/// What several runs begin with. It is not shared, only copied, by one worker after the other.
#[derive(Debug)]
pub struct Original<T>(Mutex<T>);

impl<T: Clone> Original<T> {
    /// What is to be copied.
    pub fn new(original: T) -> Self {
        Self(Mutex::new(original))
    }

    /// A copy.
    pub fn copy(&self) -> T {
        let original = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        original.clone()
    }
}

/// Work that goes on beside whoever asked for it, and is given up when this is dropped.
#[derive(Debug)]
pub struct Beside<T> {
    results: mpsc::Receiver<T>,
    stop: Arc<Stop>,
}

impl<T> Beside<T> {
    /// The next result, if one is there.
    pub fn next(&self) -> Option<T> {
        self.results.try_recv().ok()
    }

    /// The next result; it is waited for so long (wall time), if there will be one.
    pub fn next_within(&self, patience: Duration) -> Option<T> {
        self.results.recv_timeout(patience).ok()
    }
}

impl<T> Drop for Beside<T> {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

/// Gives results to who waits for them, and knows whether anybody still does.
struct Giver<T> {
    results: mpsc::Sender<T>,
    stop: Arc<Stop>,
}

impl<T> Collect<T> for Giver<Result<T, Panic>> {
    fn take(&mut self, _: u64, result: Result<T, Panic>) {
        if self.results.send(result).is_err() {
            self.stop.ask();
        }
    }

    fn goes_on(&mut self) -> bool {
        !self.stop.is_asked_for()
    }
}

/// The same as [`in_order`], beside whoever calls: at once there is something to ask for results. The error says why it
/// cannot begin.
pub fn beside<T: Send + 'static>(
    seeds: Range<u64>,
    jobs: NonZeroUsize,
    run: impl Fn(u64, &Stop) -> Option<T> + Send + Sync + 'static,
) -> Result<Beside<Result<T, Panic>>, String> {
    let (sender, results) = mpsc::channel();
    let stop = Arc::new(Stop::default());
    let mut giver = Giver {
        results: sender,
        stop: Arc::clone(&stop),
    };
    let work = move || {
        // What cannot begin gives no results; that no seed panics on the way is seen to where it runs.
        let _ = in_order(seeds, jobs, run, &mut giver);
    };
    std::thread::Builder::new()
        .name("seeds".to_owned())
        .spawn(work)
        .map_err(|error| format!("cannot start beside: {error}"))?;
    Ok(Beside { results, stop })
}

fn workers(jobs: NonZeroUsize) -> Result<ThreadPool, String> {
    ThreadPoolBuilder::new()
        .num_threads(jobs.get())
        .thread_name(|worker| format!("worker-{worker}"))
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|error| format!("cannot start {jobs} workers: {error}"))
}

fn message(panic: Box<dyn std::any::Any + Send>) -> Panic {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Panic {
        message: text.unwrap_or_else(|| "without a word".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    /// Work that takes longer for some seeds than for others, whichever worker has it.
    fn uneven(seed: u64) -> u64 {
        let rounds = if seed.is_multiple_of(7) { 200_000 } else { 10 };
        (0..rounds).fold(seed, |x, i| x.rotate_left(5) ^ i)
    }

    fn collected<T: Send>(
        seeds: Range<u64>,
        workers: usize,
        run: impl Fn(u64, &Stop) -> Option<T> + Sync,
    ) -> Vec<(u64, Result<T, Panic>)> {
        let mut out = Vec::new();
        let mut push = |seed, result| out.push((seed, result));
        let end = in_order(seeds.clone(), jobs(workers), run, &mut push).unwrap();
        assert_eq!(end, seeds.end);
        out
    }

    #[test]
    fn results_come_in_the_order_of_the_seeds_whatever_the_number_of_workers() {
        let alone: Vec<_> = (5..1_005).map(|s| (s, Ok(uneven(s)))).collect();
        for workers in [1, 2, 8] {
            assert_eq!(collected(5..1_005, workers, |s, _| Some(uneven(s))), alone);
        }
        assert_eq!(collected(5..5, 2, |s, _| Some(s)), []);
    }

    #[test]
    fn the_last_seeds_there_are_can_run() {
        let seeds = u64::MAX - 3..u64::MAX;
        let got = collected(seeds.clone(), 2, |seed, _| Some(seed));
        assert_eq!(got, seeds.map(|s| (s, Ok(s))).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_is_the_result_of_its_seed_alone() {
        let got = collected(0..200, 2, |seed, _| {
            assert!(seed != 3 && seed != 199, "a bug with {seed}");
            Some(seed)
        });
        for (seed, result) in got {
            let panic = Panic {
                message: format!("a bug with {seed}"),
            };
            let bug = seed == 3 || seed == 199;
            assert_eq!(result, if bug { Err(panic) } else { Ok(seed) });
        }
    }

    /// Ends after so many results.
    struct Until(Vec<u64>, usize);

    impl Collect<u64> for Until {
        fn take(&mut self, seed: u64, _: Result<u64, Panic>) {
            self.0.push(seed);
        }

        fn goes_on(&mut self) -> bool {
            self.0.len() < self.1
        }
    }

    #[test]
    fn who_has_enough_ends_it_and_keeps_the_first_seeds() {
        let mut until = Until(Vec::new(), 10);
        let run = |seed, _: &Stop| Some(uneven(seed));
        let end = in_order(0..u64::MAX, jobs(2), run, &mut until).unwrap();
        assert!((10..1_000).contains(&end), "{end}");
        assert_eq!(until.0, (0..end).collect::<Vec<_>>());
    }

    #[test]
    fn what_runs_is_asked_to_stop() {
        let run = |seed: u64, stop: &Stop| {
            while seed == 4 && !stop.is_asked_for() {
                std::thread::yield_now();
            }
            (seed != 4).then_some(seed)
        };
        let mut until = Until(Vec::new(), 4);
        assert_eq!(in_order(0..1_000_000, jobs(2), run, &mut until), Ok(4));
        assert_eq!(until.0, [0, 1, 2, 3]);
    }

    #[test]
    fn what_runs_beside_gives_the_same_in_the_same_order_and_is_given_up_when_nobody_waits() {
        let all = beside(5..50, jobs(2), |seed, _| Some(uneven(seed))).unwrap();
        let mut got = Vec::new();
        while got.len() < 45 {
            got.extend(all.next());
        }
        assert_eq!(got, (5..50).map(|s| Ok(uneven(s))).collect::<Vec<_>>());
        let (told, stopped) = mpsc::channel();
        let told = std::sync::Mutex::new(told);
        let endless = beside(0..1, jobs(1), move |_, stop| {
            let _ = told.lock().map(|told| told.send("begun"));
            while !stop.is_asked_for() {
                std::thread::yield_now();
            }
            let _ = told.lock().map(|told| told.send("stopped"));
            None::<u64>
        });
        let wait = || stopped.recv_timeout(Duration::from_secs(60));
        assert_eq!(wait(), Ok("begun"));
        assert_eq!(endless.unwrap().next(), None);
        assert_eq!(wait(), Ok("stopped"));
    }

    #[test]
    fn no_more_wait_for_a_slow_seed_than_the_workers_may_be_ahead() {
        let begun = std::sync::atomic::AtomicUsize::new(0);
        let all = AHEAD_PER_JOB * 2;
        let run = |seed: u64, stop: &Stop| {
            begun.fetch_add(1, Ordering::SeqCst);
            // The first waits until the others can do no more, and a little for one that would go too far.
            while seed == 0 && begun.load(Ordering::SeqCst) < all && !stop.is_asked_for() {
                std::thread::yield_now();
            }
            if seed == 0 {
                std::thread::sleep(Duration::from_millis(50));
                assert_eq!(begun.load(Ordering::SeqCst), all);
            }
            Some(seed)
        };
        let got = collected(0..1_000, 2, run);
        assert!(got.iter().all(|(_, result)| result.is_ok()), "{:?}", got[0]);
    }
}
