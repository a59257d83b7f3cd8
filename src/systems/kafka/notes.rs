//! What Kafka's own records mean.

use crate::sim::{Names, Pid, QueueId};

use super::Note;

/// A broker registered with the controller; its new broker epoch.
pub(super) const REGISTERED: u16 = 100;
/// The controller fenced a broker: it has not heard of it in time.
pub(super) const FENCED: u16 = 101;
/// The controller let a broker in.
pub(super) const UNFENCED: u16 = 102;
/// A replica cut its log back.
pub(super) const TRUNCATED: u16 = 103;
/// A broker stopped because its log directory has no room.
pub(super) const DISK_FULL: u16 = 104;

/// The controller moves what a broker leads to others, because the broker wants to stop.
pub(super) const SHUTTING_DOWN: u16 = 105;

/// The table; codes are Kafka's from 100 on.
pub const NOTES: &[Note] = &[
    Note {
        code: REGISTERED,
        word: "REGISTERED",
        mark: false,
        text: |names, broker, epoch| {
            format!("{} with broker epoch {epoch}", names.process(Pid(broker)))
        },
    },
    Note {
        code: FENCED,
        word: "FENCED",
        mark: true,
        text: broker,
    },
    Note {
        code: UNFENCED,
        word: "UNFENCED",
        mark: true,
        text: broker,
    },
    Note {
        code: TRUNCATED,
        word: "TRUNCATED",
        mark: true,
        text: |names, queue, end| format!("{} to offset {end}", names.queue(QueueId(queue))),
    },
    Note {
        code: DISK_FULL,
        word: "DISK FULL",
        mark: true,
        text: |_, _, _| "no room in the log directory: the broker stops".to_owned(),
    },
    Note {
        code: SHUTTING_DOWN,
        word: "SHUTDOWN",
        mark: true,
        text: |names, broker, _| format!("{} hands over what it leads", names.process(Pid(broker))),
    },
    Note {
        code: FENCED_INSTANCE,
        word: "FENCED MEMBER",
        mark: true,
        text: |_, _, _| "another consumer joined under its group.instance.id".to_owned(),
    },
    Note {
        code: NO_POSITION,
        word: "NO OFFSET",
        mark: true,
        text: |_, _, _| "no valid position, and auto.offset.reset is none".to_owned(),
    },
    Note {
        code: INVALID_SESSION,
        word: "BAD SESSION",
        mark: true,
        text: |_, _, _| {
            "session.timeout.ms is not between the brokers' group.min and group.max".to_owned()
        },
    },
];

fn broker(names: &Names, broker: u32, _: u64) -> String {
    names.process(Pid(broker)).to_owned()
}

/// A consumer ended: another one has its static name.
pub(super) const FENCED_INSTANCE: u16 = 150;

/// A consumer ended: there is no position to read from.
pub(super) const NO_POSITION: u16 = 151;

/// A consumer ended: the brokers do not allow its session timeout.
pub(super) const INVALID_SESSION: u16 = 152;
