//! Hosts: what a machine has, apart from the processes on it. A CPU of some cores that serves requests one after another,
//! a disk with synced and unsynced bytes, a clock that may be wrong.
//!
//! A crash of the process loses memory only: the page cache belongs to the machine. A power loss loses what the disk had
//! not synced. The operating system writes dirty pages back by itself after [`WRITEBACK_NS`], as Linux does by default
//! (`vm.dirty_expire_centisecs` = 3000, kernel documentation, admin-guide/sysctl/vm).

use std::collections::VecDeque;

use super::dist::{Dist, Sampler};
use super::units::Size;
use super::{MS, NodeId, Pid, SECOND};

/// How long the operating system lets a dirty page wait before it writes it back.
pub const WRITEBACK_NS: u64 = 30 * SECOND;

/// What a node is made of, by the plan.
#[derive(Clone, Debug)]
pub struct HostPlan {
    /// How many requests its CPU serves at once. At least 1.
    pub cores: u32,
    /// The disk.
    pub disk: DiskPlan,
    /// How far the clock is ahead of true time at the start, ns.
    pub clock_offset_ns: i64,
    /// How much faster than true time the clock runs, in billionths.
    pub clock_drift_ppb: i64,
}

impl Default for HostPlan {
    fn default() -> Self {
        Self {
            cores: 8,
            disk: DiskPlan::default(),
            clock_offset_ns: 0,
            clock_drift_ppb: 0,
        }
    }
}

/// A disk, by the plan.
#[derive(Clone, Debug)]
pub struct DiskPlan {
    /// Time to put a write into the page cache.
    pub write: Dist,
    /// Time to sync what is dirty to the device.
    pub sync: Dist,
    /// Bytes a second.
    pub bandwidth: Size,
    /// Bytes it holds.
    pub capacity: Size,
}

impl Default for DiskPlan {
    fn default() -> Self {
        Self {
            write: Dist::Constant(super::units::Duration::from_ns(0)),
            sync: Dist::Constant(super::units::Duration::from_ns(2 * MS)),
            bandwidth: Size::from_bytes(500_000_000),
            capacity: Size::from_bytes(1_000_000_000_000),
        }
    }
}

/// What remains of a process's stored bytes after a crash. Positions are the disk's own, as [`Disk::written`] counts.
#[derive(Clone, Debug, Default)]
pub struct Survival {
    /// Whether the machine itself lost power.
    pub power: bool,
    /// Everything below this position is on the device.
    pub synced: u64,
    /// Ranges that are gone although the machine lived (a failed sync dropped the dirty pages).
    pub lost: Vec<(u64, u64)>,
}

impl Survival {
    /// Whether bytes that end at a position survive.
    pub fn keeps(&self, position: u64) -> bool {
        let gone = self
            .lost
            .iter()
            .any(|&(from, to)| position > from && position <= to);
        !gone && (!self.power || position <= self.synced)
    }
}

/// A disk at work.
#[derive(Clone, Debug)]
pub struct Disk {
    write: Sampler,
    sync: Sampler,
    ns_per_mib: u64,
    capacity: u64,
    /// Bytes ever written.
    written: u64,
    /// Bytes given back (retention).
    freed: u64,
    synced: u64,
    /// (end of a second, bytes written by then) for writes that the operating system has not written back by itself.
    dirty: VecDeque<(u64, u64)>,
    lost: Vec<(u64, u64)>,
    /// Faults that make it slower.
    pub(super) slow: Slowness,
    /// Faults: how many of them hold all writes back.
    pub(super) stalled: u32,
    /// Faults: how many of them leave no room.
    pub(super) full: u32,
}

impl Disk {
    fn new(plan: &DiskPlan) -> Self {
        let bandwidth = plan.bandwidth.bytes().max(1);
        Self {
            write: plan.write.compile(),
            sync: plan.sync.compile(),
            ns_per_mib: (u128::from(SECOND) * 1_048_576 / u128::from(bandwidth)) as u64,
            capacity: plan.capacity.bytes(),
            written: 0,
            freed: 0,
            synced: 0,
            dirty: VecDeque::new(),
            lost: Vec::new(),
            slow: Slowness::default(),
            stalled: 0,
            full: 0,
        }
    }

    /// Position of the end of all that was ever written, bytes.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Everything below this position is on the device at true time `now`.
    pub fn synced(&self, now: u64) -> u64 {
        let old = self
            .dirty
            .iter()
            .take_while(|(second_end, _)| second_end + WRITEBACK_NS <= now)
            .last();
        old.map_or(self.synced, |&(_, position)| position.max(self.synced))
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.written - self.freed
    }

    /// Whether `bytes` more fit.
    pub fn has_room(&self, bytes: u64) -> bool {
        self.full == 0 && self.used() + bytes <= self.capacity
    }

    /// Bytes it holds.
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Whether a fault holds all writes back.
    pub fn is_stalled(&self) -> bool {
        self.stalled > 0
    }

    /// How many times slower than planned, in thousandths.
    pub fn slow_milli(&self) -> u64 {
        self.slow.milli()
    }

    pub(super) fn append(&mut self, now: u64, bytes: u64) -> u64 {
        self.written += bytes;
        match self.dirty.back_mut() {
            Some(last) if now < last.0 => last.1 = self.written,
            _ => self.begin_second(now),
        }
        self.written
    }

    /// The first write of a second. What is written back by itself is so from the beginning of a second on.
    #[cold]
    fn begin_second(&mut self, now: u64) {
        let second_end = (now / SECOND + 1) * SECOND;
        self.dirty.push_back((second_end, self.written));
        while self
            .dirty
            .front()
            .is_some_and(|(end, _)| end + WRITEBACK_NS <= now)
        {
            if let Some((_, position)) = self.dirty.pop_front() {
                self.synced = self.synced.max(position);
            }
        }
    }

    pub(super) fn free(&mut self, bytes: u64) {
        self.freed = (self.freed + bytes).min(self.written);
    }

    pub(super) fn sync_to(&mut self, position: u64) {
        self.synced = self.synced.max(position);
    }

    /// Time of a write of `bytes` and, if asked, of the sync behind it.
    pub(super) fn time_ns(
        &self,
        bytes: u64,
        sync: bool,
        stream: &mut super::stream::Stream,
    ) -> u64 {
        let mut time =
            self.write.sample(stream) + bytes.saturating_mul(self.ns_per_mib) / 1_048_576;
        if sync {
            time += self.sync.sample(stream);
        }
        self.slow.stretch(time)
    }

    pub(super) fn lose_unsynced(&mut self, now: u64) {
        let synced = self.synced(now);
        let written = self.written;
        if synced >= written {
            return;
        }
        match self.lost.last_mut() {
            Some((_, to)) if *to >= synced => *to = written,
            _ => self.lost.push((synced, written)),
        }
    }

    pub(super) fn survival(&self, now: u64, power: bool) -> Survival {
        Survival {
            power,
            synced: self.synced(now),
            lost: self.lost.clone(),
        }
    }

    /// The processes of the machine have all been told what they lost.
    pub(super) fn forget(&mut self, power: bool) {
        self.lost.clear();
        if power {
            // What was dirty is gone; the positions count on from where they are, so nothing is confused with them.
            self.dirty.clear();
            self.synced = self.written;
        }
    }
}

/// A clock: what a node believes the time is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    offset_ns: i64,
    /// What it would be if clocks could do anything: the plan's and all faults' together.
    wanted_ppb: i64,
    drift_ppb: i64,
    since_ns: u64,
}

/// A clock runs on, and at most ten times too fast, whatever drifts come together.
const DRIFT_PPB: std::ops::RangeInclusive<i64> = -900_000_000..=9_000_000_000;

impl Clock {
    /// The node's reading at true time `now`, ns. It can be behind the start of the run, hence signed.
    pub fn read(&self, now: u64) -> i64 {
        (now as i64).saturating_add(self.error(now))
    }

    /// How far the clock is ahead of true time, ns.
    #[inline]
    pub fn error(&self, now: u64) -> i64 {
        if self.drift_ppb == 0 {
            return self.offset_ns;
        }
        self.drifted(now)
    }

    #[cold]
    fn drifted(&self, now: u64) -> i64 {
        let drifted = i128::from(now - self.since_ns) * i128::from(self.drift_ppb) / 1_000_000_000;
        self.offset_ns.saturating_add(drifted as i64)
    }

    /// How much faster than true time it runs, in billionths.
    pub fn drift_ppb(&self) -> i64 {
        self.drift_ppb
    }

    /// True time that passes while this clock counts `local_ns`, rounded up: what takes time at all takes some, so a process
    /// that sets a timer again and again for the rest of a wait comes to its end.
    #[inline]
    pub fn true_ns(&self, local_ns: u64) -> u64 {
        if self.drift_ppb == 0 {
            return local_ns;
        }
        self.true_ns_drifting(local_ns)
    }

    #[cold]
    fn true_ns_drifting(&self, local_ns: u64) -> u64 {
        let speed = (1_000_000_000 + self.drift_ppb).max(1) as u128;
        u64::try_from((u128::from(local_ns) * 1_000_000_000).div_ceil(speed)).unwrap_or(u64::MAX)
    }

    pub(super) fn step(&mut self, by_ns: i64) {
        self.offset_ns = self.offset_ns.saturating_add(by_ns);
    }

    /// Adds to the drift from now on.
    pub(super) fn add_drift(&mut self, now: u64, ppb: i64) {
        self.offset_ns = self.error(now);
        self.since_ns = now;
        self.wanted_ppb = self.wanted_ppb.saturating_add(ppb);
        self.drift_ppb = self.wanted_ppb.clamp(*DRIFT_PPB.start(), *DRIFT_PPB.end());
    }
}

/// How many times slower something serves, from all the faults that slow it down together.
///
/// The factors are kept, and multiplied anew when one comes or goes, so that what is undone leaves no rounding behind.
#[derive(Clone, Debug)]
pub(super) struct Slowness {
    milli: u64,
    /// (the fault at work, its factor in thousandths).
    by: Vec<(u32, u64)>,
}

impl Default for Slowness {
    fn default() -> Self {
        Self {
            milli: 1000,
            by: Vec::new(),
        }
    }
}

impl Slowness {
    pub fn milli(&self) -> u64 {
        self.milli
    }

    pub fn add(&mut self, active: u32, milli: u64) {
        self.by.push((active, milli));
        self.multiply();
    }

    pub fn remove(&mut self, active: u32) {
        self.by.retain(|b| b.0 != active);
        self.multiply();
    }

    fn multiply(&mut self) {
        let product = |all: u64, &(_, one): &(u32, u64)| all.saturating_mul(one) / 1000;
        self.milli = self.by.iter().fold(1000, product).max(1);
    }

    /// How long work of some ns takes.
    #[inline]
    pub fn stretch(&self, ns: u64) -> u64 {
        if self.milli == 1000 {
            return ns;
        }
        self.stretch_slow(ns)
    }

    #[cold]
    fn stretch_slow(&self, ns: u64) -> u64 {
        let slow = u128::from(ns) * u128::from(self.milli) / 1000;
        u64::try_from(slow).unwrap_or(u64::MAX)
    }
}

/// A request that waits for a core.
#[derive(Clone, Debug)]
pub(super) struct Waiting<M> {
    pub to: Pid,
    pub incarnation: u32,
    pub from: Pid,
    pub message: M,
    pub cause: u64,
    pub cost: super::process::Cost,
}

/// A machine at work.
#[derive(Clone, Debug)]
pub struct Host<M, E> {
    /// Whether it has power.
    pub(super) up: bool,
    /// How many faults freeze it.
    pub(super) paused: u32,
    /// The faults that keep it, or its processes, down; and whether they took its power.
    pub(super) down_by: Vec<(u32, bool)>,
    /// The faults that asked its processes to stop, and what each wants to be told when all have.
    pub(super) stopping: Vec<(u32, u64)>,
    /// Faults that make its CPU slower.
    pub(super) slow: Slowness,
    pub(super) cores: u32,
    /// How often all its processes died at once.
    pub(super) life: u32,
    pub(super) busy: u32,
    pub(super) inbox: VecDeque<Waiting<M>>,
    pub(super) inbox_max: usize,
    /// Requests whose write waits for a stalled disk.
    pub(super) stalled: Vec<(u64, E)>,
    /// What came while it was frozen and is still to be handled.
    pub(super) parked: VecDeque<E>,
    pub(super) disk: Disk,
    pub(super) disk_stream: super::stream::Stream,
    pub(super) clock: Clock,
}

impl<M, E> Host<M, E> {
    pub(super) fn new(plan: &HostPlan, seed: u64, name: &str) -> Self {
        Self {
            up: true,
            paused: 0,
            down_by: Vec::new(),
            stopping: Vec::new(),
            slow: Slowness::default(),
            cores: plan.cores.max(1),
            life: 0,
            busy: 0,
            inbox: VecDeque::new(),
            inbox_max: 0,
            stalled: Vec::new(),
            parked: VecDeque::new(),
            disk: Disk::new(&plan.disk),
            disk_stream: super::stream::Stream::named(seed, "disk", name),
            clock: Clock {
                offset_ns: plan.clock_offset_ns,
                wanted_ppb: plan.clock_drift_ppb,
                drift_ppb: plan.clock_drift_ppb,
                since_ns: 0,
            },
        }
    }

    /// Whether the machine has power.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Whether it is frozen.
    pub fn is_paused(&self) -> bool {
        self.paused > 0
    }

    /// Whether what comes must wait: it is paused, or still busy with what came while it was.
    #[inline]
    pub(super) fn is_frozen(&self) -> bool {
        (self.paused > 0 || !self.parked.is_empty()) && self.up
    }

    /// How many times slower its CPU serves, in thousandths.
    pub fn slow_milli(&self) -> u64 {
        self.slow.milli()
    }

    /// Requests that wait for a core.
    pub fn inbox(&self) -> usize {
        self.inbox.len()
    }

    /// The most requests that ever waited.
    pub fn inbox_max(&self) -> usize {
        self.inbox_max
    }

    /// How many requests its CPU serves at once.
    pub fn cores(&self) -> u32 {
        self.cores
    }

    /// Cores at work.
    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// The disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Forgets all requests, as a machine or its processes die.
    pub(super) fn clear_requests(&mut self) {
        self.busy = 0;
        self.life += 1;
        self.inbox.clear();
        self.stalled.clear();
    }
}

/// Where a node's processes are.
#[derive(Clone, Debug)]
pub struct Residents(pub Vec<Vec<Pid>>);

impl Residents {
    /// Processes of a node, in order.
    pub fn of(&self, node: NodeId) -> &[Pid] {
        self.0.get(node.index()).map_or(&[], |v| v)
    }
}
