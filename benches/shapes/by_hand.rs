//! W3 by hand: the same pipeline as one loop over one queue, with nothing that it does not need. The limit that a kernel
//! for everybody is measured against. Digest, histogram and named streams are on, as they are in the kernel.

use hdrhistogram::Histogram;
use splitbrain::sim::dist::Sampler;
use splitbrain::sim::queue::EventQueue;
use splitbrain::sim::stream::Stream;

use super::pipeline::{PRODUCERS, WINDOW, gap, hop};

/// What happens, and to which message.
#[derive(Clone, Copy)]
enum Event {
    Make { producer: u32 },
    Produce { producer: u32, born_ns: u64 },
    Copy { number: u32, follower: u32 },
    Copied { number: u32 },
    Stored { born_ns: u64 },
    Deliver { number: u32 },
    Commit { number: u32 },
}

#[derive(Clone, Copy, Default)]
struct Pending {
    producer: u32,
    copies: u32,
    born_ns: u64,
}

/// The pipeline.
pub struct ByHand {
    queue: EventQueue<Event>,
    hop: Sampler,
    gap: Sampler,
    gaps: Vec<Stream>,
    /// One for each directed link: producers to the leader and back, followers and back, consumer and back.
    links: Vec<(Stream, u64)>,
    window: Vec<Pending>,
    next: u32,
    committed: u32,
    digest: u64,
    /// How long each message took, ns.
    pub latencies: Histogram<u64>,
}

impl Default for ByHand {
    fn default() -> Self {
        let mut queue = EventQueue::default();
        for producer in 0..PRODUCERS {
            queue.schedule(0, Event::Make { producer });
        }
        let stream = |what: &str, i: u32| Stream::named(1, what, &i.to_string());
        Self {
            queue,
            hop: hop().compile(),
            gap: gap(),
            gaps: (0..PRODUCERS).map(|i| stream("gap", i)).collect(),
            links: (0..2 * PRODUCERS + 6)
                .map(|i| (stream("link", i), 0))
                .collect(),
            window: vec![Pending::default(); WINDOW],
            next: 0,
            committed: 0,
            digest: 1,
            latencies: Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("valid bounds"),
        }
    }
}

impl ByHand {
    #[inline]
    fn send(&mut self, now: u64, link: u32, event: Event) {
        let (stream, last) = &mut self.links[link as usize];
        let at = (now + self.hop.sample(stream)).max(*last);
        *last = at;
        self.queue.schedule(at, event);
    }

    #[inline]
    fn fold(&mut self, word: u64) {
        let product = u128::from(self.digest ^ word) * 0xf39c_c060_5ced_c835_u128;
        self.digest = product as u64 ^ (product >> 64) as u64 ^ self.digest.rotate_left(23);
    }

    /// The fingerprint of what happened.
    pub fn digest(&self) -> u64 {
        self.digest ^ u64::from(self.committed)
    }

    /// Lets one event happen.
    #[inline]
    pub fn step(&mut self) {
        let Some((now, event)) = self.queue.pop() else {
            return;
        };
        self.fold(now);
        match event {
            Event::Make { producer } => {
                let after = self.gap.sample(&mut self.gaps[producer as usize]);
                self.queue.schedule(now + after, event);
                let born_ns = now;
                self.send(now, producer, Event::Produce { producer, born_ns });
            }
            Event::Produce { producer, born_ns } => {
                let number = self.next;
                self.next += 1;
                self.window[number as usize % WINDOW] = Pending {
                    producer,
                    copies: 0,
                    born_ns,
                };
                for follower in 0..2 {
                    let link = 2 * PRODUCERS + follower;
                    self.send(now, link, Event::Copy { number, follower });
                }
            }
            Event::Copy { number, follower } => {
                self.send(now, 2 * PRODUCERS + 2 + follower, Event::Copied { number });
            }
            Event::Copied { number } => {
                let pending = &mut self.window[number as usize % WINDOW];
                pending.copies += 1;
                if pending.copies == 2 {
                    let Pending {
                        producer, born_ns, ..
                    } = *pending;
                    self.send(now, PRODUCERS + producer, Event::Stored { born_ns });
                    self.send(now, 2 * PRODUCERS + 4, Event::Deliver { number });
                }
            }
            Event::Stored { born_ns } => {
                self.latencies.saturating_record(now - born_ns);
                self.fold(born_ns);
            }
            Event::Deliver { number } => {
                self.send(now, 2 * PRODUCERS + 5, Event::Commit { number });
            }
            Event::Commit { number } => self.committed = self.committed.max(number),
        }
    }
}
