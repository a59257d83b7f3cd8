//! The visibility timeout step by step, against the Developer Guide ("Amazon SQS visibility timeout") and the API Reference
//! (`DeleteMessage`, `ChangeMessageVisibility`).

use super::{Bench, Error};

/// What is done at a second, and what is there afterwards: visible, in flight.
enum Step {
    Send,
    /// How often the message has been received then; `None`: nothing is found.
    Receive(Option<u32>),
    /// With the receipt of which receive (from 1); whether it is deleted.
    Delete(usize, bool),
    /// The same for the visibility timeout: how long from now on.
    Hide(usize, u64, Result<(), Error>),
    Look,
}

use Step::{Delete, Hide, Look, Receive, Send};

fn run(text: &str, table: &[(i64, Step, (usize, usize))]) {
    let mut bench = Bench::new(text);
    let mut receipts = Vec::new();
    for (line, (second, step, left)) in table.iter().enumerate() {
        bench.at(*second);
        match step {
            Send => {
                bench.send(0);
            }
            Receive(count) => {
                let message = bench.receive();
                assert_eq!(message.map(|m| m.receive_count), *count, "line {line}");
                receipts.extend(message);
            }
            Delete(which, gone) => {
                let message = receipts[which - 1];
                assert_eq!(bench.delete(&message), Ok(*gone), "line {line}");
            }
            Hide(which, seconds, done) => {
                let message = receipts[which - 1];
                assert_eq!(bench.hide(&message, *seconds), *done, "line {line}");
            }
            Look => {}
        }
        let (visible, in_flight, _) = bench.counts();
        assert_eq!((visible, in_flight), *left, "line {line}");
    }
}

#[test]
fn a_message_that_is_deleted_in_time_is_received_once() {
    run(
        "",
        &[
            (0, Send, (1, 0)),
            (1, Receive(Some(1)), (0, 1)),
            (2, Receive(None), (0, 1)),
            (30, Delete(1, true), (0, 0)),
            (99, Receive(None), (0, 0)),
        ],
    );
}

#[test]
fn a_message_comes_back_when_its_timeout_is_over_and_not_before() {
    run(
        "visibility_timeout: \"10s\"",
        &[
            (0, Send, (1, 0)),
            (5, Receive(Some(1)), (0, 1)),
            (14, Receive(None), (0, 1)),
            (15, Look, (1, 0)),
            (15, Receive(Some(2)), (0, 1)),
            // "Each time you receive a message, the receipt handle is different": the first deletes no more.
            (16, Delete(1, false), (0, 1)),
            (17, Delete(2, true), (0, 0)),
        ],
    );
}

#[test]
fn the_last_receipt_of_a_standard_queue_is_good_until_the_next_receive() {
    run(
        "visibility_timeout: \"10s\"",
        &[
            (0, Send, (1, 0)),
            (0, Receive(Some(1)), (0, 1)),
            (20, Look, (1, 0)),
            (21, Delete(1, true), (0, 0)),
            (22, Receive(None), (0, 0)),
        ],
    );
    run(
        "visibility_timeout: \"10s\"",
        &[
            (0, Send, (1, 0)),
            (0, Receive(Some(1)), (0, 1)),
            (10, Receive(Some(2)), (0, 1)),
            (20, Look, (1, 0)),
            (21, Delete(1, false), (1, 0)),
            (22, Delete(2, true), (0, 0)),
        ],
    );
}

#[test]
fn a_timeout_is_extended_from_now_on_and_only_for_this_receive() {
    run(
        "visibility_timeout: \"10s\"",
        &[
            (0, Send, (1, 0)),
            (0, Receive(Some(1)), (0, 1)),
            (8, Hide(1, 60, Ok(())), (0, 1)),
            (67, Receive(None), (0, 1)),
            (68, Receive(Some(2)), (0, 1)),
            // "the visibility timeout for the message reverts to the original timeout value the next time".
            (78, Receive(Some(3)), (0, 1)),
        ],
    );
}

#[test]
fn a_timeout_of_zero_gives_the_message_back() {
    run(
        "",
        &[
            (0, Send, (1, 0)),
            (0, Receive(Some(1)), (0, 1)),
            (1, Hide(1, 0, Ok(())), (1, 0)),
            (1, Receive(Some(2)), (0, 1)),
        ],
    );
}

#[test]
fn what_is_not_in_flight_cannot_be_hidden() {
    run(
        "visibility_timeout: \"10s\"",
        &[
            (0, Send, (1, 0)),
            (0, Receive(Some(1)), (0, 1)),
            (10, Hide(1, 10, Err(Error::MessageNotInflight)), (1, 0)),
            (10, Receive(Some(2)), (0, 1)),
            (11, Hide(1, 10, Err(Error::MessageNotInflight)), (0, 1)),
            (12, Delete(2, true), (0, 0)),
            (12, Hide(2, 10, Err(Error::MessageNotInflight)), (0, 0)),
        ],
    );
}

#[test]
fn no_message_is_hidden_for_more_than_twelve_hours() {
    const HOUR: u64 = 3600;
    run(
        "visibility_timeout: \"1h\"",
        &[
            (0, Send, (1, 0)),
            (0, Receive(Some(1)), (0, 1)),
            (
                1800,
                Hide(1, 12 * HOUR, Err(Error::InvalidParameterValue)),
                (0, 1),
            ),
            (1800, Hide(1, 12 * HOUR - 1800, Ok(())), (0, 1)),
            (12 * 3600 - 1, Look, (0, 1)),
            (12 * 3600, Look, (1, 0)),
        ],
    );
}

#[test]
fn with_no_timeout_a_message_stays_visible() {
    run(
        "visibility_timeout: \"0s\"",
        &[
            (0, Send, (1, 0)),
            (0, Receive(Some(1)), (0, 1)),
            (0, Receive(Some(2)), (0, 1)),
        ],
    );
}
