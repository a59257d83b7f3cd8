//! Rules of Kafka's protocols that a test can leave out.

use crate::systems::rules::rules;

rules! { 0:
    /// A leader shows records, and acknowledges them with `acks` all, when all in-sync replicas have them.
    WAIT_FOR_ISR = "wait-for-isr";
    /// A write with `acks` all is answered when it is below the high watermark, not when it is appended.
    ACK_WHEN_REPLICATED = "ack-when-replicated";
    /// What was sent to a follower counts as replicated when its next fetch says so, not before.
    COUNT_WHAT_WAS_FETCHED = "count-what-was-fetched";
    /// A follower truncates to where its log parts from the leader's, not to its own high watermark (KIP-101).
    TRUNCATE_BY_EPOCH = "truncate-by-epoch";
    /// A leader tells a follower whose log parts from its own (KIP-595).
    NOTICE_DIVERGENCE = "notice-divergence";
    /// Only an in-sync replica is elected, and only an in-sync preferred leader is given leadership back.
    ELECT_FROM_ISR = "elect-from-isr";
    /// Each new leader has an epoch of its own.
    RAISE_LEADER_EPOCH = "raise-leader-epoch";
    /// A leader waits for a follower that has fallen behind until the controller has taken it out of the in-sync replicas.
    SHRINK_WHEN_GRANTED = "shrink-when-granted";
    /// A leader that is deposed fails the writes that still wait.
    FAIL_ON_RESIGN = "fail-on-resign";
    /// Consumers see nothing above the high watermark.
    READ_COMMITTED_ONLY = "read-committed-only";
    /// Replicas learn from what they copy which batches of an idempotent producer are in the log.
    COPY_PRODUCER_STATE = "copy-producer-state";
    /// A batch of an idempotent producer that comes again is not appended again.
    CHECK_SEQUENCE = "check-sequence";
    /// Each rebalance begins a new generation.
    RAISE_GENERATION = "raise-generation";
    /// A new coordinator goes on with the positions that are in `__consumer_offsets`.
    LOAD_POSITIONS = "load-positions";
}
