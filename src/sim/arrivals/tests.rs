//! What the tests of all processes need, and the tests that concern more than one.

use proptest::prelude::*;

use super::*;

pub(super) const SECOND: u64 = 1_000_000_000;

pub(super) fn stream() -> Stream {
    Stream::named(11, "arrivals", "test")
}

/// All arrival times before `end_ns`, of a workload that begins at `begin_ns`.
pub(super) fn times(arrivals: &Arrivals, begin_ns: u64, end_ns: u64) -> Vec<u64> {
    arrivals.check().unwrap();
    let (mut process, mut stream, mut now_ns) = (arrivals.compile(None), stream(), begin_ns);
    let mut times = Vec::new();
    while let Some(delay_ns) = process.next(now_ns, &mut stream) {
        now_ns += delay_ns;
        if now_ns >= end_ns {
            break;
        }
        times.push(now_ns);
    }
    times
}

pub(super) fn count(times: &[u64], from_ns: u64, to_ns: u64) -> f64 {
    times
        .iter()
        .filter(|time| (from_ns..to_ns).contains(time))
        .count() as f64
}

/// Poisson counts lie within four standard deviations of what is expected.
#[track_caller]
pub(super) fn assert_poisson(count: f64, expected: f64) {
    assert!(
        (count - expected).abs() < 4.0 * expected.sqrt(),
        "{count} for {expected}"
    );
}

pub(super) fn per_s(rate: f64) -> Rate {
    Rate::from_per_s(rate)
}

#[test]
fn a_closed_loop_tells_its_clients() {
    let think = Dist::Exponential {
        mean: Duration::from_ms(5),
    };
    let mut process = Arrivals::ClosedLoop { clients: 7, think }.compile(None);
    assert_eq!(process.next(0, &mut stream()), None);
    let (clients, think) = process.closed().unwrap();
    assert_eq!((clients, think.mean_ns()), (7, 5e6));
}

#[test]
fn a_factor_changes_the_rate() {
    let mut process = Arrivals::Constant(per_s(100.0)).compile(None);
    process.set_factor(4.0);
    assert_eq!(process.next(0, &mut stream()), Some(2_500_000));
    assert_eq!(process.rate_at(0), Some(400.0));
    for no_factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        process.set_factor(no_factor);
        assert_eq!(process.next(0, &mut stream()), None);
    }
}

#[test]
fn impossible_processes_are_named() {
    let error = |arrivals: Arrivals| {
        assert_eq!(arrivals.compile(None).next(0, &mut stream()), None);
        arrivals.check().unwrap_err()
    };
    assert_eq!(
        error(Arrivals::Poisson(per_s(2e9))),
        "the rate (2000000000/s) is more than one per nanosecond"
    );
    let second = || Dist::from(Duration::from_secs(1));
    let bursts = |on, off, rate| Arrivals::Bursts {
        on,
        off,
        rate,
        rate_off: Rate::ZERO,
    };
    assert_eq!(
        error(bursts(Dist::ZERO, second(), per_s(1.0))),
        "on must last longer than 0"
    );
    assert_eq!(
        error(bursts(second(), second(), Rate::ZERO)),
        "rate must be above 0"
    );
    assert!(error(bursts(second(), second(), per_s(1e-6))).contains("are no bursts"));
    let erlang = Dist::Erlang {
        k: 0,
        mean: Duration::ZERO,
    };
    assert_eq!(
        error(bursts(second(), erlang, per_s(1.0))),
        "off: k must be from 1 to 1000, not 0"
    );
    assert_eq!(
        error(Arrivals::ClosedLoop {
            clients: 0,
            think: Dist::ZERO
        }),
        "clients must be at least 1"
    );
    let diurnal = Arrivals::Diurnal {
        mean: per_s(1.0),
        amplitude: Chance::ALWAYS,
        period: Duration::ZERO,
        peak_at: None,
    };
    assert_eq!(error(diurnal), "period must be above 0");
}

/// Guards recordings against a change of the draws, as its sister in `dist` does.
#[test]
fn first_draws_never_change() {
    let draws = |arrivals: Arrivals| {
        let all = times(&arrivals, 0, 1_000 * SECOND);
        (
            all[..4].to_vec(),
            all.iter().fold(0, |sum: u64, time| sum.wrapping_add(*time)),
        )
    };
    let (period, peak_at) = (Duration::from_secs(60), None);
    let exponential = |seconds| Dist::Exponential {
        mean: Duration::from_secs(seconds),
    };
    let (on, off, rate, rate_off) = (exponential(2), exponential(5), per_s(100.0), per_s(3.0));
    assert_eq!(
        draws(Arrivals::Poisson(per_s(100.0))),
        (
            vec![799_156, 2_225_824, 6_250_340, 28_304_275],
            49_997_004_837_906_052
        )
    );
    assert_eq!(
        draws(Arrivals::Bursts {
            on,
            off,
            rate,
            rate_off
        }),
        (
            vec![1_426_668, 5_451_184, 27_505_119, 27_951_063],
            15_941_701_112_138_388
        )
    );
    assert_eq!(
        draws(Arrivals::Ramp {
            from: rate_off,
            to: rate,
            over: period
        }),
        (
            vec![26_450_020, 72_767_383, 197_802_420, 779_680_210],
            49_940_596_117_593_945
        )
    );
    let amplitude = Chance::from_p(0.9);
    assert_eq!(
        draws(Arrivals::Diurnal {
            mean: rate,
            amplitude,
            period,
            peak_at
        }),
        (
            vec![147_002_634, 418_268_460, 702_643_288, 739_645_406],
            50_786_395_175_814_293
        )
    );
}

#[test]
fn the_written_form() {
    let read = |json: &str| serde_json::from_str::<Arrivals>(json).unwrap();
    assert_eq!(
        read("{\"Poisson\": \"2000/s\"}"),
        Arrivals::Poisson(per_s(2_000.0))
    );
    let bursts = Arrivals::Bursts {
        on: Duration::from_secs(2).into(),
        off: Dist::Exponential {
            mean: Duration::from_secs(8),
        },
        rate: per_s(500.0),
        rate_off: Rate::ZERO,
    };
    let json =
        r#"{"Bursts": {"on": "2s", "off": {"Exponential": {"mean": "8s"}}, "rate": "500/s"}}"#;
    assert_eq!(read(json), bursts);
}

fn any_arrivals() -> impl Strategy<Value = Arrivals> {
    let rate = || prop_oneof![Just(0.0), 1e-12_f64..1e-3, 0.1_f64..1e9].prop_map(Rate::from_per_s);
    let duration =
        || (any::<u64>(), 0_u32..64).prop_map(|(ns, shift)| Duration::from_ns(ns >> shift));
    let dist = || duration().prop_map(Dist::from);
    prop_oneof![
        rate().prop_map(Arrivals::Poisson),
        rate().prop_map(Arrivals::Constant),
        (dist(), dist(), rate(), rate()).prop_map(|(on, off, rate, rate_off)| {
            Arrivals::Bursts {
                on,
                off,
                rate,
                rate_off,
            }
        }),
        (rate(), rate(), duration()).prop_map(|(from, to, over)| Arrivals::Ramp { from, to, over }),
        (
            rate(),
            0.0_f64..0.99,
            duration(),
            prop::option::of(duration())
        )
            .prop_map(|(mean, amplitude, period, peak_at)| Arrivals::Diurnal {
                mean,
                amplitude: Chance::from_p(amplitude),
                period,
                peak_at
            }),
    ]
}

proptest! {
    #[test]
    fn no_process_panics(
        arrivals in any_arrivals(),
        begin_ns in any::<u64>(),
        shift in 0_u32..64,
        factors in prop::collection::vec((0.001..1000.0_f64, 0.0..=1.0_f64), 0..20),
    ) {
        let trace = (0..30_u64).map(|i| i * i * 1_000_000_000).collect();
        let (mut process, mut stream) = (arrivals.compile(Some(trace)), stream());
        let (mut now_ns, mut factors) = (begin_ns >> shift, factors.into_iter());
        for _ in 0..20 {
            let _ = process.rate_at(now_ns);
            let mut delay = process.next(now_ns, &mut stream);
            if let Some((factor, part)) = factors.next() {
                let due_ns = delay.map(|delay_ns| now_ns.saturating_add(delay_ns));
                let left_ns = due_ns.map_or(0, |due_ns| due_ns - now_ns);
                now_ns += ((left_ns as f64 * part) as u64).min(left_ns);
                delay = process.change_factor(factor, now_ns, due_ns, &mut stream);
            }
            match delay {
                Some(delay_ns) => now_ns = now_ns.saturating_add(delay_ns),
                None => break,
            }
        }
    }
}
