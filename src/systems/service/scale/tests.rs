//! Known answers of Kubernetes' autoscaler.

use super::{ScaleSettings, Scaler, Target};
use crate::sim::SECOND;
use crate::sim::complaint::Path;
use crate::sim::units::{Chance, Duration};

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn settings() -> ScaleSettings {
    ScaleSettings {
        min: 1,
        max: 100,
        target: Target::QueueLength(10.0),
        every: seconds(15),
        tolerance: Chance::from_p(0.1),
        up_window: Duration::ZERO,
        down_window: seconds(300),
        up_count: 4,
        up_share: Chance::ALWAYS,
        down_share: Chance::ALWAYS,
        period: seconds(15),
        start_delay: seconds(30),
    }
}

/// Looks every 15 s, with the load (requests that wait, in all) of each look; all replicas serve. How many replicas there are after
/// each look.
fn follow(settings: &ScaleSettings, start: u32, loads: &[f64]) -> Vec<u32> {
    let mut scaler = Scaler::new(settings);
    let mut replicas = start;
    let looks = (0_u64..).zip(loads);
    looks
        .map(|(n, load)| {
            let metric = load / f64::from(replicas);
            replicas = scaler.decide(n * 15 * SECOND, replicas, replicas, metric);
            replicas
        })
        .collect()
}

#[test]
fn one_replica_under_huge_load_becomes_5_then_10_then_20() {
    assert_eq!(follow(&settings(), 1, &[1e6; 6]), [5, 10, 20, 40, 80, 100]);
}

#[test]
fn replicas_that_start_count_as_idle_and_do_not_slow_the_way_up() {
    // Only the first serves all the time.
    let mut scaler = Scaler::new(&settings());
    let mut replicas = 1;
    for (n, expected) in [5, 10, 20].into_iter().enumerate() {
        replicas = scaler.decide(n as u64 * 15 * SECOND, replicas, 1, 1e6);
        assert_eq!(replicas, expected);
    }
    // Two serve with 15 waiting each, two start: with those 7.5 each, which is no reason to add or to remove.
    assert_eq!(Scaler::new(&settings()).decide(0, 4, 2, 15.0), 4);
    // 30 waiting each are 15 each with them: ceil(4 × 1.5).
    assert_eq!(Scaler::new(&settings()).decide(0, 4, 2, 30.0), 6);
    // Nobody serves, so nothing is known.
    assert_eq!(Scaler::new(&settings()).decide(0, 4, 0, 0.0), 4);
}

#[test]
fn nothing_is_removed_before_300_s_after_a_drop_whenever_it_was() {
    for drop_s in 600..615 {
        let mut scaler = Scaler::new(&settings());
        let mut removed_s = None;
        for now_s in (0..1200).step_by(15) {
            let load = if now_s < drop_s { 200.0 } else { 20.0 };
            let replicas = scaler.decide(now_s * SECOND, 20, 20, load / 20.0);
            if replicas < 20 && removed_s.is_none() {
                assert_eq!(replicas, 2);
                removed_s = Some(now_s);
            }
        }
        let after = removed_s.map(|s| s - drop_s);
        assert!(after.is_some_and(|s| (300..315).contains(&s)), "{after:?}");
    }
}

#[test]
fn nothing_happens_between_0_9_and_1_1_of_the_target() {
    let quick = ScaleSettings {
        down_window: Duration::ZERO,
        ..settings()
    };
    let utilisation = ScaleSettings {
        target: Target::default(),
        ..quick.clone()
    };
    // Of 20 replicas, with the queue's target of 10 and the utilisation's of 80 %.
    let table = [
        (0.85, 17),
        (0.899, 18),
        (0.9, 20),
        (0.95, 20),
        (1.0, 20),
        (1.05, 20),
        (1.1, 20),
        (1.101, 23),
        (1.2, 24),
    ];
    for (ratio, expected) in table {
        for settings in [&quick, &utilisation] {
            let metric = settings.target.value() * ratio;
            let replicas = Scaler::new(settings).decide(0, 20, 20, metric);
            assert_eq!(replicas, expected, "{ratio}");
        }
    }
}

#[test]
fn a_short_peak_or_a_short_dip_within_the_window_is_passed_over() {
    // A dip: nothing is removed.
    let dip = [50.0, 50.0, 10.0, 10.0, 50.0];
    assert_eq!(follow(&settings(), 5, &dip), [5; 5]);
    // A peak that is shorter than the window before adding: nothing is added; a longer one: what it needs at least.
    let slow = ScaleSettings {
        up_window: seconds(30),
        ..settings()
    };
    assert_eq!(follow(&slow, 5, &[50.0, 90.0, 90.0, 50.0]), [5; 4]);
    let longer = [50.0, 90.0, 80.0, 90.0, 90.0];
    assert_eq!(follow(&slow, 5, &longer), [5, 5, 5, 8, 8]);
}

#[test]
fn no_more_is_added_or_removed_in_a_period_than_allowed() {
    let slow = ScaleSettings {
        up_count: 2,
        up_share: Chance::from_p(0.1),
        down_share: Chance::from_p(0.5),
        down_window: Duration::ZERO,
        period: seconds(60),
        ..settings()
    };
    // Four looks to a period: 2 in the first minute, 2 in the second; from 30 on 10 % are more than 2.
    assert_eq!(follow(&slow, 4, &[1e6; 9]), [6, 6, 6, 6, 8, 8, 8, 8, 10]);
    assert_eq!(follow(&slow, 30, &[1e6; 5]), [33, 33, 33, 33, 37]);
    assert_eq!(follow(&slow, 30, &[0.0; 5]), [15, 15, 15, 15, 7]);
}

#[test]
fn the_number_stays_between_min_and_max() {
    let settings = ScaleSettings {
        min: 3,
        max: 6,
        down_window: Duration::ZERO,
        ..settings()
    };
    assert_eq!(follow(&settings, 4, &[1e6, 0.0]), [6, 3]);
    assert_eq!(follow(&settings, 9, &[1e6]), [6]);
    assert_eq!(follow(&settings, 1, &[0.0]), [3]);
}

#[test]
fn settings_that_cannot_work_are_named() {
    let complaints = |settings: &ScaleSettings| {
        let mut out = Vec::new();
        settings.check(&Path::root().field("scale"), &mut out);
        out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
    };
    assert!(complaints(&settings()).is_empty());
    type Change = fn(&mut ScaleSettings);
    let table: [(Change, &str); 8] = [
        (|s| s.min = 0, "scale.min"),
        (|s| (s.min, s.max) = (5, 4), "scale.max"),
        (|s| s.max = 20_000, "scale.max"),
        (|s| s.target = Target::QueueLength(0.0), "scale.target"),
        (|s| s.every = Duration::ZERO, "scale.every"),
        (|s| s.every = Duration::from_us(1), "scale.down_window"),
        (
            |s| (s.up_count, s.up_share) = (0, Chance::NEVER),
            "scale.up_count",
        ),
        (|s| s.period = Duration::ZERO, "scale.period"),
    ];
    for (change, named) in table {
        let mut settings = settings();
        change(&mut settings);
        assert_eq!(complaints(&settings), [named]);
    }
}
