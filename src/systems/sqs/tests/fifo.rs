//! FIFO queues, against the Developer Guide ("FIFO delivery logic", "Exactly-once processing").

use super::{Bench, Error, Sent, entry};

const FIFO: &str = "fifo_queue: true, content_based_deduplication: true";

#[test]
fn while_a_message_of_a_group_is_in_flight_no_other_of_it_is_received() {
    let mut bench = Bench::new(FIFO);
    for (number, key) in [(0, 1), (1, 1), (2, 2), (3, 1)] {
        bench.send_key(number, key);
    }
    let first = bench.receive().unwrap();
    assert_eq!(first.entry.number, 0);
    assert_eq!(bench.numbers(10), [2], "only the other group");
    assert_eq!(bench.numbers(10), [0; 0]);
    assert_eq!(bench.delete(&first), Ok(true));
    assert_eq!(bench.numbers(10), [1, 3], "in the order they were sent in");
}

#[test]
fn a_receive_takes_as_many_of_one_group_as_it_can() {
    let mut bench = Bench::new(FIFO);
    for (number, key) in [(0, 1), (1, 2), (2, 1), (3, 2)] {
        bench.send_key(number, key);
    }
    assert_eq!(bench.numbers(3), [0, 2, 1]);
}

#[test]
fn what_comes_back_comes_before_what_was_sent_after_it() {
    let mut bench = Bench::new(FIFO);
    for number in 0..3 {
        bench.send_key(number, 1);
    }
    let batch = bench.batch(2);
    assert_eq!(bench.delete(&batch[1]), Ok(true));
    assert_eq!(bench.numbers(1), [0; 0], "the first is still in flight");
    bench.at(30);
    assert_eq!(bench.numbers(10), [0, 2]);
}

#[test]
fn a_receipt_is_not_good_any_more_when_its_timeout_is_over() {
    let mut bench = Bench::new(FIFO);
    bench.send_key(0, 1);
    let first = bench.receive().unwrap();
    bench.at(30);
    assert_eq!(bench.delete(&first), Err(Error::ReceiptHandleIsInvalid));
    let second = bench.receive().unwrap();
    assert_eq!(bench.delete(&first), Err(Error::ReceiptHandleIsInvalid));
    assert_eq!(bench.delete(&second), Ok(true));
}

#[test]
fn what_is_sent_again_within_five_minutes_is_one_message() {
    let mut bench = Bench::new(FIFO);
    assert_eq!(bench.send_key(0, 1), Sent::Stored(0));
    let first = bench.receive().unwrap();
    assert_eq!(bench.delete(&first), Ok(true));
    // Also when the first is deleted long since.
    bench.at(299);
    assert_eq!(bench.send_key(0, 1), Sent::Duplicate);
    assert_eq!(bench.counts(), (0, 0, 0));
    bench.at(300);
    assert_eq!(bench.send_key(0, 1), Sent::Stored(1));
}

#[test]
fn the_deduplication_interval_is_a_setting() {
    let text = format!("{FIFO}, deduplication_interval: \"10s\"");
    let mut bench = Bench::new(&text);
    bench.send_key(0, 1);
    bench.at(10);
    assert_eq!(bench.send_key(0, 1), Sent::Stored(1));
}

#[test]
fn a_standard_queue_recognises_nothing() {
    let mut bench = Bench::new("");
    bench.send(0);
    assert_eq!(bench.send(0), Sent::Stored(1));
    assert_eq!(bench.numbers(10), [0, 0]);
}

#[test]
fn a_message_needs_a_name_unless_its_content_is_one() {
    let one = entry(0, Some(1));
    let by_name = Bench::new("fifo_queue: true").queue;
    assert_eq!(
        by_name.check(&one, false),
        Err(Error::InvalidParameterValue)
    );
    assert_eq!(by_name.check(&one, true), Ok(()));
    assert_eq!(Bench::new(FIFO).queue.check(&one, false), Ok(()));
    assert_eq!(Bench::new("").queue.check(&one, false), Ok(()));
}
