//! What leaves the program as text: one file per format.

pub mod json;
pub mod sweep_json;
pub mod sweep_text;
pub mod text;
