//! What processes say to queues and topics, and what they answer.

use crate::sim::{GroupId, LaneId, Task};

/// Bytes of a request or an answer besides the messages in it.
const HEADER_BYTES: u32 = 300;

/// What a sender says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The sender and the queue.
    pub lane: LaneId,
    /// Its number among them.
    pub number: u32,
    /// Its key; of a FIFO queue the message group.
    pub key: Option<u32>,
    /// Its size.
    pub bytes: u32,
    /// Whether processing it always fails.
    pub poison: bool,
    /// What a user asked for, of which it is a part; maybe nothing.
    pub task: Task,
}

/// Names one receive of a message (`ReceiptHandle`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    /// Where the message stands in its queue.
    pub offset: u64,
    /// Which receive of the queue it was, from 1.
    pub handle: u32,
}

/// A message that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// It.
    pub entry: Entry,
    /// What deletes it.
    pub receipt: Receipt,
    /// How often it has been received, this time included (`ApproximateReceiveCount`).
    pub receive_count: u32,
    /// When it was sent, by the queue's clock, ns (`SentTimestamp`).
    pub sent_at: i64,
}

/// What a queue or topic is asked for. Queues and topics go by their place in the system.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `SendMessage`.
    Send {
        /// To which queue.
        queue: u16,
        /// The message.
        entry: Entry,
        /// Whether the sender names it, so that a FIFO queue can recognise it (`MessageDeduplicationId`).
        named: bool,
    },
    /// `Publish`, of Amazon SNS.
    Publish {
        /// To which topic.
        topic: u16,
        /// For each queue its copy.
        copies: Vec<(u16, Entry)>,
        /// Whether the sender names it.
        named: bool,
    },
    /// `ReceiveMessage`.
    Receive {
        /// From which queue.
        queue: u16,
        /// How many at most (`MaxNumberOfMessages`), 1 to 10.
        max: u32,
        /// How long to wait for one, ns; `None`: as the queue says.
        wait_ns: Option<u64>,
        /// How long to hide them, ns; `None`: as the queue says.
        visibility_ns: Option<u64>,
        /// The group the consumer works for.
        group: Option<GroupId>,
    },
    /// `DeleteMessage`.
    Delete {
        /// From which queue.
        queue: u16,
        /// Which.
        receipt: Receipt,
    },
    /// `ChangeMessageVisibility`.
    ChangeVisibility {
        /// In which queue.
        queue: u16,
        /// Which.
        receipt: Receipt,
        /// Hidden for so long from now on, ns; 0 gives it back.
        timeout_ns: u64,
    },
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Too many messages are in flight.
    OverLimit,
    /// The message is larger than the queue allows, or a parameter makes no sense.
    InvalidParameterValue,
    /// The receipt is not, or no longer, good for this.
    ReceiptHandleIsInvalid,
    /// The message is not in flight.
    MessageNotInflight,
    /// The node cannot do it now: no room on its disk.
    ServiceUnavailable,
    /// No answer in time, or the connection broke. Told by the client, not by the queue.
    NoAnswer,
}

impl Error {
    /// Whether the SDK tries again.
    pub fn is_retriable(self) -> bool {
        matches!(self, Self::ServiceUnavailable | Self::NoAnswer)
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// It is done.
    Done,
    /// It is not.
    Failed(Error),
    /// What was received; may be nothing.
    Messages(Box<[Received]>),
}

/// What travels. The number is the asker's, and comes back with the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// To a queue or topic.
    Request(u32, Box<Request>),
    /// From it, that something is done.
    Done(u32),
    /// From it, that something is not done.
    Failed(u32, Error),
    /// From it, what was received.
    Messages(u32, Box<[Received]>),
}

impl Message {
    /// An answer.
    pub fn answer(number: u32, response: Response) -> Self {
        match response {
            Response::Done => Self::Done(number),
            Response::Failed(error) => Self::Failed(number, error),
            Response::Messages(messages) => Self::Messages(number, messages),
        }
    }

    /// What it is, in a few words.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Request(_, request) => match **request {
                Request::Send { .. } => "send",
                Request::Publish { .. } => "publish",
                Request::Receive { .. } => "receive",
                Request::Delete { .. } => "delete",
                Request::ChangeVisibility { .. } => "change visibility",
            },
            Self::Done(_) => "answer: done",
            Self::Failed(..) => "answer: failed",
            Self::Messages(_, messages) if messages.is_empty() => "answer: no messages",
            Self::Messages(..) => "answer: messages",
        }
    }

    /// The number of what it answers; `None`: it is no answer.
    pub fn answers(&self) -> Option<u32> {
        match self {
            Self::Request(..) => None,
            Self::Done(number) | Self::Failed(number, _) | Self::Messages(number, _) => {
                Some(*number)
            }
        }
    }

    /// The answer that it is, with the number of what was asked.
    pub fn into_answer(self) -> Option<(u32, Response)> {
        match self {
            Self::Request(..) => None,
            Self::Done(number) => Some((number, Response::Done)),
            Self::Failed(number, error) => Some((number, Response::Failed(error))),
            Self::Messages(number, messages) => Some((number, Response::Messages(messages))),
        }
    }

    /// Its size on the wire.
    pub fn bytes(&self) -> u32 {
        let payload = match self {
            Self::Request(_, request) => request.payload(),
            Self::Messages(_, all) => all.iter().map(|m| m.entry.bytes + HEADER_BYTES).sum(),
            Self::Done(_) | Self::Failed(..) => 0,
        };
        HEADER_BYTES + payload
    }
}

impl Request {
    /// Bytes of the messages in it. What is published travels once.
    pub fn payload(&self) -> u32 {
        match self {
            Self::Send { entry, .. } => entry.bytes,
            Self::Publish { copies, .. } => copies.first().map_or(0, |(_, e)| e.bytes),
            _ => 0,
        }
    }
}
