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
        run(&mut Courier { full, returned })
    })
}

/// Carries records from a run to what watches it.
pub(super) struct Courier {
    full: SyncSender<Vec<Record>>,
    returned: Receiver<Vec<Record>>,
}

impl Courier {
    fn deliver(&self, records: Vec<Record>) {
        if !records.is_empty() {
            // Nobody is there only if whoever watches panicked: that is told when the threads are joined.
            let _ = self.full.send(records);
        }
    }
}

impl Observer for Courier {
    const PORTION: usize = CRATE;

    fn record(&mut self, record: &Record) {
        self.deliver(vec![*record]);
    }

    fn records(&mut self, records: &[Record]) {
        self.deliver(records.to_vec());
    }

    /// They go as they are, and a crate that came back takes their place.
    fn take(&mut self, records: &mut Vec<Record>) {
        let empty = self.returned.try_recv();
        let empty = empty.unwrap_or_else(|_| Vec::with_capacity(CRATE + CRATE / 8));
        self.deliver(std::mem::replace(records, empty));
    }
}
