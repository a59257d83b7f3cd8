//! The group coordinator: the part of a broker that keeps consumer groups.
//!
//! A group belongs to the broker that leads its partition of `__consumer_offsets`. Whatever must outlive the broker (the
//! stored positions, the generation) goes through that partition's log: the coordinator asks its broker to append, and
//! answers when the append is acknowledged by all in-sync replicas.

use std::sync::Arc;

use crate::sim::{GroupId, Names, Pid, QueueId, Token};

use super::Ctx;
use super::batch::{Batch, LogBatch};
use super::cluster::Cluster;
use super::protocol::{Error, Request, Response};

/// Kinds of a coordinator's timers begin here; a broker's own stay below.
pub(super) const TIMER_KINDS: u16 = 200;

/// What the coordinator works with during one call, and what it wants done after it.
pub(super) struct CoordinatorEnv<'a, 'c> {
    /// The broker's own.
    pub ctx: &'a mut Ctx<'c>,
    /// The cluster.
    pub cluster: &'a Arc<Cluster>,
    /// To be appended with `acks` all to partitions that this broker leads: (partition, batch, ticket). The broker says
    /// what became of it with [`Coordinator::appended`].
    pub appends: Vec<(QueueId, Batch, u64)>,
    /// To be sent: (to whom, number of the request, answer).
    pub replies: Vec<(Pid, u32, Response)>,
}

/// The partition of `__consumer_offsets` that a group belongs to: `abs(hash(group.id)) % partitions`, with Java's hash of
/// strings (Kafka, `GroupMetadataManager.partitionFor`).
pub(super) fn offsets_queue(cluster: &Cluster, names: &Names, group: GroupId) -> Option<QueueId> {
    let topic = cluster.topics.iter().find(|t| t.internal)?;
    let number = java_hash(names.group(group)).unsigned_abs() & 0x7fff_ffff;
    Some(topic.partition(number % topic.partitions.max(1)))
}

/// `java.lang.String.hashCode` (Java SE API): s[0]·31^(n-1) + … + s[n-1] over UTF-16 units, in wrapping 32-bit arithmetic.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    })
}

/// The coordinator in a broker. Its state is memory: a crash loses it, and the log brings it back.
#[derive(Clone, Debug, Default)]
pub(super) struct Coordinator {}

impl Coordinator {
    /// Join, sync, heartbeat, leave, commit, fetch of positions. (`FindCoordinator` any broker answers from its metadata
    /// with [`offsets_queue`].)
    pub fn request(
        &mut self,
        _from: Pid,
        _number: u32,
        _request: Request,
        _env: &mut CoordinatorEnv<'_, '_>,
    ) {
    }

    /// A timer of kind [`TIMER_KINDS`] or above fired.
    pub fn timer(&mut self, _token: Token, _env: &mut CoordinatorEnv<'_, '_>) {}

    /// What became of an append: its offset, once all in-sync replicas have it, or why not.
    pub fn appended(
        &mut self,
        _ticket: u64,
        _result: Result<u64, Error>,
        _env: &mut CoordinatorEnv<'_, '_>,
    ) {
    }

    /// The broker leads a partition of `__consumer_offsets` from now on, and this is what is in it.
    pub fn load<'b>(
        &mut self,
        _queue: QueueId,
        _batches: impl Iterator<Item = &'b LogBatch>,
        _env: &mut CoordinatorEnv<'_, '_>,
    ) {
    }

    /// The broker does not lead a partition of `__consumer_offsets` any more.
    pub fn unload(&mut self, _queue: QueueId, _env: &mut CoordinatorEnv<'_, '_>) {}

    /// The broker died.
    pub fn crash(&mut self) {
        *self = Self::default();
    }

    /// Whether it coordinates a group just now.
    pub fn coordinates(&self, _group: GroupId) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_javas() {
        // Values of "".hashCode(), "a".hashCode() and "hello".hashCode() as Java's documentation of the formula gives them.
        assert_eq!(java_hash(""), 0);
        assert_eq!(java_hash("a"), 97);
        assert_eq!(java_hash("hello"), 99_162_322);
    }
}
