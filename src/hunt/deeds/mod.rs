//! What can be done to a run: every kind of fault as a form, and what can stand in its fields.

mod aim;
mod choices;
mod form;
pub mod settings;

pub use aim::Aim;
pub use choices::{Choices, SettingChoice, SubjectChoice, choices};
pub use form::{Field, Form};
pub use settings::{Meaning, Settings};
