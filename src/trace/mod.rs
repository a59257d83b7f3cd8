//! The past of a run: recordings, marks.

pub mod recording;
