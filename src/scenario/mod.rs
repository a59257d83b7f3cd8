//! The scenario language: RON text with places, typed reading that finds all mistakes at once, and how they are shown;
//! what a scenario says, whether it can be, and the plan it comes down to.

mod check;
pub mod de;
pub mod diagnostic;
pub mod document;
mod excerpt;
pub mod library;
mod load;
mod lower;
pub mod schema;
mod set;
pub mod source;
pub mod syntax;
pub mod trace_csv;
mod words;

pub use load::{LoadError, Loaded, find, load};
pub use schema::Scenario;
