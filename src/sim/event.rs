//! What happens.

use super::fault;
use super::process::Token;
use super::{NodeId, Pid};

/// Something that will happen.
#[derive(Clone, Debug)]
pub enum Event<M> {
    /// A message reaches a machine.
    Arrive {
        /// The process it is for.
        to: Pid,
        /// Who sent it.
        from: Pid,
        /// Over which link.
        link: u32,
        /// The incarnation it was meant for; a connection does not outlive one. `u32::MAX`: whoever listens there.
        incarnation: u32,
        /// Its size. Nobody reads it here: it stands where there would be padding before a message that begins at eight bytes.
        /// With padding there instead, an event of the bench `pipeline` takes 347 instructions, not 344, and about 3 % more time.
        bytes: u32,
        /// It.
        message: M,
    },
    /// A core has finished with a message.
    Served {
        /// For whom.
        to: Pid,
        /// Who sent it.
        from: Pid,
        /// The machine's count of crashes when the core began: a core is given back only to the life it was taken from.
        life: u32,
        /// Of which incarnation.
        incarnation: u32,
        /// It.
        message: M,
    },
    /// A timer fires.
    Timer {
        /// Whose.
        to: Pid,
        /// Of which incarnation.
        incarnation: u32,
        /// What the process said about it.
        token: Token,
    },
    /// What does not happen often.
    Rare(Rare),
}

/// Something that does not happen often.
#[derive(Clone, Debug)]
pub enum Rare {
    /// A process starts.
    Start {
        /// Which.
        to: Pid,
        /// The machine's count of crashes when this was decided: a crash in between takes it back.
        life: u32,
    },
    /// A sync is done.
    Synced {
        /// Who asked.
        to: Pid,
        /// Of which incarnation.
        incarnation: u32,
        /// Everything below is on the device.
        position: u64,
        /// What the process said about it.
        token: Token,
    },
    /// A process hears that a connection was reset.
    Reset {
        /// Who hears it.
        to: Pid,
        /// Whom it was connected to.
        peer: Pid,
        /// To which incarnation; `u32::MAX`: it tried to connect, and nobody listened.
        incarnation: u32,
        /// Over which link it hears it; `u32::MAX`: its own machine gave the connection up.
        link: u32,
    },
    /// The machine of a sender sends again what was lost, whatever its processes do.
    Resend {
        /// Number of the connection's wait.
        stall: u32,
    },
    /// A process is asked to stop (SIGTERM).
    Stop {
        /// Which.
        to: Pid,
        /// Of which incarnation.
        incarnation: u32,
    },
    /// A machine that was frozen handles the next of what came meanwhile.
    Thaw {
        /// Which.
        node: NodeId,
    },
    /// A fault begins, ends, or goes on.
    Fault(fault::Step),
}

impl<M> Event<M> {
    /// The process it comes to, if it comes to one.
    pub fn process(&self) -> Option<Pid> {
        match self {
            Self::Rare(Rare::Fault(_) | Rare::Thaw { .. } | Rare::Resend { .. }) => None,
            Self::Arrive { to, .. }
            | Self::Served { to, .. }
            | Self::Timer { to, .. }
            | Self::Rare(
                Rare::Start { to, .. }
                | Rare::Synced { to, .. }
                | Rare::Reset { to, .. }
                | Rare::Stop { to, .. },
            ) => Some(*to),
        }
    }
}

impl<M> From<Rare> for Event<M> {
    fn from(rare: Rare) -> Self {
        Self::Rare(rare)
    }
}

/// An event with the number of the event that scheduled it.
#[derive(Clone, Debug)]
pub struct Caused<M> {
    pub(super) cause: u64,
    pub(super) event: Event<M>,
}
