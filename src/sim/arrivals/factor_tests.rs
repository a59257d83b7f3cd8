//! What a factor that changes while an arrival is under way does to each kind of process.

use super::super::units::Duration;
use super::tests::{SECOND, assert_poisson, count, per_s, stream, times};
use super::*;

/// All arrival times before `end_ns`, with the factor changed at some moments, as whoever owns the process does it.
fn times_with(mut process: ArrivalProcess, changes: &[(u64, f64)], end_ns: u64) -> Vec<u64> {
    let (mut stream, mut times) = (stream(), Vec::new());
    let mut changes = changes.iter().copied().peekable();
    let mut due = process.next(0, &mut stream);
    loop {
        if let Some((at, factor)) = changes.next_if(|c| due.is_none_or(|due| c.0 <= due)) {
            let delay = process.change_factor(factor, at, due, &mut stream);
            due = delay.map(|delay| at + delay);
            continue;
        }
        match due {
            Some(at) if at < end_ns => {
                times.push(at);
                due = process.next(at, &mut stream).map(|delay| at + delay);
            }
            _ => return times,
        }
    }
}

/// Four times as much from 10 to 20 s.
const SURGE: [(u64, f64); 2] = [(10 * SECOND, 4.0), (20 * SECOND, 1.0)];

/// When something comes in the surge that would come at `at` without it.
fn in_the_surge(at: u64) -> u64 {
    if at < 10 * SECOND {
        at
    } else if at < 50 * SECOND {
        10 * SECOND + (at - 10 * SECOND) / 4
    } else {
        at - 30 * SECOND
    }
}

#[test]
fn even_and_poisson_arrivals_are_the_same_draws_in_another_time() {
    for arrivals in [
        Arrivals::Constant(per_s(0.7)),
        Arrivals::Constant(per_s(30.0)),
        Arrivals::Poisson(per_s(0.3)),
        Arrivals::Poisson(per_s(30.0)),
    ] {
        let plain = times(&arrivals, 0, 130 * SECOND);
        let expected: Vec<u64> = plain.into_iter().map(in_the_surge).collect();
        let surge = times_with(arrivals.compile(None), &SURGE, 100 * SECOND);
        assert_eq!(surge.len(), expected.len(), "{arrivals:?}");
        // Each gap is rounded to a nanosecond.
        let near = |(a, b): (&u64, &u64)| a.abs_diff(*b) <= 4_000;
        assert!(surge.iter().zip(&expected).all(near), "{arrivals:?}");
    }
}

#[test]
fn rates_that_change_by_themselves_are_multiplied_where_they_are() {
    let changes = [(20 * SECOND, 3.0), (60 * SECOND, 0.25)];
    let ramp = Arrivals::Ramp {
        from: per_s(100.0),
        to: per_s(500.0),
        over: Duration::from_secs(80),
    };
    let made = times_with(ramp.compile(None), &changes, 100 * SECOND);
    let between = |from: u64, to: u64| count(&made, from * SECOND, to * SECOND);
    assert_poisson(between(0, 20), 20.0 * 150.0);
    assert_poisson(between(20, 60), 3.0 * 40.0 * 300.0);
    assert_poisson(between(60, 80), 0.25 * 20.0 * 450.0);
    assert_poisson(between(80, 100), 0.25 * 20.0 * 500.0);
    // Peaks at 20 s and 60 s; from a peak to the next zero of the cosine it is 2 A P / 2π above the mean.
    let diurnal = Arrivals::Diurnal {
        mean: per_s(500.0),
        amplitude: Chance::from_p(0.8),
        period: Duration::from_secs(40),
        peak_at: None,
    };
    let made = times_with(diurnal.compile(None), &changes, 100 * SECOND);
    let between = |from: u64, to: u64| count(&made, from * SECOND, to * SECOND);
    let above = 500.0 * 0.8 * 40.0 / (2.0 * std::f64::consts::PI);
    assert_poisson(between(20, 30), 3.0 * (5_000.0 + above));
    assert_poisson(between(30, 50), 3.0 * (10_000.0 - 2.0 * above));
    assert_poisson(between(60, 70), 0.25 * (5_000.0 + above));
}

fn bursts(on: u64, off: u64, rate: f64) -> Arrivals {
    Arrivals::Bursts {
        on: Duration::from_secs(on).into(),
        off: Duration::from_secs(off).into(),
        rate: per_s(rate),
        rate_off: Rate::ZERO,
    }
}

#[test]
fn bursts_stay_where_they_are() {
    // In the middle of a burst, and in the middle of a pause.
    let changes = [
        (40 * SECOND + SECOND / 2, 5.0),
        (85 * SECOND, 0.2),
        (400 * SECOND, 1.0),
    ];
    let made = times_with(
        bursts(1, 9, 1_000.0).compile(None),
        &changes,
        1_000 * SECOND,
    );
    assert!(made.iter().all(|at| at % (10 * SECOND) <= SECOND));
    let between = |from: u64, to: u64| count(&made, from * SECOND / 2, to * SECOND / 2);
    assert_poisson(between(80, 81), 500.0);
    assert_poisson(between(81, 82), 2_500.0);
    assert_poisson(between(100, 102), 5_000.0);
    assert_poisson(between(170, 800), 31.0 * 200.0);
    assert_poisson(between(800, 2_000), 60.0 * 1_000.0);
}

#[test]
fn what_was_almost_nothing_is_back_at_once() {
    // Without it, the gap drawn at a thousandth would go on for 20 s and more after its end.
    let changes = [(10 * SECOND, 0.001), (20 * SECOND, 1.0)];
    let rare = |rate: f64| {
        [
            Arrivals::Constant(per_s(rate)),
            Arrivals::Poisson(per_s(rate)),
            Arrivals::Ramp {
                from: per_s(rate / 2.0),
                to: per_s(rate),
                over: Duration::from_secs(15),
            },
            Arrivals::Diurnal {
                mean: per_s(rate),
                amplitude: Chance::from_p(0.5),
                period: Duration::from_secs(7),
                peak_at: None,
            },
            bursts(1, 1, 2.0 * rate),
        ]
    };
    for arrivals in rare(50.0) {
        let made = times_with(arrivals.compile(None), &changes, 60 * SECOND);
        assert!(
            count(&made, 10 * SECOND, 20 * SECOND) <= 4.0,
            "{arrivals:?}"
        );
        assert!(
            count(&made, 20 * SECOND, 22 * SECOND) > 50.0,
            "{arrivals:?}"
        );
        assert_poisson(count(&made, 20 * SECOND, 60 * SECOND), 2_000.0);
    }
}

#[test]
fn each_arrival_of_a_trace_comes_so_many_times() {
    let trace: Arc<[u64]> = (0..10).map(|i| i * 100).collect();
    let arrivals = Arrivals::Trace {
        file: "orders.csv".to_owned(),
    };
    let made = |changes: &[(u64, f64)]| {
        let process = arrivals.compile(Some(Arc::clone(&trace)));
        times_with(process, changes, u64::MAX)
    };
    assert_eq!(made(&[]), *trace);
    // Spread until the next one; the last has no next one.
    let doubled = made(&[(750, 2.0)]);
    assert_eq!(doubled[8..], [800, 850, 900, 900]);
    assert_eq!(
        made(&[(150, 2.5), (450, 1.0)])[2..],
        [200, 250, 300, 333, 366, 400, 450, 500, 600, 700, 800, 900]
    );
    assert_eq!(made(&[(50, 0.5)]), [0, 200, 400, 600, 800]);
    // What it left out stays out, and what is to come is there again.
    assert_eq!(made(&[(50, 0.001), (550, 1.0)]), [0, 600, 700, 800, 900]);
}
