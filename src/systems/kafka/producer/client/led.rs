//! Which partitions each broker leads, and from when on each of them has something to send: what the client asks whenever
//! anything happens, and so keeps instead of looking at every batch again.

use super::super::accumulator::Part;
use super::ProducerClient;

/// A partition that a broker leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// By index.
    pub(super) part: u32,
    /// From when on its first batch is ready, as [`Rules::due`] has it.
    pub(super) due: u64,
}

/// The partitions that a broker leads, as far as the client knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Led {
    pub(super) slots: Vec<Slot>,
    /// Where to begin with the next request.
    pub(super) begin: usize,
}

impl Led {
    /// When the first batch is ready.
    pub(super) fn due(&self) -> u64 {
        self.slots.iter().map(|s| s.due).min().unwrap_or(u64::MAX)
    }
}

/// What decides whether a batch may be sent, beside the state of its partition.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) id: Option<(u64, u16)>,
    one_at_a_time: bool,
    linger_ns: u64,
    batch_bytes: u64,
}

impl Rules {
    /// From when on the first batch of a partition is ready; the end of time if there is none that may be sent.
    pub(super) fn due(self, part: &Part) -> u64 {
        if part.may_send(self.id, self.one_at_a_time) {
            part.ready_at(self.linger_ns, self.batch_bytes)
        } else {
            u64::MAX
        }
    }
}

impl ProducerClient {
    pub(super) fn rules(&self) -> Rules {
        Rules {
            id: self.id.filter(|_| self.config.idempotent),
            one_at_a_time: self.config.in_flight_max == 1,
            linger_ns: self.config.linger_ns,
            batch_bytes: self.config.batch_bytes,
        }
    }

    /// Learns anew who leads what.
    pub(super) fn sort_by_leader(&mut self) {
        let rules = self.rules();
        self.led.iter_mut().for_each(|l| l.slots.clear());
        self.leaderless.clear();
        for at in 0..self.parts.len() as u32 {
            let leader = self.view.leader(self.parts[at as usize].place);
            let broker = leader.and_then(|l| self.view.broker(l));
            let part = &mut self.parts[at as usize];
            part.home = None;
            let Some(broker) = broker else {
                self.leaderless.push(at);
                continue;
            };
            let slots = &mut self.led[broker].slots;
            part.home = Some((broker as u32, slots.len() as u32));
            let due = rules.due(part);
            slots.push(Slot { part: at, due });
        }
    }

    /// Nothing is known of who leads what.
    pub(super) fn forget_leaders(&mut self) {
        self.led.iter_mut().for_each(|l| l.slots.clear());
        self.leaderless.clear();
        self.parts.iter_mut().for_each(|p| p.home = None);
    }

    /// Something about a partition has changed.
    pub(super) fn changed(&mut self, part: u32) {
        let part = &self.parts[part as usize];
        if let Some((broker, nth)) = part.home {
            let due = if part.batches.is_empty() {
                u64::MAX
            } else {
                self.rules().due(part)
            };
            self.led[broker as usize].slots[nth as usize].due = due;
        }
    }

    /// Something has changed that concerns all partitions.
    pub(super) fn all_changed(&mut self) {
        let rules = self.rules();
        for slot in self.led.iter_mut().flat_map(|l| &mut l.slots) {
            slot.due = rules.due(&self.parts[slot.part as usize]);
        }
    }

    /// When the first batch for a broker is ready. With messages that wait for room, or at the end, every batch is.
    pub(super) fn ready_at(&self, broker: usize) -> u64 {
        let led = &self.led[broker];
        let due = |rules: Rules| {
            let parts = led.slots.iter().map(|s| &self.parts[s.part as usize]);
            parts.map(|p| rules.due(p)).min().unwrap_or(u64::MAX)
        };
        if self.flushing || !self.waiting.is_empty() {
            return due(Rules {
                linger_ns: 0,
                ..self.rules()
            });
        }
        debug_assert_eq!(led.due(), due(self.rules()), "a change was overlooked");
        led.due()
    }

    /// The broker that leads a partition, as far as is known.
    pub(super) fn leader(&self, part: u32) -> Option<usize> {
        self.parts[part as usize]
            .home
            .map(|(broker, _)| broker as usize)
    }
}
