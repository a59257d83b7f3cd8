//! The works: their numbers, which are the same for every simulator, and what comes of doing one.

/// M/M/1, in units of the mean service time.
pub struct W1;

impl W1 {
    /// Customers a unit of time.
    pub const ARRIVALS: f64 = 0.9;
    /// Services a unit of time.
    pub const SERVICES: f64 = 1.0;
    /// Events a customer: it comes, and it leaves.
    pub const EVENTS: u64 = 2;
    /// Until the queue is as long as it is wont to be.
    pub const WARM_UP: f64 = 50_000.0;
    /// What is measured, in units of time.
    pub const LENGTH: f64 = 1_000_000.0;
}

/// Ten producers → a leader with two followers that must both have a message → a consumer that commits. In seconds.
pub struct W3;

impl W3 {
    /// How many producers.
    pub const PRODUCERS: u32 = 10;
    /// How many followers.
    pub const FOLLOWERS: u32 = 2;
    /// Messages a second of one producer.
    pub const RATE: f64 = 10_000.0;
    /// The median of a hop.
    pub const HOP_MEDIAN: f64 = 500e-6;
    /// The deviation of its logarithm.
    pub const HOP_SIGMA: f64 = 0.5;
    /// Events a message: it is made; it arrives at the leader; two followers get it and answer; the producer hears of it; the
    /// consumer gets it and commits.
    pub const EVENTS: u64 = 9;
    /// More messages than can be on their way at once: a power of two.
    pub const WINDOW: usize = 1 << 14;
    /// Until as many messages are on their way as are wont to be.
    pub const WARM_UP: f64 = 0.1;
    /// What is measured.
    pub const LENGTH: f64 = 2.0;
}

/// What was done.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// How many customers left, or messages were acknowledged.
    pub count: u64,
    /// How long that took, by the clock on the wall.
    pub seconds: f64,
    /// How long a customer stayed, or an acknowledgement took, on average: in the units of the work. It shows that all do the
    /// same work.
    pub mean: f64,
}
