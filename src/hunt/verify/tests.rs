use std::num::NonZeroUsize;
use std::sync::Arc;

use super::*;
use crate::hunt::complete;
use crate::hunt::parallel::Panic;

/// One request, which fails with some probability: a coin of its own for each seed.
fn coin(fails: &str, more: &str) -> Arc<Loaded> {
    let text = format!(
        r#"(
    title: "A coin", duration: "2s",
    nodes: [(name: "web"), (name: "leaf")],
    systems: [Service(name: "shop", nodes: "leaf", handlers: [(name: "buy", steps: [Fail("{fails}")])])],
    workloads: [Requests(name: "users", nodes: "web", to: "shop/buy", arrivals: Constant("1/s"), count: 1)],
    {more}
)"#
    );
    let loaded = Loaded::from_text("coin.ron", &text, &[]).and_then(complete);
    Arc::new(loaded.unwrap_or_else(|document| panic!("{}", document.render(false))))
}

const WELL: &str = r#"expect: [AtLeast("goodput.ratio", "100%")],"#;

fn of(loaded: &Arc<Loaded>, seeds: Option<Range<u64>>) -> Verification {
    Verification::new(vec![Arc::clone(loaded)], seeds.as_ref()).expect("few runs")
}

fn all_runs(verification: &Verification) -> Vec<(usize, u64, bool)> {
    let runs = (0..verification.runs()).map(|n| verification.run_at(n));
    runs.map(|run| (run.claim, run.seed, run.again)).collect()
}

fn verified(verification: &Verification) -> Report<'_> {
    let mut report = Report::new(verification);
    let mut take = |number, came| {
        report.take(number, came);
    };
    let jobs = NonZeroUsize::new(2).expect("two");
    verification.run(jobs, &mut take).expect("workers");
    report
}

/// An outcome that is as expected, or not.
fn outcome(met: bool) -> SeedOutcome {
    SeedOutcome {
        met,
        answers: Vec::new(),
        findings: 0,
        broken: Vec::new(),
        events: 1,
        digest: 7,
        metrics: Vec::new(),
    }
}

fn bug() -> Panic {
    Panic {
        message: "a bug".into(),
    }
}

/// What becomes of a scenario whose runs come to this, by their seed and by whether it is the second time.
fn made_up(
    verification: &Verification,
    came: impl Fn(u64, bool) -> Result<SeedOutcome, Panic>,
) -> Report<'_> {
    let mut report = Report::new(verification);
    for number in 0..verification.runs() {
        let run = verification.run_at(number);
        report.take(number, came(run.seed, run.again));
    }
    report
}

#[test]
fn its_own_seed_runs_twice_and_every_other_once() {
    let alone = coin("0%", &format!("seed: 2, {WELL}"));
    assert_eq!(all_runs(&of(&alone, None)), [(0, 2, false), (0, 2, true)]);
    let both = coin(
        "0%",
        &format!(
            "seed: 2, {WELL} control: [AtLeast(\"goodput.ratio\", \"100%\")], over: (seeds: 4), control_over: (seeds: 2)"
        ),
    );
    let runs = [
        (0, 2, false),
        (0, 2, true),
        (0, 0, false),
        (0, 1, false),
        (0, 3, false),
        (1, 2, false),
        (1, 0, false),
        (1, 1, false),
    ];
    assert_eq!(all_runs(&of(&both, None)), runs);
    // The last seed that can be counted, and the last there is.
    let runs = [(0, 2, false), (0, 2, true), (0, u64::MAX - 1, false)];
    assert_eq!(all_runs(&of(&alone, Some(u64::MAX - 1..u64::MAX))), runs);
    let last = coin("0%", &format!("seed: {}, {WELL}", u64::MAX));
    let own = [(0, u64::MAX, false), (0, u64::MAX, true)];
    assert_eq!(all_runs(&of(&last, None)), own);
    let many = Verification::new(vec![both], Some(&(0..u64::MAX)));
    assert!(many.is_err_and(|message| message.contains("more runs than can be counted")));
}

#[test]
fn a_control_is_claimed_over_what_it_says_or_over_the_same() {
    let control = "control: [AtLeast(\"goodput.ratio\", \"100%\")],";
    let claims = |more: &str| {
        let loaded = coin("0%", &format!("{WELL} {more}"));
        let verification = of(&loaded, None);
        let claims = verification.subjects()[0].claims.iter();
        let claims = claims.map(|c| (c.sweep.control, c.sweep.seeds.clone(), c.at_least.p()));
        claims.collect::<Vec<_>>()
    };
    assert_eq!(claims(""), [(false, 0..0, 1.0)]);
    let over = "over: (seeds: 9, at_least: \"50%\"),";
    let (expect, same) = ((false, 0..9, 0.5), (true, 0..9, 0.5));
    assert_eq!(claims(&format!("{over} {control}")), [expect.clone(), same]);
    let other = format!("{over} {control} control_over: (seeds: 3)");
    assert_eq!(claims(&other), [expect, (true, 0..3, 1.0)]);
}

#[test]
fn a_share_that_is_known_is_judged_as_it_is() {
    // 600 throws of a coin that fails with 30 %: a standard deviation is 1.9 %, so that 70 % of them lie 5.3 of these away
    // from both claims.
    for (least, verdict) in [("60%", Verdict::Met), ("80%", Verdict::NotMet)] {
        let over = format!("seed: 1, over: (seeds: 600, at_least: \"{least}\"), {WELL}");
        let loaded = coin("30%", &over);
        let verification = of(&loaded, None);
        let report = verified(&verification);
        let kept = &report.done[0];
        let claim = &kept.claims[0];
        assert_eq!(claim.has_enough(), verdict == Verdict::Met, "{least}");
        assert_eq!(claim.share.of, 600);
        let (low, high) = claim.share.interval();
        assert!((low..high).contains(&0.7), "{low} to {high}");
        assert!(kept.is_same_twice());
        assert_eq!(claim.failed, 600 - claim.share.count);
        // The first ones are told, and each is told by itself when it runs alone.
        let told: Vec<u64> = claim.failures.iter().map(|f| f.seed).collect();
        assert!(told.is_sorted() && told.len() == 3, "{told:?}");
        for seed in told {
            let alone = claim.claim.sweep.one(seed, &Stop::default());
            assert!(alone.is_some_and(|outcome| !outcome.met));
        }
    }
}

#[test]
fn a_share_that_is_as_claimed_to_the_last_seed_is_enough() {
    for (least, enough) in [("7%", 7), ("29%", 29), ("95%", 95), ("99.9%", 100)] {
        let over = format!("seed: 0, over: (seeds: 100, at_least: \"{least}\"), {WELL}");
        let loaded = coin("0%", &over);
        let verification = of(&loaded, None);
        let with = |met: u64| made_up(&verification, |seed, _| Ok(outcome(seed < met))).verdict();
        assert_eq!(with(enough), Verdict::Met, "{least}");
        assert_eq!(with(enough - 1), Verdict::NotMet, "{least}");
    }
}

#[test]
fn its_own_seed_must_be_as_it_says_whatever_the_share_is() {
    let over = format!("seed: 7, over: (seeds: 5, at_least: \"20%\"), {WELL}");
    let loaded = coin("0%", &over);
    let verification = of(&loaded, None);
    let report = made_up(&verification, |seed, _| Ok(outcome(seed != 7)));
    let claim = &report.done[0].claims[0];
    // It is none of those that are counted.
    assert_eq!((claim.share.count, claim.share.of), (5, 5));
    assert_eq!(claim.own, Some(false));
    assert_eq!(report.verdict(), Verdict::NotMet);
    assert_eq!(claim.failures[0].seed, 7);
}

#[test]
fn a_bug_is_worse_than_a_claim_that_is_not_kept_and_says_nothing_of_it() {
    let over = format!("seed: 0, over: (seeds: 4), {WELL}");
    let loaded = coin("0%", &over);
    let verification = of(&loaded, None);
    let report = made_up(&verification, |seed, _| match seed {
        1 => Err(bug()),
        2 => Ok(outcome(false)),
        _ => Ok(outcome(true)),
    });
    let claim = &report.done[0].claims[0];
    assert_eq!(report.verdict(), Verdict::Panicked);
    assert_eq!((claim.share.count, claim.share.of), (2, 3));
    assert_eq!((claim.panicked, claim.failed), (1, 2));
    assert_eq!(report.count(Verdict::Panicked), 1);
}

#[test]
fn two_runs_with_one_seed_that_differ_are_told() {
    let loaded = coin("0%", &format!("seed: 0, {WELL}"));
    let verification = of(&loaded, None);
    let other = |again| SeedOutcome {
        digest: if again { 8 } else { 7 },
        ..outcome(true)
    };
    let report = made_up(&verification, |_, again| Ok(other(again)));
    assert!(!report.done[0].is_same_twice());
    assert_eq!(report.verdict(), Verdict::NotMet);
    // The same bug twice is the same run twice; a bug that comes and goes is not.
    let report = made_up(&verification, |_, _| Err(bug()));
    assert!(report.done[0].is_same_twice());
    let report = made_up(&verification, |_, again| {
        if again { Err(bug()) } else { Ok(outcome(true)) }
    });
    assert!(!report.done[0].is_same_twice());
}
