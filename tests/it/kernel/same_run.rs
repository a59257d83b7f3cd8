//! A run is a pure function: however it is stepped, watched, stopped or continued.

use splitbrain::sim::dist::Dist;
use splitbrain::sim::units::Duration;
use splitbrain::sim::{MS, Record, SECOND};

use super::probe::{Mail, Probe, World, pulse};

fn world() -> World {
    let mail = Mail {
        cpu_ns: 300_000,
        write: 50,
        bytes: 200,
        echo: true,
        ..Mail::default()
    };
    let probe = |to: u32| Probe {
        mail: mail.clone(),
        ..pulse(to, 2 * MS)
    };
    let latency = Dist::LogNormal {
        median: Duration::from_us(500),
        p99: Duration::from_ms(5),
    };
    World::of([1, 2, 0].map(probe).to_vec())
        .latency(latency)
        .fault(SECOND, Some(SECOND), r#"Pause(AnyOf("n", 1))"#)
        .fault(2 * SECOND, Some(SECOND), r#"Crash(AnyOf("n", 1))"#)
        .fault(
            3 * SECOND,
            None,
            r#"LinkLossy(from: "n1", to: All, loss: "10%")"#,
        )
}

#[test]
fn slices_steps_observers_and_checkpoints_do_not_matter() {
    let end = 6 * SECOND;
    let mut whole = world().sim();
    whole.run_until(end, &mut ());
    assert_eq!(whole.digest().chain().len(), 6);

    let mut slices = world().sim();
    let mut records: Vec<Record> = Vec::new();
    for i in 1..=857 {
        slices.run_until(i * 7 * MS, &mut records);
    }
    slices.run_until(end, &mut records);
    assert_eq!(slices.digest(), whole.digest());
    assert_eq!(slices.events(), whole.events());
    assert!(records.len() > 1000);

    let mut steps = world().sim();
    let mut checkpoint = None;
    while steps.step(end, &mut ()) {
        if steps.now() > 1500 * MS && checkpoint.is_none() {
            checkpoint = Some(steps.clone());
        }
    }
    steps.run_until(end, &mut ());
    assert_eq!(steps.digest(), whole.digest());
    let mut fork = checkpoint.unwrap();
    fork.run_until(end, &mut ());
    assert_eq!(fork.digest(), whole.digest());
}

#[test]
fn another_seed_is_another_run() {
    let (one, _) = world().run(2 * SECOND);
    let other = World { seed: 2, ..world() };
    assert_ne!(other.run(2 * SECOND).0.digest(), one.digest());
}

#[test]
fn records_come_in_order_with_the_event_that_made_them_and_its_cause() {
    let (sim, records) = world().run(3 * SECOND);
    assert!(records.is_sorted_by_key(|r| (r.at, r.event)));
    assert!(
        records
            .iter()
            .all(|r| r.cause < r.event && r.event <= sim.events())
    );
}
