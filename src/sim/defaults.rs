//! What many settings are where a scenario does not say otherwise, for the `default` of serde.

use super::units::{Duration, Size};

/// So many.
pub const fn count<const N: u32>() -> u32 {
    N
}

/// So many seconds.
pub const fn seconds<const N: u64>() -> Duration {
    Duration::from_secs(N)
}

/// So many milliseconds.
pub const fn millis<const N: u64>() -> Duration {
    Duration::from_ms(N)
}

/// So many bytes.
pub const fn bytes<const N: u64>() -> Size {
    Size::from_bytes(N)
}

/// It is so.
pub const fn yes() -> bool {
    true
}
