//! Stores offer no setting against what befalls a message or a request: what they lack is room and speed.

use crate::systems::safeguard::Guarded;

use super::{CacheSettings, DatabaseSettings};

impl Guarded for DatabaseSettings {}

impl Guarded for CacheSettings {}
