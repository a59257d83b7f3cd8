//! systems.
