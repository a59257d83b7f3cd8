//! Machines: memory, disk, clock, CPU; incarnations; pauses.

use splitbrain::sim::{Fact, MS, NodeId, Pid, Record, SECOND};

use super::probe::{Do, LATENCY, Mail, Probe, Seen, World, mail, pulse};

fn scripted(script: Vec<(u64, Do)>) -> Probe {
    Probe {
        script,
        ..Probe::default()
    }
}

fn lost(probe: &Probe) -> Vec<Vec<u64>> {
    let died = |s: &Seen| match s {
        Seen::Died { lost, .. } => Some(lost.clone()),
        _ => None,
    };
    probe.seen.iter().filter_map(died).collect()
}

/// Writes 100 bytes and syncs them, then 50 more.
fn writer() -> Probe {
    scripted(vec![
        (SECOND, Do::Write(100)),
        (1500 * MS, Do::Sync),
        (2500 * MS, Do::Write(50)),
    ])
}

#[test]
fn a_crash_spares_the_page_cache_and_a_power_loss_what_was_synced() {
    let died = |at: u64, fault: &str| {
        let world = World::of(vec![writer()]).fault(at, None, fault);
        let (sim, _) = world.run(60 * SECOND);
        lost(&sim.processes()[0])
    };
    assert_eq!(died(5 * SECOND, r#"Crash("n1")"#), [Vec::<u64>::new()]);
    assert_eq!(died(5 * SECOND, r#"PowerLoss("n1")"#), [vec![150]]);
    // Before the sync of 2 ms was over, nothing was safe.
    assert_eq!(died(1501 * MS, r#"PowerLoss("n1")"#), [vec![100]]);
    // The operating system writes back what has been dirty for 30 s.
    assert_eq!(died(34 * SECOND, r#"PowerLoss("n1")"#), [Vec::<u64>::new()]);
}

#[test]
fn a_dead_process_can_still_lose_its_bytes() {
    let world = World::of(vec![writer()])
        .fault(3 * SECOND, None, r#"Crash("n1")"#)
        .fault(4 * SECOND, None, r#"PowerLoss("n1")"#);
    let (sim, _) = world.run(5 * SECOND);
    assert_eq!(lost(&sim.processes()[0]), [Vec::new(), vec![150_u64]]);
}

#[test]
fn what_a_failed_sync_dropped_is_missed_at_the_next_start() {
    let world = World::of(vec![writer()])
        .fault(3 * SECOND, None, r#"DiskLostUnsynced("n1")"#)
        .fault(40 * SECOND, None, r#"Crash("n1")"#);
    let (sim, _) = world.run(50 * SECOND);
    assert_eq!(lost(&sim.processes()[0]), [vec![150]]);
}

#[test]
fn timers_belong_to_an_incarnation() {
    let timer = Do::Timer {
        after_ns: 10 * SECOND,
        data: 7,
    };
    let world = World::of(vec![scripted(vec![(SECOND, timer)])]);
    let (sim, _) = world.clone().run(20 * SECOND);
    assert_eq!(sim.processes()[0].timers(), [(11 * SECOND, 7)]);
    let (sim, _) = world
        .fault(5 * SECOND, Some(SECOND), r#"Crash("n1")"#)
        .run(20 * SECOND);
    assert_eq!(sim.processes()[0].timers(), []);
    assert_eq!(sim.processes()[0].starts(), [0, 6 * SECOND]);
}

#[test]
fn a_node_that_two_faults_hold_down_is_back_when_both_are_over() {
    let world = World::of(vec![Probe::default()])
        .fault(10 * SECOND, Some(10 * SECOND), r#"Crash("n1")"#)
        .fault(15 * SECOND, Some(10 * SECOND), r#"PowerLoss("n1")"#);
    let (sim, _) = world.clone().run(60 * SECOND);
    assert_eq!(sim.processes()[0].starts(), [0, 25 * SECOND]);
    // Somebody who restarts it by hand is stronger than both.
    let (sim, records) = world
        .fault(18 * SECOND, None, r#"Restart("n1")"#)
        .run(60 * SECOND);
    assert_eq!(sim.processes()[0].starts(), [0, 18 * SECOND]);
    assert_eq!(sim.faults().at_work().count(), 0);
    let ended =
        |r: &&splitbrain::sim::Record| matches!(r.fact, splitbrain::sim::Fact::FaultEnded { .. });
    let ends: Vec<u64> = records.iter().filter(ended).map(|r| r.at).collect();
    assert_eq!(ends, [18 * SECOND, 18 * SECOND]);
}

#[test]
fn a_crash_at_the_moment_of_a_restart_wins_if_it_comes_after() {
    let world = World::of(vec![Probe::default()])
        .fault(5 * SECOND, None, r#"Crash("n1")"#)
        .fault(10 * SECOND, None, r#"Restart("n1")"#)
        .fault(10 * SECOND, None, r#"Crash("n1")"#);
    let (sim, _) = world.run(20 * SECOND);
    assert!(!sim.is_alive(Pid(0)));
    assert_eq!(sim.processes()[0].starts(), [0]);
}

#[test]
fn restarting_the_living_and_killing_the_dead_changes_nothing() {
    let world = World::of(vec![Probe::default()])
        .fault(5 * SECOND, None, "Restart(All)")
        .fault(6 * SECOND, None, r#"Crash("n1")"#)
        .fault(7 * SECOND, None, r#"Crash("n1")"#)
        .fault(8 * SECOND, None, r#"Restart("n1")"#)
        .fault(8 * SECOND, None, r#"Restart("n1")"#);
    let (sim, _) = world.run(20 * SECOND);
    assert_eq!(sim.processes()[0].starts(), [0, 8 * SECOND]);
}

#[test]
fn a_paused_process_handles_all_later_in_order() {
    // Message k is sent at 10k ms and takes 1 ms; the pause ends at the very moment at which the 20th arrives.
    let probes = vec![pulse(1, 10 * MS), Probe::default()];
    let world = World::of(probes).fault(100 * MS, Some(101 * MS), r#"Pause("n2")"#);
    let (sim, _) = world.run(300 * MS + LATENCY);
    let got = sim.processes()[1].got();
    let numbers: Vec<u64> = got.iter().map(|g| g.1).collect();
    assert_eq!(numbers, (1..=30).collect::<Vec<_>>());
    let times: Vec<u64> = got.iter().map(|g| g.0 / MS).collect();
    assert_eq!(times[8], 91);
    assert!(times[9..20].iter().all(|&t| t == 201), "{times:?}");
    assert_eq!(times[20], 211);
}

#[test]
fn a_timer_that_came_due_in_a_pause_fires_at_its_end() {
    let timer = Do::Timer {
        after_ns: SECOND,
        data: 1,
    };
    let world = World::of(vec![scripted(vec![(0, timer)])])
        .fault(SECOND / 2, Some(3 * SECOND), r#"Pause("n1")"#)
        .fault(SECOND, Some(SECOND), r#"Pause("n1")"#);
    let (sim, _) = world.run(10 * SECOND);
    assert_eq!(sim.processes()[0].timers(), [(3500 * MS, 1)]);
}

#[test]
fn power_lost_in_a_pause_loses_what_waited_and_a_restart_waits_for_the_end_of_the_pause() {
    let probes = vec![pulse(1, 10 * MS), Probe::default()];
    let world = World::of(probes)
        .fault(100 * MS, Some(200 * MS), r#"Pause("n2")"#)
        .fault(150 * MS, Some(50 * MS), r#"PowerLoss("n2")"#);
    let (sim, _) = world.run(505 * MS);
    assert_eq!(sim.processes()[1].starts(), [0, 300 * MS]);
    let numbers: Vec<u64> = sim.processes()[1].got().iter().map(|g| g.1).collect();
    assert!(numbers.contains(&9) && !numbers.contains(&12));
    assert_eq!(numbers.last(), Some(&50));
    // Whatever became of them, nothing is on its way for ever.
    assert_eq!(sim.on_their_way()[0], 0);
    assert!(!sim.host(NodeId(1)).is_paused());
}

#[test]
fn slow_factors_multiply_and_are_undone_each_for_itself() {
    let send = |number| Mail {
        cpu_ns: 2 * MS,
        ..mail(number)
    };
    let script = [0, 2, 4, 6]
        .map(|s| (s * SECOND, Do::Send(Pid(1), send(s))))
        .to_vec();
    let world = World::of(vec![scripted(script), Probe::default()])
        .fault(SECOND, Some(4 * SECOND), r#"Slow(target: "n2", factor: 3)"#)
        .fault(
            3 * SECOND,
            Some(2 * SECOND),
            r#"Slow(target: "n2", factor: 7.1)"#,
        );
    let (sim, _) = world.run(10 * SECOND);
    let took: Vec<u64> = sim.processes()[1]
        .got()
        .iter()
        .map(|&(at, number)| at - number * SECOND - LATENCY)
        .collect();
    assert_eq!(took, [2 * MS, 6 * MS, 42_600_000, 2 * MS]);
    assert_eq!(sim.host(NodeId(1)).slow_milli(), 1000);
}

#[test]
fn a_process_that_halts_gives_its_core_back() {
    // Two requests for a machine of one core; its process halts while the first is served.
    let request = |number| Mail {
        cpu_ns: SECOND,
        ..mail(number)
    };
    let script = vec![
        (0, Do::Send(Pid(1), request(1))),
        (MS, Do::Send(Pid(1), request(2))),
        (6 * SECOND, Do::Send(Pid(1), request(3))),
    ];
    let halting = scripted(vec![(SECOND / 2, Do::Halt)]);
    let world = World::of(vec![scripted(script), halting]).fault(5 * SECOND, None, "Restart(All)");
    let (mut sim, _) = world.run(4 * SECOND);
    assert!(!sim.is_alive(Pid(1)));
    assert_eq!(
        (sim.host(NodeId(1)).busy(), sim.host(NodeId(1)).inbox()),
        (0, 0)
    );
    sim.run_until(9 * SECOND, &mut ());
    assert_eq!(sim.processes()[1].got(), [(7 * SECOND + LATENCY, 3)]);
}

#[test]
fn a_process_that_halts_ends_once() {
    let world = World::of(vec![scripted(vec![(SECOND, Do::Halt)])]);
    let (sim, records) = world.run(2 * SECOND);
    let end = |r: &Record| match r.fact {
        Fact::Crashed { .. } | Fact::Halted { .. } | Fact::Stopped => Some(r.fact),
        _ => None,
    };
    let ends: Vec<Fact> = records.iter().filter_map(end).collect();
    assert_eq!(ends, [Fact::Halted { code: 7 }]);
    assert!(!sim.is_alive(Pid(0)));
}

#[test]
fn a_stalled_disk_holds_writes_and_cores_until_it_moves_again() {
    let write = |number| Mail {
        write: 1,
        ..mail(number)
    };
    let script = vec![
        (SECOND, Do::Send(Pid(1), write(1))),
        (
            2 * SECOND,
            Do::Send(
                Pid(1),
                Mail {
                    cpu_ns: 1,
                    ..mail(2)
                },
            ),
        ),
        (9 * SECOND, Do::Send(Pid(1), write(3))),
    ];
    let world = World::of(vec![scripted(script), Probe::default()]);
    let stalled = world
        .clone()
        .fault(SECOND / 2, Some(4 * SECOND), r#"DiskStalled("n2")"#)
        .fault(SECOND / 2, Some(5 * SECOND), r#"DiskStalled("n2")"#);
    let (sim, _) = stalled.clone().run(20 * SECOND);
    let got = sim.processes()[1].got();
    // One core: what needs no disk waits behind what does.
    assert_eq!(got.iter().map(|g| g.1).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(got[0].0 >= 5500 * MS && got[1].0 < 5501 * MS, "{got:?}");
    // A crash in between forgets the requests and frees the core.
    let (sim, _) = stalled
        .fault(3 * SECOND, Some(SECOND), r#"Crash("n2")"#)
        .run(20 * SECOND);
    let numbers: Vec<u64> = sim.processes()[1].got().iter().map(|g| g.1).collect();
    assert_eq!(numbers, [3]);
    assert_eq!(sim.host(NodeId(1)).busy(), 0);
}

#[test]
fn a_sync_that_a_stall_holds_back_is_not_done_before_its_end() {
    let world = World::of(vec![scripted(vec![
        (SECOND, Do::Write(10)),
        (2 * SECOND, Do::Sync),
    ])])
    .fault(SECOND, Some(9 * SECOND), r#"DiskStalled("n1")"#);
    let (sim, _) = world.run(20 * SECOND);
    assert_eq!(sim.processes()[0].timers(), [(10 * SECOND + 2 * MS, 0)]);
}

#[test]
fn slow_and_full_disks_are_as_before_when_it_is_over() {
    let script = vec![
        (SECOND, Do::Sync),
        (2 * SECOND, Do::Write(1)),
        (4 * SECOND, Do::Sync),
        (4 * SECOND, Do::Write(1)),
    ];
    let world = World::of(vec![scripted(script)])
        .fault(
            SECOND / 2,
            Some(2 * SECOND),
            r#"DiskSlow(target: "n1", factor: 20)"#,
        )
        .fault(SECOND, Some(2 * SECOND), r#"DiskFull("n1")"#);
    let (sim, _) = world.run(20 * SECOND);
    let probe = &sim.processes()[0];
    assert_eq!(
        probe.timers(),
        [(SECOND + 40 * MS, 0), (4 * SECOND + 2 * MS, 0)]
    );
    assert_eq!((probe.refused_writes, probe.stored.len()), (1, 1));
}

#[test]
fn a_clock_jumps_without_its_timers_and_drifts_with_them() {
    let timer = |data| Do::Timer {
        after_ns: 10 * SECOND,
        data,
    };
    let script = vec![
        (SECOND, timer(1)),
        (20 * SECOND, timer(2)),
        (50 * SECOND, timer(3)),
    ];
    let world = World::of(vec![scripted(script)])
        .fault(2 * SECOND, None, r#"ClockJump(target: "n1", by: "-2s")"#)
        .fault(
            15 * SECOND,
            Some(30 * SECOND),
            r#"ClockDrift(target: "n1", by: "250ms/s")"#,
        );
    let (sim, _) = world.run(70 * SECOND);
    // Script timers are on the node's clock too: the one for 50 s was set at 0, before the drift.
    let expected = [(11 * SECOND, 1), (28 * SECOND, 2), (60 * SECOND, 3)];
    assert_eq!(sim.processes()[0].timers(), expected);
    // 30 s of a quarter more, and 2 s back; it stays as wrong as it has become.
    assert_eq!(
        sim.host(NodeId(0)).clock().error(70 * SECOND),
        5_500_000_000
    );
}

#[test]
fn work_of_an_application_needs_no_core_and_is_slower_on_a_slow_one() {
    let script = vec![(
        SECOND,
        Do::Work {
            ns: SECOND,
            data: 1,
        },
    )];
    let world = World::of(vec![scripted(script)]).fault(
        SECOND / 2,
        None,
        r#"Slow(target: "n1", factor: 2.5)"#,
    );
    let (sim, _) = world.run(9 * SECOND);
    assert_eq!(sim.processes()[0].timers(), [(3500 * MS, 1)]);
}
