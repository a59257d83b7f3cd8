//! The shipped scenarios, headless: events a second of the wall clock, with everything that watches a run (ledger, checks,
//! metrics, marks) on the same core or on a second one, and with nothing but the digest, which is always on.

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
    let whole = |unobserved, apart| {
        let options = Options {
            until_ns: Some(UNTIL_NS),
            unobserved,
            ..Options::default()
        };
        let mut session = Session::new(Arc::clone(&loaded), options);
        if apart {
            while session.advance_apart(u64::MAX, u64::MAX) {}
        } else {
            session.run();
        }
        (session.sim().events(), session.sim().digest().value())
    };
    let bare = whole(true, false);
    assert_eq!(whole(false, false), bare, "observers change nothing");
    assert_eq!(whole(false, true), bare, "nor does where they are");
    let mut group = criterion.benchmark_group(name);
    group
        .throughput(Throughput::Elements(bare.0))
        .sample_size(10);
    for (name, unobserved, apart) in [
        ("observed", false, false),
        ("observed on a second core", false, true),
        ("unobserved", true, false),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(whole(unobserved, apart)));
        });
    }
    group.finish();
}

criterion_group!(benches, scenarios);
criterion_main!(benches);
