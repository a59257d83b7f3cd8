//! Garbage collection that stops a replica.
//!
//! The plainest collector there is: everything is allocated from one heap, and when that is used up the world stops while what is
//! live is marked and copied. A pause takes as long as there is live data, garbage costs nothing, and the next pause comes when as
//! much was allocated as was free (Jones, Hosking, Moss, "The Garbage Collection Handbook", chapter 4). So of
//!
//! ```text
//! pause = pause_base + live × pause_per_mib        bytes between two pauses = heap − live
//! ```
//!
//! both get worse with each request in flight, since it keeps its data alive: slow answers mean more requests in flight, those mean
//! more live data, that means longer pauses at shorter distances, and those mean slower answers: a death spiral (Beyer and others,
//! "Site Reliability Engineering", chapter 22 "Addressing Cascading Failures": "GC death spiral").
//!
//! Generations, concurrent marking and the like move the point at which this happens, and are left out.

use serde::{Deserialize, Serialize};

use crate::sim::complaint::{Complaint, Path};
use crate::sim::units::{Duration, Size};

/// The heap of a replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GcSettings {
    /// Bytes of the heap.
    pub heap: Size,
    /// What is live even when the replica is idle.
    #[serde(default)]
    pub live: Size,
    /// What a request keeps alive while it is in flight.
    pub per_request: Size,
    /// What a request allocates beside that, which is garbage at once.
    pub garbage_per_request: Size,
    /// What a collection takes even if nothing is live.
    pub pause_base: Duration,
    /// How much longer it takes for each MiB of live data.
    pub pause_per_mib: Duration,
}

const MIB: u64 = 1 << 20;

/// A collection that leaves less than one part in so many of the heap free was in vain: `GCHeapFreeLimit` of the JVM's parallel
/// collector is 2 %.
const VAIN_PARTS: u64 = 50;

impl GcSettings {
    /// Looks for mistakes; `at` is where these settings stand.
    pub fn check(&self, at: &Path, out: &mut Vec<Complaint>) {
        let mut complain = |field: &str, why: String| {
            let complaint = Complaint::error(at.field(field), why);
            out.push(complaint.rests_on_own(at, &["heap"]));
        };
        let heap = self.heap.bytes();
        if heap == 0 {
            complain("heap", "there must be a heap".to_owned());
        } else if self.live.bytes() >= heap - heap / VAIN_PARTS {
            let why = format!(
                "a heap of {} is full before the first request: {} are live",
                self.heap, self.live
            );
            complain("live", why);
        } else if self.per_request.bytes() > heap - self.live.bytes() {
            let why = format!(
                "one request of {} does not fit into a heap of {}",
                self.per_request, self.heap
            );
            complain("per_request", why);
        }
        if self.per_request.bytes() == 0 && self.garbage_per_request.bytes() == 0 {
            let why = "without allocation there is no collection".to_owned();
            complain("garbage_per_request", why);
        }
    }
}

/// The heap of a running replica.
#[derive(Clone, Debug)]
pub struct Gc {
    settings: GcSettings,
    /// Bytes that are live.
    live: u64,
    /// Bytes that are live or garbage.
    used: u64,
    collections: u64,
    paused_ns: u64,
}

impl Gc {
    /// The heap of a replica that just started.
    pub fn new(settings: &GcSettings) -> Self {
        Self {
            live: settings.live.bytes(),
            used: settings.live.bytes(),
            settings: settings.clone(),
            collections: 0,
            paused_ns: 0,
        }
    }

    /// A request begins: allocates what it needs. Returns for how long the replica stops, ns, if it does.
    pub fn begin(&mut self) -> Option<u64> {
        let live = self.settings.per_request.bytes();
        let bytes = live.saturating_add(self.settings.garbage_per_request.bytes());
        let pause = self.allocate(bytes);
        self.keep(live);
        pause
    }

    /// A request ended, however: what it kept is garbage now.
    pub fn end(&mut self) {
        self.release(self.settings.per_request.bytes());
    }

    /// Allocates bytes. If there is not enough room, the garbage is collected first, as often as it takes. Returns for how long the
    /// replica stops, ns, if it does.
    pub fn allocate(&mut self, bytes: u64) -> Option<u64> {
        let heap = self.settings.heap.bytes();
        let free = heap.saturating_sub(self.used);
        if bytes <= free {
            self.used += bytes;
            return None;
        }
        let missing = bytes - free;
        let freed = self.free_after_collection();
        let collections = missing.div_ceil(freed);
        self.used = heap.saturating_sub(freed) + (missing - (collections - 1) * freed);
        self.collections += collections;
        let pause_ns = self.pause_ns().saturating_mul(collections);
        self.paused_ns = self.paused_ns.saturating_add(pause_ns);
        Some(pause_ns)
    }

    /// So many bytes that were allocated stay alive.
    pub fn keep(&mut self, bytes: u64) {
        self.live = self.live.saturating_add(bytes);
    }

    /// So many bytes that were alive are garbage.
    pub fn release(&mut self, bytes: u64) {
        self.live = self.live.saturating_sub(bytes);
    }

    /// The process crashed and comes back with an empty heap.
    pub fn crash(&mut self) {
        self.live = self.settings.live.bytes();
        self.used = self.live;
    }

    /// How long a collection would take now, ns.
    pub fn pause_ns(&self) -> u64 {
        let per_mib_ns = u128::from(self.settings.pause_per_mib.ns());
        let copying = u128::from(self.live) * per_mib_ns / u128::from(MIB);
        let copying = u64::try_from(copying).unwrap_or(u64::MAX);
        self.settings.pause_base.ns().saturating_add(copying)
    }

    /// Bytes that can be allocated between two collections, as things are. Never less than a collection in vain leaves: a real
    /// process would die then.
    fn free_after_collection(&self) -> u64 {
        let heap = self.settings.heap.bytes();
        let least = (heap / VAIN_PARTS).max(1);
        heap.saturating_sub(self.live).max(least)
    }

    /// Whether so much is live that collecting is in vain: where the JVM's parallel collector gives up with "GC overhead limit
    /// exceeded" (`GCHeapFreeLimit`, 2 %), if it also spends 98 % of the time on it (`GCTimeLimit`).
    pub fn in_vain(&self) -> bool {
        let heap = self.settings.heap.bytes();
        heap.saturating_sub(self.live) < heap / VAIN_PARTS
    }

    /// Bytes that are live.
    pub fn live_bytes(&self) -> u64 {
        self.live
    }

    /// Bytes that are live or not yet collected.
    pub fn used_bytes(&self) -> u64 {
        self.used
    }

    /// How many collections there were.
    pub fn collections(&self) -> u64 {
        self.collections
    }

    /// How long they took together, ns.
    pub fn paused_ns(&self) -> u64 {
        self.paused_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{MS, SECOND};

    /// 1000 MiB, half of it live; a request keeps 1 MiB and leaves 1 MiB of garbage; 10 ms and 1 ms for each MiB.
    fn settings() -> GcSettings {
        GcSettings {
            heap: Size::from_mib(1000),
            live: Size::from_mib(500),
            per_request: Size::from_mib(1),
            garbage_per_request: Size::from_mib(1),
            pause_base: Duration::from_ms(10),
            pause_per_mib: Duration::from_ms(1),
        }
    }

    /// Requests one after the other, with so many others in flight all the time: the numbers of those that met a pause, with it in
    /// ms.
    fn pauses(in_flight: u64, requests: u64) -> Vec<(u64, u64)> {
        let mut gc = Gc::new(&settings());
        for _ in 0..in_flight {
            assert_eq!(gc.begin(), None, "the heap holds them without a collection");
        }
        let others = gc.used_bytes();
        let mut found = Vec::new();
        for request in 1..=requests {
            if let Some(pause) = gc.begin() {
                found.push((request, pause / MS));
            }
            gc.end();
        }
        assert_eq!(others, (500 + 2 * in_flight) * MIB);
        found
    }

    #[test]
    fn a_pause_comes_when_what_was_free_is_used_and_takes_as_long_as_there_is_live_data() {
        // Alone: 500 MiB free, 2 MiB a request. The 251st finds no room; then 250 fit again. Live are 500 MiB: 510 ms.
        assert_eq!(pauses(0, 800), [(251, 510), (501, 510), (751, 510)]);
        // 100 in flight used 200 MiB of it: 300 are free, for 150 requests. Live are 600: 610 ms, and then 400 free, for 200.
        assert_eq!(pauses(100, 600), [(151, 610), (351, 610), (551, 610)]);
    }

    /// Which part of the time a replica stands still that handles 100 requests in a second of not standing still, with so much live
    /// data.
    fn share_paused(live_mib: u64) -> f64 {
        let mut gc = Gc::new(&GcSettings {
            live: Size::from_mib(live_mib),
            ..settings()
        });
        let requests = 100_000;
        for _ in 0..requests {
            gc.begin();
            gc.end();
        }
        let running_ns = (requests * SECOND / 100) as f64;
        gc.paused_ns() as f64 / (running_ns + gc.paused_ns() as f64)
    }

    #[test]
    fn the_fuller_the_heap_the_more_of_the_time_is_pauses_until_nearly_all_is() {
        // 2 MiB a request, 100 a second: a pause of (10 + live) ms for every (1000 − live) / 200 s.
        let table = [
            (100, 110.0 / (4_500.0 + 110.0)),
            (500, 510.0 / (2_500.0 + 510.0)),
            (900, 910.0 / (500.0 + 910.0)),
            (976, 986.0 / (120.0 + 986.0)),
        ];
        for (live_mib, share) in table {
            let found = share_paused(live_mib);
            assert!(
                (found / share - 1.0).abs() < 0.01,
                "{live_mib}: {found} {share}"
            );
        }
    }

    #[test]
    fn a_large_allocation_takes_as_many_collections_as_it_needs() {
        let mut gc = Gc::new(&settings());
        // 500 are free at once, and 500 after each collection: 1200 take two, and 300 are left after them.
        assert_eq!(gc.allocate(1200 * MIB), Some(2 * 510 * MS));
        assert_eq!((gc.collections(), gc.used_bytes()), (2, 700 * MIB));
        assert_eq!(gc.allocate(300 * MIB), None);
        assert_eq!(gc.allocate(1), Some(510 * MS));
    }

    #[test]
    fn with_a_full_heap_collecting_is_in_vain_but_ends() {
        let mut gc = Gc::new(&settings());
        gc.keep(480 * MIB);
        assert!(!gc.in_vain(), "2 % are free");
        gc.keep(1);
        assert!(gc.in_vain());
        gc.keep(400 * MIB);
        gc.allocate(500 * MIB);
        // 20 MiB at a time, each after a collection of 10 ms and 1380 for as many MiB.
        let before = gc.collections();
        assert_eq!(gc.allocate(200 * MIB), Some(10 * 1_390 * MS));
        assert_eq!(gc.collections() - before, 10);
        gc.crash();
        assert_eq!((gc.live_bytes(), gc.used_bytes()), (500 * MIB, 500 * MIB));
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let complaints = |settings: GcSettings| {
            let mut out = Vec::new();
            settings.check(&Path::root().field("gc"), &mut out);
            out.iter().map(|c| c.at.to_string()).collect::<Vec<_>>()
        };
        assert!(complaints(settings()).is_empty());
        type Change = fn(&mut GcSettings);
        let table: [(Change, &str); 4] = [
            (|s| s.heap = Size::ZERO, "gc.heap"),
            (|s| s.live = Size::from_mib(990), "gc.live"),
            (|s| s.per_request = Size::from_mib(501), "gc.per_request"),
            (
                |s| (s.per_request, s.garbage_per_request) = (Size::ZERO, Size::ZERO),
                "gc.garbage_per_request",
            ),
        ];
        for (change, named) in table {
            let mut settings = settings();
            change(&mut settings);
            assert_eq!(complaints(settings), [named]);
        }
    }
}
