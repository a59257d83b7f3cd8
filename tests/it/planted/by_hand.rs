//! Each rule with a schedule of faults that shows what it is there for.

use super::{broken, rule, scenes, without};

/// Tried with so many seeds.
const SEEDS: u64 = 4;

/// Without the rule these faults break the property, with some seed; with it they break nothing, with any.
fn shows(scene: &str, word: &str, faults: &[&str], property: &str) {
    let (safe, bare) = (without(scene, None), without(scene, Some(rule(word))));
    let mut found = false;
    for seed in 0..SEEDS {
        let kept = broken(&safe, seed, faults);
        assert!(kept.is_empty(), "with {word}, seed {seed}: {kept:?}");
        found |= broken(&bare, seed, faults).iter().any(|p| p == property);
    }
    assert!(found, "without {word} nothing breaks {property}");
}

/// The leader of a partition talks to clients, but neither to the other brokers nor to the controller.
const LEADER_APART: [&str; 3] = [
    r#"During("10s", "15s", Cut(from: "broker-1", to: "broker-2"))"#,
    r#"During("10s", "15s", Cut(from: "broker-1", to: "broker-3"))"#,
    r#"During("10s", "15s", Cut(from: "broker-1", to: Controller))"#,
];

#[test]
fn what_is_not_on_all_in_sync_replicas_is_neither_shown_nor_acknowledged() {
    shows(
        scenes::KAFKA,
        "wait-for-isr",
        &LEADER_APART,
        "HighWatermarkWithinIsr",
    );
    shows(
        scenes::KAFKA,
        "ack-when-replicated",
        &LEADER_APART,
        "NoAckedLoss",
    );
    shows(
        scenes::KAFKA,
        "count-what-was-fetched",
        &LEADER_APART,
        "HighWatermarkWithinIsr",
    );
    shows(
        scenes::KAFKA,
        "shrink-when-granted",
        &LEADER_APART,
        "HighWatermarkWithinIsr",
    );
}

#[test]
fn a_leader_that_is_deposed_says_that_what_waits_has_failed() {
    let frozen = r#"During("10s", "15s", Pause("broker-1"))"#;
    shows(scenes::KAFKA, "fail-on-resign", &[frozen], "NoAckedLoss");
}

#[test]
fn only_who_has_everything_is_elected() {
    // It comes back when there is nobody left to copy from.
    let faults = [
        r#"During("10s", "15s", Pause("broker-3"))"#,
        r#"During("14950ms", "20s", Crash("broker-1"))"#,
    ];
    shows(scenes::KAFKA, "elect-from-isr", &faults, "NoAckedLoss");
}

#[test]
fn a_new_leader_has_an_epoch_of_its_own() {
    let crash = r#"During("10s", "15s", Crash("broker-1"))"#;
    shows(
        scenes::KAFKA,
        "raise-leader-epoch",
        &[crash],
        "SingleLeaderPerEpoch",
    );
}

#[test]
fn each_rebalance_begins_a_generation() {
    let frozen = r#"During("10s", "18s", Pause("worker-1"))"#;
    shows(
        scenes::KAFKA,
        "raise-generation",
        &[frozen],
        "OneOwnerPerPartition",
    );
}

#[test]
fn a_new_coordinator_knows_how_far_a_group_has_read() {
    let faults = [
        r#"During("10s", "15s", Crash(CoordinatorOf("g")))"#,
        r#"During("16s", "20s", Crash("worker-1"))"#,
    ];
    shows(scenes::KAFKA, "load-positions", &faults, "AtLeastOnce");
}

#[test]
fn a_queue_stores_a_message_before_it_says_so_and_keeps_it_until_it_is_done() {
    let crash = r#"During("10s", "12s", Crash("queue"))"#;
    shows(scenes::FIFO, "store-before-answer", &[crash], "NoAckedLoss");
    let crash = r#"During("10s", "15s", Crash("worker-1"))"#;
    shows(scenes::FIFO, "keep-until-deleted", &[crash], "AtLeastOnce");
}

#[test]
fn a_fifo_queue_keeps_groups_in_order() {
    shows(
        &scenes::in_order(),
        "one-in-flight-per-group",
        &[],
        "OrderPerKey",
    );
    let frozen = r#"During("10s", "20s", Pause("worker-1"))"#;
    shows(
        &scenes::in_order(),
        "come-back-in-order",
        &[frozen],
        "OrderPerKey",
    );
}

#[test]
fn a_fifo_queue_recognises_what_was_sent_before_it_died() {
    let faults = [
        r#"During("9900ms", "10s", Cut(from: "queue", to: "web", one_way: true))"#,
        r#"During("9950ms", "12s", Crash("queue"))"#,
    ];
    shows(&scenes::once(), "remember-ids", &faults, "AtMostOnce");
}

#[test]
fn an_effect_happens_once_though_the_message_comes_again() {
    let crash = r#"During("10s", "12s", Crash("payment"))"#;
    shows(scenes::SHOP, "keep-dedup-table", &[crash], "EffectsOnce");
    shows(scenes::SHOP, "remember-effects", &[crash], "EffectsOnce");
}

#[test]
fn a_log_that_parted_from_the_leaders_is_cut_back_to_where_it_did() {
    let kip_101 =
        splitbrain::scenario::library::find("kip-101-divergence").expect("it is built in");
    let scene = kip_101.text.replace("truncation: HighWatermark,", "");
    assert_ne!(scene, kip_101.text);
    shows(&scene, "truncate-by-epoch", &[], "NoAckedLoss");
    let scene = scenes::kafka_with_many_producers();
    shows(
        &scene,
        "notice-divergence",
        &LEADER_APART,
        "CommittedPrefix",
    );
}

#[test]
fn a_batch_that_comes_again_is_stored_once() {
    let scene = scenes::KAFKA.replace("expect: [", "expect: [Holds(AtMostOnce),");
    let apart = r#"During("10s", "15s", Isolate("broker-1"))"#;
    shows(&scene, "check-sequence", &[apart], "AtMostOnce");
    shows(&scene, "copy-producer-state", &[apart], "AtMostOnce");
}

#[test]
fn consumers_see_what_is_committed_only() {
    // What they saw is gone with the leader that had it, and is stored again by another.
    let scene = scenes::KAFKA.replace("expect: [", "expect: [Holds(AtMostOnce),");
    shows(&scene, "read-committed-only", &LEADER_APART, "AtMostOnce");
}
