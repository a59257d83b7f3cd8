//! The scenario language: RON text with places, typed reading that finds all mistakes at once, and how they are shown.

pub mod de;
pub mod diagnostic;
pub mod document;
mod excerpt;
mod set;
pub mod source;
pub mod syntax;
pub mod trace_csv;
mod words;
