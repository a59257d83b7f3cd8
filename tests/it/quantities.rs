//! Distributions, arrivals and keys as a scenario file writes them, read by the scenario language.

use serde::Deserialize;
use splitbrain::scenario::document::Document;
use splitbrain::sim::arrivals::Arrivals;
use splitbrain::sim::dist::Dist;
use splitbrain::sim::keys::Keys;
use splitbrain::sim::units::{Chance, Duration, Rate, Size};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    delays: Vec<Dist>,
    arrivals: Vec<Arrivals>,
    keys: Vec<Keys>,
    size: Size,
}

fn read(text: &str) -> Settings {
    let mut document = Document::parse("quantities.ron", text);
    let settings = document.read();
    assert!(document.is_sound(), "{}", document.render(false));
    settings.unwrap()
}

fn mistakes(text: &str) -> String {
    let mut document = Document::parse("quantities.ron", text);
    let _: Option<Settings> = document.read();
    assert!(!document.is_sound());
    document.render(false)
}

#[test]
fn every_form_can_be_written() {
    let us = Duration::from_us;
    let p = Chance::from_p;
    let settings = read(
        r#"(
            delays: [
                "500us",
                Constant("500us"),
                Uniform(min: "1us", max: "5us"),
                LogNormal(median: "500us", p99: "3ms"),
                Normal(mean: "5us", sd: "1us", max: "9us"),
                Pareto(min: "1us", alpha: 2),
                Weibull(scale: "1us", shape: 0.7),
                Erlang(k: 3, mean: "3us"),
                Hyperexponential(of: [("90%", "1ms"), ("10%", "20ms")]),
                Empirical(quantiles: [("0%", "200us"), ("50%", "500us"), ("100%", "20ms")]),
                Mixture(of: [("99%", "1ms"), ("1%", Exponential(mean: "1s"))]),
            ],
            arrivals: [
                Poisson("2000/s"),
                Bursts(on: "2s", off: Exponential(mean: "8s"), rate: "500/s"),
                Diurnal(mean: "1/s", amplitude: "80%", period: "24h", peak_at: "14h"),
                ClosedLoop(clients: 20, think: Exponential(mean: "1s")),
            ],
            keys: [None, Zipf(n: 10000, s: 1.1), Hot(n: 100, share: "80%")],
            size: "64KiB",
        )"#,
    );
    let delays = vec![
        Dist::Constant(us(500)),
        Dist::Constant(us(500)),
        Dist::Uniform {
            min: us(1),
            max: us(5),
        },
        Dist::LogNormal {
            median: us(500),
            p99: us(3_000),
        },
        Dist::Normal {
            mean: us(5),
            sd: us(1),
            min: Duration::ZERO,
            max: Some(us(9)),
        },
        Dist::Pareto {
            min: us(1),
            alpha: 2.0,
            max: None,
        },
        Dist::Weibull {
            scale: us(1),
            shape: 0.7,
        },
        Dist::Erlang { k: 3, mean: us(3) },
        Dist::Hyperexponential {
            of: vec![(p(0.9), us(1_000)), (p(0.1), us(20_000))],
        },
        Dist::Empirical {
            quantiles: vec![(p(0.0), us(200)), (p(0.5), us(500)), (p(1.0), us(20_000))],
        },
        Dist::Mixture {
            of: vec![
                (p(0.99), Dist::Constant(us(1_000))),
                (
                    p(0.01),
                    Dist::Exponential {
                        mean: Duration::from_secs(1),
                    },
                ),
            ],
        },
    ];
    assert_eq!(settings.delays, delays);
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    let arrivals = vec![
        Arrivals::Poisson(Rate::from_per_s(2_000.0)),
        Arrivals::Bursts {
            on: Duration::from_secs(2).into(),
            off: Dist::Exponential {
                mean: Duration::from_secs(8),
            },
            rate: Rate::from_per_s(500.0),
            rate_off: Rate::ZERO,
        },
        Arrivals::Diurnal {
            mean: Rate::from_per_s(1.0),
            amplitude: p(0.8),
            period: hours(24),
            peak_at: Some(hours(14)),
        },
        Arrivals::ClosedLoop {
            clients: 20,
            think: Dist::Exponential {
                mean: Duration::from_secs(1),
            },
        },
    ];
    assert_eq!(settings.arrivals, arrivals);
    let keys = vec![
        Keys::None,
        Keys::Zipf { n: 10_000, s: 1.1 },
        Keys::Hot {
            n: 100,
            hot: 1,
            share: p(0.8),
        },
    ];
    assert_eq!(settings.keys, keys);
    assert_eq!(settings.size, Size::from_kib(64));
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let text = mistakes(
        r#"(
    delays: ["5", 7, LogNormal(mediam: "500us", p99: "3ms"), Exponentail(mean: "5ms"), Exponential(mean: 5)],
    arrivals: [Poisson("2000"), Bursts(on: "2 weeks", off: "1s", rate: "5/s")],
    keys: [Zipf(n: 10000, s: "1.1")],
    size: 64,
)"#,
    );
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/scenario"),
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!("quantities_mistaken", text);
    });
}
