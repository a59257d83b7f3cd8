//! The first ten virtual seconds of the default scenario, headless: events a second of the wall clock, with everything
//! that watches a run (ledger, checks, metrics, marks) and with nothing but the digest.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use splitbrain::hunt::{self, Options, Session};
use splitbrain::scenario::library;
use splitbrain::sim::SECOND;

const UNTIL_NS: u64 = 10 * SECOND;

fn scenario(criterion: &mut Criterion) {
    let Ok(loaded) = hunt::load(library::DEFAULT, &[]) else {
        panic!("the default scenario does not load");
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
    let mut group = criterion.benchmark_group("scenario");
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

criterion_group!(benches, scenario);
criterion_main!(benches);
