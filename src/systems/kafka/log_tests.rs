use super::super::batch::{BATCH_HEADER_BYTES, Batch, Item, Payload};
use super::*;
use crate::sim::{GroupId, LaneId, QueueId};
use std::sync::Arc;

/// A batch of `count` records of 39 bytes each: with the header of 61 bytes, one record makes 100.
fn batch(base: u64, epoch: u32, count: u32, timestamp_ns: i64) -> LogBatch {
    let items = vec![Item::new(None, 39, false); count as usize];
    LogBatch {
        base,
        epoch,
        batch: Arc::new(Batch::new(
            timestamp_ns,
            None,
            Payload::messages(LaneId(0), base as u32, &items),
        )),
    }
}

/// A log with one-record batches of these epochs, at offsets and positions 0, 1, 2 …
fn log_of(epochs: &[u32]) -> Log {
    let mut log = Log::new(1_000_000, u64::MAX);
    for &epoch in epochs {
        let base = log.end();
        log.append(batch(base, epoch, 1, base as i64), (base + 1) * 100);
    }
    log
}

fn offsets(log: &Log) -> Vec<u64> {
    log.batches().map(|b| b.base).collect()
}

#[test]
fn reading_returns_whole_batches_from_the_one_that_holds_the_offset() {
    let mut log = Log::new(1_000_000, u64::MAX);
    for n in 0..300 {
        log.append(batch(n * 3, 0, 3, 0), 0);
    }
    let mut out = Vec::new();
    let bytes = log.read(7, 900, 10_000, true, &mut out);
    assert_eq!(out[0].base, 6, "offset 7 is in the batch of 6, 7 and 8");
    let each = BATCH_HEADER_BYTES + 3 * 39;
    assert_eq!(out.len() as u32, 10_000 / each);
    assert_eq!(bytes, out.len() as u32 * each);

    out.clear();
    log.read(600, 605, 10_000, true, &mut out);
    let bases: Vec<u64> = out.iter().map(|b| b.base).collect();
    assert_eq!(bases, [600], "the batch of 603 reaches beyond 605");

    out.clear();
    assert_eq!(log.read(900, 900, 10_000, true, &mut out), 0);
}

#[test]
fn a_batch_larger_than_the_limit_is_returned_alone_so_that_readers_get_on() {
    let log = log_of(&[0, 0]);
    let mut out = Vec::new();
    log.read(0, 2, 10, true, &mut out);
    assert_eq!(out.len(), 1);
    out.clear();
    log.read(0, 2, 10, false, &mut out);
    assert!(out.is_empty());
}

// The cases of KIP-101: the end of an epoch is the start of the next larger one.
#[test]
fn an_epoch_ends_where_the_next_begins() {
    let log = log_of(&[1, 1, 4, 4, 4, 7]);
    assert_eq!(log.epochs(), [(1, 0), (4, 2), (7, 5)]);
    assert_eq!(log.end_of_epoch(7), Some((7, 6)));
    assert_eq!(log.end_of_epoch(4), Some((4, 5)));
    assert_eq!(log.end_of_epoch(5), Some((4, 5)), "5 and 6 had no records");
    assert_eq!(log.end_of_epoch(1), Some((1, 2)));
    assert_eq!(log.end_of_epoch(0), Some((0, 0)), "nothing was so early");
    assert_eq!(log.end_of_epoch(8), None, "nothing was so late");
}

// Kafka's `LeaderEpochFileCache.assign`: with the base offset of the batch.
#[test]
fn an_epoch_that_follows_a_gap_begins_with_its_first_batch() {
    let mut log = log_of(&[1, 1]);
    log.append(batch(5, 4, 1, 0), 0);
    assert_eq!(log.epochs(), [(1, 0), (4, 5)]);
    assert_eq!(log.end_of_epoch(1), Some((1, 5)));
}

#[test]
fn truncation_forgets_epochs_that_have_no_records_left() {
    let mut log = log_of(&[1, 1, 4, 4, 7]);
    let mut gone = Vec::new();
    let freed = log.truncate(2, |b| gone.push(b.base));
    assert_eq!(gone, [4, 3, 2]);
    assert_eq!(freed, 300);
    assert_eq!((log.end(), log.bytes()), (2, 200));
    assert_eq!(log.epochs(), [(1, 0)]);
}

#[test]
fn truncation_inside_a_batch_removes_the_whole_batch() {
    let mut log = Log::new(1_000_000, u64::MAX);
    log.append(batch(0, 0, 3, 0), 0);
    log.append(batch(3, 0, 3, 0), 0);
    log.truncate(5, |_| {});
    assert_eq!(log.end(), 3);
}

#[test]
fn segments_close_by_size_and_by_age() {
    let mut log = Log::new(250, 1_000);
    for n in 0..5 {
        log.append(batch(n, 0, 1, 0), 0);
    }
    assert_eq!(log.segments(), 3, "two batches of 100 bytes fit into 250");
    log.append(batch(5, 0, 1, 1_000), 0);
    assert_eq!(log.segments(), 3, "not older than the limit");
    let mut log = Log::new(1_000_000, 1_000);
    log.append(batch(0, 0, 1, 0), 0);
    log.append(batch(1, 0, 1, 1_001), 0);
    assert_eq!(log.segments(), 2);
}

#[test]
fn retention_by_size_removes_whole_segments_and_keeps_at_least_the_size() {
    let mut log = Log::new(200, u64::MAX);
    for n in 0..10 {
        log.append(batch(n, 0, 1, 0), 0);
    }
    let keep = Retention {
        age_ns: None,
        bytes: Some(500),
    };
    let freed = log.expire(0, keep, 10, |_| {});
    // 1000 bytes in segments of 200: two may go before less than 500 would be left.
    assert_eq!(freed, 400);
    assert_eq!((log.start(), log.bytes()), (4, 600));
    assert_eq!(log.epochs(), [(0, 4)]);
    assert_eq!(offsets(&log), [4, 5, 6, 7, 8, 9]);
}

#[test]
fn retention_by_age_looks_at_the_youngest_record_of_a_segment_and_spares_what_is_not_visible() {
    let mut log = Log::new(200, u64::MAX);
    for n in 0..6 {
        log.append(batch(n, 0, 1, n as i64 * 10), 0);
    }
    let keep = Retention {
        age_ns: Some(30),
        bytes: None,
    };
    log.expire(50, keep, 6, |_| {});
    // At 50 the segment 0–1 has a youngest record of age 40, the segment 2–3 one of age 20.
    assert_eq!(log.start(), 2);
    log.expire(1_000, keep, 3, |_| {});
    assert_eq!(log.start(), 2, "offset 3 is not visible yet");
    log.expire(1_000, keep, 6, |_| {});
    assert_eq!((log.start(), log.end(), log.bytes()), (6, 6, 0));
    log.append(batch(6, 0, 1, 0), 0);
    assert_eq!(offsets(&log), [6]);
}

#[test]
fn a_power_loss_keeps_what_was_synced() {
    let mut log = log_of(&[0, 0, 0, 1]);
    let power = Survival {
        power: true,
        synced: 250,
        lost: Vec::new(),
    };
    let mut gone = Vec::new();
    log.recover(&power, |b| gone.push(b.base));
    assert_eq!(gone, [3, 2]);
    assert_eq!(log.end(), 2);

    let mut log = log_of(&[0, 0, 0, 1]);
    let process = Survival {
        power: false,
        ..power
    };
    log.recover(&process, |_| {});
    assert_eq!(log.end(), 4, "the page cache outlives the process");
}

#[test]
fn a_hole_in_the_file_ends_the_log() {
    let mut log = log_of(&[0, 0, 0, 0]);
    let hole = Survival {
        power: false,
        synced: 0,
        lost: vec![(100, 200)],
    };
    log.recover(&hole, |_| {});
    assert_eq!(offsets(&log), [0]);
}

#[test]
fn a_clone_does_not_see_what_the_original_does_later() {
    let mut log = log_of(&[0; 130]);
    let copy = log.clone();
    log.truncate(100, |_| {});
    log.append(batch(100, 3, 1, 0), 0);
    assert_eq!(copy.end(), 130);
    assert_eq!(copy.latest_epoch(), Some(0));
    assert_eq!(copy.batches().count(), 130);
}

#[test]
fn a_log_that_starts_anew_knows_nothing_of_before() {
    let mut log = log_of(&[0, 1, 1]);
    let freed = log.restart_at(10, |_| {});
    assert_eq!(freed, 300);
    assert_eq!((log.start(), log.end(), log.bytes()), (10, 10, 0));
    log.append(batch(10, 5, 1, 0), 0);
    assert_eq!(log.epochs(), [(5, 10)]);
}

/// Stored positions of these queues in a batch.
fn positions(base: u64, queues: &[u32]) -> LogBatch {
    LogBatch {
        base,
        epoch: 0,
        batch: Arc::new(Batch::new(
            0,
            None,
            Payload::Commits {
                group: GroupId(0),
                offsets: queues.iter().map(|&q| (QueueId(q), base)).collect(),
            },
        )),
    }
}

/// A log of one position for each of these queues, in segments of two batches.
fn positions_of(queues: &[u32]) -> Log {
    let each = u64::from(positions(0, &[0]).batch.bytes());
    let mut log = Log::new(2 * each, u64::MAX);
    for (base, &queue) in (0..).zip(queues) {
        log.append(positions(base, &[queue]), base + 1);
    }
    log
}

#[test]
fn compaction_keeps_the_last_of_each_key_below_the_segment_that_grows() {
    let mut log = positions_of(&[1, 2, 1, 1, 3, 1, 1]);
    assert_eq!(log.segments(), 4);
    let before = log.bytes();
    // The last of 2, of 3, and of 1 in a closed segment; the open one has only the seventh.
    let freed = log.compact(7);
    assert_eq!(offsets(&log), [1, 4, 5, 6]);
    assert_eq!((log.bytes(), freed), (before * 4 / 7, before * 3 / 7));
    assert_eq!(
        log.segments(),
        3,
        "three batches in segments of two, and the open one"
    );
    assert_eq!((log.start(), log.end()), (0, 7), "offsets stay");
    assert_eq!(log.compact(7), 0, "nothing came since");
}

#[test]
fn compaction_waits_for_the_high_watermark_and_until_half_is_dirty() {
    let mut log = positions_of(&[1, 1, 1, 1, 1]);
    assert_eq!(log.compact(3), 0);
    assert!(log.compact(4) > 0);
    // Five keys in closed segments that are clean, and two batches that are not.
    let mut log = positions_of(&[1, 2, 3, 4, 5, 5, 5]);
    log.compact(7);
    let kept = offsets(&log);
    assert_eq!(kept, [0, 1, 2, 3, 5, 6]);
    let again = positions_of(&[9, 9]);
    let mut base = log.end();
    for batch in again.batches() {
        log.append(
            LogBatch {
                base,
                ..batch.clone()
            },
            base + 1,
        );
        base += 1;
    }
    assert_eq!(log.compact(base), 0, "two of seven are dirty");
}

#[test]
fn what_was_compacted_away_is_skipped() {
    let mut log = positions_of(&[1, 1, 1, 1, 1]);
    log.compact(5);
    assert_eq!(offsets(&log), [3, 4]);
    for from in 0..5 {
        let mut out = Vec::new();
        log.read(from, 5, 10_000, true, &mut out);
        assert_eq!(out[0].base, from.max(3), "from {from}");
    }
    // A follower's log has the same gaps.
    let mut copy = Log::new(1_000, u64::MAX);
    log.batches().for_each(|b| copy.append(b.clone(), 0));
    assert_eq!((offsets(&copy), copy.end()), (vec![3, 4], 5));
    assert!(log.truncate(2, |_| {}) > 0);
    assert_eq!((log.end(), log.bytes()), (2, 0));
}

// Followers could never reach an end that nothing reaches up to.
#[test]
fn compaction_keeps_the_last_batch_of_a_log() {
    let mut log = positions_of(&[1, 1, 2]);
    // It has no key.
    log.append(batch(3, 0, 1, 0), 4);
    log.append(positions(4, &[3]), 5);
    log.truncate(4, |_| {});
    log.compact(4);
    assert_eq!((offsets(&log), log.end()), (vec![1, 2, 3], 4));
}

#[test]
fn what_compaction_keeps_is_on_the_disk() {
    let mut log = positions_of(&[1, 1, 1, 1, 1]);
    log.compact(5);
    let power = Survival {
        power: true,
        ..Survival::default()
    };
    log.recover(&power, |_| {});
    assert_eq!(offsets(&log), [3], "the open segment was not synced");
}
