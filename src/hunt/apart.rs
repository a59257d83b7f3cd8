//! What watches a run, on a thread of its own beside the run. The run does not know: it hands over the same records in the same
//! order, and nothing that watches can hold it up but by being slower. When a portion is over, both are at its end.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use crate::sim::{Observer, Record};

/// So many records travel together: enough that waking a thread for them does not count.
const CRATE: usize = 4096;
/// So many crates may wait for whoever watches: memory does not grow with the run.
const WAITING: usize = 4;

/// Whether there is a core for it.
pub(super) fn is_worth_it() -> bool {
    thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
}

/// Lets `run` happen here while what it tells is told to `watch` there. Returns when both are done.
pub(super) fn watch_apart<W, T>(watch: &mut W, run: impl FnOnce(&mut Courier) -> T) -> T
where
    W: Observer + Send,
{
    thread::scope(|scope| {
        let (full, arrivals) = mpsc::sync_channel::<Vec<Record>>(WAITING);
        let (empty, returned) = mpsc::channel();
        scope.spawn(move || {
            for mut records in arrivals {
                watch.records(&records);
                records.clear();
                // Whoever sent them may be done.
                let _ = empty.send(records);
            }
        });
        let mut courier = Courier {
            records: Vec::with_capacity(CRATE + CRATE / 8),
            full,
            returned,
        };
        let result = run(&mut courier);
        courier.deliver();
        result
    })
}

/// Carries records from a run to what watches it.
pub(super) struct Courier {
    records: Vec<Record>,
    full: SyncSender<Vec<Record>>,
    returned: Receiver<Vec<Record>>,
}

impl Courier {
    fn deliver(&mut self) {
        let next = self.returned.try_recv();
        let next = next.unwrap_or_else(|_| Vec::with_capacity(CRATE + CRATE / 8));
        let records = std::mem::replace(&mut self.records, next);
        // Nobody is there only if whoever watches panicked: that is told when the threads are joined.
        let _ = self.full.send(records);
    }
}

impl Observer for Courier {
    fn record(&mut self, record: &Record) {
        self.records(std::slice::from_ref(record));
    }

    fn records(&mut self, records: &[Record]) {
        self.records.extend_from_slice(records);
        if self.records.len() >= CRATE {
            self.deliver();
        }
    }
}
