//! What leaves the program as text: one file per format.

pub mod compare_json;
pub mod compare_text;
pub mod explain_json;
pub mod explain_text;
pub mod explore_json;
pub mod explore_text;
pub mod json;
pub mod junit;
mod requests_text;
pub mod shrink_json;
pub mod shrink_text;
mod sweep_map;
mod sweep_metrics;
pub mod sweep_text;
pub mod text;
pub mod verify_json;
pub mod verify_text;
