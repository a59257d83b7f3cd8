//! How many messages are in each state.

/// What has become of a message. Each is in exactly one state, so that
/// `produced = delivered + in flight + lost + expired` counts messages, not copies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It can still reach every group that reads its queue: it is with its producer, on the way, or stored. What is stored
    /// in a queue that no group reads stays in flight.
    InFlight,
    /// Every group that reads its queue ended with it at least once (did it, put it aside, or gave it up on purpose).
    Delivered,
    /// It was accepted, and some group never got it and will not: it was acknowledged but the log that counts no longer has
    /// it (or, unacknowledged by design, never had it), or a group's position moved past it.
    Lost,
    /// Its producer gave it up and it is stored nowhere, or retention removed it before every group had it.
    Expired,
}

/// How many messages are in each state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Account {
    /// All that applications made.
    pub produced: u64,
    /// See [`State::Delivered`].
    pub delivered: u64,
    /// See [`State::InFlight`].
    pub in_flight: u64,
    /// See [`State::Lost`].
    pub lost: u64,
    /// See [`State::Expired`].
    pub expired: u64,
    /// Of those in flight: those in queues that a group reads.
    pub waiting: u64,
    /// Of those lost: acknowledged ones.
    pub lost_acked: u64,
}

impl Account {
    /// Whether every message is accounted for.
    pub fn balances(&self) -> bool {
        self.produced == self.delivered + self.in_flight + self.lost + self.expired
    }

    pub(super) fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::InFlight => &mut self.in_flight,
            State::Delivered => &mut self.delivered,
            State::Lost => &mut self.lost,
            State::Expired => &mut self.expired,
        }
    }
}
