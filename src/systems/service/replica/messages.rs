//! Messages: what a replica takes from queues and sends to them.

use std::collections::{BTreeMap, VecDeque};

use crate::sim::{Pid, Token};
use crate::systems::ports::{Inlet, Outlet, PORT_TIMERS, Parcel, Port};
use crate::systems::slots::Key;
use crate::systems::{AnyInlet, AnyOutlet, Belief, Ctx, Message, Row};

use super::accept::Waiting;
use super::run::Origin;
use super::{FIRST_PORT, Replica};

/// Bytes of a message: a small JSON document.
const MESSAGE_BYTES: u32 = 1024;

/// The outlets and inlets of a replica. Their timers follow one another: those of the outlets first.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Ports {
    outlets: Vec<AnyOutlet>,
    /// With the handler of each.
    inlets: Vec<(AnyInlet, u16)>,
    /// Queues that steps take from.
    pulls: Vec<Pull>,
    /// Which run waits for which message to be stored.
    sending: BTreeMap<(u16, u32), Key>,
    /// The inlet that is asked next.
    turn: usize,
    /// Whether the inlets have been started in this life.
    begun: bool,
}

/// A queue that steps take from: nothing is taken while no run waits.
#[derive(Clone, Debug)]
struct Pull {
    inlet: AnyInlet,
    /// The runs that wait for a message, in order.
    waiters: VecDeque<Key>,
    /// Whether it was started in this life.
    begun: bool,
}

impl Ports {
    pub fn new(
        outlets: Vec<AnyOutlet>,
        inlets: Vec<(AnyInlet, u16)>,
        pulls: Vec<AnyInlet>,
    ) -> Self {
        let pull = |inlet| Pull {
            inlet,
            waiters: VecDeque::new(),
            begun: false,
        };
        Self {
            outlets,
            inlets,
            pulls: pulls.into_iter().map(pull).collect(),
            ..Self::default()
        }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut dyn Port> {
        let outlets = self.outlets.iter_mut().map(|p| p as &mut dyn Port);
        let inlets = self.inlets.iter_mut().map(|(p, _)| p as &mut dyn Port);
        let pulls = self.pulls.iter_mut().map(|p| &mut p.inlet as &mut dyn Port);
        outlets.chain(inlets).chain(pulls)
    }

    /// The same, in the same order, to be looked at.
    fn each(&self) -> impl Iterator<Item = &dyn Port> {
        let outlets = self.outlets.iter().map(|p| p as &dyn Port);
        let inlets = self.inlets.iter().map(|(p, _)| p as &dyn Port);
        let pulls = self.pulls.iter().map(|p| &p.inlet as &dyn Port);
        outlets.chain(inlets).chain(pulls)
    }

    /// A life begins. The inlets wait until they are [opened](Self::open).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        for outlet in &mut self.outlets {
            outlet.start(ctx);
        }
    }

    pub fn crash(&mut self, ctx: &mut Ctx<'_>) {
        self.all().for_each(|port| port.crash(ctx));
        self.sending.clear();
        self.begun = false;
        for pull in &mut self.pulls {
            pull.waiters.clear();
            pull.begun = false;
        }
    }

    pub fn disconnected(&mut self, peer: Pid, ctx: &mut Ctx<'_>) {
        self.all().for_each(|port| port.disconnected(peer, ctx));
    }

    pub fn message(&mut self, from: Pid, message: Message, ctx: &mut Ctx<'_>) {
        if let Some(port) = self.all().find(|port| port.heeds(&message)) {
            port.message(from, message, ctx);
        }
    }

    pub fn timer(&mut self, token: Token, ctx: &mut Ctx<'_>) {
        let place = token.kind.saturating_sub(FIRST_PORT) / PORT_TIMERS;
        if let Some(port) = self.all().nth(usize::from(place)) {
            port.timer(token, ctx);
        }
    }

    /// Messages that have come and were not taken.
    pub fn waiting(&self) -> u32 {
        self.inlets.iter().map(|(inlet, _)| inlet.waiting()).sum()
    }

    /// Whether the inlets take messages.
    pub fn open(&mut self, open: bool, ctx: &mut Ctx<'_>) {
        for (inlet, _) in &mut self.inlets {
            if self.begun {
                inlet.open(open, ctx);
            } else if open {
                inlet.start(ctx);
            }
        }
        self.begun |= open;
    }

    /// Whether the inlets have nothing left to do.
    pub fn are_idle(&self) -> bool {
        self.inlets.iter().all(|(inlet, _)| inlet.is_idle())
    }

    pub fn done(&mut self, inlet: u16, token: u32, ok: bool, ctx: &mut Ctx<'_>) {
        if let Some((inlet, _)) = self.inlets.get_mut(usize::from(inlet)) {
            inlet.done(token, ok, ctx);
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.each().map(Port::row)
    }

    pub fn beliefs(&self) -> impl Iterator<Item = Belief> + '_ {
        self.each().flat_map(Port::beliefs)
    }

    pub fn timer_name(&self, token: Token) -> &'static str {
        let place = token.kind.saturating_sub(FIRST_PORT) / PORT_TIMERS;
        let port = self.each().nth(usize::from(place));
        port.map_or("timer", |port| port.timer_name(token))
    }

    pub fn trouble(&self) -> Option<String> {
        let mut outlets = self.outlets.iter().map(Port::trouble);
        let mut inlets = self.inlets.iter().map(|(inlet, _)| inlet.trouble());
        outlets.find_map(|t| t).or_else(|| inlets.find_map(|t| t))
    }
}

impl Replica {
    /// Begins with a message, if one has come; the inlets have their turns.
    pub(super) fn take_message(&mut self, ctx: &mut Ctx<'_>) -> bool {
        let count = self.ports.inlets.len();
        for step in 0..count {
            let at = (self.ports.turn + step) % count;
            let (inlet, handler) = &mut self.ports.inlets[at];
            let Some(arrived) = inlet.take(ctx) else {
                continue;
            };
            let handler = *handler;
            self.ports.turn = at + 1;
            if arrived.poison {
                inlet.done(arrived.token, false, ctx);
                return true;
            }
            let waiting = Waiting {
                from: Origin::Message {
                    inlet: at as u16,
                    token: arrived.token,
                },
                task: arrived.task,
                key: arrived.key,
                endpoint: handler,
                priority: 0,
                patient_until: u64::MAX,
                deadline: u64::MAX,
            };
            let now = ctx.now();
            self.take_memory(ctx);
            self.begin(waiting, now, ctx);
            return true;
        }
        false
    }

    /// A run waits for a message of a queue.
    pub(super) fn pull(&mut self, key: Key, pull: u16, ctx: &mut Ctx<'_>) {
        let Some(pull) = self.ports.pulls.get_mut(usize::from(pull)) else {
            return;
        };
        pull.waiters.push_back(key);
        if std::mem::replace(&mut pull.begun, true) {
            pull.inlet.open(true, ctx);
        } else {
            pull.inlet.start(ctx);
        }
        self.heed_pulls(ctx);
    }

    /// Gives messages that have come to the runs that wait for them.
    fn heed_pulls(&mut self, ctx: &mut Ctx<'_>) {
        for at in 0..self.ports.pulls.len() {
            loop {
                let (runs, pull) = (&self.runs, &mut self.ports.pulls[at]);
                pull.waiters.retain(|&key| runs.get(key).is_some());
                if pull.waiters.is_empty() || pull.inlet.waiting() == 0 {
                    break;
                }
                let Some(arrived) = pull.inlet.take(ctx) else {
                    break;
                };
                pull.inlet.done(arrived.token, !arrived.poison, ctx);
                if arrived.poison {
                    continue;
                }
                let waiter = pull.waiters.pop_front();
                if pull.waiters.is_empty() {
                    pull.inlet.open(false, ctx);
                }
                if let Some(key) = waiter {
                    self.go_on(key, true, ctx);
                }
            }
        }
    }

    /// A run sends a message and waits until it is stored.
    pub(super) fn publish(&mut self, key: Key, outlet: u16, ctx: &mut Ctx<'_>) {
        let Some(run) = self.runs.get(key) else {
            return;
        };
        let parcel = Parcel {
            task: run.task,
            key: run.key,
            bytes: MESSAGE_BYTES,
        };
        if let Some(port) = self.ports.outlets.get_mut(usize::from(outlet)) {
            let token = port.send(parcel, ctx);
            self.ports.sending.insert((outlet, token), key);
        }
        self.heed_outlets(ctx);
    }

    /// Goes on where messages were stored, or could not be.
    pub(super) fn heed_outlets(&mut self, ctx: &mut Ctx<'_>) {
        for outlet in 0..self.ports.outlets.len() {
            while let Some((token, stored)) = self.ports.outlets[outlet].next_done() {
                if let Some(key) = self.ports.sending.remove(&(outlet as u16, token)) {
                    self.go_on(key, stored, ctx);
                }
            }
        }
        if !self.ports.pulls.is_empty() {
            self.heed_pulls(ctx);
        }
    }
}
