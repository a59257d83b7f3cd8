//! What Kafka's own records mean.

use super::Note;

/// The table; codes are Kafka's from 100 on.
pub const NOTES: &[Note] = &[];
