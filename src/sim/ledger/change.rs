//! What a record changed in the account, and the stretches of a message's way.

use super::State;
use crate::sim::{GroupId, QueueId, Span};

/// A stretch of a message's way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hop {
    /// From the application to the first stored copy.
    Stored,
    /// From the first stored copy until consumers may see it.
    Visible,
    /// From there until a consumer's application has it.
    Handed,
    /// From there until the application ended with it.
    Processed,
    /// From the producer's application to the acknowledgement it got.
    Acked,
}

impl Hop {
    /// All, in the order of the way.
    pub const ALL: [Self; 5] = [
        Self::Stored,
        Self::Visible,
        Self::Handed,
        Self::Processed,
        Self::Acked,
    ];
}

/// What a record changed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Change {
    /// The queue of the messages.
    pub queue: QueueId,
    /// The messages.
    pub span: Span,
    /// What.
    pub what: What,
}

impl Change {
    /// A small number per kind of change, below 8, by which readers choose what they look at.
    #[inline]
    pub fn kind(&self) -> u8 {
        match self.what {
            What::Delivered {
                again: false,
                after: None,
                ..
            } => Self::DELIVERED,
            What::Delivered { .. } => Self::DELIVERED_ODDLY,
            What::Became {
                from: State::InFlight,
                to: State::Delivered,
                ..
            } => Self::ENDED_WELL,
            What::Became { .. } => Self::BECAME,
            What::Skipped { .. } => Self::SKIPPED,
            What::StoredAgain => Self::STORED_AGAIN,
            What::Rewritten { .. } => Self::REWRITTEN,
            What::Phantom => Self::PHANTOM,
        }
    }

    /// [`What::Delivered`] for the first time and in order.
    pub const DELIVERED: u8 = 0;
    /// [`What::Delivered`] again, or after a later one.
    pub const DELIVERED_ODDLY: u8 = 1;
    /// [`What::Became`] delivered that was in flight.
    pub const ENDED_WELL: u8 = 2;
    /// [`What::Became`] otherwise.
    pub const BECAME: u8 = 3;
    /// [`What::Skipped`].
    pub const SKIPPED: u8 = 4;
    /// [`What::StoredAgain`].
    pub const STORED_AGAIN: u8 = 5;
    /// [`What::Rewritten`].
    pub const REWRITTEN: u8 = 6;
    /// [`What::Phantom`].
    pub const PHANTOM: u8 = 7;
}

/// What became different about some messages.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum What {
    /// A group ended with a message.
    Delivered {
        /// Which group.
        group: GroupId,
        /// Since its application made it, ns; 0 where `again`.
        ns: u64,
        /// The group had ended with it before.
        again: bool,
        /// The producer had been told that it failed.
        refused: bool,
        /// Number of a later message of the lane that the group had already ended with. Not told of what comes `again`.
        after: Option<u32>,
        /// Number of a later one among those with the same key.
        after_of_key: Option<u32>,
    },
    /// A message's state changed; or it was lost, and only now its producer was told that it is stored.
    Became {
        /// What it was.
        from: State,
        /// What it is.
        to: State,
        /// Whether its producer was told that it is stored.
        acked: bool,
        /// Whether it was lost because a group's position had moved past it.
        was_skipped: bool,
        /// Whether it is lost because a group's position moved past it, and still stored.
        skipped: bool,
        /// Since its application made it, ns.
        age_ns: u64,
    },
    /// A group's position moved past messages it has not ended with and will not be given.
    Skipped {
        /// Which group.
        group: GroupId,
    },
    /// The log holds messages a second time.
    StoredAgain,
    /// Consumers could see what the new leader does not have, or has other messages in place of: from an offset to another.
    /// (The span is empty.)
    Rewritten {
        /// First offset.
        from: u64,
        /// First offset behind it.
        to: u64,
    },
    /// Something happened to messages that nobody produced.
    Phantom,
}
