//! Where a group is kept: its partition of `__consumer_offsets`.

use crate::sim::{GroupId, Names, QueueId};

use super::super::cluster::Cluster;

/// The partition of `__consumer_offsets` that a group belongs to: `abs(hash(group.id)) % partitions`, with Java's hash of
/// strings (Kafka, `GroupMetadataManager.partitionFor`).
pub(in super::super) fn offsets_queue(
    cluster: &Cluster,
    names: &Names,
    group: GroupId,
) -> Option<QueueId> {
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
