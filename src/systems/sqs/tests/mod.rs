//! Tests of queues: step by step without a world, and in one.

mod fifo;
mod limits;
mod visibility;

use crate::sim::stream::Stream;
use crate::sim::{LaneId, SECOND, Task};

use crate::systems::rules::LeftOut;

use super::protocol::{Entry, Error, Received};
use super::queue::{Queue, Sent};
use super::settings::QueueSettings;

/// A queue, with one server unless said otherwise, and a clock that is told in seconds.
struct Bench {
    queue: Queue,
    now: i64,
}

fn secs(n: i64) -> i64 {
    n * SECOND as i64
}

fn entry(number: u32, key: Option<u32>) -> Entry {
    Entry {
        lane: LaneId(0),
        number,
        key,
        bytes: 100,
        poison: false,
        task: Task::NONE,
    }
}

fn settings(text: &str) -> QueueSettings {
    let text = format!("(name: \"orders\", {text})");
    ron::Options::default()
        .with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
        .from_str(&text)
        .expect("settings are well formed")
}

impl Bench {
    fn new(text: &str) -> Self {
        Self::spread(text, 1, 7)
    }

    fn spread(text: &str, servers: u32, seed: u64) -> Self {
        let stream = Stream::named(seed, "servers", "orders");
        Self {
            queue: Queue::new(&settings(text), servers, stream, LeftOut::default()),
            now: 0,
        }
    }

    /// It is so many seconds since the beginning.
    fn at(&mut self, seconds: i64) -> &mut Self {
        self.now = secs(seconds);
        self.queue.wake(self.now);
        self
    }

    fn send(&mut self, number: u32) -> Sent {
        self.queue.send(entry(number, None), self.now)
    }

    fn send_key(&mut self, number: u32, key: u32) -> Sent {
        self.queue.send(entry(number, Some(key)), self.now)
    }

    /// One message with a long poll that finds something at once, or nothing.
    fn receive(&mut self) -> Option<Received> {
        self.batch(1).pop()
    }

    fn batch(&mut self, max: u32) -> Vec<Received> {
        let found = self.queue.receive(max, None, false, self.now);
        found.expect("a long poll is not refused").messages
    }

    fn numbers(&mut self, max: u32) -> Vec<u32> {
        self.batch(max).iter().map(|m| m.entry.number).collect()
    }

    /// Whether a message was deleted.
    fn delete(&mut self, message: &Received) -> Result<bool, Error> {
        self.queue
            .delete(message.receipt)
            .map(|gone| gone.is_some())
    }

    fn hide(&mut self, message: &Received, seconds: u64) -> Result<(), Error> {
        self.queue
            .change(message.receipt, seconds * SECOND, self.now)
    }

    /// Visible, in flight, delayed.
    fn counts(&self) -> (usize, usize, usize) {
        (
            self.queue.visible(),
            self.queue.in_flight(),
            self.queue.delayed(),
        )
    }
}
