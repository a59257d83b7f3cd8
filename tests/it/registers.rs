//! What is read from databases and caches, in small scenarios.

use splitbrain::checks::Verdict;

use super::liveness::run;

/// A shop that shows prices, and changes them; what `change` does besides writing the price decides whether its cache is right.
fn shop(show: &str, change: &str, faults: &str) -> String {
    format!(
        r#"(
        title: "registers", seed: 9, duration: "20s",
        nodes: [(name: "app", count: 2), (name: "store"), (name: "web")],
        network: (latency: Exponential(mean: "1ms")),
        systems: [
            Service(name: "shop", nodes: "app", handlers: [
                (name: "show", steps: [{show}]),
                (name: "change", steps: [Write("db"){change}]),
            ]),
            Database(name: "db", nodes: "store", read: "1ms", write: "2ms"),
            Cache(name: "mc", nodes: "store", capacity: 1000, ttl: "5s"),
        ],
        workloads: [
            Requests(name: "visitors", nodes: "web", to: "shop/show", arrivals: Poisson("200/s"), keys: Uniform(n: 20)),
            Requests(name: "staff", nodes: "web", to: "shop/change", arrivals: Poisson("5/s"), keys: Uniform(n: 20)),
        ],
        faults: [{faults}],
        expect: [Holds(NoStaleRead), Holds(MonotonicReads), Holds(ReadYourWrites), Holds(LinearizableRegister)],
    )"#
    )
}

/// How the four stand.
fn verdicts(text: &str) -> Vec<String> {
    let session = run(text);
    let checks = &session.watch().unwrap().checks;
    let words = checks.verdicts().map(|(property, verdict)| match verdict {
        Verdict::Undecided(why) => format!("{}: {why}", property.word()),
        other => format!("{}: {}", property.word(), other.word()),
    });
    words.collect()
}

const WELL: [&str; 4] = [
    "NoStaleRead: holds",
    "MonotonicReads: holds",
    "ReadYourWrites: holds",
    "LinearizableRegister: holds",
];

#[test]
fn a_database_alone_is_linearizable_also_when_answers_are_lost() {
    let show = r#"Read("db")"#;
    assert_eq!(verdicts(&shop(show, "", "")), WELL);
    let faults = r#"Every(every: "3s", lasting: "1s", fault: Cut(from: "app", to: "store", one_way: false)),
        During("15s", "16s", Crash("store"))"#;
    assert_eq!(verdicts(&shop(show, "", faults)), WELL);
}

#[test]
fn a_cache_that_is_not_told_of_writes_gives_stale_answers() {
    let show = r#"Cached(cache: "mc", from: "db")"#;
    let stale = verdicts(&shop(show, "", ""));
    assert_eq!(stale[0], "NoStaleRead: broken");
    assert_eq!(stale[3], "LinearizableRegister: broken");
}

#[test]
fn a_cache_whose_entry_is_deleted_after_the_write_is_stale_only_for_a_moment() {
    // Between the write's answer and the deletion, and where a reader puts what it read before the write.
    let count = |change: &str| {
        let session = run(&shop(r#"Cached(cache: "mc", from: "db")"#, change, ""));
        let checks = &session.watch().unwrap().checks;
        let stale = checks.findings(&splitbrain::checks::Property::NoStaleRead);
        stale.unwrap().count()
    };
    let (forgotten, deleted) = (count(""), count(r#", Call("mc/delete")"#));
    assert!(deleted * 20 < forgotten, "{deleted} of {forgotten}");
}
