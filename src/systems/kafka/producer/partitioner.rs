//! Which partition a message goes to.

use crate::sim::stream::Stream;

/// Murmur2 as Kafka's clients compute it (`org.apache.kafka.common.utils.Utils.murmur2`): Austin Appleby's `MurmurHash2`
/// with the seed 0x9747b28c, in 32-bit arithmetic.
pub fn murmur2(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    const SEED: u32 = 0x9747_b28c;
    let mut hash = SEED ^ bytes.len() as u32;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let word = word
            .iter()
            .rev()
            .fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
        let word = word.wrapping_mul(M);
        let word = (word ^ word >> 24).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ word;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let tail = rest
            .iter()
            .rev()
            .fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
        hash = (hash ^ tail).wrapping_mul(M);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(M);
    hash ^ hash >> 15
}

/// The partition of a key: the hash of the key, as Kafka's `IntegerSerializer` writes it (4 bytes, big-endian), without
/// its sign, modulo the number of partitions (`BuiltInPartitioner.partitionForKey`).
pub fn of_key(key: u32, partitions: u32) -> u32 {
    (murmur2(&key.to_be_bytes()) & 0x7fff_ffff) % partitions.max(1)
}

/// Where messages without a key go: all to one partition until it got `batch.size` bytes, then to another one drawn at
/// random, whatever became of the batches (KIP-794). The product also prefers partitions whose queues are short
/// (`partitioner.adaptive.partitioning.enable`); that is not modelled.
#[derive(Clone, Debug, Default)]
pub(super) struct Sticky {
    partition: Option<u32>,
    bytes: u64,
}

impl Sticky {
    /// The partition of a message of `bytes`; `able` says which partitions have a leader: others are drawn only if none
    /// has.
    pub fn next(
        &mut self,
        bytes: u64,
        batch_bytes: u64,
        partitions: u32,
        able: impl Fn(u32) -> bool,
        stream: &mut Stream,
    ) -> u32 {
        let partition = match self.partition {
            Some(partition) if self.bytes < batch_bytes => partition,
            _ => {
                self.bytes = 0;
                let count = (0..partitions).filter(|&p| able(p)).count() as u64;
                if count == 0 {
                    stream.below(u64::from(partitions)) as u32
                } else {
                    let nth = stream.below(count) as usize;
                    (0..partitions).filter(|&p| able(p)).nth(nth).unwrap_or(0)
                }
            }
        };
        self.partition = Some(partition);
        self.bytes += bytes;
        partition
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_is_kafkas() {
        // Kafka's own test vectors (UtilsTest.testMurmur2) and those of its IntegerSerializer's users (kafkajs, Akka).
        let known: [(&str, i32); 11] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
            ("1", -1_993_445_489),
            ("12", 126_087_238),
            ("123", -267_702_483),
            ("1234", -1_614_185_708),
            ("12345", -1_188_365_604),
        ];
        for (text, hash) in known {
            assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
        }
    }

    #[test]
    fn a_key_has_one_partition_and_keys_spread() {
        let mut counts = [0_u32; 6];
        for key in 0..6000 {
            let partition = of_key(key, 6);
            assert_eq!(partition, of_key(key, 6));
            counts[partition as usize] += 1;
        }
        // 5 degrees of freedom: 20.5 is the 99.9 % point.
        let chi2: f64 = counts
            .iter()
            .map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0)
            .sum();
        assert!(chi2 < 20.5, "{counts:?}");
    }

    #[test]
    fn without_a_key_a_partition_gets_a_batch_and_then_another_is_drawn() {
        let mut stream = Stream::named(1, "test", "sticky");
        let mut sticky = Sticky::default();
        let mut draw = |able: fn(u32) -> bool| sticky.next(100, 1000, 4, able, &mut stream);
        let chosen: Vec<u32> = (0..4000).map(|_| draw(|_| true)).collect();
        let mut counts = [0; 4];
        for batch in chosen.chunks(10) {
            assert!(batch.iter().all(|p| p == &batch[0]), "{batch:?}");
            counts[batch[0] as usize] += 1;
        }
        assert!(counts.iter().all(|&n| (70..130).contains(&n)), "{counts:?}");
        assert!((0..1000).all(|_| draw(|p| p == 2) == 2));
    }
}
