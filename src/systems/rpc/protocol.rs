//! What callers and services say to one another.

use crate::sim::{FlowId, Task};

/// Bytes of a request or an answer on the wire, unless somebody says otherwise: a small JSON document with its headers.
pub const USUAL_BYTES: u32 = 1024;

/// Requests and answers.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// Please.
    Request(Request),
    /// There you are.
    Response(Response),
    /// Are you well? The number comes back.
    Ping(u32),
    /// I am.
    Pong(u32),
    /// A caller to a scaler: tell me how many replicas serve, now and whenever that changes.
    Subscribe,
    /// The first so many replicas serve.
    Members(u32),
    /// A scaler to a replica: how much did you have to do since I asked last?
    Measure,
    /// So much, in the mean.
    Measured {
        /// Requests that waited, in thousandths.
        waiting_milli: u32,
        /// Threads that were held, in thousandths.
        busy_milli: u32,
    },
}

impl Message {
    /// What it is, in a few words.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Response(response) => match response.status {
                Status::Ok => "answer",
                Status::Failed => "answer: failed",
                Status::Rejected => "answer: turned away",
                Status::Missing => "answer: missing",
                Status::Leased => "answer: wait for another",
            },
            Self::Ping(_) => "health check",
            Self::Pong(_) => "health check answered",
            Self::Subscribe => "how many serve?",
            Self::Members(_) => "so many serve",
            Self::Measure => "how busy?",
            Self::Measured { .. } => "so busy",
        }
    }
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The caller's number of the attempt.
    pub call: u32,
    /// What it is about: an item, a customer.
    pub key: u32,
    /// A value: a lease.
    pub value: u32,
    /// So long its caller waits from now on, µs; [`Request::PATIENT`] for ever.
    pub patience_us: u32,
    /// The number of the task.
    pub number: u32,
    /// The flow of the task.
    pub flow: FlowId,
    /// Which of the service's handlers.
    pub endpoint: u16,
    /// The stamp of the version that is put into a cache; 0: none.
    pub stamp: u16,
    /// Lower is more important.
    pub priority: u8,
    /// Whether the callee knows how long its caller waits (deadline propagation), and may leave undone what is too late.
    pub has_deadline: bool,
}

impl Request {
    /// A caller who waits for ever.
    pub const PATIENT: u32 = u32::MAX;

    /// What is left from now until a moment, as a request tells it.
    pub fn patience(now: u64, until: u64) -> u32 {
        if until == u64::MAX {
            return Self::PATIENT;
        }
        let left = until.saturating_sub(now) / 1000;
        left.min(u64::from(Self::PATIENT - 1)) as u32
    }

    /// Until when its caller waits, for who got it now; `u64::MAX`: for ever.
    pub fn patient_until(&self, now: u64) -> u64 {
        match self.patience_us {
            Self::PATIENT => u64::MAX,
            us => now.saturating_add(u64::from(us) * 1000),
        }
    }

    /// What a user asked for.
    pub fn task(&self) -> Task {
        Task {
            flow: self.flow,
            number: self.number,
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It was done.
    Ok,
    /// It could not be done.
    Failed,
    /// It was turned away: too much to do, or too late. Another replica, or a later time, may do.
    Rejected,
    /// The key is not there (a cache).
    Missing,
    /// Not there, and somebody fetches it already: ask again soon (a lease of a cache).
    Leased,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    /// The number of the request.
    pub call: u32,
    /// A value: a version, a lease.
    pub value: u32,
    /// How it ended.
    pub status: Status,
}

const _: () = assert!(size_of::<Message>() <= 28, "a message stays small");
