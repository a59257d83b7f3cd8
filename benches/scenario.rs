//! The shipped scenarios, headless: events a second of the wall clock, with everything that watches a run (ledger, checks,
//! metrics, marks) and with nothing but the digest, which is always on.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use splitbrain::hunt::{self, Options, Session};
use splitbrain::scenario::library;
use splitbrain::sim::SECOND;

/// Long after producers and groups have come into their stride.
const UNTIL_NS: u64 = 10 * SECOND;

fn scenarios(criterion: &mut Criterion) {
    for scenario in library::ALL {
        bench(criterion, scenario.name);
    }
}

fn bench(criterion: &mut Criterion, name: &str) {
    let Ok(loaded) = hunt::load(name, &[]) else {
        panic!("`{name}` does not load");
    };
    let loaded = Arc::new(loaded);
    let whole = |unobserved| {
        let options = Options {
            until_ns: Some(UNTIL_NS),
            unobserved,
            ..Options::default()
        };
        let mut session = Session::new(Arc::clone(&loaded), options);
        session.run();
        (session.sim().events(), session.sim().digest().value())
    };
    assert_eq!(whole(false), whole(true), "observers change nothing");
    let mut group = criterion.benchmark_group(name);
    group
        .throughput(Throughput::Elements(whole(true).0))
        .sample_size(10);
    for (name, unobserved) in [("observed", false), ("unobserved", true)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(whole(unobserved)));
        });
    }
    group.finish();
}

criterion_group!(benches, scenarios);
criterion_main!(benches);
