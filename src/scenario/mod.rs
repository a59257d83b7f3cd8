//! The scenario language: RON text with places, typed reading that finds all mistakes at once, and how they are shown;
//! what a scenario says, whether it can be, and the plan it comes down to.

mod by_hand;
mod check;
mod control;
pub mod de;
pub mod diagnostic;
pub mod document;
mod excerpt;
mod gaps;
pub mod library;
mod load;
mod lower;
mod paths;
mod print;
pub mod schema;
mod set;
pub mod source;
pub mod syntax;
pub mod trace_csv;
mod traces;
mod words;

pub use by_hand::{with_fields, with_more_faults};
pub use load::{FOLDER, Found, LoadError, Loaded, find, is_piped, load, load_each, load_found};
pub use paths::{Setting, settings};
pub use print::{Part, Tree, comment, effective, tree_of, way_to};
pub use schema::Scenario;
pub use traces::Files;
