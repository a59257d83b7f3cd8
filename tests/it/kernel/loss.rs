//! Lost packets: what a connection makes of them. Times by RFC 6298 and Linux's limits.

use splitbrain::sim::record::Drop;
use splitbrain::sim::{Fact, MS, Pid, Record, SECOND};

use super::probe::{Do, LATENCY, Mail, Probe, World, chance, mail, pulse};

/// Probes of which the first sends the second messages 1, 2 … at these times.
fn senders(times: &[u64]) -> Vec<Probe> {
    let send = |(number, at): (u64, &u64)| (*at, Do::Send(Pid(1), mail(number)));
    let script = (1..).zip(times).map(send).collect();
    let sender = Probe {
        script,
        ..Probe::default()
    };
    vec![sender, Probe::default()]
}

const ALL_LOST: &str = r#"LinkLossy(from: "n1", to: "n2", loss: "100%", one_way: true)"#;

fn losses(records: &[Record]) -> usize {
    let lost = |r: &&Record| matches!(r.fact, Fact::Dropped { why, .. } if why == Drop::Loss);
    records.iter().filter(lost).count()
}

#[test]
fn a_lost_message_is_sent_again_after_timeouts_that_double() {
    // Sent again 0.2, 0.6, 1.4, 3, 6.2 … seconds after it was sent: it gets through the first time that nothing is lost.
    for (open_ms, again_ms) in [
        (100, 200),
        (300, 600),
        (600 + 1, 1_400),
        (2_900, 3_000),
        (3_100, 6_200),
        (60_000, 102_200),
        // From the tenth on, 120 s and no more.
        (205_000, 324_600),
        (800_000, 804_600),
    ] {
        let world = World::of(senders(&[SECOND])).fault(0, Some(SECOND + open_ms * MS), ALL_LOST);
        let (sim, records) = world.run(1000 * SECOND);
        let at = SECOND + again_ms * MS + LATENCY;
        assert_eq!(sim.processes()[1].got(), [(at, 1)], "{open_ms}");
        assert_eq!(losses(&records), 0);
    }
}

#[test]
fn what_is_sent_behind_a_lost_message_waits_for_it() {
    let times = [SECOND, 1_100 * MS, 1_150 * MS, 1_300 * MS];
    let world = World::of(senders(&times)).fault(0, Some(1_050 * MS), ALL_LOST);
    let mut sim = world.sim();
    sim.run_until(1_180 * MS, &mut ());
    let traffic = sim.network().links()[0].traffic();
    assert_eq!(
        (traffic.sent, traffic.dropped, sim.on_their_way()[0]),
        (3, 0, 3)
    );
    sim.run_until(2 * SECOND, &mut ());
    let at = 1_200 * MS + LATENCY;
    let last = 1_300 * MS + LATENCY;
    let got = sim.processes()[1].got();
    assert_eq!(got, [(at, 1), (at, 2), (at, 3), (last, 4)]);
    assert_eq!(sim.on_their_way()[0], 0);
}

#[test]
fn order_is_kept_and_nothing_is_missing_however_much_is_lost() {
    let world = World::of(vec![pulse(1, MS), Probe::default()]).fault(
        0,
        Some(5 * SECOND),
        r#"LinkLossy(from: "n1", to: "n2", loss: "20%")"#,
    );
    // The longest wait that began in five seconds is over after another few.
    let (sim, records) = world.run(30 * SECOND);
    let numbers: Vec<u64> = sim.processes()[1].got().iter().map(|g| g.1).collect();
    assert!(numbers.iter().copied().eq(1..30_000), "{}", numbers.len());
    assert_eq!(losses(&records), 0);
}

#[test]
fn a_connection_is_given_up_after_fifteen_times_and_the_next_one_is_fresh() {
    // 924.6 s by Linux (tcp_retries2 = 15), from when the first was sent.
    let times = [SECOND, 500 * SECOND, 1_100 * SECOND];
    let world = World::of(senders(&times)).fault(0, Some(1_000 * SECOND), ALL_LOST);
    let (sim, records) = world.run(1_200 * SECOND);
    assert_eq!(sim.processes()[0].resets(), [SECOND + 924_600 * MS]);
    assert_eq!(losses(&records), 2);
    let fresh = (1_100 * SECOND + LATENCY, 3);
    assert_eq!(sim.processes()[1].got(), [fresh]);
    let traffic = sim.network().links()[0].traffic();
    assert_eq!((traffic.dropped, sim.on_their_way()[0]), (2, 0));
}

/// How late each message is on a link that loses 1 % of all packets; they are far apart, so that none waits for another.
fn lateness(n: u64, bytes: u32) -> Vec<u64> {
    let every = 20 * SECOND;
    let sender = Probe {
        mail: Mail {
            bytes,
            ..Mail::default()
        },
        ..pulse(1, every)
    };
    let mut world = World::of(vec![sender, Probe::default()]);
    world.plan.network.link.loss = chance(0.01);
    let (sim, _) = world.run(n * every + every / 2);
    let late = |g: &(u64, u64)| g.0 - g.1 * every - LATENCY;
    sim.processes()[1].got().iter().map(late).collect()
}

/// Within 4.5 standard deviations (7 in a million outside).
fn fits(count: usize, n: usize, p: f64) -> bool {
    let (n, count) = (n as f64, count as f64);
    (count - n * p).abs() <= 4.5 * (n * p * (1.0 - p)).sqrt()
}

#[test]
fn one_percent_of_loss_costs_the_timeouts_that_it_should() {
    let (n, p) = (40_000, 0.01_f64);
    let late = lateness(n, 100);
    let n = n as usize;
    assert_eq!(late.len(), n, "none is gone");
    assert!(fits(late.iter().filter(|&&l| l > 0).count(), n, p));
    assert!(fits(
        late.iter().filter(|&&l| l > 200 * MS).count(),
        n,
        p * p
    ));
    // k losses in a row, with chance p^k · (1 - p), cost 0.2 s · (2^k - 1).
    let moment = |power: i32| -> f64 {
        let cost = |k: i32| 0.2 * (2_f64.powi(k) - 1.0);
        let term = |k: i32| p.powi(k) * (1.0 - p) * cost(k).powi(power);
        (1..10).map(term).sum()
    };
    let mean = late.iter().map(|&l| l as f64 / 1e9).sum::<f64>() / n as f64;
    let deviation = ((moment(2) - moment(1).powi(2)) / n as f64).sqrt();
    assert!(
        (mean - moment(1)).abs() <= 4.5 * deviation,
        "{mean} against {}",
        moment(1)
    );
}

#[test]
fn a_loss_inside_a_long_message_costs_a_round_trip() {
    let n = 10_000;
    let late = lateness(n, 100 * 1460);
    let n = n as usize;
    assert_eq!(late.len(), n);
    // Of 100 segments the last three arrive, one of the others does not, and it does the next time.
    let told = (0.99_f64.powi(3) - 0.99_f64.powi(100)) * 0.99;
    let round_trip = |l: &&u64| **l == 2 * LATENCY;
    assert!(fits(late.iter().filter(round_trip).count(), n, told));
    // One of the last three is lost, or the one that was sent again.
    let timeout = 1.0 - 0.99_f64.powi(100) - told;
    let long = |l: &&u64| **l >= 200 * MS;
    assert!(fits(late.iter().filter(long).count(), n, timeout));
}

#[test]
fn a_cut_swallows_what_is_sent_again_until_it_heals() {
    let world = World::of(senders(&[SECOND]))
        .fault(0, Some(1_100 * MS), ALL_LOST)
        .fault(1_150 * MS, Some(350 * MS), r#"Cut(from: "n1", to: "n2")"#);
    let (sim, _) = world.run(5 * SECOND);
    assert_eq!(sim.processes()[1].got(), [(1_600 * MS + LATENCY, 1)]);
}

#[test]
fn what_waits_ends_with_its_connection() {
    let lossy = World::of(senders(&[SECOND, 1_300 * MS])).fault(0, Some(1_050 * MS), ALL_LOST);
    // The sender dies; its next incarnation sends nothing.
    let crash = |node: &str| format!("Crash(\"{node}\")");
    let at = 1_100 * MS;
    let (sim, records) = lossy
        .clone()
        .fault(at, Some(10 * MS), &crash("n1"))
        .run(9 * SECOND);
    assert_eq!((sim.processes()[1].got().len(), losses(&records)), (0, 1));
    // The receiver dies: the sender hears it, and begins anew.
    let (sim, records) = lossy.fault(at, Some(10 * MS), &crash("n2")).run(9 * SECOND);
    assert_eq!(sim.processes()[1].got(), [(1_300 * MS + LATENCY, 2)]);
    assert_eq!(losses(&records), 1);
}

#[test]
fn a_sender_that_is_frozen_does_not_keep_its_machine_from_sending_again() {
    let world = World::of(senders(&[SECOND]))
        .fault(0, Some(1_050 * MS), ALL_LOST)
        .fault(1_100 * MS, Some(SECOND), r#"Pause("n1")"#);
    let (sim, _) = world.run(5 * SECOND);
    assert_eq!(sim.processes()[1].got(), [(1_200 * MS + LATENCY, 1)]);
}
