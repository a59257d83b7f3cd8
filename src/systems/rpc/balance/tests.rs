//! Balancers step by step, and their shares.

use super::*;

fn stream() -> Stream {
    Stream::named(11, "balance", "test")
}

fn balancer(text: &str, replicas: u32) -> Balancer {
    Balancer::new(&ron::from_str(text).unwrap(), replicas)
}

/// Replicas with so many calls under way, all able.
fn with(outstanding: &[u32]) -> Vec<Candidate> {
    (0..)
        .zip(outstanding)
        .map(|(index, &outstanding)| Candidate { index, outstanding })
        .collect()
}

/// All but one.
fn without(able: &[Candidate], index: u32) -> Vec<Candidate> {
    let rest = able.iter().copied().filter(|c| c.index != index);
    rest.collect()
}

/// The numbers of the replicas that get the next calls.
fn picks(balancer: &mut Balancer, able: &[Candidate], stream: &mut Stream, n: u32) -> Vec<u32> {
    (0..n)
        .map(|key| able[balancer.pick(able, key, stream).unwrap()].index)
        .collect()
}

#[test]
fn nobody_able_gets_nothing() {
    let all = [
        "RoundRobin",
        "Random",
        "LeastBusy",
        "PowerOfChoices()",
        "Weighted(weights: [1, 1])",
        "ConsistentHash()",
    ];
    for text in all {
        assert_eq!(balancer(text, 2).pick(&[], 1, &mut stream()), None);
    }
}

#[test]
fn round_robin_goes_in_a_circle_from_anywhere() {
    let able = with(&[9, 0, 5, 3]);
    let mut starts = std::collections::BTreeSet::new();
    let mut stream = stream();
    for _ in 0..100 {
        let mut balancer = balancer("RoundRobin", 4);
        let turns = picks(&mut balancer, &able, &mut stream, 9);
        for pair in turns.windows(2) {
            assert_eq!(pair[1], (pair[0] + 1) % 4);
        }
        starts.insert(turns[0]);
    }
    assert_eq!(starts.len(), 4);
}

#[test]
fn round_robin_goes_on_where_it_was_when_one_is_missing() {
    let (able, mut stream) = (with(&[0; 4]), stream());
    let mut balancer = balancer("RoundRobin", 4);
    while picks(&mut balancer, &able, &mut stream, 1) != [1] {}
    let fewer = without(&able, 2);
    assert_eq!(
        picks(&mut balancer, &fewer, &mut stream, 5),
        [3, 0, 1, 3, 0]
    );
    assert_eq!(picks(&mut balancer, &able, &mut stream, 3), [1, 2, 3]);
}

#[test]
fn least_busy_takes_the_least_and_among_equal_ones_turns() {
    let mut stream = stream();
    let mut one = balancer("LeastBusy", 4);
    let able = with(&[2, 1, 0, 3]);
    assert_eq!(picks(&mut one, &able, &mut stream, 3), [2, 2, 2]);
    // 0 and 2 are equal; after 2 it is 0's turn.
    let able = with(&[1, 4, 1, 2]);
    assert_eq!(picks(&mut one, &able, &mut stream, 4), [0, 2, 0, 2]);
    // An idle service is shared out evenly.
    let able = with(&[0; 4]);
    assert_eq!(picks(&mut one, &able, &mut stream, 5), [3, 0, 1, 2, 3]);
}

/// How often each of `n` is picked in `draws`, against `shares`: chi-square within its 99.9 % point.
fn assert_shares(picked: &[u32], shares: &[f64], chi2_max: f64) {
    let draws = picked.len() as f64;
    let chi2: f64 = (0..)
        .zip(shares)
        .map(|(index, share)| {
            let hits = picked.iter().filter(|&&p| p == index).count() as f64;
            if *share == 0.0 {
                assert_eq!(hits, 0.0);
                return 0.0;
            }
            (hits - draws * share).powi(2) / (draws * share)
        })
        .sum();
    assert!(chi2 < chi2_max, "{chi2}");
}

#[test]
fn random_gives_each_its_share() {
    let able = without(&with(&[0; 6]), 3);
    let picked = picks(&mut balancer("Random", 6), &able, &mut stream(), 30_000);
    // Four degrees of freedom.
    assert_shares(&picked, &[0.2, 0.2, 0.2, 0.0, 0.2, 0.2], 18.5);
}

#[test]
fn choices_are_different_ones() {
    // Of n replicas with different loads, d of them looked at, the k-th least busy (from 0) is picked if it is looked at and
    // none of those below: C(n − 1 − k, d − 1) / C(n, d). Without replacement the d − 1 busiest never are.
    let able = with(&[30, 10, 0, 40, 20]);
    let binomial = |n: u32, k: u32| {
        (0..k).fold(1.0, |product, i| {
            product * f64::from(n.saturating_sub(i)) / f64::from(i + 1)
        })
    };
    for d in 1..=5 {
        let mut balancer = balancer(&format!("PowerOfChoices(d: {d})"), 5);
        let picked = picks(&mut balancer, &able, &mut stream(), 30_000);
        let rank = [3, 1, 0, 4, 2];
        let shares = rank.map(|k| binomial(4 - k, d - 1) / binomial(5, d));
        assert_shares(&picked, &shares, 18.5);
    }
}

#[test]
fn equally_busy_choices_are_equally_likely() {
    let able = with(&[3, 3, 3, 3, 9]);
    let picked = picks(
        &mut balancer("PowerOfChoices()", 5),
        &able,
        &mut stream(),
        30_000,
    );
    assert_shares(&picked, &[0.25, 0.25, 0.25, 0.25, 0.0], 16.3);
    // More choices than replicas: the least busy of all.
    let mut all = balancer("PowerOfChoices(d: 16)", 5);
    let able = with(&[3, 2, 1, 2, 9]);
    assert_eq!(picks(&mut all, &able, &mut stream(), 3), [2, 2, 2]);
}

#[test]
fn weighted_turns_are_spread_as_nginx_documents() {
    // The example of the change that brought it: { 5, 1, 1 } gives a a b a c a a.
    let able = with(&[0; 3]);
    let mut balancer = balancer("Weighted(weights: [5, 1, 1])", 3);
    let turns = picks(&mut balancer, &able, &mut stream(), 14);
    assert_eq!(turns, [0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0]);
}

#[test]
fn weighted_shares_are_exact_over_a_round_of_those_that_are_able() {
    let all = with(&[0; 4]);
    for missing in 0..4 {
        let able = without(&all, missing);
        let mut balancer = balancer("Weighted(weights: [7, 3, 2, 5])", 4);
        let weights = [7, 3, 2, 5];
        let round: u32 = able.iter().map(|c| weights[c.index as usize]).sum();
        let turns = picks(&mut balancer, &able, &mut stream(), round);
        for candidate in &able {
            let got = turns.iter().filter(|&&t| t == candidate.index).count();
            assert_eq!(got, weights[candidate.index as usize] as usize);
        }
    }
}

/// To whom each key belongs.
fn owners(balancer: &mut Balancer, able: &[Candidate], keys: u32) -> Vec<u32> {
    picks(balancer, able, &mut stream(), keys)
}

#[test]
fn the_ring_moves_only_the_keys_of_who_is_missing() {
    let all = with(&[0; 10]);
    let mut balancer = balancer("ConsistentHash()", 10);
    let before = owners(&mut balancer, &all, 20_000);
    assert_eq!(owners(&mut balancer, &all, 20_000), before);
    for missing in 0..10 {
        let rest = without(&all, missing);
        let after = owners(&mut balancer, &rest, 20_000);
        let mut heirs = std::collections::BTreeSet::new();
        for (was, is) in before.iter().zip(&after) {
            if *was == missing {
                heirs.insert(*is);
            } else {
                assert_eq!(was, is);
            }
        }
        // And those are shared out among the others, not handed to one neighbour.
        assert!(heirs.len() == 9 && !heirs.contains(&missing), "{heirs:?}");
    }
}

#[test]
fn a_larger_ring_takes_keys_from_all_and_moves_no_other() {
    let keys = 20_000;
    let before = owners(&mut balancer("ConsistentHash()", 10), &with(&[0; 10]), keys);
    let after = owners(&mut balancer("ConsistentHash()", 11), &with(&[0; 11]), keys);
    let moved = before.iter().zip(&after).filter(|(was, is)| was != is);
    let moved: Vec<&u32> = moved.map(|(_, is)| is).collect();
    assert!(moved.iter().all(|&&is| is == 10));
    // One part in eleven, within four standard deviations of a share (about 1 / √160 of itself).
    let share = moved.len() as f64 / f64::from(keys);
    assert!((share * 11.0 - 1.0).abs() < 4.0 / 160_f64.sqrt(), "{share}");
}

#[test]
fn shares_of_a_ring_are_even_within_what_is_documented() {
    // A share's standard deviation is 1 / √(virtual nodes) of the mean; of ten replicas none is four of them off.
    for virtual_nodes in [40, 160, 1000] {
        let text = format!("ConsistentHash(virtual_nodes: {virtual_nodes})");
        let keys = 100_000;
        let owners = owners(&mut balancer(&text, 10), &with(&[0; 10]), keys);
        let bound = 4.0 / f64::from(virtual_nodes).sqrt() + 0.04; // 4 standard errors of 10 000 keys
        for replica in 0..10 {
            let share = owners.iter().filter(|&&o| o == replica).count() as f64;
            let off = share / (f64::from(keys) / 10.0) - 1.0;
            assert!(off.abs() < bound, "{virtual_nodes}: {off}");
        }
    }
}

#[test]
fn impossible_settings_are_named() {
    let complaints = |text: &str| {
        let mut out = Vec::new();
        let settings: Balance = ron::from_str(text).unwrap();
        let at = Path::root().field("balance");
        settings.check(&at, &mut out);
        settings.check_replicas(2, &at, &mut out);
        out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(complaints("RoundRobin"), [""; 0]);
    assert_eq!(complaints("PowerOfChoices(d: 0)"), ["balance.d"]);
    assert_eq!(complaints("Weighted(weights: [1, 2])"), [""; 0]);
    assert_eq!(
        complaints("Weighted(weights: [1, 0, 2])"),
        ["balance.weights[1]", "balance.weights"]
    );
    assert_eq!(
        complaints("ConsistentHash(virtual_nodes: 0)"),
        ["balance.virtual_nodes"]
    );
}
