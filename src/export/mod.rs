//! What leaves the program as text: one file per format.

pub mod json;
pub mod text;
