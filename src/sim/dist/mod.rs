//! Distributions of durations and the samplers made from them.
pub(super) mod ziggurat;
