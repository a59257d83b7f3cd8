//! The past of a run: recordings, marks.

pub mod marks;
pub mod recording;
