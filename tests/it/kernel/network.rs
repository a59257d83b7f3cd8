//! Links: order, loss, bandwidth, cuts, resets.

use splitbrain::sim::record::Drop;
use splitbrain::sim::units::{Duration, Size};
use splitbrain::sim::{Fact, MS, NodeId, Pid, Record, SECOND, dist::Dist};

use super::probe::{Do, LATENCY, Mail, Probe, World, mail, pulse};

fn wide() -> Dist {
    Dist::Uniform {
        min: Duration::from_ms(1),
        max: Duration::from_ms(50),
    }
}

fn numbers(probe: &Probe) -> Vec<u64> {
    probe.got().iter().map(|g| g.1).collect()
}

fn drops(records: &[Record]) -> Vec<Drop> {
    let dropped = |r: &Record| match r.fact {
        Fact::Dropped { why, .. } => Some(why),
        _ => None,
    };
    records.iter().filter_map(dropped).collect()
}

/// Whether a count of successes in `n` trials fits a probability: within 4.5 standard deviations (7 in a million outside).
fn fits(count: usize, n: usize, p: f64) -> bool {
    let (n, count) = (n as f64, count as f64);
    (count - n * p).abs() <= 4.5 * (n * p * (1.0 - p)).sqrt()
}

#[test]
fn a_connection_keeps_order_and_a_reordering_link_does_not() {
    let world = World::of(vec![pulse(1, MS), Probe::default()]).latency(wide());
    let (sim, _) = world.clone().run(5 * SECOND);
    let got = numbers(&sim.processes()[1]);
    assert!(got.len() > 4900 && got.is_sorted());
    let fault = r#"LinkReordering(from: "n1", to: "n2", share: "20%", by: "30ms")"#;
    let world = World::of(vec![pulse(1, MS), Probe::default()]);
    let (sim, _) = world.fault(0, Some(5 * SECOND), fault).run(6 * SECOND);
    let got = numbers(&sim.processes()[1]);
    assert_eq!(got.len(), 5999);
    // Only what is reordered falls behind; 29 in 30 of it by more than the gap to the next message.
    let behind = got.windows(2).filter(|w| w[1] < w[0]).count();
    assert!((300..1000).contains(&behind), "{behind}");
    assert!(got[5040..].is_sorted());
}

#[test]
fn losses_and_duplicates_come_at_their_rates_and_compose() {
    let n = 20_000;
    let probes = || vec![pulse(1, MS), Probe::default()];
    let run = |world: World| {
        let (sim, records) = world.run(20 * SECOND + LATENCY);
        (sim.processes()[1].got().len(), drops(&records).len())
    };
    let swallows = |world: World, share: &str| {
        let fault = format!("LinkLossy(from: \"n1\", to: \"n2\", loss: \"{share}\", of: Messages)");
        world.fault(0, None, &fault)
    };
    let world = swallows(World::of(probes()), "10%");
    let (got, lost) = run(world.clone());
    assert!(fits(lost, n, 0.1), "{lost}");
    assert_eq!(got + lost, n);
    // Two independent losses: 1 - 0.9 · 0.8.
    let (_, lost) = run(swallows(world, "20%"));
    assert!(fits(lost, n, 0.28), "{lost}");
    let twice = World::of(probes()).fault(
        0,
        None,
        r#"LinkDuplicating(from: "n1", to: "n2", share: "5%")"#,
    );
    let (got, _) = run(twice);
    assert!(fits(got - n, n, 0.05), "{got}");
    // The fault is on the way from n1 to n2 only where it is one way the other way round.
    let other = r#"LinkLossy(from: "n2", to: "n1", loss: "100%", one_way: true)"#;
    assert_eq!(run(World::of(probes()).fault(0, None, other)), (n, 0));
}

#[test]
fn a_narrow_link_carries_one_message_after_another() {
    let kilobyte = |number| Mail {
        bytes: 1_048_576,
        ..mail(number)
    };
    let send = |number| (SECOND, Do::Send(Pid(1), kilobyte(number)));
    let script = (1..=3).map(send).collect();
    let probe = Probe {
        script,
        ..Probe::default()
    };
    let mut world = World::of(vec![probe, Probe::default()]);
    let fault = r#"LinkBandwidth(from: "n1", to: "n2", bandwidth: "4MiB")"#;
    let (sim, _) = world.clone().fault(0, None, fault).run(9 * SECOND);
    let times: Vec<u64> = sim.processes()[1].got().iter().map(|g| g.0).collect();
    let at = |n: u64| SECOND + n * 250 * MS + LATENCY;
    assert_eq!(times, [at(1), at(2), at(3)]);
    world.plan.network.link.bandwidth = Some(Size::from_mib(8));
    let (sim, _) = world.run(9 * SECOND);
    assert_eq!(sim.processes()[1].got()[0].0, SECOND + 125 * MS + LATENCY);
}

#[test]
fn latency_faults_multiply_and_add() {
    let world = World::of(vec![pulse(1, SECOND), Probe::default()])
        .fault(
            0,
            Some(2500 * MS),
            r#"LinkSlow(from: "n1", to: "n2", factor: 3)"#,
        )
        .fault(
            0,
            Some(1500 * MS),
            r#"LinkSlow(from: "n1", to: "n2", factor: 7, delay: "5ms")"#,
        )
        .fault(
            0,
            Some(1500 * MS),
            r#"LinkSlow(from: "n1", to: "n2", delay: "1ms")"#,
        );
    let (sim, _) = world.run(4 * SECOND);
    let took: Vec<u64> = sim.processes()[1]
        .got()
        .iter()
        .map(|g| g.0 % SECOND / MS)
        .collect();
    assert_eq!(took, [21 + 6, 3, 1]);
}

#[test]
fn a_cut_has_a_direction_and_drops_what_is_on_its_way() {
    // Both send at 10, 20 … ms; the link takes 1 ms. The cut begins while the second message is on its way.
    let probes = || vec![pulse(1, 10 * MS), pulse(0, 10 * MS)];
    let one_way = r#"Cut(from: "n1", to: "n2", one_way: true)"#;
    let at = 20 * MS + LATENCY / 2;
    let (sim, records) = World::of(probes())
        .fault(at, Some(15 * MS), one_way)
        .run(55 * MS);
    assert_eq!(numbers(&sim.processes()[1]), [1, 4, 5]);
    assert_eq!(numbers(&sim.processes()[0]), [1, 2, 3, 4, 5]);
    assert_eq!(drops(&records), [Drop::Cut, Drop::Cut]);
    let traffic = sim.network().links()[0].traffic();
    assert_eq!(
        (traffic.sent, traffic.dropped, sim.on_their_way()[0]),
        (5, 2, 0)
    );
    let both = r#"Cut(from: "n1", to: "n2")"#;
    let (sim, _) = World::of(probes())
        .fault(at, Some(15 * MS), both)
        .run(55 * MS);
    assert_eq!(numbers(&sim.processes()[0]), [1, 4, 5]);
    // A second cut over the first: the link is open when both are over.
    let (sim, _) = World::of(probes())
        .fault(at, Some(15 * MS), both)
        .fault(at, Some(25 * MS), one_way)
        .run(55 * MS);
    assert_eq!(numbers(&sim.processes()[0]), [1, 4, 5]);
    assert_eq!(numbers(&sim.processes()[1]), [1, 5]);
}

#[test]
fn peers_hear_of_a_crash_at_once_and_once() {
    let probes = || vec![pulse(1, 10 * MS), Probe::default()];
    let at = 95 * MS;
    let (sim, _) = World::of(probes())
        .fault(at, Some(500 * MS), r#"Crash("n2")"#)
        .run(99 * MS);
    assert_eq!(sim.processes()[0].resets(), [at + LATENCY]);
    // Of a dead machine nothing is heard before it is back.
    let (sim, records) = World::of(probes())
        .fault(at, Some(500 * MS), r#"PowerLoss("n2")"#)
        .run(SECOND);
    assert_eq!(sim.processes()[0].resets(), [595 * MS + LATENCY]);
    assert!(drops(&records).contains(&Drop::Down));
    // Nor behind a cut; afterwards the first message meets somebody who knows nothing of the connection.
    let (sim, records) = World::of(probes())
        .fault(90 * MS + 2 * LATENCY, Some(100 * MS), "Isolate(\"n2\")")
        .fault(at, Some(10 * MS), r#"Crash("n2")"#)
        .run(SECOND);
    assert_eq!(sim.processes()[0].resets(), [200 * MS + 2 * LATENCY]);
    assert_eq!(
        drops(&records)
            .iter()
            .filter(|&&d| d == Drop::Refused)
            .count(),
        1
    );
    assert_eq!(numbers(&sim.processes()[1]).last(), Some(&99));
}

#[test]
fn who_calls_where_nobody_listens_is_told_each_time() {
    let script = vec![
        (2 * SECOND, Do::Send(Pid(1), mail(1))),
        (3 * SECOND, Do::Send(Pid(1), mail(2))),
    ];
    let probe = Probe {
        script,
        ..Probe::default()
    };
    let world = World::of(vec![probe, Probe::default()]).fault(SECOND, None, r#"Crash("n2")"#);
    let (sim, _) = world.run(4 * SECOND);
    let at = |s: u64| s * SECOND + 2 * LATENCY;
    assert_eq!(sim.processes()[0].resets(), [at(2), at(3)]);
}

#[test]
fn a_message_for_an_earlier_incarnation_does_not_reach_the_next() {
    let script = vec![
        (SECOND, Do::Send(Pid(1), mail(1))),
        (2 * SECOND, Do::Send(Pid(1), mail(2))),
    ];
    let probe = Probe {
        script,
        ..Probe::default()
    };
    let world = World::of(vec![probe, Probe::default()])
        .latency(Duration::from_ms(100).into())
        .fault(2 * SECOND + MS, Some(10 * MS), r#"Crash("n2")"#);
    let (sim, records) = world.run(4 * SECOND);
    assert_eq!(numbers(&sim.processes()[1]), [1]);
    assert_eq!(drops(&records), [Drop::Refused]);
    assert_eq!(sim.processes()[0].resets().len(), 1);
}

/// When each message from n1 arrived at n2.
fn arrivals(world: World) -> Vec<(u64, u64)> {
    let (sim, _) = world.run(20 * SECOND);
    sim.processes()[1].got()
}

#[test]
fn nobody_else_moves_ones_draws() {
    // Gaps longer than any latency, so that messages do not wait for one another.
    let probes = || vec![pulse(1, 100 * MS), Probe::default(), pulse(0, 7 * MS)];
    let plain = arrivals(World::of(probes()).latency(wide()));
    let mut more = probes();
    more.push(pulse(1, 3 * MS));
    let n1 = NodeId(0);
    let from_n1 = |world: World| {
        let (sim, _) = world.run(20 * SECOND);
        let from = |s: &super::probe::Seen| match s {
            super::probe::Seen::Got { at, from, number } if *from == Pid(n1.0) => {
                Some((*at, *number))
            }
            _ => None,
        };
        sim.processes()[1]
            .seen
            .iter()
            .filter_map(from)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        from_n1(World::of(more).latency(wide())),
        plain,
        "another node"
    );
    let elsewhere = World::of(probes()).latency(wide()).fault(
        0,
        None,
        r#"LinkLossy(from: "n3", to: "n1", loss: "50%")"#,
    );
    assert_eq!(arrivals(elsewhere), plain, "a fault elsewhere");
    // Even on the link itself: who survives a loss arrives when he would have arrived.
    let here = World::of(probes()).latency(wide()).fault(
        0,
        None,
        r#"LinkLossy(from: "n1", to: "n2", loss: "50%", of: Messages)"#,
    );
    let survivors = arrivals(here);
    assert!(fits(survivors.len(), plain.len(), 0.5));
    assert!(survivors.iter().all(|s| plain.contains(s)));
}
