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
#[derive(Clone, Debug)]
pub(super) struct Led {
    /// The least due of the slots.
    pub(super) due: u64,
    pub(super) slots: Vec<Slot>,
    /// Where to begin with the next request.
    pub(super) begin: usize,
    /// Requests that it has not answered.
    pub(super) in_flight: usize,
}

impl Default for Led {
    fn default() -> Self {
        Self {
            due: u64::MAX,
            slots: Vec::new(),
            begin: 0,
            in_flight: 0,
        }
    }
}

impl Led {
    /// Finds out when the first batch is ready.
    pub(super) fn look(&mut self) {
        let dues = self.slots.iter().map(|s| s.due);
        self.due = dues.min().unwrap_or(u64::MAX);
    }

    fn clear(&mut self) {
        self.slots.clear();
        self.due = u64::MAX;
    }

    fn push(&mut self, slot: Slot) {
        self.due = self.due.min(slot.due);
        if self.slots.is_empty() {
            // Where there are many brokers, most lead one partition of a topic.
            self.slots.reserve_exact(1);
        }
        self.slots.push(slot);
    }

    /// The first batch of a partition is ready at another time.
    fn set(&mut self, nth: usize, due: u64) {
        let was = std::mem::replace(&mut self.slots[nth].due, due);
        if due <= self.due {
            self.due = due;
        } else if was == self.due {
            self.look();
        }
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
    #[cold]
    pub(super) fn sort_by_leader(&mut self) {
        let rules = self.rules();
        self.led.values_mut().for_each(Led::clear);
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
            let led = self.led.at(broker);
            part.home = Some((broker as u32, led.slots.len() as u32));
            let due = rules.due(part);
            led.push(Slot { part: at, due });
        }
        self.note_all_dues();
    }

    /// The due of a broker may have changed.
    pub(super) fn note_due(&mut self, broker: usize) {
        let stirs = self.led.get(broker).is_some_and(|l| l.due != u64::MAX);
        match self.stirring.binary_search(&(broker as u32)) {
            Err(at) if stirs => self.stirring.insert(at, broker as u32),
            Ok(at) if !stirs => {
                self.stirring.remove(at);
            }
            _ => {}
        }
    }

    fn note_all_dues(&mut self) {
        let stirring = self.led.iter().filter(|(_, l)| l.due != u64::MAX);
        self.stirring.clear();
        self.stirring
            .extend(stirring.map(|(place, _)| place as u32));
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
            let led = self.led.at(broker as usize);
            let stirred = led.due != u64::MAX;
            led.set(nth as usize, due);
            if stirred != (led.due != u64::MAX) {
                self.note_due(broker as usize);
            }
        }
    }

    /// Something has changed that concerns all partitions.
    #[cold]
    pub(super) fn all_changed(&mut self) {
        let rules = self.rules();
        for led in self.led.values_mut() {
            for slot in &mut led.slots {
                slot.due = rules.due(&self.parts[slot.part as usize]);
            }
            led.look();
        }
        self.note_all_dues();
    }

    /// When the first batch for a broker is ready. With messages that wait for room, or at the end, every batch is.
    pub(super) fn ready_at(&self, broker: usize) -> u64 {
        let Some(led) = self.led.get(broker) else {
            return u64::MAX;
        };
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
        debug_assert_eq!(led.due, due(self.rules()), "a change was overlooked");
        led.due
    }

    /// The broker that leads a partition, as far as is known.
    pub(super) fn leader(&self, part: u32) -> Option<usize> {
        self.parts[part as usize]
            .home
            .map(|(broker, _)| broker as usize)
    }
}
