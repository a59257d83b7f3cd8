//! A closer look at a run: what becomes of each message on the network that carries something that is followed, and which
//! events there were at all. Records do not tell that, because a run has far more of it than anybody reads.
//!
//! Whoever wants to know runs a part of the past again with a lens. It decides nothing and draws nothing: the run is the same
//! with it and without it. Without it, it costs nothing: with it, each event takes the way of one that may come to a frozen
//! machine, and each message that of one whose link may be troubled.

use super::event::{Caused, Event, Rare};
use super::fault::Step;
use super::kernel::Sim;
use super::process::Process;
use super::record::{Drop, Record};
use super::wire::Mail;
use super::world::Core;
use super::{LaneId, Pid, Task};

/// What is followed through a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Followed {
    /// A message of a queue.
    Message {
        /// What its producer sends into its queue.
        lane: LaneId,
        /// Its number there.
        number: u32,
    },
    /// Something that a user asked for, in all its calls and messages.
    Task(Task),
}

/// What a message on the network has to do with what is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// It is sent to a queue in it.
    Send,
    /// It is copied to another replica in it.
    Copy,
    /// It is given to a consumer in it.
    Deliver,
    /// It is asked for, or a part of it.
    Call,
    /// The answer to one of these.
    Reply,
}

/// Whether a message belongs to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exchange {
    /// It stands for itself.
    Alone,
    /// Its answer will bear this number.
    Asks(u32),
    /// It answers what bore this number.
    Answers(u32),
}

/// What can be seen of a message on the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sight {
    /// What it is, in its protocol's word.
    pub word: &'static str,
    /// What it carries of what is followed.
    pub load: Option<Load>,
    /// What it belongs to.
    pub exchange: Exchange,
}

/// What became of a message on the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Nothing yet: it is on its way, or waits until it is sent again.
    OnTheWay,
    /// It reached the process.
    Arrived {
        /// When, ns.
        at: u64,
        /// In which event.
        event: u64,
    },
    /// It did not.
    Dropped {
        /// When that was certain, ns.
        at: u64,
        /// In which event.
        event: u64,
        /// Why.
        why: Drop,
    },
}

/// A message on the network that carried what is followed, or answered one that did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// Who sent it.
    pub from: Pid,
    /// For whom.
    pub to: Pid,
    /// What it is.
    pub sight: Sight,
    /// When it was sent, ns.
    pub sent_at: u64,
    /// In which event.
    pub sent_event: u64,
    /// When it was lost on the link, so that the sender's machine had to send it again, ns.
    pub lost_at: Vec<u64>,
    /// What became of it.
    pub end: End,
    /// When a core of the receiver had done what it costs to handle it, ns, and in which event; `None`: not yet, or it costs
    /// nothing.
    pub served: Option<(u64, u64)>,
}

/// What kind of event it was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Happening {
    /// A message reached a machine.
    Arrived {
        /// From whom.
        from: Pid,
        /// What, in its protocol's word.
        word: &'static str,
    },
    /// A core was done with a message.
    Served {
        /// From whom.
        from: Pid,
        /// What.
        word: &'static str,
    },
    /// A timer fired.
    Timer {
        /// Which of the process's timers.
        kind: u16,
    },
    /// A process started.
    Started,
    /// A sync was done.
    Synced,
    /// A process heard that a connection was reset.
    Reset {
        /// To whom.
        peer: Pid,
    },
    /// What a link had lost was sent again.
    Resent,
    /// A process was asked to stop.
    Stop,
    /// A machine that was frozen handled something of what came meanwhile.
    Thawed,
    /// A fault began, went on, or ended.
    Fault {
        /// Index in the plan.
        fault: u32,
        /// Which of the three.
        phase: Phase,
    },
}

/// A moment in the life of a fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// It began.
    Begins,
    /// It went on.
    GoesOn,
    /// It ended.
    Ends,
}

/// An event, whether or not anything was recorded in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Happened {
    /// Its number, from 1.
    pub event: u64,
    /// When, ns.
    pub at: u64,
    /// The number of the event that scheduled it; 0 for the scenario.
    pub cause: u64,
    /// To which process, or [`Record::NOBODY`].
    pub pid: Pid,
    /// What it was.
    pub what: Happening,
}

/// Somebody who looks closer.
#[derive(Clone, Debug)]
pub struct Lens<M> {
    /// Says what can be seen of a message.
    sees: fn(&M, Option<Followed>) -> Sight,
    followed: Option<Followed>,
    packets: Vec<Packet>,
    /// Who asked whom under which number with something that carried it.
    open: Vec<(Pid, Pid, u32)>,
    /// Which of the packets arrives in this event.
    arriving: Option<usize>,
    /// Each event, if that is wanted.
    log: Option<Vec<Happened>>,
}

impl<M> Lens<M> {
    /// Follows something. `sees` says what can be seen of a message.
    pub fn following(what: Followed, sees: fn(&M, Option<Followed>) -> Sight) -> Self {
        Self {
            followed: Some(what),
            log: None,
            ..Self::logging(sees)
        }
    }

    /// Notes each event.
    pub fn logging(sees: fn(&M, Option<Followed>) -> Sight) -> Self {
        Self {
            sees,
            followed: None,
            packets: Vec::new(),
            open: Vec::new(),
            arriving: None,
            log: Some(Vec::new()),
        }
    }

    /// The messages on the network that carried it, in the order in which they were sent.
    pub fn packets(&self) -> &[Packet] {
        &self.packets
    }

    /// The events since this was last asked.
    pub fn take_log(&mut self) -> Vec<Happened> {
        self.log.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// A message as it concerns what is followed.
    fn look(&self, from: Pid, to: Pid, message: &M) -> Option<Sight> {
        self.followed?;
        let mut sight = (self.sees)(message, self.followed);
        if sight.load.is_none()
            && let Exchange::Answers(number) = sight.exchange
            && self.open.contains(&(to, from, number))
        {
            sight.load = Some(Load::Reply);
        }
        sight.load.is_some().then_some(sight)
    }

    fn sent(&mut self, mail: &Mail<M>, now: u64, event: u64) {
        let Some(sight) = self.look(mail.from, mail.to, &mail.message) else {
            return;
        };
        if let Exchange::Asks(number) = sight.exchange {
            self.open.push((mail.from, mail.to, number));
        }
        self.packets.push(Packet {
            from: mail.from,
            to: mail.to,
            sight,
            sent_at: now,
            sent_event: event,
            lost_at: Vec::new(),
            end: End::OnTheWay,
            served: None,
        });
    }

    /// The first such packet of which a predicate holds.
    fn find(&self, from: Pid, to: Pid, message: &M, is: impl Fn(&Packet) -> bool) -> Option<usize> {
        let sight = self.look(from, to, message)?;
        let same = |p: &Packet| (p.from, p.to, p.sight) == (from, to, sight) && is(p);
        self.packets.iter().position(same)
    }

    fn arrives(&mut self, from: Pid, to: Pid, message: &M, at: u64, event: u64) {
        let on_the_way = |p: &Packet| p.end == End::OnTheWay;
        self.arriving = self.find(from, to, message, on_the_way);
        if let Some(packet) = self.arriving {
            self.packets[packet].end = End::Arrived { at, event };
        }
    }

    fn served(&mut self, from: Pid, to: Pid, message: &M, at: u64, event: u64) {
        let waits = |p: &Packet| matches!(p.end, End::Arrived { .. }) && p.served.is_none();
        if let Some(packet) = self.find(from, to, message, waits) {
            self.packets[packet].served = Some((at, event));
        }
    }
}

impl<M: Clone> Core<M> {
    /// A message goes out.
    #[cold]
    pub(super) fn see_sent(&mut self, mail: &Mail<M>) {
        if let Some(lens) = &mut self.lens {
            lens.sent(mail, self.now, self.event);
        }
    }

    /// A link lost a message in whole or in part.
    pub(super) fn see_lost(&mut self, mail: &Mail<M>) {
        let Some(lens) = &mut self.lens else { return };
        let on_the_way = |p: &Packet| p.end == End::OnTheWay;
        if let Some(packet) = lens.find(mail.from, mail.to, &mail.message, on_the_way) {
            lens.packets[packet].lost_at.push(self.now);
        }
    }

    /// A message that was sent goes nowhere.
    pub(super) fn see_dropped(&mut self, mail: &Mail<M>, why: Drop) {
        let Some(lens) = &mut self.lens else { return };
        let on_the_way = |p: &Packet| p.end == End::OnTheWay;
        if let Some(packet) = lens.find(mail.from, mail.to, &mail.message, on_the_way) {
            lens.packets[packet].end = End::Dropped {
                at: self.now,
                event: self.event,
                why,
            };
        }
    }

    /// The message that just arrives does not get through.
    pub(super) fn see_turned_away(&mut self, why: Drop) {
        let Some(lens) = &mut self.lens else { return };
        if let Some(packet) = lens.arriving {
            lens.packets[packet].end = End::Dropped {
                at: self.now,
                event: self.event,
                why,
            };
        }
    }
}

impl<P: Process> Sim<P> {
    /// From now on somebody looks closer.
    pub fn look_closer(&mut self, lens: Lens<P::Message>) {
        self.core.lens = Some(Box::new(lens));
        self.core.net.watch();
        self.core.look_for_frozen();
    }

    /// Who looks closer.
    pub fn lens(&self) -> Option<&Lens<P::Message>> {
        self.core.lens.as_deref()
    }

    /// The same, to be asked for what it noted.
    pub fn lens_mut(&mut self) -> Option<&mut Lens<P::Message>> {
        self.core.lens.as_deref_mut()
    }

    /// An event happens to a machine that is not frozen.
    pub(super) fn see(&mut self, caused: &Caused<P::Message>) {
        let (at, event) = (self.core.now, self.core.event);
        let Some(lens) = &mut self.core.lens else {
            return;
        };
        lens.arriving = None;
        match &caused.event {
            Event::Arrive {
                to, from, message, ..
            } => lens.arrives(*from, *to, message, at, event),
            Event::Served {
                to, from, message, ..
            } => lens.served(*from, *to, message, at, event),
            _ => {}
        }
        if lens.log.is_some() {
            self.log(caused);
        }
    }

    /// Somebody intervenes: an event that nothing scheduled.
    pub(super) fn see_by_hand(&mut self, fault: u32) {
        let happened = Happened {
            event: self.core.event,
            at: self.core.now,
            cause: 0,
            pid: Record::NOBODY,
            what: Happening::Fault {
                fault,
                phase: Phase::Begins,
            },
        };
        let lens = self.core.lens.as_mut();
        if let Some(log) = lens.and_then(|lens| lens.log.as_mut()) {
            log.push(happened);
        }
    }

    fn log(&mut self, caused: &Caused<P::Message>) {
        let active = |active: u32| self.faults.begun().get(active as usize);
        let Some(lens) = &mut self.core.lens else {
            return;
        };
        let word = |message: &P::Message| (lens.sees)(message, None).word;
        let what = match &caused.event {
            &Event::Arrive {
                from, ref message, ..
            } => Happening::Arrived {
                from,
                word: word(message),
            },
            &Event::Served {
                from, ref message, ..
            } => Happening::Served {
                from,
                word: word(message),
            },
            Event::Timer { token, .. } => Happening::Timer { kind: token.kind },
            Event::Rare(Rare::Start { .. }) => Happening::Started,
            Event::Rare(Rare::Synced { .. }) => Happening::Synced,
            Event::Rare(Rare::Reset { peer, .. }) => Happening::Reset { peer: *peer },
            Event::Rare(Rare::Resend { .. }) => Happening::Resent,
            Event::Rare(Rare::Stop { .. }) => Happening::Stop,
            Event::Rare(Rare::Thaw { .. }) => Happening::Thawed,
            Event::Rare(Rare::Fault(step)) => {
                let of = |of: u32| active(of).map_or(u32::MAX, |a| a.fault);
                let (fault, phase) = match *step {
                    Step::Begin { fault, .. } => (fault, Phase::Begins),
                    Step::Tick { active, .. } => (of(active), Phase::GoesOn),
                    Step::End { active } => (of(active), Phase::Ends),
                };
                Happening::Fault { fault, phase }
            }
        };
        let happened = Happened {
            event: self.core.event,
            at: self.core.now,
            cause: caused.cause,
            pid: caused.event.process().unwrap_or(Record::NOBODY),
            what,
        };
        if let Some(log) = &mut lens.log {
            // What a machine that thaws handles is the same event: then only that is of interest.
            if log.last().is_some_and(|last| last.event == happened.event) {
                log.pop();
            }
            log.push(happened);
        }
    }
}
