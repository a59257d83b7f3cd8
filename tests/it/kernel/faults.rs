//! Faults: whom they meet, when, and that nothing of them is left when they are over.

use proptest::prelude::*;
use splitbrain::sim::{Fact, MS, NodeId, Record, SECOND, Sim};

use super::probe::{Mail, Probe, World, fault, pulse};

fn began(records: &[Record]) -> Vec<(u64, Option<u32>)> {
    let began = |r: &Record| match r.fact {
        Fact::FaultBegan { node, .. } => Some((r.at, node.map(|n| n.0))),
        _ => None,
    };
    records.iter().filter_map(began).collect()
}

fn five() -> Vec<Probe> {
    vec![Probe::default(); 5]
}

/// Who cannot reach whom at a time, from 1.
fn cut_pairs(world: World, at: u64) -> Vec<(u32, u32)> {
    let (sim, _) = world.run(at);
    let n = sim.processes().len() as u32;
    let all = (0..n).flat_map(|a| (0..n).map(move |b| (a, b)));
    let cut = |&(a, b): &(u32, u32)| sim.network().is_cut(NodeId(a), NodeId(b));
    all.filter(cut).map(|(a, b)| (a + 1, b + 1)).collect()
}

fn both_ways(pairs: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut all: Vec<_> = pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
    all.sort_unstable();
    all
}

#[test]
fn cuts_of_all_shapes() {
    for (ron, pairs) in [
        (r#"Isolate("n2")"#, vec![(2, 1), (2, 3), (2, 4), (2, 5)]),
        (
            r#"Isolate(Zone("b"))"#,
            vec![(2, 1), (2, 3), (2, 5), (4, 1), (4, 3), (4, 5)],
        ),
        // n5 is in no group and reaches everybody.
        (
            r#"Split(groups: [["n1"], ["n2", "n3"], ["n4"]])"#,
            vec![(1, 2), (1, 3), (1, 4), (2, 4), (3, 4)],
        ),
        (
            r#"Bridge(left: Nodes(["n1", "n2"]), right: Nodes(["n3", "n4"]), bridge: "n3")"#,
            vec![(1, 4), (2, 4)],
        ),
        (
            r#"ZoneOutage(zone: "b", how: Isolate)"#,
            vec![(2, 1), (2, 3), (2, 5), (4, 1), (4, 3), (4, 5)],
        ),
    ] {
        let world = World::of(five()).fault(SECOND, Some(SECOND), ron);
        assert_eq!(cut_pairs(world.clone(), SECOND), both_ways(&pairs), "{ron}");
        assert_eq!(cut_pairs(world, 2 * SECOND), [], "{ron}");
    }
}

#[test]
fn flapping_comes_and_goes_and_is_open_afterwards() {
    let ron = r#"Flapping(from: "n1", to: "n2", down: "20ms", up: "30ms")"#;
    let world = World::of(five()).fault(SECOND, Some(SECOND), ron);
    for (after_ms, cut) in [
        (0, true),
        (19, true),
        (21, false),
        (49, false),
        (51, true),
        (71, false),
        (1000, false),
    ] {
        let pairs = cut_pairs(world.clone(), SECOND + after_ms * MS);
        assert_eq!(!pairs.is_empty(), cut, "{after_ms}");
    }
    // Ended while it is down.
    let world = World::of(five()).fault(SECOND, Some(5 * MS), ron);
    assert_eq!(cut_pairs(world, 2 * SECOND), []);
}

#[test]
fn a_selector_is_resolved_when_the_fault_fires_and_the_record_says_to_whom() {
    let mut probes = five();
    probes[3].leads = Some("p4".to_owned());
    let (sim, records) = World::of(probes)
        .fault(SECOND, None, r#"Crash(LeaderOf("p4"))"#)
        .fault(2 * SECOND, None, r#"Crash(LeaderOf("nobody"))"#)
        .fault(3 * SECOND, None, r#"Pause(AnyOf("n", 2))"#)
        .run(4 * SECOND);
    let began = began(&records);
    assert_eq!(began[0], (SECOND, Some(3)));
    assert_eq!(began[1], (2 * SECOND, None));
    let paused: Vec<u32> = (0..5)
        .filter(|&n| sim.host(NodeId(n)).is_paused())
        .collect();
    assert_eq!(paused.len(), 2);
    assert_eq!(
        began[2..].iter().filter_map(|b| b.1).collect::<Vec<_>>(),
        paused
    );
}

#[test]
fn a_zone_loses_power_as_a_whole_and_comes_back() {
    let (sim, _) = World::of(five())
        .fault(SECOND, Some(SECOND), r#"ZoneOutage(zone: "b")"#)
        .run(3 * SECOND);
    for (i, probe) in sim.processes().iter().enumerate() {
        let expected = if i % 2 == 1 {
            vec![0, 2 * SECOND]
        } else {
            vec![0]
        };
        assert_eq!(probe.starts(), expected);
    }
}

#[test]
fn a_rolling_restart_takes_one_after_another_and_ends_by_itself() {
    let ron = r#"RollingRestart(targets: Nodes(["n3", "n1", "n2"]), down_for: "5s", gap: "10s")"#;
    let (sim, records) = World::of(five()).fault(SECOND, None, ron).run(60 * SECOND);
    let starts: Vec<_> = sim.processes()[..3]
        .iter()
        .map(|p| p.starts()[1] / SECOND)
        .collect();
    assert_eq!(starts, [6, 21, 36]);
    let ended = records
        .iter()
        .find(|r| matches!(r.fact, Fact::FaultEnded { .. }));
    assert_eq!(ended.map(|r| r.at), Some(36 * SECOND));
    // Cut short, it leaves nobody behind.
    let (sim, _) = World::of(five())
        .fault(SECOND, Some(2 * SECOND), ron)
        .run(60 * SECOND);
    assert_eq!(sim.processes()[0].starts(), [0, 3 * SECOND]);
    assert_eq!(sim.processes()[1].starts(), [0]);
}

/// (when, what it came to) for each change of how many are alive.
fn fewest_alive(mut sim: Sim<Probe>, until: u64) -> usize {
    let mut fewest = usize::MAX;
    while sim.step(until, &mut ()) {
        let pids = (0..sim.processes().len() as u32).map(splitbrain::sim::Pid);
        let up = pids.filter(|&p| sim.is_alive(p)).count();
        if sim.now() > 0 {
            fewest = fewest.min(up);
        }
    }
    fewest
}

#[test]
fn a_monkey_strikes_no_more_than_it_may_at_once_and_only_in_working_hours() {
    let monkey = |at_most: u32| {
        format!(
            r#"ChaosMonkey(targets: "n", at_most: {at_most}, down_for: "30s", when: Every(
                gap: Exponential(mean: "2s"), hours: (from: "60s", to: "120s", day: "240s")))"#
        )
    };
    for at_most in [1, 3] {
        let world = World::of(five()).fault(0, None, &monkey(at_most));
        let (_, records) = world.clone().run(2400 * SECOND);
        let strikes: Vec<u64> = began(&records)
            .iter()
            .filter(|b| b.1.is_some())
            .map(|b| b.0)
            .collect();
        assert!(strikes.len() >= 15, "{}", strikes.len());
        let at_work = |at: &u64| (60..=120).contains(&(at % (240 * SECOND) / SECOND));
        assert!(strikes.iter().all(at_work), "{strikes:?}");
        assert_eq!(
            fewest_alive(world.sim(), 2400 * SECOND),
            5 - at_most as usize
        );
    }
}

#[test]
fn a_monkey_of_workdays_strikes_at_most_once_a_day_with_the_chance_it_should() {
    let ron = r#"ChaosMonkey(targets: "n", down_for: "1s", when: Workdays(
        mean_days: 4, hours: (from: "8s", to: "16s", day: "24s")))"#;
    let days = 4000;
    let (_, records) = World::of(five())
        .fault(0, None, ron)
        .run(days * 24 * SECOND);
    let strikes: Vec<u64> = began(&records)
        .iter()
        .filter(|b| b.1.is_some())
        .map(|b| b.0)
        .collect();
    let mut on: Vec<u64> = strikes.iter().map(|at| at / (24 * SECOND)).collect();
    let n = on.len();
    on.dedup();
    assert_eq!(on.len(), n, "two on one day");
    let sd = (4000.0 * 0.25 * 0.75_f64).sqrt();
    assert!((n as f64 - 1000.0).abs() < 4.5 * sd, "{n}");
    let hours = strikes.iter().map(|at| at % (24 * SECOND));
    assert!(
        hours
            .clone()
            .all(|h| (8 * SECOND..16 * SECOND).contains(&h))
    );
    // Evenly spread: the mean of a uniform over 8 s, ± 4.5 standard errors of 8/√12/√n.
    let mean = hours.map(|h| h as f64 / 1e9).sum::<f64>() / n as f64;
    assert!(
        (mean - 12.0).abs() < 4.5 * 8.0 / 12_f64.sqrt() / (n as f64).sqrt(),
        "{mean}"
    );
}

#[test]
fn a_heal_ends_its_kind_and_no_other() {
    let world = World::of(five())
        .fault(SECOND, None, r#"Cut(from: "n1", to: "n2")"#)
        .fault(SECOND, None, r#"Pause("n3")"#)
        .fault(SECOND, None, r#"Crash("n4")"#)
        .fault(
            SECOND,
            None,
            r#"LinkLossy(from: "n1", to: "n5", loss: "5%")"#,
        );
    let after = |what: &str| {
        let world = world
            .clone()
            .fault(2 * SECOND, None, &format!("Heal({what})"));
        let (sim, _) = world.run(3 * SECOND);
        sim.faults().at_work().count()
    };
    assert_eq!(
        [
            after("Disks"),
            after("Cuts"),
            after("Links"),
            after("Nodes"),
            after("All")
        ],
        [4, 3, 3, 2, 0]
    );
}

#[test]
fn what_somebody_does_by_hand_is_a_line_of_the_scenario() {
    let world = World::of(five()).fault(4 * SECOND, None, r#"Pause("n2")"#);
    for action in [
        r#"Crash(AnyOf("n", 1))"#,
        r#"Isolate("n3")"#,
        "Restart(All)",
    ] {
        let mut sim = world.clone().sim();
        let mut records: Vec<Record> = Vec::new();
        // In the middle of what happens at one moment, between two moments, and where the scenario has a line of its own.
        for (second, events) in [(3, 0), (3, 2), (4, 0)] {
            sim.run_until(second * SECOND - 1, &mut records);
            sim.play(u64::MAX, events, &mut records);
            let at = sim.open_ns();
            sim.run_until(at - 1, &mut records);
            sim.intervene(at, fault(at, None, action), &mut records);
        }
        sim.run_until(6 * SECOND, &mut records);
        let by_hand: Vec<_> = sim.faults().plans()[1..].to_vec();
        assert_eq!(by_hand.len(), 3);
        assert_eq!(
            began(&records).len(),
            4 + if action.contains("All") { 12 } else { 0 }
        );
        let mut same = world.clone();
        for plan in by_hand {
            same = same.fault(plan.schedule.first_ns(), None, action);
        }
        let (scripted, _) = same.run(6 * SECOND);
        assert_eq!(scripted.events(), sim.events(), "{action}");
        assert_eq!(scripted.digest().value(), sim.digest().value(), "{action}");
    }
}

/// Any fault that a scenario could hold, on five nodes.
fn any_fault() -> impl Strategy<Value = String> {
    let target = prop::sample::select(vec![
        r#""n1""#,
        r#""n2""#,
        r#""n3""#,
        "All",
        r#"Zone("a")"#,
        r#"AnyOf("n", 2)"#,
        r#"AllBut("n1")"#,
    ]);
    let kinds = vec![
        "Crash($A)",
        "PowerLoss($A)",
        "Restart($A)",
        "Pause($A)",
        "Traffic(of: $A, factor: 3)",
        "DiskStalled($A)",
        "DiskFull($A)",
        "DiskLostUnsynced($A)",
        "Isolate($A)",
        "Slow(target: $A, factor: 3.7)",
        "DiskSlow(target: $A, factor: 9)",
        r#"ClockJump(target: $A, by: "-3s")"#,
        r#"ClockDrift(target: $A, by: "-400ms/s")"#,
        "Cut(from: $A, to: $B)",
        "Cut(from: $A, to: $B, one_way: true)",
        "Split(groups: [[$A], [$B]])",
        r#"Bridge(left: $A, right: $B, bridge: "n3")"#,
        r#"Flapping(from: $A, to: $B, down: "7ms", up: Exponential(mean: "11ms"))"#,
        r#"LinkSlow(from: $A, to: $B, factor: 3, delay: "3ms")"#,
        r#"LinkLossy(from: $A, to: $B, loss: "30%")"#,
        r#"LinkLossy(from: $A, to: $B, loss: "30%", of: Messages)"#,
        r#"LinkDuplicating(from: $A, to: $B, share: "30%")"#,
        r#"LinkReordering(from: $A, to: $B, share: "30%", by: "20ms")"#,
        r#"LinkBandwidth(from: $A, to: $B, bandwidth: "100KiB")"#,
        r#"ZoneOutage(zone: "a")"#,
        r#"ZoneOutage(zone: "b", how: Pause)"#,
        r#"RollingRestart(targets: $A, down_for: "50ms", gap: "20ms")"#,
        r#"RollingRestart(targets: $A, down_for: "50ms", gap: "20ms", graceful: false)"#,
        "Stop($A)",
        r#"ChaosMonkey(targets: $A, how: Crash, when: Every(gap: "30ms"), down_for: "50ms", at_most: 2)"#,
        r#"ChaosMonkey(targets: $A, how: Isolate, when: Every(gap: "30ms"), down_for: "50ms", at_most: 2)"#,
        r#"ChaosMonkey(targets: $A, how: Pause, when: Every(gap: "30ms"), down_for: "50ms", at_most: 2)"#,
        "Heal(All)",
        "Heal(Nodes)",
        "Heal(Cuts)",
    ];
    (prop::sample::select(kinds), target.clone(), target)
        .prop_map(|(kind, a, b)| kind.replace("$A", a).replace("$B", b))
}

fn busy() -> Vec<Probe> {
    let mail = Mail {
        cpu_ns: 200_000,
        write: 100,
        sync: true,
        bytes: 300,
        echo: true,
        ..Mail::default()
    };
    let probe = |to: u32| Probe {
        mail: mail.clone(),
        ..pulse(to, 3 * MS)
    };
    [1, 2, 3, 4, 0].map(probe).to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    /// Whatever goes wrong in whatever order: no panic, the same again, and after a heal of all and a restart nothing is
    /// left of it.
    #[test]
    fn nothing_is_left_of_any_faults(
        plan in prop::collection::vec((0_u64..500, prop::option::of(1_u64..300), any_fault()), 1..12),
        seed in 0_u64..1000,
    ) {
        let mut world = World::of(busy());
        world.seed = seed;
        for (at, lasting, ron) in &plan {
            world = world.fault(at * MS, lasting.map(|l| l * MS), ron);
        }
        world = world.fault(SECOND, None, "Heal(All)").fault(SECOND, None, "Restart(All)");
        let (sim, _) = world.clone().run(3 * SECOND);
        let (again, _) = world.run(3 * SECOND);
        prop_assert_eq!(sim.digest(), again.digest());
        prop_assert_eq!(sim.faults().at_work().count(), 0);
        for a in (0..5).map(NodeId) {
            let host = sim.host(a);
            prop_assert!(host.is_up() && !host.is_paused() && !host.disk().is_stalled());
            prop_assert_eq!((host.slow_milli(), host.disk().slow_milli()), (1000, 1000));
            prop_assert!(host.disk().has_room(1));
            prop_assert!(sim.is_alive(splitbrain::sim::Pid(a.0)));
            for b in (0..5).map(NodeId) {
                prop_assert!(!sim.network().is_impaired(a, b));
            }
        }
        // Everybody is served again.
        for probe in sim.processes() {
            let lately = probe.got().iter().filter(|g| g.0 > 2900 * MS).count();
            prop_assert!(lately > 20, "{}", lately);
        }
    }
}
