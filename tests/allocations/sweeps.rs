//! What a sweep keeps: as much for a hundred thousand seeds as for ten thousand.

use std::io::Write;

use splitbrain::checks::{Outcome as Answer, Property};
use splitbrain::hunt::sweep::file::{head_line, run_line};
use splitbrain::hunt::sweep::reader::{First, Next, Reader};
use splitbrain::hunt::sweep::{Broken, Grid, Head, SeedOutcome, Shard, Sums, grid};

/// The head of a sweep of a built-in scenario, and nothing of its runs.
fn head(seeds: u64) -> Head {
    let wanted = grid::Wanted {
        set: &[],
        vary: &[],
        seeds: 0..seeds,
        control: false,
        until_ns: None,
        shard: Shard::WHOLE,
    };
    let loaded = grid::load("leader-crash", &wanted).expect("built in");
    Grid::new(loaded, &wanted).head().clone()
}

/// What a run could come to: each metric is another number with every seed.
fn outcome(head: &Head, seed: u64) -> SeedOutcome {
    let metrics = (0..head.metrics.len() as u64).map(|metric| {
        let mixed = (seed + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(metric as u32);
        Some((mixed >> 24) as f64 / (1_u64 << (mixed % 40)) as f64)
    });
    SeedOutcome {
        met: !seed.is_multiple_of(3),
        answers: vec![Answer::Met; head.cells[0].expectations.len()],
        findings: seed % 3,
        broken: vec![Broken {
            property: Property::NoAckedLoss,
            at: seed,
            event: seed,
            message: format!("seed {seed}"),
        }],
        events: seed,
        digest: seed,
        metrics: metrics.collect(),
    }
}

/// The most bytes that were in use at once while so many runs were summed up.
fn peak(seeds: u64) -> u64 {
    let head = head(seeds);
    let used = allocation_counter::measure(|| {
        let mut sums = Sums::new(&head);
        for seed in 0..seeds {
            sums.add(&head, seed, &Ok(outcome(&head, seed)));
        }
        assert_eq!(sums.all.seeds, seeds);
    });
    used.bytes_max
}

#[test]
fn ten_times_the_seeds_take_no_more_memory() {
    let (some, many) = (peak(10_000), peak(100_000));
    // Values that are rare come late: a few more buckets.
    assert!(
        many as f64 <= some as f64 * 1.05,
        "{some} bytes with 10,000, {many} with 100,000"
    );
    assert!(many < 8 << 20, "{many} bytes");
}

/// The bytes of a file with so many runs, one at a time.
struct Lines<'a> {
    head: &'a Head,
    next: u64,
    line: std::io::Cursor<Vec<u8>>,
}

impl std::io::Read for Lines<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.line.read(into)?;
        if read > 0 || self.next == self.head.seeds.to {
            return Ok(read);
        }
        self.line.get_mut().clear();
        self.line.set_position(0);
        let line = run_line(self.head, self.next, &Ok(outcome(self.head, self.next)));
        self.line.get_mut().write_all(line.as_bytes())?;
        self.next += 1;
        self.line.read(into)
    }
}

/// The most bytes in use at once while a file of so many runs is read and summed up: what resuming and merging do.
fn read_peak(seeds: u64) -> u64 {
    let head = head(seeds);
    let used = allocation_counter::measure(|| {
        let line = std::io::Cursor::new(head_line(&head).into_bytes());
        let mut reader = Reader::new(Lines {
            head: &head,
            next: 0,
            line,
        });
        let Ok(First::Head(read)) = reader.first() else {
            panic!("it has a first line");
        };
        let mut sums = Sums::new(&read);
        while let Next::Run(item, came) = reader.next(&read).unwrap() {
            sums.add(&read, item, &came);
        }
        assert_eq!(sums.all.seeds, seeds);
    });
    used.bytes_max
}

#[test]
fn a_file_is_read_in_the_memory_of_a_line() {
    let (some, many) = (read_peak(2_000), read_peak(20_000));
    assert!(
        many as f64 <= some as f64 * 1.1,
        "{some} bytes with 2,000, {many} with 20,000"
    );
}
