//! Two runs beside each other, as a screen gets to see them.

use std::sync::Arc;

use crate::hunt::{Loaded, Options, Session, complete};
use crate::sim::SECOND;
use crate::ui::adapt::Run;
use crate::ui::engine::{Answer, Engine, Order, Progress, Query, Until, Working};
use crate::ui::view::{Compared, Comparing, Parted, With};

const TEXT: &str = r#"(
    title: "a crash", seed: 11, duration: "6s",
    nodes: [(name: "broker", count: 3), (name: "web"), (name: "billing")],
    systems: [Kafka(name: "events", nodes: "broker",
        topics: [(name: "orders", partitions: 3, replication_factor: 3)])],
    workloads: [
        Producer(name: "checkout", nodes: "web", to: "events/orders", arrivals: Poisson("200/s")),
        ConsumerGroup(name: "invoices", nodes: "billing", from: "events/orders"),
    ],
    faults: [At("3s", Crash("broker-1")), At("5s", Restart(All))],
)"#;

fn run() -> Run {
    let loaded = Loaded::from_text("t.ron", TEXT, &[]).expect("a good scenario");
    let loaded = complete(loaded).expect("complete");
    Run::new(Session::new(Arc::new(loaded), Options::default()))
}

fn to(run: &mut Run, second: u64) {
    run.leap(Until::Time(second * SECOND));
    while run.run(Until::Time(second * SECOND), 50_000) == Progress::More {}
}

fn with(with: With, seeds: u64, swapped: bool) -> Comparing {
    Comparing {
        with,
        seeds,
        swapped,
    }
}

fn ask(run: &mut Run, asked: Comparing) -> Result<Box<Compared>, Vec<String>> {
    run.ask(Some(&Query::Compare(asked)));
    while run.work(1_000) != Working::Idle {}
    match run.answer() {
        Some(Answer::Compared(known)) => known,
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_stand_where_the_run_stands_and_it_stays_as_it_is() {
    let mut run = run();
    for second in [2, 5, 1, 6] {
        to(&mut run, second);
        let before = (run.events(), run.frame());
        let known = ask(&mut run, with(With::Control, 0, false)).expect("two runs");
        assert_eq!(known.now_ns, second * SECOND);
        assert!((run.events(), run.frame()) == before);
        let [a, b] = &known.sides;
        assert_eq!(
            (a.label.as_str(), b.label.as_str()),
            ("as it is", "without faults")
        );
        let totals = run.frame().totals;
        assert_eq!(a.totals, totals, "A is the run that is shown");
        let Parted::At(parted) = &known.parted else {
            panic!("{:?}", known.parted);
        };
        assert_eq!(parted.at_ns, 3 * SECOND);
        let crashes = known.rows.iter().find(|r| r.name == "nodes.crashes");
        let crashes = crashes.expect("a row");
        if second > 3 {
            assert_eq!(crashes.amounts, ["1", "0"]);
            assert_eq!(
                (crashes.difference.as_str(), crashes.better),
                ("−1", Some(1))
            );
        } else {
            assert_eq!(crashes.amounts, ["0", "0"]);
            assert!(known.rows.iter().all(|r| r.share == 0.0));
        }
    }
}

#[test]
fn sides_can_be_exchanged_and_seeds_added_without_beginning_again() {
    let mut run = run();
    to(&mut run, 5);
    let plain = ask(&mut run, with(With::Control, 0, false)).expect("two runs");
    assert_eq!(plain.seeds, Some((0, 0)));
    let swapped = ask(&mut run, with(With::Control, 0, true)).expect("two runs");
    assert_eq!(swapped.sides[0], plain.sides[1]);
    assert_eq!(swapped.sides[1], plain.sides[0]);
    let seeded = ask(&mut run, with(With::Control, 7, true)).expect("two runs");
    assert_eq!(seeded.seeds, Some((7, 7)));
    let down = |known: &Compared| {
        let row = known.rows.iter().find(|r| r.name == "nodes.down_total");
        row.and_then(|r| r.over.clone()).expect("over seeds")
    };
    // Of every seed one broker is down for two seconds in what is B now.
    assert_eq!(down(&seeded).mean, "+2s");
    assert_eq!(down(&seeded).better, Some(0));
    let back = ask(&mut run, with(With::Control, 7, false)).expect("two runs");
    assert_eq!(down(&back).mean, "−2s");
    assert_eq!(down(&back).better, Some(1));
    assert_eq!(back.parted, plain.parted);
}

#[test]
fn what_was_compared_is_still_known_after_a_look_at_the_settings() {
    let mut run = run();
    to(&mut run, 4);
    let known = ask(&mut run, with(With::Control, 7, false)).expect("two runs");
    for path in [None, Some("workloads.checkout.acks".to_owned())] {
        run.ask(Some(&Query::Settings(path)));
        while run.work(1_000) != Working::Idle {}
    }
    run.ask(Some(&Query::Compare(with(With::Control, 7, false))));
    // At once, before anything runs again.
    let Some(Answer::Compared(Ok(again))) = run.answer() else {
        panic!("no comparison");
    };
    assert_eq!(again.seeds, Some((7, 7)));
    assert!(again == known);
}

#[test]
fn another_seed_differs_and_a_mistake_is_told() {
    let mut run = run();
    to(&mut run, 2);
    let known = ask(&mut run, with(With::Seed(12), 5, false)).expect("two runs");
    assert!(matches!(&known.parted, Parted::At(at) if at.at_ns < SECOND));
    assert_eq!(known.seeds, None, "over seeds nothing differs");
    let wrong = With::Setting("workloads.checkout.akcs=All".into());
    let why = ask(&mut run, with(wrong, 0, false)).expect_err("a mistake");
    assert!(why.join("\n").contains("akcs"), "{why:?}");
    let gone = ask(&mut run, with(With::Fork(7), 0, false));
    assert!(gone.is_err());
}

#[test]
fn the_command_that_is_copied_compares() {
    let mut run = run();
    to(&mut run, 2);
    let plain = run.command().expect("a command");
    assert!(plain.starts_with("splitbrain run "), "{plain}");
    ask(&mut run, with(With::Control, 0, false)).expect("two runs");
    let control = plain.replace("splitbrain run", "splitbrain compare");
    let control = control.replace(" --until", " --control --until");
    assert_eq!(run.command(), Ok(control));
    ask(&mut run, with(With::Seed(12), 0, false)).expect("two runs");
    let seed = run.command().expect("a command");
    assert!(seed.contains(" --seed-b 12"), "{seed}");
    let set = "workloads.checkout.acks=All".to_owned();
    ask(&mut run, with(With::Setting(set.clone()), 3, false)).expect("two runs");
    // Over seeds they run to the end, as on the screen.
    let set = run.command().expect("a command");
    assert!(
        set.ends_with("--set workloads.checkout.acks=All --seeds 3"),
        "{set}"
    );
}

#[test]
fn a_branch_beside_the_run_it_left_differs_by_what_was_done_there() {
    let mut run = run();
    to(&mut run, 2);
    let crash = Order::Inject("Crash(\"broker-2\")".into(), None);
    run.obey(&crash).expect("it can be done");
    to(&mut run, 4);
    let known = ask(&mut run, with(With::Fork(0), 0, false)).expect("two runs");
    let Parted::At(parted) = &known.parted else {
        panic!("{:?}", known.parted);
    };
    assert_eq!(parted.at_ns / 1_000, 2 * SECOND / 1_000);
    let a = parted.lines[0].as_ref().expect("a record");
    assert_eq!(
        (a.subject.as_str(), a.cause.as_str()),
        ("broker-2", "by hand")
    );
    assert!(known.sides[0].label.contains("broker-2"));
    // The branch is called as the list of branches has it; no command has what was done by hand.
    let name = run.frame().forks[0].name.clone();
    assert_eq!(known.sides[1].label, name);
    assert!(run.command().is_err());
    let row = |known: &Compared, name: &str| {
        let row = known.rows.iter().find(|r| r.name == name);
        row.expect("a row").amounts.clone()
    };
    assert_eq!(row(&known, "nodes.crashes"), ["2", "1"]);
    // What is done afterwards is seen at once: it is another run then.
    run.obey(&Order::Inject("Crash(\"broker-3\")".into(), None))
        .expect("it can be done");
    to(&mut run, 5);
    let known = ask(&mut run, with(With::Fork(0), 0, false)).expect("two runs");
    assert_eq!(row(&known, "nodes.crashes"), ["3", "1"]);
}

#[test]
fn a_step_goes_to_the_next_moment_of_either_and_back() {
    let mut run = run();
    let asked = With::Setting("workloads.checkout.arrivals=Poisson(\"500/s\")".into());
    to(&mut run, 2);
    ask(&mut run, with(asked.clone(), 0, false)).expect("two runs");
    let mut moments = vec![run.now_ns()];
    for _ in 0..200 {
        let next = run.moment_of_either(false).expect("there is more");
        let own = run.session().next_ns();
        assert!(
            own.is_none_or(|own| next <= own),
            "nothing of A is left out"
        );
        run.leap(Until::Time(next));
        while run.run(Until::Time(next), 50_000) == Progress::More {}
        moments.push(next);
    }
    assert!(moments.windows(2).all(|w| w[0] < w[1]));
    // The other makes more than twice as much: at some moments only it does something.
    let mut alone = self::run();
    to(&mut alone, 2);
    let mut own = Vec::new();
    while let Some(next) = alone
        .session()
        .next_ns()
        .filter(|n| n <= moments.last().unwrap_or(&0))
    {
        while alone.run(Until::Time(next), 50_000) == Progress::More {}
        own.push(next);
    }
    assert!(own.iter().all(|ns| moments.contains(ns)));
    assert!(
        own.len() + 20 < moments.len(),
        "{} of {}",
        own.len(),
        moments.len()
    );
    // Back the same way.
    for before in moments.iter().rev().skip(1).take(50) {
        let back = run
            .moment_of_either(true)
            .expect("there is something before");
        assert_eq!(back, *before);
        run.leap(Until::Time(back));
        while run.run(Until::Time(back), 50_000) == Progress::More {}
        ask(&mut run, with(asked.clone(), 0, false)).expect("two runs");
    }
    run.ask(None);
    assert_eq!(run.moment_of_either(false), None);
}
