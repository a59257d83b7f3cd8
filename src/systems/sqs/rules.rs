//! Rules of queues that a test can leave out.

use crate::systems::rules::rules;

rules! { 32:
    /// A message is on the disk before its sender is told so.
    STORE_BEFORE_ANSWER = "store-before-answer";
    /// A message that was received stays until it is deleted.
    KEEP_UNTIL_DELETED = "keep-until-deleted";
    /// While a message of a group is in flight, no other of the group is handed out (FIFO).
    ONE_IN_FLIGHT_PER_GROUP = "one-in-flight-per-group";
    /// A message that comes back stands before the later ones of its group (FIFO).
    COME_BACK_IN_ORDER = "come-back-in-order";
    /// What was sent within the deduplication interval is known after a restart (FIFO).
    REMEMBER_IDS = "remember-ids";
}
