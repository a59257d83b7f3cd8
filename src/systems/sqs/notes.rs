//! What this system's own records mean.

use crate::sim::QueueId;

use super::Note;

/// A message was received too often and moved to the dead-letter queue.
pub(super) const DEAD_LETTER: u16 = 200;
/// The visibility timeout of a received message is over: it can be received again.
pub(super) const TIMED_OUT: u16 = 201;
/// A queue refused a receive because too many of its messages are in flight.
pub(super) const OVER_LIMIT: u16 = 202;
/// The messages of a dead-letter queue begin to be moved back.
pub(super) const REDRIVE: u16 = 203;

/// The table; codes are this system's from 200 on.
pub const NOTES: &[Note] = &[
    Note {
        code: DEAD_LETTER,
        word: "DEAD LETTER",
        mark: true,
        text: |names, queue, receives| {
            let queue = names.queue_short(QueueId(queue));
            format!("a message of {queue} was received {receives} times and is put aside")
        },
    },
    Note {
        code: TIMED_OUT,
        word: "VISIBLE AGAIN",
        mark: false,
        text: |names, queue, offset| {
            let queue = names.queue_short(QueueId(queue));
            format!("{queue}:{offset} was not deleted within its visibility timeout")
        },
    },
    Note {
        code: OVER_LIMIT,
        word: "OVER LIMIT",
        mark: true,
        text: |names, queue, in_flight| {
            let queue = names.queue_short(QueueId(queue));
            format!("{queue} has {in_flight} messages in flight and hands out no more")
        },
    },
    Note {
        code: REDRIVE,
        word: "REDRIVE",
        mark: true,
        text: |names, queue, messages| {
            let queue = names.queue_short(QueueId(queue));
            format!("{messages} messages of {queue} go back to where they came from")
        },
    },
];
