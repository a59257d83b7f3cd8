//! The past of a run: checkpoints to go back to, recordings, marks.

pub mod comparison;
pub mod marks;
pub mod recording;
pub mod timeline;
pub mod tree;
